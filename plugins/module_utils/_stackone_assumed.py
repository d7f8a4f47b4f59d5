# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that the collection assumes of StackOne's writes: no public reference describes them.

Paths and fields follow the vendor's own naming: its read endpoints, and the setup fields of its
connector framework. A server without them answers 404, 405 or 501: UnsupportedByServiceError.
When the vendor documents them, this file is what changes.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils._errors import (
    HttpError,
    UnsupportedByServiceError,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._stackone import Record, StackOne

_UNSUPPORTED = (404, 405, 501)


def create_profile(stackone: StackOne, fields: Record) -> Record:
    """POST; answers the profile as a read gives it."""
    return _write(stackone, "POST", "connector_profiles", _body(fields))


def update_profile(stackone: StackOne, profile_id: str, fields: Record) -> Record:
    """PATCH: changes what it carries, the setup information key by key."""
    return _write(stackone, "PATCH", f"connector_profiles/{profile_id}", _body(fields))


def delete_profile(stackone: StackOne, profile_id: str) -> None:
    _write(stackone, "DELETE", f"connector_profiles/{profile_id}")


def _write(stackone: StackOne, method: str, path: str, body: Record | None = None) -> Any:
    try:
        return stackone.call(method, path, json=body)
    except HttpError as error:
        if error.status not in _UNSUPPORTED:
            raise
        raise UnsupportedByServiceError(
            error.what,
            f"{error.why} StackOne's public reference does not describe how profiles are written, "
            "and this server does not know the way that is assumed.".strip(),
            "Do it in StackOne's dashboard. The role entra_connector prints the steps, with "
            "entra_connector_profile_mode: dashboard and a secret store.",
            maybe_acted=error.maybe_acted,
            **error.details,
        ) from error


def _body(fields: Record) -> Record:
    """Our names to the wire's; what is None is not sent."""
    setup = {
        "clientId": fields.get("client_id"),
        "clientSecret": fields.get("client_secret"),
        "scopes": " ".join(fields["scopes"]) if fields.get("scopes") is not None else None,
    }
    body: dict[str, Any] = {
        "name": fields.get("name"),
        "connector_key": fields.get("connector_key"),
        "authentication_config_key": fields.get("authentication_config_key"),
        "environment": fields.get("environment"),
        "active": fields.get("active"),
        "default": fields.get("default"),
        "setup_information": _given(setup) or None,
        "actions": fields.get("actions"),
    }
    return _given(body)


def _given(values: Record) -> Record:
    return {name: value for name, value in values.items() if value is not None}
