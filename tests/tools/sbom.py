# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bills of materials in CycloneDX, in build/sbom: what is installed, and where it came from.

runtime: what the collection asks for beside Ansible. demo: as demo/requirements-lock.txt has it.
tests: the environment that runs this.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "sbom"
BIN = Path(sys.executable).parent


def main() -> int:
    BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sbom-") as folder:
        subject = collection(Path(folder))
        write("runtime", subject, "environment", runtime(Path(folder, "runtime")))
        write("demo", subject, "requirements", str(ROOT / "demo" / "requirements-lock.txt"))
        write("tests", subject, "environment", sys.executable)
    return 0


def collection(folder: Path) -> Path:
    """What the bills are for, in the one form in which the tool takes that."""
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text("utf-8"))
    path = folder / "pyproject.toml"
    name = f"{galaxy['namespace']}.{galaxy['name']}"
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    needed = [line for line in lines if not line.startswith("#")]
    path.write_text(
        f'[project]\nname = "{name}"\nversion = "{galaxy["version"]}"\ndependencies = {needed}\n',
        "utf-8",
    )
    return path


def runtime(folder: Path) -> str:
    """An environment that has nothing but requirements.txt, as pinned; its interpreter."""
    venv.create(folder, with_pip=False)
    python = str(folder / "bin" / "python")
    command = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    command += ["--disable-pip-version-check", "--requirement", str(ROOT / "requirements.txt")]
    command += ["--constraint", str(ROOT / "tests" / "constraints.txt")]
    subprocess.run(command, check=True)
    return python


def write(name: str, subject: Path, source: str, target: str) -> None:
    output = BUILD / f"{name}.cdx.json"
    command = [str(BIN / "cyclonedx-py"), source, target, "--output-reproducible"]
    command += ["--pyproject", str(subject), "--mc-type", "application"]
    command += ["--output-file", str(output)]
    subprocess.run(command, cwd=ROOT, check=True)
    print(output.relative_to(ROOT))


if __name__ == "__main__":
    sys.exit(main())
