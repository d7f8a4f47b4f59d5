# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures for tests that act on the wire."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.client import Sandbox
from support.modules import Modules
from support.ways import Ways


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The way concerns tests that call modules; plays say themselves which way theirs go."""
    if os.environ.get("WAY") != "module":
        return
    playing = [item for item in items if "modules" not in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=playing)
    items[:] = [item for item in items if item not in playing]


@pytest.fixture
def modules(sandbox: Sandbox) -> Modules:
    return Modules(sandbox)


@pytest.fixture
def ways(sandbox: Sandbox, tmp_path: Path) -> Iterator[Ways]:
    ways = Ways(sandbox, tmp_path)
    yield ways
    ways.close()
