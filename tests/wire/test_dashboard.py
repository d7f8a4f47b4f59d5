# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where StackOne cannot be written to: a person enters the profile, and it is noticed."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from sandbox.client import Sandbox
from support import looks
from support.playbooks import OFFBOARD, ROTATE, Player

SCOPES = ["vso.project"]
BY_HAND = {
    "name": "Azure DevOps",
    "connector_key": "azuredevops",
    "authentication_config_key": "oauth2_entra",
}


@pytest.fixture
def store(tmp_path: Path) -> dict[str, Any]:
    password = tmp_path / "password"
    password.write_text("correct horse\n", "utf-8")
    return {
        "secret_store": "vault_file",
        "vault_file": str(tmp_path / "onboarding.vault"),
        "vault_password_file": str(password),
    }


def assumed_requests(sandbox: Sandbox) -> list[str]:
    """Writes of profiles, which no public reference describes."""
    return [item for item in looks.mutating(sandbox) if "connector_profiles" in item]


def test_without_a_store_nothing_is_made(player: Player, sandbox: Sandbox) -> None:
    played = player.onboard(scopes=SCOPES, profile_mode="dashboard")
    assert played.code != 0
    assert "entra_connector_secret_store" in played.failure["msg"]
    assert looks.mutating(sandbox) == []


@pytest.mark.parametrize("status", ["404", "405", "501"])
def test_auto_without_a_store_revokes_and_says_what_to_do(
    player: Player, sandbox: Sandbox, status: str
) -> None:
    sandbox.reset(profile_writes=status)
    played = player.onboard(scopes=SCOPES)
    assert played.code != 0
    assert "profile_mode: dashboard" in played.failure["msg"]
    assert "was revoked; nothing is left over" in played.failure["msg"]
    assert looks.keys(sandbox) == []


@pytest.mark.parametrize("mode", ["auto", "dashboard"])
def test_the_steps_are_shown_and_the_profile_is_adopted(
    player: Player, sandbox: Sandbox, store: dict[str, Any], mode: str
) -> None:
    sandbox.reset(profile_writes="501")
    first = player.onboard(scopes=SCOPES, profile_mode=mode, **store)
    assert first.code == 0, first.output
    (key,) = looks.keys(sandbox)
    steps = first.result["next_steps"]
    assert f"Client ID: {looks.application(sandbox)['appId']}" in steps
    assert any(store["vault_file"] in step for step in steps)
    assert all(step in first.output for step in steps)
    assert looks.application(sandbox)["_secrets"][key] not in first.output

    waiting = player.onboard(scopes=SCOPES, profile_mode=mode, **store)
    assert (waiting.code, waiting.changed) == (0, 0), waiting.output
    assert looks.keys(sandbox) == [key]

    sandbox.edit(kind="profiles", id=None, add=BY_HAND)
    adopted = player.onboard(scopes=SCOPES, profile_mode=mode, **store)
    assert adopted.code == 0, adopted.output
    assert adopted.result["secret"]["key_id"] == key
    assert adopted.result["secret"]["recipient"] == looks.profile(sandbox)["id"]
    assert adopted.result["next_steps"] == []
    again = player.onboard(scopes=SCOPES, profile_mode=mode, **store)
    assert (again.code, again.changed) == (0, 0), again.output
    if mode == "dashboard":
        assert assumed_requests(sandbox) == []


def test_waiting_for_the_profile_confirms_in_the_same_run(
    player: Player, sandbox: Sandbox, store: dict[str, Any]
) -> None:
    ended = threading.Event()

    def enter_it() -> None:
        """Once the run asks for the profile, after it made the secret, a person has made it."""
        while not ended.wait(0.2):
            asked = [item["path"] for item in sandbox.requests()]
            if any("addPassword" in path for path in asked) and "/connector_profiles" in asked:
                sandbox.edit(kind="profiles", id=None, add=BY_HAND)
                return

    # The look lists no profiles where there is no application yet: the list is the wait's.
    person = threading.Thread(target=enter_it)
    person.start()
    played = player.onboard(scopes=SCOPES, profile_mode="dashboard", profile_wait=60, **store)
    ended.set()
    person.join()
    assert played.code == 0, played.output
    assert played.result["secret"]["confirmed"]
    assert played.result["next_steps"] == []


def test_rotation_by_hand_keeps_the_old_secret_until_the_new_one_is_entered(
    player: Player, sandbox: Sandbox, store: dict[str, Any]
) -> None:
    options = {"scopes": SCOPES, "profile_mode": "dashboard", **store}
    player.onboard(**options)
    sandbox.edit(kind="profiles", id=None, add=BY_HAND)
    assert player.onboard(**options).code == 0
    (old,) = looks.keys(sandbox)
    due = player.play(ROTATE, rotate_force=True, **options)
    assert due.code == 0, due.output
    assert due.result["next_steps"]
    assert len(looks.keys(sandbox)) == 2
    # A daily run that is not forced leaves both alone, whatever time passes.
    idle = player.play(ROTATE, orphan_after=0, **options)
    assert (idle.code, idle.changed) == (0, 0), idle.output
    assert len(looks.keys(sandbox)) == 2
    sandbox.edit(kind="profiles", id=looks.profile(sandbox)["id"], set={"name": "Azure DevOps"})
    taken = player.play(ROTATE, rotate_force=True, overlap_days=0, **options)
    assert taken.code == 0, taken.output
    (new,) = looks.keys(sandbox)
    assert new != old
    assert taken.result["secret"]["key_id"] == new
    assert taken.result["removed"] == [old]


def test_what_the_store_offers_outlives_what_is_out_of_use(
    player: Player, sandbox: Sandbox, store: dict[str, Any]
) -> None:
    options = {"scopes": SCOPES, **store}
    assert player.onboard(**options).code == 0
    (first,) = looks.keys(sandbox)
    assert player.onboard(rotate_force=True, **options).code == 0
    sandbox.options(profile_writes="404")
    by_hand = player.onboard(rotate_force=True, **options)
    assert by_hand.result["next_steps"], by_hand.output
    kept = [key for key in looks.keys(sandbox) if key != first]
    assert len(kept) == 2
    pruned = player.onboard(overlap_days=0, orphan_after=0, **options)
    assert pruned.code == 0, pruned.output
    assert pruned.result["removed"] == [first]
    assert looks.keys(sandbox) == kept


def test_offboarding_waits_for_the_profile_to_be_deleted_by_hand(
    player: Player, sandbox: Sandbox
) -> None:
    assert player.onboard(scopes=SCOPES).code == 0
    sandbox.options(profile_writes="405")
    blocked = player.play(OFFBOARD)
    assert blocked.code == 0, blocked.output
    assert "delete the connector profile Azure DevOps" in blocked.result["next_steps"][0]
    assert looks.held_key(sandbox)
    sandbox.edit(kind="profiles", id=looks.profile(sandbox)["id"], delete=True)
    done = player.play(OFFBOARD)
    assert done.code == 0, done.output
    assert done.result["app"] is None
    assert player.play(OFFBOARD).changed == 0
