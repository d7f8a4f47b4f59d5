# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several connectors in the sandbox, each in a state of its own, as months of use leave them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import yaml

from sandbox.client import Sandbox
from support.playbooks import Played, Player

ACTIONS = ["azuredevops_list_projects", "azuredevops_create_work_item"]
REPORT = "stackone.onboarding.report"
ROTATE = "stackone.onboarding.rotate"
REFUSED_KEY = "not-the-api-key-at-all"

# What becomes of each connector; their secrets are aged by hand.
SOUND = ("adventure-works", "contoso", "fourth-coffee")
HOSTS = (
    *SOUND,
    "fabrikam",  # somebody took a scope out of its consent and added a redirect URI
    "litware",  # its secret is due
    "northwind",  # rotated a few days ago, the old secret lives on; a run died before
    "proseware",  # its profile was disabled in the dashboard
    "tailspin",  # its secret has expired
    "wingtip",  # StackOne refuses its API key
)


class Estate:
    """``Estate(sandbox, folder).build()``, then ``report(…)`` on all its hosts or some."""

    def __init__(self, sandbox: Sandbox, folder: Path, hosts: tuple[str, ...] = HOSTS) -> None:
        self._sandbox = sandbox
        self._folder = folder
        self._hosts = hosts
        self.player = Player(sandbox, folder)

    def build(self) -> Estate:
        done = self._play("stackone.onboarding.onboard", self._hosts)
        assert done.code == 0, done.output
        becomes = {
            "adventure-works": lambda host: self._age(host, days=20),
            "contoso": lambda host: self._age(host, days=55),
            "fourth-coffee": lambda host: self._age(host, days=90),
            "fabrikam": self._drift,
            "litware": lambda host: self._age(host, days=165),
            "northwind": self._rotate,
            "proseware": self._disable_profile,
            "tailspin": lambda host: self._age(host, days=183),
        }
        for host in self._hosts:
            becomes.get(host, lambda host: None)(host)
        return self

    def report(self, dest: Path, *hosts: str, merge: list[str] | None = None) -> Played:
        return self._play(
            REPORT,
            hosts or self._hosts,
            report_dest=str(dest),
            report_merge=merge or [],
        )

    def _play(self, playbook: str, hosts: tuple[str, ...], **variables: Any) -> Played:
        inventory = self._folder / "inventory.yml"
        inventory.write_text(
            yaml.safe_dump({"all": {"hosts": {host: self.variables(host) for host in hosts}}})
        )
        return self.player.play(
            playbook,
            "--inventory",
            str(inventory),
            "--forks",
            "10",
            hosts=[],
            actions=ACTIONS,
            **variables,
        )

    def variables(self, host: str) -> dict[str, Any]:
        variables: dict[str, Any] = {
            "entra_connector_unique_name": f"stackone-{host}",
            "entra_connector_app_name": f"StackOne for {host}",
            "entra_connector_profile_name": f"Azure DevOps of {host.replace('-', ' ').title()}",
        }
        if host == "wingtip" and self._sandbox.state()["profiles"]:
            variables["entra_connector_stackone"] = {"api_key": REFUSED_KEY}
        return variables

    def app(self, host: str) -> dict[str, Any]:
        applications = self._sandbox.state()["applications"]
        (found,) = [item for item in applications if item["uniqueName"] == f"stackone-{host}"]
        return dict(found)

    def _age(self, host: str, days: float) -> None:
        """As if the secret had been made so many days ago."""
        app = self.app(host)
        start = datetime.now(timezone.utc) - timedelta(days=days)
        times = {
            "startDateTime": _written(start),
            "endDateTime": _written(start + timedelta(days=180)),
        }
        key_id = app["passwordCredentials"][-1]["keyId"]
        self._sandbox.edit(kind="passwords", app=app["id"], key_id=key_id, set=times)

    def _rotate(self, host: str) -> None:
        self._age(host, days=152)
        done = self._play(ROTATE, (host,))
        assert done.code == 0, done.output
        self._age(host, days=2)
        self._leave_over(host)

    def _leave_over(self, host: str) -> None:
        """A secret that a run made, and did not live to hand over."""
        app = self.app(host)
        lost = {
            **app["passwordCredentials"][-1],
            "keyId": "5ca1ab1e-0000-4000-8000-000000000001",
            "displayName": "StackOne connector profile (5ca1ab1e)",
            "startDateTime": _written(datetime.now(timezone.utc) - timedelta(minutes=2)),
            "endDateTime": _written(datetime.now(timezone.utc) + timedelta(days=180)),
        }
        self._sandbox.edit(kind="applications", id=app["id"], add={"passwordCredentials": [lost]})

    def _drift(self, host: str) -> None:
        app = self.app(host)
        state = self._sandbox.state()
        (own,) = [item for item in state["servicePrincipals"] if item["appId"] == app["appId"]]
        (grant,) = [
            item for item in state["oauth2PermissionGrants"] if item["clientId"] == own["id"]
        ]
        self._sandbox.edit(
            kind="oauth2PermissionGrants", id=grant["id"], set={"scope": "vso.project"}
        )
        web = {**app["web"], "redirectUris": ["https://fabrikam.example/callback"]}
        self._sandbox.edit(kind="applications", id=app["id"], set={"web": web})

    def _disable_profile(self, host: str) -> None:
        self._age(host, days=60)
        name = self.variables(host)["entra_connector_profile_name"]
        (profile,) = [item for item in self._sandbox.state()["profiles"] if item["name"] == name]
        self._sandbox.edit(kind="profiles", id=profile["id"], set={"active": False})


def _written(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
