# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The national clouds' endpoints, as Microsoft documents them ("National cloud deployments")."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cloud:
    """``graph``: also the resource that a token is for, whatever ``graph_url`` overrides.

    ``token_exchange``: the audience of another issuer's token, for workload identity federation.
    """

    graph: str
    authority: str
    token_exchange: str = "api://AzureADTokenExchange"


CLOUDS = {
    "public": Cloud("https://graph.microsoft.com", "https://login.microsoftonline.com"),
    "us_government": Cloud(
        "https://graph.microsoft.us",
        "https://login.microsoftonline.us",
        "api://AzureADTokenExchangeUSGov",
    ),
    "us_government_dod": Cloud(
        "https://dod-graph.microsoft.us",
        "https://login.microsoftonline.us",
        "api://AzureADTokenExchangeUSGov",
    ),
    "china": Cloud(
        "https://microsoftgraph.chinacloudapi.cn",
        "https://login.partner.microsoftonline.cn",
        "api://AzureADTokenExchangeChina",
    ),
}

# AZURE_CLOUD_ENVIRONMENT, which AWX's Azure credential sets, has Azure's own names for them.
AZURE_NAMES = {
    "AzureCloud": "public",
    "AzureUSGovernment": "us_government",
    "AzureChinaCloud": "china",
}
