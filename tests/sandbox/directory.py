# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tenant: applications, service principals, consent grants, role assignments, users.

Records are Graph's own objects plus hidden properties, which begin with "_" and never leave
through Graph: `_owners` (object ids), `_creator`, `_secrets` (key id to text), `_secret_since`,
`_federated`.
"""

from __future__ import annotations

import base64
import copy
import uuid
from collections.abc import Iterator
from typing import Any

from .clock import Clock, parse_iso
from .options import Options
from .replication import Collection, Record

TENANT_ID = "8f3c1f5e-6c1b-4d8e-9a34-2b7d5f0a61c4"
TENANT_NAME = "Contoso"
DEFAULT_DOMAIN = "contoso.onmicrosoft.com"
VERIFIED_DOMAINS = (DEFAULT_DOMAIN, "contoso.com")
MICROSOFT_TENANT_ID = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"  # it owns the first-party apps
GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
AZURE_DEVOPS_APP_ID = "499b84ac-1321-427f-aa17-267ca6975798"
# Microsoft Graph's name as a resource, by cloud: "National cloud deployments".
GRAPH_NAMES = {
    "public": "https://graph.microsoft.com",
    "us_government": "https://graph.microsoft.us",
    "us_government_dod": "https://dod-graph.microsoft.us",
    "china": "https://microsoftgraph.chinacloudapi.cn",
}


def is_live(record: Record | None) -> bool:
    return record is not None and record.get("deletedDateTime") is None


def new_link_id(*guids: str) -> str:
    """The id of a grant or an assignment: base64url of GUIDs, so it can begin with "-" or "_"."""
    raw = b"".join(uuid.UUID(guid).bytes_le for guid in guids)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


class Directory:
    """Everything the tenant holds."""

    def __init__(self, clock: Clock, options: Options) -> None:
        self.clock = clock
        self.options = options
        self.applications = Collection("applications", clock, options)
        self.service_principals = Collection("servicePrincipals", clock, options)
        self.grants = Collection("grants", clock, options)
        self.assignments = Collection("grants", clock, options)
        self.users: dict[str, Record] = {}
        # Apps of Microsoft's own: what POST /servicePrincipals makes from their app ids.
        self.first_party: dict[str, Record] = {}

    @property
    def collections(self) -> dict[str, Collection]:
        return {
            "applications": self.applications,
            "servicePrincipals": self.service_principals,
            "oauth2PermissionGrants": self.grants,
            "appRoleAssignments": self.assignments,
        }

    def settle(self) -> None:
        """Let every read see what is true now."""
        for collection in self.collections.values():
            collection.settle()

    # -- what is true

    def application_of(self, app_id: str) -> Record | None:
        return copy.deepcopy(_live(self.applications, app_id))

    def principal_of(self, app_id: str) -> Record | None:
        return copy.deepcopy(_live(self.service_principals, app_id))

    def links_of(self, principal_id: str) -> Iterator[tuple[Collection, str]]:
        """The grants and assignments that a service principal takes part in."""
        for collection, ends in (
            (self.grants, ("clientId", "resourceId")),
            (self.assignments, ("principalId", "resourceId")),
        ):
            for record in list(collection.all_newest()):
                if principal_id in (record[end] for end in ends):
                    yield collection, record["id"]

    def objects_created_by(self, creator: str) -> int:
        """What a creator has used of its quota; soft-deleted objects count too (service limits)."""
        created = (self.applications, self.service_principals)
        return sum(
            record["_creator"] == creator
            for collection in created
            for record in collection.all_newest()
        )

    def role_values(self, principal_id: str, resource_id: str) -> list[str]:
        """The values of the app roles that a service principal holds at an API, as for a token."""
        resource = self.service_principals.newest(resource_id) or {}
        values = {role["id"]: role["value"] for role in resource.get("appRoles", [])}
        held = (
            link["appRoleId"]
            for link in self.assignments.all_newest()
            if link["principalId"] == principal_id and link["resourceId"] == resource_id
        )
        return sorted(values[role] for role in held if role in values)

    def secret_is_live(self, app_id: str, secret: str) -> bool:
        """Whether a secret is, in truth, a valid password of a live app."""
        app = _live(self.applications, app_id)
        if app is None:
            return False
        now = self.clock.now()
        return any(
            app["_secrets"].get(item["keyId"]) == secret
            and parse_iso(item["startDateTime"]) <= now < parse_iso(item["endDateTime"])
            for item in app["passwordCredentials"]
        )

    # -- what a client sees

    def principal_seen(self, principal_id: str) -> Record | None:
        """A live service principal as a reference in a write sees it."""
        record = self.service_principals.seen(principal_id)
        return record if is_live(record) else None

    def object_seen(self, object_id: str) -> Record | None:
        """A user or service principal, by object id or user principal name."""
        for user in self.users.values():
            if object_id.lower() in (user["id"], user["userPrincipalName"].lower()):
                return user
        return self.principal_seen(object_id)

    # -- changes that touch several objects

    def delete_principal(self, principal_id: str, deleted: str) -> None:
        """Soft-delete a service principal; its grants and assignments go for good."""
        for collection, key in list(self.links_of(principal_id)):
            collection.put(key, None)
        self.service_principals.change(
            principal_id, lambda record: record.update(deletedDateTime=deleted)
        )

    def delete_application(self, object_id: str, deleted: str) -> None:
        """Soft-delete an application, and its service principal in this tenant with it."""
        record = self.applications.change(
            object_id, lambda app: app.update(deletedDateTime=deleted)
        )
        principal = self.principal_of(record["appId"])
        if principal is not None:
            self.delete_principal(principal["id"], deleted)

    def dump(self) -> dict[str, Any]:
        """Everything as it truly is, hidden properties too."""
        objects = {
            name: copy.deepcopy(list(each.all_newest())) for name, each in self.collections.items()
        }
        return {**objects, "users": copy.deepcopy(list(self.users.values()))}


def _live(collection: Collection, app_id: str) -> Record | None:
    """The live object of an app id; not a copy."""
    found = (each for each in collection.all_newest() if each["appId"] == app_id and is_live(each))
    return next(found, None)
