# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs ansible-playbook against the sandbox, and reads what its tasks returned."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sandbox.client import Sandbox
from support import tree

ONBOARD = "stackone.onboarding.onboard"
ROTATE = "stackone.onboarding.rotate"
OFFBOARD = "stackone.onboarding.offboard"


@dataclass
class Played:
    """A finished ansible-playbook."""

    code: int
    output: str
    tasks: list[dict[str, Any]] = field(default_factory=list)

    @property
    def changed(self) -> int:
        """Tasks that reported a change."""
        return sum(1 for item in self.tasks if item["result"].get("changed"))

    def of(self, action: str) -> list[dict[str, Any]]:
        """The results of one module, by its name without the collection's."""
        return [
            item["result"] for item in self.tasks if item["action"].rsplit(".", 1)[-1] == action
        ]

    @property
    def result(self) -> dict[str, Any]:
        """The role's result fact, of the last host that set it."""
        name = "entra_connector_result"
        facts = [item.get("ansible_facts", {}) for item in self.of("set_fact")]
        return dict([item[name] for item in facts if name in item][-1])

    @property
    def failure(self) -> dict[str, Any]:
        """The last failed task's result."""
        return dict([item for item in self.tasks if item["status"] == "failed"][-1]["result"])


class Player:
    """``player.onboard(actions=[…])`` runs the playbook with these variables of the role."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self._sandbox = sandbox
        self._folder = folder
        self._runs = 0

    def onboard(self, *arguments: str, **variables: Any) -> Played:
        return self.play(ONBOARD, *arguments, **variables)

    def play(
        self,
        playbook: str | Sequence[Mapping[str, Any]],
        *arguments: str,
        hosts: Sequence[str] = ("connector",),
        environment: Mapping[str, str] | None = None,
        extra_vars: Mapping[str, Any] | None = None,
        timeout: float = 120,
        **variables: Any,
    ) -> Played:
        """A playbook by name or as data; ``variables`` get the role's prefix."""
        record = self._folder / f"record-{self._runs}"
        self._runs += 1
        command = self.command(
            playbook, *arguments, hosts=hosts, extra_vars=extra_vars, **variables
        )
        done = subprocess.run(
            command,
            cwd=self._folder,
            env=self.environment(record, environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )
        lines = record.read_text("utf-8").splitlines() if record.exists() else []
        return Played(done.returncode, done.stdout, [json.loads(line) for line in lines])

    def command(
        self,
        playbook: str | Sequence[Mapping[str, Any]],
        *arguments: str,
        hosts: Sequence[str] = ("connector",),
        extra_vars: Mapping[str, Any] | None = None,
        **variables: Any,
    ) -> list[str]:
        if not isinstance(playbook, str):
            path = self._folder / f"playbook-{self._runs}.yml"
            path.write_text(yaml.safe_dump(list(playbook), sort_keys=False), "utf-8")
            playbook = str(path)
        values = {f"entra_connector_{name}": value for name, value in variables.items()}
        values.update(extra_vars or {})
        return [
            str(Path(sys.executable).parent / "ansible-playbook"),
            playbook,
            "--inventory",
            ",".join(hosts) + ",",
            "--extra-vars",
            json.dumps(values),
            *arguments,
        ]

    def quiet_environment(self) -> dict[str, str]:
        """Without the recording callback, for runs that are timed."""
        environment = self.environment(Path(os.devnull))
        del environment["ANSIBLE_CALLBACKS_ENABLED"], environment["ANSIBLE_CALLBACK_PLUGINS"]
        return environment

    def environment(self, record: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("AZURE_", "ENTRA_", "STACKONE_", "ANSIBLE_"))
        }
        plugins = Path(__file__).parent / "callback_plugins"
        return {
            **kept,
            **self._sandbox.env(),
            "ANSIBLE_COLLECTIONS_PATH": str(tree.COLLECTIONS),
            "ANSIBLE_CALLBACK_PLUGINS": str(plugins),
            "ANSIBLE_CALLBACKS_ENABLED": "record",
            "ANSIBLE_LOCALHOST_WARNING": "False",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_HOME": str(self._folder / "ansible-home"),
            "ANSIBLE_LOCAL_TEMP": str(self._folder / "ansible-local-tmp"),
            "ANSIBLE_REMOTE_TEMP": str(self._folder / "ansible-remote-tmp"),
            "RECORD_TO": str(record),
            **(more or {}),
        }
