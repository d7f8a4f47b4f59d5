# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs stackone.onboarding.entra_token inside Ansible's worker."""

from __future__ import annotations

from ansible_collections.stackone.onboarding.plugins.modules import entra_token
from ansible_collections.stackone.onboarding.plugins.plugin_utils._twin import Twin


class ActionModule(Twin):
    module = entra_token

    def _prepare_arguments(self) -> None:
        # Defaults for the whole group may hold a token; the module that returns one takes none.
        self._task.args.pop("access_token", None)
