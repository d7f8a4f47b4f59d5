# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenID discovery, which MSAL reads before it asks for a token."""

from __future__ import annotations

from typing import Any

from ..directory import TENANT_ID, VERIFIED_DOMAINS
from ..messages import Request

SHARED_TENANTS = ("common", "organizations")


def is_known_tenant(tenant: str, *, shared: bool = False) -> bool:
    """Whether the name is the tenant's id or a verified domain; at discovery, a shared one too."""
    if shared and tenant.lower() in SHARED_TENANTS:
        return True
    return tenant.lower() in (TENANT_ID, *VERIFIED_DOMAINS)


def issuer(request: Request) -> str:
    return f"{request.root}/{TENANT_ID}/v2.0"


def configuration(request: Request) -> dict[str, Any]:
    """The document of the v2.0 or, by its path, of the v1 endpoint."""
    host = _host(request)
    root = f"{request.root}/{TENANT_ID}"
    version = "v2.0/" if "/v2.0/" in request.path else ""
    return {
        "token_endpoint": f"{root}/oauth2/{version}token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "jwks_uri": f"{root}/discovery/{version}keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": issuer(request),
        "authorization_endpoint": f"{root}/oauth2/{version}authorize",
        "device_authorization_endpoint": f"{root}/oauth2/{version}devicecode",
        "tenant_region_scope": "EU",
        "cloud_instance_name": host,
        "msgraph_host": host,
    }


def instance(request: Request) -> dict[str, Any]:
    """MSAL's check of an authority's host; this host knows itself only."""
    host = _host(request)
    root = f"{request.root}/{TENANT_ID}"
    return {
        "tenant_discovery_endpoint": f"{root}/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
    }


def _host(request: Request) -> str:
    return request.root.removeprefix("https://").partition("/")[0]
