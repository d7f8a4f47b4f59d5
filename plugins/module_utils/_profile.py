# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connector profiles: finding and comparing them. Writing them is in _stackone_assumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils._errors import AmbiguousNameError
from ansible_collections.stackone.onboarding.plugins.module_utils._stackone import Record

# All that a read gives by the vendor's reference; results show nothing else of an answer.
_FIELDS = (
    "id",
    "name",
    "connector_key",
    "connector_label",
    "logo_url",
    "categories",
    "active",
    "default",
    "release_stage",
    "connector_version",
    "connector_pinned_version",
    "connector_owner",
    "environment",
    "authentication_config_key",
    "authentication_config_label",
    "created_at",
    "updated_at",
)


def public(record: Record | None) -> dict[str, Any] | None:
    """``profile`` as results show it: what a read gives, never a secret."""
    if record is None:
        return None
    return {name: record.get(name) for name in _FIELDS}


def find(
    profiles: Sequence[Record], *, profile_id: str, name: str, connector_key: str
) -> Record | None:
    """The profile of that id, else the one of that name. Raises AmbiguousNameError."""
    if profile_id:
        return next((item for item in profiles if item["id"] == profile_id), None)
    named = [
        item for item in profiles if item["name"] == name and item["connector_key"] == connector_key
    ]
    if len(named) > 1:
        listed = [{"id": item["id"], "created_at": item.get("created_at")} for item in named]
        raise AmbiguousNameError(
            f"{len(named)} connector profiles of {connector_key} are named {name!r}",
            "; ".join(f"id {item['id']}, created {item['created_at']}" for item in listed),
            "Choose one by profile_id, or rename the others.",
            candidates=listed,
        )
    return named[0] if named else None


def has_auth_type(record: Record, label_or_key: str) -> bool:
    return label_or_key in (
        record.get("authentication_config_key"),
        record.get("authentication_config_label"),
    )


def readable_changes(record: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Of what a read shows: the fields that differ. None is not wanted."""
    return {
        name: value
        for name, value in wanted.items()
        if value is not None and record.get(name) != value
    }


def is_linked(account: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    """Whether a linked account belongs to the profile.

    The vendor's reference of accounts names no profile, that of connect sessions calls it
    integration. Without that field any account of the connector counts: better one stop too many.
    """
    integration = account.get("integration_id")
    if integration:
        return bool(integration == record["id"])
    return account.get("provider") in (None, record["connector_key"])
