#!/usr/bin/python
# -*- coding: utf-8 -*-
# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: entra_app
short_description: Manage an app registration in Microsoft Entra ID
version_added: 1.0.0
author:
  - The stackone.onboarding contributors (@StackOneHQ)
description:
  - Creates, changes, restores and deletes an application (app registration) with its redirect URIs, the API permissions
    that it asks for, its service principal and its owners.
  - The application is looked for by O(object_id) or O(client_id), then by O(unique_name), then by O(display_name).
    A display name that fits several is an error that lists them.
  - With O(unique_name) it is made by Microsoft Graph's upsert, so that two runs at the same time make one application.
    A soft-deleted application of that unique name is restored.
  - Least privilege of the identity that signs in is C(Application.ReadWrite.OwnedBy). C(Application.ReadWrite.All) is
    needed for applications of others, and once to create the service principal of an API that the tenant does not have.
extends_documentation_fragment:
  - stackone.onboarding.entra
  - stackone.onboarding.attributes
  - stackone.onboarding.attributes.async
  - stackone.onboarding.attributes.entra_group
options:
  state:
    description:
      - Whether the application should exist.
      - V(absent) soft-deletes it. Entra keeps it, and its unique name, for 30 days.
        The application is found by the first of the names given, never by a second one.
    type: str
    default: present
    choices: [present, absent]
  display_name:
    description: Name that people see. Needed to make an application.
    type: str
  unique_name:
    description:
      - Name that is unique in the tenant, and cannot be changed once it is set.
      - An application that is found by its display name and has none is given this one.
    type: str
  client_id:
    description: Client id (C(appId)) of an existing application.
    type: str
  object_id:
    description: Object id of an existing application.
    type: str
  sign_in_audience:
    description: Who can sign in, in Microsoft Graph's terms.
    type: str
    default: AzureADMultipleOrgs
    choices: [AzureADMyOrg, AzureADMultipleOrgs, AzureADandPersonalMicrosoftAccount, PersonalMicrosoftAccount]
  web_redirect_uris:
    description:
      - Redirect URIs of the platform Web, added to those that are there.
      - If not given, the redirect URIs are left as they are.
    type: list
    elements: str
  purge_redirect_uris:
    description: Whether other redirect URIs than O(web_redirect_uris) are removed.
    type: bool
    default: false
  api_permissions:
    description:
      - Permissions that the application asks for, by name, added to those that are there. Asking is not consent,
        see M(stackone.onboarding.entra_admin_consent).
      - An API that the tenant has no service principal of gets one, since names are looked up in it.
      - If not given, the permissions are left as they are.
    type: list
    elements: dict
    suboptions:
      api:
        description: The API, by its C(appId), or by the display name of its service principal such as V(Azure DevOps).
        type: str
        required: true
      delegated:
        description: Names of delegated permissions (scopes).
        type: list
        elements: str
        default: []
      application:
        description: Names of application permissions (app roles).
        type: list
        elements: str
        default: []
  purge_api_permissions:
    description: Whether other permissions than O(api_permissions) are removed, those of other APIs too.
    type: bool
    default: false
  service_principal:
    description: Whether the application gets a service principal in the tenant, where it has none.
    type: bool
    default: true
  owners:
    description: Object ids or user principal names of owners, added to those that are there.
    type: list
    elements: str
    default: []
  tags:
    description:
      - Tags, added to those that are there.
      - The ledger of M(stackone.onboarding.entra_app_secret) lies in tags as well. It is neither shown nor removed.
    type: list
    elements: str
    default: []
  notes:
    description: Notes for those who manage the application.
    type: str
  service_management_reference:
    description: Reference to an entry of a service or asset register, which some tenants require.
    type: str
  restore_deleted:
    description: Whether a soft-deleted application of that O(unique_name) is restored. If not, finding one is an error.
    type: bool
    default: true
  purge:
    description: With O(state=absent), whether the application is deleted for good, which frees its unique name.
    type: bool
    default: false
seealso:
  - name: Upsert application
    description: How Microsoft Graph makes an application by its unique name.
    link: https://learn.microsoft.com/graph/api/application-upsert
"""

EXAMPLES = r"""
- name: Register the multitenant application that StackOne signs users in with
  stackone.onboarding.entra_app:
    display_name: StackOne Azure DevOps Integration
    unique_name: stackone-azuredevops
    web_redirect_uris:
      - https://api.stackone.com/connect/oauth2/azuredevops/callback
    api_permissions:
      - api: Azure DevOps
        delegated: [vso.project, vso.work_write]
  register: registration

- name: Take over an application that was made by hand, and leave only these redirect URIs
  stackone.onboarding.entra_app:
    client_id: "{{ registration.app.client_id }}"
    web_redirect_uris:
      - https://api.stackone.com/connect/oauth2/azuredevops/callback
    purge_redirect_uris: true

- name: Delete it for good
  stackone.onboarding.entra_app:
    unique_name: stackone-azuredevops
    state: absent
    purge: true
"""

RETURN = r"""
app:
  description: The application, null when it is absent. In check mode the ids of one that would be made are null.
  returned: success
  type: dict
  contains:
    object_id:
      description: Object id.
      type: str
    client_id:
      description: Client id (C(appId)).
      type: str
    display_name:
      description: Name that people see.
      type: str
    unique_name:
      description: Unique name, null when it has none.
      type: str
    sign_in_audience:
      description: Who can sign in.
      type: str
    web_redirect_uris:
      description: Redirect URIs of the platform Web.
      type: list
      elements: str
    api_permissions:
      description: What the application asks for, with the keys C(api), C(app_id), C(delegated) and C(application).
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
  description: The application's presence in the tenant.
  returned: success
  type: dict
  contains:
    object_id:
      description: Object id, null when there is none.
      type: str
"""

from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils import _argspec, _permissions
from ansible_collections.stackone.onboarding.plugins.module_utils._application import Desired
from ansible_collections.stackone.onboarding.plugins.module_utils._runner import (
    Definition,
    Run,
    run_module,
)


def run(run: Run) -> dict[str, Any]:
    options = run.options
    if options["state"] == "absent":
        return run.application.absent(run.target, purge=options["purge"])
    asked = options["api_permissions"]
    desired = Desired(
        display_name=options["display_name"],
        unique_name=options["unique_name"],
        sign_in_audience=options["sign_in_audience"],
        web_redirect_uris=options["web_redirect_uris"],
        purge_redirect_uris=options["purge_redirect_uris"],
        api_permissions=None if asked is None else _permissions.wanted(run.graph, asked),
        purge_api_permissions=options["purge_api_permissions"],
        tags=options["tags"],
        notes=options["notes"],
        service_management_reference=options["service_management_reference"],
    )
    found = run.application.read(run.target, desired, restore_deleted=options["restore_deleted"])
    return run.application.present(
        found,
        desired,
        service_principal=options["service_principal"],
        owners=options["owners"],
    )


DEFINITION = Definition(
    run,
    _argspec.argument_spec(
        _argspec.ENTRA,
        state={"type": "str", "default": "present", "choices": ["present", "absent"]},
        display_name={"type": "str"},
        unique_name={"type": "str"},
        client_id={"type": "str"},
        object_id={"type": "str"},
        sign_in_audience={
            "type": "str",
            "default": "AzureADMultipleOrgs",
            "choices": [
                "AzureADMyOrg",
                "AzureADMultipleOrgs",
                "AzureADandPersonalMicrosoftAccount",
                "PersonalMicrosoftAccount",
            ],
        },
        web_redirect_uris={"type": "list", "elements": "str"},
        purge_redirect_uris={"type": "bool", "default": False},
        api_permissions=_argspec.api_permissions(),
        purge_api_permissions={"type": "bool", "default": False},
        service_principal={"type": "bool", "default": True},
        owners={"type": "list", "elements": "str", "default": []},
        tags={"type": "list", "elements": "str", "default": []},
        notes={"type": "str"},
        service_management_reference={"type": "str"},
        restore_deleted={"type": "bool", "default": True},
        purge={"type": "bool", "default": False},
    ),
    {"required_one_of": [["object_id", "client_id", "unique_name", "display_name"]]},
)


def main() -> None:
    run_module(DEFINITION)


if __name__ == "__main__":
    main()
