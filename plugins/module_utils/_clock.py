# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time, from one place, and the budget of it that one module run may spend on waiting."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timezone


class Clock:
    """The only source of time below the runner."""

    def now(self) -> datetime:
        """Wall time, in UTC."""
        return datetime.now(timezone.utc)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class Deadline:
    """``wait_timeout``: seconds in all for retries and for the directory to catch up.

    ``tell`` is told of every pause: what is waited for, and the seconds.
    """

    def __init__(
        self,
        clock: Clock,
        seconds: float,
        tell: Callable[[str, float], None] = lambda what, seconds: None,
    ) -> None:
        self.clock = clock
        self.seconds = seconds
        self._tell = tell
        self._end = clock.monotonic() + seconds

    def remaining(self) -> float:
        return max(0.0, self._end - self.clock.monotonic())

    def allows(self, pause: float) -> bool:
        """Whether a pause of so many seconds still ends in time."""
        return pause < self.remaining()

    def pause(self, seconds: float, what: str) -> None:
        """``what`` completes "waits for"."""
        self._tell(what, seconds)
        self.clock.sleep(seconds)


def parse_time(text: str) -> datetime:
    """An ISO 8601 time as Graph and StackOne write it; what names no zone is UTC.

    Graph's ``Edm.DateTimeOffset`` may carry seven or more digits after the second, which
    ``fromisoformat`` of Python 3.10 does not read: they are cut to microseconds.
    """
    text = text.strip()
    if text[-1:] in "zZ":
        text = text[:-1] + "+00:00"
    head, dot, tail = text.partition(".")
    if dot:
        digits = tail[: len(tail) - len(tail.lstrip("0123456789"))]
        text = f"{head}.{digits[:6]:0<6}{tail[len(digits) :]}"
    value = datetime.fromisoformat(text)
    return value if value.tzinfo else value.replace(tzinfo=timezone.utc)


def format_time(value: datetime) -> str:
    """As Graph writes it: UTC, whole seconds, a ``Z``."""
    return value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def format_epoch(seconds: float) -> str:
    """Seconds since the epoch, as ``format_time`` writes them."""
    return format_time(datetime.fromtimestamp(seconds, timezone.utc))
