# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps that each client takes against the sandbox, and what it may object to."""

from __future__ import annotations

from typing import Any, Protocol

STEPS = (
    "sign in",
    "app create",
    "app show",
    "app update",
    "app list",
    "service principal create",
    "permission grant",
    "credential reset",
    "app delete",
)


class Refused(Exception):
    """A client that does not take what the sandbox answers, in the client's own words."""


class Client(Protocol):
    """One client that takes the steps by their names, in their order."""

    name: str

    def take(self, step: str) -> None:
        """Raises Refused when the client refuses an answer, or makes something else of it."""

    def close(self) -> None: ...


def expect(what: str, found: Any, wanted: Any) -> None:
    if found != wanted:
        raise Refused(f"{what} is {found!r} to the client, not {wanted!r}")
