# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a client needs to reach the sandbox, as environment variables and as files."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import Any

from .directory import TENANT_ID
from .seed import IDENTITY_APP_ID
from .signin.ci_systems import SERVICE_CONNECTION_ID
from .world import World


def variables(world: World, ca_path: Path) -> dict[str, str]:
    """The environment that makes the collection, MSAL and requests use the sandbox."""
    return {
        "AZURE_TENANT_ID": TENANT_ID,
        "AZURE_CLIENT_ID": IDENTITY_APP_ID,
        "AZURE_CLIENT_SECRET": world.credentials.client_secret,
        "ENTRA_GRAPH_URL": f"{world.base_url}/graph",
        "ENTRA_AUTHORITY_URL": f"{world.base_url}/login",
        "STACKONE_API_KEY": world.credentials.api_key,
        "STACKONE_API_URL": f"{world.base_url}/stackone",
        "REQUESTS_CA_BUNDLE": str(ca_path),
    }


def places(world: World) -> dict[str, dict[str, str]]:
    """What the environment has, beside tenant and client, where such a workload runs."""
    job_token = world.credentials.job_token
    return {
        "github_actions": {
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{world.base_url}/ci/github/token?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": job_token,
        },
        "azure_pipelines": {
            "SYSTEM_OIDCREQUESTURI": f"{world.base_url}/ci/pipelines/oidctoken",
            "SYSTEM_ACCESSTOKEN": job_token,
            "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": SERVICE_CONNECTION_ID,
        },
        "virtual_machine": {"AZURE_POD_IDENTITY_AUTHORITY_HOST": world.plain_url},
        "app_service": {
            "IDENTITY_ENDPOINT": f"{world.plain_url}/msi/token",
            "IDENTITY_HEADER": world.credentials.identity_header,
        },
    }


def announcement(world: World, ca_path: Path) -> dict[str, Any]:
    """The same for programs, with the process id."""
    environment = variables(world, ca_path)
    return {
        "base_url": world.base_url,
        "graph_url": environment["ENTRA_GRAPH_URL"],
        "authority_url": environment["ENTRA_AUTHORITY_URL"],
        "stackone_url": environment["STACKONE_API_URL"],
        "ca_path": str(ca_path),
        "tenant_id": TENANT_ID,
        "client_id": IDENTITY_APP_ID,
        "client_secret": world.credentials.client_secret,
        "api_key": world.credentials.api_key,
        "pid": os.getpid(),
        "env": environment,
        "places": places(world),
    }


def export_lines(environment: dict[str, str]) -> str:
    """One `export NAME=value` a line, quoted for a shell."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, all of it at once."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    os.replace(draft, path)


def write_files(folder: Path, world: World, ca_path: Path, announce: Path | None) -> None:
    """sandbox.env and sandbox.json in the folder, and the announcement where it is asked for."""
    document = json.dumps(announcement(world, ca_path), indent=2) + "\n"
    write_private(folder / "sandbox.env", export_lines(variables(world, ca_path)))
    write_private(folder / "sandbox.json", document)
    if announce is not None:
        write_private(announce, document)
