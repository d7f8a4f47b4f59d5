# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One time for the modules and the sandbox, so that no test waits for a lag, a retry or a year."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from ansible_collections.stackone.onboarding.plugins.module_utils._clock import Clock
from sandbox.client import Sandbox


class SandboxClock(Clock):
    """Sleeping moves this clock and the sandbox's forward together, and takes no time."""

    def __init__(self, sandbox: Sandbox, moved: float = 0.0) -> None:
        """``moved``: seconds that have passed before."""
        self._sandbox = sandbox
        self._lock = threading.Lock()
        self.moved = moved
        self.pauses: list[float] = []

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.moved)

    def monotonic(self) -> float:
        return super().monotonic() + self.moved

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.pass_by(seconds=seconds)

    def pass_by(self, **amount: float) -> None:
        """Let time pass for both: ``pass_by(days=3)``."""
        seconds = timedelta(**amount).total_seconds()
        with self._lock:
            self.moved += seconds
            self._sandbox.advance(seconds)

    def has_passed(self, pauses: list[float]) -> None:
        """A process with a clock of its own, which told the sandbox itself, made these pauses."""
        with self._lock:
            self.pauses += pauses
            self.moved += sum(pauses)
