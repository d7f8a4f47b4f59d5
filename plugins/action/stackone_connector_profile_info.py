# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs stackone.onboarding.stackone_connector_profile_info inside Ansible's worker."""

from __future__ import annotations

from ansible_collections.stackone.onboarding.plugins.modules import stackone_connector_profile_info
from ansible_collections.stackone.onboarding.plugins.plugin_utils._twin import Twin


class ActionModule(Twin):
    module = stackone_connector_profile_info
