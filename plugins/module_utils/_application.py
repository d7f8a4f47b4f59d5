# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applications (app registrations): finding, merging, writing and deleting them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from ansible_collections.stackone.onboarding.plugins.module_utils._clock import Deadline
from ansible_collections.stackone.onboarding.plugins.module_utils._errors import (
    AmbiguousNameError,
    ConfigurationError,
    HttpError,
    NotFoundError,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._graph import (
    Graph,
    Read,
    Record,
    is_lagging,
    key,
    literal,
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
from ansible_collections.stackone.onboarding.plugins.module_utils._retry import act_once
from ansible_collections.stackone.onboarding.plugins.module_utils._wait import (
    retry_while,
    wait_until_seen,
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


def find(graph: Graph, target: Target, deadline: Deadline) -> Record:
    """The application that must exist: a 404 is believed only when it is repeated.

    Raises NotFoundError.
    """
    read = target.read()
    if read is None:
        raise not_found(target)
    pauses = [0.5, 1.0, 2.0]
    while True:
        record = graph.get(read.path, read.params)
        if record is not None:
            return check_ids(record, target)
        if not pauses or not deadline.allows(pauses[0]):
            raise not_found(target)
        deadline.pause(pauses.pop(0), f"an application with {target} to be readable")


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


@dataclass(frozen=True)
class Namesakes:
    """What a unique name and a display name lead to where no application has the unique name."""

    deleted: Record | None
    adoptable: Sequence[Record]


def find_namesakes(graph: Graph, target: Target) -> Namesakes:
    """The soft-deleted application of the unique name; those of the display name to adopt.

    An application that carries another unique name is somebody else's: it is not adoptable.
    """
    deleted_filter = f"uniqueName eq {literal(target.unique_name)}"
    named_filter = f"displayName eq {literal(target.display_name)}"
    reads: dict[str, Read] = {}
    if target.unique_name:
        place = "directory/deletedItems/microsoft.graph.application"
        reads["deleted"] = Read(place, {"$filter": deleted_filter, "$select": SELECT})
    if target.display_name:
        reads["named"] = Read("applications", {"$filter": named_filter, "$select": SELECT})
    pages: dict[str, Record | None] = dict(
        zip(reads, graph.batch(list(reads.values())), strict=True)
    )
    deleted = graph.all_of(pages.get("deleted"))
    named = graph.all_of(pages.get("named"))
    if target.unique_name:
        named = [item for item in named if not item.get("uniqueName")]
    return Namesakes(deleted[0] if deleted else None, named)


def find_deleted(graph: Graph, target: Target) -> Record | None:
    """The soft-deleted application of an id."""
    if target.object_id:
        return graph.get(f"{_DELETED}/{quote(target.object_id, safe='')}", {"$select": SELECT})
    named = {"$filter": f"appId eq {literal(target.client_id)}", "$select": SELECT}
    found = graph.collect(f"{_DELETED}/microsoft.graph.application", named)
    return found[0] if found else None


def find_owner_of(graph: Graph, unique_name: str) -> tuple[Record, bool] | None:
    """The application that has a unique name, and whether it is a soft-deleted one."""
    target = Target(unique_name=unique_name)
    record = graph.get(key("applications", "uniqueName", unique_name), {"$select": SELECT})
    if record is not None:
        return record, False
    deleted = find_namesakes(graph, target).deleted
    return (deleted, True) if deleted else None


def is_name_taken(error: HttpError) -> bool:
    """A unique name that another application has, also a deleted one, is 400 rather than 409."""
    return error.status == 400 and "ObjectConflict" in error.details.get("codes", [])


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


def create(graph: Graph, changes: Record, deadline: Deadline) -> Record:
    """Make an application: by the upsert on its unique name, so that two runs make one.

    Least privilege: Application.ReadWrite.OwnedBy.
    https://learn.microsoft.com/graph/api/application-upsert
    """
    body = dict(changes)
    unique_name = body.pop("uniqueName", None)
    if unique_name is None:
        return _post(graph, body, deadline)
    path = key("applications", "uniqueName", unique_name)
    made = graph.patch(path, body, {"Prefer": "create-if-missing"})
    if made.get("id"):
        return made
    # 204: another run made it in the same moment.
    return wait_until_seen(
        lambda: graph.get(path, {"$select": SELECT}),
        what=f"the application with unique name {unique_name!r} to be readable",
        deadline=deadline,
    )


def _post(graph: Graph, body: Record, deadline: Deadline) -> Record:
    """Without a unique name a lost answer is looked for by the display name."""

    def look() -> Record | None:
        named = f"displayName eq {literal(body['displayName'])}"
        found = graph.collect("applications", {"$filter": named, "$select": SELECT})
        return found[0] if found else None

    return act_once(lambda: graph.post("applications", body), look, deadline)


def update(graph: Graph, object_id: str, changes: Record, deadline: Deadline) -> None:
    retry_while(
        lambda: graph.patch(f"applications/{object_id}", changes),
        is_lagging,
        what=f"the application {object_id} to be writable",
        deadline=deadline,
    )


def restore(graph: Graph, object_id: str, deadline: Deadline, place: str = "applications") -> None:
    """Out of the deleted items to its place. Least privilege: Application.ReadWrite.OwnedBy."""

    def act() -> bool:
        try:
            graph.post(f"directory/deletedItems/{object_id}/restore")
        except HttpError as error:
            # 404: a first try, or another run, has restored it.
            if error.status != 404:
                raise
        return True

    act_once(act, lambda: graph.get(f"{place}/{object_id}") and True, deadline)


def delete(graph: Graph, object_id: str) -> bool:
    """Soft: Entra keeps it for 30 days, and its unique name reserved."""
    return graph.delete(f"applications/{object_id}")


def delete_for_good(graph: Graph, object_id: str, deadline: Deadline) -> None:
    """Out of the deleted items, once the soft deletion has arrived there."""

    def act() -> None:
        if not graph.delete(f"directory/deletedItems/{object_id}"):
            raise HttpError(f"There is no deleted application {object_id}", status=404)

    retry_while(
        act,
        is_lagging,
        what=f"the deleted application {object_id} to be among the deleted items",
        deadline=deadline,
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


def add_owner(graph: Graph, object_id: str, owner: str, deadline: Deadline) -> None:
    """An owner by object id or user principal name. Least privilege: as for the application."""
    place = "directoryObjects" if "@" not in owner else "users"
    reference = {"@odata.id": f"{graph.base}{place}/{quote(owner, safe='@')}"}

    def act() -> bool:
        try:
            graph.post(f"applications/{object_id}/owners/$ref", reference)
        except HttpError as error:
            if "already exist" not in error.service_message:
                raise
        return True

    act_once(act, lambda: None, deadline)


def owners(graph: Graph, object_id: str) -> list[Record]:
    return graph.collect(
        f"applications/{object_id}/owners", {"$select": "id,displayName,userPrincipalName"}
    )
