# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON batching."""

from __future__ import annotations

from typing import Any

import pytest
from unit.sandbox.api import Graph, error_of

from sandbox.client import Sandbox

JSON = {"Content-Type": "application/json"}


def parts_of(graph: Graph, *requests: dict[str, Any]) -> dict[str, dict[str, Any]]:
    answer = graph("POST", "/$batch", {"requests": list(requests)}, expect=200)
    return {each["id"]: each for each in answer.json()["responses"]}


def get(part: str, url: str, **more: Any) -> dict[str, Any]:
    return {"id": part, "method": "GET", "url": url, **more}


def test_each_part_has_its_own_answer_and_its_own_index(sandbox: Sandbox, graph: Graph) -> None:
    app = graph.make_app()
    sandbox.clear()
    answers = parts_of(
        graph,
        get("a", f"/applications/{app['id']}?$select=id"),
        get("b", "applications/00000000-0000-0000-0000-000000000001"),
        {
            "id": "c",
            "method": "PATCH",
            "url": f"/applications/{app['id']}",
            "body": {"notes": "x"},
            "headers": JSON,
        },
        get("d", "/applications/$count", headers={"ConsistencyLevel": "eventual"}),
    )
    assert {part: each["status"] for part, each in answers.items()} == {
        "a": 200,
        "b": 404,
        "c": 204,
        "d": 200,
    }
    assert answers["a"]["body"]["id"] == app["id"]
    assert answers["a"]["headers"]["Content-Type"].startswith("application/json")
    assert answers["b"]["body"]["error"]["code"] == "Request_ResourceNotFound"
    assert "body" not in answers["c"]
    entries = sandbox.requests()
    assert [(each["index"], each["wire"], each["part"]) for each in entries] == [
        (i, 0, p) for i, p in enumerate("abcd")
    ]
    assert [each["mutating"] for each in entries] == [False, False, True, False]
    assert sandbox.wire_count() == 1


def test_the_order_of_answers_is_not_that_of_requests(graph: Graph) -> None:
    ids = [str(number) for number in range(12)]
    body = {"requests": [get(part, "/organization") for part in ids]}
    orders = [
        [each["id"] for each in graph.data("POST", "/$batch", body)["responses"]]
        for _unused in range(3)
    ]
    assert all(sorted(order) == sorted(ids) for order in orders)
    assert any(order != ids for order in orders)


def test_what_depends_on_a_failed_part_is_424(sandbox: Sandbox, graph: Graph) -> None:
    answers = parts_of(
        graph,
        get("late", "/organization", dependsOn=["bad"]),
        get("bad", "/applications/nonsense"),
        get("good", "/organization"),
        get("fine", "/organization", dependsOn=["good"]),
    )
    assert {part: each["status"] for part, each in answers.items()} == {
        "late": 424,
        "bad": 400,
        "good": 200,
        "fine": 200,
    }
    order = [each["part"] for each in sandbox.requests()]
    assert order.index("bad") < order.index("late")


def test_a_chain_runs_in_order(graph: Graph) -> None:
    answers = parts_of(
        graph,
        {
            "id": "1",
            "method": "POST",
            "url": "/applications",
            "body": {"displayName": "x", "uniqueName": "chain"},
            "headers": JSON,
        },
        get("2", "/applications(uniqueName='chain')", dependsOn=["1"]),
    )
    assert [answers["1"]["status"], answers["2"]["status"]] == [201, 200]


@pytest.mark.parametrize(
    "requests",
    [
        [],
        [get(str(number), "/organization") for number in range(21)],
        [get("1", "/organization"), get("1", "/organization")],
        [get("1", "/organization", dependsOn=["2"])],
        [{"id": "1", "url": "/organization"}],
    ],
)
def test_a_bad_batch_is_400_as_a_whole(
    sandbox: Sandbox, graph: Graph, requests: list[dict[str, Any]]
) -> None:
    assert graph("POST", "/$batch", {"requests": requests}).status_code == 400
    assert sandbox.requests() == []
    assert sandbox.wire_count() == 1


def test_a_part_is_checked_by_the_contract_on_its_own(sandbox: Sandbox, graph: Graph) -> None:
    answers = parts_of(
        graph,
        {"id": "1", "method": "POST", "url": "/applications", "body": {"displayName": "x"}},
        {
            "id": "2",
            "method": "POST",
            "url": "/applications",
            "body": {"nonsense": 1},
            "headers": JSON,
        },
        get("3", "/nowhere"),
    )
    assert [answers[part]["status"] for part in "123"] == [400, 400, 404]
    assert [each["index"] for each in sandbox.violations()] == [0, 1, 2]


def test_a_batch_needs_a_token(graph: Graph) -> None:
    answer = graph(
        "POST", "/$batch", {"requests": [get("1", "/organization")]}, Authorization="Bearer x"
    )
    assert error_of(answer) == (401, "InvalidAuthenticationToken")


def test_one_part_can_be_throttled(sandbox: Sandbox, graph: Graph) -> None:
    sandbox.clear()
    sandbox.faults([{"at": 1, "fault": {"kind": "status", "status": 429, "retry_after": 7}}])
    answers = parts_of(
        graph, get("1", "/organization"), get("2", "/organization"), get("3", "/organization")
    )
    assert [answers[part]["status"] for part in "123"] == [200, 429, 200]
    assert answers["2"]["headers"]["Retry-After"] == "7"
