# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offboarding: in the order in which nothing dangles, and back again."""

from __future__ import annotations

from sandbox.client import Sandbox
from support import looks
from support.playbooks import OFFBOARD, Player

SCOPES = ["vso.project"]


def test_everything_goes_and_comes_back(player: Player, sandbox: Sandbox) -> None:
    first = player.onboard(scopes=SCOPES)
    assert first.code == 0, first.output
    sandbox.clear()
    shown = player.play(OFFBOARD, "--check")
    assert shown.code == 0, shown.output
    assert looks.mutating(sandbox) == []
    assert looks.held_key(sandbox)

    gone = player.play(OFFBOARD)
    assert gone.code == 0, gone.output
    kinds = [
        item["path"].split("/")[1 if item["service"] == "stackone" else 2].split("(")[0]
        for item in sandbox.requests()
        if item["mutating"]
    ]
    assert kinds[0] == "connector_profiles"
    assert kinds[1] == "oauth2PermissionGrants"
    assert kinds[-1] == "applications"
    assert sandbox.state()["profiles"] == []
    assert looks.keys(sandbox) == []
    assert gone.result["removed"] == [first.result["secret"]["key_id"]]
    assert player.play(OFFBOARD).changed == 0

    sandbox.clear()
    planned = player.onboard("--check", scopes=SCOPES)
    assert planned.code == 0, planned.output
    assert planned.changed > 0
    assert looks.mutating(sandbox) == []
    back = player.onboard(scopes=SCOPES)
    assert back.code == 0, back.output
    assert back.result["app"]["object_id"] == first.result["app"]["object_id"]
    assert looks.held_key(sandbox)
    assert looks.grant_scopes(sandbox) == SCOPES
    assert player.onboard(scopes=SCOPES).changed == 0


def test_linked_accounts_stop_it_unless_confirmed(player: Player, sandbox: Sandbox) -> None:
    assert player.onboard(scopes=SCOPES).code == 0
    account = {
        "provider": "azuredevops",
        "integration_id": looks.profile(sandbox)["id"],
        "origin_owner_name": "Contoso",
    }
    sandbox.edit(kind="accounts", id=None, add=account)
    sandbox.clear()
    stopped = player.play(OFFBOARD)
    assert stopped.code != 0
    assert "Contoso" in stopped.failure["msg"]
    assert looks.mutating(sandbox) == []
    assert player.play(OFFBOARD, offboard_confirm=True).code == 0
    assert sandbox.state()["profiles"] == []


def test_purge_frees_the_unique_name(player: Player, sandbox: Sandbox) -> None:
    first = player.onboard(scopes=SCOPES)
    assert player.play(OFFBOARD, offboard_purge=True).code == 0
    assert player.play(OFFBOARD, offboard_purge=True).changed == 0
    again = player.onboard(scopes=SCOPES)
    assert again.code == 0, again.output
    assert again.result["app"]["object_id"] != first.result["app"]["object_id"]


def test_an_app_that_was_deleted_by_hand_leaves_a_profile_to_take_down(
    player: Player, sandbox: Sandbox
) -> None:
    assert player.onboard(scopes=SCOPES).code == 0
    sandbox.edit(kind="applications", id=looks.application(sandbox)["id"], delete=True)
    sandbox.control("DELETE", "violations")  # the profile's secret died with the app: by hand
    played = player.play(OFFBOARD)
    assert played.code == 0, played.output
    assert sandbox.state()["profiles"] == []
