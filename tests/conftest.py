# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shared by all tests: where the collection is found, and a sandbox for each test process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.client import Sandbox
from support import tree
from support.playbooks import Player

# Before pytest imports the tests, which import the collection's modules.
tree.make_importable()


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    """One sandbox for the whole test process; pytest-xdist gives each of its own one."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Iterator[Sandbox]:
    """The sandbox as freshly started. What broke a contract or the invariants fails the test."""
    running_sandbox.reset()
    yield running_sandbox
    assert running_sandbox.violations() == []


@pytest.fixture
def player(sandbox: Sandbox, tmp_path: Path) -> Player:
    return Player(sandbox, tmp_path)
