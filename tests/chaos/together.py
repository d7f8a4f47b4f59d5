# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several runs for the same connector at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chaos import invariants, trial
from chaos.invariants import WRONG, Problem
from chaos.processes import PROCESSES
from chaos.stage import Stage

# What a run in progress is given before another one takes its secret for a left-over.
ORPHAN_AFTER = 900


@dataclass(frozen=True)
class Together:
    """``together:onboard:4:7``: four onboardings, round 7. Every other round has a slow wire."""

    process: str
    number: int
    round: int

    def __str__(self) -> str:
        return f"together:{self.process}:{self.number}:{self.round}"

    @property
    def group(self) -> str:
        return f"{self.number} x {self.process} at once"

    def run(self, stage: Stage) -> Iterator[Problem]:
        process = PROCESSES[self.process]
        stage.clear(latency_ms=20.0 * (self.round % 2))
        process.prepare(stage)
        outcomes = stage.play_together(
            self.number,
            process.tasks_from,
            "-vvvv",
            orphan_after=ORPHAN_AFTER,
            **process.variables,
        )
        yield from invariants.instant(stage.sandbox)
        yield from invariants.one_of_each(stage.sandbox)
        if all(outcome.code for outcome in outcomes):
            yield Problem(WRONG, f"all failed: {outcomes[0].message}")
        for outcome in outcomes:
            if outcome.code:
                yield from trial.failed_clearly(outcome)
            yield from invariants.told_truly(outcome.message, stage.sandbox, alone=False)
        yield from trial.succeeded("the next run", process.finish(stage, process.rerun))
        yield from trial.settled(process, stage, "the run after it", process.third)
        yield from trial.in_the_end(process, stage)
