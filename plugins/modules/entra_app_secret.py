#!/usr/bin/python
# -*- coding: utf-8 -*-
# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: entra_app_secret
short_description: Manage client secrets of an app registration
version_added: 1.0.0
author:
  - The stackone.onboarding contributors (@StackOneHQ)
description:
  - Makes a client secret where none serves, says which one serves, confirms that a recipient holds it, and removes what
    has been replaced.
  - Microsoft Entra ID shows a secret once. So the application keeps a ledger, in its tags, of which secret was handed to
    whom. A secret that is not in the ledger is unconfirmed, and does not count.
  - The display name of a secret that is made here ends in a mark of eight characters, by which the run that made it
    recognises its own. O(display_name) is meant without the mark.
  - Only secrets of one display name are compared with each other. Secrets that were not made here are never removed,
    unless O(state=absent) names them.
  - Least privilege of the identity that signs in is C(Application.ReadWrite.OwnedBy), for an application that it owns.
extends_documentation_fragment:
  - stackone.onboarding.entra
  - stackone.onboarding.attributes
  - stackone.onboarding.attributes.secret
  - stackone.onboarding.attributes.entra_group
options:
  state:
    description:
      - V(present) wants a confirmed, live secret of that O(display_name) with more than O(rotate_before_days) left.
        Otherwise a new one is made and returned.
      - V(confirmed) writes into the ledger that O(recipient) holds the secret O(key_id), then removes superseded secrets
        after O(overlap_days), and unconfirmed ones older than O(orphan_after).
      - V(absent) removes the secret O(key_id), or those of O(display_name), and only these.
    type: str
    default: present
    choices: [present, confirmed, absent]
  client_id:
    description: Client id of the application. One of O(client_id) and O(object_id) is needed, except in check mode.
    type: str
  object_id:
    description: Object id of the application.
    type: str
  display_name:
    description:
      - Description of the secret. Needed for O(state=present).
      - With O(state=confirmed), it lets a check run whose O(key_id) is not known yet say what would be removed.
    type: str
  key_id:
    description: Key id of a secret. Needed for O(state=confirmed).
    type: str
  lifetime_days:
    description: Days that a new secret lives.
    type: int
    default: 180
  end_date_time:
    description: When a new secret ends, in ISO 8601, instead of O(lifetime_days).
    type: str
  rotate_before_days:
    description: A secret that has no more days than this left is replaced.
    type: int
    default: 30
  overlap_days:
    description: Days that a superseded secret lives on, since what was replaced may still be in use.
    type: int
    default: 7
  orphan_after:
    description:
      - Seconds after which an unconfirmed secret is taken for a left-over of a run that died, and removed.
      - A younger one may belong to a run in progress.
    type: int
    default: 900
  confirm:
    description:
      - With V(auto), O(state=present) confirms a new secret at once.
      - With V(manual), it stays unconfirmed until a task with O(state=confirmed) has seen it delivered.
    type: str
    default: auto
    choices: [auto, manual]
  recipient:
    description: Who holds the secret, such as the id of a connector profile. With O(state=present), only a secret that was
      confirmed for this recipient serves.
    type: str
    default: ""
  recipient_updated_at:
    description: The recipient's own time of its last change, just after it got the secret. Kept in the ledger, to notice
      later changes.
    type: str
    default: ""
  handed_over:
    description: What was handed over beside the secret and the client id. The ledger keeps a digest of it, to notice later
      that something else should be handed over.
    type: dict
    suboptions:
      scopes:
        description: The scopes.
        type: list
        elements: str
        default: []
      actions:
        description: The actions.
        type: list
        elements: str
        default: []
  held_key_ids:
    description: Key ids of unconfirmed secrets that are still held somewhere to be delivered, and so are not removed.
    type: list
    elements: str
    default: []
  force:
    description: Whether a new secret is made although one serves.
    type: bool
    default: false
  verify:
    description: Whether a new secret must prove itself by real sign-ins before it is returned. One that does not is revoked.
    type: bool
    default: true
seealso:
  - name: Add a password
    description: How Microsoft Graph makes a client secret.
    link: https://learn.microsoft.com/graph/api/application-addpassword
"""

EXAMPLES = r"""
- name: Have a client secret that lives for more than 30 days
  stackone.onboarding.entra_app_secret:
    client_id: "{{ registration.app.client_id }}"
    display_name: reporting job
  register: secret

- name: Make a secret that counts only once its recipient holds it
  stackone.onboarding.entra_app_secret:
    client_id: "{{ registration.app.client_id }}"
    display_name: StackOne connector profile
    confirm: manual
  register: made

- name: Hand it over
  stackone.onboarding.stackone_connector_profile:
    name: Azure DevOps
    client_id: "{{ registration.app.client_id }}"
    client_secret: "{{ made.secret_text }}"
    scopes: [vso.project, vso.work_write]
  register: connection
  when: made.secret_text is defined

- name: Confirm that the connector profile holds it
  stackone.onboarding.entra_app_secret:
    client_id: "{{ registration.app.client_id }}"
    state: confirmed
    key_id: "{{ made.secret.key_id }}"
    recipient: "{{ connection.profile.id }}"
    recipient_updated_at: "{{ connection.profile.updated_at }}"
  when: made.secret_text is defined

- name: Remove one secret
  stackone.onboarding.entra_app_secret:
    client_id: "{{ registration.app.client_id }}"
    state: absent
    key_id: "{{ secret.secret.key_id }}"
"""

RETURN = r"""
secret:
  description: The secret that serves, without its text. Null after O(state=absent).
  returned: success
  type: dict
  contains:
    key_id:
      description: Key id.
      type: str
    display_name:
      description: Description, without the mark.
      type: str
    hint:
      description: First three characters, as Entra shows them.
      type: str
    start_date_time:
      description: When it became valid.
      type: str
    end_date_time:
      description: When it expires.
      type: str
    confirmed:
      description: Whether the ledger says that its recipient holds it.
      type: bool
    recipient:
      description: Who holds it.
      type: str
secret_text:
  description: The secret itself. The result is censored in all output, the registered value stays usable.
  returned: in the run that made it
  type: str
removed:
  description: Key ids of the secrets that were removed.
  returned: success
  type: list
  elements: str
"""

from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils._argspec import (
    ENTRA,
    argument_spec,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._runner import (
    Definition,
    Run,
    run_module,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._secret_state import (
    entry_from,
    policy_from,
    wish_from,
)


def run(run: Run) -> dict[str, Any]:
    options = run.options
    state = options["state"]
    record = run.application_named_by_id(may_be_gone=state == "absent")
    policy = policy_from(options)
    key_id, name = options["key_id"] or "", options["display_name"] or ""
    if state == "present":
        return run.secret.present(
            record,
            wish_from(options, run.graph.now()),
            policy,
            confirm=options["confirm"] == "auto",
            recipient=options["recipient"],
        )
    if state == "absent":
        run.reconciler.needs("key_id", key_id or name, "It or display_name says which are meant.")
        return run.secret.absent(record, key_id, name)
    entry = entry_from(options, record["appId"] if record else "")
    held = options["held_key_ids"]
    if record is None or not key_id:
        return run.secret.confirm_unknown(record, name, entry, policy, held)
    return run.secret.confirm(record, entry, policy, held)


DEFINITION = Definition(
    run,
    argument_spec(
        ENTRA,
        state={
            "type": "str",
            "default": "present",
            "choices": ["present", "confirmed", "absent"],
        },
        client_id={"type": "str"},
        object_id={"type": "str"},
        display_name={"type": "str"},
        key_id={"type": "str", "no_log": False},
        lifetime_days={"type": "int", "default": 180},
        end_date_time={"type": "str"},
        rotate_before_days={"type": "int", "default": 30},
        overlap_days={"type": "int", "default": 7},
        orphan_after={"type": "int", "default": 900},
        confirm={"type": "str", "default": "auto", "choices": ["auto", "manual"]},
        recipient={"type": "str", "default": ""},
        recipient_updated_at={"type": "str", "default": ""},
        handed_over={
            "type": "dict",
            "options": {
                "scopes": {"type": "list", "elements": "str", "default": []},
                "actions": {"type": "list", "elements": "str", "default": []},
            },
        },
        held_key_ids={"type": "list", "elements": "str", "default": [], "no_log": False},
        force={"type": "bool", "default": False},
        verify={"type": "bool", "default": True},
    ),
    {
        "required_if": [
            ["state", "present", ["display_name"]],
            ["state", "confirmed", ["key_id"]],
            ["state", "absent", ["key_id", "display_name"], True],
        ]
    },
    secret_results=("secret_text",),
)


def main() -> None:
    run_module(DEFINITION)


if __name__ == "__main__":
    main()
