# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure Resource Manager, as much as Azure CLI asks of it when it signs in."""

from __future__ import annotations

from .directory import DEFAULT_DOMAIN, TENANT_ID, TENANT_NAME
from .messages import Answer, Request

TENANT = {
    "id": f"/tenants/{TENANT_ID}",
    "tenantId": TENANT_ID,
    "displayName": TENANT_NAME,
    "defaultDomain": DEFAULT_DOMAIN,
}


def handle(request: Request) -> Answer:
    """Answers what comes below /arm."""
    match request.method, request.path.rstrip("/"):
        case "GET", "/subscriptions":
            return Answer(200, {"value": []})
        case "GET", "/tenants":
            return Answer(200, {"value": [TENANT]})
    error = {"code": "ResourceNotFound", "message": f"The resource '{request.path}' was not found."}
    return Answer(404, {"error": error})
