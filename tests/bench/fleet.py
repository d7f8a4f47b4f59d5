# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a connector of a converged fleet costs above an empty play, and how it grows.

The fleet is onboarded once; then inventories of its first hosts are run by turns with an empty play.
"""

from __future__ import annotations

import argparse
import math
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from support import tree

tree.make_importable()

from bench.machine import describe  # noqa: E402 - after the path is set
from bench.stopwatch import Lap, timed  # noqa: E402
from sandbox.client import Sandbox  # noqa: E402
from support.playbooks import ONBOARD, Player  # noqa: E402

ACTIONS = ["azuredevops_list_projects", "azuredevops_create_work_item"]
FORKS = "5"
PATIENCE = 600.0


@dataclass
class Size:
    """One inventory's laps."""

    hosts: int
    empty: list[Lap] = field(default_factory=list)
    converged: list[Lap] = field(default_factory=list)

    def above_empty(self, name: str) -> float:
        """Of a connector: in seconds, or in kilobytes for ``memory``."""
        return (_median(self.converged, name) - _median(self.empty, name)) / self.hosts


def _median(laps: Sequence[Lap], name: str) -> float:
    return statistics.median(getattr(lap, name) for lap in laps)


class Fleet:
    """Connectors of one tenant, by unique names and profile names of their own."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self._sandbox = sandbox
        self._folder = folder
        self._player = Player(sandbox, folder)
        self._empty = folder / "empty.yml"
        self._empty.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False}]))

    def onboard(self, hosts: int) -> Lap:
        return self._play(ONBOARD, hosts)

    def measure(self, size: Size) -> None:
        size.empty.append(self._play(str(self._empty), size.hosts))
        size.converged.append(self._play(ONBOARD, size.hosts))

    def _play(self, playbook: str, hosts: int) -> Lap:
        self._sandbox.clear()
        command = self._player.command(
            playbook,
            *("--inventory", str(self._inventory(hosts)), "--forks", FORKS),
            hosts=[],
            actions=ACTIONS,
        )
        # The sandbox counts a fleet as one caller, whom nothing throttles here.
        lap = timed(command, self._player.quiet_environment())
        return lap.with_requests(self._sandbox.requests())

    def _inventory(self, hosts: int) -> Path:
        path = self._folder / f"inventory-{hosts}.yml"
        names = {
            "entra_connector_unique_name": "stackone-{{ inventory_hostname }}",
            "entra_connector_app_name": "StackOne {{ inventory_hostname }}",
            "entra_connector_profile_name": "{{ inventory_hostname }}",
            "entra_connector_entra": {"wait_timeout": PATIENCE},
            "entra_connector_stackone": {"wait_timeout": PATIENCE},
        }
        every = {f"customer{number:04}": {} for number in range(hosts)}
        path.write_text(yaml.safe_dump({"all": {"hosts": every, "vars": names}}), "utf-8")
        return path


def exponent(sizes: Sequence[Size], name: str) -> float:
    """The slope in logarithms, by least squares: 1 is linear growth."""
    points = [
        (math.log(size.hosts), math.log(size.above_empty(name) * size.hosts)) for size in sizes
    ]
    centre_x, centre_y = (statistics.fmean(axis) for axis in zip(*points, strict=True))
    spread = sum((x - centre_x) ** 2 for x, _y in points)
    return sum((x - centre_x) * (y - centre_y) for x, y in points) / spread


def print_table(sizes: Sequence[Size]) -> None:
    heads = ("wall s", "empty s", "ms wall each", "ms CPU each", "MiB peak", "requests")
    print(f"{'connectors':12}" + "".join(f"{head:>14}" for head in heads))
    for size in sizes:
        print(
            f"{size.hosts:<12}{_median(size.converged, 'seconds'):14.2f}"
            f"{_median(size.empty, 'seconds'):14.2f}"
            f"{1000 * size.above_empty('seconds'):14.1f}{1000 * size.above_empty('cpu'):14.1f}"
            f"{_median(size.converged, 'memory') / 1024:14.0f}"
            f"{_median(size.converged, 'trips'):14.0f}"
        )
    if len(sizes) > 1:
        powers = {name: exponent(sizes, name) for name in ("cpu", "seconds")}
        print(f"\nGrowth: CPU by n^{powers['cpu']:.2f}, wall by n^{powers['seconds']:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench-fleet", description=__doc__)
    parser.add_argument("--connectors", type=int, nargs="+", default=[50, 100, 250, 500])
    parser.add_argument("--repeat", type=int, default=3, help="turns")
    options = parser.parse_args()
    print(describe())
    sizes = [Size(hosts) for hosts in sorted(options.connectors)]
    with Sandbox() as sandbox, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        fleet = Fleet(sandbox, Path(folder))
        first = fleet.onboard(sizes[-1].hosts)
        print(f"{sizes[-1].hosts} onboarded in {first.seconds:.0f} s, {first.trips} requests.\n")
        for _turn in range(options.repeat):
            for size in sizes:
                fleet.measure(size)
    print(f"Converged, {FORKS} forks, medians of {options.repeat}:")
    print_table(sizes)


if __name__ == "__main__":
    main()
