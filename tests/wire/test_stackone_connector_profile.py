# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""stackone_connector_profile: what a read shows is settled; what it hides is written on demand."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.client import Sandbox
from support.facts import LOST_ANSWERS, NOBODY
from support.modules import Modules

NAME = "Azure DevOps"
LABEL = "OAuth 2.0 (Microsoft Entra ID)"
SECRET = "pr0file~secret.Text-40characters_long/+1"
PROFILE: dict[str, Any] = {
    "name": NAME,
    "client_id": "6d1c0f2e-0000-4000-8000-000000000001",
    "client_secret": SECRET,
    "scopes": ["vso.project", "vso.work_write"],
    "actions": ["azuredevops_list_projects", "azuredevops_create_work_item"],
}
RESULT = {
    "id",
    "name",
    "connector_key",
    "connector_label",
    "logo_url",
    "categories",
    "active",
    "default",
    "release_stage",
    "connector_version",
    "connector_pinned_version",
    "connector_owner",
    "environment",
    "authentication_config_key",
    "authentication_config_label",
    "created_at",
    "updated_at",
}


def profiles(sandbox: Sandbox) -> list[dict[str, Any]]:
    return list(sandbox.state()["profiles"])


def profile(sandbox: Sandbox) -> dict[str, Any]:
    (found,) = profiles(sandbox)
    return found


def sent(sandbox: Sandbox, method: str) -> list[dict[str, Any]]:
    return [item for item in sandbox.requests() if item["method"] == method]


def mutating(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [item for item in sandbox.requests() if item["mutating"]]


# -- the life of a profile


def test_life_from_nothing_to_deleted(modules: Modules, sandbox: Sandbox) -> None:
    planned = modules.check("stackone_connector_profile", **PROFILE).ok()
    assert planned.changed
    assert planned["profile"]["id"] is None
    assert planned["profile"]["authentication_config_label"] == LABEL
    assert profiles(sandbox) == []

    made = modules.stackone_connector_profile(**PROFILE).ok()
    assert made.changed
    assert made["profile"]["id"] == profile(sandbox)["id"]

    sandbox.clear()
    again = modules.stackone_connector_profile(**PROFILE).ok()
    assert (again.changed, again["profile"]) == (False, made["profile"])
    assert mutating(sandbox) == []

    change = {**PROFILE, "active": False, "environment": "staging"}
    planned = modules.check("stackone_connector_profile", **change).ok()
    assert planned.changed
    updated = modules.stackone_connector_profile(**change).ok()
    assert updated.changed
    assert planned["diff"] == updated["diff"]
    assert (profile(sandbox)["active"], profile(sandbox)["environment"]) == (False, "staging")
    assert updated["profile"]["active"] is False

    gone = {"name": NAME, "state": "absent"}
    assert modules.check("stackone_connector_profile", **gone).changed
    deleted = modules.stackone_connector_profile(**gone).ok()
    assert (deleted.changed, deleted["profile"]) == (True, None)
    assert profiles(sandbox) == []
    assert not modules.stackone_connector_profile(**gone).ok().changed


def test_what_is_written_and_what_is_returned(modules: Modules, sandbox: Sandbox) -> None:
    made = modules.stackone_connector_profile(**PROFILE, environment="production").ok()
    there = profile(sandbox)
    assert there["setup_information"] == {
        "clientId": PROFILE["client_id"],
        "clientSecret": SECRET,
        "scopes": "vso.project vso.work_write",
    }
    assert there["actions"] == PROFILE["actions"]
    assert set(made["profile"]) == RESULT
    assert made["profile"] == {name: there.get(name) for name in RESULT}
    (post,) = sent(sandbox, "POST")
    assert post["body"]["authentication_config_key"] == "oauth2_entra"


def test_defaults(modules: Modules, sandbox: Sandbox) -> None:
    smallest = {name: PROFILE[name] for name in ("name", "client_id", "client_secret")}
    made = modules.stackone_connector_profile(**smallest).ok()["profile"]
    assert made["connector_key"] == "azuredevops"
    assert made["authentication_config_label"] == LABEL
    assert (made["active"], made["default"]) == (True, False)
    assert (made["environment"], made["connector_pinned_version"]) == (None, None)
    assert profile(sandbox)["actions"] is None, "none given: all are enabled"
    assert "scopes" not in profile(sandbox)["setup_information"]


def test_diff_never_shows_the_secret(modules: Modules) -> None:
    before, after = modules.stackone_connector_profile(**PROFILE).ok().diff_of("connector profile")
    assert before == {}
    assert after["client_secret (written, not readable)"] == "not shown"
    assert after["scopes (written, not readable)"] == PROFILE["scopes"]
    changed = modules.stackone_connector_profile(**PROFILE, update_secrets="always").ok()
    before, after = changed.diff_of("connector profile")
    assert {name for name in after if before.get(name) != after[name]} == {
        f"{name} (written, not readable)"
        for name in ("client_id", "client_secret", "scopes", "actions")
    }
    before, after = (
        modules.stackone_connector_profile(name=NAME, state="absent")
        .ok()
        .diff_of("connector profile")
    )
    assert (before["name"], after) == (NAME, {})


# -- what a read shows is settled


@pytest.mark.parametrize(
    ("field", "by_hand", "wanted"),
    [("active", False, True), ("default", False, True), ("environment", "test", "production")],
)
def test_what_somebody_changed_is_changed_back(
    modules: Modules, sandbox: Sandbox, field: str, by_hand: Any, wanted: Any
) -> None:
    options = {**PROFILE, field: wanted}
    modules.stackone_connector_profile(**options).ok()
    sandbox.edit(kind="profiles", id=profile(sandbox)["id"], set={field: by_hand})
    sandbox.clear()
    assert modules.stackone_connector_profile(**options).ok().changed
    assert profile(sandbox)[field] == wanted
    (patch,) = mutating(sandbox)
    assert patch["body"] == {field: wanted}, "nothing else is written, the secret least of all"
    assert not modules.stackone_connector_profile(**options).ok().changed


def test_what_is_not_given_is_left_as_it_is(modules: Modules, sandbox: Sandbox) -> None:
    modules.stackone_connector_profile(**PROFILE, environment="test", default=True).ok()
    before = profile(sandbox)
    assert not modules.stackone_connector_profile(name=NAME).ok().changed
    assert profile(sandbox) == before


def test_one_default_for_each_connector(modules: Modules, sandbox: Sandbox) -> None:
    modules.stackone_connector_profile(**PROFILE, default=True).ok()
    modules.stackone_connector_profile(**{**PROFILE, "name": "Second"}, default=True).ok()
    assert {item["name"]: item["default"] for item in profiles(sandbox)} == {
        NAME: False,
        "Second": True,
    }


def test_by_profile_id_and_renamed(modules: Modules, sandbox: Sandbox) -> None:
    made = modules.stackone_connector_profile(**PROFILE).ok()["profile"]
    renamed = modules.stackone_connector_profile(profile_id=made["id"], name="New name").ok()
    assert renamed.changed
    assert profile(sandbox)["name"] == "New name"
    assert not modules.stackone_connector_profile(profile_id=made["id"]).ok().changed
    gone = modules.stackone_connector_profile(profile_id=made["id"], state="absent").ok()
    assert gone.changed
    assert profiles(sandbox) == []


def test_unknown_profile_id(modules: Modules, sandbox: Sandbox) -> None:
    call = modules.stackone_connector_profile(**PROFILE, profile_id="nobody")
    call.refused("'nobody'", "profile_id", kind="NotFoundError")
    gone = modules.stackone_connector_profile(profile_id="nobody", state="absent").ok()
    assert not gone.changed
    assert mutating(sandbox) == []


def test_profiles_of_other_connectors_are_another_matter(
    modules: Modules, sandbox: Sandbox
) -> None:
    modules.stackone_connector_profile(**PROFILE).ok()
    graph = {
        **PROFILE,
        "connector_key": "microsoftentraid",
        "scopes": ["User.Read"],
        "actions": ["microsoftentraid_get_user"],
    }
    assert modules.stackone_connector_profile(**graph).ok().changed
    modules.stackone_connector_profile(name=NAME, state="absent").ok()
    assert profile(sandbox)["connector_key"] == "microsoftentraid"


# -- names


def test_name_that_is_taken_twice_lists_both(modules: Modules, sandbox: Sandbox) -> None:
    sandbox.options(duplicate_profile_names=True)
    ids = [
        sandbox.edit(kind="profiles", add={"name": NAME, "connector_key": "azuredevops"})["id"]
        for _time in range(2)
    ]
    for more in ({}, {"state": "absent"}):
        call = modules.stackone_connector_profile(**PROFILE, **more)
        error = call.refused(*ids, "profile_id", kind="AmbiguousNameError")
        assert [item["id"] for item in error["candidates"]] == ids
        assert all(item["created_at"] in call["msg"] for item in error["candidates"])
    assert mutating(sandbox) == []
    modules.stackone_connector_profile(profile_id=ids[1], state="absent").ok()
    assert profile(sandbox)["id"] == ids[0]


def test_renaming_to_a_name_that_is_taken(modules: Modules, sandbox: Sandbox) -> None:
    first = modules.stackone_connector_profile(**PROFILE).ok()["profile"]
    modules.stackone_connector_profile(**{**PROFILE, "name": "Second"}).ok()
    call = modules.stackone_connector_profile(profile_id=first["id"], name="Second")
    call.refused("Second", "already exists", status=409, method="PATCH")


@pytest.mark.parametrize("missing", ["name", "client_id", "client_secret"])
@pytest.mark.parametrize("empty", ["", None])
def test_what_a_new_profile_needs(
    modules: Modules, sandbox: Sandbox, missing: str, empty: str | None
) -> None:
    call = modules.stackone_connector_profile(**{**PROFILE, missing: empty})
    call.refused(missing, kind="ConfigurationError", missing=[missing])
    assert mutating(sandbox) == []


def test_without_name_and_id_nothing_is_done(modules: Modules, sandbox: Sandbox) -> None:
    modules.stackone_connector_profile(active=True).refused("one of the following is required")
    assert sandbox.requests() == []


def test_check_mode_does_not_know_yet(modules: Modules) -> None:
    for empty in (None, ""):
        unknown = {**PROFILE, "client_id": empty, "client_secret": empty}
        assert modules.check("stackone_connector_profile", **unknown).ok().changed
        by_id = modules.check("stackone_connector_profile", profile_id=empty).ok()
        assert by_id.changed
        absent = modules.check("stackone_connector_profile", profile_id=empty, state="absent")
        assert not absent.ok().changed


# -- what the connector offers


@pytest.mark.parametrize(
    ("auth_type", "key"),
    [
        (LABEL, "oauth2_entra"),
        ("oauth2_entra", "oauth2_entra"),
        ("Personal Access Token", "personal_access_token"),
        ("personal_access_token", "personal_access_token"),
    ],
)
def test_authentication_type_by_label_and_by_key(
    modules: Modules, sandbox: Sandbox, auth_type: str, key: str
) -> None:
    modules.stackone_connector_profile(**PROFILE, auth_type=auth_type).ok()
    assert profile(sandbox)["authentication_config_key"] == key
    assert not modules.stackone_connector_profile(**PROFILE, auth_type=auth_type).ok().changed


def test_authentication_type_is_changed(modules: Modules, sandbox: Sandbox) -> None:
    modules.stackone_connector_profile(**PROFILE).ok()
    change = {**PROFILE, "auth_type": "Personal Access Token"}
    assert modules.check("stackone_connector_profile", **change).changed
    assert modules.stackone_connector_profile(**change).ok().changed
    assert profile(sandbox)["authentication_config_key"] == "personal_access_token"


@pytest.mark.parametrize("exists", [False, True])
def test_unknown_authentication_type_lists_the_nearest(
    modules: Modules, sandbox: Sandbox, exists: bool
) -> None:
    if exists:
        modules.stackone_connector_profile(**PROFILE).ok()
    sandbox.clear()
    call = modules.stackone_connector_profile(**PROFILE, auth_type="OAuth 2.0 (Microsoft)")
    call.refused("azuredevops", LABEL, kind="UnknownNameError", name="OAuth 2.0 (Microsoft)")
    assert mutating(sandbox) == []


@pytest.mark.parametrize("exists", [False, True])
def test_unknown_action_lists_the_nearest(modules: Modules, sandbox: Sandbox, exists: bool) -> None:
    if exists:
        modules.stackone_connector_profile(**PROFILE).ok()
    sandbox.clear()
    options = {**PROFILE, "actions": ["azuredevops_list_project"], "update_secrets": "always"}
    call = modules.stackone_connector_profile(**options)
    error = call.refused("azuredevops_list_projects", kind="UnknownNameError")
    assert error["nearest"][0] == "azuredevops_list_projects"
    assert mutating(sandbox) == []


def test_unknown_connector(modules: Modules, sandbox: Sandbox) -> None:
    call = modules.stackone_connector_profile(**{**PROFILE, "connector_key": "azuredevop"})
    call.refused("'azuredevop'", "connector_key", kind="NotFoundError")
    assert mutating(sandbox) == []


# -- what a read hides


def test_secrets_are_written_on_creation_only(modules: Modules, sandbox: Sandbox) -> None:
    modules.stackone_connector_profile(**PROFILE).ok()
    other = {**PROFILE, "client_secret": "an0ther~secret", "scopes": ["vso.code"]}
    assert not modules.stackone_connector_profile(**other).ok().changed
    assert profile(sandbox)["setup_information"]["clientSecret"] == SECRET


def test_always_writes_and_reports_a_change_on_every_run(
    modules: Modules, sandbox: Sandbox
) -> None:
    modules.stackone_connector_profile(**PROFILE).ok()
    other = {
        **PROFILE,
        "client_id": "6d1c0f2e-0000-4000-8000-000000000002",
        "client_secret": "an0ther~secret",
        "scopes": ["vso.code"],
        "actions": ["azuredevops_list_commits"],
        "update_secrets": "always",
    }
    stamps = []
    for _time in range(2):
        sandbox.clear()
        done = modules.stackone_connector_profile(**other).ok()
        assert done.changed
        stamps.append(done["profile"]["updated_at"])
    assert stamps[0] < stamps[1]
    there = profile(sandbox)
    assert there["setup_information"] == {
        "clientId": other["client_id"],
        "clientSecret": "an0ther~secret",
        "scopes": "vso.code",
    }
    assert there["actions"] == ["azuredevops_list_commits"]


def test_always_writes_only_what_is_given(modules: Modules, sandbox: Sandbox) -> None:
    modules.stackone_connector_profile(**PROFILE).ok()
    modules.stackone_connector_profile(
        name=NAME, client_secret="an0ther~secret", update_secrets="always"
    ).ok()
    assert profile(sandbox)["setup_information"] == {
        "clientId": PROFILE["client_id"],
        "clientSecret": "an0ther~secret",
        "scopes": "vso.project vso.work_write",
    }
    assert profile(sandbox)["actions"] == PROFILE["actions"]


# -- pinned versions


@pytest.mark.parametrize("pin", ["latest", "1.x.x", "1.1.x", "1.0.0"])
def test_pin_is_set_on_creation_and_afterwards(
    modules: Modules, sandbox: Sandbox, pin: str
) -> None:
    made = modules.stackone_connector_profile(**PROFILE, pinned_version=pin).ok()
    assert made["profile"]["connector_pinned_version"] == pin
    assert profile(sandbox)["pin"]["pinned_version"] == pin
    assert made["profile"]["updated_at"] == profile(sandbox)["updated_at"]
    assert not modules.stackone_connector_profile(**PROFILE, pinned_version=pin).ok().changed

    other = "1.2.0"
    assert modules.check("stackone_connector_profile", name=NAME, pinned_version=other).changed
    moved = modules.stackone_connector_profile(name=NAME, pinned_version=other).ok()
    assert moved.changed
    assert profile(sandbox)["pin"]["pinned_version"] == other
    assert not modules.stackone_connector_profile(name=NAME).ok().changed, "not given: left alone"


def test_empty_text_removes_the_pin(modules: Modules, sandbox: Sandbox) -> None:
    modules.stackone_connector_profile(**PROFILE, pinned_version="1.x.x").ok()
    planned = modules.check("stackone_connector_profile", name=NAME, pinned_version="").ok()
    before, after = planned.diff_of("connector profile")
    assert (before["connector_pinned_version"], after["connector_pinned_version"]) == (
        "1.x.x",
        None,
    )
    removed = modules.stackone_connector_profile(name=NAME, pinned_version="").ok()
    assert removed.changed
    assert removed["profile"]["connector_pinned_version"] is None
    assert profile(sandbox)["pin"] is None
    assert not modules.stackone_connector_profile(name=NAME, pinned_version="").ok().changed


def test_creating_without_a_pin_asks_for_none(modules: Modules, sandbox: Sandbox) -> None:
    modules.stackone_connector_profile(**PROFILE, pinned_version="").ok()
    assert profile(sandbox)["pin"] is None
    assert sent(sandbox, "PUT") == []


@pytest.mark.parametrize(("pin", "status"), [("^1.0.0", 400), ("9.x.x", 422)])
def test_pin_that_the_service_refuses(
    modules: Modules, sandbox: Sandbox, pin: str, status: int
) -> None:
    modules.stackone_connector_profile(**PROFILE).ok()
    call = modules.stackone_connector_profile(name=NAME, pinned_version=pin)
    call.refused("pinned_version", status=status, method="PUT")
    assert profile(sandbox)["pin"] is None


# -- linked accounts


def test_profile_with_linked_accounts_goes_only_by_force(
    modules: Modules, sandbox: Sandbox
) -> None:
    made = modules.stackone_connector_profile(**PROFILE).ok()["profile"]
    account = sandbox.edit(
        kind="accounts", add={"integration_id": made["id"], "origin_owner_name": "Contoso"}
    )
    gone = {"name": NAME, "state": "absent"}
    for call in (
        modules.check("stackone_connector_profile", **gone),
        modules.stackone_connector_profile(**gone),
    ):
        call.refused("Contoso", "force", kind="InUseError", accounts=[account["id"]])
    assert len(profiles(sandbox)) == 1
    assert modules.stackone_connector_profile(**gone, force=True).ok().changed
    assert profiles(sandbox) == []


@pytest.mark.parametrize("wrapped", [False, True])
def test_accounts_are_found_on_later_pages_and_in_both_shapes(
    modules: Modules, sandbox: Sandbox, wrapped: bool
) -> None:
    sandbox.options(accounts_wrapped=wrapped)
    made = modules.stackone_connector_profile(**PROFILE).ok()["profile"]
    for number in range(101):
        sandbox.edit(
            kind="accounts",
            add={
                "integration_id": made["id"] if number == 100 else "another",
                "origin_owner_name": f"Customer {number}",
            },
        )
    call = modules.stackone_connector_profile(name=NAME, state="absent")
    error = call.refused("Customer 100", kind="InUseError")
    assert len(error["accounts"]) == 1


def test_accounts_of_other_profiles_do_not_count(modules: Modules, sandbox: Sandbox) -> None:
    modules.stackone_connector_profile(**PROFILE).ok()
    sandbox.edit(kind="accounts", add={"integration_id": "another"})
    sandbox.edit(kind="accounts", add={"provider": "github"})
    assert modules.stackone_connector_profile(name=NAME, state="absent").ok().changed


# -- servers that differ


@pytest.mark.parametrize("status", [404, 405, 501])
def test_server_that_does_not_know_how_profiles_are_written(
    modules: Modules, sandbox: Sandbox, status: int
) -> None:
    made = modules.stackone_connector_profile(**PROFILE).ok()["profile"]
    sandbox.options(profile_writes=str(status))
    new = {**PROFILE, "name": "New"}
    for method, options in (
        ("POST", new),
        ("PATCH", {"name": NAME, "active": False}),
        ("DELETE", {"name": NAME, "state": "absent"}),
    ):
        call = modules.stackone_connector_profile(**options)
        call.refused(
            "public reference",
            "dashboard",
            kind="UnsupportedByServiceError",
            method=method,
            status=status,
        )
    assert profile(sandbox)["id"] == made["id"]
    assert modules.check("stackone_connector_profile", **new).ok().changed
    assert modules.stackone_connector_profile(name=NAME, pinned_version="latest").ok().changed


def test_older_name_of_the_list(modules: Modules, sandbox: Sandbox) -> None:
    modules.stackone_connector_profile(**PROFILE).ok()
    sandbox.options(profiles_path="auth_configs")
    sandbox.clear()
    assert not modules.stackone_connector_profile(**PROFILE).ok().changed
    assert [item["path"] for item in sandbox.requests()] == ["/connector_profiles", "/auth_configs"]


def test_profile_is_found_on_a_later_page(modules: Modules, sandbox: Sandbox) -> None:
    for number in range(120):
        sandbox.edit(
            kind="profiles", add={"name": f"Profile {number}", "connector_key": "azuredevops"}
        )
    sandbox.clear()
    options = {"name": "Profile 119", "auth_type": "oauth2_entra"}
    assert not modules.stackone_connector_profile(**options).ok().changed
    assert [item["query"]["page"] for item in sandbox.requests()] == ["1", "2"]
    assert {item["query"]["connector_key"] for item in sandbox.requests()} == {"azuredevops"}


# -- lost answers


@pytest.mark.parametrize("lost", LOST_ANSWERS)
@pytest.mark.parametrize("pin", [None, "1.x.x"])
def test_lost_answer_of_the_creation_leaves_one_profile(
    modules: Modules, sandbox: Sandbox, lost: str, pin: str | None
) -> None:
    sandbox.faults([{"match": {"method": "POST"}, "fault": LOST_ANSWERS[lost]}])
    done = modules.stackone_connector_profile(**PROFILE, pinned_version=pin).ok()
    there = profile(sandbox)
    assert done["profile"]["id"] == there["id"]
    assert done["profile"]["updated_at"] == there["updated_at"]
    assert there["setup_information"]["clientSecret"] == SECRET
    assert there["connector_pinned_version"] == pin
    assert not modules.stackone_connector_profile(**PROFILE).ok().changed


@pytest.mark.parametrize("lost", LOST_ANSWERS)
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_lost_answer_of_a_change(
    modules: Modules, sandbox: Sandbox, method: str, lost: str
) -> None:
    modules.stackone_connector_profile(**PROFILE).ok()
    sandbox.faults([{"match": {"method": method}, "fault": LOST_ANSWERS[lost]}])
    change = {"name": NAME, "active": False, "pinned_version": "1.x.x"}
    done = modules.stackone_connector_profile(**change).ok()
    assert [item["fault"] for item in sandbox.requests() if item["fault"]], "the fault was met"
    assert profile(sandbox)["active"] is False
    assert profile(sandbox)["connector_pinned_version"] == "1.x.x"
    assert done["profile"]["updated_at"] == profile(sandbox)["updated_at"]


@pytest.mark.parametrize("lost", ["drop_before", "drop_after"])
@pytest.mark.parametrize("what", ["profile", "pin"])
def test_lost_answer_of_a_deletion(
    modules: Modules, sandbox: Sandbox, what: str, lost: str
) -> None:
    modules.stackone_connector_profile(**PROFILE, pinned_version="1.x.x").ok()
    sandbox.faults([{"match": {"method": "DELETE"}, "fault": LOST_ANSWERS[lost]}])
    if what == "profile":
        assert modules.stackone_connector_profile(name=NAME, state="absent").ok().changed
        assert profiles(sandbox) == []
    else:
        assert modules.stackone_connector_profile(name=NAME, pinned_version="").ok().changed
        assert profile(sandbox)["pin"] is None


# -- two at once


def test_two_creations_at_once_make_one_profile(modules: Modules, sandbox: Sandbox) -> None:
    """The first POST is held until the second has made the profile; it is then answered 409."""
    sandbox.faults([{"match": {"method": "POST"}, "fault": {"kind": "stall", "seconds": 0.3}}])
    call = ("stackone_connector_profile", PROFILE)
    done = modules.together(call, call)
    assert len(profiles(sandbox)) == 1
    assert profile(sandbox)["setup_information"]["clientSecret"] == SECRET
    assert [item.failed for item in done].count(False) >= 1
    for item in done:
        if item.failed:
            item.refused("already exists", status=409)


def test_profile_that_was_deleted_meanwhile(modules: Modules, sandbox: Sandbox) -> None:
    """A 404 for a profile is not a server that cannot write profiles."""
    made = modules.stackone_connector_profile(**PROFILE).ok()["profile"]
    sandbox.faults([{"match": {"method": "DELETE"}, "fault": {"kind": "stall", "seconds": 0.3}}])
    call = ("stackone_connector_profile", {"profile_id": made["id"], "state": "absent"})
    for done in modules.together(call, call):
        done.ok()
    assert profiles(sandbox) == []
    assert made["id"] != NOBODY


def test_profile_that_is_deleted_while_it_is_updated(modules: Modules, sandbox: Sandbox) -> None:
    """A 404 says so, and not that StackOne cannot be written to."""
    modules.stackone_connector_profile(**PROFILE).ok()
    held = {"kind": "stall", "seconds": 0.5}
    sandbox.faults([{"match": {"method": "PATCH"}, "fault": held}])
    updated, _deleted = modules.together(
        ("stackone_connector_profile", {**PROFILE, "active": False}),
        ("stackone_connector_profile", {"name": NAME, "state": "absent"}),
    )
    updated.refused("meanwhile", "Run again", kind="HttpError", status=404)
    assert profiles(sandbox) == []


@pytest.mark.parametrize("status", [200, 204])
def test_success_that_does_not_show_the_profile(
    modules: Modules, sandbox: Sandbox, status: int
) -> None:
    """Nothing documents what a write is answered; the documented list shows it."""
    acted = {"kind": "status", "status": status, "acted": True}
    sandbox.faults([{"match": {"method": "POST"}, "fault": acted}])
    made = modules.stackone_connector_profile(**PROFILE).ok()["profile"]
    assert made["id"] == profile(sandbox)["id"]
    sandbox.faults([{"match": {"method": "PATCH"}, "fault": acted}])
    changed = modules.stackone_connector_profile(**PROFILE, active=False).ok()["profile"]
    assert changed["updated_at"] > made["updated_at"]
    assert not changed["active"]
