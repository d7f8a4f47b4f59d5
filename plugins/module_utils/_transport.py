# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP for both services: one session, time-outs, TLS, retries, answers that are JSON."""

from __future__ import annotations

import json
import platform
import traceback
import uuid
import warnings
from collections.abc import Callable
from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils import _proxies
from ansible_collections.stackone.onboarding.plugins.module_utils._clock import Clock, Deadline
from ansible_collections.stackone.onboarding.plugins.module_utils._diagnosis import (
    NoAnswer,
    bad_url,
    diagnose,
    has_credentials,
    unusable_ca,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._errors import (
    MissingLibraryError,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._exchange import Request, Response
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
        # Otherwise requests replaces a bearer token by what a ~/.netrc has for the host.
        self._session.auth = _as_it_is
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

    @property
    def timeout(self) -> float:
        return self._timeout

    def send(self, request: Request) -> Response:
        """Send until there is an answer to act on, of whatever status, or the budget is used up.

        Raises LostAnswerError when no attempt got an answer, ConfigurationError when the
        certificate or the URL cannot work.
        """
        if has_credentials(request.url):
            raise bad_url(request)
        if not (request.url.startswith("https://") or request.direct):
            raise bad_url(request, "It must start with https://, since it gets a credential.")
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
            self._deadline.pause(pause, _another_try(request, trouble, answer))

    def _conclude(self, answer: Response | NoAnswer, maybe_acted: bool, attempts: int) -> Response:
        if isinstance(answer, Response):
            return Response(**{**vars(answer), "maybe_acted": maybe_acted, "attempts": attempts})
        raise answer.error(maybe_acted, attempts)

    def _trouble(self, answer: Response | NoAnswer) -> Trouble | None:
        if isinstance(answer, NoAnswer):
            return answer.trouble
        if self._says_try_again(answer):
            return Trouble.REFUSED
        return _TROUBLE.get(answer.status)

    def _attempt(self, request: Request) -> Response | NoAnswer:
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
                proxies=_proxies.NONE if request.direct else None,
                timeout=self._timeout,
                verify=self._verify,
                allow_redirects=False,
            )
        except requests.exceptions.RequestException as error:
            return diagnose(request, client_request_id, error, self._timeout)
        except OSError as error:
            # As it is, requests lets out only this: there is no such file.
            raise unusable_ca(str(error)) from error
        took = (self.clock.monotonic() - started) * 1000
        self._log(f"{request.method} {request.path} {answer.status_code} {took:.0f} ms")
        body, is_json = _json_of(answer.text)
        if answer.ok and not is_json:
            return NoAnswer(
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


def _as_it_is(prepared: Any) -> Any:
    return prepared


def _another_try(request: Request, trouble: Trouble, answer: Response | NoAnswer) -> str:
    """For somebody who watches."""
    reason = str(answer.status) if answer.status else f"it was {trouble.name.lower()}"
    return f"another try of {request.method} {request.path}, after {reason}"


def user_agent() -> str:
    """Names the collection and its version; StackOne refuses requests without one."""
    return f"stackone.onboarding/{VERSION} (Ansible collection; Python {platform.python_version()})"


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
