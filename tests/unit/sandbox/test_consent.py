# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Delegated grants and app role assignments."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from unit.sandbox.api import Graph, ask_token, error_of

from sandbox.client import Sandbox

DEVOPS = "499b84ac-1321-427f-aa17-267ca6975798"
MICROSOFT_GRAPH = "00000003-0000-0000-c000-000000000000"
ADELE = "4b1d6c52-2f0e-4c3a-8f57-9a1b2c3d4e5f"
MISSING = "00000000-0000-0000-0000-000000000001"


@pytest.fixture
def grant(graph: Graph) -> dict[str, Any]:
    """The body of a grant between a new app and Azure DevOps."""
    client = graph.make_principal(graph.make_app()["appId"])
    api = graph.principal_of(DEVOPS)
    return {
        "clientId": client["id"],
        "consentType": "AllPrincipals",
        "resourceId": api["id"],
        "scope": "vso.code",
    }


def test_one_grant_per_client_resource_and_principal(graph: Graph, grant: dict[str, Any]) -> None:
    made = graph("POST", "/oauth2PermissionGrants", grant)
    assert made.status_code == 201
    assert made.json()["principalId"] is None
    again = graph("POST", "/oauth2PermissionGrants", {**grant, "scope": "vso.work"})
    assert error_of(again) == (409, "Request_MultipleObjectsWithSameKeyValue")
    assert again.json()["error"]["message"] == "Permission entry already exists."
    own = {**grant, "consentType": "Principal", "principalId": ADELE}
    graph("POST", "/oauth2PermissionGrants", own, expect=201)


def test_only_the_scope_can_be_changed(graph: Graph, grant: dict[str, Any]) -> None:
    made = graph.data("POST", "/oauth2PermissionGrants", grant)
    path = f"/oauth2PermissionGrants/{made['id']}"
    graph("PATCH", path, {"scope": "vso.code vso.work"}, expect=204)
    assert graph.data("GET", path)["scope"] == "vso.code vso.work"
    assert error_of(graph("PATCH", path, {"consentType": "Principal"})) == (
        400,
        "Request_BadRequest",
    )
    graph("DELETE", path, expect=204)
    graph("DELETE", path, expect=404)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"scope": "x" * 3851}, 400),
        ({"principalId": ADELE}, 400),
        ({"consentType": "Principal"}, 400),
        ({"consentType": "Principal", "principalId": MISSING}, 404),
        ({"clientId": MISSING}, 404),
        ({"resourceId": MISSING}, 404),
    ],
)
def test_bad_grants(
    graph: Graph, grant: dict[str, Any], change: dict[str, Any], status: int
) -> None:
    assert graph("POST", "/oauth2PermissionGrants", {**grant, **change}).status_code == status


def test_a_missing_reference_may_come_as_400(
    sandbox: Sandbox, graph: Graph, grant: dict[str, Any]
) -> None:
    sandbox.options(replication_404_as_400=True)
    answer = graph("POST", "/oauth2PermissionGrants", {**grant, "clientId": MISSING})
    assert error_of(answer) == (400, "Request_BadRequest")
    assert "does not exist" in answer.json()["error"]["message"]


def test_grants_are_listed_by_filter_and_by_client(graph: Graph, grant: dict[str, Any]) -> None:
    made = graph.data("POST", "/oauth2PermissionGrants", grant)
    clauses = [f"clientId eq '{grant['clientId']}'", f"resourceId eq '{grant['resourceId']}'"]
    for text in (
        *clauses,
        " and ".join(clauses),
        f"{clauses[0]} and consentType eq 'AllPrincipals'",
    ):
        found = graph.data("GET", f"/oauth2PermissionGrants?$filter={text}")["value"]
        assert [each["id"] for each in found] == [made["id"]]
    assert (
        graph.data("GET", f"/oauth2PermissionGrants?$filter=clientId eq '{MISSING}'")["value"] == []
    )
    of_client = graph.data("GET", f"/servicePrincipals/{grant['clientId']}/oauth2PermissionGrants")[
        "value"
    ]
    assert of_client == [{name: value for name, value in made.items() if name != "@odata.context"}]


@pytest.mark.parametrize("side", ["client", "api"])
def test_role_assignments_from_both_sides(sandbox: Sandbox, graph: Graph, side: str) -> None:
    app = graph.make_app()
    client, api = graph.make_principal(app["appId"]), graph.principal_of(MICROSOFT_GRAPH)
    role = next(each for each in api["appRoles"] if each["value"] == "Group.Read.All")
    body = {"principalId": client["id"], "resourceId": api["id"], "appRoleId": role["id"]}
    mine, others = (
        f"/servicePrincipals/{client['id']}/appRoleAssignments",
        f"/servicePrincipals/{api['id']}/appRoleAssignedTo",
    )
    path = mine if side == "client" else others
    made = graph("POST", path, body)
    assert made.status_code == 201
    assert made.json()["principalDisplayName"] == "Connector"
    again = graph("POST", path, body)
    assert error_of(again) == (400, "Request_BadRequest")
    assert "Permission being assigned already exists" in again.json()["error"]["message"]
    key = made.json()["id"]
    assert [each["id"] for each in graph.data("GET", mine)["value"]] == [key]
    assert key in [
        each["id"]
        for each in graph.data("GET", f"{others}?$filter=principalId eq {client['id']}")["value"]
    ]
    secret = graph.make_secret(app["id"])["secretText"]
    token = ask_token(sandbox, client_id=app["appId"], client_secret=secret).json()["access_token"]
    assert jwt.decode(token, options={"verify_signature": False})["roles"] == ["Group.Read.All"]
    graph("GET", f"{path}/{key}", expect=200)
    graph("DELETE", f"{path}/{key}", expect=204)
    graph("DELETE", f"{path}/{key}", expect=404)


def test_a_role_must_exist_and_the_path_must_agree(graph: Graph) -> None:
    client, api = graph.make_principal(graph.make_app()["appId"]), graph.principal_of(DEVOPS)
    body = {"principalId": client["id"], "resourceId": api["id"], "appRoleId": MISSING}
    path = f"/servicePrincipals/{client['id']}/appRoleAssignments"
    unknown = graph("POST", path, body)
    assert "Permission being assigned was not found" in unknown.json()["error"]["message"]
    other = {**body, "principalId": api["id"], "appRoleId": api["appRoles"][0]["id"]}
    assert error_of(graph("POST", path, other)) == (400, "Request_BadRequest")
    missing = {**body, "resourceId": MISSING}
    assert error_of(graph("POST", path, missing)) == (404, "Request_ResourceNotFound")
