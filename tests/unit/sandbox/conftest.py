# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One sandbox for the whole folder, put back to its beginning before each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from unit.sandbox.api import Api, Graph, connect

from sandbox.client import Sandbox

FLAWS = ("answer", "sandbox")  # violations that only the sandbox itself can cause


@pytest.fixture(scope="session")
def running() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Iterator[Sandbox]:
    """The sandbox at its beginning; a test fails when the sandbox broke its own contract in it."""
    running.reset()
    yield running
    assert [each for each in running.violations() if each["kind"] in FLAWS] == []


@pytest.fixture
def graph(sandbox: Sandbox) -> Graph:
    api = connect(sandbox)
    sandbox.clear()
    return api


@pytest.fixture
def stackone(sandbox: Sandbox) -> Api:
    return Api(sandbox.ca_path, sandbox.stackone_url, auth=(sandbox.info["api_key"], ""))


@pytest.fixture
def graph_with(sandbox: Sandbox) -> Callable[..., Graph]:
    """Graph as an identity that holds just these application permissions."""

    def make(*roles: str) -> Graph:
        sandbox.options(identity_roles=list(roles))
        return connect(sandbox)

    return make
