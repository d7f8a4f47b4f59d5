# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection and its peers, each with the commands that do as much of the job as it can.

The rule is the same for all: the documented commands, with nothing around them but the passing on
of ids, and a second run is the same commands again. Only where a command would stop the second run
is there a guard before it. The command line tools keep their session, so they sign in once.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from peers import installs, surroundings
from peers.azure_cli import SETTINGS
from sandbox.client import Sandbox
from sandbox.directory import AZURE_DEVOPS_APP_ID
from support import tree

APP = "StackOne Azure DevOps Integration"
REDIRECT_URI = "https://api.stackone.com/connect/oauth2/azuredevops/callback"
SCOPES = ("vso.project", "vso.work_write")
ACTIONS = ("azuredevops_list_projects", "azuredevops_create_work_item")
SECRET = "StackOne connector profile"
LIFETIME_DAYS = 180

MICROSOFT_365 = "11.11.0"
QUIET_ANSIBLE = {"ANSIBLE_LOCALHOST_WARNING": "False", "ANSIBLE_NOCOLOR": "1"}


@dataclass(frozen=True)
class Contender:
    """What a user types for the job, and the environment in which it is typed."""

    name: str
    version: str
    job: str
    environment: Mapping[str, str]
    sign_in: str = ""
    sign_out: str = ""  # what no user would type: the next first run signs in again
    files: Mapping[str, str] = field(default_factory=dict)


def scope_ids(sandbox: Sandbox) -> dict[str, str]:
    """The ids of the job's scopes, which some peers want to be told."""
    (api,) = (
        each
        for each in sandbox.state()["servicePrincipals"]
        if each["appId"] == AZURE_DEVOPS_APP_ID
    )
    ids = {scope["value"]: scope["id"] for scope in api["oauth2PermissionScopes"]}
    return {name: ids[name] for name in SCOPES}


def collection(sandbox: Sandbox, home: Path) -> Contender:
    commands = Path(sys.executable).parent
    variables = {"entra_connector_scopes": SCOPES, "entra_connector_actions": ACTIONS}
    job = f"""
        ansible-playbook stackone.onboarding.onboard --inventory azure_devops, \\
          --extra-vars '{json.dumps(variables)}'
        """
    environment = {
        **surroundings.environment(sandbox, home, commands),
        **QUIET_ANSIBLE,
        "ANSIBLE_COLLECTIONS_PATH": str(tree.COLLECTIONS),
    }
    version = yaml.safe_load((tree.ROOT / "galaxy.yml").read_text("utf-8"))["version"]
    return Contender("stackone.onboarding", version, _dedented(job), environment)


def azcollection(sandbox: Sandbox, home: Path) -> Contender:
    commands = installs.python_environment("azcollection")
    environment = {**surroundings.environment(sandbox, home, commands), **QUIET_ANSIBLE}
    (manifest,) = commands.parent.glob("lib/*/site-packages/*/azure/azcollection/MANIFEST.json")
    return Contender(
        "azure.azcollection",
        json.loads(manifest.read_text("utf-8"))["collection_info"]["version"],
        "ansible-playbook onboard.yml",
        environment,
        files={"onboard.yml": _azcollection_play(scope_ids(sandbox))},
    )


def _azcollection_play(ids: Mapping[str, str]) -> str:
    access = [{"id": each, "type": "Scope"} for each in ids.values()]
    end = "now(utc=true, fmt='%s') | int + " + str(LIFETIME_DAYS * 86400)
    tasks: list[dict[str, Any]] = [
        {
            "azure.azcollection.azure_rm_adapplication": {
                "display_name": APP,
                "sign_in_audience": "AzureADMultipleOrgs",
                "web_reply_urls": [REDIRECT_URI],
                "required_resource_accesses": [
                    {"resource_app_id": AZURE_DEVOPS_APP_ID, "resource_access": access}
                ],
            },
            "register": "application",
        },
        {"azure.azcollection.azure_rm_adserviceprincipal": {"app_id": "{{ application.app_id }}"}},
        {
            "azure.azcollection.azure_rm_adpassword": {
                "app_id": "{{ application.app_id }}",
                "display_name": SECRET,
                "end_date": f"{{{{ '%Y-%m-%dT%H:%M:%SZ' | strftime({end}, utc=true) }}}}",
            },
            "register": "password",
        },
        # Nothing else would tell anybody the secret.
        {"ansible.builtin.debug": {"var": "password.secret_text"}},
    ]
    play = [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]
    return str(yaml.safe_dump(play, sort_keys=False, width=120))


def azure_cli(sandbox: Sandbox, home: Path) -> Contender:
    commands = installs.python_environment("azure-cli")
    access = [{"id": each, "type": "Scope"} for each in scope_ids(sandbox).values()]
    asked = [{"resourceAppId": AZURE_DEVOPS_APP_ID, "resourceAccess": access}]
    sign_in = """
        az login --service-principal --allow-no-subscriptions --output none \\
          --tenant "$AZURE_TENANT_ID" \\
          --username "$AZURE_CLIENT_ID" --password "$AZURE_CLIENT_SECRET"
        """
    job = f"""
        id=$(az ad app create --display-name '{APP}' \\
          --sign-in-audience AzureADMultipleOrgs --web-redirect-uris {REDIRECT_URI} \\
          --required-resource-accesses @permissions.json --query appId --output tsv)
        az ad sp show --id "$id" --output none || az ad sp create --id "$id" --output none
        az ad app permission grant --id "$id" --api {AZURE_DEVOPS_APP_ID} \\
          --scope '{" ".join(SCOPES)}' --output none
        az ad app credential reset --id "$id" --append --display-name '{SECRET}' \\
          --end-date "$(date --utc --date='{LIFETIME_DAYS} days' +%FT%TZ)"
        """
    environment = {
        **surroundings.environment(sandbox, home, commands),
        **SETTINGS,
        "AZURE_CONFIG_DIR": str(home / ".azure"),
    }
    return Contender(
        "Azure CLI",
        installs.pinned_version("azure-cli"),
        _dedented(job),
        environment,
        sign_in=_dedented(sign_in),
        sign_out="az account clear",
        files={"permissions.json": json.dumps(asked, indent=2)},
    )


def microsoft_365(sandbox: Sandbox, home: Path) -> Contender:
    commands = installs.node_package("cli-microsoft365", f"@pnp/cli-microsoft365@{MICROSOFT_365}")
    sign_in = """
        m365 login --authType secret --tenant "$AZURE_TENANT_ID" \\
          --appId "$AZURE_CLIENT_ID" --secret "$AZURE_CLIENT_SECRET"
        """
    names = ",".join(f"https://app.vssps.visualstudio.com/{scope}" for scope in SCOPES)
    job = f"""
        m365 entra app add --name '{APP}' --multitenant \\
          --platform web --redirectUris {REDIRECT_URI} \\
          --apisDelegated {names} \\
          --grantAdminConsent --withSecret
        """
    settings = home / "config" / "configstore" / "cli-m365-config.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"disableTelemetry": True, "prompt": False}), "utf-8")
    environment = {
        **surroundings.environment(sandbox, home, commands),
        "XDG_CONFIG_HOME": str(home / "config"),
        "CLIMICROSOFT365_NOUPDATE": "1",
    }
    return Contender(
        "CLI for Microsoft 365",
        MICROSOFT_365,
        _dedented(job),
        environment,
        sign_in=_dedented(sign_in),
        sign_out="m365 logout",
    )


CONTENDERS: Mapping[str, Callable[[Sandbox, Path], Contender]] = {
    "stackone.onboarding": collection,
    "azure.azcollection": azcollection,
    "Azure CLI": azure_cli,
    "CLI for Microsoft 365": microsoft_365,
}


def _dedented(script: str) -> str:
    lines = script.strip("\n").splitlines()
    return "\n".join(line.removeprefix("        ") for line in lines).strip()
