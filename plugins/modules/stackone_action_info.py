#!/usr/bin/python
# -*- coding: utf-8 -*-
# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: stackone_action_info
short_description: List the actions of a StackOne connector and the scopes that they need
version_added: 1.0.0
author:
  - The stackone.onboarding contributors (@StackOneHQ)
description:
  - Lists actions and authentication types of a connector by StackOne's documented endpoint, so that actions can be chosen,
    and says which scopes the listed actions need together.
extends_documentation_fragment:
  - stackone.onboarding.stackone
  - stackone.onboarding.attributes
  - stackone.onboarding.attributes.async
  - stackone.onboarding.attributes.stackone_group
options:
  connector_key:
    description: Key of the connector.
    type: str
    default: azuredevops
  search:
    description: Only actions that have this text in their id, label or description. Case does not count.
    type: str
  actions:
    description: Only the actions of these ids. An unknown id is an error with the nearest ones.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Find the actions that have to do with work items
  stackone.onboarding.stackone_action_info:
    connector_key: azuredevops
    search: work item
  register: found

- name: Ask which scopes two actions need
  stackone.onboarding.stackone_action_info:
    actions: [azuredevops_list_projects, azuredevops_create_work_item]
  register: chosen
"""

RETURN = r"""
actions:
  description: The actions.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Id, to be given as an action.
      type: str
    label:
      description: Name.
      type: str
    description:
      description: What it does.
      type: str
    scopes:
      description: Scopes that it needs.
      type: list
      elements: str
auth_types:
  description: Authentication types of the connector, with C(key) and C(label).
  returned: success
  type: list
  elements: dict
scopes:
  description: Scopes that the listed actions need together, without those that another one includes.
  returned: success
  type: list
  elements: str
"""

from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils import _argspec, _catalog
from ansible_collections.stackone.onboarding.plugins.module_utils._runner import (
    Definition,
    Run,
    run_module,
)


def run(run: Run) -> dict[str, Any]:
    options = run.options
    catalog = run.catalog
    chosen = list(catalog.actions) if options["actions"] is None else options["actions"]
    _catalog.check_actions(catalog, chosen)
    actions = [
        action
        for action in (_catalog.public(catalog.actions[name]) for name in chosen)
        if _fits(action, options["search"] or "")
    ]
    return {
        "actions": actions,
        "auth_types": [
            {"key": item.get("key"), "label": item.get("label")} for item in catalog.auth_types
        ],
        "scopes": _catalog.scopes_for(catalog, [action["id"] for action in actions]),
    }


def _fits(action: dict[str, Any], search: str) -> bool:
    texts = (action["id"], action["label"], action["description"])
    return any(search.lower() in (text or "").lower() for text in texts)


DEFINITION = Definition(
    run,
    _argspec.argument_spec(
        _argspec.STACKONE,
        connector_key={"type": "str", "default": "azuredevops", "no_log": False},
        search={"type": "str"},
        actions={"type": "list", "elements": "str"},
    ),
)


def main() -> None:
    run_module(DEFINITION)


if __name__ == "__main__":
    main()
