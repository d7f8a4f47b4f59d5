# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Service principals, owners, and what is deleted softly."""

from __future__ import annotations

import pytest
from unit.sandbox.api import Graph, error_of

from sandbox.client import Sandbox

DEVOPS = "499b84ac-1321-427f-aa17-267ca6975798"
MICROSOFT_GRAPH = "00000003-0000-0000-c000-000000000000"
ADELE = "4b1d6c52-2f0e-4c3a-8f57-9a1b2c3d4e5f"


def test_a_principal_shows_what_its_application_says(graph: Graph) -> None:
    app = graph.make_app(tags=["from the app"], web={"redirectUris": ["https://a.example/cb"]})
    made = graph("POST", "/servicePrincipals", {"appId": app["appId"], "tags": ["its own"]})
    principal = made.json()
    assert made.status_code == 201
    assert (principal["displayName"], principal["replyUrls"]) == (
        "Connector",
        ["https://a.example/cb"],
    )
    assert principal["tags"] == ["its own", "from the app"]
    assert principal["servicePrincipalType"] == "Application"
    graph(
        "PATCH",
        f"/applications/{app['id']}",
        {"displayName": "Renamed", "tags": ["later"]},
        expect=204,
    )
    read = graph.principal_of(app["appId"])
    assert (read["displayName"], read["tags"]) == ("Renamed", ["its own", "later"])


def test_one_principal_per_application(graph: Graph) -> None:
    app = graph.make_app()
    graph.make_principal(app["appId"])
    answer = graph("POST", "/servicePrincipals", {"appId": app["appId"]})
    assert error_of(answer) == (409, "Request_MultipleObjectsWithSameKeyValue")
    assert (
        f"service principal name {app['appId']} is already in use"
        in answer.json()["error"]["message"]
    )


def test_its_type_may_be_said_but_not_chosen(graph: Graph) -> None:
    for kind, status in (("application", 201), ("managedIdentity", 400)):
        body = {"appId": graph.make_app()["appId"], "servicePrincipalType": kind}
        answer = graph("POST", "/servicePrincipals", body, expect=status)
    assert answer.json()["error"]["details"][0]["code"] == "ReadOnly"


def test_upsert_of_a_principal(graph: Graph) -> None:
    app = graph.make_app()
    path = f"/servicePrincipals(appId='{app['appId']}')"
    graph("PATCH", path, {"notes": "x"}, expect=404)
    graph("PATCH", path, {"notes": "x"}, Prefer="create-if-missing", expect=201)
    graph("PATCH", path, {"notes": "y"}, Prefer="create-if-missing", expect=204)
    assert graph.principal_of(app["appId"])["notes"] == "y"
    assert error_of(graph("PATCH", path, {"appId": app["appId"]}))[0] == 400


def test_an_unknown_application_has_no_backing_object(graph: Graph) -> None:
    answer = graph("POST", "/servicePrincipals", {"appId": "11111111-2222-3333-4444-555555555555"})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "Request_BadRequest")
    assert error["details"][0]["code"] == "NoBackingApplicationObject"
    assert "does not reference a valid application object" in error["message"]


def test_azure_devops_is_there_with_its_76_scopes(graph: Graph) -> None:
    principal = graph.principal_of(DEVOPS)
    values = {each["value"]: each["id"] for each in principal["oauth2PermissionScopes"]}
    assert len(values) == 76
    assert values["user_impersonation"] == "ee69721e-6c3a-468f-a9ec-302d16a4c599"
    assert len(principal["appRoles"]) == 2


def test_a_tenant_without_azure_devops_gets_it_by_a_post(sandbox: Sandbox, graph: Graph) -> None:
    sandbox.reset(azure_devops=False)
    graph("GET", f"/servicePrincipals(appId='{DEVOPS}')", expect=404)
    made = graph.make_principal(DEVOPS)
    assert len(made["oauth2PermissionScopes"]) == 76
    assert made["appOwnerOrganizationId"] != sandbox.info["tenant_id"]


def test_microsoft_graph_has_well_known_permissions(graph: Graph) -> None:
    principal = graph.principal_of(MICROSOFT_GRAPH)
    scopes = {each["value"]: each["id"] for each in principal["oauth2PermissionScopes"]}
    roles = {each["value"]: each["id"] for each in principal["appRoles"]}
    assert scopes["User.Read"] == "e1fe6dd8-ba31-4d61-89e7-88639da4683d"
    assert roles["Application.ReadWrite.OwnedBy"] == "18a4783c-866b-4cc7-a460-3d5e5662c884"


def test_deleting_a_principal_removes_its_links(sandbox: Sandbox, graph: Graph) -> None:
    app = graph.make_app()
    client, api = graph.make_principal(app["appId"]), graph.principal_of(DEVOPS)
    grant = {
        "clientId": client["id"],
        "resourceId": api["id"],
        "consentType": "AllPrincipals",
        "scope": "vso.code",
    }
    graph("POST", "/oauth2PermissionGrants", grant, expect=201)
    role = {
        "principalId": client["id"],
        "resourceId": api["id"],
        "appRoleId": api["appRoles"][0]["id"],
    }
    graph("POST", f"/servicePrincipals/{client['id']}/appRoleAssignments", role, expect=201)
    graph("DELETE", f"/servicePrincipals/{api['id']}", expect=204)
    state = sandbox.state()
    assert state["oauth2PermissionGrants"] == []
    assert client["id"] not in [each["principalId"] for each in state["appRoleAssignments"]]


@pytest.mark.parametrize(
    "link",
    [
        f"https://graph.microsoft.com/v1.0/directoryObjects/{ADELE}",
        f"https://graph.microsoft.com/v1.0/users/{ADELE}",
        "https://graph.microsoft.com/v1.0/users/AdeleV@contoso.onmicrosoft.com",
        "https://127.0.0.1:8443/graph/v1.0/users('adelev@contoso.onmicrosoft.com')",
    ],
)
def test_owners_are_added_by_reference(graph: Graph, link: str) -> None:
    app = graph.make_app()
    path = f"/applications/{app['id']}/owners"
    graph("POST", f"{path}/$ref", {"@odata.id": link}, expect=204)
    owner = graph.data("GET", path)["value"][1]
    assert (owner["id"], owner["@odata.type"]) == (ADELE, "#microsoft.graph.user")
    again = graph("POST", f"{path}/$ref", {"@odata.id": link})
    assert error_of(again) == (400, "Request_BadRequest")
    assert "object references already exist" in again.json()["error"]["message"]
    assert graph.data("GET", f"{path}/$ref")["value"][1].endswith(ADELE)
    graph("DELETE", f"{path}/{ADELE}/$ref", expect=204)
    graph("DELETE", f"{path}/{ADELE}/$ref", expect=404)


def test_an_owner_must_exist_and_be_named_well(graph: Graph) -> None:
    app = graph.make_app()
    path = f"/applications/{app['id']}/owners/$ref"
    missing = "https://graph.microsoft.com/v1.0/users/nobody@contoso.onmicrosoft.com"
    assert error_of(graph("POST", path, {"@odata.id": missing})) == (
        404,
        "Request_ResourceNotFound",
    )
    assert error_of(graph("POST", path, {"@odata.id": "nonsense"})) == (400, "Request_BadRequest")


def test_a_service_principal_can_own_and_be_owned(graph: Graph) -> None:
    app = graph.make_app()
    principal = graph.make_principal(app["appId"])
    link = f"https://graph.microsoft.com/v1.0/servicePrincipals/{principal['id']}"
    path = f"/servicePrincipals/{principal['id']}/owners"
    graph("POST", f"{path}/$ref", {"@odata.id": link}, expect=204)
    kinds = [each["@odata.type"] for each in graph.data("GET", path)["value"]]
    assert kinds == ["#microsoft.graph.servicePrincipal"] * 2
    graph("DELETE", f"{path}/$ref?@id={link}", expect=204)


def test_expand_owners(graph: Graph) -> None:
    app = graph.make_app()
    read = graph.data("GET", f"/applications/{app['id']}?$select=id&$expand=owners($select=id)")
    assert [each["displayName"] for each in read["owners"]] == ["Automation"]
    assert graph("GET", f"/applications/{app['id']}?$expand=nonsense").status_code == 400


def test_restore_of_application_and_principal_apart(graph: Graph) -> None:
    app = graph.make_app(uniqueName="connector")
    principal = graph.make_principal(app["appId"])
    graph("DELETE", f"/applications/{app['id']}", expect=204)
    deleted = graph.data("GET", "/directory/deletedItems/microsoft.graph.application")["value"]
    assert [each["id"] for each in deleted] == [app["id"]]
    listed = graph.data("GET", "/directory/deletedItems/microsoft.graph.servicePrincipal")["value"]
    assert [each["id"] for each in listed] == [principal["id"]]
    early = graph("POST", f"/directory/deletedItems/{principal['id']}/restore")
    assert early.json()["error"]["details"][0]["code"] == "NoBackingApplicationObject"
    restored = graph("POST", f"/directory/deletedItems/{app['id']}/restore")
    assert (restored.status_code, restored.json()["@odata.type"]) == (
        200,
        "#microsoft.graph.application",
    )
    graph("GET", "/applications(uniqueName='connector')", expect=200)
    graph("GET", f"/servicePrincipals(appId='{app['appId']}')", expect=404)
    graph("POST", f"/directory/deletedItems/{principal['id']}/restore", {}, expect=200)
    assert graph.principal_of(app["appId"])["id"] == principal["id"]


def test_deleted_items_want_a_type_and_can_go_for_good(graph: Graph) -> None:
    app = graph.make_app()
    graph("GET", f"/directory/deletedItems/{app['id']}", expect=404)
    graph("DELETE", f"/applications/{app['id']}", expect=204)
    assert error_of(graph("GET", "/directory/deletedItems"))[0] == 400
    read = graph.data("GET", f"/directory/deletedItems/{app['id']}")
    assert read["deletedDateTime"]
    graph("DELETE", f"/directory/deletedItems/{app['id']}", expect=204)
    graph("GET", f"/directory/deletedItems/{app['id']}", expect=404)
    graph("POST", f"/directory/deletedItems/{app['id']}/restore", expect=404)


def test_a_cast_may_use_the_alias_of_graphs_namespace(graph: Graph) -> None:
    graph("DELETE", f"/applications/{graph.make_app()['id']}", expect=204)
    for cast in ("microsoft.graph.application", "graph.application"):  # Microsoft's SDKs: the short
        assert len(graph.data("GET", f"/directory/deletedItems/{cast}")["value"]) == 1


def test_organization_shows_the_verified_domains(sandbox: Sandbox, graph: Graph) -> None:
    tenant = graph.data("GET", "/organization")["value"][0]
    assert tenant["id"] == sandbox.info["tenant_id"]
    domains = [each["name"] for each in tenant["verifiedDomains"]]
    assert domains == ["contoso.onmicrosoft.com", "contoso.com"]
    graph("GET", f"/organization/{tenant['id']}", expect=200)
    graph("GET", "/organization/other", expect=404)
