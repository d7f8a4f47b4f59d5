# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""StackOne: profiles, pins, actions, accounts, sessions."""

from __future__ import annotations

from typing import Any

import pytest
from unit.sandbox.api import Api, Graph

from sandbox.client import Sandbox

SETUP = {"clientId": "client", "clientSecret": "secret", "scopes": "vso.code"}


def body(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Azure DevOps",
        "connector_key": "azuredevops",
        "authentication_config_key": "oauth2_entra",
        "setup_information": dict(SETUP),
        "actions": ["azuredevops_list_projects"],
        **changes,
    }


def held(sandbox: Sandbox, profile_id: str) -> dict[str, Any]:
    return dict(next(each for each in sandbox.state()["profiles"] if each["id"] == profile_id))


def test_the_key_is_the_user_name_with_an_empty_password(sandbox: Sandbox, stackone: Api) -> None:
    for auth in (("wrong", ""), (sandbox.info["api_key"], "password"), None):
        anonymous = Api(sandbox.ca_path, sandbox.stackone_url, auth=auth)
        answer = anonymous("GET", "/accounts")
        assert (answer.status_code, answer.json()["statusCode"]) == (401, 401)
    stackone("GET", "/accounts", expect=200)


def test_a_request_needs_a_user_agent(stackone: Api) -> None:
    stackone.session.headers["User-Agent"] = ""
    stackone("GET", "/accounts", expect=403)


def test_a_profile_never_gives_back_what_is_write_only(sandbox: Sandbox, stackone: Api) -> None:
    made = stackone("POST", "/connector_profiles", body())
    profile = made.json()
    assert made.status_code == 201
    assert profile["connector_label"] == "Azure DevOps"
    assert profile["authentication_config_label"] == "OAuth 2.0 (Microsoft Entra ID)"
    assert (profile["active"], profile["default"], profile["environment"]) == (True, False, None)
    assert not {"setup_information", "actions"} & set(profile)
    assert stackone.data("GET", f"/connector_profiles/{profile['id']}") == profile
    assert stackone.data("GET", "/connector_profiles")["data"] == [profile]
    state = held(sandbox, profile["id"])
    assert state["setup_information"] == SETUP
    assert state["actions"] == ["azuredevops_list_projects"]


def test_a_patch_changes_only_what_it_carries(sandbox: Sandbox, stackone: Api) -> None:
    profile = stackone.data("POST", "/connector_profiles", body())
    path = f"/connector_profiles/{profile['id']}"
    first = stackone.data("PATCH", path, {"setup_information": {"clientSecret": "new"}})
    second = stackone.data("PATCH", path, {"environment": "production", "active": False})
    assert profile["updated_at"] < first["updated_at"] < second["updated_at"]
    assert (second["environment"], second["active"], second["name"]) == (
        "production",
        False,
        "Azure DevOps",
    )
    assert held(sandbox, profile["id"])["setup_information"] == {**SETUP, "clientSecret": "new"}
    assert stackone("PATCH", path, {"connector_key": "github"}).status_code == 422


def test_delete(stackone: Api) -> None:
    profile = stackone.data("POST", "/connector_profiles", body())
    path = f"/connector_profiles/{profile['id']}"
    stackone("DELETE", path, expect=204)
    for method in ("GET", "DELETE"):
        stackone(method, path, expect=404)
    stackone("PATCH", path, {}, expect=404)


@pytest.mark.parametrize(
    "change",
    [
        {"connector_key": "nonsense"},
        {"authentication_config_key": "nonsense"},
        {"actions": ["azuredevops_nonsense"]},
        {"actions": ["github_list_repositories"]},
        {"name": None},
    ],
)
def test_what_stackone_does_not_know_is_422(stackone: Api, change: dict[str, Any]) -> None:
    wanted = {name: value for name, value in body(**change).items() if value is not None}
    stackone("POST", "/connector_profiles", wanted, expect=422)
    assert stackone.data("GET", "/connector_profiles")["total"] == 0


def test_a_name_is_taken_once_per_connector(sandbox: Sandbox, stackone: Api) -> None:
    stackone("POST", "/connector_profiles", body(), expect=201)
    stackone("POST", "/connector_profiles", body(), expect=409)
    other = stackone.data("POST", "/connector_profiles", body(name="Other"))
    stackone("PATCH", f"/connector_profiles/{other['id']}", {"name": "Azure DevOps"}, expect=409)
    stackone(
        "POST",
        "/connector_profiles",
        {"name": "Azure DevOps", "connector_key": "github"},
        expect=201,
    )
    sandbox.options(duplicate_profile_names=True)
    stackone("POST", "/connector_profiles", body(), expect=201)


def test_a_connector_has_one_default(stackone: Api) -> None:
    first = stackone.data("POST", "/connector_profiles", body(default=True))
    second = stackone.data("POST", "/connector_profiles", body(name="Other", default=True))
    assert second["default"]
    assert not stackone.data("GET", f"/connector_profiles/{first['id']}")["default"]


def test_lists_are_filtered_and_paged(stackone: Api) -> None:
    for number in range(3):
        stackone(
            "POST",
            "/connector_profiles",
            body(name=f"Profile {number}", active=number > 0),
            expect=201,
        )
    stackone("POST", "/connector_profiles", {"name": "Hub", "connector_key": "github"}, expect=201)
    page = stackone.data("GET", "/connector_profiles?page=2&page_size=3")
    assert (page["page"], page["page_size"], page["total"], len(page["data"])) == (2, 3, 4, 1)
    assert stackone.data("GET", "/connector_profiles?connector_key=github")["total"] == 1
    assert stackone.data("GET", "/connector_profiles?enabled=false")["total"] == 1
    assert (
        stackone.data("GET", "/auth_configs?connector_key=azuredevops&enabled=true")["total"] == 2
    )


@pytest.mark.parametrize(
    ("version", "status"),
    [
        ("latest", 200),
        ("1.x.x", 200),
        ("1.2.x", 200),
        ("1.2.0", 200),
        ("^1.2.0", 400),
        ("~1.2", 400),
        ("1", 400),
        ("7.x.x", 422),
    ],
)
def test_the_grammar_of_pinned_versions(stackone: Api, version: str, status: int) -> None:
    profile = stackone.data("POST", "/connector_profiles", body())
    path = f"/connector_profiles/{profile['id']}/pinned_version"
    stackone("PUT", path, {"pinned_version": version}, expect=status)
    stackone("GET", path, expect=200 if status == 200 else 404)


def test_a_pin_shows_in_the_profile_and_its_versions(sandbox: Sandbox, stackone: Api) -> None:
    profile = stackone.data("POST", "/connector_profiles", body())
    path = f"/connector_profiles/{profile['id']}"
    stackone("PUT", f"{path}/pinned_version", {"pinned_version": "1.1.x"}, expect=200)
    pinned = stackone.data("GET", path)
    assert pinned["connector_pinned_version"] == "1.1.x"
    assert pinned["updated_at"] > profile["updated_at"]
    versions = stackone.data("GET", f"{path}/versions")
    assert [each["version"] for each in versions if each["pinned"]] == ["1.1.1", "1.1.0"]
    sandbox.options(versions_wrapped=True)
    assert stackone.data("GET", f"{path}/versions") == {"data": versions}
    stackone("DELETE", f"{path}/pinned_version", expect=204)
    assert stackone.data("GET", path)["connector_pinned_version"] is None


def test_an_older_server_has_the_older_name_only(sandbox: Sandbox, stackone: Api) -> None:
    sandbox.options(profiles_path="auth_configs")
    stackone("GET", "/connector_profiles", expect=404)
    stackone("GET", "/auth_configs", expect=200)


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_real_server_may_lack_what_is_not_documented(
    sandbox: Sandbox, stackone: Api, status: int
) -> None:
    profile = stackone.data("POST", "/connector_profiles", body())
    sandbox.options(profile_writes=str(status))
    stackone("POST", "/connector_profiles", body(name="Other"), expect=status)
    for method in ("GET", "PATCH", "DELETE"):
        stackone(
            method,
            f"/connector_profiles/{profile['id']}",
            {} if method == "PATCH" else None,
            expect=status,
        )
    stackone("GET", "/connector_profiles", expect=200)
    stackone(
        "PUT",
        f"/connector_profiles/{profile['id']}/pinned_version",
        {"pinned_version": "latest"},
        expect=200,
    )


def test_actions_are_filtered_and_searched(stackone: Api) -> None:
    found = stackone.data("GET", "/actions?filter[connectors]=azuredevops")["data"]
    assert [each["key"] for each in found] == ["azuredevops"]
    actions = {each["id"]: each for each in found[0]["actions"]}
    assert len(actions) >= 15
    assert actions["azuredevops_create_work_item"]["required_scopes"] == ["vso.work_write"]
    assert [each["label"] for each in found[0]["authentication"]] == [
        "OAuth 2.0 (Microsoft Entra ID)",
        "Personal Access Token",
    ]
    contained = {each["name"]: each["includes"] for each in found[0]["scope_definitions"]}
    assert (contained["vso.work_write"], contained["vso.work_full"]) == (
        ["vso.work"],
        ["vso.work_write"],
    )
    one = stackone.data("GET", "/actions?filter[action_key]=azuredevops_get_work_item")["data"]
    assert [[each["id"] for each in connector["actions"]] for connector in one] == [
        ["azuredevops_get_work_item"]
    ]
    searched = stackone.data("GET", "/actions?search=repositor")["data"]
    assert [each["key"] for each in searched] == ["azuredevops", "github"]
    assert stackone.data("GET", "/actions?filter[connectors]=nonsense")["data"] == []


def test_the_scopes_of_the_actions_are_real(graph: Graph, stackone: Api) -> None:
    apis = {
        "azuredevops": "499b84ac-1321-427f-aa17-267ca6975798",
        "microsoftentraid": "00000003-0000-0000-c000-000000000000",
    }
    for key, app_id in apis.items():
        known = {each["value"] for each in graph.principal_of(app_id)["oauth2PermissionScopes"]}
        connector = stackone.data("GET", f"/actions?filter[connectors]={key}")["data"][0]
        assert {
            scope for action in connector["actions"] for scope in action["required_scopes"]
        } <= known
        assert {each["name"] for each in connector["scope_definitions"]} <= known


def test_actions_are_paged_by_cursor(stackone: Api) -> None:
    keys, cursor = [], ""
    while cursor is not None:
        page = stackone.data("GET", f"/actions?page_size=3{cursor and f'&next={cursor}'}")
        keys += [each["key"] for each in page["data"]]
        cursor = page["next"]
    assert keys == ["azuredevops", "microsoftentraid", "github", "bamboohr", "sharepoint"]
    stackone("GET", "/actions?next=nonsense", expect=400)


def test_accounts_bare_and_wrapped(sandbox: Sandbox, stackone: Api) -> None:
    for owner, provider in (("a", "azuredevops"), ("b", "github")):
        sandbox.edit(kind="accounts", add={"origin_owner_id": owner, "provider": provider})
    found = stackone.data("GET", "/accounts?providers=azuredevops,jira")
    assert [each["origin_owner_id"] for each in found] == ["a"]
    assert len(stackone.data("GET", "/accounts?page_size=1&page=2")) == 1
    assert (
        stackone.data("GET", "/accounts?origin_owner_id=b&status=active")[0]["provider"] == "github"
    )
    sandbox.options(accounts_wrapped=True)
    assert len(stackone.data("GET", "/accounts")["data"]) == 2


@pytest.mark.parametrize("status", [201, 200])
def test_connect_sessions(sandbox: Sandbox, stackone: Api, status: int) -> None:
    sandbox.options(connect_session_status=status)
    profile = stackone.data("POST", "/connector_profiles", body())
    wanted = {
        "origin_owner_id": "c-1",
        "origin_owner_name": "Customer",
        "integration_id": profile["id"],
        "expires_in": 60,
    }
    answer = stackone("POST", "/connect_sessions", wanted)
    session = answer.json()
    assert answer.status_code == status
    assert session["auth_link_url"].endswith(session["token"])
    assert isinstance(session["id"], int)
    assert sandbox.state()["connect_sessions"][0]["request"] == wanted
    stackone("POST", "/connect_sessions", {**wanted, "integration_id": "none"}, expect=404)
