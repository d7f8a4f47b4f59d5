# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The geometry of a report's timeline: where each secret's bar lies, in per cent of the width."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils._clock import parse_time
from ansible_collections.stackone.onboarding.plugins.plugin_utils._dates import MONTHS

# What lies further away is cut off, so that one secret of ten years does not flatten the others.
_PAST = timedelta(days=370)
_FUTURE = timedelta(days=740)
_MARGIN = timedelta(days=21)

_MOST_TICKS = 9


@dataclass(frozen=True)
class Bar:
    """One secret. From ``due_x`` to its end it is to be rotated; None where that does not apply."""

    kind: str
    x: float
    width: float
    due_x: float | None
    secret: dict[str, Any]

    @property
    def due_width(self) -> float:
        return round(self.x + self.width - (self.due_x or 0.0), 2)


@dataclass(frozen=True)
class Tick:
    """The start of a month; every second one gives way on a narrow screen."""

    x: float
    label: str
    minor: bool


@dataclass(frozen=True)
class Lane:
    """One connector with its secrets, the one that is in use first."""

    row: dict[str, Any]
    bars: Sequence[Bar]


class Timeline:
    """Lanes sorted by what is due first; a connector that was not seen has none."""

    def __init__(self, rows: Iterable[dict[str, Any]], now: datetime) -> None:
        seen = [row for row in rows if row["error"] is None]
        secrets = [item for row in seen for item in row["secrets"]]
        starts = [parse_time(item["start"]) for item in secrets]
        ends = [parse_time(item["end"]) for item in secrets]
        self._start = max(now - _PAST, min([now - _MARGIN, *starts]) - _MARGIN)
        self._end = min(now + _FUTURE, max([now + _MARGIN, *ends]) + _MARGIN)
        self._now = now
        self.now = self._x(now)
        self.ticks = self._ticks()
        self.lanes = [self._lane(row) for row in sorted(seen, key=_due_first)]
        self.unseen = [row for row in rows if row["error"] is not None]

    def _x(self, when: datetime) -> float:
        """Cut at both ends."""
        part = (when - self._start) / (self._end - self._start)
        return round(100 * min(1.0, max(0.0, part)), 2)

    def _lane(self, row: dict[str, Any]) -> Lane:
        order = ("current", "superseded", "unconfirmed")
        secrets = sorted(row["secrets"], key=lambda item: (order.index(item["kind"]), item["end"]))
        return Lane(row, [self._bar(item, row) for item in secrets])

    def _bar(self, secret: dict[str, Any], row: dict[str, Any]) -> Bar:
        start, end = parse_time(secret["start"]), parse_time(secret["end"])
        kind = "expired" if end <= self._now else secret["kind"]
        x, end_x = self._x(start), self._x(end)
        due_x = None
        if kind == "current":
            due_x = min(max(x, self._x(parse_time(row["due_at"]))), end_x)
        return Bar(kind, x, round(end_x - x, 2), due_x, secret)

    def _ticks(self) -> list[Tick]:
        months = list(self._months())
        step = next(
            size for size in (1, 2, 3, 6, 12, 24) if len(months) / size <= _MOST_TICKS or size == 24
        )
        chosen = [month for month in months if (month.month - 1) % min(step, 12) == 0]
        return [
            Tick(self._x(month), _label(month, index == 0), bool(index % 2))
            for index, month in enumerate(chosen)
        ]

    def _months(self) -> Iterable[datetime]:
        year, month = self._start.year, self._start.month
        while True:
            month += 1
            year, month = (year + 1, 1) if month > 12 else (year, month)
            when = datetime(year, month, 1, tzinfo=timezone.utc)
            if when >= self._end:
                return
            yield when


def _label(month: datetime, first: bool) -> str:
    """The year stands where it begins to be another."""
    name = MONTHS[month.month - 1]
    return f"{name} {month.year}" if first or month.month == 1 else name


def _due_first(row: dict[str, Any]) -> tuple[str, str]:
    return row["due_at"] or "", row["host"]
