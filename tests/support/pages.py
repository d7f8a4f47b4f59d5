# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the Markdown pages of the documentation, and follows them as a reader would.

What a page shows is done in its order, in one folder: an inventory, variables of the role and
ansible.cfg are written to it, tasks and plays are run, commands are typed. After ``$`` in a
``console`` block comes what a command prints: each line must be printed, in this order. Ids and
times may differ; ``…`` stands for anything within a line, and alone for any lines.

An HTML comment before a block, ``<!-- meanwhile: … -->``, names what happens in between: a
function that the test provides. ``It took 6 requests`` after a block is what it must have cost.
"""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from sandbox.client import Sandbox
from support import tree

INVENTORY = "connectors.yml"
MORE = "customers.yml"  # hosts that a page takes for granted

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
_MEANWHILE = re.compile(r"<!-- meanwhile: (.+?) -->", re.DOTALL)
_COST = re.compile(r"took (\d+) requests")
_FILE_NAME = re.compile(r"# (\S+\.(?:yml|cfg))\b")
_COMMAND = re.compile(r"^(?:\$ )?(ansible-playbook .+)$")
_EXPORT = re.compile(r"export (\w+)=(\S+)")
_STATUS = re.compile(r"(?:ok|changed|skipping|included): \[.+\]|.+ : ok=.+")
_VARYING = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"  # a GUID
    r"|\b[0-9a-f]{24}\b"  # an id of StackOne
    r"|\b\d{4}-\d\d-\d\d(?:T[\d:.]+Z)?"  # a day or a time
    r"|\b\d{1,2} [A-Z][a-z]{2} \d{4}(?:, \d\d:\d\d)?"  # the same, written out
    r"|\b\d+:\d\d\b|\b[\d.]+ s\b"  # how long something took
    r"|…"
)


@dataclass(frozen=True)
class Block:
    """A fenced block, with the heading it is under, and the prose before and after it."""

    page: str
    heading: str
    language: str
    text: str
    before: str
    after: str

    @property
    def meanwhile(self) -> list[str]:
        return _MEANWHILE.findall(self.before)

    @property
    def requests(self) -> int | None:
        """What the page says that this costs."""
        said = _COST.search(self.after)
        return int(said[1]) if said else None

    @property
    def data(self) -> Any:
        return yaml.safe_load(self.text)

    @property
    def file_name(self) -> str:
        """A first line that is a comment may name the file that this is."""
        named = _FILE_NAME.match(self.text)
        return named[1] if named else ""

    @property
    def commands(self) -> list[tuple[str, list[str]]]:
        """What is typed, and what that prints; without ``$`` only ansible-playbook counts."""
        found: list[tuple[str, list[str]]] = []
        for line in self.text.replace("\\\n", "").splitlines():
            command = line[2:] if line.startswith("$ ") else ""
            if self.language != "console":
                named = _COMMAND.match(line)
                command = named[1] if named else ""
            if command:
                found.append((command, []))
            elif found and self.language == "console":
                found[-1][1].append(line)
        return found


def blocks(path: Path) -> list[Block]:
    text = path.read_text("utf-8")
    fences = list(_FENCE.finditer(text))
    ends = [0, *(fence.end() for fence in fences)]
    starts = [*(fence.start() for fence in fences), len(text)]
    return [
        Block(
            page=str(path.relative_to(tree.ROOT)),
            heading=(re.findall(r"^#+ (.+)$", text[: fence.start()], re.MULTILINE) or [""])[-1],
            language=fence[2],
            text=textwrap.dedent(fence[3]),
            before=text[ends[number] : fence.start()],
            after=text[fence.end() : starts[number + 1]],
        )
        for number, fence in enumerate(fences)
    ]


class Reader:
    """Follows a page in a folder of its own."""

    def __init__(
        self,
        sandbox: Sandbox,
        folder: Path,
        environment: Mapping[str, str],
        meanwhile: Mapping[str, Callable[[Sandbox, Path], None]],
        replaced: Mapping[str, str],
    ) -> None:
        self._sandbox = sandbox
        self._folder = folder
        # Commands of the running Python's environment come first, as where it is activated.
        path = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
        self._environment = {**environment, "PATH": path}
        self._meanwhile = meanwhile
        self._replaced = replaced
        self._plays = 0
        self._variables: dict[str, Any] = {}
        self.followed = 0

    def follow(self, block: Block) -> bool:
        """Whether there was something to do or to keep."""
        for name in block.meanwhile:
            self._meanwhile[name](self._sandbox, self._folder)
        self._sandbox.clear()
        done = self._keep(block) or self._play(block) or self._type(block)
        if block.requests is not None:
            assert self._sandbox.wire_count() == block.requests, block
        return done

    def _keep(self, block: Block) -> bool:
        name = block.file_name
        if block.language == "ini":
            name = "ansible.cfg"
        elif block.language == "yaml" and isinstance(block.data, dict):
            if "all" in block.data:
                name = name or INVENTORY
            elif all(key.startswith("entra_connector_") for key in block.data):
                return self._keep_variables(block.data)
        if name:
            self._write(name, block.text)
        return bool(name)

    def _keep_variables(self, variables: Mapping[str, Any]) -> bool:
        self._variables.update(variables)
        self._write("group_vars/all.yml", yaml.safe_dump(self._variables, sort_keys=False))
        return True

    def _play(self, block: Block) -> bool:
        if block.language != "yaml" or not isinstance(block.data, list):
            return False
        first = block.data[0]
        text = block.text
        if not {"hosts", "import_playbook", "ansible.builtin.import_playbook"} & set(first):
            if "name" not in first or not any("." in key for key in first):
                return False  # not Ansible's
            text = yaml.safe_dump([self._as_play(block.data, text)], sort_keys=False)
        self._plays += 1
        name = f"page-{self._plays}.yml"
        self._write(name, text)
        inventories = [item for item in (INVENTORY, MORE) if (self._folder / item).exists()]
        self._run(" ".join(["ansible-playbook", name, *(f"-i {item}" for item in inventories)]))
        return True

    def _as_play(self, tasks: list[Any], text: str) -> dict[str, Any]:
        """Tasks on their own; those that speak of the role's result come after the role."""
        play: dict[str, Any] = {"hosts": "all", "gather_facts": False, "connection": "local"}
        if "entra_connector_result" in text:
            play["roles"] = ["stackone.onboarding.entra_connector"]
        return {**play, "tasks": tasks}

    def _type(self, block: Block) -> bool:
        for command, printed in block.commands:
            exported = _EXPORT.fullmatch(command)
            if exported:
                self._environment[exported[1]] = exported[2]
                continue
            assert_printed(printed, self._run(command, fails=_fails(printed)), command)
        return bool(block.commands)

    def _write(self, name: str, text: str) -> None:
        for before, after in self._replaced.items():
            text = text.replace(before, after)
        path = self._folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")

    def _run(self, command: str, *, fails: bool = False) -> str:
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        self.followed += 1
        assert (done.returncode != 0) == fails, f"$ {command}\n{done.stdout}"
        return done.stdout


def _fails(printed: list[str]) -> bool:
    """Whether the page shows that a host failed."""
    return any(re.search("failed=[1-9]", line) for line in printed)


def assert_printed(wanted: list[str], output: str, command: str) -> None:
    """Each line that a page shows was printed, in this order and with nothing unsaid between."""
    if not wanted:
        return
    lines = iter(_comparable(output.splitlines()))
    skips = False
    for line in _comparable(wanted):
        if line == "…":
            skips = True
            continue
        pattern = _pattern(line)
        if not any(map(pattern.fullmatch, lines if skips else itertools.islice(lines, 1))):
            raise AssertionError(f"$ {command}\ndid not print\n{line}\nbut\n{output}")
        skips = False
    assert skips or not list(lines), f"$ {command}\nprinted more:\n{output}"


def _comparable(lines: Iterable[str]) -> list[str]:
    """Without blank lines; hosts of one task in order, for they end in any."""
    kept = [line.rstrip() for line in lines if line.strip()]
    groups = itertools.groupby(kept, lambda line: bool(_STATUS.fullmatch(line)))
    return [line for is_status, group in groups for line in (sorted(group) if is_status else group)]


def _pattern(line: str) -> re.Pattern[str]:
    """A line in which ids and times may differ."""
    parts = [re.escape(part) for part in _VARYING.split(line)]
    kinds = [".*" if found == "…" else r"[\w:., -]+" for found in _VARYING.findall(line)]
    return re.compile("".join(part + kind for part, kind in zip(parts, [*kinds, ""], strict=True)))
