# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""StackOne's platform API, the part that onboarding a connector needs."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable
from typing import Any

from ..clock import Clock, iso
from ..messages import Answer, Request
from ..options import Options
from ..quota import Quota
from .catalogue import Catalogue
from .errors import StackOneError, render
from .profiles import Profiles, shown

Handler = Callable[[Request], Answer]
PROFILES = "/connector_profiles"
PROFILE = "/connector_profiles/{id}"


class StackOne:
    """Answers what comes below /stackone."""

    def __init__(self, clock: Clock, options: Options, api_key: str, catalogue: Catalogue) -> None:
        self._clock = clock
        self._options = options
        self._api_key = api_key
        self._quota = Quota(clock)
        self._catalogue = catalogue
        self.profiles = Profiles(clock, options, catalogue)
        self.accounts: dict[str, dict[str, Any]] = {}
        self.sessions: list[dict[str, Any]] = []
        self._routes: dict[tuple[str, str], Handler] = {
            ("GET", PROFILES): self._list_profiles,
            ("GET", "/auth_configs"): self._list_profiles,
            ("POST", PROFILES): self._create_profile,
            ("GET", PROFILE): self._read_profile,
            ("PATCH", PROFILE): self._change_profile,
            ("DELETE", PROFILE): self._delete_profile,
            ("GET", f"{PROFILE}/versions"): self._versions,
            ("GET", f"{PROFILE}/pinned_version"): self._read_pin,
            ("PUT", f"{PROFILE}/pinned_version"): self._set_pin,
            ("DELETE", f"{PROFILE}/pinned_version"): self._remove_pin,
            ("GET", "/actions"): catalogue.answer,
            ("GET", "/accounts"): self._list_accounts,
            ("POST", "/connect_sessions"): self._connect_session,
        }

    def handle(self, request: Request) -> Answer:
        try:
            self._admit(request)
            assert request.operation is not None  # _admit refuses what is no operation
            return self._routes[request.method, request.operation.template](request)
        except StackOneError as error:
            return render(error, self._clock)

    def error(self, status: int, message: str = "") -> Answer:
        """An error that a fault rule or the pipeline asks for."""
        return render(StackOneError(status, message), self._clock)

    # -- before any work

    def _admit(self, request: Request) -> None:
        if not request.headers.get("user-agent"):
            raise StackOneError(403, "Forbidden: a User-Agent is required")
        if _api_key(request) != self._api_key:
            raise StackOneError(401)
        wait = self._quota.seconds_to_wait(
            self._api_key, self._options.stackone_limit, self._options.stackone_window
        )
        if wait:
            raise StackOneError(429, headers={"Retry-After": str(wait)})
        if request.operation is None:
            method_is_wrong = any(problem.startswith("method") for problem in request.problems)
            raise StackOneError(
                405 if method_is_wrong else 404, f"Cannot {request.method} {request.path}"
            )
        self._check_evidence(request)
        if request.problems:
            raise StackOneError(400, "; ".join(request.problems))

    def _check_evidence(self, request: Request) -> None:
        """A real server may lack what is not documented; an older one has the older name only."""
        assert request.operation is not None
        if self._options.profiles_path == "auth_configs" and request.path.startswith(PROFILES):
            raise StackOneError(404, f"Cannot {request.method} {request.path}")
        if request.operation.evidence == "assumed" and self._options.profile_writes != "ok":
            raise StackOneError(
                int(self._options.profile_writes), f"Cannot {request.method} {request.path}"
            )

    # -- profiles

    def _list_profiles(self, request: Request) -> Answer:
        found = self.profiles.matching(
            request.query.get("connector_key"), request.query.get("enabled")
        )
        page, size = int(request.query.get("page", "1")), int(request.query.get("page_size", "25"))
        data = found[(page - 1) * size : page * size]
        return Answer(200, {"page": page, "page_size": size, "total": len(found), "data": data})

    def _create_profile(self, request: Request) -> Answer:
        return Answer(201, shown(self.profiles.create(request.body)))

    def _read_profile(self, request: Request) -> Answer:
        return Answer(200, shown(self.profiles.get(_id(request))))

    def _change_profile(self, request: Request) -> Answer:
        return Answer(200, shown(self.profiles.change(_id(request), request.body)))

    def _delete_profile(self, request: Request) -> Answer:
        self.profiles.delete(_id(request))
        return Answer(204)

    def _versions(self, request: Request) -> Answer:
        versions: Any = self.profiles.versions(_id(request))
        return Answer(200, {"data": versions} if self._options.versions_wrapped else versions)

    def _read_pin(self, request: Request) -> Answer:
        return Answer(200, self.profiles.pin(_id(request)))

    def _set_pin(self, request: Request) -> Answer:
        body = request.body
        return Answer(
            200, self.profiles.set_pin(_id(request), body["pinned_version"], body.get("owner"))
        )

    def _remove_pin(self, request: Request) -> Answer:
        self.profiles.remove_pin(_id(request))
        return Answer(204)

    # -- linked accounts and connect sessions

    def _list_accounts(self, request: Request) -> Answer:
        query = request.query
        providers = [word for word in query.get("providers", "").split(",") if word]
        found = [
            account
            for account in self.accounts.values()
            if query.get("origin_owner_id") in (None, account["origin_owner_id"])
            and query.get("status") in (None, account["status"])
            and (not providers or account["provider"] in providers)
        ]
        page, size = int(query.get("page", "1")), int(query.get("page_size", "25"))
        data: Any = found[(page - 1) * size : page * size]
        return Answer(200, {"data": data} if self._options.accounts_wrapped else data)

    def _connect_session(self, request: Request) -> Answer:
        body = request.body
        if body.get("integration_id"):
            self.profiles.get(body["integration_id"])
        if body.get("provider"):
            self._catalogue.connector(body["provider"])
        token = secrets.token_urlsafe(48)
        session = {
            "id": 1000 + len(self.sessions),
            "organization_id": "100000",
            "project_id": "sandbox-project",
            "origin_owner_id": body["origin_owner_id"],
            "origin_owner_name": body["origin_owner_name"],
            "token": token,
            "auth_link_url": f"{request.root}/embedded/accounts/start/{token}",
            "integration_id": body.get("integration_id"),
            "created_at": iso(self._clock.now(), "milliseconds"),
        }
        self.sessions.append({**session, "request": body})
        return Answer(self._options.connect_session_status, session)

    def dump(self) -> dict[str, Any]:
        """Everything as it truly is, what profiles hold included."""
        profiles = [
            {
                **shown(each),
                "setup_information": dict(each["_setup_information"]),
                "actions": each["_actions"],
                "pin": each["_pin"],
            }
            for each in self.profiles.by_id.values()
        ]
        return {
            "profiles": profiles,
            "accounts": list(self.accounts.values()),
            "connect_sessions": self.sessions,
        }


def _id(request: Request) -> str:
    return request.parameters["id"]


def _api_key(request: Request) -> str | None:
    """The key of a basic authorization: the user name, with an empty password."""
    scheme, _unused, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _unused, password = base64.b64decode(encoded).decode().partition(":")
    except (ValueError, binascii.Error):
        return None
    return user if not password else None
