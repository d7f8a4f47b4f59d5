# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hypothesis draws lives of a connector: runs, crashes, edits by hand and time, in any order.

After each step the invariants hold; in the end one clean run puts everything right, and one more
changes nothing. CHAOS_LIVES draws more of them than `make test` does, each time other ones.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ansible_collections.stackone.onboarding.plugins.module_utils import _ledger as ledger
from chaos import invariants
from chaos.faults import FAULTS
from chaos.invariants import LOST, View
from chaos.outcome import KILLED, Outcome
from chaos.stage import Stage
from support.facts import OTHER_URI

LIVES = int(os.environ.get("CHAOS_LIVES", "0"))
SETTINGS = settings(
    max_examples=LIVES or 8,
    stateful_step_count=12 if LIVES else 8,
    derandomize=not LIVES,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
    # A life takes seconds: a shorter one that fails, too, is worth the time only when asked for.
    phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if LIVES else [])],
)

DAY = 86400.0
OTHER_SCOPE = "vso.code"

entries = st.sampled_from([("main", {}), ("rotate", {"rotate_force": True}), ("offboard", {})])
requests = st.integers(min_value=0, max_value=32)
outages = st.sampled_from(["drop_before", "drop_after", "500", "500_acted", "503_acted", "html"])
single_faults = st.sampled_from([name for name in FAULTS if not name.startswith(("stall", "kill"))])


class Life(RuleBasedStateMachine):
    """One connector's life. ``stage`` is set by the test."""

    stage: Stage

    def __init__(self) -> None:
        super().__init__()
        self.stage.clear()
        # Somebody, or time, has made the profile's secret a dead one: no run did.
        self.dead_by_hand = False
        self.foreign = False

    # -- runs

    @rule()
    def onboard(self) -> None:
        self._succeeds(self._act("main"))

    @rule()
    def rotate(self) -> None:
        outcome = self._act("rotate", rotate_force=True)
        # A secret cannot prove itself without a service principal, which onboarding repairs.
        if self._view().principals:
            self._succeeds(outcome)
        else:
            self._fails_at_most_clearly(outcome)

    @rule()
    def offboard(self) -> None:
        self._succeeds(self._act("offboard"))

    @rule(entry=entries, index=requests, when=st.sampled_from(["kill_before", "kill_after"]))
    def is_killed(self, entry: Any, index: int, when: str) -> None:
        """At a request; a shorter run ends before it."""
        name, variables = entry
        outcome = self._act(name, rules=FAULTS[when].at(index), **variables)
        self._fails_at_most_clearly(outcome)

    @rule(entry=entries, calls=st.integers(min_value=0, max_value=6))
    def dies_between_tasks(self, entry: Any, calls: int) -> None:
        name, variables = entry
        self._fails_at_most_clearly(self._act(name, stop_after=calls, **variables))

    @rule(entry=entries, index=requests, fault=single_faults)
    def meets_a_fault(self, entry: Any, index: int, fault: str) -> None:
        name, variables = entry
        outcome = self._act(name, rules=FAULTS[fault].at(index), **variables)
        self._fails_at_most_clearly(outcome)

    @rule(entry=entries, index=requests, fault=outages)
    def loses_the_services(self, entry: Any, index: int, fault: str) -> None:
        """From a request on, for good."""
        name, variables = entry
        impatient = {"connection": {"wait_timeout": 5}}
        rules = FAULTS[fault].from_on(index)
        self._fails_at_most_clearly(self._act(name, rules=rules, **impatient, **variables))

    def _act(self, name: str, **given: Any) -> Outcome:
        outcome = self.stage.act(name, **given)
        if outcome.code == 0 and name == "main":
            self.dead_by_hand = False
        assert not self.stage.secrets.found_in(outcome.output, outcome.message)
        assert not invariants.leaked(
            self.stage.secrets, self.stage.folder, self.stage.sandbox.requests()
        )
        return outcome

    def _succeeds(self, outcome: Outcome) -> None:
        assert outcome.code == 0, outcome.message

    def _fails_at_most_clearly(self, outcome: Outcome) -> None:
        assert outcome.code in (0, 2, KILLED, 1)
        assert "Something unexpected" not in outcome.message
        assert "Traceback" not in outcome.output
        if outcome.code == 2:
            told = invariants.told_truly(outcome.message, self.stage.sandbox, alone=False)
            assert not told, (told, outcome.message)

    # -- what somebody does by hand

    def _view(self) -> View:
        return View(self.stage.sandbox)

    def _has_app(self) -> bool:
        return bool(self._view().apps)

    def _has_profile(self) -> bool:
        return bool(self._view().profiles)

    def _ledger_knows_profile(self) -> bool:
        view = self._view()
        known = [entry.recipient for app in view.apps for entry in ledger.read(app["tags"])]
        return any(profile["id"] in known for profile in view.profiles)

    @precondition(_has_profile)
    @rule(
        change=st.sampled_from(
            [
                {"active": False},
                {},
                {"setup_information": {"scopes": "vso.code"}},
            ]
        )
    )
    def edits_the_profile(self, change: dict[str, Any]) -> None:
        """Visibly or not: an empty change only moves its time."""
        profile = self._view().profiles[0]
        self.stage.sandbox.edit(kind="profiles", id=profile["id"], set=change)

    @precondition(lambda self: self._ledger_knows_profile())
    @rule()
    def renames_the_profile(self) -> None:
        """Before a run has confirmed it, nothing would tell that it is the same one."""
        profile = self._view().profiles[0]
        self.stage.sandbox.edit(kind="profiles", id=profile["id"], set={"name": "Renamed"})

    @precondition(_has_profile)
    @rule(again=st.booleans())
    def deletes_the_profile(self, again: bool) -> None:
        """And makes another one of that name, perhaps, with a secret of nobody's."""
        profile = self._view().profiles[0]
        self.stage.sandbox.edit(kind="profiles", id=profile["id"], delete=True)
        if again:
            self.dead_by_hand = True
            made = {
                "name": "Azure DevOps",
                "connector_key": "azuredevops",
                "authentication_config_key": "oauth2_entra",
                "setup_information": {"clientId": "x", "clientSecret": "somebody-s"},
            }
            self.stage.sandbox.edit(kind="profiles", add=made)

    @precondition(_has_app)
    @rule(uris=st.sampled_from([[], [OTHER_URI]]))
    def edits_the_redirect_uris(self, uris: list[str]) -> None:
        app = self._view().app
        self.foreign |= bool(uris)
        web = {**app["web"], "redirectUris": uris}
        self.stage.sandbox.edit(kind="applications", id=app["id"], set={"web": web})

    @precondition(lambda self: bool(self._view().grants))
    @rule(scope=st.sampled_from(["vso.project", f"vso.project vso.work_write {OTHER_SCOPE}"]))
    def edits_the_grant(self, scope: str) -> None:
        self.foreign |= OTHER_SCOPE in scope
        grant = self._view().grants[0]
        self.stage.sandbox.edit(kind="oauth2PermissionGrants", id=grant["id"], set={"scope": scope})

    @precondition(lambda self: bool(self._view().principals))
    @rule()
    def deletes_the_service_principal(self) -> None:
        view = self._view()
        for grant in view.grants:
            self.stage.sandbox.edit(kind="oauth2PermissionGrants", id=grant["id"], delete=True)
        principal = view.principals[0]["id"]
        self.stage.sandbox.edit(kind="servicePrincipals", id=principal, delete=True)

    @precondition(lambda self: bool(self._view().secrets()))
    @rule(number=st.integers(min_value=0, max_value=3))
    def removes_a_secret(self, number: int) -> None:
        view = self._view()
        if view.apps:
            keys = [item["keyId"] for item in view.app["passwordCredentials"]]
            key = keys[number % len(keys)] if keys else ""
            if key:
                self.dead_by_hand |= key in [view.held(item) for item in view.profiles]
                self.stage.sandbox.edit(
                    kind="passwords", app=view.app["id"], key_id=key, delete=True
                )

    @rule(days=st.sampled_from([0.01, 3, 8, 40, 160]))
    def passes(self, days: float) -> None:
        self.stage.clock.sleep(days * DAY)

    # -- what holds after each step

    @invariant()
    def nothing_is_there_twice(self) -> None:
        view = self._view()
        counts = [len(items) for items in (view.apps, view.principals, view.grants, view.profiles)]
        assert max(counts) <= 1, counts

    @invariant()
    def no_profile_was_left_with_a_dead_secret(self) -> None:
        found = invariants.instant(self.stage.sandbox)
        assert not [item for item in found if item.sort != LOST or not self.dead_by_hand], found

    def teardown(self) -> None:
        """A clean run, and one more; it hands over anew what was edited without a trace."""
        clean = {"overlap_days": 0, "purge": self.foreign}
        self._succeeds(self._act("main", reapply=True, **clean))
        last = self._act("main", **clean)
        self._succeeds(last)
        assert not [item for item in self.stage.sandbox.requests() if item["mutating"]]
        assert not invariants.onboarded(self.stage.sandbox)
        assert not invariants.instant(self.stage.sandbox)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage.open() as stage:
        yield stage


def test_any_life_ends_well(stage: Stage) -> None:
    Life.stage = stage
    run_state_machine_as_test(Life, settings=SETTINGS)
