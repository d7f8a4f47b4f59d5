# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one exception tree of the collection: every failure that a user or a service can cause.

Each error says what failed, why it probably did and what to do; it renders its own ``fail_json``.
Nothing here redacts: the runner does that, once, on the way out.
"""

from __future__ import annotations

from typing import Any


class OnboardingError(Exception):
    """What failed, why it probably did, what to do about it: one message, and details as data.

    ``maybe_acted`` is true when a service may have done what was asked all the same.
    """

    maybe_acted = False

    def __init__(self, what: str, why: str = "", hint: str = "", **details: Any) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.hint = hint
        self.details = details

    def __str__(self) -> str:
        return " ".join(sentence(part) for part in (self.what, self.why, self.hint) if part)

    def failure(self) -> dict[str, Any]:
        """What ``fail_json`` takes: ``msg``, and ``error`` with what a playbook can decide on."""
        details = {key: value for key, value in self.details.items() if value is not None}
        error = {"kind": type(self).__name__, "maybe_acted": self.maybe_acted, **details}
        return {"msg": str(self), "error": error}


class ConfigurationError(OnboardingError):
    """The options, or the environment behind them, cannot work: nothing was sent."""


class MissingLibraryError(ConfigurationError):
    """A Python library that the call needs is not installed."""


class NotFoundError(OnboardingError):
    """What the task names does not exist."""


class AmbiguousNameError(OnboardingError):
    """A name fits several objects; ``candidates`` lists them."""


class UnknownNameError(OnboardingError):
    """A name that the service does not know; ``nearest`` lists the names that look like it."""


class InUseError(OnboardingError):
    """What should go is still used by others."""


class WaitTimeoutError(OnboardingError):
    """``wait_timeout`` ran out; ``waited_for`` says for what."""


class SignInError(OnboardingError):
    """No token: the identity, its credential or its tenant was refused."""


class HttpError(OnboardingError):
    """An answer that the call cannot use: method, path, status, code and both request ids.

    ``maybe_acted`` counts this attempt and those before it.
    """

    def __init__(
        self, what: str, why: str = "", hint: str = "", *, maybe_acted: bool = False, **details: Any
    ) -> None:
        super().__init__(what, why, hint, **details)
        self.maybe_acted = maybe_acted

    @property
    def status(self) -> int | None:
        return self.details.get("status")

    @property
    def code(self) -> str:
        return self.details.get("code") or ""

    @property
    def service_message(self) -> str:
        return self.details.get("service_message") or ""


class UnsupportedByServiceError(HttpError):
    """The service has no such endpoint."""


class LostAnswerError(HttpError):
    """A request whose answer never came, or was no answer: connection lost, time-out, not JSON."""


def sentence(text: str) -> str:
    """A text of somebody else's, so that another can follow it."""
    return text if text.endswith((".", "!", "?", ":")) else text + "."
