# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A directory that shows writes late, and services that are busy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chaos import invariants, trial
from chaos.faults import throttled
from chaos.invariants import WRONG, Problem
from chaos.processes import PROCESSES
from chaos.stage import Stage

# Options of the sandbox: all kinds of objects at once, and each alone.
LAGS = {
    "all": "lag",
    "applications": "lag_applications",
    "principals": "lag_servicePrincipals",
    "grants": "lag_grants",
    "secrets": "lag_secrets",
    "lists": "lag_filter",
}
LONG, SHORT = 30.0, 3.0  # a lag, and a wait_timeout that it outlasts


@dataclass(frozen=True)
class Lagging:
    """``lag:onboard:grants:2:flap``: passes, and the run straight after it has nothing to do.

    ``flap`` (else ``steady``): reads within the lag are good and stale by turns.
    """

    process: str
    kind: str
    seconds: float
    flap: str
    here: bool = False

    def __str__(self) -> str:
        way = ":here" * self.here
        return f"lag:{self.process}:{self.kind}:{self.seconds:g}:{self.flap}{way}"

    @property
    def group(self) -> str:
        return f"lag of {self.seconds:g} s"

    def run(self, stage: Stage) -> Iterator[Problem]:
        process = PROCESSES[self.process].by(here=self.here)
        stage.clear()
        process.prepare(stage)
        stage.sandbox.options(**{LAGS[self.kind]: self.seconds, "flap": self.flap == "flap"})
        patient = {"connection": {"wait_timeout": 300}, "overlap_days": 0}
        yield from trial.succeeded("the run", process.begin(stage, **patient))
        yield from invariants.leaked(stage.secrets, stage.folder, stage.sandbox.requests())
        yield from trial.settled(process, stage, "the run straight after it", process.third)
        yield from trial.in_the_end(process, stage)


@dataclass(frozen=True)
class TooLate:
    """``late:onboard:grants``: the lag outlasts wait_timeout; a run when it is over completes."""

    process: str
    kind: str
    here: bool = False

    def __str__(self) -> str:
        return f"late:{self.process}:{self.kind}{':here' * self.here}"

    @property
    def group(self) -> str:
        return "lag beyond wait_timeout"

    def run(self, stage: Stage) -> Iterator[Problem]:
        process = PROCESSES[self.process].by(here=self.here)
        stage.clear()
        process.prepare(stage)
        stage.sandbox.options(**{LAGS[self.kind]: LONG})
        outcome = process.begin(stage, connection={"wait_timeout": SHORT})
        if outcome.code:
            yield from trial.failed_clearly(
                outcome, r"Waited for .+, in vain: wait_timeout \(3 s\)"
            )
        else:
            yield Problem(WRONG, "the run did not notice the lag")
        yield from invariants.told_truly(outcome.message, stage.sandbox)
        yield from invariants.instant(stage.sandbox)
        stage.sandbox.options(**{LAGS[self.kind]: 0.0})
        yield from trial.succeeded("the run after the lag", process.finish(stage, process.rerun))
        yield from trial.settled(process, stage, "the third run", process.third)
        yield from trial.in_the_end(process, stage)


@dataclass(frozen=True)
class Throttled:
    """``throttled:onboard:3``: 30 % of all requests are refused, drawn with seed 3."""

    process: str
    seed: int
    here: bool = False

    def __str__(self) -> str:
        return f"throttled:{self.process}:{self.seed}{':here' * self.here}"

    @property
    def group(self) -> str:
        return "30 % throttled"

    def run(self, stage: Stage) -> Iterator[Problem]:
        process = PROCESSES[self.process].by(here=self.here)
        stage.clear()
        process.prepare(stage)
        rules = throttled(self.seed)
        patient = {"connection": {"wait_timeout": 300}, "overlap_days": 0}
        yield from trial.succeeded("the run", process.begin(stage, rules, **patient))
        refused = [item for item in stage.sandbox.requests() if item["fault"]]
        if not refused:
            yield Problem(WRONG, "nothing was throttled")
        yield from invariants.leaked(stage.secrets, stage.folder, stage.sandbox.requests())
        yield from trial.settled(process, stage, "the run after it", process.third)
        yield from trial.in_the_end(process, stage)
