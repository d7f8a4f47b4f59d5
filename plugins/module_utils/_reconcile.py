# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what is to what should be: check mode is asked, diffs arise and drift gets its rows here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from ansible_collections.stackone.onboarding.plugins.module_utils._errors import ConfigurationError

Result = TypeVar("Result")


@dataclass(frozen=True)
class Difference:
    """A resource before and after; None is one that does not exist."""

    resource: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None

    @property
    def changed(self) -> bool:
        return self.before != self.after

    def diff(self) -> dict[str, Any]:
        """In the form that Ansible prints with --diff."""
        return {
            "before_header": self.resource,
            "after_header": self.resource,
            "before": dict(self.before) if self.before else {},
            "after": dict(self.after) if self.after else {},
        }

    def rows(self, repaired: bool) -> list[dict[str, Any]]:
        """One drift row a field; one row without a field where the resource comes or goes."""
        if not self.changed:
            return []
        if self.before is None or self.after is None:
            return [row(self.resource, None, self.before, self.after, repaired)]
        fields = sorted({*self.before, *self.after})
        return [
            row(self.resource, name, self.before.get(name), self.after.get(name), repaired)
            for name in fields
            if self.before.get(name) != self.after.get(name)
        ]


class Reconciler:
    """Runs, or in check mode only notes, the acts of one module run."""

    def __init__(self, check_mode: bool) -> None:
        self._check_mode = check_mode
        self.differences: list[Difference] = []
        self.acted = False

    @property
    def changed(self) -> bool:
        return any(item.changed for item in self.differences)

    def needs(self, option: str, value: Any, why: str = "") -> None:
        """In check mode what an earlier task would have made is not known yet; else it must be."""
        if not value and not self._check_mode:
            raise ConfigurationError(
                f"The option {option} is empty", why, f"Set {option}.", missing=[option]
            )

    def forgive(self, error: Exception) -> None:
        """In check mode what is missing may be what an earlier task would have made."""
        if not self._check_mode:
            raise error

    def settle(
        self,
        resource: str,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
        act: Callable[[], Result],
    ) -> Result | None:
        """Act if there is a difference. What ``act`` returns, or None when it did not run."""
        difference = Difference(resource, before, after)
        self.differences.append(difference)
        if not difference.changed or self._check_mode:
            return None
        # Set before: an act that fails may have changed something.
        self.acted = True
        return act()

    def outcome(self) -> dict[str, Any]:
        """``changed`` and ``diff``, as every module returns them."""
        return {"changed": self.changed, "diff": [item.diff() for item in self.differences]}


def row(
    resource: str, field: str | None, before: Any, after: Any, repaired: bool
) -> dict[str, Any]:
    """A line of the drift report."""
    return {
        "resource": resource,
        "field": field,
        "before": before,
        "after": after,
        "repaired": repaired,
    }
