# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tenant holds before a test begins."""

from __future__ import annotations

import copy
import json
import secrets
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .clock import iso
from .directory import AZURE_DEVOPS_APP_ID, DEFAULT_DOMAIN, GRAPH_APP_ID, Directory, new_link_id
from .graph.app_model import new_application
from .graph.passwords import ALPHABET, LENGTH
from .graph.service_principals import first_party_principal, mirror, new_principal
from .options import Options
from .replication import Record

DATA = Path(__file__).parent / "data"
IDENTITY_NAME = "Automation"
IDENTITY_APP_ID = "5d2f0c1e-7b0a-4a53-9d0e-6f3f5f1c9a77"
IDENTITY_OBJECT_ID = "c2b8a1d4-3e57-4f6b-8a90-1d2c3b4a5e6f"
IDENTITY_PRINCIPAL_ID = "e7a4d3b2-9c1f-4d80-b5a6-0f9e8d7c6b5a"
FEDERATED_SUBJECT = "system:serviceaccount:runner:onboarding"
FEDERATED_AUDIENCE = "api://AzureADTokenExchange"
MICROSOFT = "Microsoft"  # who made the first-party principals; no quota counts theirs
TWO_YEARS = 2 * 365 * 86400.0
USERS = (
    ("4b1d6c52-2f0e-4c3a-8f57-9a1b2c3d4e5f", "Adele Vance", f"adelev@{DEFAULT_DOMAIN}"),
    ("7e9f8a6b-5c4d-4e3f-a2b1-0c9d8e7f6a5b", "Alex Wilber", f"alexw@{DEFAULT_DOMAIN}"),
)


@dataclass(frozen=True)
class Credentials:
    """What a client needs, made anew for each process and kept through a reset."""

    client_secret: str = field(
        default_factory=lambda: "".join(secrets.choice(ALPHABET) for _unused in range(LENGTH))
    )
    api_key: str = field(default_factory=lambda: f"v1.eu1.{secrets.token_urlsafe(32)}")
    # What a job shows its CI system, and a site of App Service its managed identity's endpoint.
    job_token: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    identity_header: str = field(default_factory=lambda: secrets.token_urlsafe(24))


def first_party_apps() -> dict[str, Record]:
    """The apps of Microsoft's own that the sandbox knows, by app id."""
    templates = [
        json.loads((DATA / name).read_text("utf-8"))
        for name in ("microsoft_graph.json", "azure_devops.json")
    ]
    return {template["appId"]: template for template in templates}


def federated_claims(issuer: str, now: int, **claims: Any) -> dict[str, Any]:
    """A token of the issuer that the identity trusts, as its workload gets it."""
    return {
        "iss": issuer,
        "sub": FEDERATED_SUBJECT,
        "aud": FEDERATED_AUDIENCE,
        "iat": now,
        "nbf": now,
        "exp": now + 600,
        "jti": str(uuid.uuid4()),
        **claims,
    }


def fill(directory: Directory, options: Options, credentials: Credentials, issuer: str) -> None:
    """Put users, first-party principals and the working identity into an empty directory."""
    directory.first_party = first_party_apps()
    for object_id, name, principal_name in USERS:
        directory.users[object_id] = {
            "id": object_id,
            "displayName": name,
            "userPrincipalName": principal_name,
        }
    for app_id in (GRAPH_APP_ID, AZURE_DEVOPS_APP_ID):
        if app_id == GRAPH_APP_ID or options.azure_devops:
            template = directory.first_party[app_id]
            principal = first_party_principal(
                template, MICROSOFT, [], directory.clock.now() - TWO_YEARS
            )
            directory.service_principals.put(principal["id"], principal, at_once=True)
    _add_identity(directory, credentials, issuer)
    assign_identity_roles(directory, options.identity_roles)


def _add_identity(directory: Directory, credentials: Credentials, issuer: str) -> None:
    now = directory.clock.now()
    app = new_application(MICROSOFT, [], now)
    app |= {"id": IDENTITY_OBJECT_ID, "appId": IDENTITY_APP_ID, "displayName": IDENTITY_NAME}
    app["signInAudience"] = "AzureADMyOrg"
    key_id = "0f1e2d3c-4b5a-4697-8879-6a5b4c3d2e1f"
    app["passwordCredentials"].append(
        {
            "customKeyIdentifier": None,
            "displayName": "sandbox",
            "endDateTime": iso(now + TWO_YEARS),
            "hint": credentials.client_secret[:3],
            "keyId": key_id,
            "secretText": None,
            "startDateTime": iso(now - 60),
        }
    )
    app["_secrets"][key_id] = credentials.client_secret
    app["_federated"].append(
        {
            "id": "9a8b7c6d-5e4f-4a3b-8c2d-1e0f9a8b7c6d",
            "name": "runner",
            "description": None,
            "issuer": issuer,
            "subject": FEDERATED_SUBJECT,
            "audiences": [FEDERATED_AUDIENCE],
        }
    )
    directory.applications.put(app["id"], app, at_once=True)
    principal = new_principal(app["appId"], IDENTITY_NAME, MICROSOFT, [], now)
    principal["id"] = IDENTITY_PRINCIPAL_ID
    mirror(app, principal)
    directory.service_principals.put(principal["id"], principal, at_once=True)


def check_identity_roles(values: list[str]) -> None:
    """Refuse what is no app role of Microsoft Graph here, before anything is changed."""
    known = {role["value"] for role in first_party_apps()[GRAPH_APP_ID]["appRoles"]}
    unknown = [value for value in values if value not in known]
    if unknown:
        raise ValueError(f"identity_roles: no app roles of Microsoft Graph: {', '.join(unknown)}")


def assign_identity_roles(directory: Directory, values: list[str]) -> None:
    """Give the identity exactly these application permissions of Microsoft Graph, at once."""
    graph = directory.principal_of(GRAPH_APP_ID)
    assert graph is not None  # it is seeded, and no test deletes Microsoft Graph
    for link in list(directory.assignments.all_newest()):
        if (link["principalId"], link["resourceId"]) == (IDENTITY_PRINCIPAL_ID, graph["id"]):
            directory.assignments.put(link["id"], None, at_once=True)
    roles = {role["value"]: role["id"] for role in graph["appRoles"]}
    for value in values:
        record = {
            "id": new_link_id(IDENTITY_PRINCIPAL_ID, roles[value]),
            "deletedDateTime": None,
            "appRoleId": roles[value],
            "createdDateTime": iso(directory.clock.now()),
            "principalDisplayName": IDENTITY_NAME,
            "principalId": IDENTITY_PRINCIPAL_ID,
            "principalType": "ServicePrincipal",
            "resourceDisplayName": graph["displayName"],
            "resourceId": graph["id"],
        }
        directory.assignments.put(record["id"], copy.deepcopy(record), at_once=True)
