# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``entra_app_info``: applications with all that hangs on them, read in batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils import (
    _application as application,
    _ledger as ledger,
    _password as password,
    _permissions as permissions,
    _principal as principal,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._application import Target
from ansible_collections.stackone.onboarding.plugins.module_utils._grant import (
    Consents,
    consents_of,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._graph import (
    ADVANCED,
    Graph,
    Read,
    Record,
    literal,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._permissions import Apis

_SELECT = application.SELECT + ",verifiedPublisher"
_OWNER = "id,displayName,userPrincipalName"


def look_up(graph: Graph, target: Target, tag: str) -> list[Record]:
    """By key, by display name or by tag; all applications when nothing is named."""
    read = target.read()
    if read is not None:
        record = graph.get(read.path, {"$select": _SELECT})
        return [record] if record else []
    params = {"$select": _SELECT}
    if target.display_name:
        params["$filter"] = f"displayName eq {literal(target.display_name)}"
    elif tag:
        params["$filter"] = f"tags/any(t:t eq {literal(tag)})"
    headers = {}
    if tag:
        params["$count"] = "true"
        headers = ADVANCED
    return graph.collect("applications", params, headers)


def describe(graph: Graph, records: Sequence[Record]) -> list[dict[str, Any]]:
    """Four round trips for up to ten applications: principals and owners, APIs, consent."""
    if not records:
        return []
    principals, owners = _principals_and_owners(graph, records)
    apis = _apis(graph, records)
    consents = _consents(graph, principals)
    return [
        _described(record, apis, principals[index], consents[index], owners[index])
        for index, record in enumerate(records)
    ]


def _principals_and_owners(
    graph: Graph, records: Sequence[Record]
) -> tuple[list[Record | None], list[list[Record]]]:
    reads = [principal.read(record["appId"]) for record in records]
    reads += [
        Read(f"applications/{record['id']}/owners", {"$select": _OWNER}) for record in records
    ]
    answers = graph.batch(reads)
    pages = answers[len(records) :]
    return answers[: len(records)], [graph.all_of(page) for page in pages]


def _apis(graph: Graph, records: Sequence[Record]) -> Apis:
    ids = sorted({item for record in records for item in application.referenced_apis(record)})
    answers = graph.batch([permissions.api_read(item) for item in ids])
    return {
        app_id: permissions.api_of(app_id, answer)
        for app_id, answer in zip(ids, answers, strict=True)
    }


def _consents(graph: Graph, principals: Sequence[Record | None]) -> list[Consents]:
    paths = ("oauth2PermissionGrants", "appRoleAssignments")
    reads = [
        Read(f"servicePrincipals/{item['id']}/{path}")
        for item in principals
        if item
        for path in paths
    ]
    pages: Iterator[Record | None] = iter(graph.batch(reads))
    found = []
    for item in principals:
        if item is None:
            found.append(Consents())
        else:
            grants, assignments = next(pages), next(pages)
            found.append(consents_of(graph.all_of(grants), graph.all_of(assignments)))
    return found


def _described(
    record: Record,
    apis: Apis,
    own: Record | None,
    consents: Consents,
    owners: Sequence[Record],
) -> dict[str, Any]:
    asked = application.permissions_of(record, apis)
    return {
        **application.public(record, apis),
        "service_principal": {"object_id": own["id"] if own else None},
        "secrets": _secrets(record),
        "grants": _grants(apis, consents),
        "consent": [
            {
                "api": apis[app_id].name,
                "app_id": app_id,
                "type": kind,
                "name": name,
                "granted": name in granted,
            }
            for app_id, permission in asked.items()
            for kind, names, granted in (
                ("delegated", permission.delegated, _scopes(apis, app_id, consents)),
                ("application", permission.application, _roles(apis, app_id, consents)),
            )
            for name in names
        ],
        "owners": [
            {
                "object_id": item["id"],
                "display_name": item.get("displayName"),
                "user_principal_name": item.get("userPrincipalName"),
            }
            for item in owners
        ],
        "publisher_verified": bool(
            (record.get("verifiedPublisher") or {}).get("verifiedPublisherId")
        ),
    }


def _secrets(record: Record) -> list[dict[str, Any]]:
    entries = {entry.key_id: entry for entry in ledger.read(record.get("tags") or ())}
    shown = []
    for item in password.credentials_of(record):
        entry = entries.get(item.key_id)
        shown.append(item.public(entry is not None, entry.recipient if entry else ""))
    return sorted(shown, key=lambda item: item["end_date_time"])


def _grants(apis: Apis, consents: Consents) -> list[dict[str, Any]]:
    return [
        {
            "api": api.name,
            "app_id": api.app_id,
            "scopes": sorted(consents.scopes(api.object_id)),
            "grant_id": consents.grant_id(api.object_id),
        }
        for api in apis.values()
        if api.object_id and consents.grant_id(api.object_id)
    ]


def _scopes(apis: Apis, app_id: str, consents: Consents) -> set[str]:
    return set(consents.scopes(apis[app_id].object_id or ""))


def _roles(apis: Apis, app_id: str, consents: Consents) -> set[str]:
    granted = consents.roles(apis[app_id].object_id or "")
    return {name for name, role in apis[app_id].roles.items() if role in granted}
