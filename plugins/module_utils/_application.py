# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applications (app registrations): finding, merging, writing and deleting them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from ansible_collections.stackone.onboarding.plugins.module_utils._errors import (
    AmbiguousNameError,
    ConfigurationError,
    NotFoundError,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._graph import (
    Read,
    Record,
    key,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._permissions import (
    Apis,
    Permissions,
    by_name,
    from_graph,
    public as public_permissions,
    to_graph,
    unite,
)

SELECT = (
    "id,appId,displayName,uniqueName,signInAudience,web,requiredResourceAccess,tags,notes,"
    "serviceManagementReference,passwordCredentials,createdDateTime"
)

# What the collection itself writes into an application's tags; users neither see nor lose it.
LEDGER_PREFIX = "stackone.onboarding/"

_DELETED = "directory/deletedItems"


@dataclass(frozen=True)
class Target:
    """How a task names an application; the first that is given is looked for first."""

    object_id: str = ""
    client_id: str = ""
    unique_name: str = ""
    display_name: str = ""

    @property
    def by_id(self) -> bool:
        return bool(self.object_id or self.client_id)

    def __str__(self) -> str:
        names = (
            ("object id", self.object_id),
            ("client id", self.client_id),
            ("unique name", self.unique_name),
            ("display name", self.display_name),
        )
        return ", ".join(f"{name} {value!r}" for name, value in names if value)

    def read(self) -> Read | None:
        """The read by key, if the target has a key."""
        if self.object_id:
            return Read(f"applications/{quote(self.object_id, safe='')}", {"$select": SELECT})
        for name, value in (("appId", self.client_id), ("uniqueName", self.unique_name)):
            if value:
                return Read(key("applications", name, value), {"$select": SELECT})
        return None


@dataclass(frozen=True)
class Desired:
    """What a task wants of an application; None means: leave as it is."""

    display_name: str | None = None
    unique_name: str | None = None
    sign_in_audience: str | None = None
    web_redirect_uris: Sequence[str] | None = None
    purge_redirect_uris: bool = False
    api_permissions: Permissions | None = None
    purge_api_permissions: bool = False
    tags: Sequence[str] = ()
    notes: str | None = None
    service_management_reference: str | None = None


def not_found(target: Target) -> NotFoundError:
    return NotFoundError(
        f"There is no application with {target} in the tenant",
        hint="Check the id and tenant_id. A deleted application can be restored for 30 days: "
        "entra_app does so by unique_name.",
    )


def check_ids(record: Record, target: Target) -> Record:
    """Raises ConfigurationError when object id and client id name two applications."""
    if target.client_id and record["appId"].lower() != target.client_id.lower():
        raise ConfigurationError(
            f"object_id {target.object_id} is the application with client id {record['appId']}, "
            f"not {target.client_id}",
            hint="Give only one of object_id and client_id, or the two of one application.",
        )
    return record


def only_one(display_name: str, records: Sequence[Record]) -> Record | None:
    """Raises AmbiguousNameError when the name fits several."""
    if len(records) > 1:
        raise _ambiguous(display_name, records)
    return records[0] if records else None


def _ambiguous(display_name: str, candidates: Sequence[Record]) -> AmbiguousNameError:
    listed = [
        {
            "object_id": item["id"],
            "client_id": item["appId"],
            "created": item.get("createdDateTime"),
        }
        for item in sorted(candidates, key=lambda item: item.get("createdDateTime") or "")
    ]
    lines = "; ".join(
        f"object id {item['object_id']}, client id {item['client_id']}, created {item['created']}"
        for item in listed
    )
    return AmbiguousNameError(
        f"{len(listed)} applications are named {display_name!r}",
        lines,
        "Choose one by object_id or client_id; with a unique_name as well it is found by that "
        "from then on.",
        candidates=listed,
    )


def public(record: Record, apis: Apis) -> dict[str, Any]:
    """``app`` as results and diffs show it."""
    return {
        "object_id": record["id"],
        "client_id": record["appId"],
        "display_name": record.get("displayName"),
        "unique_name": record.get("uniqueName"),
        "sign_in_audience": record.get("signInAudience"),
        "web_redirect_uris": list((record.get("web") or {}).get("redirectUris") or ()),
        "api_permissions": public_permissions(permissions_of(record, apis), apis),
        "tags": [tag for tag in record.get("tags") or () if not tag.startswith(LEDGER_PREFIX)],
        "notes": record.get("notes"),
        "service_management_reference": record.get("serviceManagementReference"),
    }


def permissions_of(record: Record, apis: Apis) -> Permissions:
    return from_graph(record.get("requiredResourceAccess") or (), apis)


def referenced_apis(record: Record) -> list[str]:
    return [entry["resourceAppId"] for entry in record.get("requiredResourceAccess") or ()]


def merge(record: Record | None, desired: Desired, apis: Apis) -> Record:
    """The properties to write, in Graph's names, only those that differ. Pure.

    For an application that does not exist: all that are wanted.
    """
    current = record or {}
    changes: Record = {
        name: value
        for name, value in (
            ("displayName", desired.display_name),
            ("signInAudience", desired.sign_in_audience),
            ("notes", desired.notes),
            ("serviceManagementReference", desired.service_management_reference),
        )
        if value is not None and value != current.get(name)
    }
    if desired.unique_name and desired.unique_name != current.get("uniqueName"):
        changes["uniqueName"] = desired.unique_name
    if desired.web_redirect_uris is not None:
        have = list((current.get("web") or {}).get("redirectUris") or ())
        uris = _union(have, desired.web_redirect_uris, desired.purge_redirect_uris)
        if uris != have:
            changes["web"] = {"redirectUris": uris}
    tags = _union(list(current.get("tags") or ()), desired.tags, exact=False)
    if tags != list(current.get("tags") or ()):
        changes["tags"] = tags
    if desired.api_permissions is not None:
        have_permissions = permissions_of(current, apis)
        base = {} if desired.purge_api_permissions else have_permissions
        # Uniting with nothing also takes out an id that somebody listed twice.
        after = unite(unite({}, base), by_name(desired.api_permissions, apis))
        if public_permissions(after, apis) != public_permissions(have_permissions, apis):
            changes["requiredResourceAccess"] = to_graph(after, apis)
    return changes


def _union(have: Sequence[str], wanted: Sequence[str], exact: bool) -> list[str]:
    """The wanted ones added at the end; with ``exact`` the others are gone."""
    kept = [item for item in have if item in wanted] if exact else list(have)
    return kept + [item for item in dict.fromkeys(wanted) if item not in kept]


def applied(record: Record | None, changes: Mapping[str, Any]) -> Record:
    """What a read gives after the changes; ids stay None for what is not made yet."""
    return {"id": None, "appId": None, **(record or {}), **changes}


def check_redirect_uris(uris: Sequence[str]) -> None:
    """Entra's rules for the platform Web. Raises ConfigurationError."""
    for uri in uris:
        parts = urlsplit(uri)
        local = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1")
        if not ((parts.scheme == "https" and parts.netloc) or local) or parts.fragment:
            raise ConfigurationError(
                f"The redirect URI {uri!r} is not acceptable to Microsoft Entra ID",
                "It must start with https:// (http:// only for localhost) and have no fragment.",
                "Correct web_redirect_uris (entra_connector_callback_url in the role).",
            )


def reads_by_every_key(record: Record) -> list[Read]:
    """Reads that must agree before a write counts as arrived: each may meet another replica."""
    targets = (
        Target(object_id=record["id"]),
        Target(client_id=record["appId"]),
        Target(unique_name=record.get("uniqueName") or ""),
    )
    return [read for target in targets if (read := target.read())]


def shows(record: Record, changes: Mapping[str, Any]) -> bool:
    """Whether a read shows what was written; the service may reorder and add."""
    for name, value in changes.items():
        have = record.get(name)
        if name == "web":
            if set((have or {}).get("redirectUris") or ()) != set(value["redirectUris"]):
                return False
        elif name == "requiredResourceAccess":
            if _flat(have or ()) != _flat(value):
                return False
        elif isinstance(value, list):
            if set(have or ()) != set(value):
                return False
        elif have != value:
            return False
    return True


def _flat(required: Sequence[Record]) -> set[tuple[str, str, str]]:
    return {
        (entry["resourceAppId"], access["type"], access["id"].lower())
        for entry in required
        for access in entry["resourceAccess"]
    }
