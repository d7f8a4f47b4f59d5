# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applications: create, upsert, change, delete, and the rules for what may be written."""

from __future__ import annotations

from typing import Any

import pytest
from unit.sandbox.api import Graph, error_of

from sandbox.client import Sandbox

DEVOPS = "499b84ac-1321-427f-aa17-267ca6975798"
UPSERT: dict[str, Any] = {"Prefer": "create-if-missing"}


def test_a_new_application_has_the_usual_properties(graph: Graph) -> None:
    made = graph(
        "POST",
        "/applications",
        {"displayName": "Connector", "signInAudience": "AzureADMultipleOrgs"},
    )
    app = made.json()
    assert made.status_code == 201
    assert made.headers["Location"].endswith(f"/applications/{app['id']}")
    assert app["@odata.context"].endswith("/v1.0/$metadata#applications/$entity")
    assert app["publisherDomain"] == "contoso.onmicrosoft.com"
    assert app["web"]["implicitGrantSettings"] == {
        "enableAccessTokenIssuance": False,
        "enableIdTokenIssuance": False,
    }
    empty = (
        "identifierUris",
        "tags",
        "passwordCredentials",
        "keyCredentials",
        "requiredResourceAccess",
        "appRoles",
    )
    assert all(app[name] == [] for name in empty)
    unset = (
        "uniqueName",
        "notes",
        "deletedDateTime",
        "serviceManagementReference",
        "groupMembershipClaims",
    )
    assert all(app[name] is None for name in unset)
    assert not [name for name in app if name.startswith("_")]
    read = graph.data("GET", f"/applications/{app['id']}")
    assert read == app


@pytest.mark.parametrize("name", ["stackone-azuredevops", "it's named"])
def test_an_application_is_found_by_each_key(graph: Graph, name: str) -> None:
    app = graph.make_app(uniqueName=name)
    quoted = name.replace("'", "''")
    for key in (f"/{app['id']}", f"(appId='{app['appId']}')", f"(uniqueName='{quoted}')"):
        assert graph.data("GET", f"/applications{key}")["id"] == app["id"]
        graph("PATCH", f"/applications{key}", {"notes": key}, expect=204)
        assert graph.data("GET", f"/applications/{app['id']}")["notes"] == key


def test_what_is_not_there_is_404_and_what_is_no_id_is_400(graph: Graph) -> None:
    missing = "00000000-0000-0000-0000-000000000001"
    for key in (f"/{missing}", f"(appId='{missing}')", "(uniqueName='none')"):
        answer = graph("GET", f"/applications{key}")
        assert error_of(answer) == (404, "Request_ResourceNotFound")
        assert (
            "does not exist or one of its queried reference-property objects"
            in answer.json()["error"]["message"]
        )
    assert error_of(graph("GET", "/applications/no-guid")) == (400, "Request_BadRequest")


def test_upsert_makes_then_changes(graph: Graph) -> None:
    path = "/applications(uniqueName='connector')"
    assert error_of(graph("PATCH", path, {"displayName": "A"})) == (404, "Request_ResourceNotFound")
    made = graph("PATCH", path, {"displayName": "A"}, **UPSERT)
    assert (made.status_code, made.json()["uniqueName"]) == (201, "connector")
    changed = graph("PATCH", path, {"displayName": "B"}, **UPSERT)
    assert (changed.status_code, changed.text) == (204, "")
    assert graph.data("GET", path)["displayName"] == "B"


def test_upsert_needs_a_display_name_to_make(graph: Graph) -> None:
    answer = graph("PATCH", "/applications(uniqueName='connector')", {"notes": "x"}, **UPSERT)
    assert error_of(answer) == (400, "Request_BadRequest")


def test_a_unique_name_is_unique_immutable_and_kept_by_a_deleted_app(graph: Graph) -> None:
    app = graph.make_app(uniqueName="connector")
    taken = graph("POST", "/applications", {"displayName": "Other", "uniqueName": "connector"})
    assert error_of(taken) == (400, "Request_BadRequest")
    assert taken.json()["error"]["message"] == (
        "Another object with the same value for property uniqueName already exists."
    )
    renamed = graph("PATCH", f"/applications/{app['id']}", {"uniqueName": "other"})
    assert error_of(renamed) == (400, "Request_BadRequest")
    graph("DELETE", f"/applications/{app['id']}", expect=204)
    reserved = graph(
        "PATCH", "/applications(uniqueName='connector')", {"displayName": "A"}, **UPSERT
    )
    assert error_of(reserved) == (400, "Request_BadRequest")
    graph("DELETE", f"/directory/deletedItems/{app['id']}", expect=204)
    graph(
        "PATCH", "/applications(uniqueName='connector')", {"displayName": "A"}, **UPSERT, expect=201
    )


def test_an_application_without_a_unique_name_can_be_given_one(graph: Graph) -> None:
    app = graph.make_app()
    graph("PATCH", f"/applications/{app['id']}", {"uniqueName": "late"}, expect=204)
    assert graph.data("GET", "/applications(uniqueName='late')")["id"] == app["id"]


def test_a_change_keeps_what_it_leaves_out_and_replaces_arrays_whole(graph: Graph) -> None:
    app = graph.make_app(
        tags=["a", "b"],
        web={"redirectUris": ["https://a.example/cb"], "homePageUrl": "https://a.example"},
    )
    change = {"tags": ["c"], "web": {"redirectUris": ["https://b.example/cb"]}}
    graph("PATCH", f"/applications/{app['id']}", change, expect=204)
    read = graph.data("GET", f"/applications/{app['id']}")
    assert read["tags"] == ["c"]
    assert read["web"]["redirectUris"] == ["https://b.example/cb"]
    assert read["web"]["redirectUriSettings"] == [{"uri": "https://b.example/cb", "index": None}]
    assert read["web"]["homePageUrl"] == "https://a.example"
    assert read["displayName"] == app["displayName"]


def test_the_same_permission_may_be_listed_twice(graph: Graph) -> None:
    access = {"id": "ee69721e-6c3a-468f-a9ec-302d16a4c599", "type": "Scope"}
    wanted = [{"resourceAppId": DEVOPS, "resourceAccess": [access, access]}]
    app = graph.make_app(requiredResourceAccess=wanted)
    assert graph.data("GET", f"/applications/{app['id']}")["requiredResourceAccess"] == wanted


@pytest.mark.parametrize(
    "change",
    [
        {"appId": "00000000-0000-0000-0000-000000000001"},
        {"publisherDomain": "contoso.com"},
        {"displayName": ""},
        {"passwordCredentials": []},
        {"web": {"redirectUris": ["http://example.com/cb"]}},
        {"web": {"redirectUris": ["https://*.example.com/cb"]}},
        {"web": {"redirectUris": ["https://example.com/" + "x" * 256]}},
        {"web": {"redirectUris": ["https://example.com/#part"]}},
        {"web": {"redirectUris": ["callback"]}},
        {"web": {"redirectUris": [f"https://example.com/{number}" for number in range(257)]}},
        {"identifierUris": ["https://elsewhere.example/app"]},
        {
            "requiredResourceAccess": [
                {"resourceAppId": str(number), "resourceAccess": []} for number in range(51)
            ]
        },
    ],
    ids=lambda change: str(change)[:50],
)
def test_a_change_against_the_rules_is_400(graph: Graph, change: dict[str, Any]) -> None:
    app = graph.make_app(signInAudience="AzureADMultipleOrgs")
    answer = graph("PATCH", f"/applications/{app['id']}", change)
    assert error_of(answer) == (400, "Request_BadRequest")
    assert graph.data("GET", f"/applications/{app['id']}") == app


@pytest.mark.parametrize(
    "uri", ["https://example.com/cb", "http://localhost:8400/cb", "https://example.com/cb?x=1"]
)
def test_good_redirect_uris(graph: Graph, uri: str) -> None:
    assert graph.make_app(web={"redirectUris": [uri]})["web"]["redirectUris"] == [uri]


def test_identifier_uris_are_unique_and_of_the_tenant(graph: Graph) -> None:
    app = graph.make_app()
    good = [f"api://{app['appId']}", "https://connector.contoso.com"]
    graph("PATCH", f"/applications/{app['id']}", {"identifierUris": good}, expect=204)
    taken = graph("POST", "/applications", {"displayName": "x", "identifierUris": good[1:]})
    assert "identifierUris already exists" in taken.json()["error"]["message"]
    foreign = graph(
        "PATCH", f"/applications/{app['id']}", {"identifierUris": ["https://elsewhere.example"]}
    )
    assert foreign.json()["error"]["details"][0]["code"] == "HostNameNotOnVerifiedDomain"


def test_delete_is_soft_and_takes_the_principal_along(sandbox: Sandbox, graph: Graph) -> None:
    app = graph.make_app()
    principal = graph.make_principal(app["appId"])
    graph("DELETE", f"/applications(appId='{app['appId']}')", expect=204)
    graph("GET", f"/applications/{app['id']}", expect=404)
    graph("DELETE", f"/applications/{app['id']}", expect=404)
    graph("GET", f"/servicePrincipals/{principal['id']}", expect=404)
    assert graph.data("GET", "/applications?$filter=displayName eq 'Connector'")["value"] == []
    state = sandbox.state()
    assert next(each for each in state["applications"] if each["id"] == app["id"])[
        "deletedDateTime"
    ]


def test_a_creator_has_a_quota_that_soft_deleted_objects_count_towards(
    sandbox: Sandbox, graph: Graph
) -> None:
    sandbox.options(object_quota=2)
    first = graph.make_app()
    graph.make_app()
    graph("DELETE", f"/applications/{first['id']}", expect=204)
    answer = graph("POST", "/applications", {"displayName": "third"})
    assert error_of(answer) == (403, "Directory_QuotaExceeded")
    graph("DELETE", f"/directory/deletedItems/{first['id']}", expect=204)
    graph.make_app()


def test_some_tenants_require_a_service_management_reference(
    sandbox: Sandbox, graph: Graph
) -> None:
    sandbox.options(require_service_management_reference=True)
    answer = graph("POST", "/applications", {"displayName": "x"})
    assert (
        "ServiceManagementReference field is required for Create"
        in answer.json()["error"]["message"]
    )
    graph.make_app(serviceManagementReference="ticket-1")


def test_a_password_may_be_made_with_the_application(graph: Graph) -> None:
    app = graph.make_app(passwordCredentials=[{"displayName": "first"}])
    assert len(app["passwordCredentials"][0]["secretText"]) == 40
    read = graph.data("GET", f"/applications/{app['id']}")
    assert read["passwordCredentials"][0]["secretText"] is None


def test_owners_can_be_bound_at_creation(graph: Graph) -> None:
    link = "https://graph.microsoft.com/v1.0/users/adelev@contoso.onmicrosoft.com"
    app = graph.make_app("Connector", **{"owners@odata.bind": [link]})
    names = [
        each["displayName"]
        for each in graph.data("GET", f"/applications/{app['id']}/owners")["value"]
    ]
    assert sorted(names) == ["Adele Vance", "Automation"]


def test_odata_context_and_select(graph: Graph) -> None:
    app = graph.make_app()
    read = graph.data("GET", f"/applications/{app['id']}?$select=id,displayName")
    assert read.pop("@odata.context").endswith("$metadata#applications(id,displayName)/$entity")
    assert read == {"id": app["id"], "displayName": "Connector"}
    assert error_of(graph("GET", f"/applications/{app['id']}?$select=nonsense"))[0] == 400
