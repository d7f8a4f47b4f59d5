# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""API permissions by name: an API's own service principal says which id a name has."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils._errors import (
    AmbiguousNameError,
    NotFoundError,
    UnknownNameError,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._graph import (
    Graph,
    Read,
    Record,
    key,
    literal,
)

# First-party APIs whose appId is the same in every tenant: they are found by it even where the
# tenant has no service principal of theirs yet.
WELL_KNOWN_APIS = {
    "azure devops": "499b84ac-1321-427f-aa17-267ca6975798",
    "microsoft graph": "00000003-0000-0000-c000-000000000000",
}

API_SELECT = "id,appId,displayName,oauth2PermissionScopes,appRoles"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True)
class Api:
    """An API in this tenant; ``object_id`` is None where the tenant has no service principal."""

    app_id: str
    name: str
    object_id: str | None = None
    scopes: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Permission:
    """What is asked of one API, by name; what has no name here stands by its id."""

    app_id: str
    delegated: tuple[str, ...] = ()
    application: tuple[str, ...] = ()


Permissions = dict[str, Permission]
Apis = dict[str, Api]


def is_guid(text: str) -> bool:
    return bool(_GUID.fullmatch(text))


def api_read(app_id: str) -> Read:
    """For a batch: the service principal that ``api_of`` reads."""
    return Read(key("servicePrincipals", "appId", app_id), {"$select": API_SELECT})


def api_of(app_id: str, record: Record | None, name: str = "") -> Api:
    if record is None:
        return Api(app_id, name or app_id)
    return Api(
        app_id,
        record.get("displayName") or app_id,
        record["id"],
        _ids(record.get("oauth2PermissionScopes"), lambda item: True),
        # An API may define roles for users too; only applications can be given these.
        _ids(record.get("appRoles"), lambda item: "Application" in item["allowedMemberTypes"]),
    )


def app_id_of(graph: Graph, api: str) -> str:
    """The appId that the user means by an appId or a display name.

    Raises NotFoundError, AmbiguousNameError.
    """
    if is_guid(api):
        return api.lower()
    if api.lower() in WELL_KNOWN_APIS:
        return WELL_KNOWN_APIS[api.lower()]
    found = graph.collect(
        "servicePrincipals",
        {"$filter": f"displayName eq {literal(api)}", "$select": "id,appId,displayName"},
    )
    if not found:
        raise NotFoundError(
            f"The tenant has no API named {api!r}",
            "Only APIs with a service principal in the tenant are found by name.",
            "Name it by its appId (a GUID): its service principal is then created.",
            api=api,
        )
    if len(found) > 1:
        raise AmbiguousNameError(
            f"{len(found)} service principals are named {api!r}",
            hint="Name the API by its appId.",
            candidates=[{"app_id": item["appId"], "object_id": item["id"]} for item in found],
        )
    return found[0]["appId"]


def wanted(graph: Graph, api_permissions: Sequence[Mapping[str, Any]]) -> Permissions:
    """The user's list, by appId; entries of one API are united. Names are checked later."""
    result: Permissions = {}
    for entry in api_permissions:
        app_id = app_id_of(graph, entry["api"])
        result = unite(
            result,
            {
                app_id: Permission(
                    app_id,
                    _ordered(entry.get("delegated") or ()),
                    _ordered(entry.get("application") or ()),
                )
            },
        )
    return result


def check_names(permissions: Permissions, apis: Apis) -> None:
    """Raises UnknownNameError for the first name that its API does not define.

    An API without a service principal cannot be asked: its names are checked once it has one.
    """
    for permission in permissions.values():
        api = apis[permission.app_id]
        if api.object_id is None:
            continue
        for kind, names, known in (
            ("delegated scope", permission.delegated, api.scopes),
            ("application role", permission.application, api.roles),
        ):
            for name in names:
                if name not in known and name not in known.values():
                    raise unknown_name(f"{api.name} has no {kind} {name!r}", name, known)


def by_name(permissions: Permissions, apis: Apis) -> Permissions:
    """The same with names for the ids that have one: a user may have given either."""
    result = {}
    for app_id, permission in permissions.items():
        api = apis[app_id]
        scopes = {value: name for name, value in api.scopes.items()}
        roles = {value: name for name, value in api.roles.items()}
        result[app_id] = Permission(
            app_id,
            _ordered(scopes.get(name, name) for name in permission.delegated),
            _ordered(roles.get(name, name) for name in permission.application),
        )
    return result


def unknown_name(what: str, name: str, known: Iterable[str]) -> UnknownNameError:
    names = sorted(known)
    near = nearest(name, names)
    return UnknownNameError(
        what,
        hint=f"Nearest: {', '.join(near)}." if near else f"There are: {', '.join(names[:20])}.",
        name=name,
        nearest=near,
    )


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Up to five names that look like it, the most alike first; case does not count."""
    by_lower = {item.lower(): item for item in known}
    close = difflib.get_close_matches(name.lower(), by_lower, n=5, cutoff=0.5)
    return [by_lower[item] for item in close]


def from_graph(required: Sequence[Record], apis: Apis) -> Permissions:
    """``requiredResourceAccess`` by names; an id that occurs twice occurs twice here too."""
    result: Permissions = {}
    for entry in required:
        app_id = entry["resourceAppId"]
        api = apis.get(app_id, Api(app_id, app_id))
        before = result.get(app_id, Permission(app_id))
        result[app_id] = Permission(
            app_id,
            before.delegated + _names(entry, "Scope", api.scopes),
            before.application + _names(entry, "Role", api.roles),
        )
    return result


def to_graph(permissions: Permissions, apis: Apis) -> list[Record]:
    """By ids, each once. ``check_names`` has seen the names."""
    return [
        {
            "resourceAppId": permission.app_id,
            "resourceAccess": [
                {"id": known.get(name, name), "type": kind}
                for kind, names, known in (
                    ("Scope", permission.delegated, apis[permission.app_id].scopes),
                    ("Role", permission.application, apis[permission.app_id].roles),
                )
                for name in names
            ],
        }
        for permission in permissions.values()
        if permission.delegated or permission.application
    ]


def unite(first: Permissions, second: Permissions) -> Permissions:
    result = dict(first)
    for app_id, more in second.items():
        have = result.get(app_id, Permission(app_id))
        result[app_id] = Permission(
            app_id,
            _ordered(have.delegated + more.delegated),
            _ordered(have.application + more.application),
        )
    return result


def public(permissions: Permissions, apis: Apis) -> list[dict[str, Any]]:
    """As results and diffs show them, in an order of their own."""
    return [
        {
            "api": apis[permission.app_id].name if permission.app_id in apis else permission.app_id,
            "app_id": permission.app_id,
            "delegated": sorted(permission.delegated),
            "application": sorted(permission.application),
        }
        for permission in sorted(permissions.values(), key=lambda item: item.app_id)
        if permission.delegated or permission.application
    ]


def _ids(definitions: Any, wanted_one: Any) -> dict[str, str]:
    return {
        item["value"]: item["id"]
        for item in definitions or ()
        if item.get("value") and item.get("isEnabled", True) and wanted_one(item)
    }


def _names(entry: Record, kind: str, known: Mapping[str, str]) -> tuple[str, ...]:
    by_id = {value.lower(): name for name, value in known.items()}
    return tuple(
        by_id.get(access["id"].lower(), access["id"])
        for access in entry["resourceAccess"]
        if access["type"] == kind
    )


def _ordered(names: Iterable[str]) -> tuple[str, ...]:
    """Each once, in the order of their first occurrence."""
    return tuple(dict.fromkeys(names))
