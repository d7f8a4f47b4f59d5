# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways to get a token, each by msal, over the collection's own transport.

msal is imported only here and only when a token must be fetched: it costs 0.1 s.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from subprocess import TimeoutExpired, run
from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils._errors import (
    ConfigurationError,
    HttpError,
    MissingLibraryError,
    SignInError,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._memory import Memory
from ansible_collections.stackone.onboarding.plugins.module_utils._retry import Replay
from ansible_collections.stackone.onboarding.plugins.module_utils._transport import (
    Request,
    Response,
    Transport,
)

# Set by App Service, Functions, Service Fabric, Arc and Cloud Shell; msal reads them.
MANAGED_IDENTITY_VARIABLES = (
    "IDENTITY_ENDPOINT",
    "MSI_ENDPOINT",
    "AZURE_POD_IDENTITY_AUTHORITY_HOST",
)

# Microsoft's "Microsoft Entra authentication and authorization error codes".
_AADSTS = {
    7000215: (
        "The client secret is wrong: often the secret's id was copied instead of its value.",
        "Check auth_client_secret (AZURE_CLIENT_SECRET).",
    ),
    7000222: (
        "The client secret has expired.",
        "Create a new one for the identity that does the work.",
    ),
    700016: (
        "The tenant has no application of that client id.",
        "Check auth_client_id (AZURE_CLIENT_ID) and tenant_id (AZURE_TENANT_ID).",
    ),
    700038: (
        "The client id is not a GUID of an application.",
        "Check auth_client_id (AZURE_CLIENT_ID).",
    ),
    90002: (
        "There is no such tenant, or it is in another cloud.",
        "Check tenant_id (AZURE_TENANT_ID) and cloud (ENTRA_CLOUD).",
    ),
    900023: (
        "The tenant is named neither by a GUID nor by a verified domain.",
        "Check tenant_id (AZURE_TENANT_ID).",
    ),
    700027: (
        "The certificate is not registered on the application, or does not match its key.",
        "Upload the certificate to the identity, or check auth_certificate_path.",
    ),
    700213: (
        "No federated credential of the application matches the token's subject.",
        "Compare issuer, subject and audience of the federated credential with the token's.",
    ),
    70021: (
        "No federated credential of the application matches the token.",
        "Compare issuer, subject and audience of the federated credential with the token's.",
    ),
    500011: (
        "The tenant has no service principal of the service that the token is for.",
        "Check cloud (ENTRA_CLOUD) and tenant_id.",
    ),
    53003: (
        "A Conditional Access policy of the tenant refuses this sign-in.",
        "Ask the tenant's administrators to exempt the identity, or run from a permitted network.",
    ),
}


@dataclass(frozen=True)
class Identity:
    """Who signs in, and where; ``given`` names what the task itself says."""

    auth_method: str
    authority_url: str
    resource: str
    tenant_id: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    certificate_path: str = ""
    certificate_password: str = field(default="", repr=False)
    federated_token_file: str = ""
    access_token: str = field(default="", repr=False)
    given: frozenset[str] = frozenset()

    def has(self, name: str) -> bool:
        return bool(getattr(self, name, ""))

    def on_task(self, name: str) -> bool:
        return name in self.given

    @property
    def authority(self) -> str:
        return f"{self.authority_url}/{self.tenant_id}"


@dataclass(frozen=True)
class Token:
    """A bearer token, when it expires (epoch seconds) and how it was got."""

    value: str = field(repr=False)
    expires_on: int
    method: str


def given_token(identity: Identity, http: SignInHttp) -> Token:
    """The token that the task brings. Its expiry is read from its claims; Graph has the last word.

    Raises SignInError for one that has expired.
    """
    expires_on = int(claims_of(identity.access_token).get("exp", time.time() + 3600))
    return Token(identity.access_token, expires_on, "access_token")


def with_client_secret(identity: Identity, http: SignInHttp) -> Token:
    return _by_credential(identity, http, identity.client_secret, "client_secret")


def with_certificate(identity: Identity, http: SignInHttp) -> Token:
    """PFX, or PEM with key and certificate: signed with PS256, found by its SHA-256 thumbprint."""
    path, password = identity.certificate_path, identity.certificate_password
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise ConfigurationError(
            f"The certificate {path} cannot be read", str(error), auth_method="certificate"
        ) from error
    credential: dict[str, Any] = {"passphrase": password or None}
    if b"-----BEGIN" in content:
        credential.update(private_key=content.decode(), public_certificate=content.decode())
    else:
        credential.update(private_key_pfx_path=path)
    return _by_credential(identity, http, credential, "certificate")


def with_workload_identity(identity: Identity, http: SignInHttp) -> Token:
    """A token of another issuer (Kubernetes, a CI system) in exchange, read anew at each use."""

    def assertion() -> str:
        path = identity.federated_token_file
        try:
            with open(path, encoding="utf-8") as file:
                return file.read().strip()
        except OSError as error:
            raise ConfigurationError(
                f"The federated token file {path} cannot be read",
                str(error),
                auth_method="workload_identity",
            ) from error

    return _by_credential(identity, http, {"client_assertion": assertion}, "workload_identity")


def with_managed_identity(identity: Identity, http: SignInHttp) -> Token:
    msal = _msal()
    who = (
        msal.UserAssignedManagedIdentity(client_id=identity.client_id)
        if identity.client_id
        else msal.SystemAssignedManagedIdentity()
    )
    client = msal.ManagedIdentityClient(who, http_client=http)
    try:
        answer = client.acquire_token_for_client(resource=identity.resource)
    except (ValueError, HttpError) as error:
        raise SignInError(
            "Signing in by managed_identity failed",
            str(error),
            "This works on an Azure resource that has a managed identity.",
            auth_method="managed_identity",
        ) from error
    return _token_of(answer, "managed_identity")


def with_azure_cli(identity: Identity, http: SignInHttp) -> Token:
    """The session of ``az login``."""
    command = ["az", "account", "get-access-token", "--output", "json"]
    command += ["--resource", identity.resource]
    if identity.tenant_id:
        command += ["--tenant", identity.tenant_id]
    try:
        done = run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, TimeoutExpired) as error:
        raise SignInError(
            "Signing in by azure_cli failed",
            f"az could not be run: {error}.",
            "Install Azure CLI and run az login.",
            auth_method="azure_cli",
        ) from error
    if done.returncode:
        raise SignInError(
            "Signing in by azure_cli failed",
            done.stderr.strip(),
            "Run az login, for the tenant that the task works in.",
            auth_method="azure_cli",
        )
    answer = json.loads(done.stdout)
    # expires_on came with Azure CLI 2.54; before it only a local time without a zone was given.
    expires_on = int(answer.get("expires_on") or time.time() + 300)
    return Token(answer["accessToken"], expires_on, "azure_cli")


def claims_of(token: str) -> dict[str, Any]:
    """The claims of a JWT, unverified; empty for a token that is none."""
    try:
        payload = token.split(".")[1]
        return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}


def _by_credential(identity: Identity, http: SignInHttp, credential: Any, method: str) -> Token:
    """A token for the application itself (client credentials).

    Every call makes an msal object of its own: msal keeps a refusal for 60 s per object, which
    would outlast the few seconds that Entra needs to know a fresh secret.
    """
    msal = _msal()
    try:
        app = msal.ConfidentialClientApplication(
            identity.client_id,
            client_credential=credential,
            authority=identity.authority,
            # Every cloud's authority is named here; msal would otherwise ask the public cloud.
            instance_discovery=False,
            http_client=http,
        )
        answer = app.acquire_token_for_client(scopes=[f"{identity.resource}/.default"])
    except (ValueError, RuntimeError) as error:
        raise _refused(method, identity, http.last, str(error)) from error
    if "access_token" not in answer:
        raise _refused(method, identity, http.last, str(answer.get("error_description", "")))
    return _token_of(answer, method)


def _token_of(answer: Mapping[str, Any], method: str) -> Token:
    if "access_token" not in answer:
        raise SignInError(
            f"Signing in by {method} failed",
            str(answer.get("error_description") or answer.get("error")),
            auth_method=method,
        )
    return Token(answer["access_token"], int(time.time()) + int(answer["expires_in"]), method)


def _refused(method: str, identity: Identity, last: Response | None, text: str) -> SignInError:
    """From the answer of the token endpoint or of discovery, in the shape that Entra documents."""
    body = last.body if last and isinstance(last.body, dict) else {}
    codes = body.get("error_codes") or []
    code = next((item for item in codes if item in _AADSTS), codes[0] if codes else None)
    meaning, hint = _AADSTS.get(code or 0, ("", ""))
    said = (body.get("error_description") or text).split(" Trace ID:")[0].strip()
    where = f"{last.request.method} {last.request.path} answered {last.status}" if last else ""
    ids = ", ".join(
        f"{name} {body[key]}"
        for name, key in (("trace id", "trace_id"), ("correlation id", "correlation_id"))
        if body.get(key)
    )
    return SignInError(
        f"Signing in by {method} as {identity.client_id} in tenant {identity.tenant_id} failed"
        + (f": {where}" if where else "")
        + (f" ({ids})" if ids else ""),
        " ".join(part for part in (said, meaning) if part),
        hint,
        auth_method=method,
        status=last.status if last else None,
        code=f"AADSTS{code}" if code else body.get("error"),
        trace_id=body.get("trace_id"),
        correlation_id=body.get("correlation_id"),
    )


def _msal() -> Any:
    try:
        import msal
    except ImportError as error:
        raise MissingLibraryError(
            "The Python library msal is not installed",
            "It is needed to sign in to Microsoft Entra ID.",
            "Install it where this task runs: pip install requests msal. Or give an access_token.",
            library="msal",
        ) from error
    return msal


class SignInHttp:
    """msal's HTTP client interface over the transport, which retries and knows CA and proxy.

    Discovery documents go to the memory: a play, or a wait for a fresh secret, reads them once.
    """

    def __init__(self, transport: Transport, memory: Memory) -> None:
        self._transport = transport
        self._memory = memory
        self.last: Response | None = None

    def get(
        self, url: str, params: Any = None, headers: Any = None, **_ignored: Any
    ) -> _MsalResponse:
        def read() -> dict[str, Any]:
            return vars(self._send(Request("GET", url, params=params, headers=headers or {})))

        if url.endswith("/.well-known/openid-configuration"):
            return _MsalResponse(**self._memory.recall("discovery:" + url, read, _succeeded))
        return _MsalResponse(**read())

    def post(
        self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_ignored: Any
    ) -> _MsalResponse:
        # Asking for a token twice makes nothing.
        return self._send(
            Request(
                "POST",
                url,
                params=params,
                form=data,
                headers=headers or {},
                replay=Replay.HARMLESS,
            )
        )

    def close(self) -> None:
        """msal asks for it; the transport lives on."""

    def _send(self, request: Request) -> _MsalResponse:
        self.last = answer = self._transport.send(request)
        if answer.status >= 500 or answer.status == 429:
            raise answer.error(
                f"{request.method} {request.path} answered {answer.status}",
                "Microsoft Entra ID's sign-in service did not serve the request.",
            )
        return _MsalResponse(answer.status, answer.text, dict(answer.headers))


def _succeeded(answer: Mapping[str, Any]) -> bool:
    return answer["status_code"] == 200


@dataclass(frozen=True)
class _MsalResponse:
    """What msal wants of an answer; it never sees one of 429 or 5xx, nor raises for a status."""

    status_code: int
    text: str
    headers: dict[str, str]

    def raise_for_status(self) -> None:
        """Nothing to raise: what msal would raise for has been raised already."""
