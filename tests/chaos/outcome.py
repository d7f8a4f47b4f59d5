# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a run ended."""

from __future__ import annotations

import signal
from dataclasses import dataclass

KILLED = -signal.SIGKILL


@dataclass(frozen=True)
class Outcome:
    """``message``: what the last failed task of a failed run said; ``output``: all of it."""

    code: int
    changed: int = 0
    message: str = ""
    output: str = ""
