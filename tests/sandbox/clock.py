# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sandbox's own clock: real time that can be moved forward, so that no test waits for a lag."""

from __future__ import annotations

import time
from datetime import datetime, timezone


class Clock:
    """Seconds since the epoch, plus what a test has moved it forward."""

    def __init__(self) -> None:
        self._moved = 0.0

    def now(self) -> float:
        return time.time() + self._moved

    def advance(self, seconds: float) -> None:
        self._moved += seconds

    def reset(self) -> None:
        self._moved = 0.0


def iso(seconds: float, timespec: str = "seconds") -> str:
    """A moment as Graph and StackOne write it: UTC with a Z."""
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return moment.isoformat(timespec=timespec).replace("+00:00", "Z")


def graph_precise(seconds: float) -> str:
    """A moment with seven decimals, as addPassword answers it."""
    return iso(seconds, "microseconds").replace("Z", "0Z")


def parse_iso(text: str) -> float:
    """Seconds since the epoch from ISO 8601 with any number of decimals and any offset."""
    head, dot, tail = text.partition(".")
    if dot:
        digits = len(tail) - len(tail.lstrip("0123456789"))
        head += "." + tail[:digits][:6].ljust(6, "0") + tail[digits:]
    return datetime.fromisoformat(head.replace("Z", "+00:00")).timestamp()
