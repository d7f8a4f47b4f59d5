# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody changed by hand is seen, shown in check mode first, and repaired."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.client import Sandbox
from support import looks
from support.playbooks import Player

SCOPES = ["vso.project", "vso.work"]


def edit_redirect_uri(sandbox: Sandbox) -> None:
    app = looks.application(sandbox)
    web = {**app["web"], "redirectUris": ["https://elsewhere.example/callback"]}
    sandbox.edit(kind="applications", id=app["id"], set={"web": web})


def edit_grant(sandbox: Sandbox) -> None:
    (grant,) = [
        item
        for item in sandbox.state()["oauth2PermissionGrants"]
        if item["scope"] == " ".join(SCOPES)
    ]
    sandbox.edit(kind="oauth2PermissionGrants", id=grant["id"], set={"scope": "vso.work vso.code"})


def remove_principal(sandbox: Sandbox) -> None:
    app = looks.application(sandbox)
    (principal,) = [
        item for item in sandbox.state()["servicePrincipals"] if item["appId"] == app["appId"]
    ]
    sandbox.edit(kind="servicePrincipals", id=principal["id"], delete=True)


def remove_secret(sandbox: Sandbox) -> None:
    app = looks.application(sandbox)
    sandbox.edit(kind="applications", id=app["id"], set={"passwordCredentials": []})


def disable_profile(sandbox: Sandbox) -> None:
    sandbox.edit(kind="profiles", id=looks.profile(sandbox)["id"], set={"active": False})


def rename_profile(sandbox: Sandbox) -> None:
    sandbox.edit(kind="profiles", id=looks.profile(sandbox)["id"], set={"name": "Renamed"})


def delete_profile(sandbox: Sandbox) -> None:
    sandbox.edit(kind="profiles", id=looks.profile(sandbox)["id"], delete=True)


EDITS: dict[str, tuple[Any, tuple[str, str | None]]] = {
    "redirect URI": (edit_redirect_uri, ("application", "web_redirect_uris")),
    "grant": (edit_grant, ("consent to Azure DevOps", "scopes")),
    "service principal": (remove_principal, ("service principal", None)),
    "secret": (remove_secret, ("client secret", None)),
    "disabled profile": (disable_profile, ("connector profile", "active")),
    "renamed profile": (rename_profile, ("connector profile", "name")),
    "deleted profile": (delete_profile, ("client secret", None)),
}


@pytest.mark.parametrize("name", EDITS)
def test_drift_is_shown_then_repaired(player: Player, sandbox: Sandbox, name: str) -> None:
    edit, (resource, field) = EDITS[name]
    assert player.onboard(scopes=SCOPES).code == 0
    edit(sandbox)
    sandbox.control("DELETE", "violations")  # a removed secret is dead: that is what was done
    sandbox.clear()
    shown = player.onboard("--check", "--diff", scopes=SCOPES)
    assert shown.code == 0, shown.output
    assert looks.mutating(sandbox) == []
    rows = [row for row in shown.result["drift"] if row["resource"] == resource]
    assert [row["field"] for row in rows] == [field]
    assert not rows[0]["repaired"]

    repaired = player.onboard(scopes=SCOPES)
    assert repaired.code == 0, repaired.output
    rows = [row for row in repaired.result["drift"] if row["resource"] == resource]
    assert [(row["field"], row["repaired"]) for row in rows] == [(field, True)]
    assert looks.profile(sandbox)["active"]
    assert looks.profile(sandbox)["name"] == "Azure DevOps"
    assert looks.held_key(sandbox)
    assert set(SCOPES) <= set(looks.grant_scopes(sandbox))

    sandbox.clear()
    again = player.onboard(scopes=SCOPES)
    assert (again.code, again.changed, again.result["drift"]) == (0, 0, []), again.output
    assert looks.mutating(sandbox) == []


def test_what_is_not_ours_stays_unless_purged(player: Player, sandbox: Sandbox) -> None:
    assert player.onboard(scopes=SCOPES).code == 0
    edit_redirect_uri(sandbox)
    edit_grant(sandbox)
    kept = player.onboard(scopes=SCOPES)
    assert kept.code == 0, kept.output
    uris = looks.application(sandbox)["web"]["redirectUris"]
    assert "https://elsewhere.example/callback" in uris
    assert sorted(looks.grant_scopes(sandbox)) == ["vso.code", *SCOPES]
    purged = player.onboard(scopes=SCOPES, purge=True)
    assert purged.code == 0, purged.output
    assert looks.application(sandbox)["web"]["redirectUris"] == [
        "https://api.stackone.com/connect/oauth2/azuredevops/callback"
    ]
    assert sorted(looks.grant_scopes(sandbox)) == SCOPES


def test_an_edit_that_a_read_does_not_show_is_reported_and_reapplied_on_demand(
    player: Player, sandbox: Sandbox
) -> None:
    assert player.onboard(scopes=SCOPES).code == 0
    before = looks.held_key(sandbox)
    sandbox.edit(
        kind="profiles",
        id=looks.profile(sandbox)["id"],
        set={"actions": ["azuredevops_list_projects"]},
    )
    noticed = player.onboard(scopes=SCOPES)
    assert (noticed.code, noticed.changed) == (0, 0), noticed.output
    assert [(row["field"], row["repaired"]) for row in noticed.result["drift"]] == [
        ("updated_at", False)
    ]
    assert "was edited elsewhere" in noticed.output
    reapplied = player.onboard(scopes=SCOPES, reapply=True)
    assert reapplied.code == 0, reapplied.output
    assert looks.held_key(sandbox) != before
    assert player.onboard(scopes=SCOPES, reapply=True).changed == 0


def test_other_scopes_or_actions_are_handed_over_with_a_new_secret(
    player: Player, sandbox: Sandbox
) -> None:
    assert player.onboard(actions=["azuredevops_list_projects"]).code == 0
    first = looks.held_key(sandbox)
    changed = player.onboard(actions=["azuredevops_create_work_item"])
    assert changed.code == 0, changed.output
    held = looks.profile(sandbox)
    assert held["actions"] == ["azuredevops_create_work_item"]
    assert "vso.work_write" in held["setup_information"]["scopes"].split()
    assert looks.held_key(sandbox) != first
    assert first in looks.keys(sandbox)  # it lives on for its overlap


def test_scopes_that_no_action_needs_are_pointed_out(player: Player) -> None:
    played = player.onboard(
        actions=["azuredevops_list_projects"], scopes=["vso.project", "vso.code"]
    )
    assert played.code == 0, played.output
    assert "No chosen action needs these scopes: vso.code" in played.output


def test_neither_scopes_nor_actions_shows_the_choices(player: Player) -> None:
    played = player.onboard()
    assert played.code != 0
    assert "azuredevops_list_projects (vso.project)" in played.failure["msg"]
