# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the workers of one ansible-playbook remember together: made once, kept only in memory."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackone.onboarding.plugins.plugin_utils import _play_memory
from sandbox.client import Sandbox
from support.waiting import wait_for
from support.ways import COLLECTION, Playing, Task, Ways

HOSTS = [f"host{number}" for number in range(8)]
FORKS = ("--forks", "8")

fork = multiprocessing.get_context("fork")


def task(module: str, options: dict[str, Any] | None = None, **keywords: Any) -> Task:
    return {COLLECTION + module: options or {}, **keywords}


def sign_ins(sandbox: Sandbox, method: str = "POST") -> int:
    return sum(
        1 for item in sandbox.requests() if (item["service"], item["method"]) == ("login", method)
    )


# -- in plays


def test_all_tasks_of_all_hosts_sign_in_once(ways: Ways, sandbox: Sandbox) -> None:
    look = task("entra_app_info", {"unique_name": "{{ inventory_hostname }}"})
    played = ways.play([look, task("entra_token"), look], *FORKS, hosts=HOSTS)
    assert played.code == 0, played.output
    assert len(played.of("entra_app_info")) == 2 * len(HOSTS)
    assert (sign_ins(sandbox), sign_ins(sandbox, "GET")) == (1, 1)


def test_each_credential_has_a_token_of_its_own(ways: Ways, sandbox: Sandbox) -> None:
    """Hosts that differ in nothing but the secret: the wrong one is not let in by the right one."""
    secrets = {"right": sandbox.env()["AZURE_CLIENT_SECRET"], "wrong": "not-the-secret-at-all"}
    played = ways.play(
        [task("entra_app_info", {"auth_client_secret": "{{ secrets[inventory_hostname] }}"})],
        "--forks",
        "1",
        hosts=list(secrets),
        vars={"secrets": secrets},
    )
    outcome = {item["host"]: item["status"] for item in played.tasks}
    assert outcome == {"right": "ok", "wrong": "failed"}
    assert played.failure["error"]["code"] == "AADSTS7000215"


def test_a_look_is_shared_by_hosts_but_not_by_the_tries_of_an_until(
    ways: Ways, sandbox: Sandbox
) -> None:
    app = {"display_name": "Integration", "unique_name": "integration"}
    connector = {
        **app,
        "callback_url": "https://example.com/callback",
        "scopes": ["vso.project"],
        "profile_name": "Azure DevOps",
    }
    until: dict[str, Any] = {"until": "seen.profile is not none", "retries": 2, "delay": 0}
    look = task("connector_info", connector, register="seen", ignore_errors=True, **until)
    hosts = ["one", "two"]
    played = ways.play([task("entra_app", app), look], *FORKS, hosts=hosts)
    assert len(played.of("connector_info")) == len(hosts)
    listed = [item for item in sandbox.requests() if item["path"] == "/connector_profiles"]
    assert len(listed) == 1 + until["retries"]


def test_a_refused_token_is_replaced_for_all(ways: Ways, sandbox: Sandbox) -> None:
    """The first 401 has one worker sign in anew; the others find its token."""
    refused = {
        "match": {"service": "graph"},
        "times": 1,
        "fault": {"kind": "status", "status": 401},
    }
    sandbox.faults([refused])
    played = ways.play([task("entra_app_info")] * 2, *FORKS, hosts=HOSTS[:4])
    assert played.code == 0, played.output
    assert sign_ins(sandbox) == 2


def test_the_token_is_on_no_disk_while_the_play_runs(ways: Ways, sandbox: Sandbox) -> None:
    # The second task is held, so that there is time to look.
    held = {"kind": "stall", "seconds": 60}
    sandbox.faults([{"match": {"service": "stackone"}, "fault": held}])
    tasks = [task("entra_token"), task("stackone_connector_profile_info")]
    with ways.playing(tasks, hosts=["localhost"]) as playing:
        wait_for(lambda: any(item["service"] == "stackone" for item in sandbox.requests()))
        (token,) = [
            item["answer"]["access_token"]
            for item in sandbox.requests()
            if item["service"] == "login" and item["method"] == "POST"
        ]
        workers = playing.processes()
        assert len(workers) >= 2
        # Anonymous memory that the worker has holds it, so the search can find it.
        assert any(token.encode() in content for content in memory_of(workers))
        assert [
            path for path, content in files_of(ways, workers) if token.encode() in content
        ] == []


def files_of(ways: Ways, workers: list[int]) -> Iterator[tuple[str, bytes]]:
    """Every file in the play's folders, and every file, with or without a name, that is open."""
    for path in ways.folder.rglob("*"):
        if path.is_file():
            yield str(path), path.read_bytes()
    for worker in workers:
        for descriptor in Path(f"/proc/{worker}/fd").iterdir():
            with contextlib.suppress(OSError):
                if descriptor.is_file():
                    yield f"{descriptor} -> {os.readlink(descriptor)}", descriptor.read_bytes()


def memory_of(workers: list[int]) -> Iterator[bytes]:
    """The shared anonymous memory of the processes."""
    for worker in workers:
        for line in Path(f"/proc/{worker}/maps").read_text().splitlines():
            if line.split()[1][3] == "s" and line.endswith("/dev/zero (deleted)"):
                start, end = (int(part, 16) for part in line.split()[0].split("-"))
                with open(f"/proc/{worker}/mem", "rb") as memory:
                    memory.seek(start)
                    yield memory.read(end - start)


def test_a_play_ends_when_the_worker_that_signs_in_is_killed(ways: Ways, sandbox: Sandbox) -> None:
    held = {"kind": "stall", "seconds": 600}
    sandbox.faults([{"match": {"service": "login", "method": "POST"}, "fault": held}])
    with ways.playing([task("entra_token")], "--forks", "2", hosts=["one", "two"]) as playing:
        wait_for(lambda: sign_ins(sandbox) == 1 and len(locks(playing)) == 2)
        (holder,) = [pid for pid, waits in locks(playing).items() if not waits]
        os.kill(holder, signal.SIGKILL)
        played = playing.finish()
    assert played.code != 0


def locks(playing: Playing) -> dict[int, bool]:
    """The workers that hold a record lock or wait for one, as the kernel tells it."""
    workers = playing.processes()
    found = {}
    for line in Path("/proc/locks").read_text().splitlines():
        fields = line.split()
        waits = fields[1] == "->"
        kind, _mode, _access, pid = fields[2:6] if waits else fields[1:5]
        if kind == "POSIX" and int(pid) in workers:
            found[int(pid)] = waits
    return found


# -- by itself, with processes that are forked as Ansible forks its workers


@pytest.fixture
def memory() -> _play_memory.PlayMemory:
    return _play_memory.PlayMemory()


@contextlib.contextmanager
def worker(work: Callable[[Connection], None]) -> Iterator[tuple[BaseProcess, Connection]]:
    here, there = fork.Pipe()
    process = fork.Process(target=work, args=(there,))
    process.start()
    try:
        yield process, here
    finally:
        process.kill()
        process.join()


def test_what_one_worker_makes_the_others_find(memory: _play_memory.PlayMemory) -> None:
    def work(pipe: Connection) -> None:
        pipe.send(memory.recall("key", lambda: {"made": "there"}))

    with worker(work) as (_process, pipe):
        assert pipe.recv() == {"made": "there"}
        assert memory.recall("key", lambda: pytest.fail("made twice")) == {"made": "there"}


def test_workers_that_come_at_once_make_it_once(memory: _play_memory.PlayMemory) -> None:
    def work(pipe: Connection) -> None:
        pipe.recv()
        made = []
        value = memory.recall("key", lambda: made.append(os.getpid()) or os.getpid())
        pipe.send((value, len(made)))

    with contextlib.ExitStack() as stack:
        pipes = [stack.enter_context(worker(work))[1] for _number in range(8)]
        for pipe in pipes:
            pipe.send("go")
        answers = [pipe.recv() for pipe in pipes]
    assert len({value for value, _made in answers}) == 1
    assert sum(made for _value, made in answers) == 1


def test_a_killed_worker_frees_the_others(memory: _play_memory.PlayMemory) -> None:
    memory.recall("before", lambda: "kept")

    def hang(pipe: Connection) -> None:
        memory.recall("key", lambda: pipe.send("holding") or pipe.recv())

    def get_on(pipe: Connection) -> None:
        pipe.send("waiting")
        pipe.send(memory.recall("key", lambda: "made by the other"))

    with worker(hang) as (first, holding), worker(get_on) as (_second, waiting):
        assert holding.recv() == "holding"
        assert waiting.recv() == "waiting"
        assert not waiting.poll(0.2)
        assert first.pid is not None
        os.kill(first.pid, signal.SIGKILL)
        assert waiting.poll(10)
        assert waiting.recv() == "made by the other"
    assert memory.recall("before", lambda: pytest.fail("lost")) == "kept"


def test_a_value_that_is_good_no_more_is_made_anew(memory: _play_memory.PlayMemory) -> None:
    assert memory.recall("key", lambda: 1) == 1
    assert memory.recall("key", lambda: 2, good=lambda value: value == 1) == 1
    assert memory.recall("key", lambda: 2, good=lambda value: value == 2) == 2
    memory.forget("key")
    assert memory.recall("key", lambda: 3) == 3


def test_making_one_value_may_make_another(memory: _play_memory.PlayMemory) -> None:
    def outer() -> str:
        return str(memory.recall("inner", lambda: "inner")) + " and outer"

    assert memory.recall("outer", outer) == "inner and outer"
    assert memory.recall("inner", lambda: pytest.fail("lost")) == "inner"


def test_more_than_fits_is_only_remembered_less(memory: _play_memory.PlayMemory) -> None:
    huge = "x" * (40 * 1024 * 1024)
    half = "y" * (20 * 1024 * 1024)
    memory.recall("small", lambda: "small")
    assert memory.recall("huge", lambda: huge) == huge
    assert memory.recall("small", lambda: pytest.fail("lost")) == "small"
    for number in range(3):
        assert memory.recall(f"half {number}", lambda: half) == half
    assert memory.recall("half 2", lambda: pytest.fail("lost")) == half
    assert memory.recall("small", lambda: "made anew") == "made anew"


def test_a_failure_to_make_a_value_leaves_no_lock(memory: _play_memory.PlayMemory) -> None:
    def fail() -> None:
        raise RuntimeError("no value")

    with pytest.raises(RuntimeError):
        memory.recall("key", fail)

    def work(pipe: Connection) -> None:
        pipe.send(memory.recall("key", lambda: "made"))

    with worker(work) as (_process, pipe):
        assert pipe.poll(10)
        assert pipe.recv() == "made"
