# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The suite sees what it looks for: a world broken on purpose is reported, each way of its own."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import requests

from ansible_collections.stackone.onboarding.plugins.module_utils import _ledger as ledger
from chaos import catalogue, invariants, pool, trial
from chaos.invariants import LEFT_OVER, LOST, WRONG, Problem, View
from chaos.outcome import Outcome
from chaos.processes import PROCESSES
from chaos.stage import SCOPES, Stage
from chaos.trial import Verdict
from support.facts import AZURE_DEVOPS, NOBODY, OTHER_URI
from support.leaks import AWKWARD, Secrets
from support.modules import Modules

SECRET = AWKWARD + "Q~secret.of_an-application012345"
PROFILE = {
    "name": "Another",
    "connector_key": "azuredevops",
    "authentication_config_key": "oauth2_entra",
    "setup_information": {"clientId": "x", "clientSecret": "somebody-s"},
}


@pytest.fixture(scope="module")
def running() -> Iterator[Stage]:
    with Stage.open() as stage:
        yield stage


@pytest.fixture
def stage(running: Stage) -> Stage:
    """Onboarded, with nothing wrong."""
    running.clear()
    assert running.act("main").code == 0
    assert invariants.onboarded(running.sandbox) == []
    assert invariants.instant(running.sandbox) == []
    return running


class Breaker:
    """Somebody who does the wrong thing to an onboarded connector."""

    def __init__(self, stage: Stage) -> None:
        self.sandbox = stage.sandbox
        self.view = View(stage.sandbox)

    @property
    def held(self) -> str:
        return str(self.view.held(self.view.profile))

    def app(self, **values: Any) -> None:
        self.sandbox.edit(kind="applications", id=self.view.app["id"], set=values)

    def profile(self, **values: Any) -> None:
        self.sandbox.edit(kind="profiles", id=self.view.profile["id"], set=values)

    def grant(self, **values: Any) -> None:
        (grant,) = self.view.grants
        self.sandbox.edit(kind="oauth2PermissionGrants", id=grant["id"], set=values)

    def add(self, kind: str, **values: Any) -> None:
        self.sandbox.edit(kind=kind, add=values)

    def delete(self, kind: str, record: dict[str, Any]) -> None:
        self.sandbox.edit(kind=kind, id=record["id"], delete=True)

    def make_secret(self, name: str) -> str:
        """By the API, as an earlier run would have; nobody gets its text."""
        made = self._modules().entra_app_secret(
            client_id=self.view.app["appId"], display_name=name, confirm="manual", force=True
        )
        return str(made.ok()["secret"]["key_id"])

    def remove_secret(self, key_id: str) -> None:
        """By the API, so that the sandbox's own invariants see it."""
        self._modules().entra_app_secret(
            client_id=self.view.app["appId"], state="absent", key_id=key_id
        ).ok()

    def rewrite_ledger(self, **values: Any) -> None:
        tags = self.view.app["tags"]
        entries = [ledger.Entry(**{**vars(entry), **values}) for entry in ledger.read(tags)]
        self.app(tags=ledger.write(tags, entries))

    def _modules(self) -> Modules:
        return Modules(self.sandbox)


def principal_of(breaker: Breaker) -> dict[str, Any]:
    (principal,) = breaker.view.principals
    return dict(principal)


def another_grant(breaker: Breaker) -> None:
    (grant,) = breaker.view.grants
    breaker.add("oauth2PermissionGrants", **{**grant, "id": "second"})


def an_assignment(breaker: Breaker) -> None:
    breaker.add(
        "appRoleAssignments",
        principalId=principal_of(breaker)["id"],
        principalDisplayName="StackOne",
        resourceId=(breaker.view.api or {})["id"],
        appRoleId=NOBODY,
    )


Break = Callable[[Breaker], Any]

BREAKS: dict[str, tuple[Break, str, str]] = {
    "orphan secret": (
        lambda world: world.make_secret("StackOne connector profile"),
        LEFT_OVER,
        "the secrets ",
    ),
    "secret of a name of somebody's": (
        lambda world: world.make_secret("by hand"),
        LEFT_OVER,
        "the secrets ",
    ),
    "second application": (
        lambda world: world.add("applications", displayName="another"),
        LEFT_OVER,
        "2 x application",
    ),
    "soft-deleted application": (
        lambda world: world.add("applications", deletedDateTime="2026-01-01T00:00:00Z"),
        LEFT_OVER,
        "1 x deleted application",
    ),
    "no application": (
        lambda world: world.delete("applications", world.view.app),
        LOST,
        "0 x application",
    ),
    "second service principal": (
        lambda world: world.add("servicePrincipals", appId=NOBODY),
        LEFT_OVER,
        "2 x service principal",
    ),
    "no service principal": (
        lambda world: world.delete("servicePrincipals", principal_of(world)),
        LOST,
        "0 x service principal",
    ),
    "two grants": (another_grant, LEFT_OVER, "2 x permission grant"),
    "no grant": (
        lambda world: world.delete("oauth2PermissionGrants", world.view.grants[0]),
        LOST,
        "0 x permission grant",
    ),
    "role assignment": (an_assignment, LEFT_OVER, "1 x role assignment"),
    "second profile": (
        lambda world: world.add("profiles", **PROFILE),
        LEFT_OVER,
        "2 x connector profile",
    ),
    "no profile": (
        lambda world: world.delete("profiles", world.view.profile),
        LOST,
        "0 x connector profile",
    ),
    "dead secret": (
        lambda world: world.sandbox.edit(
            kind="passwords", app=world.view.app["id"], key_id=world.held, delete=True
        ),
        LOST,
        "the profile holds no live secret",
    ),
    "other secret in the profile": (
        lambda world: world.profile(setup_information={"clientSecret": "somebody-s"}),
        LOST,
        "the profile holds no live secret",
    ),
    "other client id in the profile": (
        lambda world: world.profile(setup_information={"clientId": NOBODY}),
        WRONG,
        "profile's client id",
    ),
    "scopes in the profile": (
        lambda world: world.profile(setup_information={"scopes": SCOPES[0]}),
        WRONG,
        "profile's scopes",
    ),
    "actions of the profile": (
        lambda world: world.profile(actions=[]),
        WRONG,
        "profile's actions",
    ),
    "profile inactive": (lambda world: world.profile(active=False), WRONG, "profile's activity"),
    "profile renamed": (lambda world: world.profile(name="Other"), WRONG, "profile's name"),
    "profile edited": (
        lambda world: world.profile(),
        WRONG,
        "the profile was written after the ledger",
    ),
    "unique name": (lambda world: world.app(uniqueName="other"), WRONG, "unique name"),
    "redirect URI": (
        lambda world: world.app(web={**world.view.app["web"], "redirectUris": [OTHER_URI]}),
        WRONG,
        "redirect URIs",
    ),
    "permissions": (lambda world: world.app(requiredResourceAccess=[]), WRONG, "permissions"),
    "more scopes granted": (
        lambda world: world.grant(scope=" ".join([*SCOPES, "vso.code"])),
        WRONG,
        "grant's scopes",
    ),
    "fewer scopes granted": (lambda world: world.grant(scope=SCOPES[0]), WRONG, "grant's scopes"),
    "granted to one user": (
        lambda world: world.grant(consentType="Principal", principalId=NOBODY),
        WRONG,
        "grant's kind",
    ),
    "granted for another API": (
        lambda world: world.grant(resourceId=NOBODY),
        WRONG,
        "grant's API",
    ),
    "no ledger": (lambda world: world.app(tags=[]), WRONG, "the ledger does not know the secret"),
    "other recipient": (
        lambda world: world.rewrite_ledger(recipient="other"),
        WRONG,
        "the ledger names another recipient",
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_what_is_wrong_in_the_end_is_reported(stage: Stage, name: str) -> None:
    act, sort, text = BREAKS[name]
    act(Breaker(stage))
    found = invariants.onboarded(stage.sandbox)
    assert [item for item in found if item.sort == sort and item.text.startswith(text)], found


def test_a_profile_that_holds_a_dead_secret_now_is_reported(stage: Stage) -> None:
    breaker = Breaker(stage)
    breaker.profile(setup_information={"clientSecret": "somebody-s"})
    profile = breaker.view.profile["id"]
    assert invariants.instant(stage.sandbox) == [
        Problem(LOST, f"the profile {profile} holds no live secret")
    ]


def test_a_secret_that_was_dead_for_one_instant_is_reported(stage: Stage) -> None:
    """Removed over the wire, and handed over anew by the next run: all is well in the end."""
    breaker = Breaker(stage)
    breaker.remove_secret(breaker.held)
    assert stage.act("main").code == 0
    assert invariants.onboarded(stage.sandbox) == []
    (problem,) = invariants.instant(stage.sandbox)
    assert (problem.sort, problem.text.split(":")[0]) == (LOST, "dead_secret")


def test_a_request_off_its_contract_is_reported(stage: Stage) -> None:
    environment = stage.sandbox.env()
    requests.post(
        f"{stage.sandbox.stackone_url}/connector_profiles",
        json={"nonsense": 1},
        auth=(environment["STACKONE_API_KEY"], ""),
        verify=stage.sandbox.ca_path,
        timeout=20,
    )
    (problem,) = invariants.instant(stage.sandbox)
    assert (problem.sort, problem.text.split(":")[0]) == (WRONG, "contract")


OFFBOARDED: dict[str, tuple[Break, str, str]] = {
    "application": (
        lambda world: world.add("applications", displayName="another"),
        LEFT_OVER,
        "1 x application",
    ),
    "profile": (
        lambda world: world.add("profiles", **PROFILE),
        LEFT_OVER,
        "1 x connector profile",
    ),
    "principal": (
        lambda world: world.add("servicePrincipals", appId=NOBODY),
        LEFT_OVER,
        "1 x service principal",
    ),
    "grant": (
        lambda world: world.add(
            "oauth2PermissionGrants", clientId=NOBODY, resourceId=AZURE_DEVOPS, scope=SCOPES[0]
        ),
        LEFT_OVER,
        "1 x permission grant",
    ),
}


@pytest.mark.parametrize("name", OFFBOARDED)
def test_what_is_left_of_an_offboarded_connector_is_reported(stage: Stage, name: str) -> None:
    assert stage.act("offboard").code == 0
    assert invariants.offboarded(stage.sandbox) == []
    act, sort, text = OFFBOARDED[name]
    act(Breaker(stage))
    assert Problem(sort, text) in invariants.offboarded(stage.sandbox)


def test_a_secret_of_a_deleted_application_is_reported(stage: Stage) -> None:
    """Restoring the application would bring it back to life."""
    breaker = Breaker(stage)
    breaker.delete("profiles", breaker.view.profile)
    breaker.app(deletedDateTime="2026-01-01T00:00:00Z")
    assert Problem(LEFT_OVER, "1 x client secret") in invariants.offboarded(stage.sandbox)
    assert Problem(LEFT_OVER, "1 x permission grant") in invariants.offboarded(stage.sandbox)


def test_an_application_that_is_gone_for_good_is_reported(stage: Stage) -> None:
    assert stage.act("offboard", offboard_purge=True).code == 0
    assert invariants.offboarded(stage.sandbox) == [Problem(LOST, "0 x deleted application")]


# -- what a failed run says


def test_what_a_run_says_of_its_secret_is_compared_with_the_truth(stage: Stage) -> None:
    breaker = Breaker(stage)
    alive, gone = breaker.held, NOBODY
    true = f"The new secret {gone} was revoked; nothing is left over."
    assert invariants.told_truly(true, stage.sandbox) == []
    for false in (
        f"The new secret {alive} was revoked; nothing is left over.",
        f"The new secret {gone} could not be revoked or may have arrived",
    ):
        (problem,) = invariants.told_truly(false, stage.sandbox)
        assert problem.sort == WRONG


def test_a_secret_left_alive_without_a_word_is_reported(stage: Stage) -> None:
    orphan = Breaker(stage).make_secret("StackOne connector profile")
    (unsaid,) = invariants.told_truly("It failed.", stage.sandbox)
    assert orphan in unsaid.text
    assert len(invariants.told_truly("nothing is left over", stage.sandbox)) == 2
    assert invariants.told_truly(f"The secret {orphan} stays.", stage.sandbox) == []
    assert invariants.told_truly("It failed.", stage.sandbox, alone=False) == []


@pytest.mark.parametrize(
    ("message", "output", "problem"),
    [
        ("Request failed: GET /v1.0/applications answered 500", "", None),
        ("Something went wrong", "", "not a clear message"),
        ("GET /x: Something unexpected happened", "", "unexpected"),
        ("GET /x answered 500", "Traceback (most recent call last):", "a traceback"),
        ("GET /x answered 500", "connector : ok=1 changed=0 failed=2", "2 failures"),
    ],
)
def test_a_failure_must_be_clear(message: str, output: str, problem: str | None) -> None:
    found = list(trial.failed_clearly(Outcome(2, 0, message, output)))
    assert [item.text.startswith(problem or "") for item in found] == [True] * bool(problem)


def test_a_run_that_still_changes_something_is_reported(stage: Stage) -> None:
    process = PROCESSES["onboard"].by(here=True)
    assert list(trial.settled(process, stage, "the third run", "main")) == []
    breaker = Breaker(stage)
    breaker.app(web={**breaker.view.app["web"], "redirectUris": []})
    (problem,) = trial.settled(process, stage, "the third run", "main")
    assert "sent PATCH /v1.0/applications/" in problem.text


# -- secrets that got out

WRITTEN: dict[str, Callable[[str], str]] = {
    "raw": str,
    "URL-encoded": quote,
    "URL-encoded whole": lambda secret: quote(secret, safe=""),
    "URL-encoded as a form": quote_plus,
    "URL-encoded in small letters": lambda secret: re.sub(
        "%..", lambda escape: escape.group().lower(), quote(secret, safe="")
    ),
    "JSON": json.dumps,
    "JSON without ASCII": lambda secret: json.dumps({"key": f"a {secret} b"}, ensure_ascii=False),
    "repr": repr,
    "HTML": html.escape,
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "base64 of basic credentials": lambda secret: base64.b64encode(
        f"client:{secret}".encode()
    ).decode(),
    "base64 in the midst": lambda secret: base64.b64encode(f"ab{secret}cd".encode()).decode(),
    "base64 for URLs": lambda secret: base64.urlsafe_b64encode(f"x{secret}yz".encode()).decode(),
}


@pytest.fixture
def secrets(running: Stage) -> Secrets:
    known = Secrets(running.sandbox)
    known.learn([SECRET])
    return known


@pytest.mark.parametrize("name", WRITTEN)
def test_a_secret_in_a_file_is_reported(secrets: Secrets, tmp_path: Path, name: str) -> None:
    path = tmp_path / "deep" / "down" / "01.output"
    path.parent.mkdir(parents=True)
    path.write_text("nothing", "utf-8")
    assert invariants.leaked(secrets, tmp_path, []) == []
    path.write_bytes(b"\x00\xff before " + WRITTEN[name](SECRET).encode() + b" after \xfe")
    assert invariants.leaked(secrets, tmp_path, []) == [
        Problem(WRONG, "a secret in deep/down/01.output")
    ]


def test_a_secret_in_the_name_of_a_file_is_reported(secrets: Secrets, tmp_path: Path) -> None:
    (tmp_path / quote(SECRET, safe="")).touch()
    assert Problem(WRONG, "a secret in the name of a file") in invariants.leaked(
        secrets, tmp_path, []
    )


@pytest.mark.parametrize("name", WRITTEN)
def test_a_secret_in_a_url_is_reported(secrets: Secrets, tmp_path: Path, name: str) -> None:
    written = WRITTEN[name](SECRET)
    clean = {"index": 0, "path": "/applications", "query": {"$select": "id"}}
    in_path = {"index": 1, "path": f"/applications/{written}", "query": {}}
    in_query = {"index": 2, "path": "/applications", "query": {"$filter": f"x eq '{written}'"}}
    assert invariants.leaked(secrets, tmp_path, [clean, in_path, in_query]) == [
        Problem(WRONG, "a secret in the URL of request 1"),
        Problem(WRONG, "a secret in the URL of request 2"),
    ]


def test_all_secrets_of_a_run_are_known(stage: Stage) -> None:
    """Those that the run was given, those it was answered, and those that got lost on the way."""
    environment = stage.sandbox.env()
    app = View(stage.sandbox).app
    held = View(stage.sandbox).profile["setup_information"]["clientSecret"]
    assert held.startswith(AWKWARD)
    known = set(stage.secrets.known)
    assert {environment["AZURE_CLIENT_SECRET"], environment["STACKONE_API_KEY"], held} <= known
    assert set(app["_secrets"].values()) <= known
    tokens = [
        item["answer"].get("access_token")
        for item in stage.sandbox.requests()
        if item["service"] == "login" and item["method"] == "POST"
    ]
    assert tokens and set(tokens) <= known


# -- the suite's own books


def test_the_table_counts_each_sort() -> None:
    lost, left, wrong = (Problem(sort, "") for sort in (LOST, LEFT_OVER, WRONG))
    verdicts = [
        Verdict("a:1", "a", [], 1.0),
        Verdict("a:2", "a", [lost, lost, wrong], 1.0),
        Verdict("a:3", "a", [left], 1.0),
        Verdict("b:1", "b", [wrong], 2.0),
    ]
    rows = [
        (row.name, row.tried, row.survived, row.lost, row.left_over) for row in pool.rows(verdicts)
    ]
    assert rows == [("a", 3, 1, 1, 1), ("b", 1, 0, 0, 0), ("all", 4, 1, 1, 1)]


def test_a_trial_that_breaks_is_not_survived(running: Stage) -> None:
    class Broken:
        group = "broken"

        def run(self, stage: Stage) -> Iterator[Problem]:
            raise RuntimeError("out of order")

    (problem,) = trial.judge(Broken(), running).problems
    assert problem == Problem(WRONG, "RuntimeError: out of order")


def test_each_trial_is_found_by_its_name() -> None:
    journal = [{"index": index, "mutating": index % 2 == 0} for index in range(4)]
    trials = [
        *catalogue.faults(dict.fromkeys(PROCESSES, journal), twice=True),
        *catalogue.lags(),
        *catalogue.throttles(),
        *catalogue.together(10),
    ]
    assert [catalogue.parse(str(each)) for each in trials] == trials
    assert len({str(each) for each in trials}) == len(trials)
    for name in ("onboard", "onboard:x:cut", "onboard:1:none", "lag:onboard", "nobody:1:cut"):
        with pytest.raises(ValueError, match="is no trial"):
            catalogue.parse(name)


def test_no_request_and_no_fault_is_left_out() -> None:
    """Of what is played, each request meets each fault; twice, also those that look the same."""
    journal = [{"index": 0, "mutating": True}, {"index": 1, "mutating": False}]
    names = [str(each) for each in catalogue.faults({"rotate": journal})]
    every = [str(each) for each in catalogue.faults({"rotate": journal}, twice=True)]
    faults = set(catalogue.FAULTS)
    assert names[: len(faults)] == [f"rotate:0:{fault}" for fault in catalogue.FAULTS]
    alike = {name for name in faults if catalogue.FAULTS[name].like}
    assert {name.split(":")[2] for name in names[len(faults) :]} == faults - alike
    assert every == [f"rotate:{index}:{fault}" for index in (0, 1) for fault in catalogue.FAULTS]
    forked = catalogue.faults({"rotate": journal}, here=True)
    assert [str(each) for each in forked] == [f"{name}:here" for name in names]
