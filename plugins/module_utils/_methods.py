# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways to sign in as a table: what each needs, and which of them is configured."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass

from ansible_collections.stackone.onboarding.plugins.module_utils import _federation, _signin
from ansible_collections.stackone.onboarding.plugins.module_utils._errors import ConfigurationError
from ansible_collections.stackone.onboarding.plugins.module_utils._signin import (
    MANAGED_IDENTITY_VARIABLES,
    Identity,
    Token,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._signin_http import SignInHttp

# The option of each value of an identity, and what else says it.
OPTIONS = {
    "tenant_id": ("tenant_id", "AZURE_TENANT_ID"),
    "client_id": ("auth_client_id", "AZURE_CLIENT_ID"),
    "client_secret": ("auth_client_secret", "AZURE_CLIENT_SECRET"),
    "certificate_path": ("auth_certificate_path", "AZURE_CLIENT_CERTIFICATE_PATH"),
    "certificate_password": ("auth_certificate_password", "AZURE_CLIENT_CERTIFICATE_PASSWORD"),
    "send_x5c": ("auth_send_x5c", "ENTRA_SEND_X5C"),
    "federated_token_file": ("auth_federated_token_file", "AZURE_FEDERATED_TOKEN_FILE"),
    "access_token": ("access_token", "ENTRA_ACCESS_TOKEN"),
}


@dataclass(frozen=True)
class Method:
    """A way to sign in: what it needs, and which value, if any, says that it is wanted.

    ``reads``: variables of the environment that, beside the identity, say who signs in.
    """

    name: str
    acquire: Callable[[Identity, SignInHttp], Token]
    needs: tuple[str, ...] = ()
    wanted_by: str = ""
    reads: tuple[str, ...] = ()

    def missing(self, identity: Identity) -> list[str]:
        """The values that it lacks."""
        lacking = [name for name in self.needs if not identity.has(name)]
        if self.name == "workload_identity" and not _has_token_to_exchange(identity):
            lacking.append("federated_token_file")
        return lacking

    def require(self, identity: Identity) -> None:
        """Raises ConfigurationError that names what is missing, and how to give it."""
        missing = self.missing(identity)
        if missing:
            raise ConfigurationError(
                f"Signing in by {self.name} is not fully configured",
                f"Missing: {', '.join(map(_how_to_give, missing))}",
                auth_method=self.name,
                missing=missing,
            )

    def environment(self) -> list[str]:
        return [os.environ.get(name, "") for name in self.reads]


METHODS = (
    Method("access_token", _signin.given_token, ("access_token",), "access_token"),
    Method(
        "client_secret",
        _signin.with_client_secret,
        ("tenant_id", "client_id", "client_secret"),
        "client_secret",
    ),
    Method(
        "certificate",
        _signin.with_certificate,
        ("tenant_id", "client_id", "certificate_path"),
        "certificate_path",
    ),
    Method(
        "workload_identity",
        _signin.with_workload_identity,
        ("tenant_id", "client_id"),
        "federated_token_file",
        _federation.VARIABLES,
    ),
    Method(
        "managed_identity",
        _signin.with_managed_identity,
        reads=tuple({name: None for group in MANAGED_IDENTITY_VARIABLES for name in group}),
    ),
    Method("azure_cli", _signin.with_azure_cli, reads=("AZURE_CONFIG_DIR",)),
)


@dataclass(frozen=True)
class Choice:
    """A method to sign in by, and why."""

    method: Method
    why: str


def choose(identity: Identity) -> list[Choice]:
    """The methods that can be used, the first to use at the head.

    ``auto`` takes the first configured one; what the task says counts before the environment.
    Raises ConfigurationError that names what is missing.
    """
    if identity.auth_method != "auto":
        method = next(item for item in METHODS if item.name == identity.auth_method)
        method.require(identity)
        return [Choice(method, "auth_method says so")]
    on_task = [
        Choice(method, f"{OPTIONS[method.wanted_by][0]} is given on the task")
        for method in METHODS
        if identity.on_task(method.wanted_by)
    ]
    elsewhere = [
        Choice(method, why)
        for method in METHODS
        if not identity.on_task(method.wanted_by) and (why := _why_configured(method, identity))
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
    found[0].method.require(identity)
    return found[:1] + [choice for choice in found[1:] if not choice.method.missing(identity)]


def _why_configured(method: Method, identity: Identity) -> str:
    """What else than the task configures the method; empty where nothing does."""
    if identity.has(method.wanted_by):
        return f"{identity.sources[method.wanted_by]} is set in the environment"
    if method.name == "workload_identity":
        issuer = _federation.issuer_here()
        # A job that may ask for tokens need not mean this: it must say for whom, too.
        return f"{issuer.name} runs this" if issuer and not method.missing(identity) else ""
    if method.name == "managed_identity":
        return next(
            (
                f"{' and '.join(names)} {'are' if names[1:] else 'is'} set in the environment"
                for names in MANAGED_IDENTITY_VARIABLES
                if all(os.environ.get(name) for name in names)
            ),
            "",
        )
    return "az is on the PATH" if method.name == "azure_cli" and shutil.which("az") else ""


def _how_to_give(name: str) -> str:
    if name == "federated_token_file":
        return _federation.what_is_missing()
    option, variable = OPTIONS[name]
    return f"{option} (or {variable})"


def _has_token_to_exchange(identity: Identity) -> bool:
    return identity.has("federated_token_file") or _federation.issuer_here() is not None
