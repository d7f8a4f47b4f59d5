# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests about applications: finding, making, changing, restoring and deleting them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from ansible_collections.stackone.onboarding.plugins.module_utils._application import (
    SELECT,
    Target,
    check_ids,
    not_found,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._clock import Deadline
from ansible_collections.stackone.onboarding.plugins.module_utils._errors import HttpError
from ansible_collections.stackone.onboarding.plugins.module_utils._graph import (
    Graph,
    Read,
    Record,
    is_lagging,
    key,
    literal,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._retry import act_once
from ansible_collections.stackone.onboarding.plugins.module_utils._wait import (
    retry_while,
    wait_until_seen,
)

_DELETED = "directory/deletedItems"


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
