# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of plugins/ that the tests on the wire run, the twin way and the module way apart.

twin: modules' code in the calling process, by action plugins in Ansible's workers or by a test;
and all that runs on the controller. module: modules in processes of their own, started by Ansible
or by a test. Those run from a zip, by which the two are told apart. Tests that call modules
themselves run once each way.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from coverage import Coverage, CoverageData
from coverage.exceptions import DataError

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "coverage"
PLUGINS = ROOT / "plugins"
IN_ZIP = "**/*.zip/ansible_collections/stackone/onboarding/plugins"
ENOUGH = 95.0

# What can run at all in each way.
PARTS = {
    "twin": sorted(path.name for path in PLUGINS.iterdir() if path.is_dir()),
    "module": ["module_utils", "modules"],
}
SETTINGS = f"""\
[run]
data_file = {BUILD}/data
include =
    {PLUGINS}/*
    {IN_ZIP}/*
parallel = true
# Ansible forks its workers, and they end at once.
patch = subprocess, fork, _exit
disable_warnings = no-data-collected

[paths]
plugins =
    {PLUGINS}
    {IN_ZIP}

[report]
exclude_also =
    if TYPE_CHECKING:
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--way", choices=PARTS, action="append", help="run the tests only this way")
    parser.add_argument("--keep", action="store_true", help="add to what earlier runs measured")
    parser.add_argument("pytest", nargs="*", help="handed on to pytest, instead of all the tests")
    options = parser.parse_args()
    if not options.keep:
        shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True, exist_ok=True)
    settings = BUILD / "settings"
    settings.write_text(SETTINGS, "utf-8")
    codes = [run_tests(settings, way, options.pytest) for way in options.way or PARTS]
    reached = [report(settings, way, files) for way, files in by_way().items()]
    return max(codes) or int(min(reached) < ENOUGH)


def run_tests(settings: Path, way: str, arguments: Sequence[str]) -> int:
    command = [sys.executable, "-m", "coverage", "run", f"--rcfile={settings}", "-m", "pytest"]
    command += arguments or ["tests/wire", "--numprocesses", "2", "--quiet"]
    environment = {**os.environ, "WAY": way}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def by_way() -> dict[str, list[str]]:
    """The files of measurements: a process that ran code from a zip was a module's."""
    found: dict[str, list[str]] = {way: [] for way in PARTS}
    for path in sorted(BUILD.glob("data.*")):
        data = CoverageData(str(path))
        try:
            data.read()
        except DataError:
            continue  # of a process that a test killed
        names = data.measured_files()
        if names:
            found["module" if any(".zip/" in name for name in names) else "twin"].append(str(path))
    return found


def report(settings: Path, way: str, files: Sequence[str]) -> float:
    """Prints the lines of each part, and which files lack some. Returns the percentage."""
    if not files:
        print(f"\n{way}: nothing ran this way")
        return 0.0
    coverage = Coverage(data_file=str(BUILD / f"combined-{way}"), config_file=str(settings))
    coverage.combine(files, keep=True)
    data = coverage.get_data()
    sources = [path for part in PARTS[way] for path in sorted((PLUGINS / part).rglob("*.py"))]
    data.touch_files(map(str, sources))
    print(f"\n{way}: lines run by tests on the wire")
    lines = missing = 0
    for part in PARTS[way]:
        counts = [lines_of(coverage, path) for path in sources if (PLUGINS / part) in path.parents]
        of_part, missing_in_part = (sum(column) for column in zip(*counts, strict=True))
        print(f"  {part:14}{share(of_part, missing_in_part):6.1f} %{of_part:6} lines")
        lines += of_part
        missing += missing_in_part
    print(f"  {'all':14}{share(lines, missing):6.1f} %{lines:6} lines", flush=True)
    with (BUILD / f"{way}.txt").open("w", encoding="utf-8") as file:
        names = [str(path) for path in sources]
        coverage.report(morfs=names, show_missing=True, skip_covered=True, file=file)
    with contextlib.suppress(ValueError):
        print(f"  what is missing: {(BUILD / f'{way}.txt').relative_to(Path.cwd())}")
    return share(lines, missing)


def lines_of(coverage: Coverage, path: Path) -> tuple[int, int]:
    _name, statements, _excluded, missing, _formatted = coverage.analysis2(str(path))
    return len(statements), len(missing)


def share(lines: int, missing: int) -> float:
    return 100 * (1 - missing / lines) if lines else 100.0


if __name__ == "__main__":
    sys.exit(main())
