# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a request got no answer: what failed, and whether it can have reached the service."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.stackone.onboarding.plugins.module_utils import _proxies
from ansible_collections.stackone.onboarding.plugins.module_utils._errors import (
    ConfigurationError,
    LostAnswerError,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._exchange import Request
from ansible_collections.stackone.onboarding.plugins.module_utils._redact import MASK
from ansible_collections.stackone.onboarding.plugins.module_utils._retry import Trouble

try:
    import requests
except ImportError:
    pass  # _transport says so before anything is sent
else:
    _BAD_URL = (
        requests.exceptions.InvalidURL,
        requests.exceptions.InvalidSchema,
        requests.exceptions.MissingSchema,
    )


@dataclass(frozen=True)
class NoAnswer:
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


def unusable_ca(why: str) -> ConfigurationError:
    return ConfigurationError(
        "The certification authorities to trust cannot be read",
        why,
        "Check ca_path (or REQUESTS_CA_BUNDLE): a PEM file, or a folder of them.",
    )


def diagnose(
    request: Request, client_request_id: str, error: Exception, timeout: float
) -> NoAnswer:
    """What a failed attempt was, and whether the request can have reached the service.

    Raises ConfigurationError for what no repetition can mend.
    """
    if isinstance(error, _BAD_URL):
        raise _unusable_url(request)
    chain = _causes(error)
    _refuse_certificate(request, chain)
    _refuse_proxy(request, chain)
    if isinstance(error, requests.exceptions.Timeout):
        unsent = isinstance(error, requests.exceptions.ConnectTimeout)
        return NoAnswer(
            request,
            client_request_id,
            Trouble.UNSENT if unsent else Trouble.LOST,
            f"timed out ({timeout:g} s)",
            "The service, or something on the way to it, is slow or drops packets.",
            "Raise request_timeout, or check the proxy settings (HTTPS_PROXY, NO_PROXY).",
        )
    unsent = any(type(cause).__name__ in _UNSENT for cause in chain)
    proxy = f" through the proxy {_proxies.proxy_for(request.url)}" if _is_proxy(chain) else ""
    return NoAnswer(
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
            raise unusable_ca(_innermost(chain))
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


def _unusable_url(request: Request) -> ConfigurationError:
    """requests says the same of the service's URL and of the proxy's."""
    if _is_url(request.url) and _proxies.proxy_for(request.url):
        return _hopeless(
            request,
            "the proxy that the environment names cannot be used",
            "It is no URL of an HTTP proxy.",
            "Set HTTPS_PROXY to http://[user:password@]host:port, user and password URL-encoded.",
        )
    return bad_url(request)


def has_credentials(url: str) -> bool:
    """Whether something stands before the host, in a URL that need not be a good one."""
    return bool(re.match(r"([^:/?#]+:/+)?[^/?#]*@", url))


def bad_url(request: Request, why: str = "") -> ConfigurationError:
    # A password may have an @ or a slash in it: nothing before the last @ is shown.
    shown = re.sub(r"(?s)^([^:/?#]+:/+)?.*@", rf"\1{MASK}@", request.url)
    return ConfigurationError(
        f"{shown} is not a URL that can be called",
        why if shown == request.url else "It takes no user or password.",
        "Check graph_url, authority_url and api_url: https://host[:port][/path].",
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


def _host(url: str) -> str:
    return urlsplit(url).netloc
