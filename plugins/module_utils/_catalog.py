# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a connector offers: authentication types, actions, and the scopes that these need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils._errors import (
    NotFoundError,
    OnboardingError,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._permissions import unknown_name
from ansible_collections.stackone.onboarding.plugins.module_utils._stackone import Record, StackOne


@dataclass(frozen=True)
class Catalog:
    """One connector, from GET /actions."""

    key: str
    auth_types: Sequence[Record] = ()
    actions: dict[str, Record] = field(default_factory=dict)
    includes: dict[str, list[str]] = field(default_factory=dict)


def fetch(stackone: StackOne, connector_key: str) -> list[Record]:
    """What GET /actions says of one connector; pages may cut its actions in two.

    Raises NotFoundError when StackOne has no such connector.
    """
    found = stackone.actions({"filter[connectors]": connector_key, "include": "action_details"})
    mine = [item for item in found if item.get("key") == connector_key]
    if not mine:
        raise NotFoundError(
            f"StackOne has no connector {connector_key!r}",
            hint="Check connector_key: it is the last but one part of the callback URL, such as "
            "azuredevops.",
            connector_key=connector_key,
        )
    return mine


def parse(connector_key: str, records: Sequence[Record]) -> Catalog:
    return Catalog(
        connector_key,
        [auth for item in records for auth in item.get("authentication") or ()],
        {action["id"]: action for item in records for action in item.get("actions") or ()},
        {
            scope["name"]: list(scope.get("includes") or ())
            for item in records
            for scope in item.get("scope_definitions") or ()
        },
    )


def auth_type(catalog: Catalog, label_or_key: str) -> Record:
    """The authentication type of that label or key. Raises UnknownNameError."""
    for item in catalog.auth_types:
        if label_or_key in (item.get("key"), item.get("label")):
            return item
    labels = [str(item.get("label") or item.get("key")) for item in catalog.auth_types]
    raise unknown_name(
        f"The connector {catalog.key} has no authentication type {label_or_key!r}",
        label_or_key,
        labels,
    )


def check_actions(catalog: Catalog, actions: Iterable[str]) -> None:
    """Raises UnknownNameError for the first unknown id."""
    for action in actions:
        if action not in catalog.actions:
            raise unknown_name(
                f"The connector {catalog.key} has no action {action!r}", action, catalog.actions
            )


def scopes_for(catalog: Catalog, actions: Sequence[str], auth: Record | None = None) -> list[str]:
    """The scopes that the actions, and the authentication type itself, need together.

    A scope that another one includes is left out, directly or by way of a third. Of scopes that
    include each other one stays.
    """
    check_actions(catalog, actions)
    needed = {
        scope
        for source in [*(catalog.actions[action] for action in actions), auth or {}]
        for scope in source.get("required_scopes") or ()
    }
    kept = set(needed)
    for scope in sorted(needed):
        if any(scope in _included(catalog, other) for other in kept - {scope}):
            kept.remove(scope)
    return sorted(kept)


def unneeded(
    catalog: Catalog, actions: Sequence[str], scopes: Sequence[str], auth: Record
) -> list[str]:
    """The scopes that no chosen action needs: least privilege would leave them out."""
    needed = set(scopes_for(catalog, actions, auth))
    return sorted(
        scope
        for scope in scopes
        if scope not in needed and not needed & set(_included(catalog, scope))
    )


def choices(catalog: Catalog) -> OnboardingError:
    """For a task that chose neither actions nor scopes."""
    lines = [
        f"{action['id']} ({', '.join(action.get('required_scopes') or ['no scope'])})"
        for action in catalog.actions.values()
    ]
    return NotFoundError(
        "Neither actions nor scopes are chosen",
        f"The connector {catalog.key} has the actions: {'; '.join(lines)}.",
        "Set actions (the scopes follow from them), or scopes.",
    )


def public(action: Record) -> dict[str, Any]:
    return {
        "id": action["id"],
        "label": action.get("label"),
        "description": action.get("description"),
        "scopes": list(action.get("required_scopes") or ()),
    }


def _included(catalog: Catalog, scope: str) -> set[str]:
    """All that a scope contains, to any depth; a circle ends where it began."""
    found: set[str] = set()
    queue = list(catalog.includes.get(scope, ()))
    while queue:
        item = queue.pop()
        if item not in found and item != scope:
            found.add(item)
            queue += catalog.includes.get(item, ())
    return found
