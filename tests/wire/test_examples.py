# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of modules and plugins do what they claim: each is executed against the sandbox.

What an example takes for granted comes from the examples of other modules, as its reader would do
it, or from the few tasks at the top of this file. Every task of an example has its claim
here: a module, a filter, a lookup or a task without one fails.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.client import Sandbox
from support import tree
from support.facts import APP_NAME, CALLBACK, OTHER_URI, PROJECT, UNIQUE_NAME, WORK_WRITE
from support.playbooks import Played, Player

Task = Mapping[str, Any]

PLUGINS = "ansible_collections.stackone.onboarding.plugins"
SAMPLE = tree.ROOT / "tests" / "browser" / "sample.json"
SCOPES = [PROJECT, WORK_WRITE]
DAYS_UNTIL_EXPIRY = 20

ONBOARD: Task = {
    "name": "Onboard",
    "ansible.builtin.include_role": {"name": "stackone.onboarding.entra_connector"},
    "vars": {"entra_connector_scopes": SCOPES},
}
CHOOSE: Task = {
    "name": "Choose scopes",
    "ansible.builtin.set_fact": {"entra_connector_scopes": SCOPES},
}
ONBOARD_IN_PUBLIC: Task = {
    "name": "Onboard, and keep the role's variables",
    "ansible.builtin.include_role": {"name": "stackone.onboarding.entra_connector", "public": True},
}
BY_HAND: Task = {
    "name": "Register it with another redirect URI",
    "stackone.onboarding.entra_app": {
        "display_name": APP_NAME,
        "unique_name": UNIQUE_NAME,
        "web_redirect_uris": [OTHER_URI],
    },
}
WIDER: Task = {
    "name": "Consent to more",
    "stackone.onboarding.entra_admin_consent": {
        "client_id": "{{ registration.app.client_id }}",
        "api_permissions": [{"api": "Azure DevOps", "delegated": [PROJECT, "vso.code"]}],
    },
}
EXPIRING: Task = {
    "name": "Have a secret that expires soon",
    "stackone.onboarding.entra_app_secret": {
        "client_id": "{{ registration.app.client_id }}",
        "display_name": "soon",
        "lifetime_days": DAYS_UNTIL_EXPIRY,
        "rotate_before_days": 1,
    },
}
# The example that registers a variable which others use: its module, and the task's name.
REGISTRATION = (
    "entra_app",
    "Register the multitenant application that StackOne signs users in with",
)
MADE = ("entra_app_secret", "Make a secret that counts only once its recipient holds it")
CONNECTION = ("stackone_connector_profile", "Create the connector profile for Azure DevOps")
CONNECTOR = ("connector_info", "Look at the connector for Azure DevOps")

# What is done before the examples of a module or filter.
BEFORE: dict[str, list[tuple[str, str] | Task]] = {
    "connector_info": [ONBOARD],
    "entra_admin_consent": [REGISTRATION, WIDER],
    "entra_app": [BY_HAND],
    "entra_app_info": [REGISTRATION, EXPIRING],
    "entra_app_secret": [REGISTRATION],
    "stackone_connect_session": [REGISTRATION, MADE, CONNECTION],
    "stackone_connector_profile": [REGISTRATION, MADE],
    "stackone_connector_profile_info": [REGISTRATION, MADE, CONNECTION],
    "connector_result": [ONBOARD, CONNECTOR],
    "dashboard_steps": [ONBOARD, CONNECTOR],
    "connector_options": [CHOOSE, ONBOARD_IN_PUBLIC],
}


@dataclass(frozen=True)
class Seen:
    """What a task of an example returned, what the services hold after it, and its folder."""

    result: dict[str, Any]
    state: dict[str, Any]
    folder: Path

    @property
    def app(self) -> dict[str, Any]:
        (found,) = [
            item for item in self.state["applications"] if item["uniqueName"] == UNIQUE_NAME
        ]
        return dict(found)

    @property
    def secrets(self) -> list[str]:
        """The descriptions of the application's secrets, without the mark of the run."""
        return [item["displayName"].rsplit(" (", 1)[0] for item in self.app["passwordCredentials"]]

    @property
    def granted(self) -> list[list[str]]:
        grants = self.state["oauth2PermissionGrants"]
        return [sorted(item["scope"].split()) for item in grants]

    @property
    def profiles(self) -> list[dict[str, Any]]:
        return list(self.state["profiles"])

    @property
    def report(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "report.json").read_text("utf-8")))


def expected_hosts() -> list[str]:
    return sorted(item["host"] for item in json.loads(SAMPLE.read_text("utf-8"))["connectors"])


CLAIMS: dict[str, dict[str, Callable[[Seen], bool]]] = {
    "connector_info": {
        CONNECTOR[1]: lambda seen: seen.result["app"]["unique_name"] == UNIQUE_NAME,
        "Stop where somebody has changed something": lambda seen: (
            seen.result["msg"] == "All assertions passed"
        ),
    },
    "entra_admin_consent": {
        "Consent to what the application asks for": lambda seen: (
            seen.granted == [["vso.code", *SCOPES]]
        ),
        "Consent to exactly these scopes": lambda seen: (
            seen.granted == [SCOPES] and seen.result["grants"][0]["scopes"] == SCOPES
        ),
        "Revoke all consent": lambda seen: seen.result["changed"] and seen.granted == [],
    },
    "entra_app": {
        REGISTRATION[1]: lambda seen: (
            seen.result["changed"]
            and seen.app["signInAudience"] == "AzureADMultipleOrgs"
            and seen.app["web"]["redirectUris"] == [OTHER_URI, CALLBACK]
        ),
        "Take over an application that was made by hand, and leave only these redirect URIs": (
            lambda seen: seen.app["web"]["redirectUris"] == [CALLBACK]
        ),
        "Delete it for good": lambda seen: (
            seen.result["changed"]
            and UNIQUE_NAME not in [item["uniqueName"] for item in seen.state["applications"]]
        ),
    },
    "entra_app_info": {
        "Look at the application for Azure DevOps": lambda seen: (
            [item["unique_name"] for item in seen.result["apps"]] == [UNIQUE_NAME]
        ),
        "List the secrets that expire within a month": lambda seen: (
            ["soon" in item["msg"] for item in seen.result["results"]] == [True]
        ),
    },
    "entra_app_secret": {
        "Have a client secret that lives for more than 30 days": lambda seen: (
            seen.secrets == ["reporting job"]
        ),
        MADE[1]: lambda seen: seen.secrets == ["reporting job", "StackOne connector profile"],
        "Hand it over": lambda seen: (
            seen.profiles[0]["setup_information"]["clientSecret"] in seen.app["_secrets"].values()
        ),
        "Confirm that the connector profile holds it": lambda seen: (
            seen.result["secret"]["confirmed"]
            and seen.result["secret"]["recipient"] == seen.profiles[0]["id"]
        ),
        "Remove one secret": lambda seen: (
            len(seen.result["removed"]) == 1 and seen.secrets == ["StackOne connector profile"]
        ),
    },
    "entra_token": {
        "Sign in once for the play": lambda seen: "censored" in seen.result,
        "Use the token": lambda seen: seen.app["displayName"] == APP_NAME,
    },
    "stackone_action_info": {
        "Find the actions that have to do with work items": lambda seen: (
            "azuredevops_create_work_item" in [item["id"] for item in seen.result["actions"]]
        ),
        "Ask which scopes two actions need": lambda seen: seen.result["scopes"] == SCOPES,
    },
    "stackone_connect_session": {
        "Make a link for a customer, valid for a day, in a file that only you can read": (
            lambda seen: (
                seen.state["connect_sessions"][0]["auth_link_url"]
                == (seen.folder / "contoso.link").read_text("utf-8").strip()
                and (seen.folder / "contoso.link").stat().st_mode & 0o777 == 0o600
            )
        ),
    },
    "stackone_connector_profile": {
        CONNECTION[1]: lambda seen: (
            [item["setup_information"]["clientId"] for item in seen.profiles] == [seen.app["appId"]]
        ),
        "Pin it to a version of the connector": lambda seen: (
            seen.profiles[0]["connector_pinned_version"] == "1.x.x"
        ),
        "Delete it": lambda seen: seen.profiles == [],
    },
    "stackone_connector_profile_info": {
        "List the profiles for Azure DevOps": lambda seen: (
            [item["id"] for item in seen.result["profiles"]]
            == [item["id"] for item in seen.profiles]
        ),
    },
    "connector_result": {
        "Keep the result of a connector that needed nothing": lambda seen: (
            seen.result["ansible_facts"]["outcome"]["app"]["client_id"] == seen.app["appId"]
        ),
    },
    "dashboard_steps": {
        "Show what is to be done": lambda seen: (
            f"Client ID: {seen.app['appId']}" in seen.result["msg"]
        ),
    },
    "connector_options": {
        "Look at the connector of the role's variables": lambda seen: (
            seen.result["converged"] and seen.result["app"]["unique_name"] == UNIQUE_NAME
        ),
    },
    "locked_file": {
        "Add a line, with nobody's lost": lambda seen: (
            len((seen.folder / "customers.txt").read_text("utf-8").splitlines()) == 1
        ),
    },
    "report_data": {
        "Make one report of three": lambda seen: (
            sorted(item["host"] for item in seen.report["connectors"]) == expected_hosts()
        ),
    },
    "report_html": {
        "Show a report as a page": lambda seen: (
            "</html>" in (seen.folder / "report.html").read_text("utf-8")
        ),
    },
    "report_markdown": {
        "Show a report as Markdown": lambda seen: all(
            host in seen.result["msg"] for host in expected_hosts()
        ),
    },
}


def names_in(folder: str) -> list[str]:
    return sorted(path.stem for path in (tree.ROOT / "plugins" / folder).glob("[a-z]*.py"))


def examples(name: str) -> list[Task]:
    folder = next(kind for kind in ("modules", "filter", "lookup") if name in names_in(kind))
    document = importlib.import_module(f"{PLUGINS}.{folder}.{name}")
    return list(yaml.safe_load(document.EXAMPLES))


def tasks_before(name: str) -> list[Task]:
    return [
        before
        if isinstance(before, Mapping)
        else next(task for task in examples(before[0]) if task["name"] == before[1])
        for before in BEFORE.get(name, [])
    ]


def play(player: Player, sandbox: Sandbox, tasks: list[Task]) -> Played:
    return player.play(
        [{"hosts": "all", "connection": "local", "gather_facts": False, "tasks": tasks}],
        environment={"RECORD_STATE_FROM": f"{sandbox.url}/_sandbox/state"},
    )


def write_slices(folder: Path) -> None:
    """The report of a fleet as three slices of its job have made it, and as one."""
    report = json.loads(SAMPLE.read_text("utf-8"))
    (folder / "report.json").write_text(json.dumps(report), "utf-8")
    for number in range(3):
        part = {**report, "connectors": report["connectors"][number::3]}
        (folder / f"slice{number + 1}.json").write_text(json.dumps(part), "utf-8")


def assert_claims(name: str, played: Played, folder: Path) -> None:
    wanted = [task["name"] for task in examples(name)]
    assert list(CLAIMS[name]) == wanted, f"{name}: each task of the examples needs its claim"
    done = {item["task"]: item for item in played.tasks}
    for task, claim in CLAIMS[name].items():
        assert done[task]["status"] == "ok", done[task]
        assert claim(Seen(done[task]["result"], done[task]["state"], folder)), done[task]


@pytest.mark.parametrize("name", names_in("modules"))
def test_examples_of_a_module(player: Player, sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    played = play(player, sandbox, [*tasks_before(name), *examples(name)])
    assert played.code == 0, played.output
    assert_claims(name, played, tmp_path)


def test_examples_of_the_filters(player: Player, sandbox: Sandbox, tmp_path: Path) -> None:
    """They change nothing in the services, so that one play does for all."""
    write_slices(tmp_path)
    names = names_in("filter")
    before = {task["name"]: task for name in names for task in tasks_before(name)}
    played = play(
        player, sandbox, [*before.values(), *(t for name in names for t in examples(name))]
    )
    assert played.code == 0, played.output
    for name in names:
        assert_claims(name, played, tmp_path)


@pytest.mark.parametrize("name", names_in("lookup"))
def test_examples_of_a_lookup(player: Player, sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    played = play(player, sandbox, [*tasks_before(name), *examples(name)])
    assert played.code == 0, played.output
    assert_claims(name, played, tmp_path)


def test_example_of_the_callback(player: Player, sandbox: Sandbox, tmp_path: Path) -> None:
    """It is an ansible.cfg."""
    callback = importlib.import_module(f"{PLUGINS}.callback.progress")
    (tmp_path / "ansible.cfg").write_text(yaml.safe_load(callback.EXAMPLES)["examples"], "utf-8")
    played = play(player, sandbox, [{"name": "Say so", "ansible.builtin.debug": {"msg": "here"}}])
    assert played.code == 0, played.output
    assert "1 host in" in played.output
