# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is disturbed: onboarding, rotation, offboarding, each from a state that it has work in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils import _ledger as ledger
from chaos import invariants
from chaos.faults import Rules, no_rules
from chaos.invariants import Problem, View
from chaos.outcome import Outcome
from chaos.stage import Stage
from sandbox.client import Sandbox

WEEK = 7 * 86400


@dataclass(frozen=True)
class Process:
    """``rerun`` is the clean run after it, ``third`` the one that has nothing left to do.

    ``here``: its runs are the role's steps in a forked process, else ansible-playbook.
    """

    name: str
    prepare: Callable[[Stage], None]
    tasks_from: str
    rerun: str
    third: str
    variables: dict[str, Any] = field(default_factory=dict)
    holds: Callable[[Sandbox], list[Problem]] = invariants.onboarded
    here: bool = False

    def begin(self, stage: Stage, rules: Rules = no_rules, **variables: Any) -> Outcome:
        """The run itself, at -vvvv: all that it says is searched."""
        given = {**self.variables, **variables}
        if self.here:
            return stage.act(self.tasks_from, rules=rules, **given)
        return stage.play(self.tasks_from, "-vvvv", rules=rules, **given)

    def finish(self, stage: Stage, tasks_from: str, **variables: Any) -> Outcome:
        """A clean run. With no overlap, so that one live secret is left in the end."""
        run = stage.act if self.here else stage.play
        return run(tasks_from, **{"overlap_days": 0, **variables})

    def by(self, *, here: bool) -> Process:
        """The same, run the one way or the other."""
        return replace(self, here=here)

    def requests(self, stage: Stage) -> list[dict[str, Any]]:
        """What an undisturbed run sends. Raises AssertionError when that does not work."""
        stage.clear()
        self.prepare(stage)
        _expect(self.begin(stage))
        return stage.sandbox.requests()


def _nothing(stage: Stage) -> None:
    """The tenant as it was seeded."""


def _onboarded(stage: Stage) -> None:
    _expect(stage.act("main"))


def _handed_over_twice(stage: Stage) -> None:
    """Two live secrets, the older one within its overlap."""
    _onboarded(stage)
    _expect(stage.act("rotate", rotate_force=True))


def _handed_over_long_ago(stage: Stage) -> None:
    """Two live secrets, the older one superseded longer ago than it may overlap."""
    _handed_over_twice(stage)
    app = View(stage.sandbox).app
    entries = [
        ledger.Entry(**{**vars(entry), "confirmed_at": entry.confirmed_at - WEEK - 60})
        for entry in ledger.read(app["tags"])
    ]
    tags = ledger.write(app["tags"], entries)
    stage.sandbox.edit(kind="applications", id=app["id"], set={"tags": tags})


def _offboarded(stage: Stage) -> None:
    _onboarded(stage)
    _expect(stage.act("offboard"))


def _drifted(stage: Stage) -> None:
    """Somebody took away the redirect URI, the service principal and so the grant, and the rest."""
    _onboarded(stage)
    view = View(stage.sandbox)
    stage.sandbox.edit(
        kind="applications",
        id=view.app["id"],
        set={"web": {**view.app["web"], "redirectUris": []}, "requiredResourceAccess": []},
    )
    for principal in view.principals:
        stage.sandbox.edit(kind="servicePrincipals", id=principal["id"], delete=True)
    for grant in view.grants:
        stage.sandbox.edit(kind="oauth2PermissionGrants", id=grant["id"], delete=True)
    stage.sandbox.edit(kind="profiles", id=view.profile["id"], set={"active": False})


def _expect(outcome: Outcome) -> None:
    assert outcome.code == 0, outcome.message or outcome.output


_FORCED = {"rotate_force": True}
_ALL = (
    Process("onboard", _nothing, "main", "main", "main"),
    Process("rotate", _handed_over_long_ago, "rotate", "rotate", "main", _FORCED),
    Process(
        "offboard",
        _handed_over_twice,
        "offboard",
        "offboard",
        "offboard",
        holds=invariants.offboarded,
    ),
    Process("restore", _offboarded, "main", "main", "main"),
    Process("repair", _drifted, "main", "main", "main"),
)
PROCESSES = {process.name: process for process in _ALL}
