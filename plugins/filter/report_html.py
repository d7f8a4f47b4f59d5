# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report on connectors as a page for a browser."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

DOCUMENTATION = r"""
name: report_html
short_description: Show a report on connectors as one self-contained page
version_added: 1.0.0
author:
  - The stackone.onboarding contributors (@StackOneHQ)
description:
  - The page has what needs somebody, a table that can be sorted and filtered, and a timeline of the client secrets.
  - It loads nothing, and its policy lets the browser run no script but its own. All names are escaped, for they come from other
    people.
options:
  _input:
    description: What P(stackone.onboarding.report_data#filter) gives.
    type: dict
    required: true
seealso:
  - plugin: stackone.onboarding.report_data
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show a report as a page
  ansible.builtin.copy:
    dest: report.html
    content: "{{ lookup('ansible.builtin.file', 'report.json') | from_json | stackone.onboarding.report_html }}"
    mode: "0640"
  delegate_to: localhost
"""

RETURN = r"""
_value:
  description: HTML. Dates are relative to the C(generated_at) of the report.
  type: str
"""


def report_html(report: Mapping[str, Any]) -> str:
    # Ansible loads every filter of a collection to find one of them, in each worker.
    from ansible_collections.stackone.onboarding.plugins.plugin_utils import _page

    return _page.render(report)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"report_html": report_html}
