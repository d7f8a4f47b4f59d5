# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request and its answer, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.stackone.onboarding.plugins.module_utils._errors import HttpError
from ansible_collections.stackone.onboarding.plugins.module_utils._retry import Replay

# More than the largest directories have: a hundred objects a page.
_MOST_PAGES = 10_000


@dataclass(frozen=True)
class Request:
    """One request; ``replay`` overrides what the method says about repeating it.

    ``direct``: without a proxy, whatever the environment says.
    """

    method: str
    url: str
    params: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] | None = None
    auth: tuple[str, str] | None = None
    replay: Replay | None = None
    direct: bool = False

    @property
    def path(self) -> str:
        return urlsplit(self.url).path


class Pages:
    """The pages of one list: none comes twice, and there is an end of them."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def turn_to(self, url: str) -> None:
        """Before the page at this URL is read. Raises HttpError."""
        if url in self._seen:
            raise _endless(url, "It leads to a page that was read already.")
        if len(self._seen) >= _MOST_PAGES:
            raise _endless(url, f"It has more than {_MOST_PAGES} pages.")
        self._seen.add(url)


def _endless(url: str, why: str) -> HttpError:
    path = urlsplit(url).path
    return HttpError(
        f"The list GET {path} does not end",
        why,
        "The service, or something on the way to it, answers wrongly: run again later.",
        method="GET",
        path=path,
    )


@dataclass(frozen=True)
class Response:
    """An answer; ``body`` is its JSON, None where it has none or (an error page) is something else.

    ``maybe_acted``: the service may have acted on this attempt or on a lost one before it.
    """

    request: Request
    status: int
    headers: Mapping[str, str]
    text: str
    body: Any
    client_request_id: str
    maybe_acted: bool = False
    attempts: int = 1

    @property
    def retry_after(self) -> float | None:
        """Seconds; the HTTP-date form, which neither service documents, counts as absent."""
        value = self.headers.get("Retry-After", "")
        try:
            return max(0.0, float(value))
        except ValueError:
            return None

    @property
    def date(self) -> datetime | None:
        """When it was sent, by the service's clock; None where it does not say."""
        try:
            date = parsedate_to_datetime(self.headers.get("Date", ""))
        except (TypeError, ValueError, OverflowError):  # TypeError: Python 3.10, where it is empty
            return None
        return date if date.tzinfo else None

    def error(self, what: str, why: str, hint: str = "", **details: Any) -> HttpError:
        """An error about this answer, with all that a support case needs."""
        given = details.pop("request_id", None)
        request_id = self.headers.get("request-id") or given
        tries = f" after {self.attempts} tries" if self.attempts > 1 else ""
        ids = [
            f"{name} {value}"
            for name, value in (
                ("request-id", request_id),
                ("client-request-id", self.client_request_id),
            )
            if value
        ]
        return HttpError(
            f"{what}{tries}" + (f" ({', '.join(ids)})" if ids else ""),
            why,
            hint,
            maybe_acted=self.maybe_acted,
            method=self.request.method,
            path=self.request.path,
            status=self.status,
            request_id=request_id,
            client_request_id=self.client_request_id or None,
            **details,
        )
