# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and ids that many tests speak of."""

from __future__ import annotations

from typing import Any

AZURE_DEVOPS = "499b84ac-1321-427f-aa17-267ca6975798"
MICROSOFT_GRAPH = "00000003-0000-0000-c000-000000000000"
NOBODY = "11111111-2222-3333-4444-555555555555"  # a GUID that names nothing

# As data/azure_devops.json and data/microsoft_graph.json have them.
PROJECT = "vso.project"
WORK_WRITE = "vso.work_write"

CALLBACK = "https://api.stackone.com/connect/oauth2/azuredevops/callback"
OTHER_URI = "https://example.com/callback"

APP_NAME = "StackOne Azure DevOps Integration"
UNIQUE_NAME = "stackone-azuredevops"
DEVOPS: dict[str, Any] = {"api": "Azure DevOps", "delegated": [PROJECT, WORK_WRITE]}
APP: dict[str, Any] = {
    "display_name": APP_NAME,
    "unique_name": UNIQUE_NAME,
    "web_redirect_uris": [CALLBACK],
    "api_permissions": [DEVOPS],
}

# The ways in which a POST's answer is lost; the server acted in all but the first.
LOST_ANSWERS: dict[str, Any] = {
    "drop_before": "drop_before",
    "drop_after": "drop_after",
    "cut": {"kind": "truncated", "variant": "cut"},
    "short": {"kind": "truncated", "variant": "short"},
    "html": {"kind": "html", "status": 200, "acted": True},
}
