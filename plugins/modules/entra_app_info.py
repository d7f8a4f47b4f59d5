#!/usr/bin/python
# -*- coding: utf-8 -*-
# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: entra_app_info
short_description: Look at app registrations in Microsoft Entra ID
version_added: 1.0.0
author:
  - The stackone.onboarding contributors (@StackOneHQ)
description:
  - Reads applications with their permissions by name, what of these was consented to, their client secrets with what the
    ledger says of them, their owners, and whether their publisher is verified.
  - Without a name all applications of the tenant are read.
  - Least privilege of the identity that signs in is C(Application.Read.All) and C(Directory.Read.All).
extends_documentation_fragment:
  - stackone.onboarding.entra
  - stackone.onboarding.attributes
  - stackone.onboarding.attributes.async
  - stackone.onboarding.attributes.entra_group
options:
  client_id:
    description: Client id (C(appId)) of one application.
    type: str
  object_id:
    description: Object id of one application.
    type: str
  unique_name:
    description: Unique name of one application.
    type: str
  display_name:
    description: Display name, which several may have.
    type: str
  tag:
    description: A tag, which several may have.
    type: str
"""

EXAMPLES = r"""
- name: Look at the application for Azure DevOps
  stackone.onboarding.entra_app_info:
    unique_name: stackone-azuredevops
  register: found

- name: List the secrets that expire within a month
  ansible.builtin.debug:
    msg: "{{ item.display_name }} expires on {{ item.end_date_time }}"
  loop: "{{ found.apps | map(attribute='secrets') | flatten }}"
  when: item.end_date_time < '%Y-%m-%dT%H:%M:%SZ' | ansible.builtin.strftime(second=(now(utc=true).timestamp() + 2592000))
"""

RETURN = r"""
apps:
  description: The applications.
  returned: success
  type: list
  elements: dict
  contains:
    object_id:
      description: Object id. The keys up to C(service_management_reference) are those that M(stackone.onboarding.entra_app) returns.
      type: str
    client_id:
      description: Client id.
      type: str
    display_name:
      description: Display name.
      type: str
    unique_name:
      description: Unique name.
      type: str
    sign_in_audience:
      description: Who can sign in.
      type: str
    web_redirect_uris:
      description: Redirect URIs of the platform Web.
      type: list
      elements: str
    api_permissions:
      description: What the application asks for.
      type: list
      elements: dict
    tags:
      description: Tags, without those of the ledger.
      type: list
      elements: str
    notes:
      description: Notes.
      type: str
    service_management_reference:
      description: Reference to an asset register.
      type: str
    service_principal:
      description: Its service principal, with C(object_id).
      type: dict
    secrets:
      description: All client secrets, as M(stackone.onboarding.entra_app_secret) returns one. The next to expire comes first.
      type: list
      elements: dict
    grants:
      description: Delegated permissions that are granted for all users, with C(api), C(app_id), C(scopes) and C(grant_id).
      type: list
      elements: dict
    consent:
      description: Each permission that the application asks for, with C(api), C(app_id), C(type), C(name) and C(granted).
      type: list
      elements: dict
    owners:
      description: Owners, with C(object_id), C(display_name) and C(user_principal_name).
      type: list
      elements: dict
    publisher_verified:
      description: Whether the publisher is verified. Users of other tenants see an unverified one as such.
      type: bool
"""

from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils import _app_info, _argspec
from ansible_collections.stackone.onboarding.plugins.module_utils._runner import (
    Definition,
    Run,
    run_module,
)


def run(run: Run) -> dict[str, Any]:
    records = _app_info.look_up(run.graph, run.target, run.options["tag"] or "")
    apps = _app_info.describe(run.graph, records)
    unverified = [
        app["display_name"]
        for app in apps
        if not app["publisher_verified"] and app["sign_in_audience"] != "AzureADMyOrg"
    ]
    if unverified:
        run.warn(
            "Users of other tenants are shown an unverified publisher by: " + ", ".join(unverified)
        )
    return {"apps": apps}


DEFINITION = Definition(
    run,
    _argspec.argument_spec(
        _argspec.ENTRA,
        client_id={"type": "str"},
        object_id={"type": "str"},
        unique_name={"type": "str"},
        display_name={"type": "str"},
        tag={"type": "str"},
    ),
    {"mutually_exclusive": [["client_id", "object_id", "unique_name", "display_name", "tag"]]},
)


def main() -> None:
    run_module(DEFINITION)


if __name__ == "__main__":
    main()
