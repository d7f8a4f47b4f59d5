# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody else did by hand: changes past the APIs, seen at once, without lag."""

from __future__ import annotations

import copy
import secrets
from typing import Any

from .clock import iso
from .directory import new_link_id
from .replication import Collection, Record
from .world import World

Edit = dict[str, Any]
STATE_ALIASES = {"setup_information": "_setup_information", "actions": "_actions"}


def apply(world: World, edit: Edit) -> Record | None:
    """Carry out `{kind, id, set | delete | add}`; returns the object as it is now."""
    kind = edit["kind"]
    if kind == "passwords":
        return _edit_password(world, edit)
    if kind == "profiles":
        return _edit_profile(world, edit)
    if kind == "accounts":
        return _edit_account(world, edit)
    if kind == "users":
        world.directory.users[edit["add"]["id"]] = dict(edit["add"])
        return dict(edit["add"])
    collections = world.directory.collections
    if kind not in collections:
        known = ", ".join([*collections, "passwords", "profiles", "accounts", "users"])
        raise ValueError(f"unknown kind {kind!r}; known are: {known}")
    return _edit_object(world, collections[kind], edit)


def _edit_object(world: World, collection: Collection, edit: Edit) -> Record | None:
    if "add" in edit:
        return _add_object(world, collection, edit)
    record = collection.newest(edit["id"])
    if record is None:
        raise ValueError(f"no {edit['kind']} {edit['id']!r}")
    if edit.get("delete"):
        collection.put(edit["id"], None, at_once=True)
        return None
    record.update(copy.deepcopy(edit["set"]))
    collection.put(edit["id"], record, at_once=True)
    return record


def _add_object(world: World, collection: Collection, edit: Edit) -> Record:
    """A new object with its type's defaults; with an id, more items for the object's lists."""
    added = copy.deepcopy(edit["add"])
    if "id" in edit:
        record = collection.newest(edit["id"]) or {}
        for name, items in added.items():
            record[name] = [*record.get(name, []), *items]
    else:
        record = _new_object(world, edit["kind"], added)
    collection.put(record["id"], record, at_once=True)
    return record


def _new_object(world: World, kind: str, values: Record) -> Record:
    from .graph.app_model import merge, new_application
    from .graph.service_principals import mirror, new_principal

    now = world.clock.now()
    if kind == "applications":
        record = new_application("", [], now)
        fixed = {name: values.pop(name) for name in ("id", "appId") if name in values}
        merge(record, values)
        return record | fixed
    if kind == "servicePrincipals":
        app = world.directory.application_of(values["appId"])
        record = new_principal(values["appId"], values.get("displayName", ""), "", [], now)
        if app is not None:
            mirror(app, record)
        return record | values
    ends = (
        ("clientId", "resourceId")
        if kind == "oauth2PermissionGrants"
        else ("principalId", "resourceId")
    )
    defaults = {
        "id": new_link_id(*(values[end] for end in ends)),
        "createdDateTime": iso(now),
        "deletedDateTime": None,
    }
    if kind == "oauth2PermissionGrants":
        defaults = {"id": defaults["id"], "consentType": "AllPrincipals", "principalId": None}
    return defaults | values


def _edit_password(world: World, edit: Edit) -> Record:
    """Age a password, or remove it past the API."""

    def change(app: Record) -> None:
        for item in list(app["passwordCredentials"]):
            if item["keyId"] == edit["key_id"]:
                if edit.get("delete"):
                    app["passwordCredentials"].remove(item)
                    app["_secrets"].pop(item["keyId"], None)
                else:
                    item.update(edit["set"])
                return
        raise ValueError(f"no password {edit['key_id']!r}")

    return world.directory.applications.change(edit["app"], change, at_once=True)


def _edit_profile(world: World, edit: Edit) -> Record | None:
    """A change in the dashboard: it moves updated_at, as a change through the API does."""
    profiles = world.stackone.profiles
    if "add" in edit:
        return profiles.create(edit["add"])
    profile = profiles.get(edit["id"])
    if edit.get("delete"):
        del profiles.by_id[edit["id"]]
        return None
    values = {"updated_at": profiles.stamp(), **copy.deepcopy(edit["set"])}
    setup = values.pop("setup_information", None)
    if setup is not None:
        profile["_setup_information"].update(setup)
    profile.update({STATE_ALIASES.get(name, name): value for name, value in values.items()})
    return profile


def _edit_account(world: World, edit: Edit) -> Record | None:
    accounts = world.stackone.accounts
    if "add" in edit:
        now = iso(world.clock.now(), "milliseconds")
        account = {
            "id": str(int.from_bytes(secrets.token_bytes(7), "big")),
            "provider": "azuredevops",
            "provider_name": "Azure DevOps",
            "status": "active",
            "type": "PRODUCTION",
            "origin_owner_id": "customer-1",
            "origin_owner_name": "Customer 1",
            "origin_username": None,
            "integration_id": None,
            "label": None,
            "created_at": now,
            "updated_at": now,
            **edit["add"],
        }
        accounts[account["id"]] = account
        return account
    if edit.get("delete"):
        del accounts[edit["id"]]
        return None
    accounts[edit["id"]].update(edit["set"])
    return accounts[edit["id"]]
