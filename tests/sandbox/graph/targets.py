# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding the object that a path names, by object id or by an alternate key."""

from __future__ import annotations

import re

from ..directory import Directory, is_live
from ..replication import Collection, Record
from .access import Call
from .errors import bad_request, not_found

GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
OBJECT_REFERENCE = re.compile(
    r"(?:https://[^?]+/(?:v1\.0|beta))?/?(?:directoryObjects|users|servicePrincipals)"
    r"(?:/([^/()]+)|\('([^']+)'\))"
)


def application(directory: Directory, call: Call) -> Record:
    return _target(directory.applications, call, "application-id")


def principal(directory: Directory, call: Call) -> Record:
    return _target(directory.service_principals, call, "servicePrincipal-id")


def seen(collection: Collection, call: Call, id_parameter: str) -> Record | None:
    """The live object that the path names, as a read by key sees it, or None."""
    parameters = call.parameters
    if id_parameter in parameters:
        check_guid(parameters[id_parameter])
        record = collection.seen(parameters[id_parameter].lower())
    else:
        name = "appId" if "appId" in parameters else "uniqueName"
        wanted = parameters[name]
        record = collection.find_seen(lambda each: each[name] == wanted and is_live(each))
    return record if is_live(record) else None


def _target(collection: Collection, call: Call, id_parameter: str) -> Record:
    record = seen(collection, call, id_parameter)
    if record is None:
        raise not_found(key_of(call, id_parameter))
    return record


def key_of(call: Call, id_parameter: str) -> str:
    names = (id_parameter, "appId", "uniqueName")
    return next(call.parameters[name] for name in names if name in call.parameters)


def check_guid(text: str) -> None:
    if not GUID.fullmatch(text):
        raise bad_request(f"Invalid object identifier '{text}'.", code="InvalidValue", target="id")


def referenced_object(directory: Directory, reference: str) -> Record:
    """The user or service principal that an @odata.id names."""
    match = OBJECT_REFERENCE.fullmatch(reference)
    if match is None:
        raise bad_request("Invalid URL format specified in @odata.id or @odata.bind.")
    key = match[1] or match[2]
    found = directory.object_seen(key)
    if found is None:
        raise not_found(key)
    return found
