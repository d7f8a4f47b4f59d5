# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a play is: what each host is at, what it waits for, and how it ended. Shows nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from ansible_collections.stackone.onboarding.plugins.plugin_utils._waiting import Wait

# A wait that is over is not told; its next pause, or the end of the step, comes within this.
_GRACE = 3.0


@dataclass
class Step:
    """A task, and the hosts that it is for, as far as that is known."""

    name: str
    hosts: int
    number: int
    done: set[str] = field(default_factory=set)
    mentioned: bool = False

    @property
    def total(self) -> int:
        return max(self.hosts, len(self.done))


@dataclass
class Doing:
    """A host that is at a step."""

    host: str
    step: Step
    since: float
    waits_for: str = ""
    waits_since: float = 0.0
    waits_until: float = 0.0
    mention_after: float = 0.0


@dataclass(frozen=True)
class View:
    """What there is to show at a moment. ``doing`` has the one that began first in front."""

    now: float
    seconds: float
    step: Step | None
    changed: int
    failed: int
    doing: Sequence[Doing]

    @property
    def counts(self) -> str:
        return f"{self.changed} changed, {self.failed} failed, {len(self.doing)} under way"

    def what(self, doing: Doing) -> str:
        """The step, or what it waits for."""
        return f"waits for {doing.waits_for}" if doing.waits_for else doing.step.name

    def how_long(self, doing: Doing) -> str:
        """At the step, or waiting."""
        return clock(self.now - (doing.waits_since if doing.waits_for else doing.since))


class Fleet:
    """Takes what happens, and gives a view of it. ``now`` is a clock in seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self.started = now()
        self._hosts: set[str] = set()
        self._steps: dict[str, Step] = {}
        self._doing: dict[str, Doing] = {}
        self._changed: set[str] = set()
        self._failed: set[str] = set()
        self.reasons: dict[str, str] = {}

    @property
    def seconds(self) -> float:
        return self._now() - self.started

    def play(self, hosts: Iterable[str]) -> None:
        self._hosts = set(hosts)
        self._steps.clear()
        self._doing.clear()

    def step(self, key: str, name: str, hosts: int | None = None) -> None:
        """``hosts``: how many it is for; all that have not failed, if None."""
        if key not in self._steps:
            count = len(self._hosts - self._failed) if hosts is None else hosts
            self._steps[key] = Step(name, count, len(self._steps))

    def begin(self, host: str, key: str) -> None:
        self._doing[host] = Doing(host, self._steps[key], self._now())

    def wait(self, told: Wait) -> None:
        """The time runs from the first pause for the same thing."""
        doing = self._doing.get(told.host)
        if doing is None:
            return
        now = self._now()
        if doing.waits_for != told.what or now > doing.waits_until:
            doing.waits_for, doing.waits_since, doing.mention_after = told.what, now, 0.0
        doing.waits_until = now + told.seconds + _GRACE

    def end(self, host: str, key: str, *, changed: bool = False) -> None:
        self._doing.pop(host, None)
        if key in self._steps:
            self._steps[key].done.add(host)
        if changed:
            self._changed.add(host)

    def fail(self, host: str, key: str, reason: str, *, counts: bool = True) -> None:
        self.end(host, key)
        self.reasons[host] = reason
        if counts:
            self._failed.add(host)

    def mention(self, key: str) -> str:
        """The name of a step that something has come of; empty when it was mentioned before."""
        step = self._steps.get(key)
        return _mention(step) if step else ""

    def long_steps(self, seconds: float) -> Iterable[str]:
        """The names of those at which a host has been so long; each is given once."""
        for doing in self._doing.values():
            if self._now() - doing.since >= seconds and not doing.step.mentioned:
                yield _mention(doing.step)

    def long_waits(self, seconds: float) -> Iterable[Doing]:
        """Those that have lasted so long; each again when it has lasted twice as long."""
        for doing in self._waiting():
            after = max(seconds, doing.mention_after)
            if self._now() - doing.waits_since >= after:
                doing.mention_after = max(1.0, 2 * after)
                yield doing

    def waited(self, doing: Doing) -> str:
        return clock(self._now() - doing.waits_since)

    def view(self) -> View:
        self._waiting()
        doing = sorted(self._doing.values(), key=lambda item: item.since)
        return View(
            self._now(),
            self.seconds,
            self._slowest(),
            len(self._changed),
            len(self._failed),
            doing,
        )

    def _waiting(self) -> list[Doing]:
        now = self._now()
        for doing in self._doing.values():
            if doing.waits_for and now > doing.waits_until:
                doing.waits_for = ""
        return [doing for doing in self._doing.values() if doing.waits_for]

    def _slowest(self) -> Step | None:
        """The step at which some host still is; with the strategy linear that is the last one."""
        steps = [doing.step for doing in self._doing.values()] or list(self._steps.values())[-1:]
        return min(steps, key=lambda step: step.number, default=None)


def _mention(step: Step) -> str:
    name = "" if step.mentioned else step.name
    step.mentioned = True
    return name


def clock(seconds: float) -> str:
    """``1:05``, ``2:00:00``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
