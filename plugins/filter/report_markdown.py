# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report on connectors as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

DOCUMENTATION = r"""
name: report_markdown
short_description: Show a report on connectors as Markdown
version_added: 1.0.0
author:
  - The stackone.onboarding contributors (@StackOneHQ)
description:
  - What needs somebody, a table of the connectors, and their client secrets by what is due first. For a ticket, a chat or a wiki.
  - All names are escaped, for they come from other people.
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
- name: Show a report as Markdown
  ansible.builtin.debug:
    msg: "{{ lookup('ansible.builtin.file', 'report.json') | from_json | stackone.onboarding.report_markdown }}"
"""

RETURN = r"""
_value:
  description: Markdown with tables. Dates are relative to the C(generated_at) of the report.
  type: str
"""


def report_markdown(report: Mapping[str, Any]) -> str:
    # Ansible loads every filter of a collection to find one of them, in each worker.
    from ansible_collections.stackone.onboarding.plugins.plugin_utils import _markdown

    return _markdown.render(report)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"report_markdown": report_markdown}
