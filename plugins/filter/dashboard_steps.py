# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person does in StackOne's dashboard where its API cannot be written to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

DOCUMENTATION = r"""
name: dashboard_steps
short_description: Word the steps by which a person enters a connector profile in StackOne's dashboard
version_added: 1.0.0
author:
  - The stackone.onboarding contributors (@StackOneHQ)
description:
  - Gives the steps of StackOne's guide with the values to enter. In place of the client secret it says where that is.
options:
  _input:
    description: What M(stackone.onboarding.connector_info) returned.
    type: dict
    required: true
  label:
    description: Name of the connector in the dashboard.
    type: str
    required: true
  name:
    description: Name of the connector profile.
    type: str
    required: true
  auth_type:
    description: Authentication type.
    type: str
    required: true
  client_id:
    description: Client id of the application.
    type: str
  actions:
    description: Ids of the actions to enable. All are, if none is given.
    type: list
    elements: str
    default: []
  secret_place:
    description: Where the client secret is.
    type: str
    required: true
"""

EXAMPLES = r"""
# After stackone.onboarding.connector_info with "register: connector".
- name: Show what is to be done
  ansible.builtin.debug:
    msg: >-
      {{ connector | stackone.onboarding.dashboard_steps(
           label='Azure DevOps', name='Azure DevOps', auth_type='OAuth 2.0 (Microsoft Entra ID)',
           client_id=connector.app.client_id, secret_place='key stackone-azuredevops of onboarding.vault') }}
"""

RETURN = r"""
_value:
  description: The steps, in their order.
  type: list
  elements: str
"""


def dashboard_steps(
    found: Mapping[str, Any],
    *,
    label: str,
    name: str,
    auth_type: str,
    client_id: str | None,
    secret_place: str,
    actions: Sequence[str] = (),
) -> list[str]:
    """The last part of the guide, for a profile that exists or one to be made."""
    exists = bool(found.get("profile"))
    if exists:
        start = [f"In StackOne's dashboard, open the connector profile {name}"]
    else:
        start = [
            "In StackOne's dashboard, go to Connector Profiles and click + Connector Profile",
            f"Search for and select {label}",
            f"Name it {name}",
        ]
    return [
        *start,
        f"Select Type as {auth_type}",
        f"Client ID: {client_id or 'known after the run'}",
        f"Client Secret: {secret_place}",
        f"Scopes: {' '.join(found['scopes'])}",
        f"Actions: {', '.join(actions) if actions else 'all'}",
        "Save the profile" if exists else "Click Create profile",
        "Run this playbook again: it sees the profile and takes note that it holds the secret",
    ]


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"dashboard_steps": dashboard_steps}
