# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role as a part of somebody's larger play, in every way that Ansible has to include one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from sandbox.client import Sandbox
from support import looks
from support.facts import NOBODY
from support.leaks import Secrets
from support.playbooks import Played, Player
from support.tree import ROOT

ROLE = "stackone.onboarding.entra_connector"
FOLDER = ROOT / "roles" / "entra_connector"
PREFIX = "entra_connector_"
HOSTS = ["contoso", "fabrikam", "litware"]

Task = dict[str, Any]

# Of a connector that is named after its host.
OF_THE_HOST = {
    "entra_connector_unique_name": "stackone-{{ inventory_hostname }}",
    "entra_connector_profile_name": "Azure DevOps of {{ inventory_hostname }}",
    "entra_connector_scopes": ["vso.project"],
}
RESULTS = "{{ dict(ansible_play_hosts | zip(ansible_play_hosts | map('extract', hostvars))) }}"
# What a connector left on each host, all facts and registered values included.
DUMP: Task = {"ansible.builtin.set_fact": {"all_that_is_known": RESULTS}, "run_once": True}


def include(variables: Mapping[str, Any] | None = None, **keywords: Any) -> Task:
    return {
        "name": "Connect",
        "ansible.builtin.include_role": {"name": ROLE, **keywords.pop("role", {})},
        "vars": dict(variables or OF_THE_HOST),
        **keywords,
    }


def import_(**keywords: Any) -> Task:
    task = include(**keywords)
    task["ansible.builtin.import_role"] = task.pop("ansible.builtin.include_role")
    return task


def a_play(*tasks: Task, **keywords: Any) -> list[dict[str, Any]]:
    play = {"hosts": "all", "gather_facts": False, "connection": "local", **keywords}
    return [{**play, "tasks": [*tasks]}]


def results(played: Played, name: str = "entra_connector_result") -> dict[str, dict[str, Any]]:
    """The result fact of each host."""
    return {
        item["host"]: item["result"]["ansible_facts"][name]
        for item in played.tasks
        if name in item["result"].get("ansible_facts", {})
    }


def known(played: Played) -> dict[str, dict[str, Any]]:
    """What DUMP found on each host."""
    facts = [item["result"].get("ansible_facts", {}) for item in played.tasks]
    (found,) = [item["all_that_is_known"] for item in facts if "all_that_is_known" in item]
    return dict(found)


def names(sandbox: Sandbox) -> list[str]:
    """The unique names of the applications that the role made."""
    return sorted(item["uniqueName"] for item in managed(sandbox))


# -- ways to include it


@pytest.mark.parametrize("strategy", ["linear", "free"])
def test_each_host_has_a_result_of_its_own_and_knows_nothing_of_the_others(
    player: Player, sandbox: Sandbox, strategy: str
) -> None:
    # A play of its own, since with the strategy free nothing waits for all hosts.
    plays = [*a_play(include(), strategy=strategy), *a_play(DUMP)]
    played = player.play(plays, "--forks", "3", hosts=HOSTS)
    assert played.code == 0, played.output
    assert names(sandbox) == [f"stackone-{host}" for host in HOSTS]
    found = results(played)
    assert sorted(found) == HOSTS
    hosts = known(played)
    for host, result in found.items():
        assert result["app"]["unique_name"] == f"stackone-{host}"
        own = [result["app"]["client_id"], result["secret"]["key_id"], result["profile"]["id"]]
        holders = [
            name for name in HOSTS if any(item in str(facts_of(hosts[name])) for item in own)
        ]
        assert holders == [host]
    assert_no_secret(sandbox, played, hosts)


def facts_of(variables: dict[str, Any]) -> dict[str, Any]:
    """What the role left on a host, without what Ansible knows of all."""
    return {name: value for name, value in variables.items() if name.startswith(PREFIX)}


def assert_no_secret(sandbox: Sandbox, played: Played, hosts: dict[str, Any]) -> None:
    """Neither printed nor kept."""
    secrets = Secrets(sandbox)
    secrets.learn_from_wire()
    assert secrets.found_in(played.output) == []
    kept = {host: facts_of(variables) for host, variables in hosts.items()}
    assert secrets.found_in(str(kept)) == []


def test_two_connectors_in_a_loop_do_not_meet(player: Player, sandbox: Sandbox) -> None:
    """The second needs nothing, so that a value of the first would be seen in its result."""
    loop = {
        "entra_connector_unique_name": "stackone-{{ item }}",
        "entra_connector_profile_name": "{{ item }}",
        "entra_connector_scopes": ["{{ 'vso.project' if item == 'two' else 'vso.work_write' }}"],
        "entra_connector_result_fact": "of_{{ item }}",
    }
    alone = player.play(a_play(include(loop, loop=["two"])))
    assert alone.code == 0, alone.output
    both = player.play(a_play(include(loop, loop=["one", "two"]), DUMP))
    assert both.code == 0, both.output
    one, two = (results(both, f"of_{name}")["connector"] for name in ("one", "two"))
    assert (one["changed"], two["changed"]) == (True, False)
    before = results(alone, "of_two")["connector"]
    kept = ("app", "consent", "secret", "profile")
    assert {name: two[name] for name in kept} == {name: before[name] for name in kept}
    assert two["removed"] == []
    assert_no_secret(sandbox, both, known(both))


def test_imported_in_a_block_that_is_delegated(player: Player, sandbox: Sandbox) -> None:
    """The result is the connector's, whoever does the work."""
    block = {"delegate_to": "runner", "block": [import_(), {**DUMP, "delegate_to": "localhost"}]}
    variables = {"entra_connector_delegate_to": "runner"}
    hosts = ["contoso", "runner"]
    played = player.play(
        [*a_play(block, hosts="contoso"), *a_play(DUMP)], hosts=hosts, extra_vars=variables
    )
    assert played.code == 0, played.output
    assert names(sandbox) == ["stackone-contoso"]
    assert list(results(played)) == ["contoso"]


def test_run_once_makes_one_connector(player: Player, sandbox: Sandbox) -> None:
    plays = a_play(include(run_once=True))
    first = player.play(plays, hosts=HOSTS)
    assert first.code == 0, first.output
    assert names(sandbox) == ["stackone-contoso"]
    assert list(results(first)) == ["contoso"]
    again = player.play(plays, hosts=HOSTS)
    assert (again.code, again.changed) == (0, 0), again.output


def test_any_errors_fatal_stops_all_and_the_next_run_settles_it(
    player: Player, sandbox: Sandbox
) -> None:
    """One host's key is refused, where those of the others have just written their profiles."""
    stackone = "{{ {'api_key': 'not-the-key-at-all'} if inventory_hostname == 'fabrikam' else {} }}"
    fails = {**OF_THE_HOST, "entra_connector_stackone": stackone}
    stopped = player.play(a_play(include(fails), any_errors_fatal=True), hosts=HOSTS)
    assert stopped.code != 0
    # On older cores a block that rescues keeps the others going to its end.
    assert "fabrikam" not in results(stopped)
    # What was delivered is alive, what was not is gone.
    assert sorted((item["uniqueName"], len(item["_secrets"])) for item in managed(sandbox)) == [
        ("stackone-contoso", 1),
        ("stackone-fabrikam", 0),
        ("stackone-litware", 1),
    ]
    settling = {**OF_THE_HOST, "entra_connector_orphan_after": 0}
    settled = player.play(a_play(include(settling)), hosts=HOSTS)
    assert settled.code == 0, settled.output
    assert sorted(results(settled)) == HOSTS
    held = {item["setup_information"]["clientSecret"] for item in sandbox.state()["profiles"]}
    assert held == {secret for item in managed(sandbox) for secret in item["_secrets"].values()}


@pytest.mark.parametrize("tasks_from", ["main", "offboard"])
def test_a_failed_run_leaves_no_token_to_the_caller(
    player: Player, sandbox: Sandbox, tasks_from: str
) -> None:
    if tasks_from == "offboard":
        assert player.play(a_play(include()), hosts=["contoso"]).code == 0
    lost = {"service": "graph", "method": "PATCH" if tasks_from == "main" else "DELETE"}
    refused = {"kind": "status", "status": 403, "code": "Authorization_RequestDenied"}
    sandbox.faults([{"match": lost, "fault": refused, "times": 0}])
    left: Task = {"ansible.builtin.set_fact": {"left": "{{ entra_connector__sign_in }}"}}
    caller = {"block": [include(role={"tasks_from": tasks_from})], "rescue": [left]}
    played = player.play(a_play(caller), hosts=["contoso"])
    assert "Authorization_RequestDenied" in str(played.failure), played.output
    assert results(played, "left") == {"contoso": {}}


@pytest.mark.parametrize("name", ["my-fact", "", "entra_connector__found"])
def test_a_result_fact_that_cannot_be_set_is_refused_first(
    player: Player, sandbox: Sandbox, name: str
) -> None:
    played = player.play(a_play(include({**OF_THE_HOST, "entra_connector_result_fact": name})))
    assert played.code != 0
    assert "entra_connector_result_fact is" in played.failure["msg"]
    assert looks.mutating(sandbox) == []


def test_a_connector_that_has_no_preset_is_told_which_there_are(player: Player) -> None:
    played = player.play(a_play(include({**OF_THE_HOST, "entra_connector_key": "slack"})))
    assert played.code != 0
    assert "no preset for the connector key slack" in played.output
    assert "There are azuredevops, microsoftentraid" in played.output


def managed(sandbox: Sandbox) -> list[dict[str, Any]]:
    """The applications that the role made."""
    return [item for item in sandbox.state()["applications"] if item["uniqueName"]]


def test_in_a_play_with_module_defaults(player: Player, sandbox: Sandbox) -> None:
    """Those of groups count, the environment being wrong; those of single modules are others'."""
    right = sandbox.env()
    defaults = {
        "group/stackone.onboarding.entra": {
            "tenant_id": right["AZURE_TENANT_ID"],
            "auth_client_id": right["AZURE_CLIENT_ID"],
            "auth_client_secret": right["AZURE_CLIENT_SECRET"],
        },
        "group/stackone.onboarding.stackone": {"api_key": right["STACKONE_API_KEY"]},
        "stackone.onboarding.entra_app": {"notes": "Of another role's app"},
        "stackone.onboarding.entra_app_secret": {"confirm": "auto", "lifetime_days": 3},
        "ansible.builtin.assert": {"quiet": False},
    }
    wrong = {"AZURE_TENANT_ID": NOBODY, "AZURE_CLIENT_ID": NOBODY, "STACKONE_API_KEY": "wrong"}
    others = {
        "name": "Do what another role does",
        "stackone.onboarding.entra_app": {"unique_name": "another", "display_name": "Another"},
    }
    plays = a_play(others, import_(), module_defaults=defaults)
    played = player.play(plays, hosts=["contoso"], environment=wrong)
    assert played.code == 0, played.output
    assert looks.application(sandbox, "another")["notes"] == "Of another role's app"
    assert looks.application(sandbox, "stackone-contoso")["notes"] is None
    again = player.play(plays, hosts=["contoso"], environment=wrong)
    assert (again.code, again.changed) == (0, 0), again.output


# -- tags, as the role's README has them


TAGGED = {
    "import": import_(tags=["connect"]),
    "include": include(role={"apply": {"tags": ["connect"]}}, tags=["connect"]),
}


@pytest.mark.parametrize("way", TAGGED)
def test_a_tag_takes_the_whole_role_or_none_of_it(
    player: Player, sandbox: Sandbox, way: str
) -> None:
    plays = a_play(TAGGED[way])
    for arguments in (("--skip-tags", "connect"), ("--tags", "other")):
        without = player.play(plays, *arguments, hosts=["contoso"])
        assert without.code == 0, without.output
        assert sandbox.requests() == []
    played = player.play(plays, "--tags", "connect", hosts=["contoso"])
    assert played.code == 0, played.output
    assert results(played)["contoso"]["profile"]["id"] == looks.profile(sandbox)["id"]


def test_no_task_has_a_tag_of_its_own() -> None:
    """A step that could be left out would leave a sequence that is not safe."""
    assert [task for task in role_tasks() if "tags" in task] == []


# -- names


def test_every_variable_bears_the_prefix() -> None:
    specs = yaml.safe_load((FOLDER / "meta" / "argument_specs.yml").read_text("utf-8"))
    declared = {name for spec in specs["argument_specs"].values() for name in spec["options"]}
    held = [yaml.safe_load(path.read_text("utf-8")) for path in FOLDER.glob("*/main.yml")]
    variables = {name for item in held if isinstance(item, dict) for name in item}
    variables -= {"galaxy_info", "dependencies"}
    used = {name for task in role_tasks() for name in _set_by(task)}
    assert {*declared, *variables, *used} - {"{{ entra_connector_result_fact }}"} == {
        name for name in {*declared, *variables, *used} if name.startswith(PREFIX)
    }
    assert variables & declared
    assert used


def role_tasks() -> Iterator[Task]:
    for path in sorted((FOLDER / "tasks").rglob("*.yml")):
        yield from _flattened(yaml.safe_load(path.read_text("utf-8")))


def _flattened(tasks: list[Task]) -> Iterator[Task]:
    for task in tasks:
        yield task
        for section in ("block", "rescue", "always"):
            yield from _flattened(task.get(section, []))


def _set_by(task: Task) -> Iterator[str]:
    yield from task.get("vars", {})
    yield from task.get("ansible.builtin.set_fact", {})
    if "register" in task:
        yield task["register"]
    loop_control = task.get("loop_control", {})
    yield from (loop_control[name] for name in ("loop_var", "index_var") if name in loop_control)
