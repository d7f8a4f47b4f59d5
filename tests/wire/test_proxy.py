# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Through a real HTTP proxy: which requests take it, and what is said when it does not let them."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from ansible_collections.stackone.onboarding.plugins.module_utils._redact import forms_of
from sandbox.client import Sandbox
from support.modules import Call, Modules
from support.playbooks import Player
from support.proxies import PASSWORD, Proxy
from support.relay import Listener, relay_to

ACTIONS = ["azuredevops_list_projects"]
SERVICES = ["entra_app_info", "stackone_connector_profile_info"]


@pytest.fixture(scope="module")
def running_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with Proxy(tmp_path_factory.mktemp("proxy")) as proxy:
        yield proxy


class Passed:
    """What the proxy has been asked for since the test began."""

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self._before = len(proxy.connections)
        self._refused_before = proxy.refusals

    @property
    def connections(self) -> list[str]:
        return self.proxy.connections[self._before :]

    @property
    def refusals(self) -> int:
        return self.proxy.refusals - self._refused_before


@pytest.fixture
def passed(running_proxy: Proxy) -> Passed:
    return Passed(running_proxy)


@pytest.fixture
def host(sandbox: Sandbox) -> str:
    return urlsplit(sandbox.url).netloc


def call(modules: Modules, name: str, **environment: str | None) -> Call:
    modules.secrets.learn([PASSWORD])
    options = {"wait_timeout": 2.0}
    return modules.call(name, options, environment=modules.environment(**environment))


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
@pytest.mark.parametrize("name", SERVICES)
def test_requests_arrive_through_the_proxy(
    modules: Modules, sandbox: Sandbox, passed: Passed, host: str, name: str, variable: str
) -> None:
    call(modules, name, **{variable: passed.proxy.url}).ok()
    assert set(passed.connections) == {host}
    assert sandbox.requests() != []


def test_whole_onboarding_arrives_through_the_proxy(
    player: Player, sandbox: Sandbox, passed: Passed
) -> None:
    """By the environment of ansible-playbook itself; nothing goes past the proxy."""
    with relay_to(sandbox) as relay:
        environment = {"HTTPS_PROXY": passed.proxy.url, **relay.environment(sandbox)}
        played = player.onboard("-vvvv", actions=ACTIONS, environment=environment)
    assert played.code == 0, played.output
    assert set(passed.connections) == {f"127.0.0.1:{relay.port}"}
    assert len(passed.connections) == relay.connections > 0
    assert PASSWORD not in played.output
    assert passed.proxy.url not in played.output


def test_proxy_of_the_tasks_environment(player: Player, sandbox: Sandbox, passed: Passed) -> None:
    """As a playbook sets it, on a task or a play: for the twin and for a module's process alike."""
    proxies = {"environment": {"HTTPS_PROXY": passed.proxy.url}}
    task: dict[str, Any] = {"stackone.onboarding.entra_app_info": {}}
    by_module = {
        "stackone_onboarding_in_process": False,
        "ansible_python_interpreter": sys.executable,
    }
    play: dict[str, Any] = {"hosts": "all", "gather_facts": False, "connection": "local"}
    by_both = [task, {**task, "vars": by_module}]
    with relay_to(sandbox) as relay:
        played = player.play(
            [
                {**play, "tasks": [{**each, **proxies} for each in by_both]},
                {**play, **proxies, "tasks": by_both},
            ],
            environment=relay.environment(sandbox),
        )
    assert played.code == 0, played.output
    assert len(played.of("entra_app_info")) == 4
    assert len(passed.connections) == relay.connections >= 4, "none went past it"
    assert PASSWORD not in played.output


@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
@pytest.mark.parametrize("value", ["127.0.0.1", "localhost,127.0.0.0/8", "*"])
def test_no_proxy_goes_past_it(modules: Modules, passed: Passed, variable: str, value: str) -> None:
    environment = {"HTTPS_PROXY": passed.proxy.url, variable: value}
    for name in SERVICES:
        call(modules, name, **environment).ok()
    call(modules, "entra_app_info", HTTPS_PROXY=passed.proxy.url).ok()
    assert len(passed.connections) == 1, "the last one alone"


def test_no_proxy_of_one_service(
    modules: Modules, sandbox: Sandbox, passed: Passed, host: str
) -> None:
    """Entra through the proxy, StackOne past it."""
    port = host.partition(":")[2]
    environment = {"HTTPS_PROXY": passed.proxy.url, "NO_PROXY": "localhost"}
    call(modules, "entra_app_info", **environment).ok()
    call(
        modules,
        "stackone_connector_profile_info",
        **environment,
        STACKONE_API_URL=f"https://localhost:{port}/stackone",
    ).ok()
    assert passed.connections == [host]


@pytest.mark.parametrize("place", ["virtual_machine", "app_service"])
def test_endpoint_of_a_managed_identity_is_never_asked_through_a_proxy(
    modules: Modules, sandbox: Sandbox, passed: Passed, host: str, place: str
) -> None:
    """It is on the machine itself: a proxy cannot reach it, and Azure refuses what one forwards."""
    environment = {
        "AZURE_CLIENT_SECRET": None,
        "HTTP_PROXY": "http://127.0.0.1:9",
        "ALL_PROXY": "http://127.0.0.1:9",
        "HTTPS_PROXY": passed.proxy.url,
        **sandbox.env_in(place),
    }
    call(modules, "entra_app_info", **environment).ok()
    assert passed.connections == [host], "Graph's"


# -- a proxy that does not let them through


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("which", ["wrong password", "no password"])
def test_proxy_that_wants_other_credentials(
    modules: Modules, sandbox: Sandbox, passed: Passed, name: str, which: str
) -> None:
    """It is asked once: a proxy that counts wrong passwords would lock the account."""
    url = passed.proxy.url_of("wr0ng-p@ss") if "wrong" in which else passed.proxy.plain_url
    modules.secrets.learn(["wr0ng-p@ss"])
    answer = call(modules, name, HTTPS_PROXY=url)
    answer.refused(
        f"the proxy 127.0.0.1:{passed.proxy.port} refuses to connect",
        "407 Proxy Authentication Required",
        "user and password, URL-encoded, into HTTPS_PROXY",
        kind="ConfigurationError",
    )
    assert (passed.connections, passed.refusals) == ([], 1)
    assert sandbox.requests() == []


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize(("status", "asked"), [("403 Forbidden", 1), ("502 Bad Gateway", 4)])
def test_proxy_that_does_not_let_it_through(
    modules: Modules, host: str, name: str, status: str, asked: int
) -> None:
    """What it forbids is not asked again; what it could not do may pass."""

    def refuse(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())

    with Listener(refuse) as proxy:
        url = f"http://user:{PASSWORD.replace('/', '%2F')}@127.0.0.1:{proxy.port}"
        modules.secrets.learn([PASSWORD])
        environment = modules.environment(HTTPS_PROXY=url.replace("#", "%23"))
        answer = modules.call(name, {"wait_timeout": 60.0}, environment=environment)
    answer.refused(f"127.0.0.1:{proxy.port}", status, "NO_PROXY", host)
    assert proxy.connections == asked


@pytest.mark.parametrize("name", SERVICES)
def test_proxy_that_is_down(modules: Modules, sandbox: Sandbox, name: str) -> None:
    answer = call(modules, name, HTTPS_PROXY="http://user:s0me-passw0rd@127.0.0.1:9")
    modules.secrets.learn(["s0me-passw0rd"])
    answer.refused(
        "could not connect through the proxy 127.0.0.1:9", "HTTPS_PROXY", kind="LostAnswerError"
    )
    assert sandbox.requests() == []


NO_PROXIES = {
    "a password that is not URL-encoded": "http://user:p#ss-w0rd@127.0.0.1:3128",
    "a slash in the password": "http://user:p/ss-w0rd@127.0.0.1:3128",
    "no number": "http://user:passw0rd@127.0.0.1:port",
    "no host": "http://",
    "another scheme": "ftp://user:passw0rd@127.0.0.1:3128",
    "a SOCKS proxy without PySocks": "socks5://user:passw0rd@127.0.0.1:3128",
    "anything": "not a proxy",
}


@pytest.mark.parametrize("name", SERVICES)
@pytest.mark.parametrize("what", NO_PROXIES)
def test_proxy_that_is_none(modules: Modules, sandbox: Sandbox, name: str, what: str) -> None:
    url = NO_PROXIES[what]
    secret = url.rpartition("@")[0].rpartition(":")[2]
    modules.secrets.learn([secret] if secret else [])
    answer = call(modules, name, HTTPS_PROXY=url)
    answer.refused("the proxy", "HTTPS_PROXY", "URL-encoded", kind="ConfigurationError")
    assert sandbox.requests() == []


def test_service_with_a_bad_url_is_not_blamed_on_the_proxy(
    modules: Modules, passed: Passed
) -> None:
    options = {"api_url": "https://[nowhere"}
    environment = modules.environment(HTTPS_PROXY=passed.proxy.url)
    answer = modules.call("stackone_connector_profile_info", options, environment=environment)
    answer.refused("https://[nowhere", "api_url", kind="ConfigurationError")


# -- its credentials


@pytest.mark.parametrize("name", SERVICES)
def test_password_of_the_proxy_that_an_answer_repeats_is_not_shown(
    modules: Modules, sandbox: Sandbox, passed: Passed, name: str
) -> None:
    """As the error page of a gateway may."""
    service = "stackone" if name.startswith("stackone") else "graph"
    said = f"forwarded by {passed.proxy.url}, that is {PASSWORD}"
    fault = {"kind": "status", "status": 400, "message": said}
    sandbox.faults([{"match": {"service": service}, "times": 0, "fault": fault}])
    answer = call(modules, name, HTTPS_PROXY=passed.proxy.url)
    answer.refused("that is ********")


def test_credentials_of_the_proxy_are_in_no_output(
    player: Player, sandbox: Sandbox, passed: Passed, tmp_path: Path
) -> None:
    tasks = [
        {"stackone.onboarding.entra_app_info": {}},
        {
            "stackone.onboarding.stackone_connector_profile_info": {
                "api_url": "https://unreachable.invalid"
            },
            "ignore_errors": True,
        },
        {
            "stackone.onboarding.entra_app_info": {},
            "environment": {"HTTPS_PROXY": passed.proxy.url_of("wr0ng-p@ss")},
            "ignore_errors": True,
        },
    ]
    play = {
        "hosts": "all",
        "gather_facts": False,
        "connection": "local",
        "environment": {"HTTPS_PROXY": passed.proxy.url},
        "tasks": tasks,
    }
    played = player.play([play], "-vvvv", "--diff")
    assert played.code == 0, played.output
    assert len([item for item in played.tasks if item["status"] == "failed"]) == 2
    record = "".join(path.read_text("utf-8") for path in tmp_path.glob("record-*"))
    for text in (played.output, record):
        for password in (PASSWORD, "wr0ng-p@ss"):
            for form in forms_of(password) | {password}:
                assert form not in text
