# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times one command: wall clock, and the CPU of it and its children."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from support import trips


@dataclass(frozen=True)
class Lap:
    """``trips``: HTTP requests, one after the other; ``beyond_waits``: without those that wait for
    the directory. ``parts``: each part of a ``$batch`` too.

    ``memory`` is the peak of the command's own process, in kilobytes.
    """

    seconds: float
    cpu: float
    memory: int = 0
    trips: int = 0
    beyond_waits: int = 0
    parts: int = 0

    def with_requests(self, journal: Sequence[Mapping[str, Any]]) -> Lap:
        return replace(
            self,
            trips=trips.count(journal),
            beyond_waits=trips.beyond_waits(journal),
            parts=len(journal),
        )


def timed(command: Sequence[str], environment: Mapping[str, str]) -> Lap:
    """Raises RuntimeError with the output when the command fails."""
    started = time.perf_counter()
    with subprocess.Popen(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        with ThreadPoolExecutor(1) as pool:
            peak = pool.submit(_peak, process.pid)
            output = process.stdout.read()
        # Of this child and those that it waited for, where getrusage would add up all there were.
        _pid, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if process.returncode:
        raise RuntimeError(f"{os.path.basename(command[0])} failed:\n{output}")
    return Lap(seconds, used.ru_utime + used.ru_stime, peak.result())


def _peak(pid: int) -> int:
    """Kilobytes. Not by getrusage, which counts what the process was forked from, too."""
    peak = 0
    while match := re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()):
        peak = int(match[1])
        time.sleep(0.1)
    return peak
