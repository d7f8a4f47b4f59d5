# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP as msal wants it, over the collection's own transport."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils._exchange import Request, Response
from ansible_collections.stackone.onboarding.plugins.module_utils._memory import Memory
from ansible_collections.stackone.onboarding.plugins.module_utils._retry import Replay
from ansible_collections.stackone.onboarding.plugins.module_utils._transport import Transport


class SignInHttp:
    """msal's HTTP client interface over the transport, which retries and knows CA and proxy.

    Discovery documents go to the memory: a play, or a wait for a fresh secret, reads them once.
    ``learn`` is told what must not be shown.
    """

    def __init__(self, transport: Transport, memory: Memory, learn: Callable[[str], None]) -> None:
        self._transport = transport
        self._memory = memory
        self.learn = learn
        self.last: Response | None = None

    @property
    def timeout(self) -> float:
        """Seconds for one question."""
        return self._transport.timeout

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._transport.clock.now().timestamp()

    def send(self, request: Request) -> Response:
        self.last = answer = self._transport.send(request)
        return answer

    def get(
        self, url: str, params: Any = None, headers: Any = None, **_ignored: Any
    ) -> _MsalResponse:
        # The endpoints of managed identities are plain HTTP on the machine: no proxy reaches them.
        direct = url.startswith("http://")

        def read() -> dict[str, Any]:
            return vars(
                self._ask(Request("GET", url, params=params, headers=headers or {}, direct=direct))
            )

        if url.endswith("/.well-known/openid-configuration"):
            return _MsalResponse(**self._memory.recall("discovery:" + url, read, _succeeded))
        return _MsalResponse(**read())

    def post(
        self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_ignored: Any
    ) -> _MsalResponse:
        # Asking for a token twice makes nothing.
        return self._ask(
            Request(
                "POST",
                url,
                params=params,
                form=data,
                headers=headers or {},
                replay=Replay.HARMLESS,
            )
        )

    def close(self) -> None:
        """msal asks for it; the transport lives on."""

    def _ask(self, request: Request) -> _MsalResponse:
        answer = self.send(request)
        if answer.status >= 500 or answer.status == 429:
            raise answer.error(
                f"{request.method} {request.path} answered {answer.status}",
                "Microsoft Entra ID's sign-in service did not serve the request.",
            )
        return _MsalResponse(answer.status, answer.text, dict(answer.headers))


def _succeeded(answer: Mapping[str, Any]) -> bool:
    return answer["status_code"] == 200


@dataclass(frozen=True)
class _MsalResponse:
    """What msal wants of an answer; it never sees one of 429 or 5xx, nor raises for a status."""

    status_code: int
    text: str
    headers: dict[str, str]

    def raise_for_status(self) -> None:
        """Nothing to raise: what msal would raise for has been raised already."""
