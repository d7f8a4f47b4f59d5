# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endpoints that give an Azure resource a token for its managed identity, over plain HTTP.

Sources: "How to use managed identities for Azure resources on an Azure VM to acquire an access
token" (the instance metadata service) and "How to use managed identities for App Service", REST
endpoint reference. The identity that does the work is both the system-assigned and, by its client
id, a user-assigned one.
"""

from __future__ import annotations

from typing import Any

from ..directory import TENANT_ID
from ..messages import Answer, Headers, Refused, Request
from ..options import Options
from .token_endpoint import TokenEndpoint

NO_SUCH_IDENTITY = (
    "No User Assigned or Delegated Managed Identity found for specified"
    " ClientId/ResourceId/PrincipalId."
)


class ManagedIdentities:
    """Answers what comes below /metadata and /msi."""

    def __init__(
        self,
        options: Options,
        tokens: TokenEndpoint,
        client_id: str,
        identity_header: str,
        login_root: str,
    ) -> None:
        self._options = options
        self._tokens = tokens
        self._client_id = client_id
        self._identity_header = identity_header
        self._login_root = login_root

    def handle(self, request: Request) -> Answer:
        match request.service, request.method, request.path:
            case "metadata", "GET", "/identity/oauth2/token":
                return self._instance_metadata(request)
            case "msi", "GET", "/token":
                return self._app_service(request)
        return Answer(404, {"error": "not_found"})

    def _instance_metadata(self, request: Request) -> Answer:
        if request.headers.get("metadata", "").lower() != "true":
            return _oauth_error("invalid_request", "Required metadata header not specified")
        if "x-forwarded-for" in request.headers:
            return _oauth_error("invalid_request", "Request was forwarded by a proxy")
        if not self._is_assigned(request):
            return _oauth_error("invalid_request", "Identity not found")
        try:
            token = self._token(request)
        except Refused as refused:
            return _oauth_error("invalid_resource", refused.answer.body["error_description"])
        return Answer(200, token)

    def _app_service(self, request: Request) -> Answer:
        if request.headers.get("x-identity-header") != self._identity_header:
            return _message(401, "The X-IDENTITY-HEADER is not this site's.")
        if request.query.get("api-version") != "2019-08-01":
            return _message(400, "The api-version is not supported.")
        if not self._is_assigned(request):
            return _message(400, NO_SUCH_IDENTITY)
        try:
            token = self._token(request)
        except Refused as refused:
            return _message(500, refused.answer.body["error_description"])
        shown = ("access_token", "client_id", "expires_on", "not_before", "resource", "token_type")
        return Answer(200, {name: token[name] for name in shown})

    def _is_assigned(self, request: Request) -> bool:
        """Whether the resource has the identity that is asked for."""
        wanted = request.query.get("client_id")
        kind = "user" if wanted else "system"
        return self._options.managed_identity in (kind, "both") and wanted in (
            None,
            self._client_id,
        )

    def _token(self, request: Request) -> dict[str, Any]:
        """Numbers are written as text here."""
        resource = request.query.get("resource", "")
        asked = Request(
            "login",
            "POST",
            f"/{TENANT_ID}/oauth2/token",
            {},
            Headers(request.headers),
            {"client_id": self._client_id, "resource": resource},
            self._login_root,
        )
        body: dict[str, Any] = self._tokens.vouch(asked).body
        return {**body, "client_id": self._client_id}


def _oauth_error(error: str, description: str) -> Answer:
    return Answer(400, {"error": error, "error_description": description})


def _message(status: int, message: str) -> Answer:
    return Answer(status, {"statusCode": status, "message": message})
