# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times one command: wall clock, and the CPU of it and its children."""

from __future__ import annotations

import os
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Lap:
    """``trips``: HTTP requests, one after the other. ``parts``: each part of a ``$batch`` too."""

    seconds: float
    cpu: float
    trips: int = 0
    parts: int = 0

    def with_requests(self, journal: Sequence[Mapping[str, Any]]) -> Lap:
        return replace(self, trips=len({item["wire"] for item in journal}), parts=len(journal))


def timed(command: Sequence[str], environment: Mapping[str, str]) -> Lap:
    """Raises RuntimeError with the output when the command fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"{os.path.basename(command[0])} failed:\n{done.stdout}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Lap(seconds, cpu)
