# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""entra_admin_consent: one grant for all users per API, application roles, and revoking both."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.client import Sandbox
from support.facts import (
    APP,
    AZURE_DEVOPS,
    LOST_ANSWERS,
    MICROSOFT_GRAPH,
    NOBODY,
    PROJECT,
    WORK_WRITE,
)
from support.modules import Call, Modules

GRAPH = {"api": "Microsoft Graph", "delegated": ["User.Read"], "application": ["User.Read.All"]}
PROJECT_ONLY = [{"api": "Azure DevOps", "delegated": [PROJECT]}]


class Registration:
    """An application that asks for two scopes of Azure DevOps, and what it was granted."""

    def __init__(self, modules: Modules, sandbox: Sandbox, **options: Any) -> None:
        self._modules = modules
        self._sandbox = sandbox
        made = modules.entra_app(**{**APP, **options}).ok()
        self.client_id: str = made["app"]["client_id"]
        self.principal_id: str = made["service_principal"]["object_id"]

    def consent(self, **options: Any) -> Call:
        return self._modules.call("entra_admin_consent", {"client_id": self.client_id, **options})

    def check(self, **options: Any) -> Call:
        return self._modules.check("entra_admin_consent", client_id=self.client_id, **options)

    def api_id(self, app_id: str = AZURE_DEVOPS) -> str:
        principals = self._sandbox.state()["servicePrincipals"]
        return str(next(item["id"] for item in principals if item["appId"] == app_id))

    def grants(self, app_id: str = AZURE_DEVOPS) -> list[dict[str, Any]]:
        """The grants for all users at one API."""
        return [
            item
            for item in self._sandbox.state()["oauth2PermissionGrants"]
            if item["resourceId"] == self.api_id(app_id)
            and item["clientId"] == self.principal_id
            and item["consentType"] == "AllPrincipals"
        ]

    def scopes(self, app_id: str = AZURE_DEVOPS) -> set[str]:
        return {scope for item in self.grants(app_id) for scope in item["scope"].split()}

    def roles(self, app_id: str = MICROSOFT_GRAPH) -> list[str]:
        """The names of the roles that were assigned to it."""
        principals = self._sandbox.state()["servicePrincipals"]
        defined = next(item for item in principals if item["appId"] == app_id)["appRoles"]
        names = {item["id"]: item["value"] for item in defined}
        return [
            names[item["appRoleId"]]
            for item in self._sandbox.state()["appRoleAssignments"]
            if item["principalId"] == self.principal_id
        ]


@pytest.fixture
def app(modules: Modules, sandbox: Sandbox) -> Registration:
    return Registration(modules, sandbox)


def mutating(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [item for item in sandbox.requests() if item["mutating"]]


# -- the life of a consent


def test_life_from_nothing_to_revoked(app: Registration, sandbox: Sandbox) -> None:
    planned = app.check().ok()
    assert planned.changed
    assert planned["grants"] == [
        {
            "api": "Azure DevOps",
            "app_id": AZURE_DEVOPS,
            "scopes": [PROJECT, WORK_WRITE],
            "grant_id": None,
        }
    ]

    made = app.consent().ok()
    assert made.changed
    (grant,) = app.grants()
    assert made["grants"] == [{**planned["grants"][0], "grant_id": grant["id"]}]
    assert grant["principalId"] is None
    assert app.scopes() == {PROJECT, WORK_WRITE}

    sandbox.clear()
    again = app.consent().ok()
    assert (again.changed, again["grants"]) == (False, made["grants"])
    assert mutating(sandbox) == []

    wider = [{"api": AZURE_DEVOPS, "delegated": ["vso.code"]}]
    assert app.check(api_permissions=wider).changed
    widened = app.consent(api_permissions=wider).ok()
    assert widened["grants"][0]["scopes"] == ["vso.code", PROJECT, WORK_WRITE]
    assert widened["grants"][0]["grant_id"] == grant["id"], "patched, not made anew"
    assert app.scopes() == {"vso.code", PROJECT, WORK_WRITE}

    assert app.check(state="absent").changed
    assert app.consent(state="absent").ok().changed
    assert app.grants() == []
    gone = app.consent(state="absent").ok()
    assert (gone.changed, gone["grants"], gone["app_roles"]) == (False, [], [])


def test_what_the_app_asks_for_is_the_default(modules: Modules, sandbox: Sandbox) -> None:
    app = Registration(modules, sandbox, api_permissions=[GRAPH, *PROJECT_ONLY])
    done = app.consent().ok()
    assert [item["app_id"] for item in done["grants"]] == [MICROSOFT_GRAPH, AZURE_DEVOPS]
    assert done["app_roles"] == [
        {"api": "Microsoft Graph", "app_id": MICROSOFT_GRAPH, "roles": ["User.Read.All"]}
    ]
    assert app.scopes() == {PROJECT}
    assert app.scopes(MICROSOFT_GRAPH) == {"User.Read"}
    assert app.roles() == ["User.Read.All"]
    assert not app.consent().ok().changed


def test_app_that_asks_for_nothing_is_granted_nothing(modules: Modules, sandbox: Sandbox) -> None:
    app = Registration(modules, sandbox, api_permissions=[])
    done = app.consent().ok()
    assert (done.changed, done["grants"], done["app_roles"]) == (False, [], [])


def test_named_permissions_need_not_be_asked_for(app: Registration) -> None:
    done = app.consent(api_permissions=[GRAPH]).ok()
    assert [item["api"] for item in done["grants"]] == ["Microsoft Graph"]
    assert app.grants() == [], "of Azure DevOps nothing was named"


def test_customers_administrators_are_sent_to_a_url(app: Registration, sandbox: Sandbox) -> None:
    assert app.consent().ok()["admin_consent_url"] == (
        f"{sandbox.authority_url}/organizations/adminconsent?client_id={app.client_id}"
    )


def test_diff_of_each_api(app: Registration) -> None:
    before, after = app.consent().ok().diff_of("consent to Azure DevOps")
    assert before == {}
    assert after == {"scopes": [PROJECT, WORK_WRITE], "roles": []}
    before, after = app.consent(state="absent").ok().diff_of("consent to Azure DevOps")
    assert (before["scopes"], after) == ([PROJECT, WORK_WRITE], {})


# -- exactness


def test_purge_leaves_exactly_what_is_named(app: Registration) -> None:
    app.consent(api_permissions=[GRAPH]).ok()
    app.consent().ok()
    exact = {"api_permissions": PROJECT_ONLY, "purge": True}
    assert app.check(**exact).changed
    done = app.consent(**exact).ok()
    assert done.changed
    assert app.scopes() == {PROJECT}
    assert app.grants(MICROSOFT_GRAPH) == []
    assert app.roles() == []
    assert not app.consent(**exact).ok().changed


def test_without_purge_earlier_scopes_stay(app: Registration, sandbox: Sandbox) -> None:
    app.consent(api_permissions=[{"api": "Azure DevOps", "delegated": ["vso.wiki"]}]).ok()
    app.consent().ok()
    assert app.scopes() == {"vso.wiki", PROJECT, WORK_WRITE}


def test_absent_for_an_application_that_is_gone_changes_nothing(modules: Modules) -> None:
    call = modules.entra_admin_consent(client_id=NOBODY, state="absent").ok()
    assert (call.changed, call["grants"]) == (False, [])


def test_absent_revokes_only_what_is_named(app: Registration) -> None:
    app.consent().ok()
    both = {**GRAPH, "application": ["User.Read.All", "Group.Read.All"]}
    app.consent(api_permissions=[both]).ok()
    named = [
        {"api": "Azure DevOps", "delegated": [WORK_WRITE]},
        {"api": "Microsoft Graph", "application": ["Group.Read.All"]},
    ]
    assert app.check(state="absent", api_permissions=named).changed
    done = app.consent(state="absent", api_permissions=named).ok()
    assert done.changed
    assert app.scopes() == {PROJECT}
    assert app.scopes(MICROSOFT_GRAPH) == {"User.Read"}
    assert app.roles() == ["User.Read.All"]
    assert not app.consent(state="absent", api_permissions=named).ok().changed


def test_consent_of_single_users_is_theirs(app: Registration, sandbox: Sandbox) -> None:
    user = sandbox.state()["users"][0]["id"]
    own = {
        "clientId": app.principal_id,
        "consentType": "Principal",
        "principalId": user,
        "resourceId": app.api_id(),
        "scope": "vso.wiki",
    }
    sandbox.edit(kind="oauth2PermissionGrants", add=own)
    assert app.consent().ok().changed
    app.consent(api_permissions=PROJECT_ONLY, purge=True).ok()
    app.consent(state="absent").ok()
    (left,) = sandbox.state()["oauth2PermissionGrants"]
    assert left["scope"] == "vso.wiki"


def test_permission_by_its_id_counts_as_its_name(app: Registration, sandbox: Sandbox) -> None:
    """A grant holds names; an id in it would be a scope that nobody knows."""
    principals = sandbox.state()["servicePrincipals"]
    defined = next(item for item in principals if item["appId"] == AZURE_DEVOPS)
    ids = {item["value"]: item["id"] for item in defined["oauth2PermissionScopes"]}
    by_id = [{"api": AZURE_DEVOPS, "delegated": [ids[PROJECT]]}]
    assert app.consent(api_permissions=by_id).ok()["grants"][0]["scopes"] == [PROJECT]
    assert app.scopes() == {PROJECT}
    assert not app.consent(api_permissions=by_id).ok().changed
    assert app.consent(state="absent", api_permissions=by_id).ok().changed
    assert app.grants() == []


@pytest.mark.parametrize(
    ("kind", "name", "nearest"),
    [("delegated", "vso.projct", PROJECT), ("application", "User.Red.All", "User.Read.All")],
)
def test_unknown_permission_is_an_error_with_the_nearest_names(
    app: Registration, sandbox: Sandbox, kind: str, name: str, nearest: str
) -> None:
    sandbox.clear()
    api = "Azure DevOps" if kind == "delegated" else "Microsoft Graph"
    call = app.consent(api_permissions=[{"api": api, kind: [name]}])
    error = call.refused(repr(name), nearest, api, kind="UnknownNameError", name=name)
    assert error["nearest"][0] == nearest
    assert mutating(sandbox) == []


def test_more_scopes_than_a_grant_takes(modules: Modules, sandbox: Sandbox) -> None:
    """Graph's limit is 3,850 characters; the API here has scopes of 200."""
    scopes = [f"scope.{number}." + "x" * 192 for number in range(20)]
    app = Registration(modules, sandbox)
    defined = [
        {"id": f"00000000-0000-4000-8000-{number:012d}", "value": value, "isEnabled": True}
        for number, value in enumerate(scopes)
    ]
    added = {"oauth2PermissionScopes": defined}
    sandbox.edit(kind="servicePrincipals", id=app.api_id(), set=added)
    call = app.consent(api_permissions=[{"api": "Azure DevOps", "delegated": scopes}])
    call.refused("3850", "characters", kind="ConfigurationError")
    assert app.grants() == []


# -- what has to exist first


def test_service_principals_are_made_where_they_are_missing(
    modules: Modules, sandbox: Sandbox
) -> None:
    sandbox.reset(azure_devops=False)
    app = Registration(modules, sandbox, service_principal=False, api_permissions=[])
    planned = app.check(api_permissions=PROJECT_ONLY).ok()
    resources = [item["before_header"] for item in planned["diff"]]
    assert len(resources) == 3
    assert resources[-1].startswith("consent to ")

    done = app.consent(api_permissions=PROJECT_ONLY).ok()
    assert [item["scopes"] for item in done["grants"]] == [[PROJECT]]
    made = {item["appId"] for item in sandbox.state()["servicePrincipals"]}
    assert {app.client_id, AZURE_DEVOPS} < made
    assert not app.consent(api_permissions=PROJECT_ONLY).ok().changed


def test_nothing_to_revoke_where_there_is_no_service_principal(
    modules: Modules, sandbox: Sandbox
) -> None:
    app = Registration(modules, sandbox, service_principal=False)
    done = app.consent(state="absent").ok()
    assert (done.changed, done["grants"]) == (False, [])
    assert app.client_id not in {item["appId"] for item in sandbox.state()["servicePrincipals"]}


@pytest.mark.parametrize("named", [{}, {"api_permissions": PROJECT_ONLY}], ids=["all", "named"])
def test_unknown_application_is_an_error(
    modules: Modules, sandbox: Sandbox, named: dict[str, Any]
) -> None:
    modules.entra_admin_consent(client_id=NOBODY, **named).refused(NOBODY, kind="NotFoundError")
    assert mutating(sandbox) == []


def test_application_must_be_named(modules: Modules, sandbox: Sandbox) -> None:
    for empty in ({}, {"client_id": ""}, {"client_id": None}):
        modules.entra_admin_consent(**empty).refused("client_id", kind="ConfigurationError")
    assert sandbox.requests() == []


def test_check_mode_does_not_know_the_client_id_yet(modules: Modules) -> None:
    for empty in (None, ""):
        planned = modules.check(
            "entra_admin_consent", client_id=empty, api_permissions=PROJECT_ONLY
        ).ok()
        assert planned.changed
        assert planned["grants"][0] == {
            "api": "Azure DevOps",
            "app_id": AZURE_DEVOPS,
            "scopes": [PROJECT],
            "grant_id": None,
        }
        assert planned["admin_consent_url"] is None
        assert modules.check("entra_admin_consent", client_id=empty).ok()["grants"] == []
        assert not modules.check("entra_admin_consent", client_id=empty, state="absent").changed


# -- lost answers


@pytest.mark.parametrize("lost", LOST_ANSWERS)
@pytest.mark.parametrize("path", ["/oauth2PermissionGrants$", "/appRoleAssignments$"])
def test_lost_answer_of_a_post_leaves_one_of_each(
    modules: Modules, sandbox: Sandbox, path: str, lost: str
) -> None:
    app = Registration(modules, sandbox, api_permissions=[GRAPH])
    sandbox.faults([{"match": {"method": "POST", "path": path}, "fault": LOST_ANSWERS[lost]}])
    done = app.consent().ok()
    assert [item["fault"] for item in sandbox.requests() if item["fault"]], "the fault was met"
    (grant,) = app.grants(MICROSOFT_GRAPH)
    assert done["grants"][0]["grant_id"] == grant["id"]
    assert app.roles() == ["User.Read.All"]
    assert not app.consent().ok().changed


@pytest.mark.parametrize("lost", LOST_ANSWERS)
def test_lost_answer_of_a_patch(app: Registration, sandbox: Sandbox, lost: str) -> None:
    app.consent(api_permissions=PROJECT_ONLY).ok()
    sandbox.faults([{"match": {"method": "PATCH"}, "fault": LOST_ANSWERS[lost]}])
    app.consent().ok()
    assert app.scopes() == {PROJECT, WORK_WRITE}


@pytest.mark.parametrize("lost", ["drop_before", "drop_after"])
def test_lost_answers_of_revoking(modules: Modules, sandbox: Sandbox, lost: str) -> None:
    app = Registration(modules, sandbox, api_permissions=[GRAPH])
    app.consent().ok()
    rule = {"match": {"method": "DELETE"}, "times": 2, "fault": LOST_ANSWERS[lost]}
    sandbox.faults([rule])
    app.consent(state="absent").ok()
    assert (app.grants(MICROSOFT_GRAPH), app.roles()) == ([], [])


# -- others at the same time


def test_grant_that_a_run_at_the_same_time_made_is_united(
    app: Registration, modules: Modules, sandbox: Sandbox
) -> None:
    """The second POST is answered 409: neither run may lose its scopes."""
    held = {"kind": "stall", "seconds": 0.3}
    sandbox.faults(
        [{"match": {"method": "POST", "path": "/oauth2PermissionGrants$"}, "fault": held}]
    )
    named = {"client_id": app.client_id}
    other = {**named, "api_permissions": [{"api": "Azure DevOps", "delegated": ["vso.wiki"]}]}
    calls = (("entra_admin_consent", named), ("entra_admin_consent", other))
    for call in modules.together(*calls):
        call.ok()
    posts = [
        item["status"]
        for item in sandbox.requests()
        if item["method"] == "POST" and item["path"].endswith("/oauth2PermissionGrants")
    ]
    assert sorted(posts) == [201, 409]
    assert len(app.grants()) == 1
    assert app.scopes() == {PROJECT, WORK_WRITE, "vso.wiki"}


def test_role_that_a_run_at_the_same_time_assigned_is_no_error(
    modules: Modules, sandbox: Sandbox
) -> None:
    app = Registration(modules, sandbox, api_permissions=[GRAPH])
    held = {"kind": "stall", "seconds": 0.3}
    sandbox.faults([{"match": {"method": "POST", "path": "/appRoleAssignments$"}, "fault": held}])
    call = ("entra_admin_consent", {"client_id": app.client_id})
    for done in modules.together(call, call):
        done.ok()
    assert app.roles() == ["User.Read.All"]


def test_grant_revoked_by_somebody_else_meanwhile(app: Registration, sandbox: Sandbox) -> None:
    app.consent().ok()
    sandbox.edit(kind="oauth2PermissionGrants", id=app.grants()[0]["id"], delete=True)
    assert app.consent().ok().changed
    assert app.scopes() == {PROJECT, WORK_WRITE}


# -- replication


@pytest.mark.parametrize("flap", [False, True])
@pytest.mark.parametrize(
    "lag",
    [{"lag": 0.5}, {"lag": 2}, {"lag": 20}, {"lag_grants": 4}, {"lag_servicePrincipals": 4}],
    ids=str,
)
def test_replication_is_waited_out(
    modules: Modules, sandbox: Sandbox, lag: dict[str, float], flap: bool
) -> None:
    sandbox.reset(azure_devops=False, flap=flap, **lag)
    app = Registration(modules, sandbox, service_principal=False, api_permissions=[])
    asked = [GRAPH, *PROJECT_ONLY]
    app.consent(api_permissions=asked).ok()
    app.principal_id = next(
        item["id"]
        for item in sandbox.state()["servicePrincipals"]
        if item["appId"] == app.client_id
    )
    assert len(app.grants()) == 1
    assert app.scopes() == {PROJECT}
    assert app.roles() == ["User.Read.All"]
    assert not app.consent(api_permissions=asked).ok().changed


@pytest.mark.parametrize("as_400", [False, True])
def test_principals_that_the_grants_replica_does_not_know(
    modules: Modules, sandbox: Sandbox, as_400: bool
) -> None:
    """404, or 400 with the same text."""
    app = Registration(modules, sandbox, service_principal=False)
    sandbox.options(lag_servicePrincipals=3, replication_404_as_400=as_400)
    app.consent().ok()
    posts = [
        item["status"]
        for item in sandbox.requests()
        if item["method"] == "POST" and item["path"].endswith("/oauth2PermissionGrants")
    ]
    assert posts[-1] == 201
    assert set(posts[:-1]) == {400 if as_400 else 404}
