# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connector profiles: what they hold, what a read shows of them, and their pinned versions.

A read is documented; writing is assumed (see x-evidence in the contract): a PATCH changes only
what it carries, setup_information key by key. setup_information and actions never come back.
"""

from __future__ import annotations

import re
import secrets
from typing import Any

from ..clock import Clock, iso
from ..options import Options
from .catalogue import Catalogue
from .errors import StackOneError

Profile = dict[str, Any]
PIN = re.compile(r"latest|\d+\.x\.x|\d+\.\d+\.x|\d+\.\d+\.\d+")
DIRECT = ("name", "environment", "active", "default")


class Profiles:
    """All profiles by id; hidden properties begin with "_"."""

    def __init__(self, clock: Clock, options: Options, catalogue: Catalogue) -> None:
        self._clock = clock
        self._options = options
        self._catalogue = catalogue
        self._last_write = 0
        self.by_id: dict[str, Profile] = {}

    def stamp(self) -> str:
        """The time of a write, in milliseconds, later than that of every write before."""
        self._last_write = max(self._last_write + 1, int(self._clock.now() * 1000))
        return iso(self._last_write / 1000, "milliseconds")

    def get(self, profile_id: str) -> Profile:
        if profile_id not in self.by_id:
            raise StackOneError(404, f"Connector profile '{profile_id}' not found")
        return self.by_id[profile_id]

    def matching(self, connector_key: str | None, enabled: str | None) -> list[Profile]:
        return [
            shown(profile)
            for profile in self.by_id.values()
            if connector_key in (None, profile["connector_key"])
            and (enabled is None or profile["active"] == (enabled == "true"))
        ]

    def create(self, body: dict[str, Any]) -> Profile:
        for name in ("name", "connector_key"):
            if not body.get(name):
                raise StackOneError(422, f"{name} is required")
        connector = self._catalogue.connector(body["connector_key"])
        self._check_name(body["name"], connector["key"], None)
        now = self.stamp()
        profile: Profile = {
            "id": secrets.token_hex(12),
            "name": body["name"],
            "connector_key": connector["key"],
            "connector_label": connector["name"],
            "logo_url": f"https://stackone-logos.com/api/{connector['key']}/filled/svg",
            "categories": connector["categories"],
            "active": True,
            "default": False,
            "release_stage": connector["release_stage"],
            "connector_version": connector["version"],
            "connector_pinned_version": None,
            "connector_owner": None,
            "environment": None,
            "created_at": now,
            "updated_at": now,
            "_setup_information": {},
            "_actions": None,
            "_pin": None,
        }
        self._write(profile, {"authentication_config_key": None, **body})
        self.by_id[profile["id"]] = profile
        return profile

    def change(self, profile_id: str, body: dict[str, Any]) -> Profile:
        profile = self.get(profile_id)
        if body.get("connector_key", profile["connector_key"]) != profile["connector_key"]:
            raise StackOneError(422, "connector_key cannot be changed")
        if "name" in body:
            self._check_name(body["name"], profile["connector_key"], profile_id)
        self._write(profile, body)
        profile["updated_at"] = self.stamp()
        return profile

    def delete(self, profile_id: str) -> None:
        self.get(profile_id)
        del self.by_id[profile_id]

    def _check_name(self, name: str, connector_key: str, own_id: str | None) -> None:
        if self._options.duplicate_profile_names:
            return
        for other in self.by_id.values():
            if (other["name"], other["connector_key"]) == (name, connector_key) and other[
                "id"
            ] != own_id:
                raise StackOneError(
                    409, f"A connector profile named '{name}' already exists for '{connector_key}'"
                )

    def _write(self, profile: Profile, body: dict[str, Any]) -> None:
        """Check all of a body, then write it."""
        key = profile["connector_key"]
        changes = {name: body[name] for name in DIRECT if name in body}
        if "authentication_config_key" in body:
            found = self._catalogue.authentication(key, body["authentication_config_key"])
            changes["authentication_config_key"] = found["key"]
            changes["authentication_config_label"] = found["label"]
        if "actions" in body:
            self._catalogue.check_actions(key, body["actions"])
            changes["_actions"] = list(body["actions"])
        changes["_setup_information"] = {
            **profile["_setup_information"],
            **body.get("setup_information", {}),
        }
        profile.update(changes)
        if body.get("default"):
            self._make_default(profile)

    def _make_default(self, profile: Profile) -> None:
        """A connector has one default: the one before stops being it."""
        for other in self.by_id.values():
            if (
                other is not profile
                and other["connector_key"] == profile["connector_key"]
                and other["default"]
            ):
                other["default"] = False
                other["updated_at"] = self.stamp()

    # -- versions

    def versions(self, profile_id: str) -> list[dict[str, Any]]:
        profile = self.get(profile_id)
        pinned = profile["_pin"] and profile["_pin"]["pinned_version"]
        return [
            {
                "version": version,
                "owner": "stackone",
                "builtin": True,
                "pinned": _covers(pinned, version),
            }
            for version in self._catalogue.connector(profile["connector_key"])["versions"]
        ]

    def pin(self, profile_id: str) -> dict[str, Any]:
        pin: dict[str, Any] | None = self.get(profile_id)["_pin"]
        if pin is None:
            raise StackOneError(404, "No version is pinned")
        return pin

    def set_pin(self, profile_id: str, version: str, owner: str | None) -> dict[str, Any]:
        profile = self.get(profile_id)
        if not PIN.fullmatch(version):
            raise StackOneError(
                400,
                "pinned_version must be latest, 1.x.x, 1.2.x or 1.2.0; ^ and ~ are not supported",
            )
        known = self._catalogue.connector(profile["connector_key"])["versions"]
        if version != "latest" and not any(_covers(version, each) for each in known):
            raise StackOneError(
                422, f"No version of '{profile['connector_key']}' matches '{version}'"
            )
        now = self.stamp()
        created = profile["_pin"]["created_at"] if profile["_pin"] else now
        pin = {
            "connector_profile_id": profile_id,
            "pinned_version": version,
            "owner": owner,
            "created_at": created,
            "updated_at": now,
        }
        profile.update(
            _pin=pin, connector_pinned_version=version, connector_owner=owner, updated_at=now
        )
        return pin

    def remove_pin(self, profile_id: str) -> None:
        profile = self.get(profile_id)
        if profile["_pin"] is not None:
            profile.update(
                _pin=None,
                connector_pinned_version=None,
                connector_owner=None,
                updated_at=self.stamp(),
            )


def shown(profile: Profile) -> Profile:
    """What a read shows of a profile: never its secret, its scopes or its actions."""
    return {name: value for name, value in profile.items() if not name.startswith("_")}


def _covers(pin: str | None, version: str) -> bool:
    if pin is None or pin == "latest":
        return False
    return re.fullmatch(re.escape(pin).replace("x", r"\d+"), version) is not None
