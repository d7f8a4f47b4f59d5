# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tests on every ansible-core and Python that the collection supports: "make matrix".

And antsibull-nox's sessions, which antsibull-nox.toml sets up: "make collection-checks".
"""

from __future__ import annotations

import re
from pathlib import Path

import antsibull_nox
import nox

# Each core on the oldest Python that its controller supports, or on one that no other line has.
MATRIX = (
    ("2.16", "3.10"),
    ("2.16", "3.11"),
    ("2.17", "3.12"),
    ("2.18", "3.11"),
    ("2.19", "3.11"),
    ("2.20", "3.12"),
    ("2.21", "3.13"),
)
# The pages in docs/ show what this one prints.
THAT_OF_THE_PAGES = "2.19"
REQUIREMENTS = "tests/requirements.txt"
CONSTRAINTS = Path("tests", "constraints.txt")

# What cannot be the same everywhere: the core, what each core wants its own version of, and what
# has left Python 3.10 behind.
UNPINNED = ("ansible-core", "resolvelib", "hypothesis")

nox.needs_version = ">=2025.2.9"
antsibull_nox.load_antsibull_nox_toml()
nox.options.default_venv_backend = "venv"
# The others are antsibull-nox's. A missing interpreter is named and skipped; in CI it fails.
nox.options.sessions = ["core"]


@nox.session
@nox.parametrize(("core", "python"), MATRIX, ids=[f"{core}-py{python}" for core, python in MATRIX])
def core(session: nox.Session, core: str) -> None:
    """Unit tests, tests on the wire and integration targets, by modules and by action twins."""
    pins = Path(session.create_tmp(), "constraints.txt")
    pins.write_text(still_pinned(CONSTRAINTS.read_text("utf-8")), "utf-8")
    session.install(
        f"ansible-core~={core}.0", "--requirement", REQUIREMENTS, "--constraint", str(pins)
    )
    session.run("ansible", "--version")
    other = [] if core == THAT_OF_THE_PAGES else ["--ignore=tests/wire/test_pages.py"]
    session.run(
        *("python", "-m", "pytest", "tests/unit", "tests/wire", "--quiet", *other),
        *(session.posargs or ("--numprocesses", "2")),
    )
    session.run("python", "tests/tools/run_ansible_test.py", "integration")


def still_pinned(constraints: str) -> str:
    lines = constraints.splitlines(keepends=True)
    return "".join(line for line in lines if re.split(r"[=<>;\s]", line)[0] not in UNPINNED)
