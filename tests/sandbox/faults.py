# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fault rules: which request meets which fault.

A rule is `{at: N}` (the journal's index) or `{match: {service, method, path}}` (path is a regular
expression that must be found in the path), or both, with `times` (1; 0 is always), `probability`
and `seed`, and `fault`:

- `{kind: drop_before}`: the connection is aborted and the server did not act
- `{kind: drop_after}`: the server acted, the connection is aborted without an answer
- `{kind: status, status: 429, retry_after: 2, acted: false, code: "", message: ""}`
- `{kind: html, status: 502, acted: false}`: a page instead of JSON
- `{kind: truncated, variant: cut | short}`: acts and sends half of the answer, with the
  Content-Length of the whole and a close (cut), or with that of the half (short)
- `{kind: stall, seconds: 10, acted: false}`: the answer is held; the server acts before or after
  that
- `{kind: kill, pgid: 123, when: before | after}`: SIGKILL to a process group, before or after
  acting

A fault without settings may be just its kind. On a part of a $batch, `status` is the part's; every
other fault meets the whole batch, with the parts before it done.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from typing import Any

from .messages import Request

KINDS = ("drop_before", "drop_after", "status", "html", "truncated", "stall", "kill")
SETTINGS = {
    "kind",
    "status",
    "retry_after",
    "acted",
    "code",
    "message",
    "variant",
    "seconds",
    "pgid",
    "when",
}
CRITERIA = {"service", "method", "path"}
RULE = {"at", "match", "times", "probability", "seed", "fault"}


@dataclass
class Fault:
    """What happens to a request."""

    kind: str
    status: int = 0
    retry_after: int | None = None
    acted: bool = False
    code: str = ""
    message: str = ""
    variant: str = "cut"
    seconds: float = 0.0
    pgid: int = 0
    when: str = "before"

    @classmethod
    def parse(cls, given: str | dict[str, Any]) -> Fault:
        settings = {"kind": given} if isinstance(given, str) else dict(given)
        _refuse_unknown("fault", settings, SETTINGS)
        fault = cls(**settings)
        if fault.kind not in KINDS:
            raise ValueError(f"unknown fault {fault.kind!r}; known are: {', '.join(KINDS)}")
        if fault.kind == "kill" and fault.pgid <= 1:
            raise ValueError("kill needs the pgid of a process group")
        if fault.kind == "html":
            fault.status = fault.status or 502
        return fault

    @property
    def acts(self) -> bool:
        """Whether the server does what was asked."""
        if self.kind == "kill":
            return self.when == "after"
        return self.acted or self.kind in ("drop_after", "truncated")


@dataclass
class Rule:
    """When a fault happens."""

    fault: Fault
    at: int | None = None
    match: dict[str, str] = field(default_factory=dict)
    times: int = 1
    probability: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._hits = 0

    @classmethod
    def parse(cls, given: dict[str, Any]) -> Rule:
        _refuse_unknown("rule", given, RULE)
        if "at" not in given and "match" not in given:
            raise ValueError("a rule needs at or match")
        _refuse_unknown("match", given.get("match") or {}, CRITERIA)
        return cls(**{**given, "fault": Fault.parse(given["fault"])})

    def applies(self, index: int, request: Request) -> bool:
        """Whether this request meets the fault; counts and draws when it is a candidate."""
        if (self.times and self._hits >= self.times) or self.at not in (None, index):
            return False
        wanted = self.match
        if wanted.get("service", request.service) != request.service:
            return False
        if wanted.get("method", request.method).upper() != request.method:
            return False
        if (
            not re.search(wanted.get("path", ""), request.path)
            or self._random.random() >= self.probability
        ):
            return False
        self._hits += 1
        return True


class Faults:
    """The rules in force; the first that applies wins."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def add(self, given: list[dict[str, Any]]) -> None:
        self.rules += [Rule.parse(each) for each in given]

    def clear(self) -> None:
        self.rules.clear()

    def pick(self, index: int, request: Request) -> Fault | None:
        return next((rule.fault for rule in self.rules if rule.applies(index, request)), None)


def _refuse_unknown(what: str, given: dict[str, Any], known: set[str]) -> None:
    unknown = set(given) - known
    if unknown:
        raise ValueError(
            f"{what}: unknown {', '.join(sorted(unknown))}; known are: {', '.join(sorted(known))}"
        )
