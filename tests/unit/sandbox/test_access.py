# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may call Graph, and for what."""

from __future__ import annotations

from collections.abc import Callable

import jwt
import pytest
from unit.sandbox.api import Api, Graph, ask_token, connect, error_of

from sandbox.client import Sandbox

USER = "4b1d6c52-2f0e-4c3a-8f57-9a1b2c3d4e5f"
DEVOPS = "499b84ac-1321-427f-aa17-267ca6975798"
OWNED_BY = "Application.ReadWrite.OwnedBy"
Maker = Callable[..., Graph]


def test_a_request_needs_a_good_token(sandbox: Sandbox, graph: Graph) -> None:
    anonymous = Api(sandbox.ca_path, graph.base_url)
    good = graph.session.headers["Authorization"]
    claims = jwt.decode(str(good).split()[1], options={"verify_signature": False})
    forged = jwt.encode(claims, "x" * 32, algorithm="HS256")
    foreign = ask_token(sandbox, scope="https://management.azure.com/.default").json()[
        "access_token"
    ]
    for header in ("", "Basic abc", "Bearer nonsense", f"Bearer {forged}", f"Bearer {foreign}"):
        answer = anonymous("GET", "/applications", Authorization=header)
        assert error_of(answer) == (401, "InvalidAuthenticationToken"), header


def test_a_token_expires(sandbox: Sandbox, graph: Graph) -> None:
    sandbox.advance(3600)
    answer = graph("GET", "/applications")
    assert error_of(answer) == (401, "InvalidAuthenticationToken")
    assert "expired" in answer.json()["error"]["message"]


def test_an_error_carries_both_request_ids(graph: Graph) -> None:
    answer = graph(
        "GET", "/applications/00000000-0000-0000-0000-000000000001", client_request_id="mine"
    )
    inner = answer.json()["error"]["innerError"]
    assert inner["client-request-id"] == "mine" == answer.headers["client-request-id"]
    assert inner["request-id"] == answer.headers["request-id"]
    assert inner["date"][-1] != "Z"


def test_the_inner_error_is_also_spelt_in_lower_case(sandbox: Sandbox, graph: Graph) -> None:
    sandbox.options(inner_error_key="innererror")
    assert (
        "innererror"
        in graph("GET", "/applications/00000000-0000-0000-0000-000000000001").json()["error"]
    )


@pytest.mark.parametrize(
    ("roles", "method", "path", "body"),
    [
        ([], "GET", "/applications", None),
        (["Directory.Read.All"], "POST", "/applications", {"displayName": "x"}),
        (["Application.ReadWrite.All"], "GET", "/oauth2PermissionGrants", None),
        (["Directory.Read.All"], "DELETE", "/oauth2PermissionGrants/x", None),
        (["Application.ReadWrite.All"], "GET", "/organization", None),
        (
            ["Application.Read.All"],
            "DELETE",
            "/applications/00000000-0000-0000-0000-000000000001",
            None,
        ),
        (
            ["DelegatedPermissionGrant.ReadWrite.All"],
            "GET",
            f"/servicePrincipals(appId='{DEVOPS}')/appRoleAssignedTo",
            None,
        ),
        (
            ["AppRoleAssignment.ReadWrite.All", OWNED_BY],
            "POST",
            f"/servicePrincipals(appId='{DEVOPS}')/appRoleAssignedTo",
            {"principalId": USER, "resourceId": USER, "appRoleId": USER},
        ),
    ],
)
def test_a_missing_permission_is_403(
    graph_with: Maker, roles: list[str], method: str, path: str, body: dict[str, str] | None
) -> None:
    answer = graph_with(*roles)(method, path, body)
    assert error_of(answer) == (403, "Authorization_RequestDenied")
    assert answer.json()["error"]["message"] == "Insufficient privileges to complete the operation."


def test_the_least_permissions_of_an_onboarding_suffice(graph_with: Maker) -> None:
    graph = graph_with(OWNED_BY, "DelegatedPermissionGrant.ReadWrite.All")
    app = graph.make_app()
    principal = graph.make_principal(app["appId"])
    api = graph.principal_of(DEVOPS)
    graph.make_secret(app["id"])
    grant = {
        "clientId": principal["id"],
        "resourceId": api["id"],
        "consentType": "AllPrincipals",
        "scope": "vso.code",
    }
    graph("POST", "/oauth2PermissionGrants", grant, expect=201)
    graph("GET", f"/oauth2PermissionGrants?$filter=clientId eq '{principal['id']}'", expect=200)
    graph("DELETE", f"/applications/{app['id']}", expect=204)


def test_owned_by_lets_read_all_and_change_only_what_is_owned(
    sandbox: Sandbox, graph_with: Maker
) -> None:
    graph = graph_with(OWNED_BY)
    foreign = sandbox.edit(kind="applications", add={"displayName": "Foreign"})
    path = f"/applications/{foreign['id']}"
    graph("GET", path, expect=200)
    assert error_of(graph("PATCH", path, {"notes": "x"})) == (403, "Authorization_RequestDenied")
    assert error_of(graph("POST", f"{path}/addPassword", {})) == (
        403,
        "Authorization_RequestDenied",
    )
    assert error_of(graph("DELETE", path)) == (403, "Authorization_RequestDenied")
    own = graph.make_app()
    assert (
        graph.data("GET", f"/applications/{own['id']}/owners")["value"][0]["displayName"]
        == "Automation"
    )
    graph("PATCH", f"/applications/{own['id']}", {"notes": "x"}, expect=204)


def test_owned_by_makes_no_principal_of_an_app_from_elsewhere(
    sandbox: Sandbox, graph_with: Maker
) -> None:
    sandbox.reset(azure_devops=False)
    graph = graph_with(OWNED_BY)
    answer = graph("POST", "/servicePrincipals", {"appId": DEVOPS})
    assert error_of(answer) == (403, "Authorization_RequestDenied")
    assert "must in the local tenant" in answer.json()["error"]["message"]


def test_adding_an_owner_needs_to_read_the_directory_too(graph_with: Maker) -> None:
    graph = graph_with("Application.ReadWrite.All")
    app = graph.make_app()
    body = {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{USER}"}
    answer = graph("POST", f"/applications/{app['id']}/owners/$ref", body)
    assert error_of(answer) == (403, "Authorization_RequestDenied")
    wider = graph_with("Application.ReadWrite.All", "Directory.Read.All")
    wider("POST", f"/applications/{app['id']}/owners/$ref", body, expect=204)


def test_a_token_keeps_the_roles_it_was_issued_with(sandbox: Sandbox, graph: Graph) -> None:
    sandbox.options(identity_roles=["Directory.Read.All"])
    graph.make_app()
    assert connect(sandbox)("POST", "/applications", {"displayName": "x"}).status_code == 403
