# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A sample of what `make chaos` tries, small enough for every `make test`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chaos import catalogue, trial
from chaos.processes import PROCESSES
from chaos.stage import Stage
from chaos.trial import Trial

CHUNKS = 16


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage.open() as stage:
        yield stage


@pytest.fixture(scope="module")
def trials(stage: Stage) -> list[Trial]:
    return catalogue.sample(catalogue.requests(stage, PROCESSES))


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_the_hand_over_survives(stage: Stage, trials: list[Trial], chunk: int) -> None:
    verdicts = [trial.judge(each, stage) for each in trials[chunk::CHUNKS]]
    assert verdicts
    failed = [(item.trial, *map(str, item.problems)) for item in verdicts if item.problems]
    assert not failed
