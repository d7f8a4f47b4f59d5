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
    def answer(query: dict[str, str], _url: str) -> Any:
        first = 0 if query["page"] == "1" else -1
        profiles = [profile(number) for number in range(first, 150)]
        data = page_of(profiles, query)
        return {"total": len(profiles), "data": data} if wrapped else data

    call, _service = read("stackone_connector_profile_info", answer)
    names = [item["name"] for item in call.ok()["profiles"]]
    assert names == [f"P{number}" for number in range(150)], "each once"


def test_server_that_does_not_page(read: Read) -> None:
    profiles = [profile(number) for number in range(150)]
    call, service = read("stackone_connector_profile_info", lambda _query, _url: profiles)
    assert len(call.ok()["profiles"]) == 150
    assert len(service.queries) == 2


def test_cursor_that_goes_in_a_circle(read: Read) -> None:
    call, service = read("stackone_action_info", lambda _query, _url: {"data": [], "next": "again"})
    call.refused("/actions", "a page that was read already", kind="HttpError", method="GET")
    assert [query.get("next") for query in service.queries] == [None, "again"]


def test_next_link_that_goes_in_a_circle(read: Read) -> None:
    def answer(_query: dict[str, str], url: str) -> Any:
        return {"value": [], "@odata.nextLink": f"{url}/v1.0/applications?$skiptoken=x"}

    call, service = read("entra_app_info", answer)
    call.refused("/v1.0/applications", "a page that was read already", kind="HttpError")
    assert [query.get("$skiptoken") for query in service.queries] == [None, "x"]


def test_next_link_to_another_service_gets_no_token(
    modules: Modules, sandbox: Sandbox, tmp_path: Path
) -> None:
    with answering(lambda _query, _url: {"value": []}) as (stranger, strangers):
        link = f"{stranger.url}/v1.0/applications?$skiptoken=x"
        page = {"value": [], "@odata.nextLink": link}
        with answering(lambda _query, _url: page) as (graph, authority):
            urls = {"ENTRA_GRAPH_URL": graph.url}
            environment = trusting(sandbox, tmp_path, authority, strangers, **urls)
            call = modules.call("entra_app_info", {}, environment=environment)
    call.refused(stranger.url, "graph_url", kind="HttpError", method="GET")
    assert (len(graph.queries), stranger.queries) == (1, [])


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.replace("https://", "http://"),
        lambda url: url.replace("127.0.0.1", "localhost"),
        lambda url: url.rpartition(":")[0],
        lambda _url: "https://[nowhere",
        lambda _url: "https://127.0.0.1:many",
        lambda _url: "",
    ],
    ids=["scheme", "host", "no port", "broken", "no number", "relative"],
)
def test_next_link_that_leaves_graph(read: Read, change: Callable[[str], str]) -> None:
    def answer(_query: dict[str, str], url: str) -> Any:
        return {"value": [], "@odata.nextLink": f"{change(url)}/v1.0/applications"}

    call, service = read("entra_app_info", answer)
    call.refused("graph_url", kind="HttpError")
    assert len(service.queries) == 1
