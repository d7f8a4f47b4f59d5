# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold when all is done, and what must be true in between.

A problem is of one of three sorts: something was LOST (a profile without a live secret, an
application, a grant), something is LEFT OVER, or anything else is WRONG.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils import _ledger as ledger
from chaos.stage import ACTIONS, SCOPES
from sandbox.client import Sandbox
from sandbox.clock import parse_iso
from support.facts import AZURE_DEVOPS, CALLBACK, MICROSOFT_GRAPH, UNIQUE_NAME
from support.leaks import Secrets, texts_of

LOST, LEFT_OVER, WRONG = "lost", "left over", "wrong"

Record = dict[str, Any]

_KEY = r"secret ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_MARKED = re.compile(r" \([0-9a-f]{8}\)$")


@dataclass(frozen=True)
class Problem:
    sort: str
    text: str

    def __str__(self) -> str:
        return f"{self.sort}: {self.text}"


class View:
    """The state of a sandbox, and of this suite's connector in it."""

    def __init__(self, sandbox: Sandbox) -> None:
        state = sandbox.state()
        identity = sandbox.info["client_id"]
        known = {identity, AZURE_DEVOPS, MICROSOFT_GRAPH}
        every_app = [item for item in state["applications"] if item["appId"] != identity]
        self.apps = [item for item in every_app if not item["deletedDateTime"]]
        self.deleted_apps = [item for item in every_app if item["deletedDateTime"]]
        self.principals = [
            item
            for item in state["servicePrincipals"]
            if item["appId"] not in known and not item.get("deletedDateTime")
        ]
        self.api = next(
            (item for item in state["servicePrincipals"] if item["appId"] == AZURE_DEVOPS), None
        )
        self.grants: list[Record] = state["oauth2PermissionGrants"]
        self.assignments = [
            item
            for item in state["appRoleAssignments"]
            if item["principalDisplayName"] != "Automation"
        ]
        self.profiles: list[Record] = state["profiles"]

    @property
    def app(self) -> Record:
        (app,) = self.apps
        return app

    @property
    def profile(self) -> Record:
        (profile,) = self.profiles
        return profile

    def secrets(self) -> list[str]:
        """All client secrets there are, those of deleted applications too."""
        return [
            item["keyId"]
            for app in [*self.apps, *self.deleted_apps]
            for item in app["passwordCredentials"]
        ]

    def held(self, profile: Record) -> str | None:
        """The key of the secret that a profile holds, if that is alive."""
        setup = profile["setup_information"]
        for app in self.apps:
            if app["appId"] == setup.get("clientId"):
                for item in app["passwordCredentials"]:
                    text = app["_secrets"].get(item["keyId"])
                    if text is not None and text == setup.get("clientSecret"):
                        return str(item["keyId"])
        return None

    def orphans(self) -> list[str]:
        """Secrets made by a run that no profile holds, and that the ledger does not know."""
        held = {self.held(profile) for profile in self.profiles}
        return [
            item["keyId"]
            for app in self.apps
            for item in app["passwordCredentials"]
            if _MARKED.search(item["displayName"] or "")
            and item["keyId"] not in held
            and item["keyId"] not in {entry.key_id for entry in ledger.read(app["tags"])}
        ]


def instant(sandbox: Sandbox) -> list[Problem]:
    """At any moment: no profile that exists holds a dead secret, nothing was off a contract."""
    view = View(sandbox)
    found = [
        Problem(LOST, f"the profile {profile['id']} holds no live secret")
        for profile in view.profiles
        if view.held(profile) is None
    ]
    for breach in sandbox.violations():
        sort = LOST if breach["kind"] == "dead_secret" else WRONG
        found.append(Problem(sort, f"{breach['kind']}: {breach['problems']}"))
    return found


def onboarded(sandbox: Sandbox) -> list[Problem]:
    """One of each, as asked for; one live secret, which the profile holds."""
    problems = one_of_each(sandbox)
    if problems:
        return problems
    view = View(sandbox)
    return [*_as_asked_for(view), *_secrets(view)]


def one_of_each(sandbox: Sandbox) -> list[Problem]:
    view = View(sandbox)
    return _counted(
        ("application", view.apps, 1),
        ("deleted application", view.deleted_apps, 0),
        ("service principal", view.principals, 1),
        ("permission grant", view.grants, 1),
        ("role assignment", view.assignments, 0),
        ("connector profile", view.profiles, 1),
    )


def _as_asked_for(view: View) -> Iterator[Problem]:
    app, profile = view.app, view.profile
    (principal,), (grant,) = view.principals, view.grants
    held = profile["setup_information"]
    api = view.api or {}
    scope_ids = {item["value"]: item["id"] for item in api.get("oauth2PermissionScopes", ())}
    asked = [{"id": scope_ids.get(name), "type": "Scope"} for name in SCOPES]
    comparisons = (
        ("unique name", app["uniqueName"], UNIQUE_NAME),
        ("redirect URIs", app["web"]["redirectUris"], [CALLBACK]),
        (
            "permissions",
            app["requiredResourceAccess"],
            [{"resourceAppId": AZURE_DEVOPS, "resourceAccess": asked}],
        ),
        ("principal's application", principal["appId"], app["appId"]),
        ("grant's client", grant["clientId"], principal["id"]),
        ("grant's API", grant["resourceId"], api.get("id")),
        ("grant's kind", (grant["consentType"], grant["principalId"]), ("AllPrincipals", None)),
        ("grant's scopes", sorted(grant["scope"].split()), SCOPES),
        ("profile's name", profile["name"], "Azure DevOps"),
        ("profile's activity", profile["active"], True),
        ("profile's client id", held.get("clientId"), app["appId"]),
        ("profile's scopes", sorted(held.get("scopes", "").split()), SCOPES),
        ("profile's actions", sorted(profile["actions"] or ()), sorted(ACTIONS)),
    )
    for what, have, wanted in comparisons:
        if have != wanted:
            yield Problem(WRONG, f"{what}: {have!r} instead of {wanted!r}")


def _secrets(view: View) -> Iterator[Problem]:
    app, profile = view.app, view.profile
    held = view.held(profile)
    if held is None:
        yield Problem(LOST, "the profile holds no live secret")
        return
    others = [key for key in view.secrets() if key != held]
    if others:
        yield Problem(LEFT_OVER, f"the secrets {', '.join(others)}")
    entries = {entry.key_id: entry for entry in ledger.read(app["tags"])}
    if held not in entries:
        yield Problem(WRONG, "the ledger does not know the secret in the profile")
    elif entries[held].recipient != profile["id"]:
        yield Problem(WRONG, "the ledger names another recipient")
    elif parse_iso(entries[held].updated_at) != parse_iso(profile["updated_at"]):
        yield Problem(WRONG, "the profile was written after the ledger")


def offboarded(sandbox: Sandbox) -> list[Problem]:
    """Nothing but the soft-deleted application, and that without a secret."""
    view = View(sandbox)
    return _counted(
        ("application", view.apps, 0),
        ("service principal", view.principals, 0),
        ("permission grant", view.grants, 0),
        ("role assignment", view.assignments, 0),
        ("connector profile", view.profiles, 0),
        ("client secret", view.secrets(), 0),
        ("deleted application", view.deleted_apps, 1),
    )


def _counted(*counts: tuple[str, Sequence[Any], int]) -> list[Problem]:
    return [
        Problem(LOST if len(items) < wanted else LEFT_OVER, f"{len(items)} x {what}")
        for what, items, wanted in counts
        if len(items) != wanted
    ]


def told_truly(message: str, sandbox: Sandbox, *, alone: bool = True) -> list[Problem]:
    """What a failed run says about its secret is so, and it says it where one is left.

    ``alone``: no other run was there, which could have left one.
    """
    view = View(sandbox)
    alive = set(view.secrets())
    found = []
    for key in re.findall(_KEY + " was revoked", message):
        if key in alive:
            found.append(Problem(WRONG, f"said to be revoked, but alive: {key}"))
    for key in re.findall(_KEY + " could not be revoked or may have arrived", message):
        if key not in alive:
            found.append(Problem(WRONG, f"said to stay alive, but gone: {key}"))
    orphans = view.orphans() if alone else []
    if orphans and "nothing is left over" in message:
        found.append(Problem(WRONG, f"said that nothing is left over, but there is {orphans}"))
    unsaid = [key for key in orphans if key not in message]
    if unsaid:
        found.append(Problem(WRONG, f"left alive without a word: {unsaid}"))
    return found


def leaked(secrets: Secrets, folder: Path, journal: Iterable[Record]) -> list[Problem]:
    """Secrets in a file below the folder, whose files hold all output too, or in a URL."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and secrets.found_in(path.read_text("utf-8", "replace")):
            found.append(Problem(WRONG, f"a secret in {path.relative_to(folder)}"))
        if secrets.found_in(path.name):
            found.append(Problem(WRONG, "a secret in the name of a file"))
    for entry in journal:
        if secrets.found_in(entry["path"], *texts_of(entry["query"])):
            found.append(Problem(WRONG, f"a secret in the URL of request {entry['index']}"))
    return found
