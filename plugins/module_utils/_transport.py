# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP for both services: one session, time-outs, TLS, retries, answers that are JSON."""

from __future__ import annotations

import json
import platform
import ssl
import traceback
import uuid
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.stackone.onboarding.plugins.module_utils._clock import Clock, Deadline
from ansible_collections.stackone.onboarding.plugins.module_utils._errors import (
    ConfigurationError,
    HttpError,
    LostAnswerError,
    MissingLibraryError,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._retry import (
    Replay,
    Trouble,
    pause_before_retry,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._version import VERSION

try:
    import requests
except ImportError:
    REQUESTS_IMPORT_ERROR: str | None = traceback.format_exc()
else:
    REQUESTS_IMPORT_ERROR = None

_REPLAY = {
    "GET": Replay.HARMLESS,
    "PUT": Replay.HARMLESS,
    "DELETE": Replay.HARMLESS,
    "PATCH": Replay.HARMLESS,
    "POST": Replay.TWICE,
}

_TROUBLE = {
    429: Trouble.REFUSED,
    500: Trouble.BROKEN,
    502: Trouble.BROKEN,
    503: Trouble.BUSY,
    504: Trouble.BUSY,
}


@dataclass(frozen=True)
class Request:
    """One request; ``replay`` overrides what the method says about repeating it."""

    method: str
    url: str
    params: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] | None = None
    auth: tuple[str, str] | None = None
    replay: Replay | None = None

    @property
    def path(self) -> str:
        return urlsplit(self.url).path


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


class Transport:
    """Sends requests with retries; knows neither service.

    ``says_try_again`` tells an answer by which the service refused to act for now.
    """

    def __init__(
        self,
        *,
        deadline: Deadline,
        verify: bool | str = True,
        timeout: float = 30.0,
        log: Callable[[str], None] = lambda message: None,
        says_try_again: Callable[[Response], bool] = lambda response: False,
    ) -> None:
        if REQUESTS_IMPORT_ERROR:
            raise MissingLibraryError(
                "The Python library requests is not installed for " + platform.python_version(),
                hint="Install it where this task runs: pip install requests msal",
                library="requests",
            )
        self._session = requests.Session()
        self._session.headers["User-Agent"] = user_agent()
        self._verify = verify
        self._timeout = timeout
        self._deadline = deadline
        self._log = log
        self._says_try_again = says_try_again
        if verify is False:
            # The user asked for it with validate_certs; a warning per request says nothing new.
            warnings.filterwarnings("ignore", message="Unverified HTTPS request")

    @property
    def clock(self) -> Clock:
        return self._deadline.clock

    @property
    def deadline(self) -> Deadline:
        return self._deadline

    def send(self, request: Request) -> Response:
        """Send until there is an answer to act on, of whatever status, or the budget is used up.

        Raises LostAnswerError when no attempt got an answer, ConfigurationError when the
        certificate or the URL cannot work.
        """
        replay = request.replay or _REPLAY[request.method]
        maybe_acted = False
        attempt = 0
        while True:
            attempt += 1
            answer = self._attempt(request)
            trouble = self._trouble(answer)
            if trouble is None:
                return self._conclude(answer, maybe_acted, attempt)
            maybe_acted |= trouble.maybe_acted
            retry_after = answer.retry_after if isinstance(answer, Response) else None
            pause = pause_before_retry(replay, trouble, attempt, retry_after)
            if pause is None or not self._deadline.allows(pause):
                return self._conclude(answer, maybe_acted, attempt)
            self._log(f"{request.method} {request.path}: {trouble.name}, again in {pause:.1f} s")
            self.clock.sleep(pause)

    def _conclude(self, answer: Response | _NoAnswer, maybe_acted: bool, attempts: int) -> Response:
        if isinstance(answer, Response):
            return Response(**{**vars(answer), "maybe_acted": maybe_acted, "attempts": attempts})
        raise answer.error(maybe_acted, attempts)

    def _trouble(self, answer: Response | _NoAnswer) -> Trouble | None:
        if isinstance(answer, _NoAnswer):
            return answer.trouble
        if self._says_try_again(answer):
            return Trouble.REFUSED
        return _TROUBLE.get(answer.status)

    def _attempt(self, request: Request) -> Response | _NoAnswer:
        client_request_id = str(uuid.uuid4())
        started = self.clock.monotonic()
        try:
            answer = self._session.request(
                request.method,
                request.url,
                params=request.params,
                headers={**request.headers, "client-request-id": client_request_id},
                json=request.json,
                data=request.form,
                auth=request.auth,
                timeout=self._timeout,
                verify=self._verify,
                allow_redirects=False,
            )
        except requests.exceptions.RequestException as error:
            return _no_answer(request, client_request_id, error, self._timeout)
        took = (self.clock.monotonic() - started) * 1000
        self._log(f"{request.method} {request.path} {answer.status_code} {took:.0f} ms")
        body, is_json = _json_of(answer.text)
        if answer.ok and not is_json:
            return _NoAnswer(
                request,
                client_request_id,
                Trouble.LOST,
                f"answered {answer.status_code} with {_sort_of(answer)} instead of JSON",
                "A proxy, a sign-in page or a wrong URL answers like that, and so does a broken "
                "connection.",
                status=answer.status_code,
            )
        return Response(
            request, answer.status_code, answer.headers, answer.text, body, client_request_id
        )


@dataclass(frozen=True)
class _NoAnswer:
    request: Request
    client_request_id: str
    trouble: Trouble
    what: str
    why: str
    hint: str = ""
    status: int | None = None

    def error(self, maybe_acted: bool, attempts: int) -> LostAnswerError:
        tries = f" after {attempts} tries" if attempts > 1 else ""
        return LostAnswerError(
            f"{self.request.method} {self.request.path} at {_host(self.request.url)} "
            f"{self.what}{tries} (client-request-id {self.client_request_id})",
            self.why,
            self.hint,
            maybe_acted=maybe_acted,
            method=self.request.method,
            path=self.request.path,
            status=self.status,
            client_request_id=self.client_request_id,
        )


def user_agent() -> str:
    """Names the collection and its version; StackOne refuses requests without one."""
    return f"stackone.onboarding/{VERSION} (Ansible collection; Python {platform.python_version()})"


def _no_answer(
    request: Request, client_request_id: str, error: Exception, timeout: float
) -> _NoAnswer:
    """What a failed attempt was, and whether the request can have reached the service.

    Raises ConfigurationError for what no repetition can mend.
    """
    chain = _causes(error)
    host = _host(request.url)
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in chain):
        raise ConfigurationError(
            f"{request.method} {request.path}: the TLS certificate of {host} is not trusted",
            _innermost(chain),
            "Set ca_path (or REQUESTS_CA_BUNDLE) to the CA's PEM file if a private CA signed it.",
            method=request.method,
            path=request.path,
        )
    if isinstance(
        error,
        (
            requests.exceptions.InvalidURL,
            requests.exceptions.InvalidSchema,
            requests.exceptions.MissingSchema,
        ),
    ):
        raise ConfigurationError(
            f"{request.url} is not a URL that can be called",
            hint="Check graph_url, authority_url and api_url: https://host[:port][/path].",
        )
    if isinstance(error, requests.exceptions.Timeout):
        unsent = isinstance(error, requests.exceptions.ConnectTimeout)
        return _NoAnswer(
            request,
            client_request_id,
            Trouble.UNSENT if unsent else Trouble.LOST,
            f"timed out ({timeout:g} s)",
            "The service, or something on the way to it, is slow or drops packets.",
            "Raise request_timeout, or check the proxy settings (HTTPS_PROXY, NO_PROXY).",
        )
    unsent = any(type(cause).__name__ in _UNSENT for cause in chain)
    return _NoAnswer(
        request,
        client_request_id,
        Trouble.UNSENT if unsent else Trouble.LOST,
        "could not connect" if unsent else "lost its connection",
        _innermost(chain),
        "Check the URL, DNS, firewall and proxy settings (HTTPS_PROXY, NO_PROXY)."
        if unsent
        else "",
    )


# urllib3's names for "the request never left": by name, since requests may carry its own copy.
_UNSENT = {"NewConnectionError", "NameResolutionError", "ConnectTimeoutError", "ProxyError"}


def _causes(error: BaseException) -> list[BaseException]:
    """The error and all that it wraps, outermost first, however requests and urllib3 nest them."""
    found: list[BaseException] = []
    queue: list[Any] = [error]
    while queue:
        item = queue.pop(0)
        if not isinstance(item, BaseException) or item in found:
            continue
        found.append(item)
        queue += [*item.args, getattr(item, "reason", None), item.__cause__, item.__context__]
    return found


def _innermost(chain: list[BaseException]) -> str:
    return str(next((item for item in reversed(chain) if str(item)), chain[0]))


def _json_of(text: str) -> tuple[Any, bool]:
    if not text.strip():
        return None, True
    try:
        return json.loads(text), True
    except ValueError:
        return None, False


def _sort_of(answer: Any) -> str:
    if "html" in answer.headers.get("Content-Type", "") or answer.text.lstrip()[:1] == "<":
        return "HTML"
    return "something that is cut off or not JSON"


def _host(url: str) -> str:
    return urlsplit(url).netloc
