# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connector as a whole: what is there, what should be, and which steps would change something.

It asks the same questions as the modules that do the steps, with check mode on, from one set of
reads: five requests and a token tell that a connector needs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils import (
    _catalog as catalog,
    _grant as grant,
    _ledger as ledger,
    _password as password,
    _permissions as permissions,
    _profile as profile,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._app_state import (
    ApplicationState,
    Found,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._application import (
    Desired as DesiredApp,
    Target,
    permissions_of,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._catalog import Catalog
from ansible_collections.stackone.onboarding.plugins.module_utils._clock import (
    format_time,
    parse_time,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._consent_state import (
    ConsentState,
    Granted,
    admin_consent_url,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._errors import ConfigurationError
from ansible_collections.stackone.onboarding.plugins.module_utils._graph import Graph, Record
from ansible_collections.stackone.onboarding.plugins.module_utils._handover import (
    Policy,
    Recipient,
    State,
    Verdict,
    judge,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._permissions import (
    Permission,
    Permissions,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._profile_state import (
    Desired as DesiredProfile,
    ProfileState,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._reconcile import Reconciler, row
from ansible_collections.stackone.onboarding.plugins.module_utils._secret_state import state_of


@dataclass(frozen=True)
class Connector:
    """What a user says of one connector."""

    key: str
    app: DesiredApp
    api: str
    auth_type: str
    scopes: Sequence[str]
    actions: Sequence[str]
    profile_name: str
    secret_name: str
    policy: Policy
    offboarding: bool = False
    rotating: bool = False
    purge: bool = False
    reapply: bool = False
    held_key_ids: Sequence[str] = ()


class ConnectorState:
    """Looks at one connector through both services."""

    def __init__(
        self,
        graph: Graph,
        application: ApplicationState,
        consent: ConsentState,
        profiles: ProfileState,
        reconciler: Reconciler,
        *,
        read_catalog: Callable[[], Catalog],
        list_profiles: Callable[[], Sequence[Record]],
        recall_api: Callable[[str, Callable[[], Record | None]], Record | None],
        authority_url: str,
        warn: Callable[[str], None],
    ) -> None:
        self._graph = graph
        self._application = application
        self._consent = consent
        self._profiles = profiles
        self._reconciler = reconciler
        self._read_catalog = read_catalog
        self._list_profiles = list_profiles
        self._recall_api = recall_api
        self._authority_url = authority_url
        self._warn = warn

    def inspect(self, connector: Connector) -> dict[str, Any]:
        """The result of ``connector_info``."""
        app_id = permissions.app_id_of(self._graph, connector.api)
        found = self._find(connector.app, app_id) if connector.rotating else None
        scopes = self._kept_scopes(connector, found, app_id) or self._scopes(connector)
        wanted = {app_id: Permission(app_id, tuple(scopes))}
        desired = _with_permissions(connector, wanted)
        found = found or self._find(desired, app_id)
        record = found.record
        shared = {
            "scopes": scopes,
            "api_permissions": [{"api": app_id, "delegated": scopes, "application": []}],
        }
        if record is None:
            self._reconciler.settle("application", None, {"unique_name": desired.unique_name}, _no)
            holder = self._find_profile(connector, State((), ())) if connector.offboarding else None
            return {
                **shared,
                **_nothing(),
                "profile": profile.public(holder),
                **self._verdict_of_missing(connector, shared),
            }
        app = self._application.present(found, desired)
        state = state_of(record, connector.secret_name)
        consent = self._look_at_consent(found, record["appId"], wanted, connector.purge)
        holder = self._find_profile(connector, state)
        wished = DesiredProfile(
            name=connector.profile_name,
            profile_id=holder["id"] if holder else "",
            connector_key=connector.key,
            auth_type=connector.auth_type,
        )
        shown = self._profiles.present(holder, wished) if holder else None
        handed_over = ledger.digest(record["appId"], scopes, connector.actions)
        verdict = judge(
            state,
            connector.policy,
            self._graph.now(),
            recipient=Recipient(
                holder["id"] if holder else "",
                holder["updated_at"] if holder else None,
                handed_over,
            ),
            held=connector.held_key_ids,
            reapply=connector.reapply,
        )
        return {
            **shared,
            **app,
            "consent": {
                **consent,
                "admin_consent_url": admin_consent_url(self._authority_url, record["appId"]),
            },
            "profile": profile.public(shown),
            "secret": _current(verdict),
            "secrets": _all_secrets(state, verdict),
            **self._conclude(connector, state, verdict, holder),
        }

    def _find(self, desired: DesiredApp, app_id: str) -> Found:
        """The application. The API is the same for every host of a play, and read by the first.

        That one reads it in the same batch as its own application.
        """
        read = Target(unique_name=desired.unique_name or "").read()
        if read is None:
            raise ConfigurationError("The option unique_name is empty", hint="Set unique_name.")
        own: list[Record | None] = []

        def make() -> Record | None:
            record, api = self._graph.batch([read, permissions.api_read(app_id)])
            own.append(record)
            return api

        api = permissions.api_of(app_id, self._recall_api(app_id, make))
        record = own[0] if own else self._graph.get(read.path, read.params)
        return self._application.with_surroundings(record, {app_id: api})

    @staticmethod
    def _kept_scopes(connector: Connector, found: Found | None, app_id: str) -> list[str]:
        """Those handed over for these actions, if the application still asks for just them.

        Rotation keeps them, and need not ask what the actions require today.
        """
        if connector.scopes or found is None or found.record is None:
            return []
        asked = permissions_of(found.record, found.apis).get(app_id)
        scopes = sorted(asked.delegated) if asked else []
        digest = ledger.digest(found.record["appId"], scopes, connector.actions)
        entries = state_of(found.record, connector.secret_name).entries
        return scopes if digest in [entry.handed_over for entry in entries] else []

    def _scopes(self, connector: Connector) -> list[str]:
        """As given, else what the actions need. Raises with the choices when neither is chosen."""
        if connector.scopes:
            return sorted(dict.fromkeys(connector.scopes))
        if not connector.actions and connector.offboarding:
            return []
        offered = self._read_catalog()
        if not connector.actions:
            raise catalog.choices(offered)
        auth = catalog.auth_type(offered, connector.auth_type)
        return catalog.scopes_for(offered, connector.actions, auth)

    def _look_at_consent(
        self, found: Found, client_id: str, wanted: Permissions, purge: bool
    ) -> dict[str, Any]:
        # The application's own part has noted that it lacks its service principal.
        granted = Granted({"id": None, "appId": client_id}, found.apis)
        if found.principal is not None:
            consents = grant.read(self._graph, found.principal["id"], with_roles=purge)
            granted = Granted(found.principal, found.apis, consents)
        return self._consent.present(client_id, granted, wanted, purge=purge)

    def _find_profile(self, connector: Connector, state: State) -> Record | None:
        """The one that was handed the last secret, whatever its name is now; else by name.

        Also where that secret is gone: the profile is still the one.
        """
        profiles = self._list_profiles()
        for entry in sorted(state.entries, key=state.recency, reverse=True):
            for record in profiles:
                if entry.recipient and record["id"] == entry.recipient:
                    return record
        return profile.find(
            profiles,
            profile_id="",
            name=connector.profile_name,
            connector_key=connector.key,
        )

    def _verdict_of_missing(self, connector: Connector, shared: dict[str, Any]) -> dict[str, Any]:
        self._warn_of_unneeded(connector, shared["scopes"])
        return {
            "converged": False,
            "drift": self._rows(),
            "handover": {
                "due": True,
                "reason": "the application does not exist",
                "due_date_time": None,
                "deliver_key_id": None,
                "delivered": False,
            },
            "removable": [],
        }

    def _conclude(
        self, connector: Connector, state: State, verdict: Verdict, holder: Record | None
    ) -> dict[str, Any]:
        rows = self._rows()
        # An edit that a read shows is repaired; a row for its time of change would say it twice.
        edited = verdict.edited and not any(row["resource"] == "connector profile" for row in rows)
        if verdict.due:
            rows.append(row("client secret", None, None, verdict.due, False))
            self._warn_of_unneeded(connector, connector.scopes)
        if edited and holder and verdict.entry:
            rows.append(
                row(
                    "connector profile",
                    "updated_at",
                    verdict.entry.updated_at,
                    holder["updated_at"],
                    False,
                )
            )
            self._warn(
                f"The connector profile {holder['name']!r} was edited elsewhere at "
                f"{holder['updated_at']}; what of it cannot be read. Set reapply to hand over anew."
            )
        rows += [
            row(f"client secret {item.key_id}", None, item.name, None, False)
            for item in verdict.removable
        ]
        deliver = _deliverable(state, connector, self._graph.now())
        return {
            "converged": not (self._reconciler.changed or verdict.due or verdict.removable),
            "drift": rows,
            "handover": {
                "due": bool(verdict.due),
                "reason": verdict.due or None,
                "due_date_time": _due_date_time(verdict, connector.policy),
                "deliver_key_id": deliver.key_id if verdict.due and deliver else None,
                "delivered": bool(deliver and _arrived_by_hand(deliver, holder)),
            },
            "removable": [item.key_id for item in verdict.removable],
        }

    def _warn_of_unneeded(self, connector: Connector, scopes: Sequence[str]) -> None:
        """Least privilege, shown when something is handed over rather than on every run."""
        if not (connector.actions and connector.scopes):
            return
        offered = self._read_catalog()
        auth = catalog.auth_type(offered, connector.auth_type)
        extra = catalog.unneeded(offered, connector.actions, scopes, auth)
        if extra:
            self._warn(f"No chosen action needs these scopes: {', '.join(extra)}.")

    def _rows(self) -> list[dict[str, Any]]:
        return [item for each in self._reconciler.differences for item in each.rows(False)]


def _with_permissions(connector: Connector, wanted: Permissions) -> DesiredApp:
    return DesiredApp(**{**vars(connector.app), "api_permissions": wanted})


def _nothing() -> dict[str, Any]:
    return {
        "app": None,
        "service_principal": {"object_id": None},
        "consent": {"grants": [], "app_roles": [], "admin_consent_url": None},
        "secret": None,
        "secrets": [],
    }


def _current(verdict: Verdict) -> dict[str, Any] | None:
    if verdict.current is None or verdict.entry is None:
        return None
    return verdict.current.public(True, verdict.entry.recipient)


def _due_date_time(verdict: Verdict, policy: Policy) -> str | None:
    """When the secret that serves is to be replaced."""
    if verdict.current is None:
        return None
    return format_time(verdict.current.end - policy.rotate_before)


def _all_secrets(state: State, verdict: Verdict) -> list[dict[str, Any]]:
    """Every secret of the name with its place in the ledger, for reports."""
    shown = []
    for item in state.credentials:
        entry = state.entry(item.key_id)
        shown.append(
            {
                **item.public(entry is not None, entry.recipient if entry else ""),
                "current": bool(verdict.current and verdict.current.key_id == item.key_id),
            }
        )
    return sorted(shown, key=lambda item: item["start_date_time"])


def _deliverable(state: State, connector: Connector, now: datetime) -> password.Credential | None:
    """An unconfirmed secret that a store still holds and that lives long enough to be delivered."""
    fit = [
        item
        for item in state.unconfirmed()
        if item.key_id in connector.held_key_ids and item.end - now > connector.policy.rotate_before
    ]
    return max(fit, key=lambda item: item.start) if fit else None


def _arrived_by_hand(secret: password.Credential, holder: Record | None) -> bool:
    """Whether somebody wrote the profile after the secret was made for them to enter there."""
    return holder is not None and parse_time(holder["updated_at"]) > secret.start


def _no() -> None:
    """What a missing application's act is in a run that only looks."""
