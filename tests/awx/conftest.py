# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What these tests share, and a word at the end where workers could not be kept apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from awx import namespaces
from awx.standin import Awx
from sandbox.client import Sandbox
from support.leaks import Secrets


@pytest.fixture
def awx() -> Iterator[Awx]:
    with Awx() as running:
        yield running


@pytest.fixture
def secrets(sandbox: Sandbox) -> Secrets:
    return Secrets(sandbox)


@pytest.fixture
def namespaced() -> None:
    reason = namespaces.why_not()
    if reason:
        pytest.skip(reason)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reason = namespaces.why_not()
    if reason:
        terminalreporter.section("JOB SLICES NOT RUN", red=True, bold=True)
        terminalreporter.write_line(reason)
