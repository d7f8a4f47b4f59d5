# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The token endpoint for client credentials: who asks, with what proof, for which resource."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import Any

from ..clock import parse_iso
from ..directory import GRAPH_APP_ID, GRAPH_NAMES, TENANT_ID, TENANT_NAME, Directory, is_live
from ..messages import Answer, Refused, Request
from ..replication import Collection, Record
from .assertions import Assertions
from .discovery import is_known_tenant, issuer
from .errors import refusal
from .tokens import Signer

GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# Resources that every tenant knows; Azure CLI asks for the first when it signs in.
COMMON_RESOURCES = ("https://management.core.windows.net", "https://management.azure.com")
V1_PATH = "/oauth2/token"


@dataclass(frozen=True)
class Client:
    """Who asks: an application and its service principal, as this replica sees them."""

    app: Record
    principal: Record


@dataclass(frozen=True)
class Resource:
    """What a token is for: its audience and, where there is one, the API's service principal."""

    audience: str
    principal: Record | None


class TokenEndpoint:
    """Answers token requests."""

    def __init__(self, directory: Directory, signer: Signer, federated: Signer) -> None:
        self._directory = directory
        self._clock = directory.clock
        self._signer = signer
        self._assertions = Assertions(directory.clock, federated)

    def answer(self, request: Request, tenant: str) -> Answer:
        form: dict[str, str] = request.body if isinstance(request.body, dict) else {}
        if not is_known_tenant(tenant):
            raise self._refused(90002, request, tenant=tenant)
        for parameter in ("grant_type", "client_id"):
            if not form.get(parameter):
                raise self._refused(900144, request, parameter=parameter)
        if form["grant_type"] != "client_credentials":
            raise self._refused(70003, request, grant=form["grant_type"])
        client = self._client(request, form["client_id"])
        if form.get("client_assertion"):
            self._assertions.check(request, client.app, _audiences(request, tenant))
        elif form.get("client_secret"):
            self._check_secret(request, form["client_secret"], client)
        else:
            raise self._refused(7000216, request)
        return self._issue(request, form, client, self._resource(request, form))

    def vouch(self, request: Request) -> Answer:
        """A token for whom the platform itself vouches: a managed identity needs no proof."""
        client = self._client(request, request.body["client_id"])
        return self._issue(request, request.body, client, self._resource(request, request.body))

    def _refused(self, code: int, request: Request, **values: str) -> Refused:
        return refusal(code, request, self._clock, **values)

    # -- who asks

    def _client(self, request: Request, client_id: str) -> Client:
        if not GUID.fullmatch(client_id):
            raise self._refused(700038, request, client=client_id)
        app = self._seen(self._directory.applications, client_id.lower())
        if app is None:
            raise self._refused(700016, request, client=client_id, tenant=TENANT_NAME)
        principal = self._seen(self._directory.service_principals, client_id.lower())
        if principal is None:
            raise self._refused(7000229, request, client=client_id, tenant=TENANT_ID)
        if not principal["accountEnabled"]:
            raise self._refused(7000112, request, client=client_id, name=app["displayName"])
        return Client(app, principal)

    def _seen(self, collection: Collection, app_id: str) -> Record | None:
        """A live object by app id, with the lag that the token endpoint has."""
        return collection.find_seen(
            lambda record: record["appId"] == app_id and is_live(record),
            lag=self._directory.options.lag_of("secrets"),
            counter=f"token {app_id}",
        )

    def _check_secret(self, request: Request, secret: str, client: Client) -> None:
        now, app_id = self._clock.now(), client.app["appId"]
        for owner in (client.app, client.principal):
            for item in owner["passwordCredentials"]:
                key_id = item["keyId"]
                if owner["_secrets"].get(key_id) != secret or self._is_too_fresh(owner, key_id):
                    continue
                if now >= parse_iso(item["endDateTime"]):
                    raise self._refused(7000222, request, client=app_id)
                if now >= parse_iso(item["startDateTime"]):
                    return
        raise self._refused(7000215, request, client=app_id)

    def _is_too_fresh(self, owner: Record, key_id: str) -> bool:
        """Fresh secrets are refused for seconds: 4 to 18 were seen (microsoft-graph-docs#17966)."""
        age = self._clock.now() - owner["_secret_since"].get(key_id, 0.0)
        within = age < self._directory.options.secret_delay
        return within and self._directory.applications.stale_turn(f"secret {key_id}")

    # -- for what

    def _resource(self, request: Request, form: dict[str, str]) -> Resource:
        wanted = self._wanted_resource(request, form)
        name = wanted.rstrip("/")
        graph = GRAPH_NAMES[self._directory.options.cloud]
        if name in (graph, GRAPH_APP_ID, _neighbour(request, "graph")):
            return Resource(graph, self._directory.principal_of(GRAPH_APP_ID))
        if name in (*COMMON_RESOURCES, _neighbour(request, "arm")):
            return Resource(wanted, None)
        foreign = name in GRAPH_NAMES.values()  # the Graph of another cloud
        for principal in self._directory.service_principals.all_newest():
            if not foreign and name in principal["servicePrincipalNames"] and is_live(principal):
                return Resource(principal["appId"], principal)
        raise self._refused(500011, request, resource=wanted, tenant=TENANT_ID)

    def _wanted_resource(self, request: Request, form: dict[str, str]) -> str:
        """The v1 endpoint is told a resource, the v2.0 endpoint the .default scope of one."""
        name = "resource" if request.path.endswith(V1_PATH) else "scope"
        value = form.get(name, "")
        if not value:
            raise self._refused(900144, request, parameter=name)
        if name == "resource":
            return value
        if not value.endswith("/.default") or " " in value:
            raise self._refused(1002012, request, scope=value)
        return value.removesuffix("/.default")

    # -- the token

    def _issue(
        self, request: Request, form: dict[str, str], client: Client, resource: Resource
    ) -> Answer:
        now, lifetime = int(self._clock.now()), self._directory.options.token_lifetime
        claims = self._claims(request, form, client, resource) | {
            "iat": now,
            "nbf": now,
            "exp": now + lifetime,
        }
        body: dict[str, Any] = {
            "token_type": "Bearer",
            "expires_in": lifetime,
            "ext_expires_in": lifetime,
            "access_token": self._signer.sign(claims),
        }
        if request.path.endswith(V1_PATH):  # the v1 endpoint writes numbers as text
            times = {
                "expires_in": lifetime,
                "ext_expires_in": lifetime,
                "expires_on": now + lifetime,
                "not_before": now,
            }
            body |= {name: str(value) for name, value in times.items()} | {
                "resource": form["resource"]
            }
        return Answer(200, body, {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"})

    def _claims(
        self, request: Request, form: dict[str, str], client: Client, resource: Resource
    ) -> dict[str, Any]:
        """The claims of a recorded token, and those of Graph's own tokens.

        Of these, Graph and clients read appid, idtyp and roles; CLI for Microsoft 365 takes
        app_displayname for the name of who signed in, and ends without one.
        """
        app_id, principal_id = client.app["appId"], client.principal["id"]
        roles = (
            self._directory.role_values(principal_id, resource.principal["id"])
            if resource.principal
            else []
        )
        return {
            "aud": resource.audience,
            "iss": issuer(request),
            "aio": uuid.uuid4().hex,
            "app_displayname": client.app["displayName"],
            "appid": app_id,
            "azp": app_id,
            "azpacr": "1" if form.get("client_secret") else "2",
            "idtyp": "app",
            "oid": principal_id,
            "rh": uuid.uuid4().hex,
            "sub": principal_id,
            "tid": TENANT_ID,
            "uti": uuid.uuid4().hex[:22],
            "ver": "2.0",
            "xms_ftd": uuid.uuid4().hex,
            **({"roles": roles} if roles else {}),
        }


def _audiences(request: Request, tenant: str) -> list[str]:
    """What the aud of a signed assertion may be: token endpoint or issuer, by any tenant name."""
    roots = [f"{request.root}/{name}" for name in (tenant, TENANT_ID)]
    tails = ("oauth2/v2.0/token", "oauth2/token", "v2.0", "")
    return [f"{root}/{tail}".rstrip("/") for root in roots for tail in tails]


def _neighbour(request: Request, service: str) -> str:
    """Another service of the same port, which is a resource by its own address."""
    return f"{request.root.removesuffix('/login')}/{service}"
