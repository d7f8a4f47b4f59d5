# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every fault at every request, runs side by side, lags and throttling; see tests/chaos/README.md.

Prints a line for each trial that was not survived, with how to repeat it, and a table.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence

from chaos import catalogue, pool
from chaos.processes import PROCESSES
from chaos.stage import Stage
from chaos.trial import Trial, Verdict


def main() -> int:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    options = _arguments()
    started = time.monotonic()
    try:
        trials = _chosen(options)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if options.list:
        print(*trials, sep="\n")
        return 0
    progress = _Progress(len(trials))
    try:
        pool.judge(trials, min(options.jobs, len(trials)), progress)
    except KeyboardInterrupt:
        print("\nInterrupted: what was tried until then.")
    print(f"\n{pool.HEAD}", *pool.rows(progress.verdicts), sep="\n")
    took = time.monotonic() - started
    tried = f"{len(progress.verdicts)} of {len(trials)} trials"
    print(f"\n{tried} in {took:.0f} s, with {options.jobs} at a time.")
    return 0 if progress.all_survived else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="TRIAL", help="such as onboard:17:drop_after")
    parser.add_argument(
        "--part", nargs="+", choices=catalogue.PARTS, default=catalogue.PARTS, help="only these"
    )
    parser.add_argument(
        "--process", nargs="+", choices=list(PROCESSES), help="faults of only these"
    )
    parser.add_argument(
        "--twice",
        action="store_true",
        help="try faults after the server acted also where it had nothing to change",
    )
    parser.add_argument(
        "--here",
        action="store_true",
        help="faults without Ansible, by the role's steps in forked processes: four times as fast",
    )
    parser.add_argument("--rounds", type=int, default=10, help="of runs at the same time")
    parser.add_argument("--jobs", type=int, default=pool.default_jobs(), help="trials at a time")
    parser.add_argument("--list", action="store_true", help="only say what would be tried")
    return parser.parse_args()


def _chosen(options: argparse.Namespace) -> Sequence[Trial]:
    """Raises ValueError for a name that is no trial's."""
    if options.only:
        return [catalogue.parse(name) for name in options.only]
    trials: list[Trial] = []
    # The slow ones first, so that no core is idle in the end.
    if "lag" in options.part:
        trials += catalogue.lags()
    if "throttled" in options.part:
        trials += catalogue.throttles()
    if "together" in options.part:
        trials += catalogue.together(options.rounds)
    if "faults" in options.part:
        with Stage.open(warm=True) as stage:
            requests = catalogue.requests(stage, options.process or PROCESSES)
        told = ", ".join(f"{name} {len(sent)}" for name, sent in requests.items())
        print(f"Requests: {told}", file=sys.stderr)
        trials += catalogue.faults(requests, twice=options.twice, here=options.here)
    return trials


class _Progress:
    """A line for each trial that was not survived, and now and then one for those that were."""

    def __init__(self, total: int) -> None:
        self._total = total
        self.verdicts: list[Verdict] = []

    @property
    def all_survived(self) -> bool:
        """False also while something is still to be tried."""
        tried = [not verdict.problems for verdict in self.verdicts]
        return len(tried) == self._total and all(tried)

    def __call__(self, verdict: Verdict) -> None:
        self.verdicts.append(verdict)
        if verdict.problems:
            print(f"NOT SURVIVED  make chaos OPTIONS='--only {verdict.trial}'")
            print(*(f"    {problem}" for problem in verdict.problems), sep="\n", flush=True)
        done = len(self.verdicts)
        if done % 100 == 0 or done == self._total:
            print(f"{done} of {self._total}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
