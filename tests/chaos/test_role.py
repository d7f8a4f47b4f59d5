# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role's steps as played here are those that Ansible takes: the same requests, in order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from chaos.processes import PROCESSES
from chaos.stage import Stage

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{24}|Grants/[\w-]+")


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage.open() as stage:
        yield stage


@pytest.mark.parametrize("name", PROCESSES)
def test_the_requests_are_those_of_ansible_playbook(stage: Stage, name: str) -> None:
    here, played = (
        [_shape(entry) for entry in PROCESSES[name].by(here=here).requests(stage)]
        for here in (True, False)
    )
    assert here == played


def _shape(entry: dict[str, Any]) -> tuple[str, str, str, Any]:
    """A request without what is another one in each run: ids, secrets and times."""
    body = entry["body"] if isinstance(entry["body"], dict) else {}
    return entry["method"], _ID.sub("…", entry["path"]), entry["part"] or "", sorted(body)
