# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at the built collection as a careful user would: what is in it, and does it run offline.

It holds what git holds of the folders below and nothing else. In an empty environment, without a
network where the kernel gives us a namespace of our own, it installs and its demo runs.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WHEELS = ROOT / "build" / "wheels"
# Its hashes make pip take these very files.
LOCK = ROOT / "demo" / "requirements-lock.txt"

SHIPPED = (
    *(
        "plugins/",
        "roles/",
        "playbooks/",
        "meta/",
        "docs/",
        "changelogs/",
        "awx/",
        "demo/",
        "examples/",
        "LICENSES/",
    ),
    *("tests/sandbox/", "tests/config.yml", "requirements.txt", "execution-environment.yml"),
    *("README.md", "SECURITY.md", "CHANGELOG.rst", "COPYING"),
)
# ansible-galaxy writes them.
WRITTEN = {"MANIFEST.json", "FILES.json"}


def main() -> int:
    tarball = Path(sys.argv[1]).resolve()
    wrong = differences(files_of(tarball), tracked())
    if wrong:
        print("\n".join(wrong))
        return 1
    print(f"{tarball.name}: {tarball.stat().st_size // 1024} KiB, nothing missing or left over")
    fetch_wheels()
    with tempfile.TemporaryDirectory(prefix="offline-") as folder:
        install_and_run(tarball, Path(folder))
    return 0


def files_of(tarball: Path) -> set[str]:
    with tarfile.open(tarball) as archive:
        return {member.name for member in archive.getmembers() if not member.isdir()}


def tracked() -> set[str]:
    command = ["git", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    return set(filter(None, listed.decode().split("\0")))


def differences(inside: set[str], in_git: set[str]) -> list[str]:
    wanted = {name for name in in_git if name.startswith(SHIPPED)} | WRITTEN
    return [
        *(f"left over: {name}" for name in sorted(inside - wanted)),
        *(f"missing: {name}" for name in sorted(wanted - inside)),
    ]


def fetch_wheels() -> None:
    """The one step with a network: what the demo needs, as locked, for this Python."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*command, "--requirement", str(LOCK), "--dest", str(WHEELS)], check=True)


def install_and_run(tarball: Path, folder: Path) -> None:
    environment = folder / "venv"
    venv.create(environment, with_pip=True)
    programs = environment / "bin"
    collections = folder / "collections"
    installed = collections / "ansible_collections" / "stackone" / "onboarding"
    pip = [str(programs / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    galaxy = [str(programs / "ansible-galaxy"), "collection"]
    where = ["--collections-path", str(collections), "--offline"]
    without = without_network()
    print("offline: " + ("in a namespace without a network" if without else "by options only"))
    for command in (
        [*pip, "--no-index", "--find-links", str(WHEELS), "--requirement", str(LOCK)],
        [*galaxy, "install", str(tarball), *where],
        [*galaxy, "verify", "stackone.onboarding", *where],
        [str(programs / "python"), str(installed / "demo" / "demo.py")],
    ):
        environ = {"HOME": str(folder), "PATH": f"{programs}:/usr/bin:/bin", "LANG": "C.UTF-8"}
        subprocess.run([*without, *command], cwd=folder, env=environ, check=True)


def without_network() -> Sequence[str]:
    """A prefix for a command that shall see the loopback interface alone; empty where none can."""
    prefix = ["unshare", "--net", "--map-root-user", "sh", "-c", 'ip link set lo up && exec "$@"']
    prefix.append("offline")
    tools = shutil.which("unshare") and shutil.which("ip")
    works = tools and subprocess.run([*prefix, "true"], check=False, capture_output=True)
    return prefix if works and works.returncode == 0 else ()


if __name__ == "__main__":
    sys.exit(main())
