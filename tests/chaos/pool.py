# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trials side by side on all cores, and what came of them as a table."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass

from chaos import trial
from chaos.invariants import LEFT_OVER, LOST
from chaos.stage import Stage
from chaos.trial import Trial, Verdict

# Runs wait: for a retry, for a stall to end. Meanwhile another one has the core.
_TRIALS_PER_CORE = 2

_open = contextlib.ExitStack()
_stages: list[Stage] = []


def default_jobs() -> int:
    return _TRIALS_PER_CORE * (os.cpu_count() or 1)


def judge(trials: Iterable[Trial], jobs: int, tell: Callable[[Verdict], None]) -> None:
    """Each worker has a sandbox and a folder of its own."""
    clean = multiprocessing.get_context("spawn")  # workers share no pipe with each other
    with ProcessPoolExecutor(jobs, clean, initializer=_open_stage) as pool:
        try:
            for done in as_completed([pool.submit(_judge, each) for each in trials]):
                tell(done.result())
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _open_stage() -> None:
    _stages.append(_open.enter_context(Stage.open(warm=True)))


def _judge(each: Trial) -> Verdict:
    return trial.judge(each, _stages[0])


@dataclass(frozen=True)
class Row:
    """A line of the table: how many trials, and how many of them ended how."""

    name: str
    tried: int
    survived: int
    lost: int
    left_over: int
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.name:28}{self.tried:8}{self.survived:10}{self.lost:6}{self.left_over:11}"
            f"{self.seconds:9.0f}"
        )


HEAD = f"{'':28}{'tried':>8}{'survived':>10}{'lost':>6}{'left over':>11}{'seconds':>9}"


def rows(verdicts: Sequence[Verdict]) -> list[Row]:
    groups = sorted({item.group for item in verdicts})
    shown = [_row(name, [item for item in verdicts if item.group == name]) for name in groups]
    return [*shown, _row("all", verdicts)] if len(groups) > 1 else shown


def _row(name: str, verdicts: Sequence[Verdict]) -> Row:
    return Row(
        name,
        len(verdicts),
        sum(not item.problems for item in verdicts),
        sum(item.has(LOST) for item in verdicts),
        sum(item.has(LEFT_OVER) for item in verdicts),
        sum(item.seconds for item in verdicts),
    )
