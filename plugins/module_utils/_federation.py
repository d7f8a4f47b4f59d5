# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workload identity federation: whose token Entra takes in exchange, and where it is got.

From a file (Kubernetes projects one into the pod and keeps it fresh), or from the CI system that
runs the job, which says by variables of the environment how to ask it for one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ansible_collections.stackone.onboarding.plugins.module_utils._errors import (
    ConfigurationError,
    SignInError,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._exchange import (
    Request,
    Response,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._retry import Replay

Send = Callable[[Request], Response]
_METHOD = "workload_identity"


@dataclass(frozen=True)
class Issuer:
    """A CI system: the variables by which it is asked, how, and where its answer has the token."""

    name: str
    variables: tuple[str, ...]
    ask: Callable[[Mapping[str, str], str], Request]
    answer: str
    hint: str

    @property
    def missing(self) -> list[str]:
        return [name for name in self.variables if not os.environ.get(name)]

    def token(self, send: Send, audience: str) -> str:
        """A fresh one. Raises SignInError."""
        response = send(self.ask(os.environ, audience))
        body = response.body if isinstance(response.body, dict) else {}
        token = body.get(self.answer)
        if isinstance(token, str) and token:
            return token
        request = response.request
        raise SignInError(
            f"{self.name} issued no token: {request.method} {request.path} answered "
            f"{response.status}",
            str(body.get("message") or ""),
            self.hint,
            auth_method=_METHOD,
            status=response.status,
        )


def _ask_github(environment: Mapping[str, str], audience: str) -> Request:
    """https://docs.github.com/actions/reference/security/oidc: the URL has a query already."""
    return Request(
        "GET",
        environment["ACTIONS_ID_TOKEN_REQUEST_URL"],
        params={"audience": audience},
        headers={"Authorization": f"Bearer {environment['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}"},
    )


def _ask_pipelines(environment: Mapping[str, str], _audience: str) -> Request:
    """Azure DevOps' REST API "Oidctoken - Create": the audience is the service connection's."""
    return Request(
        "POST",
        environment["SYSTEM_OIDCREQUESTURI"].rstrip("/"),
        params={
            "api-version": "7.1",
            "serviceConnectionId": environment["AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"],
        },
        headers={
            "Authorization": f"Bearer {environment['SYSTEM_ACCESSTOKEN']}",
            "Content-Type": "application/json",
            # Without it a token that is refused is answered by a redirect to a sign-in page.
            "X-TFS-FedAuthRedirect": "Suppress",
        },
        replay=Replay.HARMLESS,  # a token asked for twice makes nothing
    )


ISSUERS = (
    Issuer(
        "GitHub Actions",
        ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
        _ask_github,
        "value",
        "Give the job the permission id-token: write.",
    ),
    Issuer(
        "Azure Pipelines",
        (
            "SYSTEM_OIDCREQUESTURI",
            "SYSTEM_ACCESSTOKEN",
            "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
        ),
        _ask_pipelines,
        "oidcToken",
        "Run in an AzureCLI@2 task of the service connection, with env: SYSTEM_ACCESSTOKEN: "
        "$(System.AccessToken).",
    ),
)

# All that a CI system says by the environment, secrets among it.
VARIABLES = tuple(name for issuer in ISSUERS for name in issuer.variables)


def issuer_here() -> Issuer | None:
    """The CI system that this runs in, if it lets the job ask for tokens."""
    return next((issuer for issuer in ISSUERS if not issuer.missing), None)


def what_is_missing() -> str:
    """For the error where there is no token to exchange; it knows a CI system half set up."""
    for issuer in ISSUERS:
        if len(issuer.missing) < len(issuer.variables):
            return f"{' and '.join(issuer.missing)} of {issuer.name}. {issuer.hint}"
    return (
        "auth_federated_token_file (or AZURE_FEDERATED_TOKEN_FILE), or the variables by which "
        + " or ".join(f"{issuer.name} ({', '.join(issuer.variables)})" for issuer in ISSUERS)
        + " lets a job ask for a token"
    )


def token_from(path: str, audience: str, send: Send) -> str:
    """The token to exchange, from the file or, where none is named, the CI system; read anew."""
    if path:
        return _read(path)
    issuer = issuer_here()
    if issuer is None:
        raise ConfigurationError("No token to exchange", what_is_missing(), auth_method=_METHOD)
    return issuer.token(send, audience)


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            token = file.read().strip()
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"The federated token file {path} cannot be read", str(error), auth_method=_METHOD
        ) from error
    if not token:
        raise ConfigurationError(
            f"The federated token file {path} is empty",
            "Who projects the token into it has not done so, or not yet.",
            auth_method=_METHOD,
        )
    return token
