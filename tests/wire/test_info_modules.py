# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules that only look: applications, profiles, actions, and a connector as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.client import Sandbox
from support.facts import (
    APP,
    APP_NAME,
    AZURE_DEVOPS,
    CALLBACK,
    DEVOPS,
    MICROSOFT_GRAPH,
    NOBODY,
    OTHER_URI,
    PROJECT,
    UNIQUE_NAME,
    WORK_WRITE,
)
from support.modules import Call, Modules

ADELE = "adelev@contoso.onmicrosoft.com"
ACTIONS = ["azuredevops_list_projects", "azuredevops_create_work_item"]


@pytest.fixture(autouse=True)
def nothing_was_changed(sandbox: Sandbox) -> Iterator[None]:
    """Every look in this file is taken after a clear of the journal."""
    yield
    mutating = [item for item in sandbox.requests() if item["mutating"]]
    assert mutating == [], "a look changed something"


def wire(sandbox: Sandbox) -> list[str]:
    return [f"{item['method']} {item['path']}" for item in sandbox.requests()]


# -- entra_app_info


def test_application_with_all_that_hangs_on_it(modules: Modules, sandbox: Sandbox) -> None:
    both = {**DEVOPS, "application": []}
    graph = {"api": "Microsoft Graph", "delegated": ["User.Read"], "application": ["User.Read.All"]}
    made = modules.entra_app(
        **{**APP, "api_permissions": [both, graph], "tags": ["mine"]}, owners=[ADELE]
    ).ok()
    client_id = made["app"]["client_id"]
    granted = {"api_permissions": [{"api": "Azure DevOps", "delegated": [PROJECT]}, graph]}
    consent = modules.entra_admin_consent(client_id=client_id, **granted).ok()
    late = modules.entra_app_secret(client_id=client_id, display_name="late").ok()
    soon = modules.entra_app_secret(
        client_id=client_id, display_name="soon", lifetime_days=40, confirm="manual"
    ).ok()
    sandbox.clear()
    call = modules.entra_app_info(unique_name=UNIQUE_NAME).ok()
    assert call.changed is False
    (app,) = call["apps"]
    assert {name: app[name] for name in made["app"]} == made["app"]
    assert app["service_principal"] == made["service_principal"]
    assert app["secrets"] == [soon["secret"], late["secret"]], "the next to expire comes first"
    by_api = sorted(app["grants"], key=lambda item: item["app_id"])
    assert by_api == sorted(consent["grants"], key=lambda item: item["app_id"])
    states = {
        (item["app_id"], item["type"], item["name"]): item["granted"] for item in app["consent"]
    }
    assert states == {
        (AZURE_DEVOPS, "delegated", PROJECT): True,
        (AZURE_DEVOPS, "delegated", WORK_WRITE): False,
        (MICROSOFT_GRAPH, "delegated", "User.Read"): True,
        (MICROSOFT_GRAPH, "application", "User.Read.All"): True,
    }
    users = [item for item in app["owners"] if item["user_principal_name"]]
    assert users == [
        {
            "object_id": sandbox.state()["users"][0]["id"],
            "display_name": "Adele Vance",
            "user_principal_name": ADELE,
        }
    ]
    assert len(app["owners"]) == 2
    assert app["tags"] == ["mine"]


@pytest.mark.parametrize("name", ["object_id", "client_id", "unique_name", "display_name", "tag"])
def test_application_by_each_name(modules: Modules, sandbox: Sandbox, name: str) -> None:
    made = modules.entra_app(**APP, tags=["team:platform"]).ok()["app"]
    modules.entra_app(display_name="Other", unique_name="other").ok()
    sandbox.clear()
    value = "team:platform" if name == "tag" else made[name]
    (found,) = modules.entra_app_info(**{name: value}).ok()["apps"]
    assert found["object_id"] == made["object_id"]
    missing = NOBODY if name.endswith("_id") else "nothing"
    assert modules.entra_app_info(**{name: missing}).ok()["apps"] == []


def test_namesakes_are_all_listed(modules: Modules, sandbox: Sandbox) -> None:
    for _time in range(2):
        sandbox.edit(kind="applications", add={"displayName": APP_NAME})
    assert len(modules.entra_app_info(display_name=APP_NAME).ok()["apps"]) == 2


def test_all_applications_over_several_pages(modules: Modules, sandbox: Sandbox) -> None:
    for number in range(24):
        sandbox.edit(kind="applications", add={"displayName": f"App {number}", "tags": ["t"]})
    sandbox.options(page_size=7)
    sandbox.clear()
    found = modules.entra_app_info().ok()["apps"]
    assert len(found) == 25, "with the identity's own"
    lists = [item for item in sandbox.requests() if item["path"] == "/v1.0/applications"]
    assert len(lists) == 4
    sandbox.clear()
    assert len(modules.entra_app_info(tag="t").ok()["apps"]) == 24
    lists = [item for item in sandbox.requests() if item["path"] == "/v1.0/applications"]
    assert {item["headers"]["consistencylevel"] for item in lists} == {"eventual"}
    batches = {item["wire"] for item in sandbox.requests() if item["part"] is not None}
    assert len(batches) <= 4, "the rest is read in batches"


def test_owners_and_grants_over_several_pages(modules: Modules, sandbox: Sandbox) -> None:
    made = modules.entra_app(**APP, owners=[ADELE]).ok()
    modules.entra_admin_consent(
        client_id=made["app"]["client_id"],
        api_permissions=[DEVOPS, {"api": "Microsoft Graph", "delegated": ["User.Read"]}],
    ).ok()
    sandbox.options(page_size=1)
    sandbox.clear()
    (app,) = modules.entra_app_info(unique_name=UNIQUE_NAME).ok()["apps"]
    assert (len(app["owners"]), {item["granted"] for item in app["consent"]}) == (2, {True})


def test_one_name_at_a_time(modules: Modules, sandbox: Sandbox) -> None:
    modules.entra_app_info(unique_name="a", tag="b").refused("mutually exclusive")


def test_verified_publisher_and_the_warning_without(modules: Modules, sandbox: Sandbox) -> None:
    made = modules.entra_app(**APP).ok()["app"]
    modules.entra_app(display_name="Internal", sign_in_audience="AzureADMyOrg").ok()
    sandbox.clear()
    call = modules.entra_app_info(unique_name=UNIQUE_NAME).ok()
    assert call["apps"][0]["publisher_verified"] is False
    (warning,) = call.warnings
    assert APP_NAME in warning
    assert "unverified publisher" in warning
    verified = {"displayName": "Contoso", "verifiedPublisherId": "1234", "addedDateTime": None}
    sandbox.edit(kind="applications", id=made["object_id"], set={"verifiedPublisher": verified})
    call = modules.entra_app_info(unique_name=UNIQUE_NAME).ok()
    assert (call["apps"][0]["publisher_verified"], call.warnings) == (True, [])
    assert modules.entra_app_info(display_name="Internal").ok().warnings == []


def test_application_without_service_principal_and_permissions(
    modules: Modules, sandbox: Sandbox
) -> None:
    sandbox.edit(kind="applications", add={"displayName": "Bare"})
    (app,) = modules.entra_app_info(display_name="Bare").ok()["apps"]
    assert app["service_principal"] == {"object_id": None}
    for name in ("secrets", "grants", "consent", "owners", "api_permissions", "tags"):
        assert app[name] == []


# -- stackone_connector_profile_info


@pytest.fixture
def three_profiles(sandbox: Sandbox) -> list[dict[str, Any]]:
    sandbox.options(duplicate_profile_names=True)
    return [
        sandbox.edit(kind="profiles", add={"name": name, "connector_key": key})
        for name, key in (
            ("One", "azuredevops"),
            ("Two", "azuredevops"),
            ("One", "microsoftentraid"),
        )
    ]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [0, 1, 2]),
        ({"connector_key": "azuredevops"}, [0, 1]),
        ({"name": "One"}, [0, 2]),
        ({"name": "One", "connector_key": "azuredevops"}, [0]),
        ({"name": "None"}, []),
    ],
    ids=str,
)
def test_profiles_by_connector_and_name(
    modules: Modules,
    three_profiles: list[dict[str, Any]],
    options: dict[str, str],
    expected: list[int],
) -> None:
    call = modules.stackone_connector_profile_info(**options).ok()
    assert [item["id"] for item in call["profiles"]] == [three_profiles[n]["id"] for n in expected]
    assert call.changed is False


def test_profile_by_id(modules: Modules, three_profiles: list[dict[str, Any]]) -> None:
    wanted = three_profiles[1]["id"]
    (found,) = modules.stackone_connector_profile_info(profile_id=wanted).ok()["profiles"]
    assert (found["id"], found["name"]) == (wanted, "Two")
    assert modules.stackone_connector_profile_info(profile_id="none").ok()["profiles"] == []


def test_profile_shows_what_a_read_gives_and_nothing_else(
    modules: Modules, sandbox: Sandbox
) -> None:
    setup = {"clientId": "x", "clientSecret": "hidden~secret~text", "scopes": "a"}
    made = sandbox.edit(
        kind="profiles",
        add={"name": "One", "connector_key": "azuredevops", "setup_information": setup},
    )
    (found,) = modules.stackone_connector_profile_info().ok()["profiles"]
    assert found == {name: value for name, value in made.items() if not name.startswith("_")}
    assert "hidden~secret~text" not in str(found)


def test_profiles_over_several_pages(modules: Modules, sandbox: Sandbox) -> None:
    for number in range(230):
        sandbox.edit(kind="profiles", add={"name": f"P{number}", "connector_key": "azuredevops"})
    sandbox.clear()
    assert len(modules.stackone_connector_profile_info().ok()["profiles"]) == 230
    assert [item["query"]["page"] for item in sandbox.requests()] == ["1", "2", "3"]


def test_profiles_of_a_server_with_the_older_name(
    modules: Modules, sandbox: Sandbox, three_profiles: list[dict[str, Any]]
) -> None:
    sandbox.options(profiles_path="auth_configs")
    assert len(modules.stackone_connector_profile_info().ok()["profiles"]) == 3
    assert wire(sandbox) == ["GET /connector_profiles", "GET /auth_configs"]


# -- stackone_action_info


def test_actions_of_the_default_connector(modules: Modules, sandbox: Sandbox) -> None:
    call = modules.stackone_action_info().ok()
    assert len(call["actions"]) == 17
    assert call["actions"][0] == {
        "id": "azuredevops_list_projects",
        "label": "List Projects",
        "description": "List the projects of the organization",
        "scopes": [PROJECT],
    }
    assert call["auth_types"] == [
        {"key": "oauth2_entra", "label": "OAuth 2.0 (Microsoft Entra ID)"},
        {"key": "personal_access_token", "label": "Personal Access Token"},
    ]
    assert call.changed is False
    (request,) = sandbox.requests()
    assert request["query"]["filter[connectors]"] == "azuredevops"


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("WORK item", 5),
        ("azuredevops_list_work", 1),
        ("recycle bin", 1),
        ("nothing has this", 0),
        ("", 17),
    ],
)
def test_actions_are_searched_in_id_label_and_description(
    modules: Modules, search: str, found: int
) -> None:
    assert len(modules.stackone_action_info(search=search).ok()["actions"]) == found


def test_scopes_that_actions_need_together(modules: Modules) -> None:
    """vso.work_full includes vso.work_write, which includes vso.work."""
    chosen = [
        "azuredevops_get_work_item",
        "azuredevops_create_work_item",
        "azuredevops_delete_work_item",
        "azuredevops_list_repositories",
    ]
    call = modules.stackone_action_info(actions=chosen).ok()
    assert [item["id"] for item in call["actions"]] == chosen
    assert call["scopes"] == ["vso.code", "vso.work_full"]
    found = modules.stackone_action_info(actions=chosen, search="delete").ok()
    assert found["scopes"] == ["vso.work_full"]
    assert modules.stackone_action_info(actions=[]).ok()["scopes"] == []


def test_actions_of_another_connector(modules: Modules) -> None:
    call = modules.stackone_action_info(connector_key="bamboohr").ok()
    assert [item["id"] for item in call["actions"]] == ["bamboohr_list_employees"]
    assert call["scopes"] == []


def test_unknown_action_and_connector(modules: Modules) -> None:
    call = modules.stackone_action_info(actions=["azuredevops_list_project"])
    call.refused("azuredevops_list_projects", kind="UnknownNameError")
    call = modules.stackone_action_info(connector_key="none")
    call.refused("'none'", "connector_key", kind="NotFoundError")


# -- connector_info

LOOK: dict[str, Any] = {
    "display_name": APP_NAME,
    "unique_name": UNIQUE_NAME,
    "callback_url": CALLBACK,
    "profile_name": "Azure DevOps",
    "actions": ACTIONS,
}


@pytest.fixture
def onboarded(modules: Modules, sandbox: Sandbox) -> dict[str, Any]:
    """A connector as the role leaves it."""
    app = modules.entra_app(**APP).ok()["app"]
    consent = modules.entra_admin_consent(client_id=app["client_id"]).ok()
    made = modules.entra_app_secret(
        client_id=app["client_id"], display_name="StackOne connector profile", confirm="manual"
    ).ok()
    profile = modules.stackone_connector_profile(
        name="Azure DevOps",
        client_id=app["client_id"],
        client_secret=made["secret_text"],
        scopes=[PROJECT, WORK_WRITE],
        actions=ACTIONS,
    ).ok()["profile"]
    confirmed = modules.entra_app_secret(
        client_id=app["client_id"],
        state="confirmed",
        key_id=made["secret"]["key_id"],
        recipient=profile["id"],
        recipient_updated_at=profile["updated_at"],
        handed_over={"scopes": [PROJECT, WORK_WRITE], "actions": ACTIONS},
    ).ok()
    sandbox.clear()
    return {
        "app": app,
        "consent": consent,
        "profile": profile,
        "secret": confirmed["secret"],
    }


def drift(call: Call) -> set[tuple[str, str | None]]:
    return {(row["resource"], row["field"]) for row in call["drift"]}


def test_connector_of_an_empty_tenant(modules: Modules, sandbox: Sandbox) -> None:
    sandbox.reset(azure_devops=False)
    call = modules.check("connector_info", **LOOK).ok()
    assert (call.changed, call["converged"]) == (False, False)
    for name in ("app", "profile", "secret"):
        assert call[name] is None
    assert call["scopes"] == [PROJECT, WORK_WRITE]
    assert call["api_permissions"] == [
        {"api": AZURE_DEVOPS, "delegated": [PROJECT, WORK_WRITE], "application": []}
    ]
    assert call["handover"]["due"] is True
    assert ("application", None) in drift(call)


def test_converged_connector(modules: Modules, sandbox: Sandbox, onboarded: dict[str, Any]) -> None:
    call = modules.connector_info(**LOOK).ok()
    assert (call["converged"], call["drift"], call["removable"]) == (True, [], [])
    expected = {"due": False, "reason": None, "deliver_key_id": None, "delivered": False}
    assert {name: call["handover"][name] for name in expected} == expected
    for name in ("app", "profile", "secret"):
        assert call[name] == onboarded[name]
    assert call["consent"]["grants"] == onboarded["consent"]["grants"]
    assert call["consent"]["admin_consent_url"] == onboarded["consent"]["admin_consent_url"]
    assert call["secrets"] == [{**onboarded["secret"], "current": True}]
    assert call["auth_method"] == "client_secret"
    assert sandbox.wire_count() <= 7


def test_scopes_given_need_no_catalogue(
    modules: Modules, sandbox: Sandbox, onboarded: dict[str, Any]
) -> None:
    scopes = {**LOOK, "actions": [], "scopes": [WORK_WRITE, PROJECT, PROJECT]}
    call = modules.connector_info(**scopes).ok()
    assert call["scopes"] == [PROJECT, WORK_WRITE]
    assert (
        call["handover"]["reason"] == "the client id, scopes or actions to hand over have changed"
    )
    assert "GET /actions" not in wire(sandbox)


def test_neither_scopes_nor_actions_shows_the_choices(modules: Modules) -> None:
    call = modules.connector_info(**{**LOOK, "actions": []})
    call.refused("azuredevops_list_projects (vso.project)", "Set actions", kind="NotFoundError")


def test_scope_that_no_chosen_action_needs_is_warned_of(modules: Modules) -> None:
    call = modules.connector_info(**LOOK, scopes=[PROJECT, WORK_WRITE, "vso.code"]).ok()
    (warning,) = call.warnings
    assert warning == "No chosen action needs these scopes: vso.code."


DRIFTS: dict[str, tuple[dict[str, Any], set[tuple[str, str | None]]]] = {
    "a redirect URI is gone": (
        {"kind": "applications", "id": "app", "set": {"web": {"redirectUris": [OTHER_URI]}}},
        {("application", "web_redirect_uris")},
    ),
    "it was renamed": (
        {"kind": "applications", "id": "app", "set": {"displayName": "Other"}},
        {("application", "display_name")},
    ),
    "a scope was revoked": (
        {"kind": "oauth2PermissionGrants", "id": "grant", "set": {"scope": PROJECT}},
        {("consent to Azure DevOps", "scopes")},
    ),
    "the grant is gone": (
        {"kind": "oauth2PermissionGrants", "id": "grant", "delete": True},
        {("consent to Azure DevOps", None)},
    ),
    "the profile was disabled": (
        {"kind": "profiles", "id": "profile", "set": {"active": False}},
        {("connector profile", "active")},
    ),
    "the profile was edited where a read does not show it": (
        {"kind": "profiles", "id": "profile", "set": {}},
        {("connector profile", "updated_at")},
    ),
    "the profile is gone": (
        {"kind": "profiles", "id": "profile", "delete": True},
        {("client secret", None)},
    ),
}


@pytest.mark.parametrize("what", DRIFTS)
def test_drift_is_a_row_for_each_field(
    modules: Modules, sandbox: Sandbox, onboarded: dict[str, Any], what: str
) -> None:
    edit, rows = DRIFTS[what]
    ids = {
        "app": onboarded["app"]["object_id"],
        "grant": onboarded["consent"]["grants"][0]["grant_id"],
        "profile": onboarded["profile"]["id"],
    }
    sandbox.edit(**{**edit, "id": ids[edit["id"]]})
    call = modules.connector_info(**LOOK).ok()
    assert drift(call) == rows
    assert {row["repaired"] for row in call["drift"]} == {False}
    only_seen = ("connector profile", "updated_at") in rows
    assert call["converged"] is only_seen, "what cannot be read is no reason to act"
    assert bool(call.warnings) is only_seen


def test_reapply_hands_over_to_an_edited_profile(
    modules: Modules, sandbox: Sandbox, onboarded: dict[str, Any]
) -> None:
    sandbox.edit(kind="profiles", id=onboarded["profile"]["id"], set={})
    call = modules.connector_info(**LOOK, reapply=True).ok()
    assert (call["handover"]["due"], call["converged"]) == (True, False)


def test_purge_counts_what_is_beyond(
    modules: Modules, sandbox: Sandbox, onboarded: dict[str, Any]
) -> None:
    beyond = {"redirectUris": [CALLBACK, OTHER_URI]}
    sandbox.edit(kind="applications", id=onboarded["app"]["object_id"], set={"web": beyond})
    assert modules.connector_info(**LOOK).ok()["converged"]
    assert drift(modules.connector_info(**LOOK, purge=True).ok()) == {
        ("application", "web_redirect_uris")
    }


@pytest.mark.parametrize(
    ("days", "options", "due"),
    [
        (0, {"force": True}, True),
        (151, {}, True),
        (149, {}, False),
        (149, {"rotate_before_days": 40}, True),
    ],
    ids=str,
)
def test_when_a_secret_is_due(
    modules: Modules,
    onboarded: dict[str, Any],
    days: int,
    options: dict[str, Any],
    due: bool,
) -> None:
    modules.clock.pass_by(days=days)
    call = modules.connector_info(**LOOK, **options).ok()
    assert call["handover"]["due"] is due
    assert bool(call["handover"]["reason"]) is due


def test_secret_that_a_store_holds_can_be_delivered(
    modules: Modules, sandbox: Sandbox, onboarded: dict[str, Any]
) -> None:
    named = {"client_id": onboarded["app"]["client_id"]}
    made = modules.entra_app_secret(
        **named, display_name="StackOne connector profile", confirm="manual", force=True
    ).ok()
    key_id = made["secret"]["key_id"]
    modules.clock.pass_by(seconds=1000)
    sandbox.clear()
    look = {**LOOK, "force": True, "held_key_ids": [key_id]}
    call = modules.connector_info(**look).ok()
    assert call["handover"]["deliver_key_id"] == key_id
    assert call["handover"]["delivered"] is False
    assert modules.connector_info(**LOOK).ok()["removable"] == [key_id]
    assert modules.connector_info(**LOOK, orphan_after=2000).ok()["removable"] == []
    held = modules.connector_info(**LOOK, held_key_ids=[key_id]).ok()
    assert held["removable"] == []
    sandbox.edit(kind="profiles", id=onboarded["profile"]["id"], set={})
    assert modules.connector_info(**look).ok()["handover"]["delivered"] is True


def test_superseded_secret_is_removable_after_the_overlap(
    modules: Modules, sandbox: Sandbox, onboarded: dict[str, Any]
) -> None:
    named = {"client_id": onboarded["app"]["client_id"]}
    made = modules.entra_app_secret(
        **named, display_name="StackOne connector profile", confirm="manual", force=True
    ).ok()
    written = modules.stackone_connector_profile(
        name="Azure DevOps", client_secret=made["secret_text"], update_secrets="always"
    ).ok()["profile"]
    modules.entra_app_secret(
        **named,
        state="confirmed",
        key_id=made["secret"]["key_id"],
        recipient=written["id"],
        recipient_updated_at=written["updated_at"],
        handed_over={"scopes": [PROJECT, WORK_WRITE], "actions": ACTIONS},
    ).ok()
    sandbox.clear()
    old = onboarded["secret"]["key_id"]
    assert modules.connector_info(**LOOK).ok()["removable"] == []
    assert modules.connector_info(**LOOK, overlap_days=0).ok()["removable"] == [old]
    modules.clock.pass_by(days=8)
    assert modules.connector_info(**LOOK).ok()["removable"] == [old]


def test_offboarding_looks_for_the_profile_alone(
    modules: Modules, sandbox: Sandbox, onboarded: dict[str, Any]
) -> None:
    sandbox.edit(kind="applications", id=onboarded["app"]["object_id"], delete=True)
    look = {**LOOK, "actions": [], "goal": "offboard"}
    call = modules.connector_info(**look).ok()
    assert call["app"] is None
    assert call["profile"]["id"] == onboarded["profile"]["id"]


def test_each_service_has_its_own_connection(
    modules: Modules, sandbox: Sandbox, onboarded: dict[str, Any]
) -> None:
    """A CA that only one of them needs, say."""
    environment = modules.environment(REQUESTS_CA_BUNDLE=None)
    look = {**LOOK, "ca_path": sandbox.ca_path, "stackone_ca_path": "/nowhere.pem"}
    modules.call("connector_info", look, environment=environment).refused("/nowhere.pem")
    look = {**look, "stackone_validate_certs": False}
    assert modules.call("connector_info", look, environment=environment).ok()["converged"]
    sandbox.faults(
        [{"match": {"service": "stackone"}, "fault": {"kind": "stall", "seconds": 30}, "times": 0}]
    )
    slow = {**LOOK, "stackone_request_timeout": 0.1, "stackone_wait_timeout": 0.1}
    modules.connector_info(**slow).refused("timed out (0.1 s)", kind="LostAnswerError")


@pytest.mark.parametrize("missing", ["display_name", "unique_name", "callback_url", "profile_name"])
def test_what_a_look_needs(modules: Modules, sandbox: Sandbox, missing: str) -> None:
    options = {name: value for name, value in LOOK.items() if name != missing}
    modules.connector_info(**options).refused(missing)
    assert sandbox.requests() == []


def test_another_connector_by_options_alone(modules: Modules, sandbox: Sandbox) -> None:
    look = {
        **LOOK,
        "connector_key": "microsoftentraid",
        "api": "Microsoft Graph",
        "auth_type": "oauth2_entra",
        "actions": ["microsoftentraid_get_user"],
        "secret_name": "mine",
    }
    call = modules.connector_info(**look).ok()
    assert call["scopes"] == ["User.Read.All", "offline_access"]
    assert call["api_permissions"][0]["api"] == MICROSOFT_GRAPH
