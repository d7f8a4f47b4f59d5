#!/usr/bin/python
# -*- coding: utf-8 -*-
# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: stackone_connect_session
short_description: Make a link by which a customer connects an account in StackOne
version_added: 1.0.0
author:
  - The stackone.onboarding contributors (@StackOneHQ)
description:
  - Makes a connect session by StackOne's documented endpoint. Whoever has its token or its link can connect an account in the
    customer's name while it is valid, so both are treated as secrets.
  - Every run makes a new session and reports a change.
extends_documentation_fragment:
  - stackone.onboarding.stackone
  - stackone.onboarding.attributes
  - stackone.onboarding.attributes.secret
  - stackone.onboarding.attributes.stackone_group
options:
  origin_owner_id:
    description: Your id of the customer.
    type: str
    required: true
  origin_owner_name:
    description: Name of the customer.
    type: str
    required: true
  profile_id:
    description: Id of the connector profile to connect to. If not given, the customer chooses.
    type: str
  expires_in:
    description: Seconds that the session is valid.
    type: int
    default: 1800
  label:
    description: Label of the account.
    type: str
  dest:
    description: File, on the host where the task runs, that the link is written to. Only its owner can read it.
    type: path
"""

EXAMPLES = r"""
- name: Make a link for a customer, valid for a day, in a file that only you can read
  stackone.onboarding.stackone_connect_session:
    origin_owner_id: customer-42
    origin_owner_name: Contoso
    profile_id: "{{ connection.profile.id }}"
    expires_in: 86400
    dest: "{{ playbook_dir }}/contoso.link"
"""

RETURN = r"""
session:
  description: The session, with C(id) and C(expires_in). In check mode its id is null.
  returned: success
  type: dict
auth_link_url:
  description: The link. The result is censored in all output, the registered value stays usable.
  returned: when not in check mode
  type: str
token:
  description: The session's token, for an embedded hub. Censored likewise.
  returned: when not in check mode
  type: str
"""

from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils import _argspec, _private_file
from ansible_collections.stackone.onboarding.plugins.module_utils._runner import (
    Definition,
    Run,
    run_module,
)


def run(run: Run) -> dict[str, Any]:
    options = run.options
    if options["dest"]:
        # A session whose link has nowhere to go would be lost.
        _private_file.check(options["dest"])
    body = {
        "origin_owner_id": options["origin_owner_id"],
        "origin_owner_name": options["origin_owner_name"],
        "integration_id": options["profile_id"],
        "expires_in": options["expires_in"],
        "label": options["label"],
    }
    shown = {"origin_owner_id": options["origin_owner_id"], "expires_in": options["expires_in"]}
    made = run.reconciler.settle(
        "connect session",
        None,
        shown,
        lambda: run.stackone.connect_session(
            {name: value for name, value in body.items() if value is not None}
        ),
    )
    session = {"id": made["id"] if made else None, "expires_in": options["expires_in"]}
    if made is None:
        return {"session": session}
    run.redactor.learn(made["token"])
    run.redactor.learn(made["auth_link_url"])
    if options["dest"]:
        _private_file.write(options["dest"], made["auth_link_url"] + "\n")
    return {"session": session, "auth_link_url": made["auth_link_url"], "token": made["token"]}


DEFINITION = Definition(
    run,
    _argspec.argument_spec(
        _argspec.STACKONE,
        origin_owner_id={"type": "str", "required": True},
        origin_owner_name={"type": "str", "required": True},
        profile_id={"type": "str"},
        expires_in={"type": "int", "default": 1800},
        label={"type": "str"},
        dest={"type": "path"},
    ),
    secret_results=("auth_link_url", "token"),
)


def main() -> None:
    run_module(DEFINITION)


if __name__ == "__main__":
    main()
