# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Admin consent: delegated permission grants for all users, and app role assignments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ansible_collections.stackone.onboarding.plugins.module_utils._clock import Deadline
from ansible_collections.stackone.onboarding.plugins.module_utils._errors import (
    ConfigurationError,
    HttpError,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._graph import (
    Graph,
    Read,
    Record,
    is_duplicate,
    is_lagging,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._retry import act_once
from ansible_collections.stackone.onboarding.plugins.module_utils._wait import (
    retry_while,
    wait_until_seen,
)

# https://learn.microsoft.com/graph/api/resources/oauth2permissiongrant
_LONGEST_SCOPE = 3850


@dataclass(frozen=True)
class Consents:
    """What a client's service principal was granted: records by the API's object id."""

    grants: dict[str, Record] = field(default_factory=dict)
    assignments: dict[str, list[Record]] = field(default_factory=dict)

    def scopes(self, resource_id: str) -> list[str]:
        return (self.grants.get(resource_id, {}).get("scope") or "").split()

    def grant_id(self, resource_id: str) -> str | None:
        return self.grants.get(resource_id, {}).get("id")

    def roles(self, resource_id: str) -> dict[str, str]:
        """Role id to assignment id."""
        return {item["appRoleId"]: item["id"] for item in self.assignments.get(resource_id, ())}

    @property
    def resources(self) -> set[str]:
        return {*self.grants, *self.assignments}


def read(graph: Graph, client: str, *, with_roles: bool) -> Consents:
    """Both lists of a service principal, in one round trip.

    Least privilege: Directory.Read.All, which DelegatedPermissionGrant.ReadWrite.All includes
    for grants; Application.Read.All for assignments.
    """
    return _read(graph, client, with_roles, times=1)[0]


def read_twice(graph: Graph, client: str, *, with_roles: bool) -> list[Consents]:
    """In one round trip: replicas that disagree answer by turns."""
    return _read(graph, client, with_roles, times=2)


def _read(graph: Graph, client: str, with_roles: bool, times: int) -> list[Consents]:
    reads = [Read(f"servicePrincipals/{client}/oauth2PermissionGrants")]
    if with_roles:
        reads.append(Read(f"servicePrincipals/{client}/appRoleAssignments"))
    pages = [graph.all_of(page) for page in graph.batch(reads * times)]
    return [
        consents_of(pages[start], pages[start + 1] if with_roles else [])
        for start in range(0, len(pages), len(reads))
    ]


def consents_of(grants: Iterable[Record], assignments: Iterable[Record]) -> Consents:
    """Consent that single users gave for themselves is theirs: it does not count here."""
    by_resource: dict[str, list[Record]] = {}
    for item in assignments:
        by_resource.setdefault(item["resourceId"], []).append(item)
    for_all = [item for item in grants if item["consentType"] == "AllPrincipals"]
    return Consents({item["resourceId"]: item for item in for_all}, by_resource)


def write_scopes(
    graph: Graph,
    client: str,
    resource: str,
    before: Consents,
    scopes: Sequence[str],
    deadline: Deadline,
) -> None:
    """One grant per client and API: PATCH where it exists, POST where not, DELETE for no scope.

    Least privilege: DelegatedPermissionGrant.ReadWrite.All.
    """
    grant_id = before.grant_id(resource)
    if not scopes:
        if grant_id:
            graph.delete(f"oauth2PermissionGrants/{grant_id}")
        return
    scope = " ".join(scopes)
    if len(scope) > _LONGEST_SCOPE:
        raise ConfigurationError(
            f"The scopes to consent to are {len(scope)} characters long together",
            f"Microsoft Graph takes at most {_LONGEST_SCOPE} per API.",
            "Ask for fewer scopes, or for wider ones that include them.",
        )
    if grant_id:
        _patch(graph, grant_id, scope, client, deadline)
    else:
        _post(graph, client, resource, scope, deadline)


def _patch(graph: Graph, grant_id: str, scope: str, client: str, deadline: Deadline) -> None:
    retry_while(
        lambda: graph.patch(f"oauth2PermissionGrants/{grant_id}", {"scope": scope}),
        is_lagging,
        what=f"the permission grant of service principal {client} to be writable",
        deadline=deadline,
    )


def _post(graph: Graph, client: str, resource: str, scope: str, deadline: Deadline) -> None:
    body = {
        "clientId": client,
        "consentType": "AllPrincipals",
        "principalId": None,
        "resourceId": resource,
        "scope": scope,
    }

    def find() -> Record | None:
        return read(graph, client, with_roles=False).grants.get(resource)

    def make() -> Record:
        try:
            return graph.post("oauth2PermissionGrants", body)
        except HttpError as error:
            if not is_duplicate(error):
                raise
        return wait_until_seen(
            find,
            what=f"the permission grant of service principal {client} to be readable",
            deadline=deadline,
        )

    grant = retry_while(
        lambda: act_once(make, find, deadline),
        is_lagging,
        what=f"the directory to know the service principals {client} and {resource}",
        deadline=deadline,
    )
    have = (grant.get("scope") or "").split()
    if not set(scope.split()) <= set(have):
        # Another run made it, with other scopes: keep both.
        _patch(
            graph, grant["id"], " ".join(dict.fromkeys([*have, *scope.split()])), client, deadline
        )


def assign_role(graph: Graph, client: str, resource: str, role: str, deadline: Deadline) -> None:
    """Least privilege: AppRoleAssignment.ReadWrite.All."""
    body = {"principalId": client, "resourceId": resource, "appRoleId": role}

    def make() -> bool:
        try:
            graph.post(f"servicePrincipals/{client}/appRoleAssignments", body)
        except HttpError as error:
            if not is_duplicate(error):
                raise
        return True

    def find() -> bool | None:
        return role in read(graph, client, with_roles=True).roles(resource) or None

    retry_while(
        lambda: act_once(make, find, deadline),
        is_lagging,
        what=f"the directory to know the service principals {client} and {resource}",
        deadline=deadline,
    )


def remove_roles(graph: Graph, client: str, assignment_ids: Iterable[str]) -> None:
    for assignment_id in assignment_ids:
        graph.delete(f"servicePrincipals/{client}/appRoleAssignments/{assignment_id}")
