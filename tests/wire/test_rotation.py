# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rotation: due secrets are replaced, replaced ones overlap, expired ones go."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.client import Sandbox
from support import looks
from support.playbooks import ROTATE, Player

SCOPES = ["vso.project"]
ACTIONS = ["azuredevops_list_projects", "azuredevops_create_work_item"]


def age(sandbox: Sandbox, key_id: str, *, start: str, end: str) -> None:
    sandbox.edit(
        kind="passwords",
        app=looks.application(sandbox)["id"],
        key_id=key_id,
        set={"startDateTime": start, "endDateTime": end},
    )


@pytest.mark.parametrize(
    "chosen", [{"scopes": SCOPES}, {"actions": ACTIONS}], ids=["scopes", "actions"]
)
def test_nothing_due_changes_nothing(
    player: Player, sandbox: Sandbox, chosen: dict[str, Any]
) -> None:
    assert player.onboard(**chosen).code == 0
    sandbox.clear()
    played = player.play(ROTATE, **chosen)
    assert (played.code, played.changed) == (0, 0), played.output
    assert looks.mutating(sandbox) == []
    assert sandbox.wire_count() <= 6
    assert played.result["secret"]["key_id"] == looks.held_key(sandbox)


def test_a_due_secret_is_replaced_and_the_old_one_overlaps(
    player: Player, sandbox: Sandbox
) -> None:
    assert player.onboard(scopes=SCOPES, secret_lifetime_days=60).code == 0
    old = looks.held_key(sandbox)
    sandbox.advance(40 * 86400)
    shown = player.play(ROTATE, "--check", scopes=SCOPES, rotate_before_days=90)
    assert shown.code == 0, shown.output
    assert looks.keys(sandbox) == [old]
    played = player.play(ROTATE, scopes=SCOPES, rotate_before_days=90)
    assert played.code == 0, played.output
    new = looks.held_key(sandbox)
    assert new != old
    assert set(looks.keys(sandbox)) == {old, new}
    assert "expires on" in played.result["drift"][0]["after"]
    gone = player.play(ROTATE, scopes=SCOPES, overlap_days=0)
    assert gone.code == 0, gone.output
    assert gone.result["removed"] == [old]
    assert looks.keys(sandbox) == [new]
    assert player.play(ROTATE, scopes=SCOPES, overlap_days=0).changed == 0


def test_a_check_run_says_what_a_rotation_would_remove(player: Player, sandbox: Sandbox) -> None:
    assert player.onboard(scopes=SCOPES).code == 0
    old = looks.held_key(sandbox)
    rotation = {"scopes": SCOPES, "rotate_force": True, "overlap_days": 0}
    planned = player.play(ROTATE, "--check", "--diff", **rotation)
    assert planned.code == 0, planned.output
    assert planned.result["removed"] == [old]
    assert f"client secret {old}" in planned.output
    assert player.play(ROTATE, **rotation).result["removed"] == [old]


def test_other_actions_are_handed_over_by_rotation_too(player: Player, sandbox: Sandbox) -> None:
    assert player.onboard(actions=ACTIONS[:1]).code == 0
    played = player.play(ROTATE, actions=ACTIONS)
    assert played.code == 0, played.output
    assert looks.profile(sandbox)["actions"] == ACTIONS


def test_an_expired_secret_is_pruned(player: Player, sandbox: Sandbox) -> None:
    assert player.onboard(scopes=SCOPES).code == 0
    old = looks.held_key(sandbox)
    assert player.play(ROTATE, scopes=SCOPES, rotate_force=True).code == 0
    age(sandbox, old, start="2020-01-01T00:00:00Z", end="2020-02-01T00:00:00Z")
    played = player.play(ROTATE, scopes=SCOPES)
    assert played.code == 0, played.output
    assert played.result["removed"] == [old]


def test_rotation_leaves_other_drift_to_onboarding(player: Player, sandbox: Sandbox) -> None:
    assert player.onboard(scopes=SCOPES).code == 0
    sandbox.edit(kind="profiles", id=looks.profile(sandbox)["id"], set={"active": False})
    played = player.play(ROTATE, scopes=SCOPES)
    assert (played.code, played.changed) == (0, 0), played.output
    assert not looks.profile(sandbox)["active"]
    assert [(row["field"], row["repaired"]) for row in played.result["drift"]] == [
        ("active", False)
    ]


def test_what_was_never_onboarded_is_refused(player: Player, sandbox: Sandbox) -> None:
    played = player.play(ROTATE, scopes=SCOPES)
    assert played.code != 0
    assert "Onboard the connector first" in played.failure["msg"]
    assert looks.mutating(sandbox) == []
