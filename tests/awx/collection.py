# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection awx.awx, out of the package "ansible" on PyPI, kept below .cache/awx."""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from support.tree import ROOT

PACKAGE = "ansible==12.3.0"
CACHE = ROOT / ".cache" / "awx"
INSIDE = "ansible_collections/awx/awx/"


def collections_path() -> Path:
    """A folder for ANSIBLE_COLLECTIONS_PATH. Downloaded once; tests at once wait for each other."""
    folder = CACHE / PACKAGE
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=CACHE) as draft:
                _unpack(_download(Path(draft)), Path(draft, "unpacked"))
                shutil.move(Path(draft, "unpacked"), folder)
    return folder


def _download(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download"]
    command += ["--no-deps", "--only-binary", ":all:", "--dest", str(folder), PACKAGE]
    subprocess.run(command, check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def _unpack(wheel: Path, folder: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if name.startswith(INSIDE)])
