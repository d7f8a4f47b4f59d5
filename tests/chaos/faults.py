# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done to a request, by name. The rules are the sandbox's (sandbox/faults.py)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Rule = dict[str, Any]
Rules = Callable[[int], list[Rule]]  # given the process group of the run

# Longer than the runs' request_timeout, so that the client has given up when it is over.
STALL_SECONDS = 10.0


@dataclass(frozen=True)
class Fault:
    """``kills``: the run does not outlive it. ``late``: it acts after the client gave up.

    ``like``: the fault that it cannot be told from, at a request that changes nothing.
    """

    name: str
    settings: Rule = field(default_factory=dict)
    kills: bool = False
    late: bool = False
    like: str = ""

    def at(self, index: int) -> Rules:
        """For the request of this index, and nothing else."""
        return lambda pgid: [{"at": index, "fault": self._settings(pgid)}]

    def from_on(self, index: int, last: int = 1000) -> Rules:
        """For this request and all that follow."""
        return lambda pgid: [
            {"at": each, "fault": self._settings(pgid)} for each in range(index, last)
        ]

    def _settings(self, pgid: int) -> Rule:
        return {**self.settings, "pgid": pgid} if self.kills else self.settings


def no_rules(pgid: int) -> list[Rule]:
    return []


def throttled(seed: int) -> Rules:
    """30 % of all requests are answered 429, half of these with Retry-After."""
    plain = {"kind": "status", "status": 429}
    # The second rule draws among what the first has left.
    drawn = ((0.15, {**plain, "retry_after": 1}), (0.15 / 0.85, plain))
    rules = [
        {"match": {}, "times": 0, "probability": probability, "seed": seed + number, "fault": fault}
        for number, (probability, fault) in enumerate(drawn)
    ]
    return lambda pgid: rules


def _status(name: str, status: int, *, like: str = "", **more: Any) -> Fault:
    return Fault(name, {"kind": "status", "status": status, **more}, like=like)


_ALL = (
    Fault("drop_before", {"kind": "drop_before"}),
    Fault("drop_after", {"kind": "drop_after"}, like="drop_before"),
    _status("429", 429),
    _status("429_retry_after", 429, retry_after=1),
    _status("500", 500),
    _status("503", 503),
    _status("504", 504),
    _status("500_acted", 500, acted=True, like="500"),
    _status("503_acted", 503, acted=True, like="503"),
    _status("504_acted", 504, acted=True, like="504"),
    Fault("html", {"kind": "html"}),
    Fault("html_acted", {"kind": "html", "status": 200, "acted": True}),
    Fault("cut", {"kind": "truncated", "variant": "cut"}),
    Fault("short", {"kind": "truncated", "variant": "short"}),
    Fault("stall", {"kind": "stall", "seconds": STALL_SECONDS}, late=True),
    Fault("stall_acted", {"kind": "stall", "seconds": STALL_SECONDS, "acted": True}, like="stall"),
    Fault("kill_before", {"kind": "kill", "when": "before"}, kills=True),
    Fault("kill_after", {"kind": "kill", "when": "after"}, kills=True, like="kill_before"),
)
FAULTS = {fault.name: fault for fault in _ALL}
