# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``stackone_connector_profile``: a connector profile as it should be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils import (
    _catalog as catalog,
    _profile as profile,
    _stackone_assumed as assumed,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._catalog import Catalog
from ansible_collections.stackone.onboarding.plugins.module_utils._clock import Deadline
from ansible_collections.stackone.onboarding.plugins.module_utils._errors import (
    HttpError,
    InUseError,
    NotFoundError,
    UnsupportedByServiceError,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._reconcile import Reconciler
from ansible_collections.stackone.onboarding.plugins.module_utils._retry import act_once
from ansible_collections.stackone.onboarding.plugins.module_utils._stackone import Record, StackOne


@dataclass(frozen=True)
class Desired:
    """What a task wants of a profile; None means: leave as it is.

    ``client_id`` to ``actions`` cannot be read back; they are written on creation, and else only
    when ``write_secrets`` says so.
    """

    name: str = ""
    profile_id: str = ""
    connector_key: str = "azuredevops"
    auth_type: str = ""
    environment: str | None = None
    active: bool | None = True
    default: bool | None = None
    pinned_version: str | None = None
    client_id: str | None = None
    client_secret: str | None = field(default=None, repr=False)
    scopes: Sequence[str] | None = None
    actions: Sequence[str] | None = None
    write_secrets: bool = False

    def unreadable(self) -> Record:
        """What a read never shows; empty lists say nothing, as the guide's optional fields."""
        return {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "scopes": list(self.scopes) if self.scopes else None,
            "actions": list(self.actions) if self.actions else None,
        }


class ProfileState:
    """Reads, then settles, one profile."""

    def __init__(
        self,
        stackone: StackOne,
        reconciler: Reconciler,
        deadline: Deadline,
        read_catalog: Callable[[], Catalog],
    ) -> None:
        self._stackone = stackone
        self._reconciler = reconciler
        self._deadline = deadline
        self._read_catalog = read_catalog

    def find(self, desired: Desired) -> Record | None:
        """Raises AmbiguousNameError, and NotFoundError for an id that does not exist."""
        profiles = self._stackone.profiles(None if desired.profile_id else desired.connector_key)
        return profile.find(
            profiles,
            profile_id=desired.profile_id,
            name=desired.name,
            connector_key=desired.connector_key,
        )

    def present(self, record: Record | None, desired: Desired) -> Record:
        """The result ``profile``."""
        if record is None:
            return self._create(desired)
        fields = self._changes(record, desired)
        secrets = {}
        if desired.write_secrets:
            if desired.actions:
                catalog.check_actions(self._read_catalog(), desired.actions)
            secrets = _given(desired.unreadable())
        shown_before = _shown(record)
        shown_after = {**shown_before, **_shown_changes(fields), **_written(secrets)}
        written = self._reconciler.settle(
            "connector profile",
            shown_before,
            shown_after,
            lambda: self._update(record, {**fields, **secrets}),
        )
        return written or record

    def absent(self, record: Record | None, *, force: bool = False) -> None:
        """Raises InUseError while accounts are linked to it, unless forced."""
        if record is not None and not force:
            self._refuse_if_linked(record)
        self._reconciler.settle(
            "connector profile",
            _shown(record) if record else None,
            None,
            lambda: self._delete(record or {}),
        )

    def _delete(self, record: Record) -> None:
        try:
            assumed.delete_profile(self._stackone, record["id"])
        except UnsupportedByServiceError as error:
            # A 404 may also say that a lost attempt, or another run, has deleted it.
            if error.status != 404 or self._reread(record):
                raise

    def _refuse_if_linked(self, record: Record) -> None:
        accounts = self._stackone.accounts({"providers": record["connector_key"]})
        linked = [item for item in accounts if profile.is_linked(item, record)]
        if linked:
            names = [str(item.get("origin_owner_name") or item.get("id")) for item in linked]
            raise InUseError(
                f"Accounts are linked to the connector profile {record['name']!r}",
                f"They would stop working: {', '.join(names[:10])}.",
                "Delete them first, or set force (entra_connector_offboard_confirm in the role).",
                accounts=[item.get("id") for item in linked],
            )

    def _create(self, desired: Desired) -> Record:
        if desired.profile_id:
            raise NotFoundError(
                f"There is no connector profile with id {desired.profile_id!r}",
                hint="Leave profile_id out to make one by its name.",
            )
        offered = self._read_catalog()
        auth = catalog.auth_type(offered, desired.auth_type)
        catalog.check_actions(offered, desired.actions or ())
        fields = {
            "name": desired.name,
            "connector_key": desired.connector_key,
            "authentication_config_key": auth["key"],
            "environment": desired.environment,
            "active": desired.active,
            "default": desired.default,
            "connector_pinned_version": desired.pinned_version or None,
        }
        secrets = desired.unreadable()
        needed = {"name": desired.name, **secrets}
        for name in ("name", "client_id", "client_secret"):
            self._reconciler.needs(name, needed[name], "A new connector profile needs it.")
        planned = {"authentication_config_label": auth.get("label"), **_given(fields)}
        made = self._reconciler.settle(
            "connector profile",
            None,
            {**planned, **_written(_given(secrets))},
            lambda: self._post(desired, {**fields, **secrets}),
        )
        return made or planned

    def _post(self, desired: Desired, fields: Record) -> Record:
        pin = fields.pop("connector_pinned_version")

        def look() -> Record | None:
            found = self.find(desired)
            # Whether it holds this run's secret, or a run's at the same time: write it again.
            return assumed.update_profile(self._stackone, found["id"], fields) if found else None

        made = act_once(
            lambda: assumed.create_profile(self._stackone, fields), look, self._deadline
        )
        made = made if _is_whole(made) else self.find(desired) or {}
        if not _is_whole(made):
            raise NotFoundError(
                f"StackOne took the connector profile {desired.name!r}, and does not list it",
                hint="Run again: what was done stays done.",
            )
        return self._pin(made, pin) if pin else made

    def _changes(self, record: Record, desired: Desired) -> Record:
        """Of what a read shows. An authentication type is looked up only where it differs."""
        wanted: Record = {
            "name": desired.name or None,
            "environment": desired.environment,
            "active": desired.active,
            "default": desired.default,
        }
        if desired.auth_type and not profile.has_auth_type(record, desired.auth_type):
            auth = catalog.auth_type(self._read_catalog(), desired.auth_type)
            wanted["authentication_config_key"] = auth["key"]
        changes = profile.readable_changes(record, wanted)
        pin = desired.pinned_version
        if pin is not None and pin != (record.get("connector_pinned_version") or ""):
            changes["connector_pinned_version"] = pin
        return changes

    def _update(self, record: Record, fields: Record) -> Record:
        pin = fields.pop("connector_pinned_version", None)
        updated = self._patch(record, fields) if fields else record
        return self._pin(updated, pin) if pin is not None else updated

    def _patch(self, record: Record, fields: Record) -> Record:
        try:
            updated = assumed.update_profile(self._stackone, record["id"], fields)
            return updated if _is_whole(updated) else self._reread(record) or record
        except UnsupportedByServiceError as error:
            # As for a deletion.
            if error.status != 404 or self._reread(record):
                raise
            raise HttpError(
                error.what,
                f"Somebody deleted the connector profile {record['name']!r} meanwhile.",
                "Run again, which makes a new one.",
                maybe_acted=error.maybe_acted,
                **error.details,
            ) from error

    def _pin(self, record: Record, version: str) -> Record:
        """By the documented endpoints of its own; the profile is read again, for it has changed."""
        if version:
            self._stackone.set_pin(record["id"], version)
        else:
            self._stackone.remove_pin(record["id"])
        return self._reread(record) or record

    def _reread(self, record: Record) -> Record | None:
        """By the list, which is documented."""
        return profile.find(
            self._stackone.profiles(record["connector_key"]),
            profile_id=record["id"],
            name="",
            connector_key="",
        )


def _is_whole(answer: Any) -> bool:
    """Whether a write was answered with the profile, which nothing documents."""
    return isinstance(answer, dict) and bool(answer.get("id") and answer.get("updated_at"))


def _given(fields: Record) -> Record:
    return {name: value for name, value in fields.items() if value is not None}


def _shown(record: Record) -> dict[str, Any]:
    names = (
        "name",
        "connector_key",
        "authentication_config_key",
        "environment",
        "active",
        "default",
        "connector_pinned_version",
    )
    return {name: record.get(name) for name in names}


def _shown_changes(fields: Record) -> Record:
    """A pin that is removed reads as none."""
    shown = dict(fields)
    if shown.get("connector_pinned_version") == "":
        shown["connector_pinned_version"] = None
    return shown


def _written(secrets: Record) -> Record:
    """What is written without being comparable; the secret itself is never shown."""
    return {
        f"{name} (written, not readable)": "not shown" if name == "client_secret" else value
        for name, value in secrets.items()
    }
