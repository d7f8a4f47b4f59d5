# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Soft-deleted applications and service principals: list, read, restore, delete for good.

Source: "Restore deleted item", "Permanently delete item", and Entra's "Recover from deletions": a
restored application does not bring its service principal back, which lies among the deleted items
on its own.
"""

from __future__ import annotations

from collections.abc import Callable

from ..directory import Directory
from ..messages import Answer
from ..replication import Collection, Record
from . import targets
from .access import Call
from .errors import bad_request, conflict, not_found, taken, unsupported_query
from .queries import Resource, answer_list, answer_one

Handler = Callable[[Call], Answer]
PATH = "/v1.0/directory/deletedItems"
ITEM = PATH + "/{directoryObject-id}"


class DeletedItems:
    """Handlers of /directory/deletedItems."""

    def __init__(self, directory: Directory, applications: Resource, principals: Resource) -> None:
        self._directory = directory
        self._kinds = (
            (directory.applications, applications),
            (directory.service_principals, principals),
        )

    def routes(self) -> dict[tuple[str, str], Handler]:
        return {
            ("GET", PATH): self._list_without_cast,
            ("GET", PATH + "/microsoft.graph.application"): self._list_applications,
            ("GET", PATH + "/microsoft.graph.servicePrincipal"): self._list_principals,
            ("GET", ITEM): self._read,
            ("DELETE", ITEM): self._purge,
            ("POST", ITEM + "/restore"): self._restore,
            ("POST", ITEM + "/microsoft.graph.restore"): self._restore,
        }

    def _list_without_cast(self, _unused: Call) -> Answer:
        raise unsupported_query(
            "The OData cast type is a required part of the URI of deletedItems."
        )

    def _list_applications(self, call: Call) -> Answer:
        return self._list(call, *self._kinds[0])

    def _list_principals(self, call: Call) -> Answer:
        return self._list(call, *self._kinds[1])

    def _list(self, call: Call, collection: Collection, resource: Resource) -> Answer:
        records = [
            record for record in collection.all_seen() if record["deletedDateTime"] is not None
        ]
        return answer_list(call, resource, records, self._directory.options.page_size)

    def _target(self, call: Call) -> tuple[Collection, Resource, Record]:
        key = call.parameters["directoryObject-id"]
        targets.check_guid(key)
        for collection, resource in self._kinds:
            record = collection.seen(key)
            if record is not None and record["deletedDateTime"] is not None:
                return collection, resource, record
        raise not_found(key)

    def _read(self, call: Call) -> Answer:
        _unused, resource, record = self._target(call)
        return self._typed(answer_one(call, resource, record), resource)

    def _purge(self, call: Call) -> Answer:
        collection, _unused, record = self._target(call)
        call.must_own(record)
        collection.put(record["id"], None)
        return Answer(204)

    def _restore(self, call: Call) -> Answer:
        collection, resource, record = self._target(call)
        call.must_own(record)
        if collection is self._directory.applications:
            self._check_application(record)
        else:
            self._check_principal(record)
        restored = collection.change(record["id"], lambda each: each.update(deletedDateTime=None))
        return self._typed(answer_one(call, resource, restored), resource)

    def _check_application(self, record: Record) -> None:
        for other in self._directory.applications.all_newest():
            alive = other["deletedDateTime"] is None
            if alive and set(other["identifierUris"]).intersection(record["identifierUris"]):
                name = "identifierUris"
                raise taken(
                    f"Another object with the same value for property {name} already exists.", name
                )

    def _check_principal(self, record: Record) -> None:
        app_id = record["appId"]
        if self._directory.principal_of(app_id) is not None:
            raise conflict(
                "The service principal cannot be created, updated, or restored because the"
                f" service principal name {app_id} is already in use."
            )
        if (
            app_id not in self._directory.first_party
            and self._directory.application_of(app_id) is None
        ):
            raise bad_request(
                f"Cannot restore the service principal '{record['id']}' without its backing"
                " application.",
                code="NoBackingApplicationObject",
                target="appId",
            )

    def _typed(self, answer: Answer, resource: Resource) -> Answer:
        context = answer.body.pop("@odata.context")
        kind = {"@odata.type": f"#microsoft.graph.{resource.odata_type}"}
        answer.body = {"@odata.context": context, **kind, **answer.body}
        return answer
