# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run left undone or did wrong, read off the sandbox's state, its journal and the output."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bench.contenders import APP, LIFETIME_DAYS, REDIRECT_URI, SCOPES, SECRET

Record = Mapping[str, Any]
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Aftermath:
    """All that can be seen after a run: exit status, output, requests, state."""

    status: int
    output: str
    requests: Sequence[Record]
    state: Record

    @property
    def apps(self) -> list[Record]:
        return [
            app
            for app in self.state["applications"]
            if app["displayName"] == APP and not app["deletedDateTime"]
        ]

    @property
    def secrets(self) -> list[str]:
        return [text for app in self.apps for text in app["_secrets"].values()]

    @property
    def writes(self) -> list[Record]:
        return [each for each in self.requests if each["mutating"] and each["status"] < 400]

    def principal_of(self, app: Record) -> Record | None:
        found = (
            each
            for each in self.state["servicePrincipals"]
            if each["appId"] == app["appId"] and not each["deletedDateTime"]
        )
        return next(found, None)

    def scopes_granted(self, principal: Record) -> set[str]:
        return {
            scope
            for grant in self.state["oauth2PermissionGrants"]
            if grant["clientId"] == principal["id"] and grant["consentType"] == "AllPrincipals"
            for scope in grant["scope"].split()
        }

    def scopes_asked(self, app: Record) -> list[str]:
        names = {
            scope["id"]: scope["value"]
            for each in self.state["servicePrincipals"]
            for scope in each["oauth2PermissionScopes"]
        }
        return [
            names.get(access["id"], access["id"])
            for api in app["requiredResourceAccess"]
            for access in api["resourceAccess"]
        ]


def undone(after: Aftermath) -> list[str]:
    """What a first run left undone, did otherwise than it was asked, or gave away."""
    if not after.apps:
        return [*_stopped(after), "no application"]
    app = after.apps[-1]
    return [
        *_stopped(after),
        *_survey(after),
        *_application(after, app),
        *_consent(after, app),
        *_secret(after, app),
        *_profile(after, app),
    ]


def _stopped(after: Aftermath) -> Iterator[str]:
    if after.status:
        yield f"stops with exit code {after.status} ({_complaint(after.output)})"


def _complaint(output: str) -> str:
    """The line that says what went wrong, without what differs from run to run."""
    lines = output.strip().splitlines() or ["without a word"]
    found = next((line for line in lines if "error" in line.lower()), lines[-1])
    return ID.sub("…", found.strip())


def _survey(after: Aftermath) -> Iterator[str]:
    if any(
        each["method"] == "GET"
        and each["path"].endswith("/servicePrincipals")
        and "$filter" not in each["query"]
        for each in after.requests
    ):
        yield "reads every service principal of the tenant, here a handful on one page"


def _application(after: Aftermath, app: Record) -> Iterator[str]:
    if app["web"]["redirectUris"] != [REDIRECT_URI]:
        yield "redirect URI not set"
    if app["signInAudience"] != "AzureADMultipleOrgs":
        yield "not multitenant"
    asked = after.scopes_asked(app)
    if set(asked) != set(SCOPES):
        yield f"asks for {' '.join(asked) or 'no permission'}"
    if len(asked) > len(set(asked)):
        yield "asks for the same permission twice"


def _consent(after: Aftermath, app: Record) -> Iterator[str]:
    principal = after.principal_of(app)
    if principal is None:
        yield "no service principal"
    elif missing := set(SCOPES) - after.scopes_granted(principal):
        yield "no consent" if missing == set(SCOPES) else f"no consent for {' '.join(missing)}"


def _secret(after: Aftermath, app: Record) -> Iterator[str]:
    if not app["passwordCredentials"]:
        yield "no secret"
        return
    made = app["passwordCredentials"][-1]
    days = (_when(made["endDateTime"]) - _when(made["startDateTime"])).days
    if not made["displayName"].startswith(SECRET):
        yield f"the secret is named {made['displayName']!r}"
    if abs(days - LIFETIME_DAYS) > 1:
        yield f"the secret lives {days} days, not {LIFETIME_DAYS}"
    if any(text in after.output for text in after.secrets):
        yield "the secret stands in the output"
    elif not any(each["setup_information"].get("clientSecret") for each in after.state["profiles"]):
        yield "nobody was given the secret"
    if not any(_is_sign_in(each, app) for each in after.requests):
        yield "no proof that the secret works"


def _is_sign_in(request: Record, app: Record) -> bool:
    wanted = (request["service"], request["status"]) == ("login", 200)
    return wanted and (request["body"] or {}).get("client_id") == app["appId"]


def _profile(after: Aftermath, app: Record) -> Iterator[str]:
    held = [each["setup_information"] for each in after.state["profiles"]]
    if not held:
        yield "no connector profile"
    elif not any(
        each.get("clientId") == app["appId"] and each.get("clientSecret") in after.secrets
        for each in held
    ):
        yield "the connector profile holds no secret of the application"


def repeated(first: Aftermath, again: Aftermath) -> list[str]:
    """What the same commands did a second time, where there was nothing to do."""
    return [
        *_stopped(again),
        *_more(len(first.apps), len(again.apps), "application"),
        *_more(len(first.secrets), len(again.secrets), "secret"),
        *_lost(first, again),
        *_doubled(again),
        *([f"{len(again.writes)} writes"] if again.writes else ["changes nothing"]),
    ]


def _more(before: int, after: int, what: str) -> Iterator[str]:
    if after > before:
        yield f"{after - before} more {what}{'s' if after - before > 1 else ''}"


def _lost(first: Aftermath, again: Aftermath) -> Iterator[str]:
    if not set(first.secrets) <= set(again.secrets):
        yield "the earlier secret is gone"
    if any(
        each["method"] == "DELETE" and "permissiongrants" in each["path"].lower()
        for each in again.writes
    ):
        yield "consent taken away for a moment, and granted anew"


def _doubled(again: Aftermath) -> Iterator[str]:
    if any(len(asked) > len(set(asked)) for asked in map(again.scopes_asked, again.apps)):
        yield "the same permission twice"


def _when(text: str) -> datetime:
    """To the second: Graph writes seven digits after the point."""
    return datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")
