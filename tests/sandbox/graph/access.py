# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who calls, and whether the caller's application permissions suffice for an operation.

Source: the "Permissions" table of each operation's page in the Graph reference, column
Application. Application.ReadWrite.OwnedBy lets an app read all applications and service principals
(permissions reference) but change only those that it owns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ..clock import Clock
from ..directory import GRAPH_APP_ID, GRAPH_NAMES, TENANT_ID
from ..messages import Request
from ..replication import Record
from ..signin.tokens import Signer
from .errors import GraphError, forbidden

OWNED_BY = "Application.ReadWrite.OwnedBy"
READ_WRITE = "Application.ReadWrite.All"
READ_OBJECTS = (
    "Application.Read.All",
    OWNED_BY,
    READ_WRITE,
    "Directory.Read.All",
    "Directory.ReadWrite.All",
)
WRITE_OBJECTS = (OWNED_BY, READ_WRITE)
READ_GRANTS = (
    "Directory.Read.All",
    "DelegatedPermissionGrant.Read.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "Directory.ReadWrite.All",
)
WRITE_GRANTS = ("DelegatedPermissionGrant.ReadWrite.All", "Directory.ReadWrite.All")
READ_ROLES = ("Application.Read.All", "Directory.Read.All", READ_WRITE, "Directory.ReadWrite.All")
LIST_ROLES = (*READ_ROLES, OWNED_BY)
WRITE_ROLES = ("AppRoleAssignment.ReadWrite.All",)
READ_DIRECTORY = ("Directory.Read.All", "Directory.ReadWrite.All")
READ_TENANT = (*READ_DIRECTORY, "Organization.Read.All")

# Methods, path template below /v1.0, and groups of permissions; one of each group is needed.
# The first match counts.
RULES: tuple[tuple[str, str, tuple[tuple[str, ...], ...]], ...] = (
    ("GET", r"/applications/[^/]+/owners.*", (READ_OBJECTS,)),
    (
        "POST",
        r"/(applications|servicePrincipals)/[^/]+/owners/\$ref",
        # The page's table has OwnedBy too; its note says that it does not suffice.
        ((READ_WRITE,), READ_DIRECTORY),
    ),
    ("GET", r".*/oauth2PermissionGrants", (READ_GRANTS,)),
    ("GET", r"/oauth2PermissionGrants.*", (READ_GRANTS,)),
    (".*", r"/oauth2PermissionGrants.*", (WRITE_GRANTS,)),
    ("GET", r".*/appRoleAssign.*", (LIST_ROLES,)),
    ("POST", r".*/appRoleAssign.*", (WRITE_ROLES, READ_ROLES)),
    (".*", r".*/appRoleAssign.*", (WRITE_ROLES,)),
    ("GET", r"/organization.*", (READ_TENANT,)),
    ("GET", r".*", (READ_OBJECTS,)),
    ("POST", r"/applications", (("AppRegistration.Create", *WRITE_OBJECTS),)),
    ("POST", r"/servicePrincipals", ((*WRITE_OBJECTS, "Directory.ReadWrite.All"),)),
    (".*", r".*", (WRITE_OBJECTS,)),
)


@dataclass
class Call:
    """One request to Graph with who sends it."""

    request: Request
    app_id: str
    principal_id: str
    roles: frozenset[str]
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def body(self) -> dict[str, Any]:
        return self.request.body or {}

    @property
    def owns_only(self) -> bool:
        """The caller may change what it owns and nothing else."""
        return READ_WRITE not in self.roles

    def must_own(self, record: Record) -> None:
        if self.owns_only and self.principal_id not in record["_owners"]:
            raise forbidden()

    def link(self, rest: str) -> str:
        """An address at this Graph."""
        return f"{self.request.root}/v1.0/{rest}"

    def context(self, rest: str) -> dict[str, str]:
        return {"@odata.context": self.link(f"$metadata#{rest}")}


def authenticate(request: Request, signer: Signer, clock: Clock) -> Call:
    """The caller that the bearer token names; any flaw of it is 401 InvalidAuthenticationToken."""
    scheme, _unused, token = request.headers.get("authorization", "").partition(" ")
    if not token:
        raise _unauthorized("Access token is empty.")
    if scheme.lower() != "bearer":
        raise _unauthorized("Invalid authorization scheme.")
    claims = signer.claims_of(token.strip())
    if claims is None:
        raise _unauthorized("CompactToken parsing failed with error code: 80049217")
    if claims["aud"] not in (*GRAPH_NAMES.values(), GRAPH_APP_ID):
        raise _unauthorized("Access token validation failure. Invalid audience.")
    if claims["tid"] != TENANT_ID:
        raise _unauthorized("Access token validation failure. Invalid tenant.")
    if not claims["nbf"] <= clock.now() < claims["exp"]:
        raise _unauthorized("Lifetime validation failed, the token is expired.")
    return Call(
        request,
        claims["appid"],
        claims["oid"],
        frozenset(claims.get("roles", [])),
        request.parameters,
    )


def _unauthorized(message: str) -> GraphError:
    return GraphError(
        401, "InvalidAuthenticationToken", message, headers={"WWW-Authenticate": "Bearer"}
    )


def check_permissions(call: Call, template: str) -> None:
    """Refuse with 403 when the caller lacks a permission that the operation needs."""
    below = template.removeprefix("/v1.0")
    for methods, pattern, groups in RULES:
        if re.fullmatch(methods, call.request.method) and re.fullmatch(pattern, below):
            if all(call.roles.intersection(group) for group in groups):
                return
            raise forbidden()
