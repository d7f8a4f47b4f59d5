# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Request quotas: so many per window and caller, then 429 until the window ends."""

from __future__ import annotations

import math

from .clock import Clock


class Quota:
    """Fixed windows, one for each caller, that open with the caller's first request."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[str, tuple[float, int]] = {}

    def seconds_to_wait(self, caller: str, limit: int, window: float) -> int:
        """Count a request; 0 when it may pass, else the seconds to wait. A limit of 0 is none."""
        if not limit:
            return 0
        now = self._clock.now()
        opened, used = self._windows.get(caller, (now, 0))
        if now >= opened + window:
            opened, used = now, 0
        if used >= limit:
            return max(1, math.ceil(opened + window - now))
        self._windows[caller] = (opened, used + 1)
        return 0
