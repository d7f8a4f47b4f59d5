# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""awx/configure.yml: by the real modules of awx.awx, against a stand-in of AWX's API."""

from __future__ import annotations

import ast
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from awx import collection
from awx.injection import AWX
from awx.standin import TOKEN, Awx
from sandbox.client import Sandbox
from support import tree
from support.leaks import Secrets
from support.playbooks import Played, Player

TEMPLATES = ["StackOne offboard", "StackOne onboard", "StackOne report", "StackOne rotate"]
ONLY_CREDENTIALS = ("--tags", "credentials")


class Configuring:
    """``configuring(…)``: the playbook with these settings, against a stand-in."""

    def __init__(self, awx: Awx, player: Player) -> None:
        self._awx = awx
        self._player = player

    def __call__(
        self, *arguments: str, environment: dict[str, str] | None = None, **settings: Any
    ) -> Played:
        values = {f"stackone_awx_{name}": value for name, value in settings.items()}
        paths = (str(tree.COLLECTIONS), str(collection.collections_path()))
        return self._player.play(
            str(AWX / "configure.yml"),
            *arguments,
            hosts=["localhost"],
            timeout=300,
            extra_vars={
                "ansible_connection": "local",
                "ansible_python_interpreter": sys.executable,
                **values,
            },
            environment={
                "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(paths),
                "CONTROLLER_HOST": self._awx.url,
                "CONTROLLER_OAUTH_TOKEN": TOKEN,
                **(environment or {}),
            },
        )


@pytest.fixture
def configuring(awx: Awx, player: Player) -> Configuring:
    return Configuring(awx, player)


def test_all_is_made_and_a_second_run_puts_right_what_differs_and_no_more(
    configuring: Configuring, awx: Awx, sandbox: Sandbox
) -> None:
    """In one test, since a run takes its time: AWX's modules are processes."""
    first = configuring(slices=3, forks=20)
    assert first.code == 0, first.output
    assert awx.names("job_templates") == TEMPLATES
    assert awx.names("schedules") == ["StackOne drift", "StackOne rotation"]
    onboard = awx.named("job_templates", "StackOne onboard")
    assert (onboard["job_slice_count"], onboard["forks"]) == (3, 20)
    assert awx.named("job_templates", "StackOne offboard")["job_slice_count"] == 1
    attached = awx.linked("job_templates", onboard, "credentials")
    assert [awx.items["credentials"][key]["name"] for key in sorted(attached)] == [
        "StackOne",
        "Entra identity",
    ]
    secrets = Secrets(sandbox)
    assert secrets.found_in(json.dumps(awx.secrets)) == list(secrets.known)
    assert secrets.found_in(first.output, json.dumps(first.tasks)) == []
    assert follows(awx) == {
        ("check", "success_nodes"): "approve",
        ("approve", "success_nodes"): "onboard",
        ("onboard", "always_nodes"): "report",
    }
    assert_documented(first)

    rotate = awx.named("job_templates", "StackOne rotate")
    survey = awx.surveys[rotate["id"]]
    made, writes = json.dumps(awx.items), len(awx.writes)
    rotate["forks"] = 1
    awx.surveys[rotate["id"]] = {"name": "", "description": "", "spec": []}
    second = configuring(slices=3, forks=20)
    assert second.code == 0, second.output
    assert changed(second) == ["awx.awx.job_template"]
    assert json.dumps(awx.items) == made
    assert awx.surveys[rotate["id"]] == survey
    own = f"/api/v2/job_templates/{rotate['id']}/"
    assert awx.writes[writes:] == [f"PATCH {own}", f"POST {own}survey_spec/"]


def changed(played: Played) -> list[str]:
    return [item["action"] for item in played.tasks if item["result"].get("changed")]


def follows(awx: Awx) -> dict[tuple[str, str], str]:
    """Which step of the workflow follows which, and on what."""
    nodes = awx.items["workflow_job_template_nodes"]
    return {
        (item["identifier"], kind): nodes[other]["identifier"]
        for item in nodes.values()
        for kind in ("success_nodes", "failure_nodes", "always_nodes")
        for other in awx.linked("workflow_job_template_nodes", item, kind)
    }


@pytest.mark.parametrize("entra", ["certificate", "federation"])
def test_the_identity_may_sign_in_otherwise(
    configuring: Configuring, awx: Awx, sandbox: Sandbox, tmp_path: Path, entra: str
) -> None:
    made = sandbox.certificate()
    pem = tmp_path / "identity.pem"
    pem.write_text(made["private_key"] + made["certificate"], "utf-8")
    files = {"AZURE_CLIENT_CERTIFICATE_PATH": str(pem), "AZURE_CLIENT_SECRET": ""}
    done = configuring(*ONLY_CREDENTIALS, environment=files, entra=entra)
    assert done.code == 0, done.output
    inputs = awx.secrets[awx.named("credentials", "Entra identity")["id"]]
    expected = {
        "certificate": {"certificate": pem.read_text("utf-8").rstrip(), "certificate_password": ""},
        "federation": {"token_file": "/var/run/secrets/azure/tokens/azure-identity-token"},
    }[entra]
    assert {name: inputs[name] for name in expected} == expected
    assert inputs["client_id"] == sandbox.env()["AZURE_CLIENT_ID"]


def test_a_changed_secret_is_written_when_asked_to(configuring: Configuring, awx: Awx) -> None:
    new = {"STACKONE_API_KEY": "another-key-of-stackone"}
    assert configuring(*ONLY_CREDENTIALS).code == 0
    held = awx.secrets[awx.named("credentials", "StackOne")["id"]]
    unasked = configuring(*ONLY_CREDENTIALS, environment=new)
    assert (unasked.code, changed(unasked)) == (0, []), unasked.output
    assert held["api_key"] != new["STACKONE_API_KEY"]
    assert configuring(*ONLY_CREDENTIALS, environment=new, update_secrets=True).code == 0
    assert held["api_key"] == new["STACKONE_API_KEY"]


def test_empty_credentials_are_refused_before_anything_is_made(
    configuring: Configuring, awx: Awx
) -> None:
    done = configuring(environment={"STACKONE_API_KEY": ""})
    assert done.code != 0
    assert done.tasks[-1]["task"] == "Refuse to store empty credentials"
    assert awx.writes == []


# -- what the modules' own documentation says of their options


def assert_documented(played: Played) -> None:
    """Options that are unknown, missing, or of another type or choice."""
    used: dict[str, list[dict[str, Any]]] = {}
    for item in played.tasks:
        if item["action"].startswith("awx.awx."):
            module = item["action"].rpartition(".")[2]
            used.setdefault(module, []).extend(_arguments(item["result"]))
    assert len(used) == 11
    for module, calls in used.items():
        validator = ArgumentSpecValidator(_spec(_options(module)))
        for arguments in calls:
            errors = validator.validate(arguments).error_messages
            assert errors == [], (module, arguments)


def _arguments(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What the module was called with, without what was left out. Censored ones are not seen."""
    for item in result.get("results", [result]):
        if "invocation" in item:
            given = item["invocation"]["module_args"]
            yield {name: value for name, value in given.items() if value is not None}


def _options(module: str) -> dict[str, Any]:
    folder = collection.collections_path() / collection.INSIDE / "plugins"
    own = _documentation(folder / "modules" / f"{module}.py", "DOCUMENTATION")
    auth = _documentation(folder / "doc_fragments" / "auth.py", "DOCUMENTATION")
    return {**own["options"], **auth["options"]}


def _documentation(path: Path, name: str) -> dict[str, Any]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
            return dict(yaml.safe_load(ast.literal_eval(node.value)))
    raise LookupError(f"{path} has no {name}")


def _spec(options: dict[str, Any]) -> dict[str, Any]:
    """Documented options as an argument spec."""
    spec: dict[str, Any] = {}
    for name, option in options.items():
        spec[name] = {
            key: option[key]
            for key in ("type", "required", "elements", "choices", "aliases")
            if key in option
        }
        if "suboptions" in option:
            spec[name]["options"] = _spec(option["suboptions"])
    return spec
