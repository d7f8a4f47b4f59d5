# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs ansible-test on a copy of the tree that lies where ansible-test wants it.

ansible-test insists on ansible_collections/stackone/onboarding/ above the tree, refuses a link,
and skips everything in a folder that a repository around it ignores: hence a copy elsewhere.
It works with the running interpreter, so that one environment has all that is needed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from sandbox.client import Sandbox  # noqa: E402 - after the path is set

BIN = Path(sys.executable).parent
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
TARGETS = Path("tests", "integration", "targets")
COVERAGE = Path("tests", "output", "coverage")

# Each target runs by the action twins, and by the modules in processes of their own.
WAYS = ("twin", "module")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--way", choices=WAYS, action="append", help="only this way (integration)")
    parser.add_argument("command", choices=["sanity", "integration"])
    parser.add_argument(
        "rest",
        nargs=argparse.REMAINDER,
        help="handed on to ansible-test: names of targets, --coverage, …",
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ansible-test-") as folder:
        if options.command == "integration":
            return integration(Path(folder), options.way or WAYS, options.rest)
        prepare_get_pip()
        with ansible_test(copy_tree(Path(folder)), ["sanity", *options.rest]) as process:
            return process.wait()


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


def prepare_key() -> None:
    """ansible-test's first run makes itself a key: two at the same time would both make it."""
    key = Path("~/.ansible/test/id_rsa").expanduser()
    if not key.exists():
        key.parent.mkdir(parents=True, exist_ok=True)
        options = ["-m", "PEM", "-q", "-t", "rsa", "-N", ""]
        subprocess.run(["ssh-keygen", *options, "-f", str(key)], check=True)


def integration(folder: Path, ways: Sequence[str], rest: Sequence[str]) -> int:
    """All ways at the same time, each with a tree and a sandbox of its own."""
    prepare_key()
    with_coverage = "--coverage" in rest
    if with_coverage:
        install_coverage()
    trees = [copy_tree(folder / way) for way in ways]
    with ThreadPoolExecutor(len(ways)) as pool:
        codes = list(pool.map(lambda way, tree: run_targets(way, tree, rest), ways, trees))
    if with_coverage:
        codes.append(report_coverage(trees))
    return max(codes)


def run_targets(way: str, tree: Path, rest: Sequence[str]) -> int:
    with Sandbox() as sandbox:
        config = tree / "tests" / "integration" / "integration_config.yml"
        config.write_text(yaml.safe_dump(settings(sandbox, way)), "utf-8")
        arguments = ["integration", "--continue-on-error", *rest]
        with ansible_test(tree, arguments, stdout=subprocess.PIPE) as process:
            ran = relay(way, process)
        code = process.returncode
        broken = sandbox.violations()
    if broken:
        print(f"{way}: the sandbox saw violations: {broken}")
    if not ran:
        print(f"{way}: no target ran")
    failed = code or bool(broken) or not ran
    print(f"{way}: {len(ran)} targets ran: {'FAILED' if failed else 'passed'}", flush=True)
    return int(failed)


def settings(sandbox: Sandbox, way: str) -> dict[str, object]:
    return {
        "sandbox_url": sandbox.url,
        "sandbox_ca_path": sandbox.ca_path,
        "sandbox_environment": sandbox.env(),
        "stackone_onboarding_in_process": way == "twin",
    }


def relay(way: str, process: subprocess.Popen[str]) -> list[str]:
    """Show which target runs, and all that one says which fails. Returns the targets that ran."""
    ran: list[str] = []
    said: list[str] = []
    assert process.stdout is not None
    for line in process.stdout:
        started = re.match(r"Running (\S+) integration test", line)
        if started:
            ran.append(started[1])
            said.clear()
            print(f"{way}: {started[1]}", flush=True)
        said.append(f"{way}: {line}")
        if line.startswith(("ERROR: ", "FATAL: ")):
            print("".join(said), end="", flush=True)
            said.clear()
    return ran


def install_coverage() -> None:
    """ansible-test takes no other version of coverage than its own."""
    from ansible_test._internal.coverage_util import CONTROLLER_COVERAGE_VERSION

    wanted = f"coverage=={CONTROLLER_COVERAGE_VERSION.coverage_version}"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*command, wanted], check=True)


def report_coverage(trees: Sequence[Path]) -> int:
    """One report of all ways: ansible-test maps the paths of every tree to the first's."""
    first, *others = trees
    for tree in others:
        for file in (tree / COVERAGE).glob("*=coverage.*"):
            shutil.copy2(file, first / COVERAGE)
    arguments = ["coverage", "report", "--include", f"{first}/plugins/*"]
    with ansible_test(first, arguments) as process:
        return process.wait()


@contextlib.contextmanager
def ansible_test(
    tree: Path, arguments: Sequence[str], stdout: int | None = None
) -> Iterator[subprocess.Popen[str]]:
    command = [str(BIN / "ansible-test"), *arguments]
    if arguments[0] != "coverage":
        # Otherwise it takes whatever Python it finds first, and compile tests need to know.
        command += ["--python", VERSION, "--color", "no"]
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    with subprocess.Popen(
        command,
        cwd=tree,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.STDOUT if stdout else None,
        text=True,
    ) as process:
        yield process


if __name__ == "__main__":
    sys.exit(main())
