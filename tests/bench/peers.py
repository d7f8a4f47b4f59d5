# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection beside its peers: the same job, on the same sandbox, with the same latency.

Each does as much of the job as it can, and then the same again. Everything is measured in one run,
by turns; what each leaves undone is read off the sandbox's state.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.contenders import CONTENDERS, Contender
from bench.findings import Aftermath
from bench.peers_page import Comparison, Result, render
from bench.stopwatch import timed
from peers.installs import Unavailable
from sandbox.client import Sandbox

# The exit status goes into a file: a run that fails is a result, too.
RUN = 'cd "$1" && timeout 900 bash -eu -o pipefail script >output 2>&1; echo $? >status'
OWN, *PEERS = CONTENDERS
LAG = 10.0  # seconds until the directory shows what was written, for the run that is not timed


class Course:
    """One contender's runs, in a folder of its own."""

    def __init__(self, sandbox: Sandbox, contender: Contender, folder: Path) -> None:
        self._sandbox = sandbox
        self._contender = contender
        self._folder = folder
        for name, text in contender.files.items():
            (folder / name).write_text(text, "utf-8")

    def round(self, latency: float) -> tuple[Result, Result]:
        """A first run in an empty tenant, and the same again."""
        first = self._first(latency_ms=latency)
        again = self._run(self._contender.job)
        self._check_sandbox()
        return first, again

    def lagging(self) -> Aftermath:
        """A first run in a tenant whose directory is slow to show what was written."""
        return self._first(lag=LAG)[1]

    def _first(self, **options: float) -> Result:
        self._sandbox.reset(**options)
        if self._contender.sign_out:
            self._run(self._contender.sign_out)
        return self._run(f"{self._contender.sign_in}\n{self._contender.job}")

    def _run(self, script: str) -> Result:
        (self._folder / "script").write_text(script, "utf-8")
        self._sandbox.clear()
        command = ["bash", "-c", RUN, "run", str(self._folder)]
        lap = timed(command, self._contender.environment)
        requests = self._sandbox.requests()
        return lap.with_requests(requests), self._aftermath(requests)

    def _aftermath(self, requests: Sequence[dict[str, Any]]) -> Aftermath:
        output = (self._folder / "output").read_text("utf-8", "replace")
        status = int((self._folder / "status").read_text("utf-8"))
        return Aftermath(status, output, requests, self._sandbox.state())

    def _check_sandbox(self) -> None:
        """Whoever breaks the contract shows that it is too narrow: these clients do work."""
        broken = [each for each in self._sandbox.violations() if each["kind"] != "dead_secret"]
        if broken:
            raise RuntimeError(f"{self._contender.name}: {json.dumps(broken, indent=2)}")


def enter(sandbox: Sandbox, folder: Path, names: Sequence[str]) -> list[Comparison]:
    """Every contender ready to run, or with the reason why it cannot."""
    comparisons = []
    for name in names:
        home = folder / name.replace(" ", "-")
        home.mkdir()
        try:
            contender = CONTENDERS[name](sandbox, home)
        except Unavailable as reason:
            comparisons.append(Comparison(name, reason=str(reason)))
            continue
        comparisons.append(Comparison(name, contender, Course(sandbox, contender, home)))
    return comparisons


def measure(comparisons: Sequence[Comparison], latency: float, repeat: int) -> None:
    """By turns, so that what the machine does meanwhile meets all."""
    for turn in range(repeat):
        for each in comparisons:
            if each.course is not None:
                print(f"{latency:g} ms, turn {turn + 1} of {repeat}: {each.name}", file=sys.stderr)
                each.add(latency, *each.course.round(latency))


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-peers", description=__doc__)
    parser.add_argument("--repeat", type=int, default=5, help="turns at each latency")
    parser.add_argument(
        "--latency",
        type=float,
        nargs="*",
        default=[0.0, 100.0],
        help="milliseconds added to every request",
    )
    parser.add_argument("--peers", nargs="*", default=PEERS, choices=PEERS, help="only these")
    parser.add_argument("--write", type=Path, metavar="FILE", help="the results, as Markdown")
    options = parser.parse_args()
    with Sandbox() as sandbox, tempfile.TemporaryDirectory(prefix="bench-peers-") as folder:
        comparisons = enter(sandbox, Path(folder), [OWN, *options.peers])
        load = os.getloadavg()[0]
        for each in comparisons:  # untimed, and caches and byte code are there afterwards
            if each.course is not None:
                each.course.round(0)
                each.lagging = each.course.lagging()
        for latency in options.latency:
            measure(comparisons, latency, options.repeat)
    page = render(comparisons, options.latency, options.repeat, load, LAG)
    print(page)
    if options.write:
        options.write.parent.mkdir(parents=True, exist_ok=True)
        options.write.write_text(page, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
