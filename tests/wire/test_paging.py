# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists that come in pages: they change while they are read, end, and stay with their service."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.client import Sandbox
from support.modules import Call, Modules
from support.service import Answer, Service, answering, trusting

Read = Callable[[str, Answer], tuple[Call, Service]]
VARIABLES = {
    "stackone_connector_profile_info": "STACKONE_API_URL",
    "stackone_action_info": "STACKONE_API_URL",
    "entra_app_info": "ENTRA_GRAPH_URL",
}


@pytest.fixture
def read(modules: Modules, sandbox: Sandbox, tmp_path: Path) -> Read:
    """A module reads a service that answers so; the sign-in is the sandbox's."""

    def read(name: str, answer: Answer) -> tuple[Call, Service]:
        with answering(answer) as (service, authority):
            urls = {VARIABLES[name]: service.url}
            environment = trusting(sandbox, tmp_path, authority, **urls)
            return modules.call(name, {}, environment=environment), service

    return read


def profile(number: int) -> dict[str, Any]:
    return {"id": f"p{number}", "name": f"P{number}", "connector_key": "azuredevops"}


def page_of(profiles: list[dict[str, Any]], query: dict[str, str]) -> list[dict[str, Any]]:
    start = (int(query["page"]) - 1) * int(query["page_size"])
    return profiles[start : start + int(query["page_size"])]


@pytest.mark.parametrize("wrapped", [False, True])
def test_profile_that_appears_in_front_between_two_pages(read: Read, wrapped: bool) -> None:
    def answer(query: dict[str, str]) -> Any:
        first = 0 if query["page"] == "1" else -1
        profiles = [profile(number) for number in range(first, 150)]
        data = page_of(profiles, query)
        return {"total": len(profiles), "data": data} if wrapped else data

    call, _service = read("stackone_connector_profile_info", answer)
    names = [item["name"] for item in call.ok()["profiles"]]
    assert names == [f"P{number}" for number in range(150)], "each once"


def test_server_that_does_not_page(read: Read) -> None:
    profiles = [profile(number) for number in range(150)]
    call, service = read("stackone_connector_profile_info", lambda query: profiles)
    assert len(call.ok()["profiles"]) == 150
    assert len(service.queries) == 2
