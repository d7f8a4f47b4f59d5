# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Eventual consistency: what reads, references and the token endpoint see within the lag."""

from __future__ import annotations

from typing import Any

import pytest
from unit.sandbox.api import Graph, ask_token, error_of

from sandbox.client import Sandbox

DEVOPS = "499b84ac-1321-427f-aa17-267ca6975798"


def statuses(graph: Graph, path: str, times: int) -> list[int]:
    return [graph("GET", path).status_code for _unused in range(times)]


def test_a_new_application_is_not_readable_at_once(sandbox: Sandbox, graph: Graph) -> None:
    sandbox.options(lag=20)
    app = graph.make_app(uniqueName="connector")
    paths = (f"/{app['id']}", f"(appId='{app['appId']}')", "(uniqueName='connector')")
    for key in paths:
        assert error_of(graph("GET", f"/applications{key}")) == (404, "Request_ResourceNotFound")
    for call, body in (("addPassword", {}), ("removePassword", {"keyId": app["id"]})):
        answer = graph("POST", f"/applications/{app['id']}/{call}", body)
        assert error_of(answer) == (404, "Request_ResourceNotFound")
    graph("PATCH", f"/applications/{app['id']}", {"notes": "x"}, expect=404)
    graph("DELETE", f"/applications/{app['id']}", expect=404)
    sandbox.advance(20)
    for key in paths:
        graph("GET", f"/applications{key}", expect=200)


def test_a_second_upsert_within_the_lag_meets_the_taken_name(
    sandbox: Sandbox, graph: Graph
) -> None:
    sandbox.options(lag=20)
    path = "/applications(uniqueName='connector')"
    wish: dict[str, Any] = {"Prefer": "create-if-missing"}
    graph("PATCH", path, {"displayName": "x"}, **wish, expect=201)
    answer = graph("PATCH", path, {"displayName": "x"}, **wish)
    assert "uniqueName already exists" in answer.json()["error"]["message"]
    sandbox.advance(20)
    graph("PATCH", path, {"displayName": "x"}, **wish, expect=204)


def test_a_change_shows_the_old_content_first(sandbox: Sandbox, graph: Graph) -> None:
    app = graph.make_app()
    sandbox.options(lag=5)
    graph("PATCH", f"/applications/{app['id']}", {"displayName": "New"}, expect=204)
    assert graph.data("GET", f"/applications/{app['id']}")["displayName"] == "Connector"
    graph("PATCH", f"/applications/{app['id']}", {"notes": "n"}, expect=204)
    sandbox.advance(5)
    read = graph.data("GET", f"/applications/{app['id']}")
    assert (read["displayName"], read["notes"]) == ("New", "n")  # nothing is lost by writing on


def test_a_deleted_object_is_still_there_for_a_while(sandbox: Sandbox, graph: Graph) -> None:
    app = graph.make_app()
    sandbox.options(lag=5)
    graph("DELETE", f"/applications/{app['id']}", expect=204)
    graph("GET", f"/applications/{app['id']}", expect=200)
    graph("GET", f"/directory/deletedItems/{app['id']}", expect=404)
    sandbox.advance(5)
    graph("GET", f"/applications/{app['id']}", expect=404)
    graph("GET", f"/directory/deletedItems/{app['id']}", expect=200)


def test_reads_flap_good_bad_good_bad(sandbox: Sandbox, graph: Graph) -> None:
    sandbox.options(lag=5, flap=True)
    app = graph.make_app()
    assert statuses(graph, f"/applications/{app['id']}", 5) == [200, 404, 200, 404, 200]
    sandbox.advance(5)
    assert statuses(graph, f"/applications/{app['id']}", 3) == [200] * 3


def test_index_backed_reads_trail_reads_by_key(sandbox: Sandbox, graph: Graph) -> None:
    sandbox.options(lag=10)
    graph.make_app(uniqueName="connector")
    sandbox.advance(11)
    graph("GET", "/applications(uniqueName='connector')", expect=200)
    query = "/applications?$filter=displayName eq 'Connector'"
    assert graph.data("GET", query)["value"] == []
    sandbox.advance(4)
    assert len(graph.data("GET", query)["value"]) == 1


def test_lists_flap_too(sandbox: Sandbox, graph: Graph) -> None:
    sandbox.options(lag_filter=5, flap=True)
    graph.make_app()
    query = "/applications?$filter=displayName eq 'Connector'"
    assert [len(graph.data("GET", query)["value"]) for _unused in range(4)] == [1, 0, 1, 0]


@pytest.mark.parametrize(
    ("misleading", "status", "text"),
    [
        (False, 400, "does not reference a valid application object"),
        (
            True,
            403,
            "backing application of the service principal being created must in the local tenant",
        ),
    ],
)
def test_a_principal_needs_its_application_replicated(
    sandbox: Sandbox, graph: Graph, misleading: bool, status: int, text: str
) -> None:
    sandbox.options(lag_applications=5, misleading_403=misleading)
    app = graph.make_app()
    answer = graph("POST", "/servicePrincipals", {"appId": app["appId"]})
    assert answer.status_code == status
    assert text in answer.json()["error"]["message"]
    sandbox.advance(5)
    graph.make_principal(app["appId"])


def test_a_grant_needs_its_principals_replicated(sandbox: Sandbox, graph: Graph) -> None:
    sandbox.options(lag_servicePrincipals=5)
    client = graph.make_principal(graph.make_app()["appId"])
    api = graph.principal_of(DEVOPS)
    grant = {
        "clientId": client["id"],
        "consentType": "AllPrincipals",
        "resourceId": api["id"],
        "scope": "vso.code",
    }
    assert error_of(graph("POST", "/oauth2PermissionGrants", grant)) == (
        404,
        "Request_ResourceNotFound",
    )
    role = {
        "principalId": client["id"],
        "resourceId": api["id"],
        "appRoleId": api["appRoles"][0]["id"],
    }
    graph("POST", f"/servicePrincipals/{client['id']}/appRoleAssignments", role, expect=404)
    sandbox.advance(5)
    graph("POST", "/oauth2PermissionGrants", grant, expect=201)


def test_a_grant_written_twice_within_the_lag_is_409(sandbox: Sandbox, graph: Graph) -> None:
    client = graph.make_principal(graph.make_app()["appId"])
    api = graph.principal_of(DEVOPS)
    sandbox.options(lag_grants=5)
    grant = {
        "clientId": client["id"],
        "consentType": "AllPrincipals",
        "resourceId": api["id"],
        "scope": "vso.code",
    }
    graph("POST", "/oauth2PermissionGrants", grant, expect=201)
    assert graph.data("GET", "/oauth2PermissionGrants")["value"] == []
    graph("POST", "/oauth2PermissionGrants", grant, expect=409)


def codes(sandbox: Sandbox, app_id: str, secret: str, times: int) -> list[int]:
    answers = [
        ask_token(sandbox, client_id=app_id, client_secret=secret) for _unused in range(times)
    ]
    return [answer.json().get("error_codes", [0])[0] for answer in answers]


def test_the_token_endpoint_lags_too(sandbox: Sandbox, graph: Graph) -> None:
    sandbox.options(lag_secrets=5)
    app = graph.make_app()
    graph.make_principal(app["appId"])
    secret = graph.make_secret(app["id"])
    assert codes(sandbox, app["appId"], secret["secretText"], 2) == [700016] * 2
    sandbox.advance(5)
    newer = graph.make_secret(app["id"])
    assert codes(sandbox, app["appId"], secret["secretText"], 1) == [0]
    assert codes(sandbox, app["appId"], newer["secretText"], 1) == [7000215]
    sandbox.advance(5)
    assert codes(sandbox, app["appId"], newer["secretText"], 1) == [0]


def test_a_removed_secret_still_works_for_a_while(sandbox: Sandbox, graph: Graph) -> None:
    app = graph.make_app()
    graph.make_principal(app["appId"])
    secret = graph.make_secret(app["id"])
    sandbox.options(lag_secrets=5)
    graph(
        "POST", f"/applications/{app['id']}/removePassword", {"keyId": secret["keyId"]}, expect=204
    )
    assert codes(sandbox, app["appId"], secret["secretText"], 1) == [0]
    sandbox.advance(5)
    assert codes(sandbox, app["appId"], secret["secretText"], 1) == [7000215]


@pytest.mark.parametrize(
    ("flap", "expected"), [(False, [7000215] * 4), (True, [0, 7000215, 0, 7000215])]
)
def test_a_fresh_secret_is_refused_for_a_while(
    sandbox: Sandbox, graph: Graph, flap: bool, expected: list[int]
) -> None:
    sandbox.options(secret_delay=8, flap=flap)
    app = graph.make_app()
    graph.make_principal(app["appId"])
    secret = graph.make_secret(app["id"])
    assert codes(sandbox, app["appId"], secret["secretText"], 4) == expected
    sandbox.advance(8)
    assert codes(sandbox, app["appId"], secret["secretText"], 3) == [0] * 3


def test_real_seconds_count_as_well(sandbox: Sandbox, graph: Graph) -> None:
    import time

    sandbox.options(lag=0.2)
    app = graph.make_app()
    graph("GET", f"/applications/{app['id']}", expect=404)
    time.sleep(0.25)
    graph("GET", f"/applications/{app['id']}", expect=200)
