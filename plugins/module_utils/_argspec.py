# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that several modules share: one table gives argument spec, environment and, by a test,
the documentation fragments."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from ansible.module_utils.errors import AnsibleFallbackNotFound

from ansible_collections.stackone.onboarding.plugins.module_utils._clouds import (
    AZURE_NAMES,
    CLOUDS,
)

Table = Mapping[str, dict[str, Any]]

# Both services: how a request is sent and how long is waited.
TRANSPORT: Table = {
    "ca_path": {"type": "path", "env": ("REQUESTS_CA_BUNDLE",)},
    "validate_certs": {"type": "bool", "default": True},
    "request_timeout": {"type": "float", "default": 30.0},
    "wait_timeout": {"type": "float", "default": 300.0},
}

ENTRA: Table = {
    "tenant_id": {"type": "str", "env": ("AZURE_TENANT_ID", "AZURE_TENANT")},
    "auth_method": {
        "type": "str",
        "default": "auto",
        "choices": [
            "auto",
            "access_token",
            "client_secret",
            "certificate",
            "workload_identity",
            "managed_identity",
            "azure_cli",
        ],
        "env": ("ENTRA_AUTH_METHOD",),
    },
    "auth_client_id": {"type": "str", "env": ("AZURE_CLIENT_ID",)},
    "auth_client_secret": {
        "type": "str",
        "no_log": True,
        "env": ("AZURE_CLIENT_SECRET", "AZURE_SECRET"),
    },
    "auth_certificate_path": {"type": "path", "env": ("AZURE_CLIENT_CERTIFICATE_PATH",)},
    "auth_certificate_password": {
        "type": "str",
        "no_log": True,
        "env": ("AZURE_CLIENT_CERTIFICATE_PASSWORD",),
    },
    "auth_send_x5c": {
        "type": "bool",
        "default": False,
        "env": ("ENTRA_SEND_X5C", "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN"),
    },
    "auth_federated_token_file": {"type": "path", "env": ("AZURE_FEDERATED_TOKEN_FILE",)},
    "access_token": {"type": "str", "no_log": True, "env": ("ENTRA_ACCESS_TOKEN",)},
    "cloud": {
        "type": "str",
        "default": "public",
        "choices": list(CLOUDS),
        "env": ("ENTRA_CLOUD", "AZURE_CLOUD_ENVIRONMENT"),
        "means": AZURE_NAMES,
    },
    "graph_url": {"type": "str", "env": ("ENTRA_GRAPH_URL",)},
    "authority_url": {"type": "str", "env": ("ENTRA_AUTHORITY_URL",)},
    **TRANSPORT,
}

# For the module that returns a token, and so takes none.
SIGN_IN: Table = {
    name: {**option, "choices": [item for item in option["choices"] if item != "access_token"]}
    if name == "auth_method"
    else option
    for name, option in ENTRA.items()
    if name != "access_token"
}

STACKONE: Table = {
    "api_key": {"type": "str", "no_log": True, "env": ("STACKONE_API_KEY",)},
    "api_url": {
        "type": "str",
        "default": "https://api.stackone.com",
        "env": ("STACKONE_API_URL",),
    },
    **TRANSPORT,
}

_API_PERMISSION: Table = {
    "api": {"type": "str", "required": True},
    "delegated": {"type": "list", "elements": "str", "default": []},
    "application": {"type": "list", "elements": "str", "default": []},
}


def argument_spec(*tables: Table, **options: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Ansible's argument spec of some shared tables and a module's own options."""
    merged = {name: option for table in (*tables, options) for name, option in table.items()}
    return {name: _spec(option) for name, option in merged.items()}


def api_permissions() -> dict[str, Any]:
    """The option ``api_permissions``, which two modules share."""
    return {"type": "list", "elements": "dict", "options": dict(_API_PERMISSION)}


def variable_of(table: Table, options: Mapping[str, Any], name: str) -> str:
    """The environment's variable that an option's value is from; empty where it is the task's own.

    What the task and a variable say alike counts as the variable's.
    """
    variable = _first_set(table[name].get("env", ()))
    if variable is None:
        return ""
    held = os.environ[variable]
    if table[name]["type"] == "path":
        held = os.path.expanduser(os.path.expandvars(held))
    return variable if options.get(name) == held else ""


def _spec(option: dict[str, Any]) -> dict[str, Any]:
    spec = {name: value for name, value in option.items() if name not in ("env", "means")}
    if option.get("env"):
        fallback = partial(_from_environment, option.get("means", {}))
        spec["fallback"] = (fallback, list(option["env"]))
    return spec


def _from_environment(means: Mapping[str, str], *names: str) -> str:
    """The first variable that is set and not empty: AWX injects empty ones for blank fields."""
    variable = _first_set(names)
    if variable is None:
        raise AnsibleFallbackNotFound
    value = os.environ[variable]
    return means.get(value, value)


def _first_set(names: Iterable[str]) -> str | None:
    return next((name for name in names if os.environ.get(name)), None)
