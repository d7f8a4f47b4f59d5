# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""StackOne's API: what its public reference documents. What is assumed is in _stackone_assumed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils._errors import (
    ConfigurationError,
    HttpError,
    sentence,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._exchange import (
    Pages,
    Request,
    Response,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._transport import (
    Transport,
)

Record = dict[str, Any]

_PAGE_SIZE = 100


class StackOne:
    """A client for one project: the one that the API key belongs to."""

    def __init__(self, transport: Transport, base_url: str, api_key: str) -> None:
        if not api_key:
            raise ConfigurationError(
                "No StackOne API key is configured",
                hint="Set api_key on the task or STACKONE_API_KEY in the environment.",
                missing=["api_key"],
            )
        self._transport = transport
        self._base = base_url.rstrip("/")
        self._auth = (api_key, "")

    def profiles(self, connector_key: str | None = None) -> list[Record]:
        """GET /connector_profiles, all pages; older servers know it as /auth_configs.

        A read gives no client id, secret, scopes or actions.
        """
        params = {"connector_key": connector_key} if connector_key else {}
        try:
            return self._pages("connector_profiles", params)
        except HttpError as error:
            if error.status != 404:
                raise
            return self._pages("auth_configs", params)

    def actions(self, params: Mapping[str, str]) -> list[Record]:
        """GET /actions: connectors with their authentication types, scopes and actions."""
        found: list[Record] = []
        pages = Pages()
        query = dict(params)
        while True:
            page = self.call("GET", "actions", params=query)
            found += page["data"]
            if not page.get("next"):
                return found
            pages.turn_to(f"{self._base}/actions?next={page['next']}")
            query["next"] = page["next"]

    def accounts(self, params: Mapping[str, str]) -> list[Record]:
        """GET /accounts: a bare array in one of the vendor's references, wrapped in the other."""
        return self._pages("accounts", params)

    def set_pin(self, profile_id: str, version: str) -> None:
        self.call(
            "PUT",
            f"connector_profiles/{profile_id}/pinned_version",
            json={"pinned_version": version},
        )

    def remove_pin(self, profile_id: str) -> None:
        self.call("DELETE", f"connector_profiles/{profile_id}/pinned_version")

    def connect_session(self, body: Record) -> Record:
        """POST /connect_sessions; its token and auth_link_url are secrets."""
        return self.call("POST", "connect_sessions", json=body)

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
    ) -> Any:
        """The body of a success. Raises HttpError for any other status."""
        response = self._transport.send(
            Request(method, f"{self._base}/{path}", params, json=json, auth=self._auth)
        )
        if 200 <= response.status < 300:
            return response.body
        raise _error(response)

    def _pages(self, path: str, params: Mapping[str, str]) -> list[Record]:
        # By id: a list that grows meanwhile gives the end of one page again on the next.
        records: dict[str, Record] = {}
        pages = Pages()
        page = 1
        while True:
            pages.turn_to(f"{self._base}/{path}?page={page}")
            answer = self.call(
                "GET", path, params={**params, "page": page, "page_size": _PAGE_SIZE}
            )
            items = answer if isinstance(answer, list) else answer["data"]
            known = len(records)
            records.update((item["id"], item) for item in items)
            total = None if isinstance(answer, list) else answer.get("total")
            # A server may give smaller pages than it was asked for: the total decides, if known.
            done = len(records) >= total if total is not None else len(items) < _PAGE_SIZE
            # A page without anything new is empty, or the server does not page.
            if done or len(records) == known:
                return list(records.values())
            page += 1


def _error(response: Response) -> HttpError:
    body = response.body if isinstance(response.body, dict) else {}
    request = response.request
    said = str(body.get("message") or "")
    why, hint = _KNOWN_STATUSES.get(response.status, ("", ""))
    return response.error(
        f"{request.method} {request.path} answered {response.status}",
        " ".join(part for part in (said and sentence(said), why) if part),
        hint,
        service_message=said,
    )


_KNOWN_STATUSES = {
    401: (
        "StackOne refused the API key.",
        "Check api_key (STACKONE_API_KEY): the whole key, v1.<region>.…, of the right project.",
    ),
    403: (
        "The API key may not do this.",
        "Give it the scopes for connector profiles in StackOne's dashboard.",
    ),
    409: ("It exists already.", ""),
    429: (
        "StackOne throttles this key (1000 requests a minute).",
        "Raise wait_timeout, or run fewer hosts at once.",
    ),
    500: ("StackOne failed.", "Run again later; if that stays, ask StackOne's support."),
    502: ("StackOne failed.", "Run again later; if that stays, ask StackOne's support."),
    503: ("StackOne is busy.", "Run again later: what was done stays done."),
    504: ("StackOne took too long.", "Run again later: what was done stays done."),
}
