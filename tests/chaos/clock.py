# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One time for the sandbox and every process forked from this one: waiting takes none."""

from __future__ import annotations

import multiprocessing
from datetime import datetime, timedelta
from pathlib import Path

from ansible_collections.stackone.onboarding.plugins.module_utils._clock import Clock
from sandbox.client import Sandbox


class SharedClock(Clock):
    """Sleeping moves this clock, in all processes, and the sandbox's forward together."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._moved = multiprocessing.Value("d", 0.0)

    def in_this_process(self) -> SharedClock:
        """With a connection to the sandbox of its own, for a forked process."""
        announced = Path(self._sandbox.ca_path).with_name("sandbox.json")
        clock = SharedClock(Sandbox.attach(announced))
        clock._moved = self._moved
        return clock

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self._moved.value)

    def monotonic(self) -> float:
        return super().monotonic() + self._moved.value

    def sleep(self, seconds: float) -> None:
        with self._moved.get_lock():
            self._moved.value += seconds
        self._sandbox.advance(seconds)

    def reset(self) -> None:
        """The sandbox has gone back to real time."""
        self._moved.value = 0.0
