# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The least application permissions of the identity, as docs/signing-in.md has them.

The sandbox enforces the permissions table of each operation's page in Graph's reference.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox.client import Sandbox
from support.facts import APP, AZURE_DEVOPS
from support.modules import Modules
from support.playbooks import Player

OWNED = "Application.ReadWrite.OwnedBy"
ALL = "Application.ReadWrite.All"
READ = "Application.Read.All"
DIRECTORY = "Directory.Read.All"
GRANTS = "DelegatedPermissionGrant.ReadWrite.All"
ROLES = "AppRoleAssignment.ReadWrite.All"

ONBOARDING = [OWNED, GRANTS]
LOOKING = [READ, DIRECTORY]
USER = "adelev@contoso.onmicrosoft.com"
ACTIONS = ["azuredevops_list_projects"]
CONNECTOR: dict[str, Any] = {
    "display_name": APP["display_name"],
    "unique_name": APP["unique_name"],
    "callback_url": APP["web_redirect_uris"][0],
    "api": "Azure DevOps",
    "scopes": ["vso.project"],
    "profile_name": "Azure DevOps",
}
ROLE_OF_GRAPH = {
    "api_permissions": [{"api": "Microsoft Graph", "application": ["User.Read.All"]}],
}


def without(permissions: list[str], one: str) -> list[str]:
    return [item for item in permissions if item != one]


def made(modules: Modules) -> str:
    """The client id of an application that the identity made."""
    return str(modules.entra_app(**APP).ok()["app"]["client_id"])


# -- the role


def test_whole_life_of_a_connector(player: Player, sandbox: Sandbox, tmp_path: Path) -> None:
    """Onboarding, rotation, report and offboarding, each by its playbook."""
    sandbox.options(identity_roles=ONBOARDING)
    report = tmp_path / "report.html"
    for name in ("onboard", "rotate", "report", "offboard"):
        played = player.play(
            f"stackone.onboarding.{name}",
            actions=ACTIONS,
            rotate_force=True,
            report_dest=str(report),
        )
        assert played.code == 0, played.output
    assert report.exists()
    state = sandbox.state()
    assert (state["profiles"], state["oauth2PermissionGrants"]) == ([], [])
    assert [item["status"] for item in sandbox.requests()].count(403) == 0


def test_onboarding_into_a_tenant_without_the_apis_service_principal(
    player: Player, sandbox: Sandbox
) -> None:
    """Making that of an application of another tenant takes more than OwnedBy."""
    sandbox.reset(azure_devops=False, identity_roles=ONBOARDING)
    played = player.onboard(actions=ACTIONS)
    assert played.code != 0
    assert ALL in played.failure["msg"]
    sandbox.options(identity_roles=[ALL, GRANTS])
    played = player.onboard(actions=ACTIONS)
    assert played.code == 0, played.output
    principals = [item["appId"] for item in sandbox.state()["servicePrincipals"]]
    assert AZURE_DEVOPS in principals


# -- each permission is needed


def test_application_needs_owned_by(modules: Modules, sandbox: Sandbox) -> None:
    sandbox.options(identity_roles=without(ONBOARDING, OWNED) + LOOKING)
    modules.entra_app(**APP).refused(OWNED, status=403)


def test_consent_needs_to_write_grants(modules: Modules, sandbox: Sandbox) -> None:
    sandbox.options(identity_roles=without(ONBOARDING, GRANTS) + LOOKING)
    client_id = made(modules)
    modules.entra_admin_consent(client_id=client_id).refused(GRANTS, status=403)


def test_secret_needs_only_owned_by(modules: Modules, sandbox: Sandbox) -> None:
    sandbox.options(identity_roles=[OWNED])
    named = {"client_id": made(modules), "display_name": "job"}
    secret = modules.entra_app_secret(**named).ok()["secret"]
    modules.entra_app_secret(**named, state="absent", key_id=secret["key_id"]).ok()
    modules.entra_app(unique_name=APP["unique_name"], state="absent").ok()
    modules.entra_app(**APP).ok()
    modules.entra_app(unique_name=APP["unique_name"], state="absent", purge=True).ok()


def test_owned_by_changes_nothing_of_others(modules: Modules, sandbox: Sandbox) -> None:
    other = sandbox.edit(kind="applications", add={"displayName": "Other"})
    sandbox.options(identity_roles=ONBOARDING)
    modules.entra_app(object_id=other["id"], notes="mine").refused(OWNED, ALL, status=403)


def test_applications_made_by_hand_can_be_adopted_by_an_owner(
    modules: Modules, sandbox: Sandbox
) -> None:
    sandbox.edit(
        kind="applications",
        add={"displayName": APP["display_name"], "uniqueName": APP["unique_name"]},
    )
    sandbox.options(identity_roles=ONBOARDING)
    modules.entra_app(**APP).refused(ALL, status=403)
    (application,) = [
        item for item in sandbox.state()["applications"] if item["displayName"] != "Automation"
    ]
    identity = next(
        item["id"]
        for item in sandbox.state()["servicePrincipals"]
        if item["displayName"] == "Automation"
    )
    sandbox.edit(kind="applications", id=application["id"], set={"_owners": [identity]})
    modules.entra_app(**APP).ok()


def test_application_roles_need_to_assign_them(modules: Modules, sandbox: Sandbox) -> None:
    enough = [*ONBOARDING, ROLES, READ]
    sandbox.options(identity_roles=enough)
    client_id = made(modules)
    consent = {"client_id": client_id, **ROLE_OF_GRAPH}
    sandbox.options(identity_roles=without(enough, ROLES))
    modules.entra_admin_consent(**consent).refused(ROLES, status=403)
    sandbox.options(identity_roles=without(enough, READ))
    modules.entra_admin_consent(**consent).refused(ROLES, READ, status=403)
    sandbox.options(identity_roles=enough)
    modules.entra_admin_consent(**consent).ok()
    modules.entra_admin_consent(**consent, state="absent").ok()


def test_owners_need_to_read_the_directory(modules: Modules, sandbox: Sandbox) -> None:
    options = {**APP, "owners": [USER]}
    for lacking in (ALL, DIRECTORY):
        enough = [ALL, DIRECTORY, GRANTS]
        sandbox.options(identity_roles=[OWNED, *without(enough, lacking)])
        modules.entra_app(**options).refused(lacking, status=403)
    sandbox.options(identity_roles=[ALL, DIRECTORY])
    modules.entra_app(**options).ok()


# -- to look


@pytest.mark.parametrize("what", ["nothing there", "onboarded"])
def test_looking_needs_no_write(modules: Modules, sandbox: Sandbox, what: str) -> None:
    """What the report, and a check run, ask for."""
    client_id = ""
    if what == "onboarded":
        client_id = made(modules)
        modules.entra_admin_consent(client_id=client_id).ok()
    sandbox.options(identity_roles=LOOKING)
    modules.connector_info(**CONNECTOR).ok()
    modules.entra_app_info().ok()
    modules.check("entra_app", **APP).ok()
    modules.check("entra_admin_consent", client_id=client_id).ok()


def test_looking_at_consent_needs_to_read_the_directory(modules: Modules, sandbox: Sandbox) -> None:
    made(modules)
    sandbox.options(identity_roles=[READ])
    modules.connector_info(**CONNECTOR).refused(DIRECTORY, status=403)
    sandbox.options(identity_roles=[])
    modules.connector_info(**CONNECTOR).refused(READ, status=403)
