# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A sandbox and a folder of its own, and two ways to run the role there.

``play`` is ansible-playbook, so the action twins; all that it writes stays in the folder. ``act``
is the role's steps in a forked process: five times as fast, for making the state that a trial
begins with, and where a search needs very many runs.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chaos import acting, playing
from chaos.clock import SharedClock
from chaos.faults import Rules, no_rules
from chaos.outcome import Outcome
from chaos.warm import WarmProcess
from sandbox.client import Sandbox
from support import leaks

ACTIONS = ["azuredevops_list_projects", "azuredevops_create_work_item"]
SCOPES = ["vso.project", "vso.work_write"]

# What every run is given: time-outs that are over before a stall is, and no grace for orphans.
CONNECTION = {"request_timeout": 2, "wait_timeout": 60}


class Stage:
    """Where trials take place, one after the other."""

    def __init__(self, sandbox: Sandbox, folder: Path, warm: WarmProcess | None) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.clock = SharedClock(sandbox)
        self.secrets = leaks.Secrets(sandbox)
        self._warm = warm
        self._runs = 0

    @classmethod
    @contextlib.contextmanager
    def open(cls, *, warm: bool = False) -> Iterator[Stage]:
        """``warm``: runs are forked from a process that has imported Ansible already."""
        with contextlib.ExitStack() as stack:
            sandbox = stack.enter_context(Sandbox())
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
            process = None
            if warm:
                # Ansible reads its settings when it is imported.
                process = WarmProcess(playing.environment(sandbox, folder, folder / "none"))
                stack.callback(process.close)
            yield cls(sandbox, folder, process)

    def clear(self, **options: Any) -> None:
        """The seeded state, and an empty folder."""
        self.sandbox.reset(secret_prefix=leaks.AWKWARD, **options)
        self.clock.reset()
        self.secrets = leaks.Secrets(self.sandbox)
        for path in self.folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def play(
        self, tasks_from: str, *arguments: str, rules: Rules = no_rules, **variables: Any
    ) -> Outcome:
        """One run that meets these faults; the journal begins with it."""
        (outcome,) = self.play_together(1, tasks_from, *arguments, rules=rules, **variables)
        return outcome

    def play_together(
        self,
        number: int,
        tasks_from: str,
        *arguments: str,
        rules: Rules = no_rules,
        **variables: Any,
    ) -> list[Outcome]:
        """So many runs at the same time."""
        self.sandbox.clear()
        with contextlib.ExitStack() as stack:
            runs = [
                stack.enter_context(self._playing(tasks_from, arguments, variables))
                for _number in range(number)
            ]
            for run in runs:
                self.sandbox.faults(rules(run.pid))
            for run in runs:
                run.go()
            outcomes = [run.wait() for run in runs]
        return self._ended(outcomes)

    def _playing(
        self, tasks_from: str, arguments: tuple[str, ...], variables: dict[str, Any]
    ) -> playing.Playing:
        self._runs += 1
        return playing.Playing(
            self.sandbox,
            self.folder,
            f"{self._runs:02}",
            self._warm,
            tasks_from,
            arguments,
            _with_defaults(variables),
        )

    def act(
        self,
        tasks_from: str,
        *,
        rules: Rules = no_rules,
        stop_after: int | None = None,
        **variables: Any,
    ) -> Outcome:
        """As ``play``, but nothing is written into the folder, and waiting takes no time."""
        self.sandbox.clear()
        given = _with_defaults(variables)
        outcome = acting.act(self.sandbox, self.clock, tasks_from, given, rules, stop_after)
        return self._ended([outcome])[0]

    def _ended(self, outcomes: list[Outcome]) -> list[Outcome]:
        """Faults are over; every secret that there is by now is known, also one that got lost."""
        self.sandbox.clear_faults()
        self.secrets.learn_from_wire()
        for app in self.sandbox.state()["applications"]:
            self.secrets.learn(app["_secrets"].values())
        return outcomes


def _with_defaults(variables: dict[str, Any]) -> dict[str, Any]:
    """With what every run is told; ``connection`` is told to both services."""
    given = dict(variables)
    connection = {**CONNECTION, **given.pop("connection", {})}
    return {
        "actions": ACTIONS,
        "orphan_after": 0,
        "entra": connection,
        "stackone": connection,
        **given,
    }
