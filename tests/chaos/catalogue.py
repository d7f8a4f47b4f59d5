# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All trials there are, a sample of them, and a trial from its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from typing import Any

from chaos import faulted
from chaos.faulted import Faulted
from chaos.faults import FAULTS
from chaos.processes import PROCESSES
from chaos.slow import LAGS, Lagging, Throttled, TooLate
from chaos.stage import Stage
from chaos.together import Together
from chaos.trial import Trial

PARTS = ("faults", "together", "lag", "throttled")

# By ansible-playbook; the others are variants, by the role's steps in forked processes.
PLAYED = ("onboard", "rotate", "offboard")

Journal = Sequence[Mapping[str, Any]]


def requests(stage: Stage, names: Iterable[str]) -> dict[str, Journal]:
    """What each process sends when nothing disturbs it."""
    return {name: PROCESSES[name].by(here=True).requests(stage) for name in names}


def faults(
    journals: Mapping[str, Journal], *, twice: bool = False, here: bool = False
) -> list[Faulted]:
    """All for what is played; variants where something changes, and their death at each request.

    ``here``: by the role's steps in forked processes, also what is played else.
    """
    trials = []
    for process, journal in journals.items():
        changing = {entry["index"] for entry in journal if entry["mutating"]}
        forked = here or process not in PLAYED
        for trial in faulted.every(process, journal, here=forked, twice=twice):
            if process in PLAYED or trial.index in changing or trial.fault == "kill_before":
                trials.append(trial)
    return trials


def together(rounds: int) -> list[Together]:
    return [
        Together(process, number, each)
        for process, number in (("onboard", 2), ("onboard", 4), ("rotate", 2))
        for each in range(rounds)
    ]


def lags() -> list[Trial]:
    """Every kind of object in forked processes, where waiting takes no time; all kinds at once by
    ansible-playbook, which really waits."""
    played = [
        Lagging(process, "all", seconds, "flap")
        for process in PLAYED
        for seconds in (20.0, 2.0, 0.0)
    ]
    here = [
        Lagging(process, kind, seconds, flap, here=True)
        for process in PROCESSES
        for kind in LAGS
        for seconds in (20.0, 2.0)
        for flap in ("flap", "steady")
    ]
    late = [TooLate(process, kind) for process in PLAYED[:2] for kind in ("all", "secrets")]
    late += [TooLate("onboard", kind, here=True) for kind in LAGS]
    late += [TooLate(process, "all", here=True) for process in ("offboard", "restore", "repair")]
    return [*played, *here, *late]


def throttles() -> list[Throttled]:
    played = [Throttled(process, seed) for process in PLAYED for seed in range(3)]
    here = [Throttled(process, seed, here=True) for process in PROCESSES for seed in range(10)]
    return [*played, *here]


def sample(journals: Mapping[str, Journal]) -> list[Trial]:
    """What is tried in two minutes: the requests that change something, and some of all else."""
    telling = cycle(["drop_after", "kill_after", "500_acted", "kill_before", "cut", "drop_before"])
    changing = [
        (process, entry["index"])
        for process in PLAYED
        for entry in journals[process]
        if entry["mutating"]
    ]
    # Half of them by Ansible, which takes four times as long.
    played = [
        Faulted(process, index, next(telling), here=number // 2 % 2 == 1)
        for number, (process, index) in enumerate(changing)
    ]
    every = [
        trial
        for process, journal in journals.items()
        for trial in faulted.every(process, journal, here=True)
        if not trial.fault.startswith("stall")
    ]
    lagging = [Lagging(process, "all", 20, "flap", here=True) for process in PROCESSES]
    each_kind = [Lagging("onboard", kind, 2, "steady", here=True) for kind in LAGS]
    throttled = [Throttled(process, 1, here=True) for process in PROCESSES]
    return [
        *played,
        Faulted("rotate", len(journals["rotate"]) - 5, "stall"),
        *every[:: len(every) // 24],
        *together(2)[:4],
        Lagging("onboard", "all", 2, "flap"),
        *lagging,
        *each_kind,
        TooLate("onboard", "all"),
        TooLate("rotate", "secrets", here=True),
        Throttled("onboard", 0),
        *throttled,
    ]


def parse(name: str) -> Trial:
    """Raises ValueError for what names no trial."""
    words = name.split(":")
    here = words[-1] == "here"
    kind, *rest = words[:-1] if here else words
    try:
        if kind in PROCESSES and rest[1] in FAULTS:
            return Faulted(kind, int(rest[0]), rest[1], here)
        if kind == "together":
            return Together(rest[0], int(rest[1]), int(rest[2]))
        if kind == "lag":
            return Lagging(rest[0], rest[1], float(rest[2]), rest[3], here)
        if kind == "late":
            return TooLate(rest[0], rest[1], here)
        if kind == "throttled":
            return Throttled(rest[0], int(rest[1]), here)
    except (IndexError, ValueError):
        pass
    raise ValueError(
        f"{name!r} is no trial. One is named as in onboard:17:drop_after, together:onboard:4:0, "
        "lag:onboard:all:2:flap, late:onboard:grants or throttled:rotate:3, with :here for the "
        f"role's steps without Ansible. Processes: {', '.join(PROCESSES)}. "
        f"Faults: {', '.join(FAULTS)}."
    )
