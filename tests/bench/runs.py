# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A first and a converged run of one connector, beside what Ansible itself costs."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.stopwatch import Lap, timed
from bench.waterfall import Span
from sandbox.client import Sandbox
from support.playbooks import ONBOARD, Player

ACTIONS = ["azuredevops_list_projects", "azuredevops_create_work_item"]
SCOPES = ["vso.project", "vso.work_write"]
TASKS = 5


@dataclass
class Row:
    """One way to spend time, measured several times."""

    name: str
    run: Callable[[], Lap]
    laps: list[Lap] = field(default_factory=list)

    def median(self, name: str) -> float:
        return statistics.median(getattr(lap, name) for lap in self.laps)


class Runs:
    """Runs playbooks against one sandbox, and counts what arrived there."""

    def __init__(self, sandbox: Sandbox, folder: Path, latency: float) -> None:
        self._sandbox = sandbox
        self._folder = folder
        self._latency = latency
        self._player = Player(sandbox, folder)

    def rows(self) -> list[Row]:
        ping = {"ansible.builtin.ping": {}, "delegate_to": "localhost"}
        return [
            Row("an empty play", lambda: self._play(_play())),
            Row(f"{TASKS} x ansible.builtin.ping", lambda: self._play(_play([ping] * TASKS))),
            Row("first run", self._first),
            Row("converged run", self._converged),
            Row("converged run, scopes given", lambda: self._converged(scopes=SCOPES)),
        ]

    def waterfalls(self) -> Iterator[tuple[str, list[Span], float]]:
        """A title, what happened when, and how long it took."""
        self._reset()
        for title in ("A first run", "A converged run"):
            yield (f"{title}, {self._latency:g} ms latency", *self._traced())

    def _first(self) -> Lap:
        self._reset()
        return self._play(ONBOARD, actions=ACTIONS)

    def _converged(self, **variables: Any) -> Lap:
        self._reset()
        self._play(ONBOARD, actions=ACTIONS, **variables)
        return self._play(ONBOARD, actions=ACTIONS, **variables)

    def _reset(self) -> None:
        self._sandbox.reset(latency_ms=self._latency)

    def _play(self, playbook: str | Sequence[Mapping[str, Any]], **variables: Any) -> Lap:
        self._sandbox.clear()
        command = self._player.command(playbook, **variables)
        lap = timed(command, self._player.quiet_environment())
        return lap.with_requests(self._sandbox.requests())

    def _traced(self) -> tuple[list[Span], float]:
        self._sandbox.clear()
        tasks = self._folder / "spans"
        tasks.unlink(missing_ok=True)
        environment = {
            **self._player.quiet_environment(),
            "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback_plugins"),
            "ANSIBLE_CALLBACKS_ENABLED": "spans",
            "SPANS_TO": str(tasks),
        }
        began = time.time()
        lap = timed(self._player.command(ONBOARD, actions=ACTIONS), environment)
        began_tasks = [json.loads(line) for line in tasks.read_text("utf-8").splitlines()]
        spans = [Span("task", "Ansible starts", 0.0, began_tasks[0]["time"] - began)]
        for task, following in pairwise(began_tasks):
            spans.append(
                Span("task", task["task"], task["time"] - began, following["time"] - began)
            )
        spans += [_request(entry, began, self._latency) for entry in self._sandbox.requests()]
        return spans, lap.seconds


def _request(entry: Mapping[str, Any], began: float, latency: float) -> Span:
    """The latency is the time on the way there, before the sandbox sees the request."""
    part = f" [{entry['part']}]" if entry["part"] is not None else ""
    path = entry["path"].removeprefix("/v1.0")
    return Span(
        entry["service"],
        f"{entry['method']} {path}{part}",
        entry["time"] - began - latency / 1000,
        entry["answered"] - began,
    )


def _play(tasks: Sequence[Mapping[str, Any]] = ()) -> list[Mapping[str, Any]]:
    return [{"hosts": "all", "gather_facts": False, "tasks": list(tasks)}]
