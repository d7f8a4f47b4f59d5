# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role tells a look of the variables that its user set, also in unusual ways."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.client import Sandbox
from support.leaks import Secrets
from support.playbooks import Player

LOOK = [
    {
        "hosts": "all",
        "gather_facts": False,
        "connection": "local",
        "tasks": [
            {
                "name": "Look",
                "ansible.builtin.include_role": {
                    "name": "stackone.onboarding.entra_connector",
                    "tasks_from": "look",
                    "rolespec_validate": False,
                },
            }
        ],
    }
]
SCOPES = {"scopes": ["vso.project"]}


def look(player: Player, **variables: Any) -> dict[str, Any]:
    played = player.play(LOOK, **{**SCOPES, **variables})
    assert played.code == 0, played.output
    (found,) = played.of("connector_info")
    return found


def refused(player: Player, **variables: Any) -> str:
    played = player.play(LOOK, **{**SCOPES, **variables})
    assert played.code != 0
    assert "Traceback" not in played.output
    return str(played.failure["msg"])


def test_null_is_as_good_as_an_empty_dictionary(player: Player) -> None:
    assert not look(player, entra=None, stackone=None, presets=None)["converged"]


def test_variable_that_stands_for_omit_leaves_the_default(player: Player) -> None:
    found = look(player, rotate_before_days="{{ days | default(omit) }}")
    assert found["invocation"]["module_args"]["rotate_before_days"] == 30


def test_templates_of_templates_are_followed(player: Player) -> None:
    names = {"unique_name": "stackone-{{ of_whom }}", "app_name": "{{ entra_connector_label }}"}
    played = player.play(
        LOOK,
        extra_vars={"of_whom": "{{ inventory_hostname }}", "entra_connector_label": "For {{ 1 }}"},
        **SCOPES,
        **names,
    )
    assert played.code == 0, played.output
    told = played.of("connector_info")[0]["invocation"]["module_args"]
    assert (told["unique_name"], told["display_name"]) == ("stackone-connector", "For 1")


def test_how_requests_are_sent_is_told_for_each_service(player: Player, sandbox: Sandbox) -> None:
    ca_path = {"ca_path": sandbox.ca_path}
    told = look(
        player,
        entra={**ca_path, "request_timeout": 11},
        stackone={**ca_path, "wait_timeout": 22},
    )["invocation"]["module_args"]
    assert (told["request_timeout"], told["stackone_request_timeout"]) == (11, None)
    assert (told["wait_timeout"], told["stackone_wait_timeout"]) == (300, 22)
    assert told["stackone_ca_path"] == sandbox.ca_path


def test_key_without_a_preset_is_refused_with_those_that_there_are(player: Player) -> None:
    message = refused(player, key="nope", app_name="x", profile_name="x")
    assert "There is no preset for the connector key nope" in message
    assert "azuredevops, microsoftentraid" in message
    assert "entra_connector_presets" in message


def test_preset_that_lacks_something_is_refused(player: Player) -> None:
    own = {"mine": {"label": "Mine", "api": "Microsoft Graph"}}
    assert "has no auth_type" in refused(player, key="mine", presets=own)


@pytest.mark.parametrize("name", ["entra", "stackone", "presets"])
def test_what_is_no_dictionary_is_refused_by_its_name(player: Player, name: str) -> None:
    assert f"entra_connector_{name} must be a dictionary" in refused(player, **{name: ["list"]})


@pytest.mark.parametrize("trouble", [{}, {"presets": ["list"]}, {"purge": "{{ nothing.there }}"}])
def test_credentials_among_the_variables_are_not_printed(
    player: Player, sandbox: Sandbox, tmp_path: Path, trouble: dict[str, Any]
) -> None:
    """By a file, as they would be: what stands on a command line, its user has printed."""
    own = sandbox.env()
    credentials = {
        "entra_connector_entra": {"auth_client_secret": own["AZURE_CLIENT_SECRET"]},
        "entra_connector_stackone": {"api_key": own["STACKONE_API_KEY"]},
    }
    file = tmp_path / "credentials.yml"
    file.write_text(yaml.safe_dump(credentials), "utf-8")
    played = player.play(LOOK, "-vvvv", "--diff", f"-e@{file}", **SCOPES, **trouble)
    assert (played.code == 0) == (not trouble), played.output
    secrets = Secrets(sandbox)
    secrets.learn([own["AZURE_CLIENT_SECRET"], own["STACKONE_API_KEY"]])
    assert secrets.found_in(played.output) == []


def test_lookup_is_of_no_use_without_the_role(player: Player) -> None:
    task = {
        "ansible.builtin.debug": {"msg": "{{ lookup('stackone.onboarding.connector_options') }}"}
    }
    played = player.play([{"hosts": "all", "gather_facts": False, "tasks": [task]}])
    assert played.code != 0
    assert "is for the role entra_connector" in played.output
    assert "Traceback" not in played.output
