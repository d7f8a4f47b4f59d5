# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the progress callback stands on: the pipe from the workers, and the state of the fleet."""

from __future__ import annotations

import multiprocessing

import pytest

from ansible_collections.stackone.onboarding.plugins.plugin_utils._progress import Fleet, clock
from ansible_collections.stackone.onboarding.plugins.plugin_utils._waiting import Channel, Wait

fork = multiprocessing.get_context("fork")


class Time:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def fleet(time: Time) -> Fleet:
    fleet = Fleet(time)
    fleet.play(["a", "b", "c"])
    return fleet


def test_all_that_many_workers_tell_arrives_whole() -> None:
    channel = Channel()
    waits = [Wait(f"host{number}", "ü" * 500, number) for number in range(30)]
    workers = [fork.Process(target=channel.tell, args=(wait,)) for wait in waits]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    told = sorted(channel.told(), key=lambda wait: wait.seconds)
    assert told == [wait._replace(what="ü" * 300) for wait in waits]
    assert list(channel.told()) == []


def test_a_pipe_that_nobody_reads_holds_nobody_up() -> None:
    channel = Channel()
    for _number in range(10_000):
        channel.tell(Wait("host", "x" * 300, 1.0))
    told = list(channel.told())
    assert 0 < len(told) < 10_000
    assert set(told) == {Wait("host", "x" * 300, 1.0)}
    channel.tell(Wait("host", "again", 1.0))
    assert list(channel.told()) == [Wait("host", "again", 1.0)]


def test_a_wait_lasts_from_its_first_pause_to_the_end_of_its_last(fleet: Fleet, time: Time) -> None:
    fleet.step("1", "A step")
    fleet.begin("a", "1")
    for now in (1.0, 2.0, 4.0):
        time.now = now
        fleet.wait(Wait("a", "a replica", 1.0))
    (doing,) = fleet.view().doing
    time.now = 6.0
    assert fleet.view().what(doing) == "waits for a replica"
    assert fleet.view().how_long(doing) == "0:05"
    time.now = 9.0  # nothing more was told: it goes on with its step
    assert fleet.view().what(doing) == "A step"
    assert fleet.view().how_long(doing) == "0:09"


def test_a_wait_is_mentioned_again_when_it_has_lasted_twice_as_long(
    fleet: Fleet, time: Time
) -> None:
    fleet.step("1", "A step")
    fleet.begin("a", "1")
    mentioned = []
    for now in range(25):
        time.now = float(now)
        fleet.wait(Wait("a", "a replica", 1.0))
        mentioned += [now for _doing in fleet.long_waits(5)]
    assert mentioned == [5, 10, 20]


def test_the_bar_counts_the_hosts_of_the_slowest_step(fleet: Fleet) -> None:
    for key in ("1", "2"):
        fleet.step(key, f"Step {key}")
    for host in ("a", "b", "c"):
        fleet.begin(host, "1")
    fleet.end("a", "1", changed=True)
    fleet.begin("a", "2")
    view = fleet.view()
    assert view.step is not None
    assert (view.step.name, len(view.step.done), view.step.total) == ("Step 1", 1, 3)
    assert view.counts == "1 changed, 0 failed, 3 under way"
    fleet.fail("b", "1", "it broke")
    fleet.end("c", "1")
    view = fleet.view()
    assert view.step is not None
    assert view.step.name == "Step 2"
    assert view.counts == "1 changed, 1 failed, 1 under way"
    fleet.step("3", "Step 3")
    fleet.begin("c", "3")
    fleet.end("a", "2")
    view = fleet.view()
    assert view.step is not None
    assert view.step.total == 2  # a host has failed
    assert fleet.reasons == {"b": "it broke"}


def test_a_step_of_some_hosts_has_their_number(fleet: Fleet) -> None:
    fleet.step("1", "Included", hosts=1)
    fleet.begin("a", "1")
    view = fleet.view()
    assert view.step is not None
    assert view.step.total == 1


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.9, "0:00"), (65, "1:05"), (3599.9, "59:59"), (7265, "2:01:05")]
)
def test_a_clock(seconds: float, text: str) -> None:
    assert clock(seconds) == text
