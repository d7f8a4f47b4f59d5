# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet that is onboarded faster than the services allow: it slows down, and finishes.

The quotas are the services' own in shape, and smaller, so that a small fleet meets them many times.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.fleet import Fleet
from sandbox.client import Sandbox


@dataclass(frozen=True)
class Quota:
    """So many requests per window, in seconds."""

    name: str
    service: str
    limit: int
    window: float
    options: Mapping[str, Any]
    writes_only: bool


QUOTAS = (
    Quota(
        "Microsoft Graph's, of writes",
        "graph",
        20,
        10.0,
        {"graph_write_limit": 20, "graph_write_window": 10.0},
        True,
    ),
    Quota(
        "StackOne's, of requests",
        "stackone",
        10,
        10.0,
        {"stackone_limit": 10, "stackone_window": 10.0},
        False,
    ),
)


@dataclass(frozen=True)
class Throttled:
    """What a fleet did under a quota."""

    quota: Quota
    connectors: int
    seconds: float  # from the opening of the first window that was used up, to the last request
    passed: int
    refused: int

    @property
    def throughput(self) -> float:
        """Of the limit; the first window is open in full at once, so it is not counted."""
        allowed = self.quota.limit * self.seconds / self.quota.window
        return (self.passed - self.quota.limit) / allowed


def run(sandbox: Sandbox, fleet: Fleet, quota: Quota, connectors: int) -> Throttled:
    """Counts from when the fleet first asked for more than the quota gives.

    Raises RuntimeError where it never did.
    """
    sandbox.reset(**quota.options)
    fleet.onboard(connectors)
    counted = [entry for entry in sandbox.requests() if _counts(entry, quota)]
    refusals = [index for index, entry in enumerate(counted) if entry["status"] == 429]
    if not refusals:
        raise RuntimeError(f"{connectors} connectors did not reach the quota {quota.name}")
    # All that the window lets through has passed just before its first refusal.
    counted = counted[refusals[0] - quota.limit :]
    return Throttled(
        quota,
        connectors,
        counted[-1]["time"] - counted[0]["time"],
        len(counted) - len(refusals),
        len(refusals),
    )


def _counts(entry: Mapping[str, Any], quota: Quota) -> bool:
    return entry["service"] == quota.service and (entry["mutating"] or not quota.writes_only)


def lines(runs: Sequence[Throttled]) -> list[str]:
    heads = ("quota", "connectors", "seconds", "passed", "refused with 429", "of the limit")
    rows = [
        (
            f"{run.quota.name}: {run.quota.limit} in {run.quota.window:g} s",
            str(run.connectors),
            f"{run.seconds:.0f}",
            str(run.passed),
            str(run.refused),
            f"{100 * run.throughput:.0f} %",
        )
        for run in runs
    ]
    return ["| " + " | ".join(cells) + " |" for cells in (heads, ["---"] * len(heads), *rows)]
