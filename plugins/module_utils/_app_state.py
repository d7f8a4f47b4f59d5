# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``entra_app``: an application, its service principal and its owners as they should be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils import (
    _app_calls as app_calls,
    _application as application,
    _permissions as permissions,
    _principal as principal,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._application import (
    Desired,
    Target,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._clock import Deadline
from ansible_collections.stackone.onboarding.plugins.module_utils._errors import (
    ConfigurationError,
    HttpError,
    NotFoundError,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._graph import Graph, Record
from ansible_collections.stackone.onboarding.plugins.module_utils._permissions import (
    Api,
    Apis,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._reconcile import Reconciler
from ansible_collections.stackone.onboarding.plugins.module_utils._wait import (
    wait_until,
    wait_until_seen,
)


@dataclass(frozen=True)
class Found:
    """What a run starts from. ``deleted``: ``record`` lies among the deleted items."""

    record: Record | None
    principal: Record | None
    apis: Apis
    deleted: bool = False
    may_restore: bool = True


class ApplicationState:
    """Reads, then settles, one application. ``unknown`` values of a check run stay None."""

    def __init__(self, graph: Graph, reconciler: Reconciler, deadline: Deadline) -> None:
        self._graph = graph
        self._reconciler = reconciler
        self._deadline = deadline

    def read(self, target: Target, desired: Desired, *, restore_deleted: bool = True) -> Found:
        """The application, its service principal and every API it refers to: two round trips.

        Raises NotFoundError for an id that does not exist, AmbiguousNameError.
        """
        apis = list(desired.api_permissions or {})
        by_key = target.read()
        reads = ([by_key] if by_key else []) + [permissions.api_read(item) for item in apis]
        answers = self._graph.batch(reads)
        record = answers.pop(0) if by_key else None
        known = {
            app_id: permissions.api_of(app_id, answer)
            for app_id, answer in zip(apis, answers, strict=True)
        }
        deleted = False
        if record is None and target.by_id:
            record = app_calls.find(self._graph, target, self._deadline)
        elif record is None:
            record, deleted = self._by_names(target, restore_deleted)
        elif target.by_id:
            application.check_ids(record, target)
        found = self.with_surroundings(record, known, deleted)
        return replace(found, may_restore=restore_deleted)

    def _by_names(self, target: Target, restore_deleted: bool) -> tuple[Record | None, bool]:
        namesakes = app_calls.find_namesakes(self._graph, target)
        if namesakes.deleted is not None:
            if not restore_deleted:
                raise ConfigurationError(
                    f"The unique name {target.unique_name!r} belongs to a deleted application",
                    "Entra keeps it reserved for 30 days.",
                    "Set restore_deleted: true, or delete it for good (state: absent with "
                    "purge: true), or choose another unique_name.",
                )
            return namesakes.deleted, True
        return application.only_one(target.display_name, namesakes.adoptable), False

    def with_surroundings(self, record: Record | None, known: Apis, deleted: bool = False) -> Found:
        """With its service principal, and the APIs it refers to that are not known yet."""
        if record is None:
            return Found(None, None, known)
        others = [item for item in application.referenced_apis(record) if item not in known]
        reads = [principal.read(record["appId"]), *map(permissions.api_read, others)]
        own, *answers = self._graph.batch(reads)
        more = {
            app_id: permissions.api_of(app_id, answer)
            for app_id, answer in zip(others, answers, strict=True)
        }
        return Found(record, own, {**known, **more}, deleted)

    def present(
        self,
        found: Found,
        desired: Desired,
        *,
        service_principal: bool = True,
        owners: Sequence[str] = (),
    ) -> dict[str, Any]:
        """Results ``app`` and ``service_principal``."""
        self._check(found, desired)
        apis = {**found.apis, **self._missing_apis(desired, found.apis)}
        if desired.api_permissions is not None:
            permissions.check_names(desired.api_permissions, apis)
        changes = application.merge(found.record, desired, apis)
        before = None if found.deleted else found.record
        planned = application.applied(found.record, changes)
        written = self._reconciler.settle(
            "application",
            application.public(before, apis) if before else None,
            application.public(planned, apis),
            lambda: self._write(found, desired, apis),
        )
        record = written or planned
        own, made = found.principal, None
        if service_principal:
            made = self._settle_principal(found, record)
            own = made or own
        if written or made:
            record = self._arrived(record, changes, with_principal=bool(made))
        self._settle_owners(record, owners)
        return {
            "app": application.public(record, apis),
            "service_principal": {"object_id": own["id"] if own else None},
        }

    def _check(self, found: Found, desired: Desired) -> None:
        application.check_redirect_uris(desired.web_redirect_uris or ())
        if found.record is None:
            why = "The application does not exist, and a new one needs a name."
            self._reconciler.needs("display_name", desired.display_name, why)
        have = (found.record or {}).get("uniqueName")
        if have and desired.unique_name and have != desired.unique_name:
            raise ConfigurationError(
                f"The application has the unique name {have!r}, not {desired.unique_name!r}",
                "A unique name cannot be changed once it is set.",
                "Leave unique_name out, or name another application.",
            )

    def _missing_apis(self, desired: Desired, apis: Apis) -> Apis:
        """An API that the tenant has no service principal of gets one: ids are read from it."""
        made = {}
        for app_id in desired.api_permissions or {}:
            if apis[app_id].object_id is None:
                made[app_id] = create_api(
                    self._graph, self._reconciler, apis[app_id], self._deadline
                )
        return made

    def _write(self, found: Found, desired: Desired, apis: Apis) -> Record:
        record = found.record
        if record is None:
            record = self._create(application.merge(None, desired, apis), found.may_restore)
        elif found.deleted:
            app_calls.restore(self._graph, record["id"], self._deadline)
        # Also after creating: another run may have made it a moment ago, with other wishes.
        remaining = application.merge(record, desired, apis)
        if remaining:
            app_calls.update(self._graph, record["id"], remaining, self._deadline)
        return application.applied(record, remaining)

    def _create(self, changes: Record, may_restore: bool) -> Record:
        """Make it, or take the one that has its unique name although no read has shown it yet."""
        try:
            return app_calls.create(self._graph, changes, self._deadline)
        except HttpError as error:
            if not (may_restore and app_calls.is_name_taken(error)):
                raise
        unique_name = changes["uniqueName"]
        record, deleted = wait_until_seen(
            lambda: app_calls.find_owner_of(self._graph, unique_name),
            what=f"the application that has the unique name {unique_name!r} to be readable",
            deadline=self._deadline,
        )
        if deleted:
            app_calls.restore(self._graph, record["id"], self._deadline)
        return record

    def _settle_principal(self, found: Found, record: Record) -> Record | None:
        before = found.principal
        return self._reconciler.settle(
            "service principal",
            {"object_id": before["id"]} if before else None,
            {"object_id": before["id"] if before else None},
            lambda: self._make_principal(record["appId"], is_new=found.record is None),
        )

    def _make_principal(self, app_id: str, *, is_new: bool) -> Record:
        if not is_new and principal.restore(self._graph, app_id, self._deadline):
            return principal.seen(self._graph, app_id, self._deadline)
        return principal.create(self._graph, app_id, self._deadline)

    def _arrived(self, record: Record, changes: Record, *, with_principal: bool) -> Record:
        """Until reads by every key show what was written: one batch when nothing lags.

        Nothing is read only once in it: replicas that disagree answer by turns.
        """
        reads = application.reads_by_every_key(record)
        by_key = len(reads)
        if with_principal:
            reads += [principal.read(record["appId"])] * 2
        answers = wait_until(
            lambda: self._graph.batch(reads),
            lambda found: (
                all(found)
                and all(application.shows(item, changes) for item in found[:by_key] if item)
            ),
            what=f"the application {record['appId']} to be readable as written",
            deadline=self._deadline,
        )
        return answers[0] or record

    def _settle_owners(self, record: Record, owners: Sequence[str]) -> None:
        if not owners:
            return
        have = app_calls.owners(self._graph, record["id"]) if record["id"] else []
        names = {
            str(item.get(name)).lower() for item in have for name in ("id", "userPrincipalName")
        }
        missing = [owner for owner in owners if owner.lower() not in names]
        shown = sorted(item.get("userPrincipalName") or item["id"] for item in have)

        def add() -> None:
            for owner in missing:
                app_calls.add_owner(self._graph, record["id"], owner, self._deadline)

        self._reconciler.settle(
            "owners", {"owners": shown}, {"owners": sorted([*shown, *missing])}, add
        )

    def absent(self, target: Target, *, purge: bool = False) -> dict[str, Any]:
        """Soft-deletes; with ``purge`` for good. No such application is what was wanted."""
        record, deleted = self._existing(target, purge)
        before = application.public(record, {}) if record else None
        if record is not None and (purge or not deleted):
            self._reconciler.settle(
                "application", before, None, lambda: self._delete(record, deleted, purge)
            )
        else:
            self._reconciler.settle("application", None, None, lambda: None)
        return {"app": None, "service_principal": None}

    def _existing(self, target: Target, purge: bool) -> tuple[Record | None, bool]:
        """By the first name given alone: what is deleted is not guessed by a second one."""
        read = target.read()
        record = self._graph.get(read.path, read.params) if read else None
        if record is not None:
            return application.check_ids(record, target), False
        if target.by_id:
            # One that is soft-deleted is absent, unless it should go for good.
            return (app_calls.find_deleted(self._graph, target), True) if purge else (None, False)
        names = replace(target, display_name="") if target.unique_name else target
        namesakes = app_calls.find_namesakes(self._graph, names)
        if namesakes.deleted is not None:
            return namesakes.deleted, True
        return application.only_one(names.display_name, namesakes.adoptable), False

    def _delete(self, record: Record, deleted: bool, purge: bool) -> None:
        if not deleted:
            app_calls.delete(self._graph, record["id"])
        if purge:
            app_calls.delete_for_good(self._graph, record["id"], self._deadline)
        if not deleted:
            self._gone(record)

    def _gone(self, record: Record) -> None:
        """Until no read shows it: a run straight after would find it, and delete it once more."""
        reads = application.reads_by_every_key(record)
        wait_until(
            lambda: self._graph.batch(reads),
            lambda found: not any(found),
            what=f"the application {record['appId']} to be gone",
            deadline=self._deadline,
        )


def to_be_restored(
    graph: Graph, reconciler: Reconciler, target: Target, error: NotFoundError
) -> Record:
    """In check mode, the soft-deleted application that an earlier task would have restored."""
    reconciler.forgive(error)
    record = app_calls.find_deleted(graph, target)
    if record is None:
        raise error
    return record


def create_api(graph: Graph, reconciler: Reconciler, api: Api, deadline: Deadline) -> Api:
    """The API's service principal, which this tenant lacks: without it users see AADSTS650052."""

    def make() -> Api:
        record = principal.create(
            graph, api.app_id, deadline, permissions.API_SELECT, of_another_tenant=True
        )
        return permissions.api_of(api.app_id, record)

    made = reconciler.settle(f"service principal of {api.name}", None, {"app_id": api.app_id}, make)
    return made or api
