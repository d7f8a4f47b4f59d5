# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module and its action twin: the same results, and which of them runs when."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme

from sandbox.client import Sandbox
from support.playbooks import Played
from support.ways import COLLECTION, WAYS, Task, Ways, definitions

BOTH_WAYS = pytest.mark.parametrize("way", WAYS)

SESSION = {"origin_owner_id": "customer-42", "origin_owner_name": "Contoso"}
APP = {
    "display_name": "Integration",
    "unique_name": "integration",
    "web_redirect_uris": ["https://example.com/callback"],
    "api_permissions": [{"api": "Azure DevOps", "delegated": ["vso.project"]}],
}
CLIENT = {"client_id": "{{ results[2].app.client_id }}"}
PROFILE = {
    "name": "Azure DevOps",
    "client_id": "{{ results[2].app.client_id }}",
    "client_secret": "{{ made.secret_text | default('') }}",
    "actions": ["azuredevops_list_projects"],
}
CONNECTOR = {
    "display_name": "Integration",
    "unique_name": "integration",
    "callback_url": "https://example.com/callback",
    "scopes": ["vso.project", "vso.code"],
    "profile_name": "Azure DevOps",
    "secret_name": "job",
}


@dataclass(frozen=True)
class Step:
    """A task of the sequence in which every module runs; what one makes the next ones use."""

    module: str
    options: dict[str, Any]
    register: str = "result"
    diff: bool = False
    check_mode: bool = False
    fails: bool = False

    def tasks(self) -> list[Task]:
        """The task, and one that keeps all that it registers: its output may be censored."""
        kept = f"{{{{ results | default([]) + [{self.register}] }}}}"
        keywords: dict[str, Any] = {"register": self.register, "ignore_errors": True}
        keywords.update({"diff": True} if self.diff else {})
        keywords.update({"check_mode": True} if self.check_mode else {})
        return [
            task(self.module, self.options, **keywords),
            {"ansible.builtin.set_fact": {"results": kept}},
        ]


SEQUENCE = [
    Step("connector_info", CONNECTOR),
    Step("entra_app", APP, check_mode=True),
    Step("entra_app", APP, diff=True),
    Step("entra_app", APP),
    Step("entra_app", {**APP, "notes": "changed"}, diff=True),
    Step("entra_app", {**APP, "web_redirect_uris": ["http://example.com"]}, fails=True),
    Step("entra_app", {"unique_name": "x", "bogus": 1}, fails=True),
    Step("entra_app", {"state": "present"}, fails=True),
    Step("entra_app", {"unique_name": "x", "state": "gone"}, fails=True),
    Step("entra_app_info", {"unique_name": "x", "tag": "x"}, fails=True),
    Step("entra_admin_consent", CLIENT, diff=True),
    Step("entra_app_secret", {**CLIENT, "display_name": "job"}, diff=True, register="made"),
    Step("entra_app_secret", {**CLIENT, "display_name": "job"}),
    Step("entra_app_secret", {**CLIENT, "state": "absent"}, fails=True),
    Step("entra_app_info", {"unique_name": "integration"}),
    Step("entra_token", {}),
    Step("entra_token", {"auth_client_secret": "wrong-secret"}, fails=True),
    Step("stackone_action_info", {"search": "work item"}),
    Step("stackone_connector_profile", PROFILE, diff=True),
    Step("stackone_connector_profile", PROFILE),
    Step("stackone_connector_profile", {**PROFILE, "name": "x", "auth_type": "OAuth"}, fails=True),
    Step("stackone_connector_profile_info", {}),
    Step("stackone_connect_session", SESSION, diff=True),
    Step("connector_info", CONNECTOR),
]


def task(module: str, options: dict[str, Any] | None = None, **keywords: Any) -> Task:
    return {COLLECTION + module: options or {}, **keywords}


def ran(played: Played) -> Played:
    assert played.code == 0, played.output
    return played


@pytest.mark.parametrize("arguments", [(), ("--check",)], ids=["run", "check"])
def test_the_twin_and_the_module_return_the_same(
    ways: Ways, sandbox: Sandbox, arguments: Sequence[str]
) -> None:
    twin = played_sequence(ways, sandbox, "twin", *arguments)
    assert ways.started() == {}
    module = played_sequence(ways, sandbox, "module", *arguments)
    assert ways.started() == Counter(step.module for step in SEQUENCE)
    assert set(ways.started()) == set(definitions())
    for step, by_twin, by_module in zip(SEQUENCE, twin.results, module.results, strict=True):
        assert by_twin == by_module, step
        assert bool(by_twin.get("failed")) == step.fails, step
    assert twin.mutations == module.mutations
    assert bool(twin.mutations) == (not arguments)


@dataclass(frozen=True)
class Outcome:
    results: list[Any]
    mutations: list[Any]


def played_sequence(ways: Ways, sandbox: Sandbox, way: str, *arguments: str) -> Outcome:
    sandbox.reset()
    tasks = [each for step in SEQUENCE for each in step.tasks()]
    played = ran(ways.play(tasks, *arguments, way=way))
    results = played.of("set_fact")[-1]["ansible_facts"]["results"]
    mutations = [
        {"method": item["method"], "path": item["path"], "status": item["status"]}
        for item in sandbox.requests()
        if item["mutating"]
    ]
    return Outcome(comparable(results), comparable(mutations))


# What differs from run to run, by its key or by its looks.
VOLATILE = (
    "secret_text",
    "hint",
    "token",
    "auth_link_url",
    "access_token",
    "expires_on",
    "grant_id",
)
PATTERNS = (
    ("time", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"),
    ("guid", r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"),
    ("id", r"\b[0-9a-f]{24}\b"),
)

# The invocation is a matter of verbosity, and warnings are shown rather than returned by 2.19.
NOT_COMPARED = ("invocation", "warnings", "deprecations", "exception")


def comparable(results: Iterable[dict[str, Any]]) -> list[Any]:
    """The results with what differs from run to run replaced by names in order of appearance."""
    text = json.dumps([_without_volatile(item) for item in results], sort_keys=True)
    for kind, pattern in PATTERNS:
        text = re.sub(pattern, _named(kind), text)
    return list(json.loads(text))


def _named(kind: str) -> Callable[[re.Match[str]], str]:
    seen: dict[str, str] = {}
    return lambda match: seen.setdefault(match[0], f"<{kind} {len(seen)}>")


def _without_volatile(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: bool(item) if key in VOLATILE else _without_volatile(item)
            for key, item in value.items()
            if key not in NOT_COMPARED
        }
    if isinstance(value, list):
        return [_without_volatile(item) for item in value]
    return value


@BOTH_WAYS
def test_a_warning_is_shown(ways: Ways, way: str) -> None:
    played = ran(ways.play([task("entra_app", APP), task("entra_app_info")], way=way))
    assert "unverified publisher by: Integration" in " ".join(played.output.split())


@BOTH_WAYS
def test_a_null_leaves_an_option_at_its_default(ways: Ways, sandbox: Sandbox, way: str) -> None:
    nulls = {"state": None, "sign_in_audience": None, "tags": None, "wait_timeout": None}
    unknown = {"profile_id": None, "update_secrets": None, "active": None}
    ran(
        ways.play(
            [
                task("entra_app", {**APP, **nulls}),
                task("stackone_connector_profile", {"name": "By null", **unknown}, check_mode=True),
            ],
            way=way,
        )
    )
    (app,) = [item for item in sandbox.state()["applications"] if item["uniqueName"]]
    assert app["signInAudience"] == "AzureADMultipleOrgs"


@BOTH_WAYS
def test_the_environment_of_task_block_and_play_is_honoured(
    ways: Ways, sandbox: Sandbox, way: str
) -> None:
    of_play, of_block, of_task = (f"{letter * 8}-0000-4000-8000-000000000000" for letter in "abc")
    refused = {"ignore_errors": True}
    played = ran(
        ways.play(
            [
                task("entra_token", **refused),
                {
                    "environment": {"AZURE_CLIENT_ID": "{{ of_block }}"},
                    "block": [
                        task("entra_token", environment={"AZURE_CLIENT_ID": of_task}, **refused),
                        task("entra_token", environment="{{ all_of_it }}"),
                        task("entra_token", **refused),
                    ],
                },
            ],
            way=way,
            outside=dict.fromkeys(sandbox.env(), ""),
            environment={**sandbox.env(), "AZURE_CLIENT_ID": of_play},
            vars={"of_block": of_block, "all_of_it": sandbox.env()},
        )
    )
    asked = [item["result"].get("msg", "") for item in played.tasks]
    named = [re.search(r"as (\S+) in tenant", message) for message in asked]
    assert [match and match[1] for match in named] == [of_play, of_task, None, of_block]
    assert [item["status"] for item in played.tasks] == ["failed", "failed", "ok", "failed"]


@BOTH_WAYS
def test_no_log_hides_a_result(ways: Ways, way: str) -> None:
    played = ran(ways.play([task("entra_app", APP, no_log=True)], "-vvvv", "--diff", way=way))
    (result,) = played.of("entra_app")
    assert "censored" in result
    assert "app" not in result
    assert "https://example.com/callback" not in played.output


# What makes the twin execute the module, each as keywords of the play.
ELSEWHERE: dict[str, dict[str, Any]] = {
    "become": {"become": True, "become_method": "sudo"},
    "connection": {"connection": "elsewhere"},
}


@pytest.mark.parametrize("why", ELSEWHERE)
def test_the_module_is_executed_where_the_task_is_sent(
    ways: Ways, sandbox: Sandbox, why: str
) -> None:
    sudo = ways.script("sudo", 'while [ "$1" != /bin/sh ]; do shift; done\nexec "$@"\n')
    keywords = ELSEWHERE[why]
    played = ran(
        ways.play(
            [
                task("entra_app", APP, register="made"),
                task(
                    "entra_app_secret",
                    {"client_id": "{{ made.app.client_id }}", "display_name": "job"},
                    register="secret",
                ),
                task(
                    "entra_token",
                    {
                        "auth_client_id": "{{ made.app.client_id }}",
                        "auth_client_secret": "{{ secret.secret_text }}",
                    },
                ),
            ],
            "-vvvv",
            vars={"ansible_become_exe": str(sudo)},
            **keywords,
        )
    )
    assert ways.started() == {"entra_app": 1, "entra_app_secret": 1, "entra_token": 1}
    (app,) = [item for item in sandbox.state()["applications"] if item["uniqueName"]]
    assert played.of("entra_app")[0]["app"]["client_id"] == app["appId"]
    assert "censored" in played.of("entra_app_secret")[0]
    (secret,) = app["_secrets"].values()
    assert secret not in played.output + ways.log


def test_a_variable_chooses_the_way(ways: Ways) -> None:
    ways_of = {
        "entra_token": [True, "yes", "{{ 1 == 1 }}"],
        "stackone_action_info": [False, "false", "{{ 1 == 2 }}"],
    }
    tasks = [
        task(name, HARMLESS[name], vars={"stackone_onboarding_in_process": value})
        for name, values in ways_of.items()
        for value in values
    ]
    ran(ways.play(tasks, way=""))
    assert ways.started() == {"stackone_action_info": 3}


def test_in_process_is_the_default(ways: Ways) -> None:
    ran(ways.play([task(name, options) for name, options in HARMLESS.items()], way=""))
    assert ways.started() == {}


# Modules that may run anywhere, without anything else being there.
HARMLESS: dict[str, dict[str, Any]] = {
    "connector_info": CONNECTOR,
    "entra_app_info": {},
    "entra_token": {},
    "stackone_action_info": {},
    "stackone_connector_profile_info": {},
}


@BOTH_WAYS
def test_async_executes_the_module(ways: Ways, sandbox: Sandbox, way: str) -> None:
    played = ran(ways.play([task("entra_app", APP, **{"async": 30, "poll": 1})], way=way))
    assert ways.started()["entra_app"] >= 1
    assert ways.started()["async_wrapper"] == 1
    result = played.of("entra_app")[-1]
    (app,) = [item for item in sandbox.state()["applications"] if item["uniqueName"]]
    assert (result["changed"], result["app"]["client_id"]) == (True, app["appId"])


# What each module that returns a secret needs at least.
MAKES_SECRETS: dict[str, dict[str, Any]] = {
    "entra_app_secret": {"client_id": "x", "display_name": "job"},
    "entra_token": {},
    "stackone_connect_session": SESSION,
}


@BOTH_WAYS
@pytest.mark.parametrize("poll", [0, 1])
def test_what_returns_a_secret_refuses_async(
    ways: Ways, sandbox: Sandbox, way: str, poll: int
) -> None:
    secret = {name for name, item in definitions().items() if item.secret_results}
    assert secret == set(MAKES_SECRETS)
    tasks = [
        task(name, options, **{"async": 30, "poll": poll, "ignore_errors": True})
        for name, options in MAKES_SECRETS.items()
    ]
    played = ran(ways.play(tasks, way=way))
    for name in MAKES_SECRETS:
        (result,) = played.of(name)
        assert f"{COLLECTION}{name} does not support async: it returns a secret" in result["msg"]
    assert ways.started() == {}
    assert sandbox.requests() == []


@BOTH_WAYS
def test_module_defaults_by_group_and_by_module(ways: Ways, sandbox: Sandbox, way: str) -> None:
    entra, stackone = connection(sandbox)
    lost = {**entra, "tenant_id": "nowhere.example.com"}
    played = ran(
        ways.play(
            [
                task("entra_app_info", ignore_errors=True),
                task("entra_token"),
                task("entra_app_info", {"tenant_id": entra["tenant_id"]}),
                {"entra_token": {}, "collections": ["stackone.onboarding"]},
                task("stackone_action_info"),
                {
                    "block": [task("entra_app_info")],
                    "module_defaults": {f"group/{COLLECTION}entra": entra},
                },
            ],
            way=way,
            outside=dict.fromkeys(sandbox.env(), ""),
            module_defaults={
                f"group/{COLLECTION}entra": {**lost, "access_token": ""},
                f"group/{COLLECTION}stackone": stackone,
                f"{COLLECTION}entra_token": {"tenant_id": entra["tenant_id"]},
            },
        )
    )
    assert [item["status"] for item in played.tasks] == ["failed", *["ok"] * 5]
    assert played.failure["error"]["code"] == "AADSTS90002"


@BOTH_WAYS
@pytest.mark.parametrize("wrong", ["entra", "stackone"])
def test_a_look_at_both_services_keeps_their_group_defaults_apart(
    ways: Ways, sandbox: Sandbox, tmp_path: Path, way: str, wrong: str
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    entra, stackone = connection(sandbox)
    (entra if wrong == "entra" else stackone)["ca_path"] = str(other)
    options = {**CONNECTOR, "scopes": [], "actions": ["azuredevops_list_projects"]}
    played = ways.play(
        [task("connector_info", options)],
        way=way,
        outside=dict.fromkeys(sandbox.env(), ""),
        module_defaults={
            f"group/{COLLECTION}entra": entra,
            f"group/{COLLECTION}stackone": stackone,
        },
    )
    assert played.code != 0
    path = played.failure["error"]["path"]
    assert "is not trusted" in played.failure["msg"]
    assert path.startswith("/stackone/") == (wrong == "stackone")


def connection(sandbox: Sandbox) -> tuple[dict[str, Any], dict[str, Any]]:
    """Connection options for both services, as a task gives them."""
    values = sandbox.env()
    entra = {
        "tenant_id": values["AZURE_TENANT_ID"],
        "auth_client_id": values["AZURE_CLIENT_ID"],
        "auth_client_secret": values["AZURE_CLIENT_SECRET"],
        "graph_url": values["ENTRA_GRAPH_URL"],
        "authority_url": values["ENTRA_AUTHORITY_URL"],
        "ca_path": values["REQUESTS_CA_BUNDLE"],
    }
    stackone = {
        "api_key": values["STACKONE_API_KEY"],
        "api_url": values["STACKONE_API_URL"],
        "ca_path": values["REQUESTS_CA_BUNDLE"],
    }
    return entra, stackone


def without(folder: Path, *libraries: str) -> dict[str, str]:
    """An environment in which Python finds modules of these names that cannot be imported."""
    folder.mkdir()
    for name in libraries:
        (folder / f"{name}.py").write_text(f"raise ImportError('no {name} here')\n", "utf-8")
    return {"PYTHONPATH": str(folder)}


@BOTH_WAYS
def test_without_requests_the_error_says_so(
    ways: Ways, sandbox: Sandbox, tmp_path: Path, way: str
) -> None:
    outside = without(tmp_path / "shadow", "requests", "msal")
    played = ways.play([task("entra_token")], way=way, outside=outside)
    assert played.code != 0
    message = played.failure["msg"]
    assert "The Python library requests is not installed" in message
    assert "pip install requests msal" in message
    assert "Traceback" not in played.output
    assert sandbox.requests() == []


def test_an_interpreter_that_has_requests_is_used_where_the_controller_has_none(
    ways: Ways, tmp_path: Path
) -> None:
    outside = without(tmp_path / "shadow", "requests", "msal")
    interpreter = ways.script("other", f"unset PYTHONPATH\nexec '{ways.interpreter}' \"$@\"\n")
    variables = {"ansible_python_interpreter": str(interpreter)}
    ran(ways.play([task("entra_token")], outside=outside, vars=variables))
    assert ways.started() == {"entra_token": 1}


@BOTH_WAYS
def test_without_msal_a_token_from_elsewhere_serves(
    ways: Ways, sandbox: Sandbox, tmp_path: Path, way: str
) -> None:
    sign_in = ran(ways.play([task("entra_token")]))
    assert sign_in.code == 0
    token = next(
        item["answer"]["access_token"]
        for item in sandbox.requests()
        if item["service"] == "login" and item["method"] == "POST"
    )
    played = ways.play(
        [task("entra_app_info", {"access_token": token}), task("entra_app_info")],
        way=way,
        outside=without(tmp_path / "shadow", "msal"),
    )
    assert [item["status"] for item in played.tasks] == ["ok", "failed"]
    message = played.failure["msg"]
    assert "The Python library msal is not installed" in message
    assert "pip install requests msal" in message
    assert "Traceback" not in played.output
