# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A sliced job: transmitted to workers that share nothing, each in a network of its own."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path
from typing import Any

from awx.job import IDENT, RUNNER, Job, Ran, environment, sliced
from awx.namespaces import namespace
from sandbox.client import Sandbox

TIMEOUT = 300


def run_slices(
    folder: Path,
    sandbox: Sandbox,
    playbook: str,
    inventory: dict[str, Any],
    count: int,
    **extra_vars: Any,
) -> list[Ran]:
    """All slices at once: ``transmit`` here, ``worker`` in a namespace, ``process`` here."""
    with contextlib.ExitStack() as stack:
        started = []
        for number in range(1, count + 1):
            within = stack.enter_context(namespace(sandbox, number))
            job = Job(
                folder / f"slice{number}",
                sandbox,
                playbook,
                inventory=sliced(inventory, number, count),
                extra_vars=extra_vars,
                addresses=(),
            )
            started.append((job, _start(job.prepare(), within)))
        return [_finish(job, chain) for job, chain in started]


def _start(job: Job, within: list[str]) -> list[subprocess.Popen[str]]:
    worker = job.folder.with_name(job.folder.name + "-worker")
    job.settle(worker)
    transmit = _piped([RUNNER, "transmit", str(job.folder), *job.what], None)
    command = [*within, RUNNER, "worker", "--private-data-dir", str(worker)]
    work = _piped(command, transmit)
    command = [RUNNER, "process", str(_processed(job)), "--ident", IDENT]
    return [transmit, work, _piped(command, work)]


def _piped(command: list[str], source: subprocess.Popen[str] | None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        env=environment(),
        stdin=source.stdout if source else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )


def _processed(job: Job) -> Path:
    return job.folder.with_name(job.folder.name + "-processed")


def _finish(job: Job, chain: list[subprocess.Popen[str]]) -> Ran:
    output, _error = chain[-1].communicate(timeout=TIMEOUT)
    for process in chain[:-1]:
        process.wait(TIMEOUT)
        assert process.stdout is not None
        process.stdout.close()
    return Ran(chain[-1].returncode, output, _processed(job) / "artifacts" / IDENT, job)
