# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft Entra sign-in: OpenID discovery and the token endpoint for client credentials."""

from __future__ import annotations

from ..directory import Directory
from ..messages import Answer, Refused, Request
from . import discovery
from .errors import unknown_tenant_at_discovery
from .token_endpoint import TokenEndpoint
from .tokens import Signer


class SignIn:
    """Answers what comes below /login."""

    def __init__(self, directory: Directory, signer: Signer, federated: Signer) -> None:
        self._clock = directory.clock
        self._signer = signer
        self.tokens = TokenEndpoint(directory, signer, federated)

    def handle(self, request: Request) -> Answer:
        tenant, _unused, page = request.path.strip("/").partition("/")
        match request.method, page:
            case "GET", "discovery/instance":
                return Answer(200, discovery.instance(request))
            case (
                "GET",
                ".well-known/openid-configuration" | "v2.0/.well-known/openid-configuration",
            ):
                if not discovery.is_known_tenant(tenant, shared=True):
                    return unknown_tenant_at_discovery(tenant, request, self._clock)
                return Answer(200, discovery.configuration(request))
            case "GET", "discovery/keys" | "discovery/v2.0/keys":
                return Answer(200, self._signer.key_set())
            case "POST", "oauth2/token" | "oauth2/v2.0/token":
                try:
                    return self.tokens.answer(request, tenant)
                except Refused as refused:
                    return refused.answer
        return Answer(404, f"{request.method} {request.path} is no sign-in page of the sandbox")
