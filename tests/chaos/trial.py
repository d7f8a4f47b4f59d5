# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A trial: something is done to the role on a stage, and what is wrong afterwards is listed."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from chaos import invariants
from chaos.invariants import WRONG, Problem
from chaos.outcome import Outcome
from chaos.processes import Process
from chaos.stage import Stage


class Trial(Protocol):
    """Its text is its name: `python -m chaos --only` takes it, and tries it again."""

    @property
    def group(self) -> str:
        """The row of the table that it counts in."""

    def run(self, stage: Stage) -> Iterator[Problem]: ...


@dataclass(frozen=True)
class Verdict:
    """How a trial ended."""

    trial: str
    group: str
    problems: list[Problem]
    seconds: float

    def has(self, sort: str) -> bool:
        return any(problem.sort == sort for problem in self.problems)


def judge(trial: Trial, stage: Stage) -> Verdict:
    """Never raises: what breaks the suite itself is a problem as well."""
    started = time.monotonic()
    problems: list[Problem] = []
    try:
        problems.extend(trial.run(stage))
    except Exception as error:
        problems.append(Problem(WRONG, f"{type(error).__name__}: {error}"))
    return Verdict(str(trial), trial.group, problems, time.monotonic() - started)


def succeeded(what: str, outcome: Outcome) -> Iterator[Problem]:
    if outcome.code != 0:
        said = outcome.message or outcome.output[-500:]
        yield Problem(WRONG, f"{what} ended with {outcome.code}: {said}")
    if "Traceback" in outcome.output:
        yield Problem(WRONG, f"a traceback in {what}")


def failed_clearly(outcome: Outcome, *pattern: str) -> Iterator[Problem]:
    """A run may fail, with one message that says what happened and has these patterns."""
    if "Traceback" in outcome.output:
        yield Problem(WRONG, "a traceback")
    recap = re.search(r"^connector +:.*\bfailed=(\d+)", outcome.output, re.MULTILINE)
    if recap is not None and recap[1] != "1":
        yield Problem(WRONG, f"{recap[1]} failures instead of one")
    for wanted in pattern or (r"\b(GET|POST|PATCH|PUT|DELETE) /",):
        if not re.search(wanted, outcome.message):
            yield Problem(WRONG, f"not a clear message: {outcome.message!r}")
    if "Something unexpected" in outcome.message:
        yield Problem(WRONG, f"unexpected: {outcome.message!r}")


def settled(process: Process, stage: Stage, what: str, tasks_from: str) -> Iterator[Problem]:
    """One more run has nothing to do."""
    outcome = process.finish(stage, tasks_from)
    yield from succeeded(what, outcome)
    mutating = [item for item in stage.sandbox.requests() if item["mutating"]]
    if outcome.changed or mutating:
        sent = ", ".join(f"{item['method']} {item['path']}" for item in mutating)
        yield Problem(WRONG, f"{what} changed {outcome.changed}, sent {sent or 'nothing'}")


def in_the_end(process: Process, stage: Stage) -> Iterator[Problem]:
    """What the process is for holds, nothing was off on the way, and no secret got out."""
    yield from process.holds(stage.sandbox)
    yield from invariants.instant(stage.sandbox)
    yield from invariants.leaked(stage.secrets, stage.folder, stage.sandbox.requests())
