#!/usr/bin/python
# -*- coding: utf-8 -*-
# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: stackone_connector_profile_info
short_description: List connector profiles in StackOne
version_added: 1.0.0
author:
  - The stackone.onboarding contributors (@StackOneHQ)
description:
  - Lists connector profiles by StackOne's documented endpoint. A read gives neither client id nor secret, scopes nor actions.
extends_documentation_fragment:
  - stackone.onboarding.stackone
  - stackone.onboarding.attributes
  - stackone.onboarding.attributes.async
  - stackone.onboarding.attributes.stackone_group
options:
  connector_key:
    description: Only the profiles of this connector.
    type: str
  name:
    description: Only the profiles of this name.
    type: str
  profile_id:
    description: Only the profile of this id.
    type: str
"""

EXAMPLES = r"""
- name: List the profiles for Azure DevOps
  stackone.onboarding.stackone_connector_profile_info:
    connector_key: azuredevops
  register: found
"""

RETURN = r"""
profiles:
  description: The profiles, each as M(stackone.onboarding.stackone_connector_profile) returns one. An empty list when none fits.
  returned: success
  type: list
  elements: dict
"""

from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils import _argspec, _profile
from ansible_collections.stackone.onboarding.plugins.module_utils._runner import (
    Definition,
    Run,
    run_module,
)


def run(run: Run) -> dict[str, Any]:
    options = run.options
    return {
        "profiles": [
            _profile.public(record)
            for record in run.stackone.profiles(options["connector_key"])
            if options["name"] in (None, record["name"])
            and options["profile_id"] in (None, record["id"])
        ]
    }


DEFINITION = Definition(
    run,
    _argspec.argument_spec(
        _argspec.STACKONE,
        connector_key={"type": "str", "no_log": False},
        name={"type": "str"},
        profile_id={"type": "str"},
    ),
)


def main() -> None:
    run_module(DEFINITION)


if __name__ == "__main__":
    main()
