# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""entra_app: the application, its redirect URIs, permissions, service principal and owners."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sandbox.client import Sandbox
from support.facts import (
    APP,
    APP_NAME,
    AZURE_DEVOPS,
    CALLBACK,
    DEVOPS,
    LOST_ANSWERS,
    MICROSOFT_GRAPH,
    NOBODY,
    OTHER_URI,
    PROJECT,
    UNIQUE_NAME,
    WORK_WRITE,
)
from support.modules import Modules

ADELE = "adelev@contoso.onmicrosoft.com"
ALEX_ID = "7e9f8a6b-5c4d-4e3f-a2b1-0c9d8e7f6a5b"
LEDGER_TAG = "stackone.onboarding/1;11111111-2222-3333-4444-555555555555;profile;;;1700000000"


def apps(sandbox: Sandbox, name: str = APP_NAME) -> list[dict[str, Any]]:
    """The live applications of a name, as they truly are."""
    return [
        item
        for item in sandbox.state()["applications"]
        if item["displayName"] == name and not item["deletedDateTime"]
    ]


def app(sandbox: Sandbox, name: str = APP_NAME) -> dict[str, Any]:
    (found,) = apps(sandbox, name)
    return found


def principals(sandbox: Sandbox, app_id: str) -> list[dict[str, Any]]:
    return [
        item
        for item in sandbox.state()["servicePrincipals"]
        if item["appId"] == app_id and not item["deletedDateTime"]
    ]


def sent(sandbox: Sandbox, method: str, path: str) -> list[dict[str, Any]]:
    """The requests of a method whose path has this in it."""
    return [
        item for item in sandbox.requests() if item["method"] == method and path in item["path"]
    ]


def mutating(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [item for item in sandbox.requests() if item["mutating"]]


def made_by_hand(sandbox: Sandbox, name: str = APP_NAME, **more: Any) -> dict[str, Any]:
    """An application that somebody registered in the portal."""
    return dict(sandbox.edit(kind="applications", add={"displayName": name, **more}))


def scope_ids(sandbox: Sandbox, app_id: str = AZURE_DEVOPS) -> dict[str, str]:
    (principal,) = principals(sandbox, app_id)
    return {item["value"]: item["id"] for item in principal["oauth2PermissionScopes"]}


def role_ids(sandbox: Sandbox, app_id: str = MICROSOFT_GRAPH) -> dict[str, str]:
    (principal,) = principals(sandbox, app_id)
    return {item["value"]: item["id"] for item in principal["appRoles"]}


# -- the life of an application


def test_life_from_nothing_to_purged(modules: Modules, sandbox: Sandbox) -> None:
    planned = modules.check("entra_app", **APP).ok()
    assert planned.changed
    assert planned["app"]["client_id"] is None
    assert planned["app"]["object_id"] is None
    assert planned["service_principal"] == {"object_id": None}
    assert apps(sandbox) == []

    made = modules.entra_app(**APP).ok()
    assert made.changed
    there = app(sandbox)
    assert made["app"]["object_id"] == there["id"]
    assert [item["id"] for item in principals(sandbox, there["appId"])] == [
        made["service_principal"]["object_id"]
    ]

    sandbox.clear()
    again = modules.entra_app(**APP).ok()
    assert not again.changed
    assert mutating(sandbox) == []
    assert (again["app"], again["service_principal"]) == (made["app"], made["service_principal"])

    change = {**APP, "notes": "owned by the platform team"}
    planned = modules.check("entra_app", **change).ok()
    assert planned.changed
    assert planned["app"]["notes"] == "owned by the platform team"

    updated = modules.entra_app(**change).ok()
    assert updated.changed
    assert updated["app"] == planned["app"]
    assert app(sandbox)["notes"] == "owned by the platform team"

    assert modules.check("entra_app", unique_name=UNIQUE_NAME, state="absent").changed
    assert modules.entra_app(unique_name=UNIQUE_NAME, state="absent").ok().changed
    assert apps(sandbox) == []
    gone = modules.entra_app(unique_name=UNIQUE_NAME, state="absent").ok()
    assert (gone.changed, gone["app"], gone["service_principal"]) == (False, None, None)

    purge = {"unique_name": UNIQUE_NAME, "state": "absent", "purge": True}
    assert modules.check("entra_app", **purge).changed
    assert modules.entra_app(**purge).ok().changed
    assert not [item for item in sandbox.state()["applications"] if item["id"] == there["id"]]
    assert not modules.entra_app(**purge).ok().changed


def test_result_says_what_was_made(modules: Modules, sandbox: Sandbox) -> None:
    made = modules.entra_app(
        **APP, tags=["team:platform"], notes="note", service_management_reference="INV-7"
    ).ok()
    there = app(sandbox)
    assert made["app"] == {
        "object_id": there["id"],
        "client_id": there["appId"],
        "display_name": APP_NAME,
        "unique_name": UNIQUE_NAME,
        "sign_in_audience": "AzureADMultipleOrgs",
        "web_redirect_uris": [CALLBACK],
        "api_permissions": [
            {
                "api": "Azure DevOps",
                "app_id": AZURE_DEVOPS,
                "delegated": [PROJECT, WORK_WRITE],
                "application": [],
            }
        ],
        "tags": ["team:platform"],
        "notes": "note",
        "service_management_reference": "INV-7",
    }
    ids = scope_ids(sandbox)
    assert there["requiredResourceAccess"] == [
        {
            "resourceAppId": AZURE_DEVOPS,
            "resourceAccess": [
                {"id": ids[PROJECT], "type": "Scope"},
                {"id": ids[WORK_WRITE], "type": "Scope"},
            ],
        }
    ]
    assert there["web"]["redirectUris"] == [CALLBACK]


def test_created_by_upsert_so_that_two_runs_make_one(modules: Modules, sandbox: Sandbox) -> None:
    modules.entra_app(**APP).ok()
    (upsert,) = sent(sandbox, "PATCH", f"applications(uniqueName='{UNIQUE_NAME}')")
    assert upsert["headers"]["prefer"] == "create-if-missing"
    assert "uniqueName" not in upsert["body"]
    assert sent(sandbox, "POST", "/applications") == []


def test_without_unique_name_found_again_by_display_name(
    modules: Modules, sandbox: Sandbox
) -> None:
    first = modules.entra_app(display_name="Plain").ok()
    assert first["app"]["unique_name"] is None
    assert not modules.entra_app(display_name="Plain").ok().changed
    assert len(apps(sandbox, "Plain")) == 1


def test_what_is_not_given_is_left_as_it_is(modules: Modules, sandbox: Sandbox) -> None:
    modules.entra_app(**APP, tags=["kept"], notes="kept", owners=[ADELE]).ok()
    before = app(sandbox)
    left = modules.entra_app(unique_name=UNIQUE_NAME).ok()
    assert not left.changed
    assert app(sandbox) == before


@pytest.mark.parametrize(
    "audience",
    [
        "AzureADMyOrg",
        "AzureADMultipleOrgs",
        "AzureADandPersonalMicrosoftAccount",
        "PersonalMicrosoftAccount",
    ],
)
def test_sign_in_audience(modules: Modules, sandbox: Sandbox, audience: str) -> None:
    made = modules.entra_app(display_name="A", unique_name="a", sign_in_audience=audience).ok()
    assert made["app"]["sign_in_audience"] == audience
    assert app(sandbox, "A")["signInAudience"] == audience
    other = "AzureADMyOrg" if audience != "AzureADMyOrg" else "AzureADMultipleOrgs"
    assert modules.entra_app(unique_name="a", sign_in_audience=other).ok().changed
    assert app(sandbox, "A")["signInAudience"] == other


def test_sign_in_audience_is_one_of_graphs_values(modules: Modules, sandbox: Sandbox) -> None:
    modules.entra_app(display_name="A", sign_in_audience="Everybody").refused("Everybody")
    assert sandbox.requests() == []


# -- how it is found


def test_object_id_and_client_id_find_it_and_display_name_renames_it(
    modules: Modules, sandbox: Sandbox
) -> None:
    there = made_by_hand(sandbox, "Old name", signInAudience="AzureADMultipleOrgs")
    for key, value in (("object_id", there["id"]), ("client_id", there["appId"])):
        named = modules.entra_app(**{key: value}, display_name=f"By {key}").ok()
        assert named["app"]["object_id"] == there["id"]
        assert app(sandbox, f"By {key}")["id"] == there["id"]


def test_ids_count_before_names(modules: Modules, sandbox: Sandbox) -> None:
    """The unique name of another application does not lead the run astray."""
    mine = made_by_hand(sandbox, "Mine")
    modules.entra_app(display_name="Other", unique_name="other").ok()
    found = modules.entra_app(object_id=mine["id"], display_name="Other").ok()
    assert found["app"]["object_id"] == mine["id"]
    assert found["app"]["unique_name"] is None


def test_two_ids_of_two_applications_are_refused(modules: Modules, sandbox: Sandbox) -> None:
    first, second = made_by_hand(sandbox, "One"), made_by_hand(sandbox, "Two")
    call = modules.entra_app(object_id=first["id"], client_id=second["appId"])
    call.refused(first["id"], first["appId"], second["appId"], kind="ConfigurationError")
    assert mutating(sandbox) == []


@pytest.mark.parametrize("key", ["object_id", "client_id"])
def test_unknown_id_is_an_error_and_nothing_is_made(
    modules: Modules, sandbox: Sandbox, key: str
) -> None:
    call = modules.entra_app(**{key: NOBODY}, display_name="New")
    call.refused(NOBODY, "tenant_id", kind="NotFoundError")
    assert mutating(sandbox) == []
    assert len(sent(sandbox, "GET", "/applications")) > 1, "one 404 may be a replica's"


def test_unique_name_counts_before_display_name(modules: Modules, sandbox: Sandbox) -> None:
    modules.entra_app(**APP).ok()
    made_by_hand(sandbox, "Renamed")
    renamed = modules.entra_app(unique_name=UNIQUE_NAME, display_name="Renamed").ok()
    assert renamed["app"]["unique_name"] == UNIQUE_NAME
    assert len(apps(sandbox, "Renamed")) == 2


def test_application_made_by_hand_is_adopted_with_its_name(
    modules: Modules, sandbox: Sandbox
) -> None:
    there = made_by_hand(sandbox)
    adopted = modules.entra_app(**APP).ok()
    assert adopted.changed
    assert adopted["app"]["object_id"] == there["id"]
    assert app(sandbox)["uniqueName"] == UNIQUE_NAME
    assert not modules.entra_app(**APP).ok().changed


def test_application_of_another_unique_name_is_not_adopted(
    modules: Modules, sandbox: Sandbox
) -> None:
    theirs = made_by_hand(sandbox, uniqueName="somebody-elses")
    mine = modules.entra_app(**APP).ok()
    assert mine["app"]["object_id"] != theirs["id"]
    assert len(apps(sandbox)) == 2


@pytest.mark.parametrize("page_size", [100, 1])
@pytest.mark.parametrize("more", [{}, {"unique_name": UNIQUE_NAME}, {"state": "absent"}], ids=str)
def test_ambiguous_display_name_lists_the_candidates(
    modules: Modules, sandbox: Sandbox, page_size: int, more: dict[str, str]
) -> None:
    sandbox.options(page_size=page_size)
    two = [made_by_hand(sandbox), made_by_hand(sandbox)]
    call = modules.entra_app(display_name=APP_NAME, **more)
    error = call.refused("object_id or client_id", kind="AmbiguousNameError")
    listed = [
        (item["object_id"], item["client_id"], item["created"]) for item in error["candidates"]
    ]
    assert sorted(listed) == sorted(
        (item["id"], item["appId"], item["createdDateTime"]) for item in two
    )
    for values in listed:
        for value in values:
            assert value in call["msg"]
    assert mutating(sandbox) == []


def test_unique_name_cannot_be_changed(modules: Modules, sandbox: Sandbox) -> None:
    made = modules.entra_app(**APP).ok()
    call = modules.entra_app(client_id=made["app"]["client_id"], unique_name="another")
    call.refused(UNIQUE_NAME, "another", "cannot be changed", kind="ConfigurationError")
    assert app(sandbox)["uniqueName"] == UNIQUE_NAME


def test_without_any_name_nothing_is_done(modules: Modules, sandbox: Sandbox) -> None:
    modules.entra_app(notes="x").refused("one of the following is required")
    assert sandbox.requests() == []


def test_display_name_is_needed_to_make_one(modules: Modules, sandbox: Sandbox) -> None:
    modules.entra_app(unique_name="new").refused("display_name", kind="ConfigurationError")
    assert mutating(sandbox) == []


# -- redirect URIs


def test_redirect_uris_are_united_or_with_purge_exact(modules: Modules, sandbox: Sandbox) -> None:
    modules.entra_app(**APP).ok()
    more = modules.entra_app(unique_name=UNIQUE_NAME, web_redirect_uris=[OTHER_URI, OTHER_URI]).ok()
    assert more["app"]["web_redirect_uris"] == [CALLBACK, OTHER_URI]
    assert app(sandbox)["web"]["redirectUris"] == [CALLBACK, OTHER_URI]
    assert not modules.entra_app(unique_name=UNIQUE_NAME, web_redirect_uris=[CALLBACK]).changed

    exact = {
        "unique_name": UNIQUE_NAME,
        "web_redirect_uris": [OTHER_URI],
        "purge_redirect_uris": True,
    }
    assert modules.check("entra_app", **exact)["app"]["web_redirect_uris"] == [OTHER_URI]
    assert modules.entra_app(**exact).ok().changed
    assert app(sandbox)["web"]["redirectUris"] == [OTHER_URI]
    assert not modules.entra_app(**exact).ok().changed

    assert modules.entra_app(**{**exact, "web_redirect_uris": []}).ok().changed
    assert app(sandbox)["web"]["redirectUris"] == []


@pytest.mark.parametrize("uri", ["http://localhost:8400/x", "http://localhost"])
def test_redirect_uri_to_localhost_may_be_http(
    modules: Modules, sandbox: Sandbox, uri: str
) -> None:
    modules.entra_app(display_name="A", unique_name="a", web_redirect_uris=[uri]).ok()
    assert app(sandbox, "A")["web"]["redirectUris"] == [uri]


@pytest.mark.parametrize(
    "uri", ["http://example.com/cb", "ftp://example.com", "https://", "cb", "https://a.example/#x"]
)
def test_unacceptable_redirect_uri_is_refused_before_anything_is_written(
    modules: Modules, sandbox: Sandbox, uri: str
) -> None:
    call = modules.entra_app(**{**APP, "web_redirect_uris": [CALLBACK, uri]})
    call.refused(repr(uri), "https://", "web_redirect_uris", kind="ConfigurationError")
    assert mutating(sandbox) == []


# -- API permissions


def test_permissions_are_united_or_with_purge_exact(modules: Modules, sandbox: Sandbox) -> None:
    modules.entra_app(**APP).ok()
    graph = {"api": MICROSOFT_GRAPH, "delegated": ["User.Read"], "application": ["User.Read.All"]}
    more = modules.entra_app(unique_name=UNIQUE_NAME, api_permissions=[graph]).ok()
    assert [item["api"] for item in more["app"]["api_permissions"]] == [
        "Microsoft Graph",
        "Azure DevOps",
    ]
    by_api = {item["resourceAppId"]: item for item in app(sandbox)["requiredResourceAccess"]}
    assert by_api[MICROSOFT_GRAPH]["resourceAccess"] == [
        {"id": scope_ids(sandbox, MICROSOFT_GRAPH)["User.Read"], "type": "Scope"},
        {"id": role_ids(sandbox)["User.Read.All"], "type": "Role"},
    ]
    assert len(by_api[AZURE_DEVOPS]["resourceAccess"]) == 2
    assert not modules.entra_app(unique_name=UNIQUE_NAME, api_permissions=[graph]).changed

    exact = {
        "unique_name": UNIQUE_NAME,
        "api_permissions": [{"api": "azure devops", "delegated": [PROJECT]}],
        "purge_api_permissions": True,
    }
    assert modules.check("entra_app", **exact).changed
    assert modules.entra_app(**exact).ok().changed
    assert app(sandbox)["requiredResourceAccess"] == [
        {
            "resourceAppId": AZURE_DEVOPS,
            "resourceAccess": [{"id": scope_ids(sandbox)[PROJECT], "type": "Scope"}],
        }
    ]
    assert not modules.entra_app(**exact).ok().changed
    assert modules.entra_app(**{**exact, "api_permissions": []}).ok().changed
    assert app(sandbox)["requiredResourceAccess"] == []


def test_one_api_in_two_entries_is_one(modules: Modules, sandbox: Sandbox) -> None:
    twice = [
        {"api": "Azure DevOps", "delegated": [PROJECT, PROJECT]},
        {"api": AZURE_DEVOPS.upper(), "delegated": [WORK_WRITE, PROJECT]},
    ]
    modules.entra_app(display_name="A", unique_name="a", api_permissions=twice).ok()
    (entry,) = app(sandbox, "A")["requiredResourceAccess"]
    ids = scope_ids(sandbox)
    assert [item["id"] for item in entry["resourceAccess"]] == [ids[PROJECT], ids[WORK_WRITE]]
    assert not modules.entra_app(unique_name="a", api_permissions=twice).changed


def test_permissions_that_somebody_listed_twice_are_listed_once(
    modules: Modules, sandbox: Sandbox
) -> None:
    """The service does not refuse the same id twice; Azure CLI's users have it so."""
    access = {"id": scope_ids(sandbox)[PROJECT], "type": "Scope"}
    entry = {"resourceAppId": AZURE_DEVOPS, "resourceAccess": [access, access]}
    made_by_hand(sandbox, requiredResourceAccess=[entry])
    wanted = [{"api": "Azure DevOps", "delegated": [PROJECT]}]
    assert modules.entra_app(display_name=APP_NAME, api_permissions=wanted).ok().changed
    assert app(sandbox)["requiredResourceAccess"] == [{**entry, "resourceAccess": [access]}]
    assert not modules.entra_app(display_name=APP_NAME, api_permissions=wanted).ok().changed


def test_permission_without_a_name_here_is_kept_by_its_id(
    modules: Modules, sandbox: Sandbox
) -> None:
    unnamed = {"id": NOBODY, "type": "Scope"}
    entry = {"resourceAppId": AZURE_DEVOPS, "resourceAccess": [unnamed]}
    made_by_hand(sandbox, requiredResourceAccess=[entry])
    done = modules.entra_app(display_name=APP_NAME, api_permissions=[DEVOPS]).ok()
    (shown,) = done["app"]["api_permissions"]
    assert shown["delegated"] == sorted([NOBODY, PROJECT, WORK_WRITE])
    (written,) = app(sandbox)["requiredResourceAccess"]
    assert unnamed in written["resourceAccess"]


def test_permission_by_its_id_counts_as_its_name(modules: Modules, sandbox: Sandbox) -> None:
    by_id = [{"api": "Azure DevOps", "delegated": [scope_ids(sandbox)[PROJECT], PROJECT]}]
    done = modules.entra_app(**{**APP, "api_permissions": by_id}).ok()
    assert done["app"]["api_permissions"][0]["delegated"] == [PROJECT]
    (entry,) = app(sandbox)["requiredResourceAccess"]
    assert len(entry["resourceAccess"]) == 1
    assert not modules.entra_app(**{**APP, "api_permissions": by_id}).ok().changed


@pytest.mark.parametrize(
    ("kind", "name", "nearest"),
    [
        ("delegated", "vso.wrok_write", "vso.work_write"),
        ("application", "vso.loadtst", "vso.loadtest"),
    ],
)
def test_unknown_permission_is_an_error_with_the_nearest_names(
    modules: Modules, sandbox: Sandbox, kind: str, name: str, nearest: str
) -> None:
    call = modules.entra_app(**{**APP, "api_permissions": [{"api": "Azure DevOps", kind: [name]}]})
    error = call.refused(name, nearest, "Azure DevOps", kind="UnknownNameError", name=name)
    assert error["nearest"][0] == nearest
    assert mutating(sandbox) == []


def test_unknown_api_is_an_error_that_asks_for_its_app_id(
    modules: Modules, sandbox: Sandbox
) -> None:
    call = modules.entra_app(**{**APP, "api_permissions": [{"api": "Azure Devs"}]})
    call.refused("'Azure Devs'", "appId", kind="NotFoundError", api="Azure Devs")
    assert mutating(sandbox) == []


def test_api_of_the_tenant_is_found_by_its_display_name(modules: Modules, sandbox: Sandbox) -> None:
    made = modules.entra_app(display_name="Our API", unique_name="our-api").ok()
    asked = [{"api": "Our API"}, DEVOPS]
    done = modules.entra_app(display_name="A", unique_name="a", api_permissions=asked).ok()
    assert [item["app_id"] for item in done["app"]["api_permissions"]] == [AZURE_DEVOPS]
    assert sent(sandbox, "GET", "/servicePrincipals")[-1]["status"] == 200
    assert made["app"]["client_id"]


def test_ambiguous_api_name_lists_the_candidates(modules: Modules, sandbox: Sandbox) -> None:
    ids = [
        modules.entra_app(display_name="Our API", unique_name=name).ok()["app"]["client_id"]
        for name in ("one", "two")
    ]
    call = modules.entra_app(**{**APP, "api_permissions": [{"api": "Our API"}]})
    error = call.refused("'Our API'", "appId", kind="AmbiguousNameError")
    assert sorted(item["app_id"] for item in error["candidates"]) == sorted(ids)


def test_missing_service_principal_of_azure_devops_is_made(
    modules: Modules, sandbox: Sandbox
) -> None:
    sandbox.reset(azure_devops=False)
    planned = modules.check("entra_app", **APP).ok()
    assert planned["diff"][0]["before_header"].endswith(AZURE_DEVOPS)
    assert principals(sandbox, AZURE_DEVOPS) == []

    made = modules.entra_app(**APP).ok()
    assert len(principals(sandbox, AZURE_DEVOPS)) == 1
    (permission,) = made["app"]["api_permissions"]
    assert permission["api"] == "Azure DevOps"
    (entry,) = app(sandbox)["requiredResourceAccess"]
    assert {item["id"] for item in entry["resourceAccess"]} == {
        scope_ids(sandbox)[PROJECT],
        scope_ids(sandbox)[WORK_WRITE],
    }
    assert not modules.entra_app(**APP).ok().changed


def test_unknown_scope_of_an_api_that_had_to_be_made_is_still_an_error(
    modules: Modules, sandbox: Sandbox
) -> None:
    sandbox.reset(azure_devops=False)
    asked = [{"api": "Azure DevOps", "delegated": ["vso.projct"]}]
    modules.entra_app(**{**APP, "api_permissions": asked}).refused(PROJECT, kind="UnknownNameError")
    assert apps(sandbox) == []


# -- service principal and owners


def test_service_principal_only_where_it_is_wanted(modules: Modules, sandbox: Sandbox) -> None:
    made = modules.entra_app(**APP, service_principal=False).ok()
    client_id = made["app"]["client_id"]
    assert made["service_principal"] == {"object_id": None}
    assert principals(sandbox, client_id) == []
    assert not modules.entra_app(**APP, service_principal=False).ok().changed

    assert modules.check("entra_app", **APP).changed
    then = modules.entra_app(**APP).ok()
    assert then.changed
    (own,) = principals(sandbox, client_id)
    assert then["service_principal"] == {"object_id": own["id"]}
    assert not modules.entra_app(**APP, service_principal=False).ok().changed
    assert principals(sandbox, client_id) == [own]


def test_owners_by_user_principal_name_and_by_id(modules: Modules, sandbox: Sandbox) -> None:
    owners = [ADELE.upper(), ALEX_ID]
    planned = modules.check("entra_app", **APP, owners=owners).ok()
    assert planned.diff_of("owners")[1] == {"owners": sorted(owners)}
    modules.entra_app(**APP, owners=owners).ok()
    adele = sandbox.state()["users"][0]["id"]
    assert {adele, ALEX_ID} < set(app(sandbox)["_owners"]), "its maker stays an owner"

    sandbox.clear()
    assert not modules.entra_app(**APP, owners=[ADELE, ALEX_ID.upper()]).ok().changed
    assert mutating(sandbox) == []
    assert not modules.entra_app(**APP, owners=[]).ok().changed
    assert len(app(sandbox)["_owners"]) == 3


def test_unknown_owner_is_an_error(modules: Modules) -> None:
    call = modules.entra_app(**APP, owners=["nobody@contoso.com"])
    call.refused("nobody@contoso.com", status=404, code="Request_ResourceNotFound")


def test_owner_that_a_run_at_the_same_time_added_is_no_error(
    modules: Modules, sandbox: Sandbox
) -> None:
    modules.entra_app(**APP).ok()
    sandbox.faults([{"match": {"method": "POST", "path": "owners"}, "fault": stalled(0.3)}])
    call = ("entra_app", {**APP, "owners": [ADELE]})
    for done in modules.together(call, call):
        done.ok()
    assert len(app(sandbox)["_owners"]) == 2


# -- tags, notes, references


def test_tags_are_added_foreign_ones_kept_and_the_ledger_hidden(
    modules: Modules, sandbox: Sandbox
) -> None:
    made_by_hand(sandbox, tags=["HideApp", LEDGER_TAG])
    named = {"display_name": APP_NAME}
    assert modules.entra_app(**named).ok()["app"]["tags"] == ["HideApp"]
    tagged = modules.entra_app(**named, tags=["team:platform", "HideApp"]).ok()
    assert tagged["app"]["tags"] == ["HideApp", "team:platform"]
    before, after = tagged.diff_of("application")
    assert (before["tags"], after["tags"]) == (["HideApp"], ["HideApp", "team:platform"])
    assert app(sandbox)["tags"] == ["HideApp", LEDGER_TAG, "team:platform"]
    assert not modules.entra_app(**named, tags=["team:platform"]).ok().changed


def test_notes_and_reference_are_replaced(modules: Modules, sandbox: Sandbox) -> None:
    for text in ("first", "second", ""):
        done = modules.entra_app(**APP, notes=text, service_management_reference=text or "last")
        assert done.ok().changed
        assert app(sandbox)["notes"] == text
        assert app(sandbox)["serviceManagementReference"] == (text or "last")


def test_tenant_that_requires_a_reference(modules: Modules, sandbox: Sandbox) -> None:
    sandbox.options(require_service_management_reference=True)
    call = modules.entra_app(**APP)
    call.refused("ServiceManagementReference", "Set service_management_reference", status=400)
    modules.entra_app(**APP, service_management_reference="INV-7").ok()
    assert app(sandbox)["serviceManagementReference"] == "INV-7"


# -- deleted applications


def test_soft_deleted_application_is_restored_with_its_service_principal(
    modules: Modules, sandbox: Sandbox
) -> None:
    made = modules.entra_app(**APP).ok()
    modules.entra_app(unique_name=UNIQUE_NAME, state="absent").ok()
    change = {**APP, "notes": "back again"}

    planned = modules.check("entra_app", **change).ok()
    assert planned.changed
    assert planned["app"]["object_id"] == made["app"]["object_id"]
    assert planned.diff_of("application")[0] == {}

    restored = modules.entra_app(**change).ok()
    assert restored["app"] == {**made["app"], "notes": "back again"}
    assert restored["service_principal"] == made["service_principal"]
    assert app(sandbox)["notes"] == "back again"
    assert len(principals(sandbox, made["app"]["client_id"])) == 1
    assert not modules.entra_app(**change).ok().changed


def test_restored_without_its_service_principal_gets_a_new_one(
    modules: Modules, sandbox: Sandbox
) -> None:
    made = modules.entra_app(**APP).ok()
    modules.entra_app(unique_name=UNIQUE_NAME, state="absent").ok()
    sandbox.edit(kind="servicePrincipals", id=made["service_principal"]["object_id"], delete=True)
    restored = modules.entra_app(**APP).ok()
    assert restored["service_principal"]["object_id"]
    assert restored["service_principal"] != made["service_principal"]


def test_restoring_can_be_forbidden(modules: Modules, sandbox: Sandbox) -> None:
    modules.entra_app(**APP).ok()
    modules.entra_app(unique_name=UNIQUE_NAME, state="absent").ok()
    call = modules.entra_app(**APP, restore_deleted=False)
    call.refused(UNIQUE_NAME, "restore_deleted", "30 days", kind="ConfigurationError")
    assert apps(sandbox) == []


def test_restored_although_lists_lag_behind(modules: Modules, sandbox: Sandbox) -> None:
    made = modules.entra_app(**APP).ok()
    sandbox.options(lag_filter=2)
    modules.entra_app(unique_name=UNIQUE_NAME, state="absent").ok()
    restored = modules.entra_app(**APP).ok()
    assert restored["app"]["object_id"] == made["app"]["object_id"]
    assert not modules.entra_app(**APP).ok().changed


def test_unlisted_deleted_application_is_not_restored_where_that_is_forbidden(
    modules: Modules, sandbox: Sandbox
) -> None:
    modules.entra_app(**APP).ok()
    sandbox.options(lag_filter=2)
    modules.entra_app(unique_name=UNIQUE_NAME, state="absent").ok()
    modules.entra_app(**APP, restore_deleted=False).refused("uniqueName", status=400)
    assert apps(sandbox) == []


# -- absent


def test_absent_by_each_name(modules: Modules, sandbox: Sandbox) -> None:
    for name in ("object_id", "client_id", "unique_name", "display_name"):
        made = modules.entra_app(**APP).ok()["app"]
        assert modules.entra_app(**{name: made[name]}, state="absent").ok().changed
        assert apps(sandbox) == []
        assert not modules.entra_app(**{name: made[name]}, state="absent").ok().changed
        modules.entra_app(unique_name=UNIQUE_NAME, state="absent", purge=True).ok()


def test_absent_by_unique_name_does_not_touch_a_namesake(
    modules: Modules, sandbox: Sandbox
) -> None:
    theirs = made_by_hand(sandbox)
    gone = modules.entra_app(unique_name=UNIQUE_NAME, display_name=APP_NAME, state="absent").ok()
    assert not gone.changed
    assert app(sandbox)["id"] == theirs["id"]


def test_absent_needs_no_display_name_and_touches_nothing_else(
    modules: Modules, sandbox: Sandbox
) -> None:
    modules.entra_app(**APP).ok()
    modules.entra_app(display_name="Other", unique_name="other").ok()
    done = modules.entra_app(unique_name=UNIQUE_NAME, state="absent", notes="ignored").ok()
    assert done.diff_of("application")[0]["display_name"] == APP_NAME
    assert len(apps(sandbox, "Other")) == 1


def test_purge_frees_the_unique_name(modules: Modules, sandbox: Sandbox) -> None:
    first = modules.entra_app(**APP).ok()
    done = modules.entra_app(unique_name=UNIQUE_NAME, state="absent", purge=True).ok()
    assert done.changed
    second = modules.entra_app(**APP).ok()
    assert second["app"]["object_id"] != first["app"]["object_id"]


@pytest.mark.parametrize("name", ["object_id", "client_id"])
def test_purge_by_id_of_one_that_is_soft_deleted(
    modules: Modules, sandbox: Sandbox, name: str
) -> None:
    made = modules.entra_app(**APP).ok()["app"]
    named = {name: made[name]}
    modules.entra_app(**named, state="absent").ok()
    assert not modules.entra_app(**named, state="absent").ok().changed
    assert modules.entra_app(**named, state="absent", purge=True).ok().changed
    assert not [item for item in sandbox.state()["applications"] if item["uniqueName"]]
    assert not modules.entra_app(**named, state="absent", purge=True).ok().changed


def test_purge_waits_until_the_deletion_has_arrived(modules: Modules, sandbox: Sandbox) -> None:
    modules.entra_app(**APP).ok()
    sandbox.options(lag=3)
    modules.entra_app(unique_name=UNIQUE_NAME, state="absent", purge=True).ok()
    assert not [item for item in sandbox.state()["applications"] if item["uniqueName"]]


# -- diff


def test_diff_shows_before_and_after_of_each_resource(modules: Modules) -> None:
    made = modules.entra_app(**APP).ok()
    assert [item["before_header"] for item in made["diff"]] == ["application", "service principal"]
    before, after = made.diff_of("application")
    assert before == {}
    assert after["web_redirect_uris"] == [CALLBACK]
    update = {**APP, "web_redirect_uris": [OTHER_URI], "notes": "new"}
    planned = modules.check("entra_app", **update)
    changed = modules.entra_app(**update).ok()
    assert planned["diff"] == changed["diff"]
    before, after = changed.diff_of("application")
    differing = {name for name in after if before[name] != after[name]}
    assert differing == {"web_redirect_uris", "notes"}
    gone = modules.entra_app(unique_name=UNIQUE_NAME, state="absent").ok()
    assert gone.diff_of("application")[1] == {}


# -- two at once


def stalled(seconds: float) -> dict[str, Any]:
    """The request is held, so that another one overtakes it."""
    return {"kind": "stall", "seconds": seconds}


def test_two_creations_at_once_make_one_application(modules: Modules, sandbox: Sandbox) -> None:
    """The first upsert is held until the second has made the application."""
    sandbox.faults([{"match": {"method": "PATCH"}, "fault": stalled(0.4)}])
    first = ("entra_app", {**APP, "notes": "said by one", "tags": ["one"]})
    second = ("entra_app", {**APP, "web_redirect_uris": [CALLBACK, OTHER_URI], "tags": ["two"]})
    done = [call.ok() for call in modules.together(first, second)]
    there = app(sandbox)
    assert {call["app"]["object_id"] for call in done} == {there["id"]}
    assert len(principals(sandbox, there["appId"])) == 1
    upserts = sent(sandbox, "PATCH", "uniqueName")
    assert sorted(item["status"] for item in upserts) == [201, 204]


def test_many_creations_at_once_make_one_application(modules: Modules, sandbox: Sandbox) -> None:
    call = ("entra_app", APP)
    done = [item.ok() for item in modules.together(call, call, call, call)]
    there = app(sandbox)
    assert {item["app"]["client_id"] for item in done} == {there["appId"]}
    assert len(principals(sandbox, there["appId"])) == 1
    assert {item["service_principal"]["object_id"] for item in done} == {
        principals(sandbox, there["appId"])[0]["id"]
    }


@pytest.mark.parametrize("flap", [False, True])
def test_two_creations_at_once_on_replicas_that_lag(
    modules: Modules, sandbox: Sandbox, flap: bool
) -> None:
    """The one that is overtaken is told that the name is taken, by what it cannot read yet."""
    sandbox.options(lag=3, flap=flap)
    sandbox.faults([{"match": {"method": "PATCH"}, "fault": stalled(0.4)}])
    call = ("entra_app", APP)
    done = [item.ok() for item in modules.together(call, call)]
    there = app(sandbox)
    assert {item["app"]["object_id"] for item in done} == {there["id"]}
    assert len(principals(sandbox, there["appId"])) == 1


def test_two_runs_that_lack_the_apis_service_principal_make_one(
    modules: Modules, sandbox: Sandbox
) -> None:
    sandbox.reset(azure_devops=False)
    path = {"method": "POST", "path": "/servicePrincipals$"}
    sandbox.faults([{"match": path, "fault": stalled(0.4)}])
    call = ("entra_app", APP)
    for done in modules.together(call, call):
        done.ok()
    assert len(principals(sandbox, AZURE_DEVOPS)) == 1


# -- lost answers


LOST_POSTS = {
    "application": (r"/applications$", {"display_name": APP_NAME, "owners": [ADELE]}),
    "service principal": (r"/servicePrincipals$", {**APP, "owners": [ADELE]}),
    "owner": (r"/owners/\$ref$", {**APP, "owners": [ADELE]}),
}


@pytest.mark.parametrize("lost", LOST_ANSWERS)
@pytest.mark.parametrize("post", LOST_POSTS)
def test_lost_answer_of_a_post_leaves_one_of_each(
    modules: Modules, sandbox: Sandbox, post: str, lost: str
) -> None:
    path, options = LOST_POSTS[post]
    sandbox.faults([{"match": {"method": "POST", "path": path}, "fault": LOST_ANSWERS[lost]}])
    done = modules.entra_app(**options).ok()
    assert [item["fault"] for item in sandbox.requests() if item["fault"]], "the fault was met"
    there = app(sandbox)
    assert done["app"]["object_id"] == there["id"]
    assert len(principals(sandbox, there["appId"])) == 1
    assert len(there["_owners"]) == 2
    assert not modules.entra_app(**options).ok().changed


@pytest.mark.parametrize("lost", LOST_ANSWERS)
def test_lost_answer_of_the_upsert_leaves_one(
    modules: Modules, sandbox: Sandbox, lost: str
) -> None:
    sandbox.faults([{"match": {"method": "PATCH"}, "fault": LOST_ANSWERS[lost]}])
    done = modules.entra_app(**APP).ok()
    assert done["app"]["object_id"] == app(sandbox)["id"]
    assert not modules.entra_app(**APP).ok().changed


@pytest.mark.parametrize("lost", LOST_ANSWERS)
@pytest.mark.parametrize("kind", ["application", "service principal"])
def test_lost_answer_of_a_restore(modules: Modules, sandbox: Sandbox, kind: str, lost: str) -> None:
    made = modules.entra_app(**APP).ok()
    modules.entra_app(unique_name=UNIQUE_NAME, state="absent").ok()
    item = made["app" if kind == "application" else "service_principal"]["object_id"]
    path = f"/deletedItems/{item}/restore"
    sandbox.faults([{"match": {"method": "POST", "path": path}, "fault": LOST_ANSWERS[lost]}])
    restored = modules.entra_app(**APP).ok()
    assert restored["app"]["object_id"] == made["app"]["object_id"]
    assert restored["service_principal"] == made["service_principal"]
    assert len(principals(sandbox, made["app"]["client_id"])) == 1


@pytest.mark.parametrize("lost", ["drop_before", "drop_after"])
@pytest.mark.parametrize("path", [r"/applications/[^/]+$", "/deletedItems/"])
def test_lost_answer_of_a_deletion(
    modules: Modules, sandbox: Sandbox, path: str, lost: str
) -> None:
    modules.entra_app(**APP).ok()
    sandbox.faults([{"match": {"method": "DELETE", "path": path}, "fault": LOST_ANSWERS[lost]}])
    modules.entra_app(unique_name=UNIQUE_NAME, state="absent", purge=True).ok()
    assert not [item for item in sandbox.state()["applications"] if item["uniqueName"]]


@pytest.mark.parametrize("lost", ["drop_before", "drop_after"])
def test_lost_answer_for_the_apis_service_principal(
    modules: Modules, sandbox: Sandbox, lost: str
) -> None:
    sandbox.reset(azure_devops=False)
    path = {"method": "POST", "path": "/servicePrincipals$"}
    sandbox.faults([{"match": path, "fault": LOST_ANSWERS[lost]}])
    modules.entra_app(**APP).ok()
    assert len(principals(sandbox, AZURE_DEVOPS)) == 1


# -- replication


@pytest.mark.parametrize("flap", [False, True])
@pytest.mark.parametrize(
    "lag",
    [
        {"lag": 0.3},
        {"lag": 2},
        {"lag": 20},
        {"lag_applications": 4},
        {"lag_servicePrincipals": 4},
        {"lag_filter": 4},
    ],
    ids=str,
)
def test_creation_waits_until_the_directory_has_caught_up(
    modules: Modules, sandbox: Sandbox, lag: dict[str, float], flap: bool
) -> None:
    sandbox.reset(azure_devops=False, flap=flap, **lag)
    made = modules.entra_app(**APP, owners=[ADELE]).ok()
    there = app(sandbox)
    assert made["app"]["client_id"] == there["appId"]
    assert len(principals(sandbox, there["appId"])) == 1
    assert len(there["_owners"]) == 2
    assert len(principals(sandbox, AZURE_DEVOPS)) == 1


@pytest.mark.parametrize("flap", [False, True])
def test_after_a_write_every_key_reads_it(modules: Modules, sandbox: Sandbox, flap: bool) -> None:
    """Without any wait in between, the next run sees what the first has written."""
    sandbox.options(lag_applications=2, lag_servicePrincipals=2, flap=flap)
    made = modules.entra_app(**APP).ok()["app"]
    for name in ("object_id", "client_id", "unique_name"):
        assert not modules.entra_app(**{name: made[name]}).ok().changed
    modules.entra_app(**APP, notes="new").ok()
    for name in ("object_id", "client_id", "unique_name"):
        assert modules.entra_app(**{name: made[name]}).ok()["app"]["notes"] == "new"


@pytest.mark.parametrize("misleading", [False, True])
def test_service_principal_waits_for_its_application(
    modules: Modules, sandbox: Sandbox, misleading: bool
) -> None:
    """400 NoBackingApplicationObject, or a 403 that sounds like a missing permission."""
    sandbox.options(lag_applications=3, misleading_403=misleading)
    made = modules.entra_app(**APP).ok()
    tried = [item["status"] for item in sent(sandbox, "POST", "/servicePrincipals")]
    assert tried[-1] == 201
    assert set(tried[:-1]) == {403 if misleading else 400}
    assert made["service_principal"]["object_id"]


def test_lag_beyond_wait_timeout_says_what_was_waited_for(
    modules: Modules, sandbox: Sandbox
) -> None:
    sandbox.options(lag_applications=120)
    call = modules.entra_app(**APP, wait_timeout=10)
    error = call.refused("wait_timeout (10 s)", "in vain", kind="WaitTimeoutError")
    assert re.search("application|service principal", error["waited_for"])
    sandbox.options(lag_applications=0)
    modules.entra_app(**APP).ok()
    assert not modules.entra_app(**APP).ok().changed


def test_concurrency_violation_is_waited_out(modules: Modules, sandbox: Sandbox) -> None:
    busy = {"kind": "status", "status": 503, "code": "Directory_ConcurrencyViolation"}
    sandbox.faults([{"match": {"method": "PATCH"}, "times": 3, "fault": busy}])
    modules.entra_app(**APP).ok()
    assert len(sent(sandbox, "PATCH", "applications")) == 4


# -- least privilege


def test_owned_by_suffices_for_its_own_applications(modules: Modules, sandbox: Sandbox) -> None:
    sandbox.options(identity_roles=["Application.ReadWrite.OwnedBy"])
    modules.entra_app(**APP).ok()
    modules.entra_app(**APP, notes="changed").ok()
    modules.entra_app(unique_name=UNIQUE_NAME, state="absent").ok()
    modules.entra_app(**APP).ok()
    modules.entra_app(unique_name=UNIQUE_NAME, state="absent", purge=True).ok()
