# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the pins of all that tests, checks and release install, and the demo's lock with hashes.

What is pinned stays so, unless --upgrade or --upgrade-package=NAME says otherwise.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LICENSE = (
    "# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors\n"
    f"# SPDX-{'License-Identifier'}: GPL-3.0-or-later\n"
)
PINS = "tests/constraints.txt"
ALL = [
    "tests/requirements.txt",
    "tests/requirements-checks.txt",
    "tests/requirements-release.txt",
]
# For every system and Python that the tests run on, not just this one.
RESOLVE = ["--universal", "--python-version", "3.11", "--no-header", "--no-annotate", "--quiet"]


def main() -> int:
    resolve(PINS, "What tests/requirements*.txt resolved to", *ALL, *sys.argv[1:])
    demo = ("demo/requirements.txt", "--constraint", PINS, "--generate-hashes", "--upgrade")
    resolve("demo/requirements-lock.txt", "What demo/requirements.txt resolved to", *demo)
    return 0


def resolve(output: str, title: str, *arguments: str) -> None:
    """uv takes the versions in the output file for wishes, if there is one."""
    command = ["uv", "pip", "compile", *RESOLVE, "--output-file", output, *arguments]
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    path = ROOT / output
    pins = path.read_text("utf-8")
    path.write_text(f'{LICENSE}# {title}; "make lock" writes it anew.\n{pins}', "utf-8")


if __name__ == "__main__":
    sys.exit(main())
