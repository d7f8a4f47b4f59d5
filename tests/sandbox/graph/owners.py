# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Owners of applications and service principals: list, add by reference, remove."""

from __future__ import annotations

from collections.abc import Callable

from ..directory import Directory
from ..messages import Answer
from ..replication import Collection, Record
from . import targets
from .access import Call
from .errors import bad_request, not_found
from .queries import Resource, answer_list

Handler = Callable[[Call], Answer]
RESOURCE = Resource(
    "DirectoryObject",
    "directoryObjects",
    frozenset({"id", "displayName"}),
    odata_type="directoryObject",
    derived=frozenset({"userPrincipalName"}),
)


class Owners:
    """Handlers of …/owners."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def routes(self) -> dict[tuple[str, str], Handler]:
        routes: dict[tuple[str, str], Handler] = {}
        for path in (
            "/v1.0/applications/{application-id}",
            "/v1.0/servicePrincipals/{servicePrincipal-id}",
        ):
            routes["GET", f"{path}/owners"] = self._list
            routes["GET", f"{path}/owners/$ref"] = self._references
            routes["POST", f"{path}/owners/$ref"] = self._add
            routes["DELETE", f"{path}/owners/$ref"] = self._remove
            routes["DELETE", f"{path}/owners/{{directoryObject-id}}/$ref"] = self._remove
        return routes

    def _target(self, call: Call) -> tuple[Collection, Record]:
        if "application-id" in call.parameters:
            return self._directory.applications, targets.application(self._directory, call)
        return self._directory.service_principals, targets.principal(self._directory, call)

    def _list(self, call: Call) -> Answer:
        _unused, record = self._target(call)
        found = [self._directory.object_seen(owner) for owner in record["_owners"]]
        objects = [_as_object(owner) for owner in found if owner is not None]
        return answer_list(call, RESOURCE, objects, self._directory.options.page_size)

    def _references(self, call: Call) -> Answer:
        _unused, record = self._target(call)
        links = [call.link(f"directoryObjects/{owner}") for owner in record["_owners"]]
        return Answer(200, {**call.context("Collection($ref)"), "value": links})

    def _add(self, call: Call) -> Answer:
        collection, record = self._target(call)
        call.must_own(record)
        owner = targets.referenced_object(self._directory, call.body.get("@odata.id", ""))
        newest = collection.newest(record["id"]) or record
        if owner["id"] in newest["_owners"]:
            raise bad_request(
                "One or more added object references already exist for the following modified"
                " properties: 'owners'."
            )
        newest["_owners"].append(owner["id"])
        collection.put(record["id"], newest)
        return Answer(204)

    def _remove(self, call: Call) -> Answer:
        collection, record = self._target(call)
        call.must_own(record)
        owner = (
            call.parameters.get("directoryObject-id")
            or call.request.query["@id"].rstrip("/").rpartition("/")[2]
        )
        newest = collection.newest(record["id"]) or record
        if owner not in newest["_owners"]:
            raise not_found(owner)
        newest["_owners"].remove(owner)
        collection.put(record["id"], newest)
        return Answer(204)


def _as_object(owner: Record) -> Record:
    kind = "user" if "userPrincipalName" in owner else "servicePrincipal"
    return {"@odata.type": f"#microsoft.graph.{kind}", **owner}
