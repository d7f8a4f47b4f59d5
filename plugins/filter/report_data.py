# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report on connectors as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: report_data
short_description: Make a report on connectors, as data
version_added: 1.0.0
author:
  - The stackone.onboarding contributors (@StackOneHQ)
description:
  - Judges what was seen of each connector at a time, and puts what needs somebody first. Never holds a secret.
options:
  _input:
    description: What M(stackone.onboarding.connector_info) returned, by host. Null for a host that did not get there.
    type: dict
    required: true
  now:
    description: The time of the report, in ISO 8601. The present, if not given.
    type: str
  merge:
    description:
      - Earlier reports, such as those of the slices of a fleet. Of two looks at one host the later counts.
      - What they saw is judged anew at the time of this report.
    type: list
    elements: dict
    default: []
seealso:
  - plugin: stackone.onboarding.report_html
    plugin_type: filter
  - plugin: stackone.onboarding.report_markdown
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Make one report of three
  ansible.builtin.copy:
    dest: report.json
    content: "{{ {} | stackone.onboarding.report_data(merge=slices) | to_nice_json }}"
    mode: "0640"
  vars:
    slices: "{{ query('ansible.builtin.file', 'slice1.json', 'slice2.json', 'slice3.json') | map('from_json') }}"
  delegate_to: localhost
"""

RETURN = r"""
_value:
  description:
    - A dictionary with C(format) (1), C(generated_at), C(counts) and C(connectors).
    - C(counts) has C(connectors), and how many of them are C(broken), C(drifted), C(due) and C(ok).
    - A connector has its C(host), C(looked_at), C(error), C(state), C(parts) (the state of C(app), C(consent), C(secret) and
      C(profile)), C(due_at), C(warnings), C(drift), and what was seen of it.
  type: dict
"""


def report_data(
    looks: Mapping[str, Any],
    *,
    now: str | None = None,
    merge: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    # Ansible loads every filter of a collection to find one of them, in each worker.
    from ansible_collections.stackone.onboarding.plugins.module_utils._clock import parse_time
    from ansible_collections.stackone.onboarding.plugins.plugin_utils import _report

    at = parse_time(now) if now else datetime.now(timezone.utc)
    try:
        return _report.report(looks, at, merge)
    except ValueError as error:
        raise AnsibleFilterError(f"report_data: {error}") from error


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"report_data": report_data}
