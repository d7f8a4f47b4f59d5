# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applications: create, upsert, read, list, change, delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..clock import iso
from ..directory import Directory, is_live
from ..messages import Answer
from ..replication import Record
from . import app_model, targets
from .access import Call
from .certificates import key_credential
from .errors import GraphError, bad_request, not_found, taken
from .limits import check_quota
from .passwords import Passwords
from .queries import Resource, answer_count, answer_list, answer_one
from .service_principals import mirror

Handler = Callable[[Call], Answer]
FILTERABLE = frozenset(
    {
        "appId", "createdDateTime", "deletedDateTime", "displayName", "id", "identifierUris",
        "publisherDomain", "serviceManagementReference", "signInAudience", "tags", "uniqueName",
    }
)  # fmt: skip


class Applications:
    """Handlers of /applications."""

    def __init__(self, directory: Directory, passwords: Passwords) -> None:
        self._directory = directory
        self._passwords = passwords
        self.resource = Resource(
            "Application",
            "applications",
            FILTERABLE,
            odata_type="application",
            expanders={"owners": self._owners},
        )

    def routes(self) -> dict[tuple[str, str], Handler]:
        routes: dict[tuple[str, str], Handler] = {
            ("GET", "/v1.0/applications"): self._list,
            ("POST", "/v1.0/applications"): self._create,
            ("GET", "/v1.0/applications/$count"): self._count,
        }
        for key in ("/{application-id}", "(appId='{appId}')", "(uniqueName='{uniqueName}')"):
            path = f"/v1.0/applications{key}"
            routes |= {
                ("GET", path): self._read,
                ("PATCH", path): self._patch,
                ("DELETE", path): self._delete,
            }
        return routes

    def _owners(self, record: Record) -> list[Record]:
        found = (self._directory.object_seen(owner) for owner in record["_owners"])
        return [
            {"id": owner["id"], "displayName": owner["displayName"]} for owner in found if owner
        ]

    # -- reading

    def _live(self) -> list[Record]:
        return [record for record in self._directory.applications.all_seen() if is_live(record)]

    def _list(self, call: Call) -> Answer:
        return answer_list(call, self.resource, self._live(), self._directory.options.page_size)

    def _count(self, call: Call) -> Answer:
        return answer_count(call, self.resource, self._live())

    def _read(self, call: Call) -> Answer:
        return answer_one(call, self.resource, targets.application(self._directory, call))

    # -- writing

    def _create(self, call: Call, unique_name: str | None = None) -> Answer:
        body = dict(call.body)
        if unique_name is not None and body.setdefault("uniqueName", unique_name) != unique_name:
            raise _unique_name_is_fixed()
        if not body.get("displayName"):
            raise app_model.invalid("displayName", "It is required.")
        check_quota(self._directory, call)
        record = app_model.new_application(
            call.principal_id, [call.principal_id], self._directory.clock.now()
        )
        secrets = self._write(record, body)
        self._directory.applications.put(record["id"], record)
        answer = answer_one(call, self.resource, record, 201)
        answer.body["passwordCredentials"] = secrets  # the one time that their texts are told
        answer.headers["Location"] = call.link(f"applications/{record['id']}")
        return answer

    def _patch(self, call: Call) -> Answer:
        record = targets.seen(self._directory.applications, call, "application-id")
        unique_name = call.parameters.get("uniqueName")
        if record is None and unique_name is not None and call.request.prefers("create-if-missing"):
            return self._create(call, unique_name)
        if record is None:
            raise not_found(targets.key_of(call, "application-id"))
        call.must_own(record)
        newest = self._directory.applications.newest(record["id"])
        if newest is None or not is_live(newest):
            raise not_found(record["id"])
        if "passwordCredentials" in call.body:
            raise _passwords_are_fixed(call.body["passwordCredentials"])
        self._write(newest, call.body)
        self._directory.applications.put(newest["id"], newest)
        self._mirror(newest)
        return Answer(204)

    def _delete(self, call: Call) -> Answer:
        record = targets.application(self._directory, call)
        call.must_own(record)
        self._directory.delete_application(record["id"], iso(self._directory.clock.now()))
        return Answer(204)

    def _write(self, record: Record, body: Record) -> list[Record]:
        """Write a body into a record; returns the passwords that it made, with their texts."""
        app_model.check_body(body)
        self._check_unique(record, body)
        body = dict(body)
        wanted = body.pop("passwordCredentials", None) or []
        for owner in body.pop("owners@odata.bind", []):
            record["_owners"].append(targets.referenced_object(self._directory, owner)["id"])
        if "keyCredentials" in body:
            body["keyCredentials"] = [key_credential(each) for each in body["keyCredentials"]]
        app_model.merge(record, body)
        app_model.check_record(record)
        if (
            self._directory.options.require_service_management_reference
            and not record["serviceManagementReference"]
        ):
            verb = "Update" if self._directory.applications.newest(record["id"]) else "Create"
            raise bad_request(
                f"ServiceManagementReference field is required for {verb}, but is missing in the"
                " request."
            )
        return [self._passwords.make(record, each) for each in wanted]

    def _check_unique(self, record: Record, body: Record) -> None:
        """uniqueName and identifierUris are unique; a soft-deleted app keeps its uniqueName."""
        name = body.get("uniqueName", record["uniqueName"])
        if record["uniqueName"] and name != record["uniqueName"]:
            raise _unique_name_is_fixed()
        uris = set(body.get("identifierUris") or [])
        for other in self._directory.applications.all_newest():
            if other["id"] == record["id"]:
                continue
            if name and other["uniqueName"] == name:
                raise _taken("uniqueName")
            if uris.intersection(other["identifierUris"]) and is_live(other):
                raise _taken("identifierUris")

    def _mirror(self, app: Record) -> None:
        """The service principal in the app's own tenant shows what its application says."""
        principal = self._directory.principal_of(app["appId"])
        if principal is not None:
            before = dict(principal)
            mirror(app, principal)
            if principal != before:
                self._directory.service_principals.put(principal["id"], principal)


def _taken(name: str) -> GraphError:
    return taken(f"Another object with the same value for property {name} already exists.", name)


def _unique_name_is_fixed() -> GraphError:
    return bad_request(
        "Property 'uniqueName' is immutable once set.",
        code="ImmutableProperty",
        target="uniqueName",
    )


def _passwords_are_fixed(items: list[dict[str, Any]] | None) -> GraphError:
    key_id = next((item.get("keyId") for item in items or [] if item.get("keyId")), None)
    message = f"Update to existing credential with KeyId '{key_id}' is not allowed."
    return bad_request(message, code="KeyNotUpdatable", target="passwordCredentials")
