# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs ansible-test on a copy of the tree that lies where ansible-test wants it.

ansible-test insists on ansible_collections/stackone/onboarding/ above the tree, refuses a link,
and skips everything in a folder that a repository around it ignores: hence a copy elsewhere.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

BIN = Path(sys.executable).parent
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=["sanity", "integration"])
    parser.add_argument("rest", nargs="*", help="handed on to ansible-test")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ansible-test-") as folder:
        tree = copy_tree(Path(folder))
        if options.command == "sanity":
            prepare_get_pip()
            return run(tree, ["sanity", *options.rest])
        return integration(tree, options.rest)


def copy_tree(folder: Path) -> Path:
    """What git would commit, and a repository of its own around it, since ansible-test asks git."""
    tree = folder / "ansible_collections" / "stackone" / "onboarding"
    tree.mkdir(parents=True)
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        source, target = ROOT / name, tree / name
        if source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    subprocess.run(["git", "init", "--quiet", "."], cwd=tree, check=True)
    subprocess.run(["git", "add", "--all"], cwd=tree, check=True)
    return tree


def prepare_get_pip() -> None:
    """ansible-test makes environments of its own with a get-pip script that it downloads.

    Where its host is out of reach, Python's own ensurepip does the same: a script of that name
    in ansible-test's cache keeps it from asking.
    """
    import ansible_test._internal.python_requirements as requirements

    source = Path(requirements.__file__).read_text("utf-8")
    cache = Path("~/.ansible/test/cache").expanduser()
    cache.mkdir(parents=True, exist_ok=True)
    for version in set(re.findall(r"['\"](\d+\.\d+(?:\.\d+)?)['\"]", source)):
        script = cache / f"get_pip_{version.replace('.', '_')}.py"
        if not script.exists():
            script.write_text(_GET_PIP, "utf-8")


_GET_PIP = '''"""Stands for get-pip.py: ensurepip, then the pip that was asked for."""
import subprocess
import sys

subprocess.check_call([sys.executable, "-m", "ensurepip"])
wanted = [item for item in sys.argv[1:] if item.startswith("pip==")]
subprocess.check_call([sys.executable, "-m", "pip", "install", "--quiet", *wanted])
'''


def integration(tree: Path, rest: list[str]) -> int:
    """Each target twice: by the action twins, and by the modules in processes of their own."""
    from sandbox.client import Sandbox

    code = 0
    for way in ("twin", "module"):
        with Sandbox() as sandbox:
            config = tree / "tests" / "integration" / "integration_config.yml"
            lines = [f"{name}: {value!r}" for name, value in settings(sandbox, way).items()]
            config.write_text("---\n" + "\n".join(lines) + "\n", "utf-8")
            print(f"== integration, the {way} way", flush=True)
            code = code or run(tree, ["integration", *rest])
            broken = sandbox.violations()
            if broken:
                print(f"The sandbox saw violations: {broken}")
                code = code or 1
    return code


def settings(sandbox: "Sandbox", way: str) -> dict[str, object]:
    environment = sandbox.env()
    return {
        "sandbox_url": sandbox.url,
        "sandbox_ca_path": sandbox.ca_path,
        "sandbox_environment": environment,
        "stackone_onboarding_in_process": way == "twin",
    }


def run(tree: Path, arguments: list[str]) -> int:
    command = [str(BIN / "ansible-test"), *arguments, "--python", VERSION, "--color", "no"]
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(command, cwd=tree, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
