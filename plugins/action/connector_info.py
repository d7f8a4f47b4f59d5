# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs stackone.onboarding.connector_info inside Ansible's worker."""

from __future__ import annotations

from ansible_collections.stackone.onboarding.plugins.module_utils._argspec import TRANSPORT
from ansible_collections.stackone.onboarding.plugins.modules import connector_info
from ansible_collections.stackone.onboarding.plugins.plugin_utils._twin import Twin


class ActionModule(Twin):
    module = connector_info

    def _prepare_arguments(self) -> None:
        """Defaults of two groups apply to this module, and both may say how requests are sent.

        Ansible lays one over the other. So those of the group for StackOne are moved to options
        of their own here, and those of the group for Entra put back.
        """
        arguments = self._task.args
        entra = self._group_defaults("entra")
        for name, value in self._group_defaults("stackone").items():
            if name in TRANSPORT:
                arguments.setdefault(f"stackone_{name}", value)
                if arguments.get(name) == value:
                    arguments.pop(name)
        for name in TRANSPORT:
            if name in entra:
                arguments.setdefault(name, entra[name])

    def _group_defaults(self, group: str) -> dict[str, object]:
        merged: dict[str, object] = {}
        for layer in self._task.module_defaults or ():
            merged.update(
                self._templar.template(layer.get(f"group/stackone.onboarding.{group}")) or {}
            )
        return merged
