# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module in a process of its own, as Ansible does where no twin can take its place."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from support import tree
from support.modules import Call

_MODULES = "ansible_collections.stackone.onboarding.plugins.modules."

# What AnsiballZ does before it hands over to the module.
_START = """
import json, runpy, sys
from ansible.module_utils import basic
basic._ANSIBLE_PROFILE = "legacy"
basic._ANSIBLE_ARGS = sys.stdin.buffer.read()
runpy.run_module(sys.argv[1], run_name="__main__", alter_sys=True)
"""


def run_process(
    name: str,
    options: Mapping[str, Any],
    environment: Mapping[str, str],
    *,
    check_mode: bool = False,
    shadows: Path | None = None,
) -> Call:
    """The module's result. ``shadows`` is a folder whose modules come before the installed ones."""
    arguments = {"ANSIBLE_MODULE_ARGS": {**options, "_ansible_check_mode": check_mode}}
    folders = [str(shadows)] if shadows else []
    done = subprocess.run(
        [sys.executable, "-c", _START, _MODULES + name],
        input=json.dumps(arguments),
        env={
            **environment,
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join([*folders, str(tree.COLLECTIONS)]),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == "", done.stderr
    result = json.loads(done.stdout)
    assert done.returncode == (1 if result.get("failed") else 0)
    return Call(result)


def shadow(folder: Path, *libraries: str) -> Path:
    """A folder in which these libraries cannot be imported."""
    for library in libraries:
        text = f'raise ImportError("No module named {library}")\n'
        (folder / f"{library}.py").write_text(text, "utf-8")
    return folder
