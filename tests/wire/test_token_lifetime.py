# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a token serves: renewed in long waits, after a 401, and never handed out expired."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from sandbox.client import Sandbox
from support.azure_cli import AzureCli
from support.certificates import KeyPair
from support.facts import APP
from support.modules import Modules
from support.playbooks import Player

REFUSED = {"kind": "status", "status": 401, "code": "InvalidAuthenticationToken"}
READ = {"unique_name": APP["unique_name"]}


def sign_ins(sandbox: Sandbox) -> int:
    """How often the token endpoint gave out a token."""
    return sum(
        1
        for item in sandbox.requests()
        if item["service"] == "login" and item["path"].endswith("/token") and item["status"] == 200
    )


def refusals(sandbox: Sandbox) -> int:
    return [item["status"] for item in sandbox.requests()].count(401)


def token_of(modules: Modules) -> str:
    return str(modules.entra_token().ok()["access_token"])


def token_for(sandbox: Sandbox, scope: str) -> str:
    tenant, names = sandbox.info["tenant_id"], ("client_id", "client_secret")
    form = {"grant_type": "client_credentials", "scope": scope}
    answer = requests.post(
        f"{sandbox.authority_url}/{tenant}/oauth2/v2.0/token",
        data={**form, **{name: sandbox.info[name] for name in names}},
        verify=sandbox.ca_path,
        timeout=10,
    )
    return str(answer.json()["access_token"])


def nothing_else(modules: Modules) -> dict[str, str]:
    """No credential beside the token that the task gives."""
    return modules.environment(AZURE_CLIENT_SECRET=None, PATH="/nowhere")


# -- in a long wait


def test_token_is_renewed_before_it_expires(modules: Modules, sandbox: Sandbox) -> None:
    sandbox.options(token_lifetime=300, lag_applications=400)
    modules.entra_app(**APP, wait_timeout=3600).ok()
    assert sign_ins(sandbox) in (3, 4), "after 180 s each"
    assert refusals(sandbox) == 0


def test_token_of_a_short_life_is_not_got_anew_for_each_request(
    modules: Modules, sandbox: Sandbox
) -> None:
    sandbox.options(token_lifetime=60)
    modules.entra_app(**APP).ok()
    assert sign_ins(sandbox) == 1
    sandbox.clear()
    sandbox.options(lag_applications=70)
    modules.entra_app(display_name="Other", unique_name="other").ok()
    assert sign_ins(sandbox) in (3, 4), "after 30 s each"
    assert refusals(sandbox) == 0


def test_given_token_is_replaced_before_it_expires(modules: Modules, sandbox: Sandbox) -> None:
    sandbox.options(token_lifetime=200, lag_applications=240)
    token = token_of(modules)
    sandbox.clear()
    call = modules.entra_app(**APP, access_token=token, wait_timeout=3600).ok()
    assert call.said[:2] == [
        "Signing in by access_token: access_token is given on the task",
        "Signing in by client_secret: the access token given expires soon, and "
        "AZURE_CLIENT_SECRET is set in the environment",
    ]
    assert sign_ins(sandbox) >= 1
    assert refusals(sandbox) == 0


def test_given_token_that_runs_out_with_nothing_else(modules: Modules, sandbox: Sandbox) -> None:
    sandbox.options(token_lifetime=200, lag_applications=240)
    options = {**APP, "access_token": token_of(modules), "wait_timeout": 3600}
    sandbox.clear()
    call = modules.call("entra_app", options, environment=nothing_else(modules))
    call.refused(
        "access token was refused",
        "It expired at 20",
        "fresh access_token",
        kind="SignInError",
        auth_method="access_token",
    )
    assert call.changed, "what was done is said"
    assert refusals(sandbox) == 1


def test_a_clock_that_is_ahead_does_not_condemn_a_given_token(
    modules: Modules, sandbox: Sandbox
) -> None:
    """Graph has the last word about it, where there is nothing else to sign in by."""
    options = {**READ, "access_token": token_of(modules)}
    modules.clock.pass_by(hours=3)
    sandbox.advance(-3 * 3600)
    modules.call("entra_app_info", options, environment=nothing_else(modules)).ok()
    assert refusals(sandbox) == 0


def test_new_secret_is_tried_in_spite_of_a_token_given(modules: Modules, sandbox: Sandbox) -> None:
    """The token's tenant is read off it, also once it has been replaced."""
    client_id = modules.entra_app(**APP).ok()["app"]["client_id"]
    options = {"client_id": client_id, "display_name": "job", "access_token": token_of(modules)}
    modules.clock.pass_by(hours=2)
    modules.entra_app_secret(**options).ok()


# -- after a 401


def credentials(
    method: str, modules: Modules, sandbox: Sandbox, folder: Path
) -> dict[str, str | None]:
    """The environment of each method."""
    if method == "client_secret":
        return {}
    values: dict[str, str | None] = {"AZURE_CLIENT_SECRET": None}
    if method == "certificate":
        path = folder / "certificate.pfx"
        path.write_bytes(KeyPair.of(sandbox.certificate()).pfx())
        return {**values, "AZURE_CLIENT_CERTIFICATE_PATH": str(path)}
    if method == "workload_identity":
        return {**values, **sandbox.env_in("github_actions")}
    if method == "managed_identity":
        return {**values, **sandbox.env_in("virtual_machine")}
    az = AzureCli(folder).answers(accessToken=token_of(modules))
    return {**values, "PATH": az.path}


METHODS = ["client_secret", "certificate", "workload_identity", "managed_identity", "azure_cli"]


@pytest.mark.parametrize("method", METHODS)
def test_refused_token_is_replaced_once(
    modules: Modules, sandbox: Sandbox, tmp_path: Path, method: str
) -> None:
    environment = modules.environment(**credentials(method, modules, sandbox, tmp_path))
    sandbox.faults([{"match": {"service": "graph"}, "fault": REFUSED}])
    sandbox.clear()
    call = modules.call("entra_app_info", {}, environment=environment).ok()
    assert [said.split(":")[0] for said in call.said] == [f"Signing in by {method}"] * 2
    assert refusals(sandbox) == 1


@pytest.mark.parametrize("method", METHODS)
def test_token_that_is_refused_again_is_an_error(
    modules: Modules, sandbox: Sandbox, tmp_path: Path, method: str
) -> None:
    environment = modules.environment(**credentials(method, modules, sandbox, tmp_path))
    sandbox.faults([{"match": {"service": "graph"}, "times": 0, "fault": REFUSED}])
    sandbox.clear()
    call = modules.call("entra_app", READ, environment=environment)
    call.refused("access token", status=401, code="InvalidAuthenticationToken")
    assert refusals(sandbox) == 2


def test_write_that_was_refused_is_sent_once_more(modules: Modules, sandbox: Sandbox) -> None:
    """A 401 says that nothing was done: it makes no second object."""
    writes = {"service": "graph", "path": "^/v1.0/[a-z]"}  # not /v1.0/$batch
    for method in ("PATCH", "POST"):
        sandbox.faults([{"match": {**writes, "method": method}, "fault": REFUSED}])
    modules.entra_app(**APP).ok()
    assert refusals(sandbox) == 2
    state = sandbox.state()
    assert [item["displayName"] for item in state["applications"]].count(APP["display_name"]) == 1


def test_given_token_that_is_refused_is_replaced(modules: Modules, sandbox: Sandbox) -> None:
    token = token_of(modules)
    sandbox.faults([{"match": {"service": "graph"}, "fault": REFUSED}])
    sandbox.clear()
    call = modules.entra_app_info(access_token=token).ok()
    assert call.said[1] == (
        "Signing in by client_secret: the access token given was refused, and "
        "AZURE_CLIENT_SECRET is set in the environment"
    )
    assert (sign_ins(sandbox), refusals(sandbox)) == (1, 1)


def test_given_token_for_another_service(modules: Modules, sandbox: Sandbox) -> None:
    token = token_for(sandbox, "https://management.azure.com/.default")
    modules.entra_app_info(access_token=token).ok()
    options = {"access_token": token}
    call = modules.call("entra_app_info", options, environment=nothing_else(modules))
    call.refused("another service than Microsoft Graph", kind="SignInError")


def test_given_token_is_not_replaced_where_auth_method_says_so(
    modules: Modules, sandbox: Sandbox
) -> None:
    token = token_of(modules)
    modules.clock.pass_by(hours=2)
    sandbox.clear()
    call = modules.entra_app_info(access_token=token, auth_method="access_token")
    call.refused("It expired at 20", auth_method="access_token")
    assert sign_ins(sandbox) == 0


def test_given_token_is_not_replaced_by_a_credential_with_a_part_missing(
    modules: Modules, sandbox: Sandbox
) -> None:
    environment = modules.environment(AZURE_TENANT_ID=None, PATH="/nowhere")
    options = {"access_token": "an-opaque-token"}
    call = modules.call("entra_app_info", options, environment=environment)
    call.refused("access token was refused", auth_method="access_token")


# -- in the memory that the tasks of a play share


@pytest.fixture
def shared(modules: Modules) -> Modules:
    from ansible_collections.stackone.onboarding.plugins.plugin_utils._play_memory import PlayMemory

    modules.stay_in_this_process("Only twins share a memory.")
    modules.memory = PlayMemory()
    return modules


def test_play_signs_in_once(shared: Modules, sandbox: Sandbox) -> None:
    shared.entra_app(**APP).ok()
    shared.entra_app_info().ok()
    shared.entra_token().ok()
    assert sign_ins(sandbox) == 1


def test_memory_hands_out_no_expired_token(shared: Modules, sandbox: Sandbox) -> None:
    first = token_of(shared)
    shared.clock.pass_by(seconds=3599 - 130)
    assert token_of(shared) == first, "ten seconds before the margin"
    shared.clock.pass_by(seconds=20)
    second = token_of(shared)
    assert second != first
    shared.clock.pass_by(hours=5)
    shared.entra_app_info().ok()
    assert (sign_ins(sandbox), refusals(sandbox)) == (3, 0)


def test_token_that_one_task_found_refused_is_replaced_for_all(
    shared: Modules, sandbox: Sandbox
) -> None:
    first = token_of(shared)
    sandbox.faults([{"match": {"service": "graph"}, "fault": REFUSED}])
    shared.entra_app_info().ok()
    second = token_of(shared)
    assert second != first
    shared.entra_app_info().ok()
    assert (sign_ins(sandbox), refusals(sandbox)) == (2, 1)


@pytest.mark.parametrize("what", ["secret", "tenant", "method"])
def test_another_credential_gets_a_token_of_its_own(
    shared: Modules, sandbox: Sandbox, tmp_path: Path, what: str
) -> None:
    """What is given on the task, of the same client: its token is not that of the environment."""
    token_of(shared)
    sandbox.clear()
    if what == "secret":
        shared.entra_token(auth_client_secret="an0ther~secret").refused("AADSTS7000215")
    elif what == "tenant":
        shared.entra_token(tenant_id="contoso.com").ok()
        assert sign_ins(sandbox) == 1
    else:
        path = tmp_path / "certificate.pfx"
        path.write_bytes(KeyPair.of(sandbox.certificate()).pfx())
        shared.entra_token(auth_certificate_path=str(path)).ok()
        assert sign_ins(sandbox) == 1


def test_same_credential_said_elsewhere_shares_the_token(shared: Modules, sandbox: Sandbox) -> None:
    first = token_of(shared)
    secret = sandbox.info["client_secret"]
    again = shared.entra_token(auth_client_secret=secret, auth_method="client_secret").ok()
    assert again["access_token"] == first
    environment = shared.environment(AZURE_CLIENT_SECRET=None, AZURE_SECRET=secret)
    again = shared.call("entra_token", {}, environment=environment).ok()
    assert again["access_token"] == first
    assert sign_ins(sandbox) == 1


def test_sessions_of_azure_cli_are_told_apart(
    shared: Modules, sandbox: Sandbox, tmp_path: Path
) -> None:
    """AZURE_CONFIG_DIR says whose session it is."""
    az = AzureCli(tmp_path).answers(accessToken=token_of(shared))
    for folder in ("one", "two", "one"):
        environment = shared.environment(
            AZURE_CLIENT_SECRET=None, PATH=az.path, AZURE_CONFIG_DIR=folder
        )
        shared.call("entra_token", {}, environment=environment).ok()
    assert len(az.calls) == 2


def test_workers_replace_a_refused_token_together(player: Player, sandbox: Sandbox) -> None:
    """All hold the same token when it expires at the service: one of them gets another for all."""
    hosts = [f"connector-{number}" for number in range(4)]
    read = {"stackone.onboarding.entra_app_info": READ}
    move_on = {
        "ansible.builtin.uri": {
            "url": f"{sandbox.url}/_sandbox/advance",
            "method": "POST",
            "body_format": "json",
            "body": {"seconds": 7200},
            "ca_path": sandbox.ca_path,
        },
        "run_once": True,
        "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
    }
    tasks = [read, move_on, read, read]
    play = [{"hosts": "all", "gather_facts": False, "connection": "local", "tasks": tasks}]
    played = player.play(play, "--forks", "4", hosts=hosts)
    assert played.code == 0, played.output
    assert len(played.of("entra_app_info")) == 12
    assert sign_ins(sandbox) == 2
    assert 1 <= refusals(sandbox) <= 4
