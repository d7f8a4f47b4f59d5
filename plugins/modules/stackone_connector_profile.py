#!/usr/bin/python
# -*- coding: utf-8 -*-
# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: stackone_connector_profile
short_description: Manage a connector profile in StackOne
version_added: 1.0.0
author:
  - The stackone.onboarding contributors (@StackOneHQ)
description:
  - Creates, changes and deletes a connector profile, the place where StackOne keeps the client id, client secret, scopes and
    enabled actions of a connector.
  - The profile is looked for by O(profile_id), else by O(name) among the profiles of O(connector_key).
  - A read gives neither the client id nor the secret, the scopes or the actions. These are written when a profile is made,
    and after that only with O(update_secrets=always).
  - StackOne documents listing profiles, actions and pinned versions. Making, changing and deleting profiles is not in its
    public reference. What this module sends for that is assumed, and a server without it answers with status 404, 405 or 501.
extends_documentation_fragment:
  - stackone.onboarding.stackone
  - stackone.onboarding.attributes
  - stackone.onboarding.attributes.async
  - stackone.onboarding.attributes.stackone_group
options:
  state:
    description: Whether the profile should exist.
    type: str
    default: present
    choices: [present, absent]
  name:
    description: Name of the profile.
    type: str
  profile_id:
    description: Id of an existing profile. With O(name) as well, the profile is given that name.
    type: str
  connector_key:
    description: Key of the connector.
    type: str
    default: azuredevops
  auth_type:
    description: Authentication type, by its label or its key. It is checked against what the connector offers.
    type: str
    default: OAuth 2.0 (Microsoft Entra ID)
  client_id:
    description: Client id of the application in the provider. Needed to make a profile.
    type: str
  client_secret:
    description: Client secret of that application. Needed to make a profile.
    type: str
  scopes:
    description: Scopes that StackOne asks for when an account is connected.
    type: list
    elements: str
  actions:
    description: Ids of the actions to enable. All are, if none is given. They are checked against what the connector offers.
    type: list
    elements: str
  environment:
    description: Environment of the profile.
    type: str
  active:
    description: Whether the profile is active.
    type: bool
    default: true
  default:
    description: Whether it is the connector's default profile.
    type: bool
  pinned_version:
    description: Version of the connector to pin, such as V(latest), V(1.x.x), V(1.2.x) or V(1.2.0). An empty string removes the pin.
    type: str
  update_secrets:
    description:
      - When O(client_id), O(client_secret), O(scopes) and O(actions) are written.
      - V(always) reports a change on every run, since nothing can be compared.
    type: str
    default: on_create
    choices: [on_create, always]
  force:
    description: With O(state=absent), whether the profile is deleted although accounts are linked to it. They stop working.
    type: bool
    default: false
seealso:
  - module: stackone.onboarding.entra_app_secret
"""

EXAMPLES = r"""
- name: Create the connector profile for Azure DevOps
  stackone.onboarding.stackone_connector_profile:
    name: Azure DevOps
    connector_key: azuredevops
    auth_type: OAuth 2.0 (Microsoft Entra ID)
    client_id: "{{ registration.app.client_id }}"
    client_secret: "{{ made.secret_text }}"
    scopes: [vso.project, vso.work_write]
    actions: [azuredevops_list_projects, azuredevops_create_work_item]
  register: connection

- name: Pin it to a version of the connector
  stackone.onboarding.stackone_connector_profile:
    profile_id: "{{ connection.profile.id }}"
    pinned_version: 1.x.x

- name: Delete it
  stackone.onboarding.stackone_connector_profile:
    name: Azure DevOps
    state: absent
"""

RETURN = r"""
profile:
  description:
    - The profile as a read gives it, never a secret. Null when it is absent.
    - In check mode, what is not known of one that would be made is null.
  returned: success
  type: dict
  contains:
    id:
      description: Id.
      type: str
    name:
      description: Name.
      type: str
    connector_key:
      description: Key of the connector.
      type: str
    connector_label:
      description: Name of the connector.
      type: str
    authentication_config_key:
      description: Key of the authentication type.
      type: str
    authentication_config_label:
      description: Label of the authentication type.
      type: str
    environment:
      description: Environment.
      type: str
    active:
      description: Whether it is active.
      type: bool
    default:
      description: Whether it is the connector's default profile.
      type: bool
    connector_version:
      description: Version of the connector.
      type: str
    connector_pinned_version:
      description: Version that is pinned.
      type: str
    created_at:
      description: When it was made.
      type: str
    updated_at:
      description: When it was last changed.
      type: str
"""

from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils import _argspec, _profile
from ansible_collections.stackone.onboarding.plugins.module_utils._profile_state import Desired
from ansible_collections.stackone.onboarding.plugins.module_utils._runner import (
    Definition,
    Run,
    run_module,
)


def run(run: Run) -> dict[str, Any]:
    options = run.options
    desired = Desired(
        name=options["name"] or "",
        profile_id=options["profile_id"] or "",
        connector_key=options["connector_key"],
        auth_type=options["auth_type"],
        environment=options["environment"],
        active=options["active"],
        default=options["default"],
        pinned_version=options["pinned_version"],
        client_id=options["client_id"],
        client_secret=options["client_secret"],
        scopes=options["scopes"],
        actions=options["actions"],
        write_secrets=options["update_secrets"] == "always",
    )
    record = run.profile.find(desired)
    if options["state"] == "absent":
        run.profile.absent(record, force=options["force"])
        return {"profile": None}
    return {"profile": _profile.public(run.profile.present(record, desired))}


DEFINITION = Definition(
    run,
    _argspec.argument_spec(
        _argspec.STACKONE,
        state={"type": "str", "default": "present", "choices": ["present", "absent"]},
        name={"type": "str"},
        profile_id={"type": "str"},
        connector_key={"type": "str", "default": "azuredevops", "no_log": False},
        auth_type={"type": "str", "default": "OAuth 2.0 (Microsoft Entra ID)"},
        client_id={"type": "str"},
        client_secret={"type": "str", "no_log": True},
        scopes={"type": "list", "elements": "str"},
        actions={"type": "list", "elements": "str"},
        environment={"type": "str"},
        active={"type": "bool", "default": True},
        default={"type": "bool"},
        pinned_version={"type": "str"},
        update_secrets={
            "type": "str",
            "default": "on_create",
            "choices": ["on_create", "always"],
            "no_log": False,
        },
        force={"type": "bool", "default": False},
    ),
    {"required_one_of": [["name", "profile_id"]]},
)


def main() -> None:
    run_module(DEFINITION)


if __name__ == "__main__":
    main()
