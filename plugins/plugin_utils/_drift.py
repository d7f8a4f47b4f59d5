# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A drift row in words: what is there and what should be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NAMES = {
    "api_permissions": "API permissions",
    "web_redirect_uris": "redirect URIs",
    "sign_in_audience": "audience",
    "authentication_config_key": "authentication type",
    "connector_pinned_version": "pinned version",
}


def sentence(row: Mapping[str, Any]) -> str:
    """For one field of a resource, or for a resource that comes or goes."""
    resource, field = str(row["resource"]), row["field"]
    before, after = row["before"], row["after"]
    what = resource[:1].upper() + resource[1:]
    if field is None:
        return f"{what} is missing" if before is None else f"{what} should not be there"
    if field == "updated_at":
        return f"{what} was edited elsewhere, in what a read does not show"
    name = _NAMES.get(field, str(field).replace("_", " "))
    if isinstance(before, list) or isinstance(after, list):
        return f"{what}, {name}: {_difference(_items(before), _items(after))}"
    return f"{what}, {name}: {_value(before)} instead of {_value(after)}"


def _difference(before: list[str], after: list[str]) -> str:
    missing = [item for item in after if item not in before]
    extra = [item for item in before if item not in after]
    parts = [f"lacks {', '.join(missing)}"] if missing else []
    parts += [f"has {', '.join(extra)} besides"] if extra else []
    return "; ".join(parts) or "in another order"


def _items(value: Any) -> list[str]:
    """A list as texts; permissions one by one, with their API."""
    found: list[str] = []
    for item in value or ():
        if isinstance(item, Mapping):
            api = item.get("api")
            names = [*(item.get("delegated") or ()), *(item.get("application") or ())]
            found += [f"{name} of {api}" for name in names]
        else:
            found.append(str(item))
    return found


def _value(value: Any) -> str:
    """As a person says it; an object that was not there is none."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
