# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways to get a token, each by msal, over the collection's own transport.

msal is imported only here and only when a token must be fetched: it costs 0.1 s.
"""

from __future__ import annotations

import base64
import json
import os
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired
from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils import _certificate, _federation
from ansible_collections.stackone.onboarding.plugins.module_utils._aadsts import MEANINGS
from ansible_collections.stackone.onboarding.plugins.module_utils._errors import (
    HttpError,
    MissingLibraryError,
    SignInError,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._exchange import (
    Response,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._signin_http import SignInHttp

# A token is renewed this many seconds before it expires, so that none expires on its way.
_MARGIN = 120

# Makes a client assertion for the token endpoint of this URL.
Assertion = Callable[[str], "str | bytes"]

# What msal goes by to tell where it is: App Service, Functions, Container Apps and Automation;
# Arc; Machine Learning; a Kubernetes pod with an endpoint of its own. A plain virtual machine has
# none of them: there auth_method must say it.
MANAGED_IDENTITY_VARIABLES = (
    ("IDENTITY_ENDPOINT", "IDENTITY_HEADER"),
    ("IDENTITY_ENDPOINT", "IMDS_ENDPOINT"),
    ("MSI_ENDPOINT", "MSI_SECRET"),
    ("AZURE_POD_IDENTITY_AUTHORITY_HOST",),
)


@dataclass(frozen=True)
class Identity:
    """Who signs in, and where.

    ``sources`` has the variable of the environment for each value that is from there.
    """

    auth_method: str
    authority_url: str
    resource: str
    token_exchange: str = ""
    tenant_id: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    certificate_path: str = ""
    certificate_password: str = field(default="", repr=False)
    send_x5c: bool = False
    federated_token_file: str = ""
    access_token: str = field(default="", repr=False)
    sources: Mapping[str, str] = field(default_factory=dict, repr=False)

    def has(self, name: str) -> bool:
        return bool(getattr(self, name, ""))

    def on_task(self, name: str) -> bool:
        return self.has(name) and name not in self.sources

    @property
    def authority(self) -> str:
        return f"{self.authority_url}/{self.tenant_id}"


@dataclass(frozen=True)
class Token:
    """A bearer token, how it was got, when it expires and when to get another (epoch seconds)."""

    value: str = field(repr=False)
    expires_on: int
    renew_on: float
    method: str


def given_token(identity: Identity, http: SignInHttp) -> Token:
    """The token that the task brings. Its claims say when it expires; Graph has the last word."""
    says = claims_of(identity.access_token).get("exp")
    expires_on = int(says) if isinstance(says, (int, float)) else int(http.now()) + 3600
    return Token(identity.access_token, expires_on, expires_on - _MARGIN, "access_token")


def with_client_secret(identity: Identity, http: SignInHttp) -> Token:
    return _by_credential(identity, http, identity.client_secret, "client_secret")


def with_certificate(identity: Identity, http: SignInHttp) -> Token:
    """Signed with PS256, found by its SHA-256 thumbprint.

    ``send_x5c`` is for identities that trust a certificate's subject and issuer, not itself.
    """
    msal = _msal()
    held = _certificate.load(identity.certificate_path, identity.certificate_password)
    creator = msal.oauth2cli.JwtAssertionCreator(
        held.key,
        "PS256",
        headers={"x5c": held.chain} if identity.send_x5c else {},
        sha256_thumbprint=held.sha256,
    )

    def assertion(audience: str) -> bytes:
        now = int(http.now())
        return creator.create_normal_assertion(
            audience,
            identity.client_id,
            issued_at=now,
            not_before=now,
            expires_at=now + 600,
        )

    return _by_credential(identity, http, assertion, "certificate")


def with_workload_identity(identity: Identity, http: SignInHttp) -> Token:
    """A token of another issuer (Kubernetes, a CI system) in exchange, got anew at each use."""

    def assertion(_audience: str) -> str:
        path, audience = identity.federated_token_file, identity.token_exchange
        token = _federation.token_from(path, audience, http.send)
        http.learn(token)
        return token

    return _by_credential(identity, http, assertion, "workload_identity")


def with_managed_identity(identity: Identity, http: SignInHttp) -> Token:
    msal = _msal()
    http.last = None
    client_id = identity.client_id
    who = (
        msal.UserAssignedManagedIdentity(client_id=client_id)
        if client_id
        else msal.SystemAssignedManagedIdentity()
    )
    client = msal.ManagedIdentityClient(who, http_client=http)
    name = (
        f"the user-assigned identity {client_id}" if client_id else "the system-assigned identity"
    )
    try:
        answer = client.acquire_token_for_client(resource=identity.resource)
    except (ValueError, KeyError, OSError, HttpError) as error:
        answer = {"error_description": str(error)}
    if "access_token" not in answer:
        raise SignInError(
            f"Signing in by managed_identity as {name} failed" + _where(http.last),
            str(answer.get("error_description") or answer.get("error") or ""),
            "This works on an Azure resource that has that identity; auth_client_id (or "
            "AZURE_CLIENT_ID) chooses a user-assigned one.",
            auth_method="managed_identity",
            status=http.last.status if http.last else None,
        )
    return _token_of(answer, http, "managed_identity")


def with_azure_cli(identity: Identity, http: SignInHttp) -> Token:
    """The session of ``az login``."""
    command = ["az", "account", "get-access-token", "--output", "json"]
    command += ["--resource", identity.resource]
    if identity.tenant_id:
        command += ["--tenant", identity.tenant_id]
    try:
        code, output, errors = _run(command, http.timeout)
    except OSError as error:
        raise _az_failed(f"az could not be run: {error}", "Install Azure CLI.") from error
    except TimeoutExpired as error:
        raise _az_failed(
            f"az gave no answer in {http.timeout:g} s", "Raise request_timeout."
        ) from error
    if code:
        said = " ".join(errors.replace("ERROR:", "").split())
        raise _az_failed(said, "Run az login, for the tenant that the task works in.")
    try:
        answer = json.loads(output)
        value = answer["accessToken"]
    except (ValueError, TypeError, KeyError) as error:
        raise _az_failed("az answered without an access token", "Update Azure CLI.") from error
    # Azure CLI before 2.54 tells only a local time without its zone: then the token itself says it.
    says = answer.get("expires_on") or claims_of(value).get("exp") or http.now() + 300
    return _token_until(value, int(says), http, "azure_cli")


def _run(command: list[str], timeout: float) -> tuple[int, str, str]:
    """Exit code, output and errors. What az starts itself (it is a shell script) ends with it."""
    with Popen(
        command, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, text=True, start_new_session=True
    ) as process:
        try:
            output, errors = process.communicate(timeout=timeout)
        except TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
        return process.returncode, output, errors


def _az_failed(why: str, hint: str) -> SignInError:
    return SignInError("Signing in by azure_cli failed", why, hint, auth_method="azure_cli")


def claims_of(token: str) -> dict[str, Any]:
    """The claims of a JWT, unverified; empty for a token that is none."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _by_credential(
    identity: Identity, http: SignInHttp, credential: str | Assertion, method: str
) -> Token:
    """A token for the application itself (client credentials), by a secret or an assertion.

    Every call makes an msal object of its own: msal keeps a refusal for 60 s per object, which
    would outlast the few seconds that Entra needs to know a fresh secret.
    """
    msal = _msal()
    http.last = None
    try:
        app: Any = msal.ConfidentialClientApplication(
            identity.client_id,
            client_credential=(
                {"client_assertion": lambda: credential(app.authority.token_endpoint)}
                if callable(credential)
                else credential
            ),
            authority=identity.authority,
            # Every cloud's authority is named here; msal would otherwise ask the public cloud.
            instance_discovery=False,
            http_client=http,
        )
        answer = app.acquire_token_for_client(scopes=[f"{identity.resource}/.default"])
    except (ValueError, RuntimeError) as error:
        raise _refused(method, identity, http.last, str(error)) from error
    except HttpError as error:
        error.what = f"Signing in by {method} failed: {error.what}"
        error.details["auth_method"] = method
        raise
    if "access_token" not in answer:
        raise _refused(method, identity, http.last, str(answer.get("error_description", "")))
    return _token_of(answer, http, method)


def _token_of(answer: Mapping[str, Any], http: SignInHttp, method: str) -> Token:
    expires_on = int(http.now()) + int(answer["expires_in"])
    return _token_until(answer["access_token"], expires_on, http, method)


def _token_until(value: str, expires_on: int, http: SignInHttp, method: str) -> Token:
    """Renewed when less than the margin is left; of a short life, when half of it is over."""
    left = expires_on - http.now()
    return Token(value, expires_on, expires_on - min(_MARGIN, max(0.0, left / 2)), method)


def _refused(method: str, identity: Identity, last: Response | None, text: str) -> SignInError:
    """From the answer of the token endpoint or of discovery, in the shape that Entra documents."""
    body = last.body if last and isinstance(last.body, dict) else {}
    codes = body.get("error_codes") or []
    code = next((item for item in codes if item in MEANINGS), codes[0] if codes else None)
    meaning, hint = MEANINGS.get(code or 0, ("", ""))
    said = (body.get("error_description") or text).split(" Trace ID:")[0].strip()
    ids = ", ".join(
        f"{name} {body[key]}"
        for name, key in (("trace id", "trace_id"), ("correlation id", "correlation_id"))
        if body.get(key)
    )
    return SignInError(
        f"Signing in by {method} as {identity.client_id} in tenant {identity.tenant_id} failed"
        + _where(last)
        + (f" ({ids})" if ids else ""),
        " ".join(part for part in (said, meaning) if part),
        hint,
        auth_method=method,
        method=last.request.method if last else None,
        path=last.request.path if last else None,
        status=last.status if last else None,
        code=f"AADSTS{code}" if code else body.get("error"),
        trace_id=body.get("trace_id"),
        correlation_id=body.get("correlation_id"),
    )


def _where(last: Response | None) -> str:
    return f": {last.request.method} {last.request.path} answered {last.status}" if last else ""


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
