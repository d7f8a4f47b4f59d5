# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No output of a play holds a secret, though no task says no_log; registered, it stays usable."""

from __future__ import annotations

import base64
import html
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from sandbox.client import Sandbox
from support.leaks import AWKWARD, Secrets
from support.playbooks import ONBOARD, Played
from support.ways import COLLECTION, WAYS, Task, Ways, definitions

APP = "{{ registration.app.client_id }}"


def task(module: str, options: dict[str, Any], **keywords: Any) -> Task:
    return {COLLECTION + module: options, **keywords}


def sign_in_with(secret: str, **keywords: Any) -> Task:
    """A task that only a good secret of the application lets pass."""
    return task("entra_token", {"auth_client_id": APP, "auth_client_secret": secret}, **keywords)


def make(name: str, **keywords: Any) -> Task:
    options = {"client_id": APP, "display_name": name, "force": True}
    return task("entra_app_secret", options, **keywords)


# Every module that makes a secret or a token, alone and in the ways in which Ansible prints more.
TASKS: list[Task] = [
    task("entra_token", {}, register="sign_in"),
    task(
        "entra_app",
        {
            "access_token": "{{ sign_in.access_token }}",
            "auth_method": "access_token",
            "display_name": "Integration",
            "unique_name": "integration",
        },
        register="registration",
    ),
    make("plain", register="made"),
    sign_in_with("{{ made.secret_text }}"),
    make("{{ item }}", loop=["one", "two"], register="looped"),
    sign_in_with("{{ item.secret_text }}", loop="{{ looped.results }}", register="tokens"),
    make("failed", failed_when=True, ignore_errors=True, register="failed"),
    sign_in_with("{{ failed.secret_text }}"),
    make(
        "again",
        until="(again.attempts | default(2)) >= 2",
        retries=2,
        delay=0,
        register="again",
    ),
    sign_in_with("{{ again.secret_text }}"),
    task(
        "stackone_connector_profile",
        {"name": "Azure DevOps", "client_id": APP, "client_secret": "{{ made.secret_text }}"},
    ),
    task(
        "stackone_connect_session",
        {"origin_owner_id": "customer-42", "origin_owner_name": "Contoso"},
        register="session",
    ),
    {
        "ansible.builtin.assert": {
            "that": ["session.auth_link_url is match('https://')", "session.token | length > 20"],
            "quiet": True,
        }
    },
    task("entra_app_info", {"unique_name": "integration"}),
]


def texts_left_by(ways: Ways, played: Played, folder: Path) -> list[str]:
    """Standard output, the log, what callbacks were told, and every file that is left over."""
    left = [
        path.read_text("utf-8", errors="replace")
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    ]
    assert ways.log
    assert played.tasks
    return [played.output, *left]


@pytest.mark.parametrize(
    ("way", "verbosity"), [("twin", "-v"), ("twin", "-vvvv"), ("module", "-vvvv")]
)
def test_nothing_printed_recorded_or_left_over_holds_a_secret(
    ways: Ways, sandbox: Sandbox, tmp_path: Path, way: str, verbosity: str
) -> None:
    sandbox.reset(secret_prefix=AWKWARD)
    outside = {
        "ANSIBLE_CALLBACKS_ENABLED": "record,ansible.builtin.junit,ansible.builtin.tree",
        "JUNIT_OUTPUT_DIR": str(tmp_path / "junit"),
        "ANSIBLE_CALLBACK_TREE_DIR": str(tmp_path / "tree"),
    }
    played = ways.play(TASKS, verbosity, "--diff", way=way, outside=outside)
    assert played.code == 0, played.output
    secrets = Secrets(sandbox)
    secrets.learn_from_wire()
    assert len([secret for secret in secrets.known if secret.startswith(AWKWARD)]) >= 5
    assert secrets.found_in(*texts_left_by(ways, played, tmp_path)) == []
    for name in [name for name, item in definitions().items() if item.secret_results]:
        for result in played.of(name):
            assert "censored" in result or is_of_censored(result), (name, result)
    assert list((tmp_path / "junit").iterdir())
    assert list((tmp_path / "tree").iterdir())


def is_of_censored(result: dict[str, Any]) -> bool:
    """A loop's own result, which holds its items' ones."""
    return bool(result["results"]) and all("censored" in item for item in result["results"])


@pytest.mark.parametrize("way", WAYS)
def test_nothing_of_the_role_holds_a_secret(
    ways: Ways, sandbox: Sandbox, tmp_path: Path, way: str
) -> None:
    sandbox.reset(secret_prefix=AWKWARD)
    played = ways.play_named(
        ONBOARD, "-vvvv", "--diff", way=way, scopes=["vso.project"], secret_store="none"
    )
    assert played.code == 0, played.output
    (profile,) = sandbox.state()["profiles"]
    held = profile["setup_information"]["clientSecret"]
    assert held.startswith(AWKWARD)
    secrets = Secrets(sandbox)
    secrets.learn_from_wire()
    assert held in secrets.known
    assert secrets.found_in(*texts_left_by(ways, played, tmp_path)) == []


@pytest.mark.parametrize(
    "written",
    [
        str,
        quote,
        quote_plus,
        html.escape,
        json.dumps,
        lambda secret: json.dumps({"key": f"text before {secret} and after"}),
        lambda secret: base64.b64encode(f"client:{secret}".encode()).decode(),
        lambda secret: base64.urlsafe_b64encode(f"x{secret}yz".encode()).decode(),
    ],
)
def test_the_search_would_find_one(sandbox: Sandbox, written: Any) -> None:
    secret = AWKWARD + "Q~secret.of_an-application012345"
    secrets = Secrets(sandbox)
    secrets.learn([secret])
    assert secrets.found_in(f"before {written(secret)} after") == [secret]


def test_the_search_would_find_what_a_task_prints(
    ways: Ways, sandbox: Sandbox, tmp_path: Path
) -> None:
    shown = {"ansible.builtin.debug": {"msg": "{{ made.secret_text }}"}}
    played = ways.play([TASKS[0], TASKS[1], TASKS[2], shown])
    secrets = Secrets(sandbox)
    secrets.learn_from_wire()
    (app,) = [item for item in sandbox.state()["applications"] if item["uniqueName"]]
    assert secrets.found_in(played.output) == list(app["_secrets"].values())
    assert secrets.found_in(ways.log) == list(app["_secrets"].values())
