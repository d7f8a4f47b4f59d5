# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every fault, as a client sees it and as the state shows it."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import pytest
import requests
from unit.sandbox.api import Api, Graph, ask_token, error_of

from sandbox.client import Sandbox

JSON = {"Content-Type": "application/json"}
CONNECTION_LOST = (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError)


def made(sandbox: Sandbox) -> bool:
    return "Connector" in [each["displayName"] for each in sandbox.state()["applications"]]


def create(graph: Graph) -> requests.Response:
    return graph("POST", "/applications", {"displayName": "Connector"})


@pytest.mark.parametrize(("fault", "acted"), [("drop_before", False), ("drop_after", True)])
def test_a_dropped_connection(sandbox: Sandbox, graph: Graph, fault: str, acted: bool) -> None:
    sandbox.faults([{"at": 0, "fault": fault}])
    with pytest.raises(CONNECTION_LOST):
        create(graph)
    assert made(sandbox) is acted
    entry = sandbox.requests()[0]
    assert (entry["fault"], entry["acted"], entry["status"]) == (fault, acted, None)
    assert create(graph).status_code == 201  # the next request is served on a new connection


@pytest.mark.parametrize("acted", [False, True])
@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_a_status(sandbox: Sandbox, graph: Graph, status: int, acted: bool) -> None:
    sandbox.faults(
        [{"at": 0, "fault": {"kind": "status", "status": status, "retry_after": 3, "acted": acted}}]
    )
    answer = create(graph)
    assert answer.status_code == status
    assert "innerError" in answer.json()["error"]
    assert answer.headers["Retry-After"] == "3"
    assert made(sandbox) is acted


def test_retry_after_is_there_only_when_asked_for(sandbox: Sandbox, graph: Graph) -> None:
    sandbox.faults([{"at": 0, "fault": {"kind": "status", "status": 429}}])
    answer = create(graph)
    assert error_of(answer) == (429, "TooManyRequests")
    assert "Retry-After" not in answer.headers


def test_a_status_may_have_any_code(sandbox: Sandbox, graph: Graph) -> None:
    fault = {
        "kind": "status",
        "status": 409,
        "code": "Directory_ConcurrencyViolation",
        "message": "Try again",
    }
    sandbox.faults([{"match": {"path": "/applications"}, "fault": fault}])
    assert error_of(create(graph)) == (409, "Directory_ConcurrencyViolation")
    assert create(graph).status_code == 201


def test_a_status_of_the_other_services_has_their_shape(sandbox: Sandbox, stackone: Api) -> None:
    for service in ("login", "stackone"):
        sandbox.faults(
            [{"match": {"service": service}, "fault": {"kind": "status", "status": 503}}]
        )
    token = ask_token(sandbox)
    assert (token.status_code, token.json()["error"]) == (503, "temporarily_unavailable")
    answer = stackone("GET", "/accounts")
    assert (answer.status_code, answer.json()["statusCode"]) == (503, 503)


@pytest.mark.parametrize(("settings", "status"), [({}, 502), ({"status": 200, "acted": True}, 200)])
def test_a_page_instead_of_json(
    sandbox: Sandbox, graph: Graph, settings: dict[str, Any], status: int
) -> None:
    sandbox.faults([{"at": 0, "fault": {"kind": "html", **settings}}])
    answer = create(graph)
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (
        status,
        "text/html",
    )
    assert answer.text.startswith("<!DOCTYPE html>")
    assert made(sandbox) is settings.get("acted", False)


def test_a_cut_answer_announces_more_than_it_sends(sandbox: Sandbox, graph: Graph) -> None:
    sandbox.faults([{"at": 0, "fault": "truncated"}])
    with pytest.raises(CONNECTION_LOST):
        create(graph)
    assert made(sandbox)
    assert create(graph).status_code == 201


def test_a_short_answer_is_half_a_document(sandbox: Sandbox, graph: Graph) -> None:
    sandbox.faults([{"at": 0, "fault": {"kind": "truncated", "variant": "short"}}])
    answer = create(graph)
    assert answer.status_code == 201
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()
    assert made(sandbox)


@pytest.mark.parametrize("acted", [False, True])
def test_a_stall_holds_the_answer(sandbox: Sandbox, graph: Graph, acted: bool) -> None:
    sandbox.faults([{"at": 0, "fault": {"kind": "stall", "seconds": 0.25, "acted": acted}}])
    with pytest.raises(requests.exceptions.ReadTimeout):
        graph.session.post(
            f"{graph.base_url}/applications", json={"displayName": "Connector"}, timeout=0.1
        )
    assert made(sandbox) is acted
    time.sleep(0.25)
    assert made(sandbox)  # the server acts even when nobody waits any more


def test_a_stall_ends_with_the_answer(sandbox: Sandbox, graph: Graph) -> None:
    sandbox.faults([{"at": 0, "fault": {"kind": "stall", "seconds": 0.1}}])
    before = time.monotonic()
    assert create(graph).status_code == 201
    assert time.monotonic() - before >= 0.1


def test_a_request_stalled_over_a_reset_does_nothing(sandbox: Sandbox, graph: Graph) -> None:
    sandbox.faults([{"at": 0, "fault": {"kind": "stall", "seconds": 0.2}}])
    with pytest.raises(requests.exceptions.ReadTimeout):
        graph.session.post(
            f"{graph.base_url}/applications", json={"displayName": "Connector"}, timeout=0.1
        )
    sandbox.reset()
    time.sleep(0.25)
    assert not made(sandbox)


@pytest.mark.parametrize(("when", "acted"), [("before", False), ("after", True)])
def test_a_kill_ends_the_process_group(
    sandbox: Sandbox, graph: Graph, when: str, acted: bool
) -> None:
    script = "import time; print('ready', flush=True); time.sleep(60)"
    victim = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, start_new_session=True
    )
    assert victim.stdout is not None
    victim.stdout.readline()
    sandbox.faults([{"at": 0, "fault": {"kind": "kill", "pgid": victim.pid, "when": when}}])
    with pytest.raises(CONNECTION_LOST):
        create(graph)
    assert victim.wait(5) == -9
    assert made(sandbox) is acted


def test_rules_count_match_and_draw(sandbox: Sandbox, graph: Graph) -> None:
    status = {"kind": "status", "status": 503}
    sandbox.faults(
        [
            {
                "match": {"method": "get", "path": r"^/v1\.0/organization$"},
                "times": 2,
                "fault": status,
            }
        ]
    )
    assert create(graph).status_code == 201
    assert [graph("GET", "/organization").status_code for _unused in range(4)] == [
        503,
        503,
        200,
        200,
    ]
    sandbox.clear_faults()
    sandbox.faults(
        [
            {
                "match": {},
                "times": 0,
                "probability": 0.3,
                "seed": 4,
                "fault": {"kind": "status", "status": 429},
            }
        ]
    )
    drawn = [graph("GET", "/organization").status_code for _unused in range(60)]
    assert 8 <= drawn.count(429) <= 30
    sandbox.clear_faults()
    sandbox.faults(
        [
            {
                "match": {},
                "times": 0,
                "probability": 0.3,
                "seed": 4,
                "fault": {"kind": "status", "status": 429},
            }
        ]
    )
    assert [graph("GET", "/organization").status_code for _unused in range(60)] == drawn


@pytest.mark.parametrize(
    "rule",
    [
        {"at": 0, "fault": "nonsense"},
        {"fault": "drop_before"},
        {"at": 0, "fault": {"kind": "status", "nonsense": 1}},
        {"at": 0, "nonsense": 1, "fault": "drop_before"},
        {"match": {"nonsense": 1}, "fault": "drop_before"},
        {"at": 0, "fault": {"kind": "kill"}},
    ],
)
def test_a_bad_rule_is_refused(sandbox: Sandbox, rule: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="POST faults: "):
        sandbox.faults([rule])


def post_part(part: str, name: str) -> dict[str, Any]:
    return {
        "id": part,
        "method": "POST",
        "url": "/applications",
        "body": {"displayName": name},
        "headers": JSON,
    }


@pytest.mark.parametrize(
    ("fault", "done"),
    [("drop_before", ["one"]), ("drop_after", ["one", "two"]), ("truncated", ["one", "two"])],
)
def test_a_connection_fault_in_a_batch_ends_it(
    sandbox: Sandbox, graph: Graph, fault: str, done: list[str]
) -> None:
    sandbox.faults([{"at": 1, "fault": fault}])
    with pytest.raises(CONNECTION_LOST):
        graph(
            "POST",
            "/$batch",
            {"requests": [post_part(name, name) for name in ("one", "two", "three")]},
        )
    names = [each["displayName"] for each in sandbox.state()["applications"]]
    assert [name for name in ("one", "two", "three") if name in names] == done


def test_a_page_in_a_batch_comes_instead_of_it(sandbox: Sandbox, graph: Graph) -> None:
    sandbox.faults([{"at": 1, "fault": "html"}])
    answer = graph("POST", "/$batch", {"requests": [post_part("1", "one"), post_part("2", "two")]})
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (502, "text/html")
