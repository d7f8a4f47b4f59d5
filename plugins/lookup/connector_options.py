# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role entra_connector tells connector_info, from the role's variables."""

from __future__ import annotations

DOCUMENTATION = r"""
name: connector_options
author: The stackone.onboarding contributors (@StackOneHQ)
version_added: 1.0.0
short_description: The options of connector_info that the variables of the role entra_connector stand for
description:
  - Returns what P(stackone.onboarding.entra_connector#role) tells M(stackone.onboarding.connector_info) about a connector.
  - A worker of Ansible's compiles every template anew, and of a fleet each connector is looked at, so the role asks for all
    options at once, and plain values cost nothing.
options:
  _terms:
    description: Not used.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
# Within the role, or a play that has its variables.
- name: Look at the connector of the role's variables
  stackone.onboarding.connector_info:
  module_defaults:
    stackone.onboarding.connector_info: "{{ lookup('stackone.onboarding.connector_options') }}"
  register: connector
"""

RETURN = r"""
_raw:
  description: One dictionary of options.
  type: list
  elements: dict
"""

import re
from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

# Options by the variables that they are told by, each of which begins with the role's name.
_VARIABLES = {
    "display_name": "app_name",
    "unique_name": "unique_name",
    "callback_url": "callback_url",
    "scopes": "scopes",
    "actions": "actions",
    "purge": "purge",
    "profile_name": "profile_name",
    "secret_name": "secret_description",
    "rotate_before_days": "rotate_before_days",
    "overlap_days": "overlap_days",
    "orphan_after": "orphan_after",
    "force": "rotate_force",
    "reapply": "reapply",
}

# How requests are sent to StackOne has options of its own there.
_SENDING = re.compile("ca_path|validate_certs|.*_timeout")


def _preset(key: str, of: Callable[[str], Any]) -> dict[str, Any]:
    presets = {**of("_builtin_presets"), **(of("presets") or {})}
    if key not in presets:
        raise AnsibleError(
            f"There is no preset for the connector key {key}. There are "
            f"{', '.join(sorted(presets))}. Add yours to entra_connector_presets."
        )
    preset: dict[str, Any] = presets[key]
    return preset


def _options(of: Callable[[str], Any]) -> dict[str, Any]:
    key = of("key")
    preset = _preset(key, of)
    stackone = {
        f"stackone_{name}" if _SENDING.fullmatch(name) else name: value
        for name, value in of("stackone").items()
    }
    return {
        **of("entra"),
        **stackone,
        "connector_key": key,
        "api": preset["api"],
        "auth_type": preset["auth_type"],
        "goal": of("_goal"),
        "held_key_ids": of("_held_key_ids"),
        **{option: of(variable) for option, variable in _VARIABLES.items()},
    }


class LookupModule(LookupBase):
    """The lookup."""

    def run(self, terms: list[Any], variables: Any = None, **kwargs: Any) -> list[dict[str, Any]]:
        def of(name: str) -> Any:
            return self._templar.template(variables[f"entra_connector_{name}"])

        return [_options(of)]
