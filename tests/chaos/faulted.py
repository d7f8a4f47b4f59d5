# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request of a process meets one fault; then a clean run, and one that changes nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chaos import invariants, trial
from chaos.faults import FAULTS
from chaos.invariants import WRONG, Problem
from chaos.outcome import KILLED, Outcome
from chaos.processes import PROCESSES
from chaos.stage import Stage


@dataclass(frozen=True)
class Faulted:
    """``onboard:17:drop_after``"""

    process: str
    index: int
    fault: str
    here: bool = False

    def __str__(self) -> str:
        return f"{self.process}:{self.index}:{self.fault}{':here' * self.here}"

    @property
    def group(self) -> str:
        return self.process

    def run(self, stage: Stage) -> Iterator[Problem]:
        process = PROCESSES[self.process].by(here=self.here)
        stage.clear()
        process.prepare(stage)
        outcome = process.begin(stage, FAULTS[self.fault].at(self.index))
        yield from self._after_the_fault(outcome, stage)
        rerun = process.finish(stage, process.rerun)
        yield from trial.succeeded("the clean run", rerun)
        if "was edited elsewhere" in rerun.output:
            # A request that the server took up late wrote the profile after the ledger. The run
            # warns, as of any edit that a read does not show; this is what it advises.
            anew = process.finish(stage, "main", reapply=True)
            yield from trial.succeeded("handing over anew", anew)
        yield from trial.settled(process, stage, "the third run", process.third)
        yield from trial.in_the_end(process, stage)
        if process.holds is invariants.offboarded:
            yield from trial.succeeded("onboarding again", stage.act("main"))
            yield from invariants.onboarded(stage.sandbox)
            yield from invariants.instant(stage.sandbox)

    def _after_the_fault(self, outcome: Outcome, stage: Stage) -> Iterator[Problem]:
        journal = self._journal_when_all_is_answered(stage)
        if [item["index"] for item in journal if item["fault"]] != [self.index]:
            yield Problem(WRONG, "the fault did not happen")
        yield from invariants.leaked(stage.secrets, stage.folder, journal)
        yield from invariants.instant(stage.sandbox)
        fault = FAULTS[self.fault]
        if fault.kills:
            if outcome.code != KILLED:
                yield Problem(WRONG, f"the run outlived SIGKILL: {outcome.code}")
            return
        if outcome.code != 0:
            yield from trial.failed_clearly(outcome)
        # What is made after the run has ended, it cannot tell of.
        yield from invariants.told_truly(outcome.message, stage.sandbox, alone=not fault.late)

    def _journal_when_all_is_answered(self, stage: Stage) -> list[dict[str, Any]]:
        """The server may hold a request that the client has given up long ago."""
        while True:
            journal = stage.sandbox.requests()
            held = [item for item in journal if item["fault"] == "stall"]
            if all(item["status"] is not None for item in held):
                return journal
            time.sleep(0.2)


def every(
    process: str, journal: Sequence[Mapping[str, Any]], *, here: bool, twice: bool = False
) -> list[Faulted]:
    """At each request of an undisturbed run each fault.

    Where a request changes nothing, that the server has acted makes no difference: neither to what
    the client sees nor to what is left behind. ``twice``: such faults all the same.
    """
    return [
        Faulted(process, entry["index"], fault.name, here)
        for entry in journal
        for fault in FAULTS.values()
        if twice or entry["mutating"] or not fault.like
    ]
