# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One ansible-playbook, the leader of a session and a process group of its own.

Before it begins it stops itself: a fault that kills it needs the number of its group.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from chaos.outcome import Outcome
from chaos.warm import WarmProcess
from sandbox.client import Sandbox
from support import playbooks

PLAYBOOKS = {"main": "onboard", "rotate": "rotate", "offboard": "offboard"}

_OWN_PLUGINS = Path(__file__).parent / "callback_plugins"
_SHARED_PLUGINS = Path(playbooks.__file__).parent / "callback_plugins"


def environment(sandbox: Sandbox, folder: Path, record: Path) -> dict[str, str]:
    """Whatever a run writes, it writes into its folder."""
    own = {
        "TMPDIR": str(folder / "tmp"),
        "ANSIBLE_CALLBACK_PLUGINS": f"{_SHARED_PLUGINS}{os.pathsep}{_OWN_PLUGINS}",
        "ANSIBLE_CALLBACKS_ENABLED": "record,one_group",
    }
    return playbooks.Player(sandbox, folder).environment(record, own)


class Playing:
    """``with Playing(…) as run``: started and stopped; nothing of it lives on afterwards."""

    def __init__(
        self,
        sandbox: Sandbox,
        folder: Path,
        name: str,
        warm: WarmProcess | None,
        tasks_from: str,
        arguments: Sequence[str],
        variables: Mapping[str, Any],
    ) -> None:
        self._folder = folder
        self._record = folder / f"{name}.record"
        self._output = folder / f"{name}.output"
        self._environment = environment(sandbox, folder, self._record)
        self._command = playbooks.Player(sandbox, folder).command(
            f"stackone.onboarding.{PLAYBOOKS[tasks_from]}", *arguments, **variables
        )
        self._warm = warm
        self._code: int | None = None
        self.pid = 0

    def __enter__(self) -> Playing:
        (self._folder / "tmp").mkdir(exist_ok=True)
        self._wait = self._start_cold() if self._warm is None else self._start_warm(self._warm)
        return self

    def __exit__(self, *_error: object) -> None:
        if self._code is None:
            os.killpg(self.pid, signal.SIGKILL)
            self._wait()

    def _start_cold(self) -> Callable[[], int]:
        with self._output.open("wb") as output:
            process = subprocess.Popen(
                ["/bin/sh", "-c", 'kill -STOP $$; exec "$@"', "sh", *self._command],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.pid = process.pid
        os.waitpid(self.pid, os.WUNTRACED)
        return process.wait

    def _start_warm(self, warm: WarmProcess) -> Callable[[], int]:
        self.pid = warm.fork(
            command=self._command,
            environment=self._environment,
            folder=str(self._folder),
            output=str(self._output),
        )
        return lambda: warm.wait(self.pid)

    def go(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def wait(self) -> Outcome:
        self._code = code = self._wait()
        output = self._output.read_text("utf-8", "replace")
        changed = re.search(r"^connector +: .*\bchanged=(\d+)", output, re.MULTILINE)
        return Outcome(
            code,
            int(changed[1]) if changed else 0,
            self._last_failure() if code else "",
            output,
        )

    def _last_failure(self) -> str:
        lines = self._record.read_text("utf-8").splitlines() if self._record.exists() else []
        # A run that was killed may have left half a line.
        tasks = [json.loads(line) for line in lines if line.endswith("}")]
        failed = [task["result"] for task in tasks if task["status"] == "failed"]
        return str(failed[-1].get("msg", "")) if failed else ""
