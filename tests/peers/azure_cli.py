# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure CLI, with the sandbox registered as a cloud of its own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from peers import installs, surroundings
from peers.conversation import Refused, expect
from sandbox.client import Sandbox
from sandbox.directory import AZURE_DEVOPS_APP_ID

SETTINGS = {
    "AZURE_CORE_COLLECT_TELEMETRY": "false",
    "AZURE_CORE_NO_COLOR": "true",
    "AZURE_CORE_ONLY_SHOW_ERRORS": "true",
    "AZURE_CORE_OUTPUT": "json",
    "AZURE_CORE_SURVEY_MESSAGE": "false",
}
# A cloud of one's own is none that Microsoft's instance discovery would know.
OWN_CLOUD = {"AZURE_CORE_INSTANCE_DISCOVERY": "false"}
APP = "Peer by Azure CLI"
REDIRECT_URI = "https://example.com/callback"
SCOPE = "vso.project"


class AzureCli:
    """Takes each step with the commands that its documentation names for it."""

    name = "Azure CLI"

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        commands = installs.python_environment("azure-cli")
        folder.mkdir()
        self._sandbox = sandbox
        self._az = str(commands / "az")
        self._environment = {
            **surroundings.environment(sandbox, folder, commands),
            **SETTINGS,
            **OWN_CLOUD,
            "AZURE_CONFIG_DIR": str(folder / "azure"),
        }
        self._app: dict[str, Any] = {}

    def close(self) -> None:
        """Every command was a process of its own."""

    def take(self, step: str) -> None:
        getattr(self, "_" + step.replace(" ", "_"))()

    def _run(self, *arguments: str) -> Any:
        try:
            done = subprocess.run(
                [self._az, *arguments],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise Refused(f"az {' '.join(arguments[:3])}: no end after {late.timeout} s") from None
        if done.returncode:
            raise Refused(f"az {' '.join(arguments[:3])}: {done.stderr.strip()}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def _ad(self, group: str, *arguments: str, **options: str) -> Any:
        flags = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        return self._run("ad", *group.split(), *arguments, *flags)

    def _sign_in(self) -> None:
        at, info = self._sandbox, self._sandbox.info
        endpoints = {
            "active-directory": at.authority_url,
            "active-directory-resource-id": f"{at.url}/arm",
            "active-directory-graph-resource-id": at.graph_url,
            "microsoft-graph-resource-id": at.graph_url,
            "resource-manager": f"{at.url}/arm",
        }
        flags = [f"--endpoint-{name}={url}" for name, url in endpoints.items()]
        self._run("cloud", "register", "--name=Sandbox", "--skip-endpoint-discovery", *flags)
        self._run("cloud", "set", "--name=Sandbox")
        who = [f"--username={info['client_id']}", f"--password={info['client_secret']}"]
        self._run(
            "login",
            "--service-principal",
            "--allow-no-subscriptions",
            f"--tenant={info['tenant_id']}",
            *who,
        )
        expect("the tenant", self._run("account", "show")["tenantId"], info["tenant_id"])

    def _app_create(self) -> None:
        self._app = self._ad(
            "app create",
            display_name=APP,
            sign_in_audience="AzureADMultipleOrgs",
            web_redirect_uris=REDIRECT_URI,
        )
        expect("the audience", self._app["signInAudience"], "AzureADMultipleOrgs")

    def _app_show(self) -> None:
        shown = self._ad("app show", id=self._app["appId"])
        expect("the object id", shown["id"], self._app["id"])
        expect("the redirect URIs", shown["web"]["redirectUris"], [REDIRECT_URI])

    def _app_update(self) -> None:
        self._ad("app update", "--set", "notes=changed", id=self._app["appId"])
        self._ad(
            "app permission add",
            id=self._app["appId"],
            api=AZURE_DEVOPS_APP_ID,
            api_permissions=f"{self._scope_id()}=Scope",
        )
        shown = self._ad("app show", id=self._app["appId"])
        expect("the notes", shown["notes"], "changed")
        asked = shown["requiredResourceAccess"][0]
        expect("the API", asked["resourceAppId"], AZURE_DEVOPS_APP_ID)

    def _scope_id(self) -> str:
        principal = self._ad("sp show", id=AZURE_DEVOPS_APP_ID)
        found = (each for each in principal["oauth2PermissionScopes"] if each["value"] == SCOPE)
        return str(next(found)["id"])

    def _app_list(self) -> None:
        listed = self._ad("app list", display_name=APP)
        expect("the list", [each["appId"] for each in listed], [self._app["appId"]])

    def _service_principal_create(self) -> None:
        principal = self._ad("sp create", id=self._app["appId"])
        expect("the application's id", principal["appId"], self._app["appId"])

    def _permission_grant(self) -> None:
        app_id = self._app["appId"]
        for scopes in (SCOPE, f"{SCOPE} vso.code"):  # a second grant replaces the first
            self._ad("app permission grant", id=app_id, api=AZURE_DEVOPS_APP_ID, scope=scopes)
        grants = self._ad("app permission list-grants", id=app_id)
        expect("what is granted", [each["scope"] for each in grants], [scopes])

    def _credential_reset(self) -> None:
        app_id = self._app["appId"]
        made = self._ad("app credential reset", "--append", id=app_id, display_name="peer")
        (listed,) = self._ad("app credential list", id=app_id)
        expect("the hint", listed["hint"], made["password"][:3])
        self._ad("app credential delete", id=app_id, key_id=listed["keyId"])
        expect("what is left", self._ad("app credential list", id=app_id), [])

    def _app_delete(self) -> None:
        self._ad("app delete", id=self._app["appId"])
        expect("the list", self._ad("app list", display_name=APP), [])
