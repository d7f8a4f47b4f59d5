# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a connector costs of the services' quotas is what docs/awx.md reckons with."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from sandbox.client import Sandbox
from support.playbooks import ONBOARD, ROTATE, Player
from support.tree import ROOT

HEADER = "| run | Graph | of which writes | StackOne | sign-in |"
RUNS = {
    "first": (ONBOARD, {}),
    "converged": (ONBOARD, {}),
    "rotation that is due": (ROTATE, {"rotate_force": True}),
}
FEW, MORE = 1, 3


@pytest.fixture(scope="module")
def costs(
    running_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[int]]:
    """Of one connector: what more of them ask for, over what few do."""
    asked = {}
    for count in (FEW, MORE):
        running_sandbox.reset()
        asked[count] = measured(running_sandbox, tmp_path_factory.mktemp("runs"), count)
    costs = {}
    for run in RUNS:
        pairs = zip(asked[FEW][run], asked[MORE][run], strict=True)
        shares = [divmod(more - few, MORE - FEW) for few, more in pairs]
        assert all(rest == 0 for _share, rest in shares)
        costs[run] = [share for share, _rest in shares]
    return costs


def measured(sandbox: Sandbox, folder: Path, count: int) -> dict[str, list[int]]:
    player = Player(sandbox, folder)
    found = {}
    for run, (playbook, options) in RUNS.items():
        sandbox.clear()
        done = player.play(
            playbook,
            hosts=[f"customer{number}" for number in range(count)],
            unique_name="stackone-{{ inventory_hostname }}",
            profile_name="{{ inventory_hostname }}",
            actions=["azuredevops_list_projects"],
            **options,
        )
        assert done.code == 0, done.output
        found[run] = counted(sandbox)
    return found


def counted(sandbox: Sandbox) -> list[int]:
    """Graph counts each request of a batch by itself, and so does this."""
    requests = sandbox.requests()
    services = Counter(item["service"] for item in requests)
    writes = sum(1 for item in requests if item["service"] == "graph" and item["mutating"])
    return [services["graph"], writes, services["stackone"], services["login"]]


@pytest.mark.parametrize("run", RUNS)
def test_the_table_is_right(costs: dict[str, list[int]], run: str) -> None:
    lines = (ROOT / "docs" / "awx.md").read_text("utf-8").partition(HEADER)[2].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    (written,) = [row[1:] for row in rows if row[0] == run]
    assert [int(cell) for cell in written] == costs[run]
