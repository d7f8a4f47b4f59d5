# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every option of the sandbox with its default; all can be set at start and at run time."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

ALL_ROLES = (
    "Application.ReadWrite.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "Directory.Read.All",
)


@dataclass
class Options:
    """The knobs. Seconds unless the name says otherwise; 0 or None switches a limit off."""

    # Replication: how long a read still sees what was before a write.
    lag: float = 0.0
    lag_applications: float | None = None  # None: as lag
    lag_servicePrincipals: float | None = None  # None: as lag
    lag_grants: float | None = None  # consent grants and role assignments; None: as lag
    lag_secrets: float | None = None  # what the token endpoint sees; None: as lag
    lag_filter: float | None = None  # lists, $filter, $search; None: 1.5 times the kind's lag
    flap: bool = False  # inside the lag, reads alternate: good, stale, good, stale
    secret_delay: float = 0.0  # the token endpoint refuses a fresh secret this long
    # How Graph words it when what a write refers to is not replicated yet: azuread has met both.
    replication_404_as_400: bool = False  # a grant's principals: 400 "does not exist", not 404
    misleading_403: bool = False  # a principal's application: the 403, not the 400

    # The tenant and the identity that does the work.
    identity_roles: list[str] = field(default_factory=lambda: list(ALL_ROLES))
    azure_devops: bool = True  # False: the tenant has no Azure DevOps service principal yet
    token_lifetime: int = 3599
    cloud: str = "public"  # which of Microsoft's clouds the tenant is in
    managed_identity: str = "both"  # what the Azure resource has: system, user, both or none
    object_quota: int = 0  # objects of one creator, soft-deleted ones too; Entra's is 250
    require_service_management_reference: bool = False
    max_lifetime_days: int | None = None  # tenant policy for secrets
    disallow_passwords: bool = False  # tenant policy for secrets
    secret_prefix: str = ""  # what new secrets start with, e.g. "-"
    page_size: int = 100  # Graph's default page
    inner_error_key: str = "innerError"  # Graph spells it innererror, too

    # Load.
    latency_ms: float = 0.0
    graph_write_limit: int = 0  # writes per window, app and tenant; Graph's is about 3000
    graph_write_window: float = 150.0
    stackone_limit: int = 0  # requests per window and key; StackOne's is 1000
    stackone_window: float = 60.0

    # StackOne, where its reference leaves room.
    profiles_path: str = "connector_profiles"  # auth_configs: the newer name answers 404
    profile_writes: str = "ok"  # 404, 405 or 501: what the undocumented endpoints answer
    duplicate_profile_names: bool = False
    accounts_wrapped: bool = False  # {"data": [...]} instead of a bare array
    versions_wrapped: bool = False
    connect_session_status: int = 201

    def update(self, changes: Mapping[str, Any]) -> None:
        """Change some options; an unknown name or a value of the wrong type is an error."""
        known = {item.name: str(item.type) for item in dataclasses.fields(self)}
        unknown = set(changes) - set(known)
        if unknown:
            names = ", ".join(sorted(unknown))
            raise ValueError(f"unknown option {names}; known are: {', '.join(sorted(known))}")
        converted = {name: _converted(name, known[name], changes[name]) for name in changes}
        for name, value in converted.items():
            setattr(self, name, value)

    def lag_of(self, kind: str) -> float:
        """The lag of reads by key for one kind of object."""
        own = {
            "applications": self.lag_applications,
            "servicePrincipals": self.lag_servicePrincipals,
            "grants": self.lag_grants,
            "secrets": self.lag_secrets,
        }[kind]
        return self.lag if own is None else own

    def filter_lag_of(self, kind: str) -> float:
        """The lag of index-backed reads: they trail reads by key."""
        return 1.5 * self.lag_of(kind) if self.lag_filter is None else self.lag_filter

    def as_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def parse_settings(settings: Iterable[str]) -> dict[str, Any]:
    """Option values from `name=value` on the command line; a value is JSON, or else plain text."""
    parsed: dict[str, Any] = {}
    for setting in settings:
        name, separator, text = setting.partition("=")
        if not separator:
            raise ValueError(f"{setting!r} is not name=value")
        try:
            parsed[name] = json.loads(text)
        except ValueError:
            parsed[name] = text
    return parsed


def _converted(name: str, declared: str, value: Any) -> Any:
    """The value in its option's type, so that `lag=2` and `flap=true` from a command line work."""
    wanted = declared.removesuffix(" | None")
    if value is None and declared.endswith("| None"):
        return None
    if wanted == "str":
        return str(value)
    if wanted == "float" and isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    if wanted == "list[str]" and isinstance(value, str):
        return [part for part in value.split(",") if part]
    expected = {"bool": bool, "int": int, "list[str]": list}.get(wanted)
    a_bool_as_int = expected is int and isinstance(value, bool)
    if expected is None or a_bool_as_int or not isinstance(value, expected):
        raise ValueError(f"option {name} is {declared}, not {value!r}")
    return value
