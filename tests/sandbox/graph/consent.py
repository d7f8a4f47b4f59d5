# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Delegated consent (oauth2PermissionGrants) and application consent (appRoleAssignments)."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from ..clock import graph_precise
from ..directory import Directory, new_link_id
from ..messages import Answer
from ..replication import Record
from . import targets
from .access import Call
from .errors import GraphError, bad_request, conflict, not_found
from .queries import Resource, answer_list, answer_one

Handler = Callable[[Call], Answer]
MAX_SCOPE = 3850  # characters, from the oauth2PermissionGrant resource page
DEFAULT_ROLE = "00000000-0000-0000-0000-000000000000"
GRANT = Resource(
    "OAuth2PermissionGrant",
    "oauth2PermissionGrants",
    frozenset({"clientId", "consentType", "principalId", "resourceId"}),
    odata_type="oAuth2PermissionGrant",
)
ASSIGNMENT = Resource(
    "AppRoleAssignment",
    "appRoleAssignments",
    frozenset({"principalDisplayName", "principalId", "resourceId"}),
    odata_type="appRoleAssignment",
)
GRANTS_PATH = "/v1.0/oauth2PermissionGrants"
GRANT_PATH = GRANTS_PATH + "/{oAuth2PermissionGrant-id}"


class Grants:
    """Handlers of /oauth2PermissionGrants: one per client, resource and principal."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def routes(self) -> dict[tuple[str, str], Handler]:
        return {
            ("GET", GRANTS_PATH): self._list,
            ("POST", GRANTS_PATH): self._create,
            ("GET", GRANT_PATH): self._read,
            ("PATCH", GRANT_PATH): self._patch,
            ("DELETE", GRANT_PATH): self._delete,
            (
                "GET",
                "/v1.0/servicePrincipals/{servicePrincipal-id}/oauth2PermissionGrants",
            ): self._of_client,
        }

    def _list(self, call: Call) -> Answer:
        return answer_list(
            call, GRANT, self._directory.grants.all_seen(), self._directory.options.page_size
        )

    def _of_client(self, call: Call) -> Answer:
        client = targets.principal(self._directory, call)
        records = [
            each for each in self._directory.grants.all_seen() if each["clientId"] == client["id"]
        ]
        return answer_list(call, GRANT, records, self._directory.options.page_size)

    def _target(self, call: Call) -> Record:
        key = call.parameters["oAuth2PermissionGrant-id"]
        record = self._directory.grants.seen(key)
        if record is None:
            raise not_found(key)
        return record

    def _read(self, call: Call) -> Answer:
        return answer_one(call, GRANT, self._target(call))

    def _create(self, call: Call) -> Answer:
        body = call.body
        principal = body.get("principalId")
        if (body["consentType"] == "AllPrincipals") != (principal is None):
            raise bad_request(
                "Invalid value specified for property 'principalId' of resource"
                " 'OAuth2PermissionGrant'."
            )
        _check_scope(body["scope"])
        for reference in (body["clientId"], body["resourceId"]):
            _check_reference(self._directory, reference)
        if principal is not None and principal not in self._directory.users:
            raise not_found(principal)
        triple = (body["clientId"], body["resourceId"], principal)
        for other in self._directory.grants.all_newest():
            if (other["clientId"], other["resourceId"], other["principalId"]) == triple:
                raise conflict("Permission entry already exists.")
        record = {
            "clientId": body["clientId"],
            "consentType": body["consentType"],
            "id": new_link_id(body["clientId"], principal or str(uuid.uuid4())),
            "principalId": principal,
            "resourceId": body["resourceId"],
            "scope": body["scope"],
        }
        self._directory.grants.put(record["id"], record)
        return answer_one(call, GRANT, record, 201)

    def _patch(self, call: Call) -> Answer:
        record = self._target(call)
        fixed = [name for name in call.body if name != "scope" and not name.startswith("@odata")]
        if fixed:
            raise bad_request(
                f"Property '{fixed[0]}' is read-only and cannot be set.",
                code="ReadOnly",
                target=fixed[0],
            )
        _check_scope(call.body.get("scope"))
        if self._directory.grants.newest(record["id"]) is None:
            raise not_found(record["id"])
        self._directory.grants.change(
            record["id"], lambda grant: grant.update(scope=call.body["scope"])
        )
        return Answer(204)

    def _delete(self, call: Call) -> Answer:
        self._directory.grants.put(self._target(call)["id"], None)
        return Answer(204)


class Assignments:
    """Handlers of appRoleAssignments (of a client) and appRoleAssignedTo (of an API)."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def routes(self) -> dict[tuple[str, str], Handler]:
        routes: dict[tuple[str, str], Handler] = {}
        for key in ("/{servicePrincipal-id}", "(appId='{appId}')"):
            for view in ("appRoleAssignments", "appRoleAssignedTo"):
                path = f"/v1.0/servicePrincipals{key}/{view}"
                routes["GET", path] = self._list
                routes["POST", path] = self._create
                routes["GET", path + "/{appRoleAssignment-id}"] = self._read
                routes["DELETE", path + "/{appRoleAssignment-id}"] = self._delete
        return routes

    def _side(self, call: Call) -> str:
        return "resourceId" if "/appRoleAssignedTo" in call.request.path else "principalId"

    def _list(self, call: Call) -> Answer:
        owner, side = targets.principal(self._directory, call), self._side(call)
        records = [
            each for each in self._directory.assignments.all_seen() if each[side] == owner["id"]
        ]
        return answer_list(call, ASSIGNMENT, records, self._directory.options.page_size)

    def _target(self, call: Call) -> Record:
        owner, side = targets.principal(self._directory, call), self._side(call)
        key = call.parameters["appRoleAssignment-id"]
        record = self._directory.assignments.seen(key)
        if record is None or record[side] != owner["id"]:
            raise not_found(key)
        return record

    def _read(self, call: Call) -> Answer:
        return answer_one(call, ASSIGNMENT, self._target(call))

    def _delete(self, call: Call) -> Answer:
        self._directory.assignments.put(self._target(call)["id"], None)
        return Answer(204)

    def _create(self, call: Call) -> Answer:
        body, owner = call.body, targets.principal(self._directory, call)
        if body[self._side(call)] != owner["id"]:
            raise bad_request(
                f"Invalid value specified for property '{self._side(call)}' of resource"
                " 'AppRoleAssignment'."
            )
        principal = _check_reference(self._directory, body["principalId"])
        resource = _check_reference(self._directory, body["resourceId"])
        if body["appRoleId"] not in (DEFAULT_ROLE, *(role["id"] for role in resource["appRoles"])):
            raise bad_request(
                f"Permission being assigned was not found on application '{resource['appId']}'."
            )
        triple = (body["principalId"], body["resourceId"], body["appRoleId"])
        for other in self._directory.assignments.all_newest():
            if (other["principalId"], other["resourceId"], other["appRoleId"]) == triple:
                raise bad_request(
                    "Permission being assigned already exists on the object", code="InvalidUpdate"
                )
        record = {
            "id": new_link_id(body["principalId"], str(uuid.uuid4())),
            "deletedDateTime": None,
            "appRoleId": body["appRoleId"],
            "createdDateTime": graph_precise(self._directory.clock.now()),
            "principalDisplayName": principal["displayName"],
            "principalId": body["principalId"],
            "principalType": "ServicePrincipal",
            "resourceDisplayName": resource["displayName"],
            "resourceId": body["resourceId"],
        }
        self._directory.assignments.put(record["id"], record)
        return answer_one(call, ASSIGNMENT, record, 201)


def _check_scope(scope: str | None) -> None:
    if scope is None or len(scope) > MAX_SCOPE:
        raise bad_request(
            "Invalid value specified for property 'scope' of resource 'OAuth2PermissionGrant'."
        )


def _check_reference(directory: Directory, principal_id: str) -> Record:
    """The principal that a link names; else 404, or 400 in the same words (azuread's source)."""
    record = directory.principal_seen(principal_id)
    if record is not None:
        return record
    missing = not_found(principal_id)
    if directory.options.replication_404_as_400:
        missing = GraphError(400, "Request_BadRequest", missing.message)
    raise missing
