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
  - Returns what P(stackone.onboarding.entra_connector#role) tells M(stackone.onboarding.connector_info) about a connector. The
    credentials that the role was given are in it, so never print it.
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

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.stackone.onboarding.plugins.module_utils._argspec import TRANSPORT

# Options by the variables that they are told by, each of which begins with the role's name.
_VARIABLES = {
    "connector_key": "key",
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
    "goal": "_goal",
    "held_key_ids": "_held_key_ids",
}


class LookupModule(LookupBase):
    """The lookup."""

    def run(self, terms: list[Any], variables: Any = None, **kwargs: Any) -> list[dict[str, Any]]:
        self._known: Mapping[str, Any] = variables or {}
        # How requests are sent to StackOne has options of its own there.
        stackone = {
            f"stackone_{name}" if name in TRANSPORT else name: value
            for name, value in self._mapping("stackone").items()
        }
        preset = self._preset()
        # A variable that stands for omit drops out of a dictionary.
        told = self._templar.template(
            {option: self._raw(name) for option, name in _VARIABLES.items()}
        )
        return [{**self._mapping("entra"), **stackone, **preset, **told}]

    def _preset(self) -> dict[str, Any]:
        """One of the role's own needs no template; of a user's, the role's variable knows all."""
        key, builtin = self._value("key"), self._mapping("_builtin_presets")
        own = self._mapping("presets")
        preset = self._value("_preset") if own or key not in builtin else builtin[key]
        missing = [name for name in ("api", "auth_type") if name not in preset]
        if missing:
            raise AnsibleLookupError(
                f"The preset for {key} in entra_connector_presets has no {' and no '.join(missing)}."
            )
        return {name: preset[name] for name in ("api", "auth_type")}

    def _mapping(self, name: str) -> Mapping[str, Any]:
        """A null is an empty one."""
        value = self._value(name) or {}
        if not isinstance(value, Mapping):
            raise AnsibleLookupError(f"entra_connector_{name} must be a dictionary.")
        return value

    def _value(self, name: str) -> Any:
        return self._templar.template(self._raw(name))

    def _raw(self, name: str) -> Any:
        try:
            return self._known[f"entra_connector_{name}"]
        except KeyError as error:
            raise AnsibleLookupError(
                f"There is no variable entra_connector_{name}: "
                "stackone.onboarding.connector_options is for the role entra_connector."
            ) from error
