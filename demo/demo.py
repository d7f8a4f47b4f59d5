# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Onboards Azure DevOps against the sandbox, and shows that a second run changes nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from sandbox.client import Sandbox  # noqa: E402 - after the path is set


def main() -> int:
    with Sandbox() as sandbox:
        print(f"The sandbox stands for Microsoft Entra ID, Graph and StackOne: {sandbox.url}\n")
        environment = {
            **os.environ,
            **sandbox.env(),
            "ANSIBLE_COLLECTIONS_PATH": str(collections()),
            "ANSIBLE_LOCALHOST_WARNING": "False",
            "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "False",
        }
        for title in ("First run: the documented sequence", "Second run: nothing to do"):
            print(f"--- {title}", flush=True)
            sandbox.clear()
            code = play(environment)
            if code:
                return code
            print(f"{sandbox.wire_count()} requests.\n")
        # A demo that only looks right would be worse than none.
        return 1 if sandbox.violations() else 0


def collections() -> Path:
    """Where this collection is installed, or where a clone is linked to by make."""
    installed = ROOT.parents[1].name == "ansible_collections"
    return ROOT.parents[2] if installed else ROOT / ".cache" / "collections"


def play(environment: dict[str, str]) -> int:
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "demo/demo.yml"]
    command += ["--inventory", "demo/inventory.yml"]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
