# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which identity signs in, by which method, and how long its token serves."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ansible_collections.stackone.onboarding.plugins.module_utils import _signin
from ansible_collections.stackone.onboarding.plugins.module_utils._clouds import CLOUDS
from ansible_collections.stackone.onboarding.plugins.module_utils._errors import (
    ConfigurationError,
    SignInError,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._memory import Memory, digest
from ansible_collections.stackone.onboarding.plugins.module_utils._signin import (
    Identity,
    SignInHttp,
    Token,
)

# A token is renewed this many seconds before it expires, so that none expires on its way.
_MARGIN = 120


class TokenSource(Protocol):
    """What a client asks for its bearer token."""

    def token(self) -> str: ...

    def renew(self) -> str: ...


@dataclass(frozen=True)
class Method:
    """A way to sign in: which option says that it is wanted, and what else it needs."""

    name: str
    wanted_by: str
    needs: tuple[str, ...]
    acquire: Callable[[Identity, SignInHttp], Token]


METHODS = (
    Method("access_token", "access_token", ("access_token",), _signin.given_token),
    Method(
        "client_secret",
        "client_secret",
        ("tenant_id", "client_id", "client_secret"),
        _signin.with_client_secret,
    ),
    Method(
        "certificate",
        "certificate_path",
        ("tenant_id", "client_id", "certificate_path"),
        _signin.with_certificate,
    ),
    Method(
        "workload_identity",
        "federated_token_file",
        ("tenant_id", "client_id", "federated_token_file"),
        _signin.with_workload_identity,
    ),
    Method("managed_identity", "managed_identity", (), _signin.with_managed_identity),
    Method("azure_cli", "azure_cli", (), _signin.with_azure_cli),
)

_OPTION = {
    "tenant_id": "tenant_id (or the environment variable AZURE_TENANT_ID)",
    "client_id": "auth_client_id (or AZURE_CLIENT_ID)",
    "client_secret": "auth_client_secret (or AZURE_CLIENT_SECRET)",
    "certificate_path": "auth_certificate_path (or AZURE_CLIENT_CERTIFICATE_PATH)",
    "federated_token_file": "auth_federated_token_file (or AZURE_FEDERATED_TOKEN_FILE)",
    "access_token": "access_token (or ENTRA_ACCESS_TOKEN)",
}


class SignIn:
    """The token of one identity: acquired at the first call, kept, renewed before it expires."""

    def __init__(
        self,
        identity: Identity,
        http: SignInHttp,
        memory: Memory,
        log: Callable[[str], None],
        learn: Callable[[str], None],
    ) -> None:
        self._identity = identity
        self._http = http
        self._memory = memory
        self._log = log
        self._learn = learn
        self._candidates: list[tuple[Method, str]] | None = None
        self._token: Token | None = None

    def token(self) -> str:
        """A bearer token. Raises ConfigurationError or SignInError."""
        return self.current().value

    @property
    def home(self) -> Identity:
        """The identity with its tenant: where none is named, the one that issued the token."""
        if self._identity.tenant_id:
            return self._identity
        tenant_id = str(_signin.claims_of(self.token()).get("tid") or "")
        if not tenant_id:
            raise ConfigurationError("No tenant is named", hint=f"Set {_OPTION['tenant_id']}.")
        return replace(self._identity, tenant_id=tenant_id)

    def current(self) -> Token:
        if self._token is None or self._token.expires_on - _MARGIN < time.time():
            self._token = self._acquire(fresh=False)
        return self._token

    def renew(self) -> str:
        """After a 401: a new token; a token that was given is replaced by signing in."""
        refused = self._token
        if refused and refused.method == "access_token":
            self._candidates = self._methods()[1:]
            if not self._candidates:
                raise SignInError(
                    "The access token was refused",
                    "It is expired, or was issued for another service than Microsoft Graph.",
                    "Give a fresh access_token (entra_token returns one), or a credential to sign "
                    "in with.",
                    auth_method="access_token",
                )
        self._token = self._acquire(fresh=True)
        return self._token.value

    def _methods(self) -> list[tuple[Method, str]]:
        if self._candidates is None:
            self._candidates = choose(self._identity)
        return self._candidates

    def _acquire(self, fresh: bool) -> Token:
        method, why = self._methods()[0]
        self._log(f"Signing in by {method.name}: {why}")
        if method.name == "access_token":
            return method.acquire(self._identity, self._http)
        key = "token:" + digest(method.name, self._identity)
        if fresh:
            self._memory.forget(key)
        held = self._memory.recall(
            key,
            lambda: vars(method.acquire(self._identity, self._http)),
            good=lambda value: value["expires_on"] - _MARGIN > time.time(),
        )
        token = Token(**held)
        self._learn(token.value)
        return token


def choose(identity: Identity) -> list[tuple[Method, str]]:
    """The methods to try and why, the first to use at the head.

    ``auto`` takes the first configured one; what the task says counts before the environment.
    Raises ConfigurationError that names what is missing.
    """
    if identity.auth_method != "auto":
        method = next(item for item in METHODS if item.name == identity.auth_method)
        _require(method, identity)
        return [(method, "auth_method says so")]
    on_task = [
        (method, f"{method.wanted_by} is given on the task")
        for method in METHODS
        if identity.on_task(method.wanted_by)
    ]
    elsewhere = [
        (method, reason)
        for method in METHODS
        if method not in [chosen for chosen, _why in on_task]
        and (reason := _configured(method, identity))
    ]
    found = on_task + elsewhere
    if not found:
        raise ConfigurationError(
            "No credential for Microsoft Entra ID is configured",
            "auth_method is auto and none of its methods has what it needs.",
            "Set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET in the environment or "
            "tenant_id, auth_client_id and auth_client_secret on the task, or use another "
            "auth_method: " + ", ".join(method.name for method in METHODS) + ".",
        )
    _require(found[0][0], identity)
    return found


def _configured(method: Method, identity: Identity) -> str:
    """Why the method counts as configured by something else than the task; empty if it is not."""
    if method.name == "managed_identity":
        found = [name for name in _signin.MANAGED_IDENTITY_VARIABLES if os.environ.get(name)]
        return f"{found[0]} is set in the environment" if found else ""
    if method.name == "azure_cli":
        return "az is on the PATH" if shutil.which("az") else ""
    return f"{method.wanted_by} is set in the environment" if identity.has(method.wanted_by) else ""


def _require(method: Method, identity: Identity) -> None:
    missing = [name for name in method.needs if not identity.has(name)]
    if missing:
        raise ConfigurationError(
            f"Signing in by {method.name} is not fully configured",
            "Missing: " + ", ".join(_OPTION[name] for name in missing) + ".",
            auth_method=method.name,
            missing=missing,
        )


def identity_from(options: Mapping[str, Any], on_task: Callable[[str], bool]) -> Identity:
    """The identity that a module's connection options describe."""
    cloud = CLOUDS[options["cloud"]]
    names = {
        "tenant_id": "tenant_id",
        "client_id": "auth_client_id",
        "client_secret": "auth_client_secret",
        "certificate_path": "auth_certificate_path",
        "certificate_password": "auth_certificate_password",
        "federated_token_file": "auth_federated_token_file",
        "access_token": "access_token",
    }
    values = {name: options.get(option) or "" for name, option in names.items()}
    return Identity(
        auth_method=options["auth_method"],
        authority_url=(options.get("authority_url") or cloud.authority).rstrip("/"),
        resource=cloud.graph,
        given=frozenset(name for name, option in names.items() if values[name] and on_task(option)),
        **values,
    )
