# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``entra_admin_consent``: what administrators granted an application, as it should be."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils import (
    _app_calls as app_calls,
    _application as application,
    _grant as grant,
    _permissions as permissions,
    _principal as principal,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._app_state import (
    create_api,
    to_be_restored,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._application import Target
from ansible_collections.stackone.onboarding.plugins.module_utils._clock import Deadline
from ansible_collections.stackone.onboarding.plugins.module_utils._errors import NotFoundError
from ansible_collections.stackone.onboarding.plugins.module_utils._grant import Consents
from ansible_collections.stackone.onboarding.plugins.module_utils._graph import Graph, Read, Record
from ansible_collections.stackone.onboarding.plugins.module_utils._permissions import (
    Api,
    Apis,
    Permission,
    Permissions,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._reconcile import Reconciler
from ansible_collections.stackone.onboarding.plugins.module_utils._wait import wait_until


@dataclass(frozen=True)
class Granted:
    """What a run starts from; ``client`` None: the application has no service principal yet."""

    client: Record | None
    apis: Apis
    consents: Consents = field(default_factory=Consents)


class ConsentState:
    """Reads, then settles, the consent of one application."""

    def __init__(self, graph: Graph, reconciler: Reconciler, deadline: Deadline) -> None:
        self._graph = graph
        self._reconciler = reconciler
        self._deadline = deadline

    def asked_by_app(self, client_id: str) -> Permissions:
        """What the application itself asks for. Raises NotFoundError."""
        if not client_id:
            return {}
        record = self._application(client_id)
        app_ids = application.referenced_apis(record)
        answers = self._graph.batch([permissions.api_read(item) for item in app_ids])
        apis = {
            app_id: permissions.api_of(app_id, answer)
            for app_id, answer in zip(app_ids, answers, strict=True)
        }
        return application.permissions_of(record, apis)

    def read(self, client_id: str, wanted: Permissions, *, everything: bool) -> Granted:
        """Service principals, then grants: two round trips.

        ``everything``: with app roles, and the names of APIs that nobody asked for.
        Raises NotFoundError when there is no such application.
        """
        reads = [*map(permissions.api_read, wanted)]
        if client_id:
            reads.append(principal.read(client_id))
        answers = self._graph.batch(reads)
        client = answers.pop() if client_id else None
        apis = {
            app_id: permissions.api_of(app_id, answer)
            for app_id, answer in zip(wanted, answers, strict=True)
        }
        if client_id and client is None:
            self._application(client_id)
        if client is None:
            return Granted(None, apis)
        with_roles = everything or any(item.application for item in wanted.values())
        consents = grant.read(self._graph, client["id"], with_roles=with_roles)
        if everything:
            apis = {**apis, **self._others(consents, apis)}
        return Granted(client, apis, consents)

    def _application(self, client_id: str) -> Record:
        target = Target(client_id=client_id)
        try:
            return app_calls.find(self._graph, target, self._deadline)
        except NotFoundError as error:
            return to_be_restored(self._graph, self._reconciler, target, error)

    def _others(self, consents: Consents, apis: Apis) -> Apis:
        known = {api.object_id for api in apis.values()}
        ids = sorted(consents.resources - known)
        select = {"$select": permissions.API_SELECT}
        reads = [Read(f"servicePrincipals/{item}", select) for item in ids]
        records = [item for item in self._graph.batch(reads) if item]
        return {item["appId"]: permissions.api_of(item["appId"], item) for item in records}

    def present(
        self, client_id: str, granted: Granted, wanted: Permissions, *, purge: bool
    ) -> dict[str, Any]:
        """Results ``grants`` and ``app_roles``: of the APIs that are wanted."""
        apis = dict(granted.apis)
        for app_id in wanted:
            if apis[app_id].object_id is None:
                apis[app_id] = create_api(
                    self._graph, self._reconciler, apis[app_id], self._deadline
                )
        permissions.check_names(wanted, apis)
        wanted = permissions.by_name(wanted, apis)
        client = granted.client or self._create_client(client_id)
        after = {
            app_id: _after(apis[app_id], wanted.get(app_id), granted.consents, purge)
            for app_id in (apis if purge else wanted)
        }
        return self._settle(client, granted, apis, after)

    def absent(self, granted: Granted, named: Permissions | None) -> dict[str, Any]:
        """Revokes the named permissions, or all when none is named."""
        after = {}
        if named is not None:
            named = permissions.by_name(named, granted.apis)
        for app_id, api in granted.apis.items():
            if named is None:
                after[app_id] = Permission(app_id)
            elif app_id in named:
                have = _have(api, granted.consents)
                after[app_id] = Permission(
                    app_id,
                    tuple(item for item in have.delegated if item not in named[app_id].delegated),
                    tuple(
                        item for item in have.application if item not in named[app_id].application
                    ),
                )
        return self._settle(granted.client, granted, granted.apis, after)

    def _create_client(self, client_id: str) -> Record | None:
        return self._reconciler.settle(
            "service principal",
            None,
            {"app_id": client_id or None},
            lambda: principal.create(self._graph, client_id, self._deadline),
        )

    def _settle(
        self, client: Record | None, granted: Granted, apis: Apis, after: Permissions
    ) -> dict[str, Any]:
        consents = granted.consents
        acted = False
        for app_id, permission in after.items():
            api = apis[app_id]
            have = _have(api, consents)
            done = self._reconciler.settle(
                f"consent to {api.name}",
                _shown(have),
                _shown(permission),
                partial(self._write, client or {}, consents, api, have, permission),
            )
            acted = acted or bool(done)
        if acted and client:
            consents = self._arrived(client["id"], apis, consents, after)
        return _results(apis, after, consents)

    def _write(
        self, client: Record, consents: Consents, api: Api, have: Permission, after: Permission
    ) -> bool:
        resource = api.object_id or ""
        if set(after.delegated) != set(have.delegated):
            grant.write_scopes(
                self._graph, client["id"], resource, consents, after.delegated, self._deadline
            )
        for name in after.application:
            if name not in have.application:
                role = api.roles.get(name, name)
                grant.assign_role(self._graph, client["id"], resource, role, self._deadline)
        by_role = consents.roles(resource)
        extra = [name for name in have.application if name not in after.application]
        grant.remove_roles(
            self._graph, client["id"], [by_role[api.roles.get(name, name)] for name in extra]
        )
        return True

    def _arrived(self, client: str, apis: Apis, before: Consents, after: Permissions) -> Consents:
        """Until a read shows what was written; another run may have granted more meanwhile."""
        with_roles = bool(before.assignments) or any(item.application for item in after.values())

        def shows(consents: Consents) -> bool:
            return all(
                _reached(_have(apis[app_id], before), permission, _have(apis[app_id], consents))
                for app_id, permission in after.items()
            )

        return wait_until(
            lambda: grant.read_twice(self._graph, client, with_roles=with_roles),
            lambda seen: all(map(shows, seen)),
            what=f"the consent of service principal {client} to be readable as written",
            deadline=self._deadline,
        )[0]


def _have(api: Api, consents: Consents) -> Permission:
    if api.object_id is None:
        return Permission(api.app_id)
    by_id = {role: name for name, role in api.roles.items()}
    roles = consents.roles(api.object_id)
    return Permission(
        api.app_id,
        tuple(dict.fromkeys(consents.scopes(api.object_id))),
        tuple(by_id.get(role, role) for role in roles),
    )


def _reached(before: Permission, after: Permission, now: Permission) -> bool:
    """Whether all that is wanted is there, and nothing that was taken out."""
    return all(
        set(wanted) <= set(have) and not set(have) & (set(had) - set(wanted))
        for had, wanted, have in (
            (before.delegated, after.delegated, now.delegated),
            (before.application, after.application, now.application),
        )
    )


def _after(api: Api, wanted: Permission | None, consents: Consents, purge: bool) -> Permission:
    wanted = wanted or Permission(api.app_id)
    if purge:
        return wanted
    return permissions.unite({api.app_id: _have(api, consents)}, {api.app_id: wanted})[api.app_id]


def _shown(permission: Permission) -> dict[str, Any] | None:
    """As diffs show it; None where nothing is granted."""
    if not permission.delegated and not permission.application:
        return None
    return {
        "scopes": sorted(permission.delegated),
        "roles": sorted(permission.application),
    }


def _results(apis: Apis, after: Permissions, consents: Consents) -> dict[str, Any]:
    grants, app_roles = [], []
    for app_id, permission in after.items():
        api = apis[app_id]
        if permission.delegated:
            grants.append(
                {
                    "api": api.name,
                    "app_id": app_id,
                    "scopes": sorted(permission.delegated),
                    "grant_id": consents.grant_id(api.object_id or ""),
                }
            )
        if permission.application:
            app_roles.append(
                {"api": api.name, "app_id": app_id, "roles": sorted(permission.application)}
            )
    return {"grants": grants, "app_roles": app_roles}


def admin_consent_url(authority_url: str, client_id: str) -> str | None:
    """Where a customer's administrator consents for their tenant.

    https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent
    """
    if not client_id:
        return None
    return f"{authority_url}/organizations/adminconsent?client_id={client_id}"
