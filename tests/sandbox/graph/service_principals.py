# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Service principals: of an application in this tenant, or of an app of Microsoft's own."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Callable

from ..clock import iso
from ..directory import MICROSOFT_TENANT_ID, TENANT_ID, Directory, is_live
from ..messages import Answer
from ..replication import Record
from . import targets
from .access import Call
from .errors import GraphError, bad_request, conflict, forbidden, not_found
from .limits import check_quota
from .queries import Resource, answer_count, answer_list, answer_one

Handler = Callable[[Call], Answer]
FILTERABLE = frozenset(
    {
        "accountEnabled", "alternativeNames", "appDisplayName", "appId", "appOwnerOrganizationId",
        "createdDateTime", "displayName", "homepage", "id", "servicePrincipalNames",
        "servicePrincipalType", "tags",
    }
)  # fmt: skip
WRITABLE = (
    "accountEnabled", "alternativeNames", "appRoleAssignmentRequired", "description",
    "displayName", "homepage", "loginUrl", "notes", "notificationEmailAddresses",
    "preferredSingleSignOnMode", "tags",
)  # fmt: skip
# What terraform-provider-azuread retries on: the application is not replicated yet.
NOT_IN_LOCAL_TENANT = (
    "When using this permission, the backing application of the service principal being created"
    " must in the local tenant"
)
DEFAULTS: Record = {
    "deletedDateTime": None,
    "accountEnabled": True,
    "alternativeNames": [],
    "appDescription": None,
    "applicationTemplateId": None,
    "appRoleAssignmentRequired": False,
    "description": None,
    "disabledByMicrosoftStatus": None,
    "homepage": None,
    "loginUrl": None,
    "logoutUrl": None,
    "notes": None,
    "notificationEmailAddresses": [],
    "preferredSingleSignOnMode": None,
    "preferredTokenSigningKeyThumbprint": None,
    "replyUrls": [],
    "samlSingleSignOnSettings": None,
    "servicePrincipalType": "Application",
    "tokenEncryptionKeyId": None,
    "addIns": [],
    "appRoles": [],
    "info": {
        "logoUrl": None,
        "marketingUrl": None,
        "privacyStatementUrl": None,
        "supportUrl": None,
        "termsOfServiceUrl": None,
    },
    "keyCredentials": [],
    "oauth2PermissionScopes": [],
    "passwordCredentials": [],
    "resourceSpecificApplicationPermissions": [],
    "verifiedPublisher": {"displayName": None, "verifiedPublisherId": None, "addedDateTime": None},
}


def mirror(app: Record, principal: Record) -> None:
    """Show in a service principal what its application in the same tenant says."""
    principal["appDisplayName"] = app["displayName"]
    if principal["_named_by_app"]:
        principal["displayName"] = app["displayName"]
    principal["signInAudience"] = app["signInAudience"]
    principal["replyUrls"] = list(app["web"]["redirectUris"])
    principal["homepage"] = app["web"]["homePageUrl"]
    principal["logoutUrl"] = app["web"]["logoutUrl"]
    principal["servicePrincipalNames"] = [*app["identifierUris"], app["appId"]]
    principal["appRoles"] = copy.deepcopy(app["appRoles"])
    principal["oauth2PermissionScopes"] = copy.deepcopy(app["api"]["oauth2PermissionScopes"])
    principal["tags"] = [
        *principal["_own_tags"],
        *(tag for tag in app["tags"] if tag not in principal["_own_tags"]),
    ]


def new_principal(app_id: str, name: str, creator: str, owners: list[str], now: float) -> Record:
    """A service principal before anything is known of its application."""
    return {
        "id": str(uuid.uuid4()),
        "appId": app_id,
        "createdDateTime": iso(now),
        "appDisplayName": name,
        "displayName": name,
        "appOwnerOrganizationId": TENANT_ID,
        "signInAudience": None,
        "servicePrincipalNames": [app_id],
        "tags": [],
        **copy.deepcopy(DEFAULTS),
        "_own_tags": [],
        "_named_by_app": True,
        "_owners": owners,
        "_creator": creator,
        "_secrets": {},
        "_secret_since": {},
    }


def first_party_principal(template: Record, creator: str, owners: list[str], now: float) -> Record:
    """The service principal of one of Microsoft's own apps, with its scopes and roles."""
    app_id = template["appId"]
    principal = new_principal(app_id, template["displayName"], creator, owners, now)
    principal["appOwnerOrganizationId"] = MICROSOFT_TENANT_ID
    principal["signInAudience"] = "AzureADMultipleOrgs"
    principal["servicePrincipalNames"] = [*template.get("servicePrincipalNames", []), app_id]
    principal["oauth2PermissionScopes"] = [
        _scope(template, each) for each in template["oauth2PermissionScopes"]
    ]
    principal["appRoles"] = [_role(template, each) for each in template["appRoles"]]
    return principal


def _scope(template: Record, scope: Record) -> Record:
    text = f"{template['displayName']}: {scope['value']}"
    return {
        "adminConsentDescription": text,
        "adminConsentDisplayName": text,
        "id": scope["id"],
        "isEnabled": True,
        "type": scope.get("type", "User"),
        "userConsentDescription": text,
        "userConsentDisplayName": text,
        "value": scope["value"],
    }


def _role(template: Record, role: Record) -> Record:
    text = f"{template['displayName']}: {role['value']}"
    return {
        "allowedMemberTypes": ["Application"],
        "description": text,
        "displayName": text,
        "id": role["id"],
        "isEnabled": True,
        "origin": "Application",
        "value": role["value"],
    }


class ServicePrincipals:
    """Handlers of /servicePrincipals."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self.resource = Resource(
            "ServicePrincipal",
            "servicePrincipals",
            FILTERABLE,
            odata_type="servicePrincipal",
            expanders={
                "owners": self._owners,
                "appRoleAssignedTo": self._assigned_to,
                "appRoleAssignments": self._assigned,
            },
        )

    def routes(self) -> dict[tuple[str, str], Handler]:
        routes: dict[tuple[str, str], Handler] = {
            ("GET", "/v1.0/servicePrincipals"): self._list,
            ("POST", "/v1.0/servicePrincipals"): self._create,
            ("GET", "/v1.0/servicePrincipals/$count"): self._count,
        }
        for key in ("/{servicePrincipal-id}", "(appId='{appId}')"):
            path = f"/v1.0/servicePrincipals{key}"
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

    def _assigned_to(self, record: Record) -> list[Record]:
        return [
            link
            for link in self._directory.assignments.all_seen()
            if link["resourceId"] == record["id"]
        ]

    def _assigned(self, record: Record) -> list[Record]:
        return [
            link
            for link in self._directory.assignments.all_seen()
            if link["principalId"] == record["id"]
        ]

    def _live(self) -> list[Record]:
        return [
            record for record in self._directory.service_principals.all_seen() if is_live(record)
        ]

    def _list(self, call: Call) -> Answer:
        return answer_list(call, self.resource, self._live(), self._directory.options.page_size)

    def _count(self, call: Call) -> Answer:
        return answer_count(call, self.resource, self._live())

    def _read(self, call: Call) -> Answer:
        return answer_one(call, self.resource, targets.principal(self._directory, call))

    def _create(self, call: Call, app_id: str | None = None) -> Answer:
        app_id = (app_id or call.body["appId"] or "").lower()
        if self._directory.principal_of(app_id) is not None:
            raise conflict(
                "The service principal cannot be created, updated, or restored because the"
                f" service principal name {app_id} is already in use."
            )
        record = self._from_application(call, app_id) or self._from_first_party(call, app_id)
        if record is None:
            raise _no_backing_application(app_id)
        check_quota(self._directory, call)
        self._write(
            record, {name: value for name, value in call.body.items() if not _given(name, value)}
        )
        self._directory.service_principals.put(record["id"], record)
        answer = answer_one(call, self.resource, record, 201)
        answer.headers["Location"] = call.link(f"servicePrincipals/{record['id']}")
        return answer

    def _from_application(self, call: Call, app_id: str) -> Record | None:
        if self._directory.application_of(app_id) is None:
            return None
        app = self._directory.applications.find_seen(
            lambda each: each["appId"] == app_id and is_live(each)
        )
        if app is None:
            if call.owns_only or self._directory.options.misleading_403:
                raise forbidden(NOT_IN_LOCAL_TENANT)
            raise _no_backing_application(app_id)
        call.must_own(app)
        now = self._directory.clock.now()
        return new_principal(
            app_id, app["displayName"], call.principal_id, [call.principal_id], now
        )

    def _from_first_party(self, call: Call, app_id: str) -> Record | None:
        template = self._directory.first_party.get(app_id)
        if template is None:
            return None
        if call.owns_only:
            raise forbidden(NOT_IN_LOCAL_TENANT)
        return first_party_principal(template, call.principal_id, [], self._directory.clock.now())

    def _patch(self, call: Call) -> Answer:
        """Change, or by the alternate key upsert ("Upsert servicePrincipal")."""
        record = targets.seen(self._directory.service_principals, call, "servicePrincipal-id")
        app_id = call.parameters.get("appId")
        if record is None and app_id is not None and call.request.prefers("create-if-missing"):
            return self._create(call, app_id)
        if record is None:
            raise not_found(targets.key_of(call, "servicePrincipal-id"))
        call.must_own(record)
        newest = self._directory.service_principals.newest(record["id"])
        if newest is None or not is_live(newest):
            raise not_found(record["id"])
        self._write(newest, call.body)
        self._directory.service_principals.put(newest["id"], newest)
        return Answer(204)

    def _write(self, record: Record, body: Record) -> None:
        for name, value in body.items():
            if "@odata" in name:
                continue
            if name not in WRITABLE:
                raise bad_request(
                    f"Property '{name}' is read-only and cannot be set.",
                    code="ReadOnly",
                    target=name,
                )
            record[name] = value
        if "tags" in body:
            record["_own_tags"] = list(body["tags"])
        if "displayName" in body:
            record["_named_by_app"] = False
        app = self._directory.application_of(record["appId"])
        if app is not None:
            mirror(app, record)

    def _delete(self, call: Call) -> Answer:
        record = targets.principal(self._directory, call)
        call.must_own(record)
        self._directory.delete_principal(record["id"], iso(self._directory.clock.now()))
        return Answer(204)


def _given(name: str, value: object) -> bool:
    """What a new principal has anyway; azure.azcollection always tells its type, in lower case."""
    return name == "appId" or (
        name == "servicePrincipalType" and str(value).lower() == "application"
    )


def _no_backing_application(app_id: str) -> GraphError:
    message = (
        f"The appId '{app_id}' of the service principal does not reference a valid application"
        " object."
    )
    return bad_request(message, code="NoBackingApplicationObject", target="appId")
