#!/usr/bin/python
# -*- coding: utf-8 -*-
# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: connector_info
short_description: Look at a connector in Microsoft Entra ID and StackOne as a whole
version_added: 1.0.0
author:
  - The stackone.onboarding contributors (@StackOneHQ)
description:
  - Reads the application, its service principal, its consent, its client secrets with their ledger, and the connector
    profile, and says what onboarding would change.
  - It takes five requests and a token, one more where the scopes follow from the actions.
  - The role P(stackone.onboarding.entra_connector#role) asks it first, so that a connector that needs nothing costs nothing
    more. In a play it is the drift report.
  - Least privilege of the identity that signs in is C(Application.Read.All) and C(Directory.Read.All).
extends_documentation_fragment:
  - stackone.onboarding.entra
  - stackone.onboarding.stackone
  - stackone.onboarding.attributes
  - stackone.onboarding.attributes.async
  - stackone.onboarding.attributes.both_groups
options:
  stackone_ca_path:
    description: For StackOne alone, instead of O(ca_path).
    type: path
  stackone_validate_certs:
    description: For StackOne alone, instead of O(validate_certs).
    type: bool
  stackone_request_timeout:
    description: For StackOne alone, instead of O(request_timeout).
    type: float
  stackone_wait_timeout:
    description: For StackOne alone, instead of O(wait_timeout).
    type: float
  connector_key:
    description: Key of the connector.
    type: str
    default: azuredevops
  display_name:
    description: Display name that the application should have.
    type: str
    required: true
  unique_name:
    description: Unique name of the application.
    type: str
    required: true
  callback_url:
    description: Redirect URI that the application should have.
    type: str
    required: true
  api:
    description: The API whose scopes are meant, by its C(appId) or display name.
    type: str
    default: Azure DevOps
  auth_type:
    description: Authentication type of the connector profile, by its label or its key.
    type: str
    default: OAuth 2.0 (Microsoft Entra ID)
  scopes:
    description: Delegated permissions. If empty, they follow from O(actions).
    type: list
    elements: str
    default: []
  actions:
    description: Ids of the actions to enable.
    type: list
    elements: str
    default: []
  goal:
    description:
      - What the look is for. V(onboard) needs O(scopes) or O(actions), and without either it is an error that lists the actions.
      - V(rotate) keeps the scopes that were handed over for the actions, and does not ask StackOne what these need today.
      - V(offboard) needs neither, and looks for the profile also where there is no application any more.
    type: str
    default: onboard
    choices: [onboard, rotate, offboard]
  purge:
    description: Whether other redirect URIs, permissions and consent count as drift.
    type: bool
    default: false
  profile_name:
    description: Name of the connector profile.
    type: str
    required: true
  secret_name:
    description: Description of the client secret.
    type: str
    default: StackOne connector profile
  rotate_before_days:
    description: A secret that has no more days than this left is due.
    type: int
    default: 30
  overlap_days:
    description: Days that a superseded secret lives on.
    type: int
    default: 7
  orphan_after:
    description: Seconds after which an unconfirmed secret is taken for a left-over.
    type: int
    default: 900
  force:
    description: Whether a secret is due in any case.
    type: bool
    default: false
  reapply:
    description: Whether a profile that was edited elsewhere gets a new secret.
    type: bool
    default: false
  held_key_ids:
    description: Key ids of secrets that a secret store holds, to be delivered.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Look at the connector for Azure DevOps
  stackone.onboarding.connector_info:
    display_name: StackOne Azure DevOps Integration
    unique_name: stackone-azuredevops
    callback_url: https://api.stackone.com/connect/oauth2/azuredevops/callback
    scopes: [vso.project, vso.work_write]
    profile_name: Azure DevOps
  register: connector

- name: Stop where somebody has changed something
  ansible.builtin.assert:
    that: connector.converged
    fail_msg: "{{ connector.drift }}"
"""

RETURN = r"""
converged:
  description: Whether onboarding would change nothing.
  returned: success
  type: bool
app:
  description: The application as it should be, null where there is none.
  returned: success
  type: dict
service_principal:
  description: Its service principal.
  returned: success
  type: dict
consent:
  description: Its consent as it should be, with C(grants) and C(app_roles).
  returned: success
  type: dict
profile:
  description: The connector profile, null where there is none.
  returned: success
  type: dict
secret:
  description: The confirmed client secret that serves, without its text. Null where none does.
  returned: success
  type: dict
secrets:
  description: All client secrets of that description.
  returned: success
  type: list
  elements: dict
scopes:
  description: The delegated permissions, as given or as the actions need them.
  returned: success
  type: list
  elements: str
api_permissions:
  description: The same in the form that M(stackone.onboarding.entra_app) takes.
  returned: success
  type: list
  elements: dict
handover:
  description:
    - Whether a secret is to be handed over, why, and which one that is held already can be delivered.
    - C(due_date_time) is when the secret that serves will be due.
  returned: success
  type: dict
removable:
  description: Key ids of secrets that are out of use.
  returned: success
  type: list
  elements: str
drift:
  description: What differs, a row a field, with C(resource), C(field), C(before), C(after) and C(repaired).
  returned: success
  type: list
  elements: dict
auth_method:
  description: How the identity signed in.
  returned: success
  type: str
check_mode:
  description: Whether the task runs in check mode, by the command line or by a keyword. Then what was found to differ stays so.
  returned: success
  type: bool
"""

from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils import _argspec
from ansible_collections.stackone.onboarding.plugins.module_utils._application import Desired
from ansible_collections.stackone.onboarding.plugins.module_utils._connector_state import Connector
from ansible_collections.stackone.onboarding.plugins.module_utils._runner import (
    Definition,
    Run,
    run_module,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._secret_state import policy_from


def run(run: Run) -> dict[str, Any]:
    options = run.options
    connector = Connector(
        key=options["connector_key"],
        app=Desired(
            display_name=options["display_name"],
            unique_name=options["unique_name"],
            sign_in_audience="AzureADMultipleOrgs",
            web_redirect_uris=[options["callback_url"]],
            purge_redirect_uris=options["purge"],
            purge_api_permissions=options["purge"],
        ),
        api=options["api"],
        auth_type=options["auth_type"],
        scopes=options["scopes"],
        actions=options["actions"],
        profile_name=options["profile_name"],
        secret_name=options["secret_name"],
        policy=policy_from(options),
        offboarding=options["goal"] == "offboard",
        rotating=options["goal"] == "rotate",
        purge=options["purge"],
        reapply=options["reapply"],
        held_key_ids=options["held_key_ids"],
    )
    return run.look_at_connector(connector)


DEFINITION = Definition(
    run,
    _argspec.argument_spec(
        _argspec.ENTRA,
        _argspec.STACKONE,
        stackone_ca_path={"type": "path"},
        stackone_validate_certs={"type": "bool"},
        stackone_request_timeout={"type": "float"},
        stackone_wait_timeout={"type": "float"},
        connector_key={"type": "str", "default": "azuredevops", "no_log": False},
        display_name={"type": "str", "required": True},
        unique_name={"type": "str", "required": True},
        callback_url={"type": "str", "required": True},
        api={"type": "str", "default": "Azure DevOps"},
        auth_type={"type": "str", "default": "OAuth 2.0 (Microsoft Entra ID)"},
        scopes={"type": "list", "elements": "str", "default": []},
        actions={"type": "list", "elements": "str", "default": []},
        goal={"type": "str", "default": "onboard", "choices": ["onboard", "rotate", "offboard"]},
        purge={"type": "bool", "default": False},
        profile_name={"type": "str", "required": True},
        secret_name={
            "type": "str",
            "default": "StackOne connector profile",
            "no_log": False,
        },
        rotate_before_days={"type": "int", "default": 30},
        overlap_days={"type": "int", "default": 7},
        orphan_after={"type": "int", "default": 900},
        force={"type": "bool", "default": False},
        reapply={"type": "bool", "default": False},
        held_key_ids={"type": "list", "elements": "str", "default": [], "no_log": False},
    ),
    only_looks=True,
)


def main() -> None:
    run_module(DEFINITION)


if __name__ == "__main__":
    main()
