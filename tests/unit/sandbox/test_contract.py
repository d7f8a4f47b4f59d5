# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the contracts refuse, the sandbox refuses and records."""

from __future__ import annotations

from typing import Any

import pytest
from unit.sandbox.api import Api, Graph, error_of

from sandbox.client import Sandbox


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/nowhere", None, 404, "BadRequest"),
        ("PUT", "/applications", {}, 405, "Request_BadRequest"),
        ("GET", "/applications?$nonsense=1", None, 400, "Request_BadRequest"),
        ("GET", "/applications?$top=many", None, 400, "Request_BadRequest"),
        ("POST", "/applications", {"displayName": "x", "nonsense": 1}, 400, "Request_BadRequest"),
        ("POST", "/applications", {}, 400, "Request_BadRequest"),
        ("POST", "/applications", None, 400, "Request_BadRequest"),
        (
            "POST",
            "/applications",
            {"displayName": "x", "signInAudience": "Everybody"},
            400,
            "Request_BadRequest",
        ),
        (
            "POST",
            "/applications",
            {"displayName": "x", "web": {"redirectUris": "https://x"}},
            400,
            "Request_BadRequest",
        ),
        ("POST", "/oauth2PermissionGrants", {"clientId": "x"}, 400, "Request_BadRequest"),
    ],
)
def test_graph_refuses_in_its_own_shape(
    sandbox: Sandbox, graph: Graph, method: str, path: str, body: Any, status: int, code: str
) -> None:
    assert error_of(graph(method, path, body)) == (status, code)
    found = sandbox.violations()
    assert [each["kind"] for each in found] == ["contract"]
    assert sandbox.requests()[0]["violation"] == found[0]["problems"]


def test_a_body_must_be_announced_as_json(sandbox: Sandbox, graph: Graph) -> None:
    url = f"{graph.base_url}/applications"
    for content_type, data in (
        ("text/plain", '{"displayName": "x"}'),
        ("application/json", "{nonsense"),
    ):
        answer = graph.session.post(
            url, data=data, headers={"Content-Type": content_type}, timeout=20
        )
        assert error_of(answer) == (400, "Request_BadRequest")
    assert len(sandbox.violations()) == 2


@pytest.mark.parametrize(
    "path", ["/Applications/{id}", "/myOrganization/applications/{id}", "//applications/{id}"]
)
def test_a_path_as_other_clients_of_graph_write_it(graph: Graph, path: str) -> None:
    app = graph.make_app()
    assert graph.data("GET", path.format(id=app["id"]))["appId"] == app["appId"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nowhere", None, 404),
        ("PUT", "/connector_profiles", {}, 405),
        ("GET", "/connector_profiles?nonsense=1", None, 400),
        ("GET", "/connector_profiles?page=0", None, 400),
        ("POST", "/connector_profiles", {"name": "x", "nonsense": 1}, 400),
        ("POST", "/connector_profiles", {"setup_information": {"clientSecret": ""}}, 400),
        ("POST", "/connect_sessions", {"origin_owner_id": "x"}, 400),
    ],
)
def test_stackone_refuses_in_its_own_shape(
    sandbox: Sandbox, stackone: Api, method: str, path: str, body: Any, status: int
) -> None:
    answer = stackone(method, path, body)
    assert (answer.status_code, answer.json()["statusCode"]) == (status, status)
    assert set(answer.json()) == {"statusCode", "message", "timestamp"}
    assert [each["kind"] for each in sandbox.violations()] == ["contract"]


def test_a_good_request_is_no_violation(sandbox: Sandbox, graph: Graph, stackone: Api) -> None:
    graph.make_app()
    stackone("GET", "/connector_profiles", expect=200)
    assert sandbox.violations() == []


def test_violations_can_be_forgotten(sandbox: Sandbox, graph: Graph) -> None:
    graph("GET", "/nowhere")
    sandbox.control("DELETE", "violations")
    assert sandbox.violations() == []
