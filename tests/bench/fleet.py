# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a connector of a converged fleet costs above an empty play, and how it grows.

The fleet is onboarded once; then inventories of its first hosts are run, by turns with an empty
play, and with one of three tasks that Ansible skips.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bench.runs import ACTIONS
from bench.stopwatch import Lap, timed
from sandbox.client import Sandbox
from support.playbooks import ONBOARD, Player

FORKS = "5"
PATIENCE = 600.0


@dataclass
class Size:
    """One inventory's laps."""

    hosts: int
    empty: list[Lap] = field(default_factory=list)
    idle: list[Lap] = field(default_factory=list)
    converged: list[Lap] = field(default_factory=list)

    def peak(self) -> float:
        """Kilobytes."""
        return _median(self.converged, "memory")

    def above_empty(self, name: str) -> float:
        """Seconds of a connector."""
        return self._each(self.converged, name)

    def of_ansible(self, name: str) -> float:
        """Seconds of a host that has three tasks, which are skipped."""
        return self._each(self.idle, name)

    def _each(self, laps: Sequence[Lap], name: str) -> float:
        return (_median(laps, name) - _median(self.empty, name)) / self.hosts


def _median(laps: Sequence[Lap], name: str) -> float:
    return statistics.median(getattr(lap, name) for lap in laps)


class Fleet:
    """Connectors of one tenant, by unique names and profile names of their own."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self._sandbox = sandbox
        self._folder = folder
        self._player = Player(sandbox, folder)
        self._empty = self._playbook("empty", [])
        skipped = [{"ansible.builtin.debug": None, "when": False} for _task in range(3)]
        self._idle = self._playbook("idle", skipped)

    def _playbook(self, name: str, tasks: Sequence[Mapping[str, Any]]) -> str:
        path = self._folder / f"{name}.yml"
        play = {"hosts": "all", "gather_facts": False, "tasks": list(tasks)}
        path.write_text(yaml.safe_dump([play]), "utf-8")
        return str(path)

    def onboard(self, hosts: int) -> Lap:
        return self._play(ONBOARD, hosts)

    def measure(self, size: Size) -> None:
        size.empty.append(self._play(self._empty, size.hosts))
        size.idle.append(self._play(self._idle, size.hosts))
        size.converged.append(self._play(ONBOARD, size.hosts))

    def _play(self, playbook: str, hosts: int) -> Lap:
        self._sandbox.clear()
        command = self._player.command(
            playbook,
            *("--inventory", str(self._inventory(hosts)), "--forks", FORKS),
            hosts=[],
            actions=ACTIONS,
        )
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


def lines(sizes: Sequence[Size]) -> list[str]:
    """A table of Markdown."""
    heads = (
        *("connectors", "wall s", "empty play s", "wall ms each", "CPU ms each"),
        *("three skipped tasks: wall ms each", "CPU ms each"),
        *("peak MiB", "empty MiB", "requests"),
    )
    rows = [
        (
            str(size.hosts),
            f"{_median(size.converged, 'seconds'):.2f}",
            f"{_median(size.empty, 'seconds'):.2f}",
            f"{1000 * size.above_empty('seconds'):.0f}",
            f"{1000 * size.above_empty('cpu'):.0f}",
            f"{1000 * size.of_ansible('seconds'):.0f}",
            f"{1000 * size.of_ansible('cpu'):.0f}",
            f"{_median(size.converged, 'memory') / 1024:.0f}",
            f"{_median(size.empty, 'memory') / 1024:.0f}",
            f"{_median(size.converged, 'trips'):.0f}",
        )
        for size in sizes
    ]
    return ["| " + " | ".join(cells) + " |" for cells in (heads, ["---"] * len(heads), *rows)]


def measure(fleet: Fleet, connectors: Sequence[int], repeat: int) -> list[Size]:
    """By turns, so that what the machine does meanwhile meets every size."""
    sizes = [Size(hosts) for hosts in sorted(connectors)]
    fleet.onboard(sizes[-1].hosts)
    for _turn in range(repeat):
        for size in sizes:
            fleet.measure(size)
    return sizes
