# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Client secrets of an application: naming, making, proving and removing them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils._clock import (
    Deadline,
    format_time,
    parse_time,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._errors import (
    HttpError,
    SignInError,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._graph import (
    Graph,
    Record,
    is_lagging,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._retry import Replay, backoff
from ansible_collections.stackone.onboarding.plugins.module_utils._signin import (
    Identity,
    with_client_secret,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._signin_http import SignInHttp
from ansible_collections.stackone.onboarding.plugins.module_utils._wait import (
    retry_while,
    wait_until,
)

# A mark has a letter, so that a date is none.
_MARK = re.compile(r"(?P<name>.*) \((?P<mark>(?=[0-9]*[a-f])[0-9a-f]{8})\)", re.DOTALL)

_TRIES = 4

# What the token endpoint says while it does not know a fresh secret, application or service
# principal yet: 4 to 18 s as observed (microsoft-graph-docs#17966).
_NOT_YET = {"AADSTS7000215", "AADSTS700016", "AADSTS7000229"}


@dataclass(frozen=True)
class Credential:
    """A client secret as a read shows it.

    ``name`` is what the user called it; ``mark`` tells the run that asked for it, empty for a
    secret that was not made here.
    """

    key_id: str
    name: str
    mark: str
    hint: str | None
    start: datetime
    end: datetime

    def is_live(self, now: datetime) -> bool:
        return self.start <= now < self.end or self.start > now

    def public(self, confirmed: bool, recipient: str) -> dict[str, Any]:
        """``secret`` as results show it."""
        return {
            "key_id": self.key_id,
            "display_name": self.name,
            "hint": self.hint,
            "start_date_time": format_time(self.start),
            "end_date_time": format_time(self.end),
            "confirmed": confirmed,
            "recipient": recipient,
        }


def credentials_of(application: Record) -> list[Credential]:
    return [_credential(item) for item in application.get("passwordCredentials") or ()]


def make(
    graph: Graph, object_id: str, name: str, end: datetime, deadline: Deadline
) -> tuple[Credential, str]:
    """A new secret and its text, which Entra shows only here.

    The run marks it in its display name: after a lost answer the run's own key, whose text
    nobody has, is removed, and one more is made. Least privilege: Application.ReadWrite.OwnedBy.
    """
    mark = secrets.choice("abcdef") + secrets.token_hex(4)[1:]
    body = {
        "passwordCredential": {
            "displayName": f"{name} ({mark})",
            "endDateTime": format_time(end),
        }
    }
    for attempt in range(1, _TRIES + 1):
        try:
            made = retry_while(
                lambda: graph.post(f"applications/{object_id}/addPassword", body),
                is_lagging,
                what=f"the application {object_id} to take a secret",
                deadline=deadline,
            )
            return _credential(made), made["secretText"]
        except HttpError as error:
            if not error.maybe_acted:
                raise
            _remove_marked(graph, object_id, mark, deadline)
            if attempt == _TRIES:
                raise
    raise AssertionError("unreachable")


def _remove_marked(graph: Graph, object_id: str, mark: str, deadline: Deadline) -> None:
    """Remove what a lost answer made; a replica may show it late, so look three times."""
    for attempt in range(1, 4):
        application = graph.get(f"applications/{object_id}", {"$select": "id,passwordCredentials"})
        lost = [item for item in credentials_of(application or {}) if item.mark == mark]
        for credential in lost:
            remove(graph, object_id, credential.key_id, deadline)
        pause = backoff(attempt)
        if lost or not deadline.allows(pause):
            return
        deadline.pause(pause, "a replica to show the secret that a lost answer made")


def remove(graph: Graph, object_id: str, key_id: str, deadline: Deadline) -> bool:
    """Whether it was still there. Removing it twice does no harm."""

    def act() -> bool:
        try:
            graph.post(
                f"applications/{object_id}/removePassword", {"keyId": key_id}, Replay.HARMLESS
            )
        except HttpError as error:
            if "No password credential found" not in error.service_message:
                raise
            return False
        return True

    return retry_while(
        act,
        is_lagging,
        what=f"the application {object_id} to give up the secret {key_id}",
        deadline=deadline,
    )


def prove(
    identity: Identity, http: SignInHttp, client_id: str, secret: str, deadline: Deadline
) -> None:
    """Sign in with the secret, as its recipient will, until it was taken twice in a row.

    Raises WaitTimeoutError when Entra still refuses it, SignInError for any other refusal.
    """
    who = replace(identity, client_id=client_id, client_secret=secret)
    # A clock that is seconds ahead of Entra's makes a fresh secret look "not yet valid" as well.
    wait_until(
        lambda: _refusal(who, http),
        lambda refusal: refusal is None,
        what=f"Entra's token endpoint to take the new secret of {client_id}",
        deadline=deadline,
        in_a_row=2,
    )


def _refusal(identity: Identity, http: SignInHttp) -> SignInError | None:
    try:
        with_client_secret(identity, http)
    except SignInError as error:
        if error.details.get("code") not in _NOT_YET:
            raise
        return error
    return None


def _credential(item: Record) -> Credential:
    display_name = item.get("displayName") or ""
    marked = _MARK.fullmatch(display_name)
    return Credential(
        item["keyId"],
        marked["name"] if marked else display_name,
        marked["mark"] if marked else "",
        item.get("hint"),
        parse_time(item["startDateTime"]),
        parse_time(item["endDateTime"]),
    )


def of_name(credentials: Sequence[Credential], name: str) -> list[Credential]:
    return [item for item in credentials if item.name == name]
