# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode: no module sends a mutating request, on an empty tenant neither, and none fails.

``modules.check`` fails on any mutating request and on any change of the sandbox's state.
"""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.client import Sandbox
from support.facts import APP, APP_NAME, CALLBACK, DEVOPS, PROJECT, UNIQUE_NAME
from support.modules import Modules
from support.processes import run_process

OWNER = "adelev@contoso.onmicrosoft.com"
PROFILE = {"name": "Azure DevOps", "client_id": "x", "client_secret": "pr0file~secret~text"}
LOOK = {
    "display_name": APP_NAME,
    "unique_name": UNIQUE_NAME,
    "callback_url": CALLBACK,
    "profile_name": "Azure DevOps",
    "scopes": [PROJECT],
}

# Module, options, whether it would change an empty tenant; what is not known yet is null or empty.
EMPTY: list[tuple[str, dict[str, Any], bool]] = [
    ("entra_app", APP, True),
    ("entra_app", {**APP, "owners": [OWNER], "tags": ["a"], "notes": "n"}, True),
    ("entra_app", {"display_name": "Plain", "api_permissions": [DEVOPS]}, True),
    ("entra_app", {"client_id": None, "web_redirect_uris": [CALLBACK]}, True),
    ("entra_app", {"object_id": "", "notes": "n"}, True),
    ("entra_app", {"state": "absent", "unique_name": UNIQUE_NAME}, False),
    ("entra_app", {"state": "absent", "client_id": None}, False),
    ("entra_app", {"state": "absent", "object_id": "", "purge": True}, False),
    ("entra_app_secret", {"client_id": None, "display_name": "job"}, True),
    ("entra_app_secret", {"object_id": "", "display_name": "job", "confirm": "manual"}, True),
    ("entra_app_secret", {"client_id": "", "state": "confirmed", "key_id": None}, True),
    ("entra_app_secret", {"client_id": None, "state": "confirmed", "key_id": ""}, True),
    ("entra_app_secret", {"client_id": None, "state": "absent", "key_id": None}, False),
    ("entra_app_secret", {"client_id": "", "state": "absent", "display_name": "job"}, False),
    ("entra_admin_consent", {"client_id": None, "api_permissions": [DEVOPS]}, True),
    ("entra_admin_consent", {"client_id": ""}, True),
    ("entra_admin_consent", {"client_id": None, "state": "absent"}, False),
    ("entra_admin_consent", {"client_id": "", "api_permissions": [DEVOPS], "purge": True}, True),
    ("entra_token", {}, False),
    ("entra_app_info", {}, False),
    ("entra_app_info", {"client_id": None}, False),
    ("entra_app_info", {"object_id": ""}, False),
    ("entra_app_info", {"unique_name": UNIQUE_NAME}, False),
    ("stackone_connector_profile", PROFILE, True),
    ("stackone_connector_profile", {**PROFILE, "client_id": None, "client_secret": None}, True),
    ("stackone_connector_profile", {**PROFILE, "client_id": "", "client_secret": ""}, True),
    ("stackone_connector_profile", {**PROFILE, "pinned_version": "1.x.x"}, True),
    ("stackone_connector_profile", {"profile_id": None, "active": True}, True),
    ("stackone_connector_profile", {"profile_id": "", "state": "absent"}, False),
    ("stackone_connector_profile", {"name": "None", "state": "absent"}, False),
    ("stackone_connector_profile_info", {"profile_id": None}, False),
    ("stackone_action_info", {}, False),
    (
        "stackone_connect_session",
        {"origin_owner_id": "1", "origin_owner_name": "C", "profile_id": None},
        True,
    ),
    ("connector_info", LOOK, False),
]


@pytest.mark.parametrize("azure_devops", [True, False])
@pytest.mark.parametrize(("name", "options", "changed"), EMPTY)
def test_on_an_empty_tenant(
    modules: Modules,
    sandbox: Sandbox,
    name: str,
    options: dict[str, Any],
    changed: bool,
    azure_devops: bool,
) -> None:
    sandbox.reset(azure_devops=azure_devops)
    assert modules.check(name, **options).ok().changed is changed


def test_every_module_is_among_them() -> None:
    from support.tree import ROOT

    names = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
    assert {name for name, _options, _changed in EMPTY} == names


def test_the_documented_sequence_on_an_empty_tenant(modules: Modules) -> None:
    """What one task returns in check mode, the next one takes."""
    app = modules.check("entra_app", **APP).ok()["app"]
    consent = modules.check(
        "entra_admin_consent", client_id=app["client_id"], api_permissions=[DEVOPS]
    ).ok()
    assert consent["grants"][0]["scopes"] == sorted(DEVOPS["delegated"])
    made = modules.check(
        "entra_app_secret", client_id=app["client_id"], display_name="job", confirm="manual"
    ).ok()
    profile = modules.check(
        "stackone_connector_profile",
        name="Azure DevOps",
        client_id=app["client_id"],
        client_secret=made.result.get("secret_text"),
    ).ok()["profile"]
    confirmed = modules.check(
        "entra_app_secret",
        client_id=app["client_id"],
        state="confirmed",
        key_id=made["secret"]["key_id"],
        # ansible-core before 2.19 takes no null for an option with a default.
        recipient=profile["id"] or "",
        recipient_updated_at=profile["updated_at"] or "",
    ).ok()
    assert confirmed.changed
    session = modules.check(
        "stackone_connect_session",
        origin_owner_id="1",
        origin_owner_name="C",
        profile_id=profile["id"],
    ).ok()
    assert session["session"]["id"] is None


@pytest.fixture
def onboarded(modules: Modules) -> dict[str, Any]:
    app = modules.entra_app(**APP).ok()["app"]
    modules.entra_admin_consent(client_id=app["client_id"]).ok()
    made = modules.entra_app_secret(client_id=app["client_id"], display_name="job").ok()
    modules.stackone_connector_profile(**PROFILE).ok()
    return {"client_id": app["client_id"], "key_id": made["secret"]["key_id"]}


# Module, options beside the client id, and what differs.
CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("entra_app", {"notes": "new"}),
    ("entra_app", {"web_redirect_uris": [], "purge_redirect_uris": True}),
    ("entra_app", {"owners": [OWNER]}),
    ("entra_app", {"state": "absent"}),
    ("entra_app", {"state": "absent", "purge": True}),
    ("entra_app_secret", {"display_name": "job", "force": True, "overlap_days": 0}),
    ("entra_app_secret", {"display_name": "another"}),
    ("entra_app_secret", {"state": "absent", "display_name": "job"}),
    (
        "entra_admin_consent",
        {"api_permissions": [{"api": "Azure DevOps", "delegated": ["vso.wiki"]}]},
    ),
    ("entra_admin_consent", {"api_permissions": [], "purge": True}),
    ("entra_admin_consent", {"state": "absent"}),
    ("stackone_connector_profile", {"name": "Azure DevOps", "active": False}),
    ("stackone_connector_profile", {**PROFILE, "update_secrets": "always"}),
    ("stackone_connector_profile", {"name": "Azure DevOps", "pinned_version": "latest"}),
    ("stackone_connector_profile", {"name": "Azure DevOps", "state": "absent"}),
]


@pytest.mark.parametrize(("name", "options"), CHANGES)
def test_changes_are_told_and_not_made(
    modules: Modules, onboarded: dict[str, Any], name: str, options: dict[str, Any]
) -> None:
    if name.startswith("entra"):
        options = {"client_id": onboarded["client_id"], **options}
    planned = modules.check(name, **options).ok()
    assert planned.changed
    assert [item for item in planned["diff"] if item["before"] != item["after"]]
    done = modules.call(name, options).ok()
    assert done.changed, "what check mode foretold comes true"
    # In this order; between them may come what needs a key id that only making gives.
    acted = iter([item["before_header"] for item in done["diff"]])
    assert all(item["before_header"] in acted for item in planned["diff"])


def test_confirming_is_told_and_not_made(modules: Modules, onboarded: dict[str, Any]) -> None:
    confirm = {**onboarded, "state": "confirmed", "recipient": "profile"}
    assert modules.check("entra_app_secret", **confirm).ok().changed
    assert modules.entra_app_secret(**confirm).ok().changed


def test_module_in_a_process_of_its_own_changes_nothing_either(sandbox: Sandbox) -> None:
    before = sandbox.state()
    sandbox.clear()
    planned = run_process("entra_app", APP, sandbox.env(), check_mode=True).ok()
    assert (planned.changed, planned["app"]["client_id"]) == (True, None)
    assert [item for item in sandbox.requests() if item["mutating"]] == []
    assert sandbox.state() == before
    assert run_process("entra_app", APP, sandbox.env()).ok().changed
    assert not run_process("entra_app", APP, sandbox.env()).ok().changed
