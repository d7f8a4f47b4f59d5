# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP for both services: one session, time-outs, TLS, retries, answers that are JSON."""

from __future__ import annotations

import json
import platform
import re
import ssl
import traceback
import uuid
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.stackone.onboarding.plugins.module_utils import _proxies
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
    _BAD_URL = (
        requests.exceptions.InvalidURL,
        requests.exceptions.InvalidSchema,
        requests.exceptions.MissingSchema,
    )

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
                proxies=_proxies.NONE if request.direct else None,
                timeout=self._timeout,
                verify=self._verify,
                allow_redirects=False,
            )
        except requests.exceptions.RequestException as error:
            return _no_answer(request, client_request_id, error, self._timeout)
        except OSError as error:
            # As it is, requests lets out only this: there is no such file.
            raise _unusable_ca(str(error)) from error
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


def _as_it_is(prepared: Any) -> Any:
    return prepared


def _unusable_ca(why: str) -> ConfigurationError:
    return ConfigurationError(
        "The certification authorities to trust cannot be read",
        why,
        "Check ca_path (or REQUESTS_CA_BUNDLE): a PEM file, or a folder of them.",
    )


def _another_try(request: Request, trouble: Trouble, answer: Response | _NoAnswer) -> str:
    """For somebody who watches."""
    reason = str(answer.status) if answer.status else f"it was {trouble.name.lower()}"
    return f"another try of {request.method} {request.path}, after {reason}"


def user_agent() -> str:
    """Names the collection and its version; StackOne refuses requests without one."""
    return f"stackone.onboarding/{VERSION} (Ansible collection; Python {platform.python_version()})"


def _no_answer(
    request: Request, client_request_id: str, error: Exception, timeout: float
) -> _NoAnswer:
    """What a failed attempt was, and whether the request can have reached the service.

    Raises ConfigurationError for what no repetition can mend.
    """
    if isinstance(error, _BAD_URL):
        raise _bad_url(request)
    chain = _causes(error)
    _refuse_certificate(request, chain)
    _refuse_proxy(request, chain)
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
    proxy = f" through the proxy {_proxies.proxy_for(request.url)}" if _is_proxy(chain) else ""
    return _NoAnswer(
        request,
        client_request_id,
        Trouble.UNSENT if unsent else Trouble.LOST,
        f"could not connect{proxy}" if unsent else "lost its connection",
        _innermost(chain),
        "Check the URL, DNS, firewall and proxy settings (HTTPS_PROXY, NO_PROXY)."
        if unsent
        else "",
    )


def _refuse_certificate(request: Request, chain: list[BaseException]) -> None:
    for cause in chain:
        if isinstance(cause, ssl.SSLCertVerificationError):
            whose = _proxies.proxy_for(request.url) if _is_proxy(chain) else _host(request.url)
            raise _hopeless(
                request,
                f"the TLS certificate of {whose} is not trusted",
                _innermost(chain),
                _CERTIFICATE_HINTS.get(cause.verify_code, _CERTIFICATE_HINT),
            )
        if isinstance(cause, ssl.SSLError) and cause.library in _READING:
            raise _unusable_ca(_innermost(chain))
        if isinstance(cause, ssl.SSLError) and cause.reason in _NO_TLS:
            raise _hopeless(
                request,
                f"{_host(request.url)} does not speak TLS, or none that this Python does",
                str(cause),
                "Check the URL and its port.",
            )


def _refuse_proxy(request: Request, chain: list[BaseException]) -> None:
    texts = [str(cause) for cause in reversed(chain)]
    said = next((found[1] for text in texts if (found := _TUNNEL_REFUSED.search(text))), "")
    if said:
        host = _host(request.url)
        raise _hopeless(
            request,
            f"the proxy {_proxies.proxy_for(request.url)} refuses to connect to {host}",
            said,
            "Put the proxy's user and password, URL-encoded, into HTTPS_PROXY."
            if said.startswith("407")
            else f"HTTPS_PROXY names it: have {host} allowed there, or add it to NO_PROXY.",
        )


def _bad_url(request: Request) -> ConfigurationError:
    """requests says the same of the service's URL and of the proxy's."""
    if _is_url(request.url) and _proxies.proxy_for(request.url):
        return _hopeless(
            request,
            "the proxy that the environment names cannot be used",
            "It is no URL of an HTTP proxy.",
            "Set HTTPS_PROXY to http://[user:password@]host:port, user and password URL-encoded.",
        )
    return ConfigurationError(
        f"{request.url} is not a URL that can be called",
        hint="Check graph_url, authority_url and api_url: https://host[:port][/path].",
    )


def _hopeless(request: Request, what: str, why: str, hint: str) -> ConfigurationError:
    return ConfigurationError(
        f"{request.method} {request.path}: {what}",
        why,
        hint,
        method=request.method,
        path=request.path,
    )


def _is_proxy(chain: list[BaseException]) -> bool:
    """Whether it is the proxy that failed, rather than what lies behind it."""
    return any(type(cause).__name__ == "ProxyError" for cause in chain)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


_CERTIFICATE_HINT = (
    "Set ca_path (or REQUESTS_CA_BUNDLE) to the CA's PEM file if a private CA signed it, or to a "
    "folder of such files that openssl rehash has prepared."
)
# By OpenSSL's verify codes: expired, and another name or address than that of the URL.
_CERTIFICATE_HINTS = {
    10: "It needs to be renewed, or the clock of this machine is wrong.",
    62: "Check the URL: the certificate is for another name.",
    64: "Check the URL: the certificate is for another address.",
}
_NO_TLS = {"WRONG_VERSION_NUMBER", "UNSUPPORTED_PROTOCOL", "SSLV3_ALERT_HANDSHAKE_FAILURE"}
_TUNNEL_REFUSED = re.compile(r"Tunnel connection failed: (4\d\d.*)")

# The parts of OpenSSL that read certificates; what goes wrong on the wire is in its part SSL.
_READING = {"X509", "PEM"}

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
