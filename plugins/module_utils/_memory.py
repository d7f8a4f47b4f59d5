# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is remembered between requests, and, in Ansible's workers, between the tasks of a play."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Protocol


class Memory(Protocol):
    """Values (plain JSON data) by key, each made at most once while it is good."""

    def recall(
        self, key: str, make: Callable[[], Any], good: Callable[[Any], bool] = lambda value: True
    ) -> Any: ...

    def forget(self, key: str) -> None: ...


class RunMemory:
    """Lives as long as one module run."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def recall(
        self, key: str, make: Callable[[], Any], good: Callable[[Any], bool] = lambda value: True
    ) -> Any:
        if key not in self._values or not good(self._values[key]):
            self._values[key] = make()
        return self._values[key]

    def forget(self, key: str) -> None:
        self._values.pop(key, None)


def digest(*parts: Any) -> str:
    """A short name for data that may be secret: nothing of it can be read back."""
    return hashlib.sha256("\0".join(map(repr, parts)).encode()).hexdigest()[:32]
