# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control interface: journal, options, edits, invariants, quotas, time."""

from __future__ import annotations

import time
from typing import Any

import pytest
from unit.sandbox.api import Api, Graph, ask_token, connect, error_of

from sandbox.client import Sandbox


def test_the_journal_tells_what_happened(sandbox: Sandbox, graph: Graph) -> None:
    graph(
        "GET",
        "/applications?$top=1",
        ConsistencyLevel="eventual",
        client_request_id="mine",
        User_Agent="test/1",
    )
    graph.make_app()
    ask_token(sandbox)
    read, write, token = sandbox.requests()
    assert (read["index"], read["wire"], read["part"], read["service"]) == (0, 0, None, "graph")
    assert (read["method"], read["path"], read["query"]) == (
        "GET",
        "/v1.0/applications",
        {"$top": "1"},
    )
    assert read["headers"] == {
        "user-agent": "test/1",
        "client-request-id": "mine",
        "consistencylevel": "eventual",
        "authorization": "Bearer",
    }
    assert (write["body"], write["status"]) == ({"displayName": "Connector"}, 201)
    assert write["answer"]["displayName"] == "Connector"
    assert [each["mutating"] for each in (read, write, token)] == [False, True, False]
    assert abs(write["time"] - time.time()) < 10
    assert token["service"] == "login"


def test_clearing_starts_both_counts_anew(sandbox: Sandbox, graph: Graph) -> None:
    graph.make_app()
    sandbox.clear()
    assert (sandbox.requests(), sandbox.wire_count()) == ([], 0)
    graph("GET", "/organization")
    assert [(each["index"], each["wire"]) for each in sandbox.requests()] == [(0, 0)]


def test_reset_goes_back_to_the_seed(sandbox: Sandbox, graph: Graph) -> None:
    before = sandbox.state()
    graph.make_app()
    sandbox.faults([{"match": {}, "times": 0, "fault": "drop_before"}])
    sandbox.options(lag=7)
    sandbox.advance(100)
    assert sandbox.reset(page_size=5)["page_size"] == 5
    after = sandbox.state()
    assert sandbox.options()["lag"] == 0.0
    assert sandbox.requests() == []
    assert [each["id"] for each in after["applications"]] == [
        each["id"] for each in before["applications"]
    ]
    assert connect(sandbox)("GET", "/organization").status_code == 200


@pytest.mark.parametrize(
    "options",
    [
        {"nonsense": 1},
        {"lag": "soon"},
        {"flap": 1},
        {"page_size": 1.5},
        {"identity_roles": ["Nonsense.All"]},
    ],
)
def test_a_bad_option_is_refused(sandbox: Sandbox, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="POST options: "):
        sandbox.options(**options)


def test_options_convert_as_from_a_command_line(sandbox: Sandbox) -> None:
    changed = sandbox.options(
        lag=2, lag_filter=None, identity_roles="Directory.Read.All,Group.Read.All"
    )
    assert (changed["lag"], changed["lag_filter"]) == (2.0, None)
    assert changed["identity_roles"] == ["Directory.Read.All", "Group.Read.All"]


def test_edits_of_objects_are_seen_at_once(sandbox: Sandbox, graph: Graph) -> None:
    sandbox.options(lag=60)
    app = sandbox.edit(kind="applications", add={"displayName": "By hand", "uniqueName": "hand"})
    path = f"/applications/{app['id']}"
    assert graph.data("GET", path)["displayName"] == "By hand"
    sandbox.edit(kind="applications", id=app["id"], set={"tags": ["a"]})
    sandbox.edit(kind="applications", id=app["id"], add={"tags": ["b"]})
    assert graph.data("GET", path)["tags"] == ["a", "b"]
    principal = sandbox.edit(kind="servicePrincipals", add={"appId": app["appId"]})
    assert graph.principal_of(app["appId"])["displayName"] == "By hand"
    grant = {"clientId": principal["id"], "resourceId": principal["id"], "scope": "x"}
    made = sandbox.edit(kind="oauth2PermissionGrants", add=grant)
    assert graph.data("GET", f"/oauth2PermissionGrants/{made['id']}")["scope"] == "x"
    sandbox.edit(kind="oauth2PermissionGrants", id=made["id"], delete=True)
    graph("GET", f"/oauth2PermissionGrants/{made['id']}", expect=404)
    sandbox.edit(kind="applications", id=app["id"], delete=True)
    graph("GET", path, expect=404)
    with pytest.raises(ValueError, match="unknown kind"):
        sandbox.edit(kind="nonsense", add={})


def test_an_edit_of_a_profile_moves_its_time(sandbox: Sandbox, stackone: Api) -> None:
    profile = sandbox.edit(kind="profiles", add={"name": "By hand", "connector_key": "azuredevops"})
    read = stackone.data("GET", f"/connector_profiles/{profile['id']}")
    sandbox.edit(
        kind="profiles",
        id=profile["id"],
        set={"name": "Renamed", "setup_information": {"scopes": "x"}},
    )
    again = stackone.data("GET", f"/connector_profiles/{profile['id']}")
    assert again["name"] == "Renamed"
    assert again["updated_at"] > read["updated_at"]
    assert sandbox.state()["profiles"][0]["setup_information"] == {"scopes": "x"}
    sandbox.edit(kind="profiles", id=profile["id"], delete=True)
    stackone("GET", f"/connector_profiles/{profile['id']}", expect=404)


def test_accounts_can_be_changed_and_removed(sandbox: Sandbox, stackone: Api) -> None:
    account = sandbox.edit(kind="accounts", add={})
    sandbox.edit(kind="accounts", id=account["id"], set={"status": "error"})
    assert stackone.data("GET", "/accounts")[0]["status"] == "error"
    sandbox.edit(kind="accounts", id=account["id"], delete=True)
    assert stackone.data("GET", "/accounts") == []


@pytest.fixture
def connected(graph: Graph, stackone: Api) -> dict[str, Any]:
    """A profile that holds a live secret of an app."""
    app = graph.make_app()
    secret = graph.make_secret(app["id"])
    setup = {"clientId": app["appId"], "clientSecret": secret["secretText"]}
    profile = stackone.data(
        "POST",
        "/connector_profiles",
        {"name": "x", "connector_key": "azuredevops", "setup_information": setup},
    )
    return {"app": app, "secret": secret, "profile": profile}


def breaches(sandbox: Sandbox) -> list[tuple[str, int, str]]:
    return [(each["kind"], each["index"], each["profile"]) for each in sandbox.violations()]


def test_removing_the_secret_in_use_is_a_breach(
    sandbox: Sandbox, graph: Graph, connected: dict[str, Any]
) -> None:
    spare = graph.make_secret(connected["app"]["id"])
    path = f"/applications/{connected['app']['id']}/removePassword"
    sandbox.clear()
    graph("POST", path, {"keyId": spare["keyId"]}, expect=204)
    assert breaches(sandbox) == []
    graph("POST", path, {"keyId": connected["secret"]["keyId"]}, expect=204)
    assert breaches(sandbox) == [("dead_secret", 1, connected["profile"]["id"])]


def test_deleting_the_app_of_a_profile_is_a_breach(
    sandbox: Sandbox, graph: Graph, connected: dict[str, Any]
) -> None:
    sandbox.clear()
    graph("DELETE", f"/applications/{connected['app']['id']}", expect=204)
    assert breaches(sandbox) == [("dead_secret", 0, connected["profile"]["id"])]


def test_writing_a_dead_secret_is_a_breach(
    sandbox: Sandbox, stackone: Api, connected: dict[str, Any]
) -> None:
    sandbox.clear()
    path = f"/connector_profiles/{connected['profile']['id']}"
    stackone("PATCH", path, {"setup_information": {"clientSecret": "never lived"}}, expect=200)
    assert breaches(sandbox) == [("dead_secret", 0, connected["profile"]["id"])]


def test_what_ends_by_hand_or_with_the_profile_is_none(
    sandbox: Sandbox, graph: Graph, stackone: Api, connected: dict[str, Any]
) -> None:
    app, secret = connected["app"], connected["secret"]
    ended = {"endDateTime": "2020-01-01T00:00:00Z"}
    sandbox.edit(kind="passwords", app=app["id"], key_id=secret["keyId"], set=ended)
    graph(
        "POST", f"/applications/{app['id']}/removePassword", {"keyId": secret["keyId"]}, expect=204
    )
    stackone("DELETE", f"/connector_profiles/{connected['profile']['id']}", expect=204)
    graph("DELETE", f"/applications/{app['id']}", expect=204)
    assert breaches(sandbox) == []


def test_graph_throttles_writes_per_app(sandbox: Sandbox, graph: Graph) -> None:
    sandbox.options(graph_write_limit=2, graph_write_window=30)
    for _unused in range(2):
        graph.make_app()
    answer = graph("POST", "/applications", {"displayName": "x"})
    assert error_of(answer) == (429, "TooManyRequests")
    assert 1 <= int(answer.headers["Retry-After"]) <= 30
    graph("GET", "/applications", expect=200)
    sandbox.advance(30)
    graph.make_app()


def test_stackone_throttles_requests_per_key(sandbox: Sandbox, stackone: Api) -> None:
    sandbox.options(stackone_limit=2, stackone_window=10)
    assert [stackone("GET", "/accounts").status_code for _unused in range(3)] == [200, 200, 429]
    assert stackone("GET", "/accounts").headers["Retry-After"]
    sandbox.advance(10)
    stackone("GET", "/accounts", expect=200)


def test_latency_is_added_to_every_request(sandbox: Sandbox, stackone: Api) -> None:
    sandbox.options(latency_ms=80)
    before = time.monotonic()
    stackone("GET", "/accounts", expect=200)
    assert time.monotonic() - before >= 0.08


def test_azure_cli_finds_no_subscriptions_when_it_signs_in(sandbox: Sandbox) -> None:
    api = Api(sandbox.ca_path, f"{sandbox.url}/arm")
    assert api.data("GET", "/subscriptions?api-version=2022-12-01") == {"value": []}
    assert api.data("GET", "/tenants")["value"][0]["tenantId"] == sandbox.info["tenant_id"]
    assert api("GET", "/nonsense").status_code == 404


def test_an_unknown_corner_is_404(sandbox: Sandbox) -> None:
    api = Api(sandbox.ca_path, sandbox.url)
    assert api("GET", "/elsewhere").status_code == 404
    assert api("GET", "/_sandbox/health").json()["status"] == "ok"
    assert api("GET", "/_sandbox/nonsense").status_code == 404
