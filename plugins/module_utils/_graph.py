# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft Graph v1.0: paths, bearer token, batches of reads, and its errors explained."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from ansible_collections.stackone.onboarding.plugins.module_utils._auth import TokenSource
from ansible_collections.stackone.onboarding.plugins.module_utils._errors import HttpError, sentence
from ansible_collections.stackone.onboarding.plugins.module_utils._exchange import (
    Pages,
    Request,
    Response,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._retry import (
    Replay,
    Trouble,
    pause_before_retry,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._transport import (
    Transport,
)

Record = dict[str, Any]

# A Date has whole seconds and was on its way: a smaller difference of clocks says nothing.
_CLOCKS_AGREE = timedelta(seconds=60)

# https://learn.microsoft.com/graph/json-batching
_BATCH_LIMIT = 20

# Advanced queries want both: https://learn.microsoft.com/graph/aad-advanced-queries
ADVANCED = {"ConsistencyLevel": "eventual"}


@dataclass(frozen=True)
class Read:
    """A GET of one object or one page, for a batch."""

    path: str
    params: Mapping[str, str] | None = None

    @property
    def relative_url(self) -> str:
        # Graph wants $select and the like unescaped within a batch.
        query = urlencode(self.params or {}, quote_via=quote, safe="$,'():")
        return f"/{self.path}" + (f"?{query}" if query else "")


class Graph:
    """A client for one tenant, as one identity."""

    def __init__(self, transport: Transport, base_url: str, sign_in: TokenSource) -> None:
        self._transport = transport
        self._base = base_url.rstrip("/") + "/v1.0/"
        self._sign_in = sign_in
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        """By the clock of Graph's last answer, which dates secrets; this machine's may be wrong."""
        return self._transport.clock.now() + self._ahead

    @property
    def base(self) -> str:
        """The URL that paths are appended to; references (@odata.id) start with it too."""
        return self._base

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Record | None:
        """One object, or None where Graph answers 404."""
        response = self._send("GET", path, params=params)
        return None if response.status == 404 else self._expect(response)

    def collect(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> list[Record]:
        """All pages; the next link is followed as it is given."""
        return self.all_of(
            self._expect(self._send("GET", path, params=params, headers=headers)), headers
        )

    def all_of(self, page: Record | None, headers: Mapping[str, str] | None = None) -> list[Record]:
        """The records of a page that was read already, and of those that follow it."""
        if page is None:
            return []
        records = list(page["value"])
        pages = Pages()
        while link := page.get("@odata.nextLink"):
            self._refuse_elsewhere(link)
            pages.turn_to(link)
            page = self._expect(self._send("GET", link, headers=headers))
            records += page["value"]
        return records

    def _refuse_elsewhere(self, link: str) -> None:
        """The token goes to Graph alone, whatever an answer links to. Raises HttpError."""
        if _origin(link) != _origin(self._base):
            raise HttpError(
                f"A list of Graph's goes on at {_origin(link) or 'no URL'}, which gets no token",
                f"It was asked for at {self._base}.",
                "Check graph_url: Graph itself, or a gateway that puts its own URL into links.",
                method="GET",
            )

    def post(self, path: str, body: Any = None, replay: Replay = Replay.TWICE) -> Record:
        """Raises HttpError with ``maybe_acted`` when a repetition could make a second object."""
        payload = {} if body is None else body
        return self._expect(self._send("POST", path, json=payload, replay=replay))

    def patch(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Record:
        """What Graph answers: the object where it made one, an empty record for its 204."""
        return self._expect(self._send("PATCH", path, json=body, headers=headers))

    def delete(self, path: str) -> bool:
        """Whether there was something to delete; what a lost attempt deleted counts too."""
        response = self._send("DELETE", path)
        if response.status != 404:
            self._expect(response)
        return response.status != 404 or response.maybe_acted

    def batch(self, reads: Sequence[Read]) -> list[Record | None]:
        """The answers in the order of the reads, None for a 404: one request for up to 20.

        A part that Graph throttles, or could not serve, is asked for again with the others of
        its kind, within the deadline.
        """
        if not reads:
            return []
        if len(reads) == 1:
            return [self.get(reads[0].path, reads[0].params)]
        answers: dict[int, Record | None] = {}
        waiting = list(range(len(reads)))
        attempt = 0
        while waiting:
            attempt += 1
            again: list[int] = []
            pauses: list[float] = []
            for start in range(0, len(waiting), _BATCH_LIMIT):
                chunk = waiting[start : start + _BATCH_LIMIT]
                for index, part in self._send_batch(reads, chunk):
                    pause = self._pause_for(part, attempt)
                    if pause is None:
                        answers[index] = None if part.status == 404 else self._expect(part)
                    else:
                        again.append(index)
                        pauses.append(pause)
            waiting = again
            if waiting:
                self._transport.deadline.pause(max(pauses), "Graph to serve the rest of a batch")
        return [answers[index] for index in range(len(reads))]

    def _send_batch(
        self, reads: Sequence[Read], chunk: Iterable[int]
    ) -> list[tuple[int, Response]]:
        requests = [
            {"id": str(index), "method": "GET", "url": reads[index].relative_url} for index in chunk
        ]
        whole = self._send("POST", "$batch", json={"requests": requests}, replay=Replay.HARMLESS)
        return [
            (int(part["id"]), self._part(whole, reads[int(part["id"])], part))
            for part in self._expect(whole)["responses"]
        ]

    def _part(self, whole: Response, read: Read, part: Record) -> Response:
        """A batch's part as an answer of its own, so that its errors read like any other."""
        return Response(
            Request("GET", self._base + read.path),
            part["status"],
            {**part.get("headers", {}), "request-id": whole.headers.get("request-id", "")},
            "",
            part.get("body"),
            whole.client_request_id,
        )

    def _pause_for(self, part: Response, attempt: int) -> float | None:
        """Seconds before the part is asked for again; None when its answer stands."""
        trouble = _PART_TROUBLE.get(part.status)
        if says_try_again(part):
            trouble = Trouble.REFUSED
        if trouble is None:
            return None
        pause = pause_before_retry(Replay.HARMLESS, trouble, attempt, part.retry_after)
        return pause if pause is not None and self._transport.deadline.allows(pause) else None

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        replay: Replay | None = None,
    ) -> Response:
        url = path if path.startswith("https://") else self._base + path

        def send(token: str) -> Response:
            all_headers = {**(headers or {}), "Authorization": f"Bearer {token}"}
            return self._transport.send(
                Request(method, url, params, all_headers, json=json, replay=replay)
            )

        response = send(self._sign_in.token())
        if response.status == 401:
            response = send(self._sign_in.renew())
        sent = response.date
        if sent is not None:
            ahead = sent - self._transport.clock.now()
            self._ahead = ahead if abs(ahead) > _CLOCKS_AGREE else timedelta(0)
        return response

    def _expect(self, response: Response) -> Record:
        """The body of a success. Raises HttpError for anything else."""
        if 200 <= response.status < 300:
            return response.body or {}
        raise _error(response)


_PART_TROUBLE = {
    429: Trouble.REFUSED,
    500: Trouble.BROKEN,
    502: Trouble.BROKEN,
    503: Trouble.BUSY,
    504: Trouble.BUSY,
}


def _origin(url: str) -> str:
    """Scheme, host and port; empty where there is no host."""
    try:
        parts = urlsplit(url)
        return f"{parts.scheme}://{parts.hostname}:{parts.port or 443}" if parts.hostname else ""
    except ValueError:
        return ""


def key(collection: str, name: str, value: str) -> str:
    """A path by alternate key: ``applications(appId='…')``. Quotes double, the rest is escaped."""
    return f"{collection}({name}='{quote(value.replace(chr(39), chr(39) * 2), safe=chr(39))}')"


def literal(value: str) -> str:
    """A string in an OData filter."""
    return "'" + value.replace("'", "''") + "'"


def error_codes(body: Any) -> list[str]:
    """The top code and those of ``details``, where Graph hides the telling one."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return []
    details = error.get("details") or []
    return [code for code in [error.get("code"), *(item.get("code") for item in details)] if code]


def says_try_again(response: Response) -> bool:
    """Directory_ConcurrencyViolation: 409 on addPassword, 503 elsewhere; nothing was done."""
    return response.status >= 400 and "Directory_ConcurrencyViolation" in error_codes(response.body)


def is_lagging(error: HttpError) -> bool:
    """Whether a write failed since a replica does not know an object that was made just now.

    The forms that terraform-provider-azuread's source and Microsoft's issue trackers record.
    """
    text = error.service_message
    return (
        error.status == 404
        or "NoBackingApplicationObject" in error.details.get("codes", [])
        or (error.status == 400 and "does not exist or one of its queried" in text)
        or (error.status == 400 and "does not reference a valid application object" in text)
        or (error.status == 403 and "backing application of the service principal" in text)
    )


def is_duplicate(error: HttpError) -> bool:
    """Whether what was to be made exists already."""
    return error.code == "Request_MultipleObjectsWithSameKeyValue" or bool(
        re.search("already exist", error.service_message)
    )


def _error(response: Response) -> HttpError:
    body = response.body if isinstance(response.body, dict) else {}
    error = body.get("error")
    error = error if isinstance(error, dict) else {}
    inner = error.get("innerError") or error.get("innererror") or {}
    codes = error_codes(body)
    code = codes[0] if codes else ""
    said = error.get("message") or ""
    request = response.request
    why, hint = _explain(response, codes, said)
    return response.error(
        f"{request.method} {request.path} answered {response.status} {code}".rstrip(),
        " ".join(part for part in (said and sentence(said), why) if part),
        hint,
        code=code or None,
        codes=codes,
        service_message=said,
        request_id=inner.get("request-id"),
    )


def _explain(response: Response, codes: list[str], said: str) -> tuple[str, str]:
    """Why the service probably refused, and what to do."""
    for code in codes:
        if code in _KNOWN_CODES:
            return _KNOWN_CODES[code]
    if response.status == 403:
        return "The identity lacks a permission.", _least_privilege(response.request)
    if "ServiceManagementReference" in said:
        return (
            "This tenant wants every application to name its owner in an asset register.",
            "Set service_management_reference.",
        )
    return _KNOWN_STATUSES.get(response.status, ("", ""))


_KNOWN_CODES = {
    "CredentialInvalidLifetimeAsPerAppPolicy": (
        "The tenant's application management policy limits how long a secret may live.",
        "Lower lifetime_days (entra_connector_secret_lifetime_days in the role).",
    ),
    "CredentialTypeNotAllowedAsPerAppPolicy": (
        "The tenant's application management policy forbids client secrets.",
        "Ask the tenant's administrators to exempt this application from the policy.",
    ),
    "Directory_QuotaExceeded": (
        "The identity has made as many objects as it may; soft-deleted ones count too.",
        "Delete some for good (entra_app with state: absent and purge: true).",
    ),
    "InvalidAuthenticationToken": (
        "The access token is expired, or was issued for another service or tenant.",
        "Check access_token, tenant_id and cloud.",
    ),
}

_KNOWN_STATUSES = {
    401: ("The access token was refused.", "Check access_token, tenant_id and cloud."),
    429: ("Graph throttles this identity.", "Raise wait_timeout, or run fewer hosts at once."),
    500: ("Graph failed.", "Run again later; if that stays, ask Microsoft by the request id."),
    502: ("Graph failed.", "Run again later; if that stays, ask Microsoft by the request id."),
    503: ("Graph is busy.", "Run again later: what was done stays done."),
    504: ("Graph took too long.", "Run again later: what was done stays done."),
}

# The least application permission of each call, from its page in Graph's reference.
_LEAST_PRIVILEGE = (
    (r"GET .*/oauth2PermissionGrants", "Directory.Read.All"),
    (r".* /?.*/oauth2PermissionGrants", "DelegatedPermissionGrant.ReadWrite.All"),
    (r"GET .*/appRoleAssign", "Application.Read.All"),
    (r".* .*/appRoleAssign", "AppRoleAssignment.ReadWrite.All (and Application.Read.All)"),
    (r"GET .*/(applications|servicePrincipals|directory)", "Application.Read.All"),
    (r"POST .*/owners/", "Application.ReadWrite.All (and Directory.Read.All)"),
    (
        r"POST .*/servicePrincipals$",
        "Application.ReadWrite.OwnedBy (for an application that the identity owns), else, as for "
        "an API of Microsoft's that the tenant lacks, Application.ReadWrite.All",
    ),
    (
        r".* .*/(applications|servicePrincipals|directory)",
        "Application.ReadWrite.OwnedBy (for objects that the identity owns or makes), "
        "else Application.ReadWrite.All",
    ),
)


def _least_privilege(request: Request) -> str:
    call = f"{request.method} {request.path}"
    for pattern, permission in _LEAST_PRIVILEGE:
        if re.match(pattern, call):
            return (
                f"The least application permission for this call is {permission}: grant it to "
                "the identity that signs in, with admin consent."
            )
    return "Grant the identity that signs in the permission that this call needs."
