# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints requests and seconds of a first and a converged run, beside what Ansible itself costs.

All rows are measured in one run, by turns, and stand for medians: machines are noisy, ratios are
less so.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support import tree

tree.make_importable()

from bench.machine import describe  # noqa: E402 - after the path is set
from bench.stopwatch import Lap, timed  # noqa: E402
from sandbox.client import Sandbox  # noqa: E402
from support.playbooks import ONBOARD, Player  # noqa: E402

ACTIONS = ["azuredevops_list_projects", "azuredevops_create_work_item"]
SCOPES = ["vso.project", "vso.work_write"]


@dataclass
class Row:
    """One way to spend time, measured several times."""

    name: str
    run: Callable[[], Lap]
    laps: list[Lap] = field(default_factory=list)

    def median(self, name: str) -> float:
        return statistics.median(getattr(lap, name) for lap in self.laps)


class Bench:
    """Runs playbooks against one sandbox, and counts what arrived there."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self._sandbox = sandbox
        self._player = Player(sandbox, folder)

    def rows(self, tasks: int) -> list[Row]:
        ping = {"ansible.builtin.ping": {}, "delegate_to": "localhost"}
        return [
            Row("an empty play", lambda: self._play(_play())),
            Row(f"{tasks} x ansible.builtin.ping", lambda: self._play(_play([ping] * tasks))),
            Row("first run", self._first),
            Row("converged run", self._converged),
            Row("converged run, scopes given", lambda: self._converged(scopes=SCOPES)),
        ]

    def _first(self) -> Lap:
        self._sandbox.reset(**self._kept())
        return self._play(ONBOARD, actions=ACTIONS)

    def _converged(self, **variables: Any) -> Lap:
        self._sandbox.reset(**self._kept())
        self._play(ONBOARD, actions=ACTIONS, **variables)
        self._sandbox.clear()
        return self._play(ONBOARD, actions=ACTIONS, **variables)

    def _kept(self) -> dict[str, Any]:
        return {"latency_ms": self._latency}

    _latency = 0.0

    def at_latency(self, milliseconds: float) -> None:
        self._latency = milliseconds
        self._sandbox.reset(**self._kept())

    def _play(self, playbook: str | Sequence[Mapping[str, Any]], **variables: Any) -> Lap:
        command = self._player.command(playbook, **variables)
        lap = timed(command, self._player.quiet_environment())
        return lap.with_requests(self._sandbox.requests())


def _play(tasks: Sequence[Mapping[str, Any]] = ()) -> list[Mapping[str, Any]]:
    return [{"hosts": "all", "gather_facts": False, "tasks": list(tasks)}]


def measure(rows: Sequence[Row], repeat: int) -> None:
    """By turns, so that what the machine does meanwhile meets every row."""
    for _round in range(repeat):
        for row in rows:
            row.laps.append(row.run())


def print_table(rows: Sequence[Row]) -> None:
    base = rows[0].median("seconds")
    heads = ("seconds", "x empty", "CPU s", "round trips", "batch parts")
    print(f"{'':32}" + "".join(f"{head:>13}" for head in heads))
    for row in rows:
        seconds = row.median("seconds")
        print(
            f"{row.name:32}{seconds:13.2f}{seconds / base:13.2f}{row.median('cpu'):13.2f}"
            f"{row.median('trips'):13.0f}{row.median('parts'):13.0f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--repeat", type=int, default=5, help="runs of each row")
    parser.add_argument(
        "--latency",
        type=float,
        nargs="*",
        default=[0.0, 100.0],
        help="milliseconds added to every request",
    )
    options = parser.parse_args()
    print(describe())
    with Sandbox() as sandbox, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        bench = Bench(sandbox, Path(folder))
        for latency in options.latency:
            bench.at_latency(latency)
            rows = bench.rows(tasks=5)
            measure(rows, options.repeat)
            print(f"\nWith {latency:g} ms latency, medians of {options.repeat}:")
            print_table(rows)


if __name__ == "__main__":
    main()
