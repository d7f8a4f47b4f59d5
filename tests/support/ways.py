# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays that run modules in Ansible's workers or in processes, and tell which way it was."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import yaml

from sandbox.client import Sandbox
from support import tree
from support.playbooks import Played, Player

Task = Mapping[str, Any]

COLLECTION = "stackone.onboarding."
WAYS = ("twin", "module")

_HERE = Path(__file__).parent


class Ways:
    """``ways.play([task, …], way="module")``: a play whose modules are started by a witness.

    The witness is an interpreter that notes its command line: executing a module starts it, an
    action twin does not.
    """

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self._player = Player(sandbox, folder)
        self.folder = folder
        self._notes = folder / "starts"
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        # ansible-core 2.21 has a socket in TMPDIR, and the path of one is short.
        self._shortcuts = tempfile.TemporaryDirectory(prefix="ways-")
        self._shortcut = Path(self._shortcuts.name, "tmp")
        self._shortcut.symlink_to(self.temporary)
        self.interpreter = self.script(
            "python", f"echo \"$*\" >> '{self._notes}'\nexec '{sys.executable}' \"$@\"\n"
        )

    def close(self) -> None:
        self._shortcuts.cleanup()

    def script(self, name: str, body: str) -> Path:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{body}", "utf-8")
        path.chmod(0o755)
        return path

    def play(
        self,
        tasks: Sequence[Task],
        *arguments: str,
        way: str = "twin",
        hosts: Sequence[str] = ("localhost",),
        outside: Mapping[str, str] | None = None,
        **keywords: Any,
    ) -> Played:
        """``keywords`` are the play's; ``outside`` is laid over ansible-playbook's environment.

        With an empty ``way`` nothing is said about it.
        """
        return self._player.play(
            [self.as_play(tasks, **keywords)],
            *arguments,
            hosts=hosts,
            environment=self.outside(outside),
            extra_vars={"stackone_onboarding_in_process": way == "twin"} if way else {},
        )

    def play_named(self, playbook: str, *arguments: str, way: str, **variables: Any) -> Played:
        """A playbook of the collection; ``variables`` get the role's prefix."""
        return self._player.play(
            playbook,
            *arguments,
            environment=self.outside(),
            extra_vars={
                "stackone_onboarding_in_process": way == "twin",
                "ansible_python_interpreter": str(self.interpreter),
            },
            **variables,
        )

    def as_play(self, tasks: Sequence[Task], **keywords: Any) -> dict[str, Any]:
        variables = {
            "ansible_python_interpreter": str(self.interpreter),
            # So that a module comes as a file that bears its name.
            "ansible_pipelining": False,
            **keywords.pop("vars", {}),
        }
        return {
            "hosts": "all",
            "gather_facts": False,
            "connection": "local",
            "vars": variables,
            "tasks": list(tasks),
            **keywords,
        }

    def outside(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        return {
            "ANSIBLE_CONNECTION_PLUGINS": str(_HERE / "connection_plugins"),
            "ANSIBLE_ASYNC_DIR": str(self.temporary / "async"),
            "ANSIBLE_LOG_PATH": str(self.folder / "ansible.log"),
            "TMPDIR": str(self._shortcut),
            **(more or {}),
        }

    @contextmanager
    def playing(
        self, tasks: Sequence[Task], *arguments: str, hosts: Sequence[str], **keywords: Any
    ) -> Iterator[Playing]:
        """A play to look at while it runs."""
        path = self.folder / "playing.yml"
        path.write_text(yaml.safe_dump([self.as_play(tasks, **keywords)], sort_keys=False), "utf-8")
        command = self._player.command(str(path), *arguments, hosts=hosts)
        environment = self._player.environment(self.folder / "record", self.outside())
        with Playing(command, environment, self.folder) as playing:
            yield playing

    def started(self) -> Counter[str]:
        """How often each module was named on the command line of a process of its own."""
        text = self._notes.read_text("utf-8") if self._notes.exists() else ""
        return Counter(re.findall(r"/(?:AnsiballZ_)?(\w+)\.py\b", text))

    @property
    def log(self) -> str:
        path = self.folder / "ansible.log"
        return path.read_text("utf-8") if path.exists() else ""


class Playing:
    """An ansible-playbook that runs."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], cwd: Path) -> None:
        self._process = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._said: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        self._said.extend(self._process.stdout)

    def __enter__(self) -> Playing:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._process.poll() is None:
            self.kill()
            self._process.wait()

    def kill(self) -> None:
        """With all that descend from it: a worker left alone would go on, in the next test's world.

        Each is stopped before its children are looked for, so that none can be born meanwhile.
        """
        pids = [self._process.pid]
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
            pids += _children(pid)
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def finish(self, timeout: float = 60) -> Played:
        code = self._process.wait(timeout)
        self._reader.join(timeout)
        return Played(code, "".join(self._said))

    def processes(self) -> list[int]:
        """The process and all that descend from it."""
        found = [self._process.pid]
        for pid in found:
            found += _children(pid)
        return found


def _children(pid: int) -> list[int]:
    """Of each thread. A process or a thread that has just ended has none."""
    found: list[int] = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += map(int, children.read_text().split())
    return found


def definitions() -> dict[str, Any]:
    """What every module of the collection is defined as, by its name."""
    import importlib

    names = sorted(path.stem for path in (tree.ROOT / "plugins" / "modules").glob("[a-z]*.py"))
    package = "ansible_collections.stackone.onboarding.plugins.modules."
    return {name: importlib.import_module(package + name).DEFINITION for name in names}
