# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documented sequence, end to end: the role against the sandbox."""

from __future__ import annotations

from sandbox.client import Sandbox
from support import trips
from support.playbooks import Player

ACTIONS = ["azuredevops_list_projects", "azuredevops_create_work_item"]


def test_first_run_does_every_step_and_the_second_changes_nothing(
    player: Player, sandbox: Sandbox
) -> None:
    first = player.onboard(actions=ACTIONS)
    assert first.code == 0, first.output
    assert first.changed > 0
    assert sandbox.wire_count() <= 24
    assert trips.beyond_waits(sandbox.requests()) <= 20
    state = sandbox.state()
    (profile,) = state["profiles"]
    assert first.result["profile"]["id"] == profile["id"]
    sandbox.clear()
    second = player.onboard(actions=ACTIONS)
    assert (second.code, second.changed) == (0, 0), second.output
    assert sandbox.wire_count() <= 7
    assert not [item for item in sandbox.requests() if item["mutating"]]
    assert {**second.result, "changed": True, "drift": None} == {**first.result, "drift": None}


def test_a_converged_run_with_its_scopes_given_takes_six_round_trips(
    player: Player, sandbox: Sandbox
) -> None:
    scopes = ["vso.project", "vso.work_write"]
    assert player.onboard(actions=ACTIONS, scopes=scopes).code == 0
    sandbox.clear()
    again = player.onboard(actions=ACTIONS, scopes=scopes)
    assert (again.code, again.changed) == (0, 0), again.output
    assert 0 < trips.count(sandbox.requests()) <= 6
