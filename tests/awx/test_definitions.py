# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""awx/'s credential types, surveys and project, by the rules of AWX."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from awx.contract import credential_type_errors, survey_errors
from awx.injection import AWX, credential_types, inject, load

TEMPLATES = load("job_templates.yml")["stackone_awx_job_templates"]
SURVEYS = {item["name"]: item["survey"] for item in TEMPLATES}
PROJECT = AWX / "project"
DEFAULTS = AWX.parent / "roles" / "entra_connector" / "defaults" / "main.yml"

# By which AWX tells what in a project is a playbook.
LOOKS_LIKE_A_PLAYBOOK = re.compile(
    r"^\s*?-?\s*?(?:hosts|(ansible\.builtin\.)?import_playbook):\s*?.*?$", re.MULTILINE
)


@pytest.mark.parametrize("name", credential_types())
def test_awx_takes_the_credential_type(name: str) -> None:
    kind = credential_types()[name]
    assert credential_type_errors(kind["inputs"], kind["injectors"]) == []


@pytest.mark.parametrize("name", SURVEYS)
def test_awx_takes_the_survey(name: str) -> None:
    assert survey_errors(SURVEYS[name]) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"type": "checkbox"}, "unknown type checkbox"),
        ({"variable": "no variable"}, "no variable is no variable"),
        ({"required": "yes"}, "must be a boolean"),
        ({"default": "7"}, "does not fit its type"),
        ({"min": "0"}, "must be an integer"),
    ],
)
def test_the_rules_of_surveys_would_find_a_mistake(change: dict[str, Any], said: str) -> None:
    survey = copy.deepcopy(SURVEYS["StackOne rotate"])
    survey["spec"][-1].update(change)
    assert any(said in error for error in survey_errors(survey))


@pytest.mark.parametrize(
    ("injectors", "said"),
    [
        ({"env": {"STACKONE_API_KEY": "{{ key }}"}}, "'key' is undefined"),
        ({"env": {"ANSIBLE_CONFIG": "x"}}, "may affect Ansible's configuration"),
        ({"env": {"X": "{{ tower.filename.key }}"}}, "no attribute 'key'"),
        ({"environment": {}}, "Additional properties"),
    ],
)
def test_the_rules_of_injectors_would_find_a_mistake(injectors: dict[str, Any], said: str) -> None:
    inputs = credential_types()["StackOne API key"]["inputs"]
    assert any(said in error for error in credential_type_errors(inputs, injectors))


def test_a_survey_asks_for_variables_that_something_reads() -> None:
    role = set(yaml.safe_load(DEFAULTS.read_text("utf-8")))
    playbooks = {
        item["name"]: (PROJECT / item["playbook"]).read_text("utf-8") for item in TEMPLATES
    }
    for name, survey in SURVEYS.items():
        variables = {question["variable"] for question in survey["spec"]}
        unread = variables - role - {"connectors"}
        assert {item for item in unread if item not in playbooks[name]} == set()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda item: item["name"])
def test_the_project_has_the_playbook_and_awx_sees_it(template: dict[str, Any]) -> None:
    text = (PROJECT / template["playbook"]).read_text("utf-8")
    assert LOOKS_LIKE_A_PLAYBOOK.search(text)
    assert f"import_playbook: stackone.onboarding.{Path(template['playbook']).stem}" in text


def test_the_project_asks_for_the_collection() -> None:
    requirements = yaml.safe_load((PROJECT / "collections" / "requirements.yml").read_text("utf-8"))
    (wanted,) = requirements["collections"]
    galaxy = yaml.safe_load((AWX.parent / "galaxy.yml").read_text("utf-8"))
    assert wanted["name"] == f"{galaxy['namespace']}.{galaxy['name']}"
    assert wanted["version"].startswith(f">={galaxy['version'].partition('.')[0]}.")


def test_what_awx_keeps_of_a_job_has_no_secret(tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    for name, kind in credential_types().items():
        fields = kind["inputs"]["fields"]
        given = {field["id"]: f"given {field['id']}" for field in fields}
        injected = inject({name: given}, tmp_path)
        for field in fields:
            if field.get("secret"):
                assert given[field["id"]] not in str(injected.kept), name


def test_the_secret_store_reads_what_is_injected(tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    stored = {
        "client_id": "1",
        "key_id": "2",
        "client_secret": "3",
        "end_date_time": "2027-01-01T00:00:00Z",
    }
    injected = inject({"StackOne connector secret": stored}, tmp_path)
    (path,) = (tmp_path / "env").iterdir()
    assert yaml.safe_load(path.read_text("utf-8")) == {"entra_connector_awx_injected": stored}
    assert injected.arguments == ["-e", f"@/runner/env/{path.name}"]
    assert injected.environment == {}
