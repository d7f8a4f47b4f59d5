# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as Markdown, for tickets and chats."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils._clock import parse_time
from ansible_collections.stackone.onboarding.plugins.plugin_utils import _dates, _report

# What Markdown, or HTML within it, would take for its own.
_SPECIAL = re.compile(r"([\\`*_\[\]<>|#&~$!])")


def render(report: Mapping[str, Any]) -> str:
    now = parse_time(report["generated_at"])
    rows = report["connectors"]
    return "\n".join(
        [
            "# Connectors",
            "",
            f"{_dates.minute(report['generated_at'])}: {_counted(report['counts'])}.",
            *_warnings(rows, now),
            *_table(rows),
            *_secrets(rows, now),
            "",
        ]
    )


def _counted(counts: Mapping[str, int]) -> str:
    number = counts["connectors"]
    states = ", ".join(f"{counts[state]} {state}" for state in _report.STATES)
    return f"{number} connector{'' if number == 1 else 's'}, {states}"


def _warnings(rows: Iterable[Mapping[str, Any]], now: datetime) -> list[str]:
    lines = [
        f"- **{_text(row['host'])}** ({item['level']}): {_text(item['text'])}{_when(item, now)}"
        for row in rows
        for item in row["warnings"]
    ]
    return ["", "## Needs attention", "", *lines] if lines else []


def _when(warning: Mapping[str, Any], now: datetime) -> str:
    if not warning["at"]:
        return ""
    return f" {_dates.relative(warning['at'], now)}, {_dates.day(warning['at'])}"


def _table(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    lines = [
        _line(
            row["host"],
            row["state"],
            *(row["parts"][name] for name in _report.PARTS),
            str(len(row["drift"])) if row["error"] is None else "unknown",
        )
        for row in rows
    ]
    if not lines:
        return []
    heads = ("Connector", "State", "Application", "Consent", "Secret", "Profile", "Drift")
    return ["", "## All connectors", "", _line(*heads), _line(*["---"] * len(heads)), *lines]


def _secrets(rows: Iterable[Mapping[str, Any]], now: datetime) -> list[str]:
    found = [
        (row["due_at"] if item["kind"] == "current" else item["end"], row["host"], item)
        for row in rows
        for item in row["secrets"]
    ]
    lines = [
        _line(
            host,
            "expired" if parse_time(item["end"]) <= now else item["kind"],
            _dates.day(item["start"]),
            _dates.day(item["end"]),
            _due(due, now) if item["kind"] == "current" else "",
        )
        for due, host, item in sorted(found, key=lambda found: found[:2])
    ]
    if not lines:
        return []
    heads = ("Connector", "Secret", "From", "Until", "Rotation due")
    return ["", "## Client secrets", "", _line(*heads), _line(*["---"] * len(heads)), *lines]


def _due(at: str, now: datetime) -> str:
    return f"{_dates.day(at)}, {_dates.relative(at, now)}"


def _line(*cells: str) -> str:
    return f"| {' | '.join(cell if cell == '---' else _text(cell) for cell in cells)} |"


def _text(value: Any) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(str(value).split()))
