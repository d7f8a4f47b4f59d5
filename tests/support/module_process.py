# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module in a process of its own, from a zip and with arguments on stdin, as Ansible does.

Unlike an ansible-playbook's, its clock is the sandbox's: waiting takes no time here either.
"""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.client import Sandbox
from support import tree
from support.clock import SandboxClock

PACKAGE = "ansible_collections/stackone/onboarding/plugins"
_MAIN = Path(__file__).with_name("module_main.py")


def run(
    sandbox: Sandbox,
    clock: SandboxClock,
    name: str,
    options: Mapping[str, Any],
    *,
    check_mode: bool,
) -> dict[str, Any]:
    """What the process printed. Time that passed in it has passed for ``clock`` too."""
    with tempfile.TemporaryDirectory(prefix="module-") as folder:
        time = Path(folder, "time.json")
        arguments = {
            **options,
            "_ansible_check_mode": check_mode,
            "_ansible_diff": True,
            # At -v a module's process says in its result what its twin says on the screen.
            "_ansible_verbosity": 1,
            "_ansible_remote_tmp": folder,
            "_ansible_tmpdir": folder,
        }
        announced = Path(folder, "sandbox.json")
        announced.write_text(json.dumps(sandbox.info), "utf-8")
        done = subprocess.run(
            [sys.executable, str(_MAIN), _archive(), name, str(announced), str(time)],
            input=json.dumps(
                {"moved": clock.moved, "arguments": {"ANSIBLE_MODULE_ARGS": arguments}}
            ),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout, done.stderr
        clock.has_passed(json.loads(time.read_text("utf-8")))
    result: dict[str, Any] = json.loads(done.stdout)
    assert bool(result.get("failed")) == bool(done.returncode), (done.returncode, result)
    return result


@functools.cache
def _archive() -> str:
    """The collection's modules and what they import, where packages are told by a file."""
    path = Path(tempfile.mkdtemp(prefix="modules-"), "modules.zip")
    with zipfile.ZipFile(path, "w") as archive:
        folders = [*Path(PACKAGE).parents][:-1]
        for folder in (*folders, Path(PACKAGE)):
            archive.writestr(f"{folder}/__init__.py", "")
        for part in ("modules", "module_utils"):
            archive.writestr(f"{PACKAGE}/{part}/__init__.py", "")
            for file in sorted((tree.ROOT / "plugins" / part).glob("*.py")):
                archive.write(file, f"{PACKAGE}/{part}/{file.name}")
    return str(path)
