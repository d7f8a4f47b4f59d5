#!/usr/bin/python
# -*- coding: utf-8 -*-
# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: entra_admin_consent
short_description: Grant or revoke tenant-wide admin consent for an app registration
version_added: 1.0.0
author:
  - The stackone.onboarding contributors (@StackOneHQ)
description:
  - Does what C(Grant admin consent) does in the portal, as an application and without a browser. The service principals of
    the application and of the APIs exist afterwards, each API has one grant for all users with the scopes united, and
    application roles are assigned.
  - Scopes that were granted before stay, unless O(purge) is set. Consent that single users gave for themselves is not touched.
  - Least privilege of the identity that signs in is C(DelegatedPermissionGrant.ReadWrite.All) for delegated permissions,
    C(AppRoleAssignment.ReadWrite.All) for application roles, and C(Application.Read.All) to read.
extends_documentation_fragment:
  - stackone.onboarding.entra
  - stackone.onboarding.attributes
  - stackone.onboarding.attributes.async
  - stackone.onboarding.attributes.entra_group
options:
  state:
    description:
      - Whether the permissions are granted.
      - V(absent) revokes the named permissions, or all of the application's when none is named.
    type: str
    default: present
    choices: [present, absent]
  client_id:
    description: Client id of the application. Needed, except in check mode.
    type: str
  api_permissions:
    description: Permissions to grant, by name. If not given, what the application itself asks for.
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
  purge:
    description: Whether consent beyond these permissions is revoked, that to other APIs too.
    type: bool
    default: false
seealso:
  - name: Delegated permission grants
    description: What admin consent is in Microsoft Graph.
    link: https://learn.microsoft.com/graph/api/resources/oauth2permissiongrant
"""

EXAMPLES = r"""
- name: Consent to what the application asks for
  stackone.onboarding.entra_admin_consent:
    client_id: "{{ registration.app.client_id }}"

- name: Consent to exactly these scopes
  stackone.onboarding.entra_admin_consent:
    client_id: "{{ registration.app.client_id }}"
    api_permissions:
      - api: Azure DevOps
        delegated: [vso.project, vso.work_write]
    purge: true
  register: consent

- name: Revoke all consent
  stackone.onboarding.entra_admin_consent:
    client_id: "{{ registration.app.client_id }}"
    state: absent
"""

RETURN = r"""
grants:
  description: Delegated permissions that are granted for all users, of the APIs that were named.
  returned: success
  type: list
  elements: dict
  contains:
    api:
      description: Display name of the API.
      type: str
    app_id:
      description: C(appId) of the API.
      type: str
    scopes:
      description: Names of the scopes.
      type: list
      elements: str
    grant_id:
      description: Id of the grant, null when it is not made yet.
      type: str
app_roles:
  description: Application roles that are assigned, of the APIs that were named.
  returned: success
  type: list
  elements: dict
  contains:
    api:
      description: Display name of the API.
      type: str
    app_id:
      description: C(appId) of the API.
      type: str
    roles:
      description: Names of the roles.
      type: list
      elements: str
admin_consent_url:
  description: Where the administrator of a customer's tenant consents for that tenant. Null while the client id is not known.
  returned: success
  type: str
"""

from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils import _argspec, _permissions
from ansible_collections.stackone.onboarding.plugins.module_utils._consent_state import (
    Granted,
    admin_consent_url,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._errors import NotFoundError
from ansible_collections.stackone.onboarding.plugins.module_utils._permissions import Permissions
from ansible_collections.stackone.onboarding.plugins.module_utils._runner import (
    Definition,
    Run,
    run_module,
)


def run(run: Run) -> dict[str, Any]:
    options = run.options
    client_id = options["client_id"] or ""
    run.reconciler.needs("client_id", client_id)
    asked = options["api_permissions"]
    named = None if asked is None else _permissions.wanted(run.graph, asked)
    if options["state"] == "absent":
        result = _revoke(run, client_id, named)
    else:
        wanted = run.consent.asked_by_app(client_id) if named is None else named
        granted = run.consent.read(client_id, wanted, everything=options["purge"])
        result = run.consent.present(client_id, granted, wanted, purge=options["purge"])
    return {**result, "admin_consent_url": admin_consent_url(run.identity.authority_url, client_id)}


def _revoke(run: Run, client_id: str, named: Permissions | None) -> dict[str, Any]:
    try:
        granted = run.consent.read(client_id, named or {}, everything=True)
    except NotFoundError:
        granted = Granted(None, {})  # its consent went with it
    return run.consent.absent(granted, named)


DEFINITION = Definition(
    run,
    _argspec.argument_spec(
        _argspec.ENTRA,
        state={"type": "str", "default": "present", "choices": ["present", "absent"]},
        client_id={"type": "str"},
        api_permissions=_argspec.api_permissions(),
        purge={"type": "bool", "default": False},
    ),
)


def main() -> None:
    run_module(DEFINITION)


if __name__ == "__main__":
    main()
