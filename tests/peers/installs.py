# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each peer's own environment below .cache/peers, made once and made anew when its pins change."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[1] / ".cache" / "peers"
PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input", "--retries", "8")
# No script of a package runs: they would fetch what no registry holds.
NPM = ("install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")


class Unavailable(Exception):
    """A peer that cannot be set up here, and why."""


def python_environment(name: str) -> Path:
    """The folder of commands of the virtual environment with requirements-NAME.txt."""
    requirements = HERE / f"requirements-{name}.txt"
    folder = CACHE / name

    def install() -> None:
        _run(name, [sys.executable, "-m", "venv", str(folder)])
        python = str(folder / "bin" / "python")
        _run(name, [python, *PIP, "install", "--requirement", str(requirements)])

    _install_once(folder, f"{sys.version}\n{requirements.read_text('utf-8')}", install)
    return folder / "bin"


def pinned_version(name: str) -> str:
    """The version of the package that an environment is named after."""
    lines = (HERE / f"requirements-{name}.txt").read_text("utf-8").splitlines()
    return next(line.partition("==")[2] for line in lines if line.startswith(f"{name}=="))


def node_package(name: str, package: str) -> Path:
    """The folder of commands of an npm package, pinned as name@version."""
    folder = CACHE / name
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise Unavailable(f"{name}: Node.js with npm is not installed on this machine")

    def install() -> None:
        folder.mkdir(parents=True)
        _run(name, [npm, *NPM, "--prefix", str(folder), package])

    _install_once(folder, package, install)
    return folder / "node_modules" / ".bin"


def _install_once(folder: Path, wanted: str, install: Callable[[], None]) -> None:
    """What is there and was finished with the same pins stays; anything else is made anew."""
    CACHE.mkdir(parents=True, exist_ok=True)
    stamp = folder / ".installed"
    with _alone(folder.name):
        if stamp.is_file() and stamp.read_text("utf-8") == wanted:
            return
        print(f"Installing {folder.name} into {folder} ...", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        install()
        stamp.write_text(wanted, "utf-8")


@contextlib.contextmanager
def _alone(name: str) -> Iterator[None]:
    """Two runs at once install one after the other."""
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(name: str, command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise Unavailable(f"{name}: {command[0]} failed: " + "\n".join(lines[-5:]))
