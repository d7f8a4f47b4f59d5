# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-playbook from a process that has imported it already: a third less CPU for each run.

`python -m chaos.warm` reads an order a line. A run is a fork that becomes the leader of a session
of its own and stops; its starter says SIGCONT when all is set. Nothing of a run stays here.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


class WarmProcess:
    """The other side: starts the process, and runs there."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        paths = [str(Path(__file__).parents[1]), environment.get("PYTHONPATH", "")]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "chaos.warm"],
            env={**environment, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def fork(self, **order: Any) -> int:
        """A stopped run, by its process id."""
        return self._ask(order)

    def wait(self, pid: int) -> int:
        """The exit code, negative for a signal."""
        return self._ask({"wait": pid})

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _ask(self, order: Mapping[str, Any]) -> int:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def serve() -> None:
    importlib.import_module("msal")
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            answer = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
        else:
            answer = os.fork()
            if not answer:
                _become(**order)
            os.waitpid(answer, os.WUNTRACED)
        print(answer, flush=True)


def _become(
    command: Sequence[str], environment: Mapping[str, str], folder: str, output: str
) -> None:
    """Turn this fork into the command. Does not return."""
    import ansible.cli.playbook

    code: Any = 1
    try:
        os.setsid()
        os.chdir(folder)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 1)
        os.dup2(1, 2)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = list(command)
        os.kill(os.getpid(), signal.SIGSTOP)
        ansible.cli.playbook.main()
    except SystemExit as done:
        code = done.code or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
