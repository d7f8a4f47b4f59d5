# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A job as AWX prepares it: a private data directory, of which ansible-runner makes a run."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from awx.injection import AWX, Injected, inject
from sandbox.client import Sandbox
from support import tree
from support.leaks import Secrets

RUNNER = str(Path(sys.executable).parent / "ansible-runner")
INSIDE = "/runner"  # where the directory is in the container of a job
IDENT = "1"
ACTIONS = ["azuredevops_list_projects", "azuredevops_create_work_item"]

# What AWX prints as the inventory, by the file that it writes.
_SCRIPT = """#! /usr/bin/env python3
# -*- coding: utf-8 -*-
print({text!r})
"""


def inventory_of(count: int) -> dict[str, Any]:
    """So many connectors, as the example of awx/project has them."""
    text = (AWX / "project" / "connectors.yml").read_text("utf-8")
    variables = yaml.safe_load(text)["all"]["vars"]
    hosts = {f"customer{number}": {"customer": f"Customer {number}"} for number in range(count)}
    return {
        "all": {"hosts": list(hosts), "vars": variables},
        "_meta": {"hostvars": hosts},
    }


def sliced(inventory: dict[str, Any], number: int, count: int) -> dict[str, Any]:
    """The part of one of so many slices, counted from 1, as AWX deals out the hosts."""
    hosts = sorted(inventory["all"]["hosts"])[number - 1 :: count]
    kept = {host: inventory["_meta"]["hostvars"][host] for host in hosts}
    return {"all": {**inventory["all"], "hosts": hosts}, "_meta": {"hostvars": kept}}


def identity_with_secret(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    """The credentials of a job template: StackOne's key, and an identity with a secret."""
    environment = sandbox.env()
    return {
        "StackOne API key": {"api_key": environment["STACKONE_API_KEY"]},
        "Entra identity with a client secret": {
            "tenant_id": environment["AZURE_TENANT_ID"],
            "client_id": environment["AZURE_CLIENT_ID"],
            "client_secret": environment["AZURE_CLIENT_SECRET"],
        },
    }


@dataclass
class Job:
    """``Job(folder, sandbox, "onboard.yml").run()``."""

    folder: Path
    sandbox: Sandbox
    playbook: str
    inventory: dict[str, Any] = field(default_factory=lambda: inventory_of(1))
    credentials: dict[str, dict[str, Any]] | None = None
    extra_vars: dict[str, Any] = field(default_factory=dict)
    arguments: str = ""
    # What the sandbox's addresses override; a job that finds it at the services' names needs none.
    addresses: tuple[str, ...] = ("ENTRA_GRAPH_URL", "ENTRA_AUTHORITY_URL", "STACKONE_API_URL")
    injected: Injected = field(init=False)

    def prepare(self) -> Job:
        (self.folder / "env").mkdir(parents=True)
        (self.folder / "inventory").mkdir()
        shutil.copytree(AWX / "project", self.folder / "project")
        script = self.folder / "inventory" / "hosts"
        script.write_text(_SCRIPT.format(text=json.dumps(self.inventory)), "utf-8")
        script.chmod(stat.S_IRWXU)
        credentials = self.credentials or identity_with_secret(self.sandbox)
        self.injected = inject(credentials, self.folder)
        self._write("extravars", self.extra_vars)
        self._write("settings", {"fact_cache": "fact_cache", "fact_cache_type": "jsonfile"})
        self._write("envvars", {**self.injected.environment, **self._of_the_platform()})
        arguments = " ".join([self.arguments, *self.injected.arguments])
        (self.folder / "env" / "cmdline").write_text(arguments.strip(), "utf-8")
        return self

    def settle(self, folder: Path) -> Job:
        """The paths of a container, outside of one: those of the folder where the job will run."""
        for path in (self.folder / "env").iterdir():
            path.write_text(path.read_text("utf-8").replace(f"{INSIDE}/", f"{folder}/"), "utf-8")
        return self

    def _write(self, name: str, content: Mapping[str, Any]) -> None:
        (self.folder / "env" / name).write_text(json.dumps(content), "utf-8")

    def _of_the_platform(self) -> dict[str, str]:
        """What AWX sets for every job, and where the sandbox is."""
        own = self.sandbox.env()
        return {
            "ANSIBLE_COLLECTIONS_PATH": str(tree.COLLECTIONS),
            "ANSIBLE_FORCE_COLOR": "True",
            "ANSIBLE_RETRY_FILES_ENABLED": "False",
            "ANSIBLE_HOME": f"{INSIDE}/.ansible",
            "JOB_ID": IDENT,
            "AWX_PRIVATE_DATA_DIR": str(self.folder),
            **{name: own[name] for name in (*self.addresses, "REQUESTS_CA_BUNDLE")},
        }

    @property
    def what(self) -> list[str]:
        return ["--playbook", self.playbook, "--ident", IDENT]

    def run(self) -> Ran:
        """In one process, as ``ansible-runner run``."""
        self.prepare().settle(self.folder)
        command = [RUNNER, "run", str(self.folder), *self.what]
        done = subprocess.run(
            command,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=240,
            check=False,
        )
        return Ran(done.returncode, done.stdout, self.folder / "artifacts" / IDENT, self)


def environment() -> dict[str, str]:
    """Of a machine that runs jobs: nothing there says how to sign in."""
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": os.environ.get("HOME", "/"),
        "LANG": "C.UTF-8",
    }


@dataclass
class Ran:
    """What a job left, and what AWX would keep of it."""

    code: int
    output: str
    artifacts: Path
    job: Job

    def events(self, kind: str) -> list[dict[str, Any]]:
        paths = (self.artifacts / "job_events").glob("*.json")
        events = [json.loads(path.read_text("utf-8")) for path in paths]
        found = [item for item in events if item["event"] == kind]
        return sorted(found, key=lambda item: int(item["counter"]))

    @property
    def stats(self) -> dict[str, dict[str, int]]:
        """Of each host: ok, changed, failures, …"""
        (event,) = self.events("playbook_on_stats")
        hosts = event["event_data"]["processed"]
        kinds = ("ok", "changed", "failures", "dark")
        return {
            host: {kind: event["event_data"][kind].get(host, 0) for kind in kinds} for host in hosts
        }

    def leaks(self, secrets: Secrets) -> list[str]:
        """The secrets in anything that was left, by file."""
        found = [f"output: {item}" for item in secrets.found_in(self.output)]
        for path, text in self._texts():
            found += [f"{path.relative_to(self.artifacts)}: {i}" for i in secrets.found_in(text)]
        return found

    def _texts(self) -> Iterator[tuple[Path, str]]:
        for path in sorted(self.artifacts.rglob("*")):
            if path.is_file():
                yield path, self._kept(path, path.read_text("utf-8"))

    def _kept(self, path: Path, text: str) -> str:
        """AWX lays what it may keep of the environment over what runner tells it of the command."""
        if path.name != "command":
            return text
        command = json.loads(text)
        command["env"].update(self.job.injected.kept)
        return json.dumps(command)
