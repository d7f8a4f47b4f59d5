# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft's Graph SDK for Python, which is led to the sandbox by Graph's public name."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from peers import installs, surroundings
from peers.conversation import Refused
from sandbox.client import Sandbox

STEPS_IN_THE_SDK = Path(__file__).resolve().parent / "graph_sdk_steps.py"


class GraphSdk:
    """A process of the SDK's own environment, which is told one step a line and answers each."""

    name = "msgraph-sdk"

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        commands = installs.python_environment("msgraph-sdk")
        folder.mkdir()
        self._process = subprocess.Popen(
            [str(commands / "python"), str(STEPS_IN_THE_SDK)],
            env=surroundings.environment(sandbox, folder, commands),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def take(self, step: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(f"{step}\n")
        except BrokenPipeError:
            raise Refused("the SDK's process has ended") from None
        answer = self._process.stdout.readline()
        problem = json.loads(answer)["problem"] if answer else "the SDK's process has ended"
        if problem:
            raise Refused(problem)

    def close(self) -> None:
        self._process.communicate(timeout=60)
