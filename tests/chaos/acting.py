# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role's steps in a process forked from this one, its modules called as the twins call them."""

from __future__ import annotations

import importlib
import json
import multiprocessing
import os
import traceback
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from chaos.clock import SharedClock
from chaos.faults import Rules
from chaos.outcome import KILLED, Outcome
from chaos.role import Role, TaskFailed
from sandbox.client import Sandbox
from support.modules import environment_of

_PLUGINS = "ansible_collections.stackone.onboarding.plugins."
_BROKEN = 99  # not the role, but what runs it here

_fork = multiprocessing.get_context("fork")


def act(
    sandbox: Sandbox,
    clock: SharedClock,
    tasks_from: str,
    variables: Mapping[str, Any],
    rules: Rules,
    stop_after: int | None,
) -> Outcome:
    """``stop_after`` so many module calls the process is gone, as by a kill between two tasks."""
    results, sender = _fork.Pipe(duplex=False)
    receiver, start = _fork.Pipe(duplex=False)
    child = _fork.Process(
        target=_in_the_fork,
        args=(sandbox, clock, tasks_from, variables, stop_after, receiver, start, sender),
    )
    child.start()
    sender.close()
    assert child.pid is not None
    sandbox.faults(rules(child.pid))
    start.send(True)
    try:
        outcome = Outcome(**results.recv())
    except EOFError:
        outcome = Outcome(KILLED)
    child.join()
    assert outcome.code != _BROKEN, outcome.message
    return outcome


def _in_the_fork(
    sandbox: Sandbox,
    clock: SharedClock,
    tasks_from: str,
    variables: Mapping[str, Any],
    stop_after: int | None,
    start: Any,
    other_end: Any,
    results: Any,
) -> None:
    """A process group of its own, and connections of its own."""
    os.setpgid(0, 0)
    # Without this end of it here, the fork ends when its parent is gone.
    other_end.close()
    start.recv()
    calls = _Calls(clock.in_this_process(), stop_after)
    ended: dict[str, Any] = {"code": 0}
    with environment_of(sandbox.env()):
        try:
            Role(calls, **variables).play(tasks_from)
        except TaskFailed as failure:
            ended = {"code": 2, "message": str(failure.result.get("msg", ""))}
        except Exception:
            ended = {"code": _BROKEN, "message": traceback.format_exc()}
    results.send({**ended, "changed": calls.changed, "output": "\n".join(calls.said)})
    os._exit(0)


class _Calls:
    """Runs modules, with one memory for the whole run as a play has."""

    def __init__(self, clock: SharedClock, stop_after: int | None) -> None:
        self._clock = clock
        self._left = stop_after
        self._runner = importlib.import_module(_PLUGINS + "module_utils._runner")
        self._deadline = importlib.import_module(_PLUGINS + "module_utils._clock").Deadline
        self._memory = self._runner.RunMemory()
        self.changed = 0
        self.said: list[str] = []

    def __call__(self, name: str, options: dict[str, Any], check_mode: bool) -> dict[str, Any]:
        if self._left is not None:
            self._left -= 1
            if self._left < 0:
                os._exit(1)
        definition = importlib.import_module(f"{_PLUGINS}modules.{name}").DEFINITION
        validation = ArgumentSpecValidator(
            definition.argument_spec, **definition.constraints
        ).validate(options)
        assert not validation.error_messages, validation.error_messages
        run = self._runner.Run(
            definition,
            validation.validated_parameters,
            check_mode=check_mode,
            memory=self._memory,
            warn=self.said.append,
            say=self.said.append,
            trace=self.said.append,
        )
        run.deadline = self._deadline(self._clock, run.options["wait_timeout"])
        result: dict[str, Any] = self._runner.execute(run)
        shown = {key: item for key, item in result.items() if key not in definition.secret_results}
        self.said.append(json.dumps(shown, default=str))
        self.changed += bool(result.get("changed"))
        return result
