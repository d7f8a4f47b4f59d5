# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How requests are sent: retries, Retry-After, lost connections, keep-alive, time-outs, TLS."""

from __future__ import annotations

import itertools
import re
import socket
import uuid
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.client import Sandbox
from support import tree
from support.clock import SandboxClock
from support.facts import APP, LOST_ANSWERS, UNIQUE_NAME
from support.modules import Call, Modules
from support.processes import run_process
from support.relay import Listener, recording_proxy, relay_to

NAME = {"unique_name": UNIQUE_NAME}


def status(number: int, **more: Any) -> dict[str, Any]:
    return {"kind": "status", "status": number, **more}


def to(service: str, fault: Any, times: int = 1, **match: str) -> dict[str, Any]:
    return {"match": {"service": service, **match}, "times": times, "fault": fault}


def sent(sandbox: Sandbox, service: str) -> list[dict[str, Any]]:
    return [item for item in sandbox.requests() if item["service"] == service]


def gaps(sandbox: Sandbox, service: str) -> list[float]:
    """Seconds between the requests of one service, by the sandbox's clock."""
    times = [item["time"] for item in sent(sandbox, service)]
    return [later - earlier for earlier, later in itertools.pairwise(times)]


def look(modules: Modules, service: str) -> Call:
    """One read of a service, so that its only request meets the fault."""
    if service == "stackone":
        return modules.stackone_connector_profile_info()
    if service == "graph":
        return modules.entra_app_info(display_name="nobody's")
    return modules.entra_token()


SERVICES = ["graph", "stackone", "login"]


# -- what is sent with every request


@pytest.mark.parametrize("service", SERVICES)
def test_user_agent_carries_the_collections_version(
    modules: Modules, sandbox: Sandbox, service: str
) -> None:
    version = yaml.safe_load((tree.ROOT / "galaxy.yml").read_text("utf-8"))["version"]
    look(modules, service).ok()
    agents = {item["headers"]["user-agent"] for item in sent(sandbox, service)}
    (agent,) = agents
    assert agent.startswith(f"stackone.onboarding/{version} ")


def test_each_request_has_a_client_request_id_of_its_own(
    modules: Modules, sandbox: Sandbox
) -> None:
    modules.entra_app(**APP).ok()
    by_wire = {
        item["wire"]: item["headers"]["client-request-id"] for item in sent(sandbox, "graph")
    }
    assert len(set(by_wire.values())) == len(by_wire) > 2
    for value in by_wire.values():
        uuid.UUID(value)


def test_a_retry_has_an_id_of_its_own(modules: Modules, sandbox: Sandbox) -> None:
    sandbox.faults([to("graph", status(503))])
    look(modules, "graph").ok()
    first, second = (item["headers"]["client-request-id"] for item in sent(sandbox, "graph")[:2])
    assert first != second


def test_connections_are_kept_alive(modules: Modules, sandbox: Sandbox) -> None:
    with relay_to(sandbox) as relay:
        call = modules.call("entra_app", APP, environment=relay.environment(sandbox)).ok()
        assert call.changed
        assert sandbox.wire_count() > 4
        assert relay.connections == 1, "sign-in and Graph are one host here"


def test_connection_that_the_server_closed_meanwhile(modules: Modules, sandbox: Sandbox) -> None:
    """A kept-alive connection may be cut before the next request: GETs are sent again."""
    sandbox.faults([to("graph", "drop_before")])
    look(modules, "graph").ok()
    assert [item["fault"] for item in sent(sandbox, "graph")] == ["drop_before", None]


# -- busy services


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("number", [429, 503, 504])
def test_retry_after_is_honoured(
    modules: Modules, sandbox: Sandbox, service: str, number: int
) -> None:
    sandbox.faults([to(service, status(number, retry_after=7), times=2)])
    look(modules, service).ok()
    assert [item["status"] for item in sent(sandbox, service)[:3]] == [number, number, 200]
    assert all(7 <= gap < 8 for gap in gaps(sandbox, service)[:2])


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("number", [429, 500, 502, 503, 504])
def test_without_retry_after_it_backs_off(
    modules: Modules, sandbox: Sandbox, service: str, number: int
) -> None:
    sandbox.faults([to(service, status(number), times=3)])
    look(modules, service).ok()
    pauses = modules.clock.pauses
    assert len(pauses) == 3
    for attempt, pause in enumerate(pauses):
        assert 0.25 * 2**attempt <= pause <= 0.5 * 2**attempt


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("asked", [0, -5, "Tue, 24 Nov 2026 12:00:00 GMT"])
def test_retry_after_that_asks_for_no_pause_is_backed_off_from(
    modules: Modules, sandbox: Sandbox, service: str, asked: Any
) -> None:
    sandbox.faults([to(service, status(429, retry_after=asked), times=4)])
    look(modules, service).ok()
    pauses = modules.clock.pauses
    assert len(pauses) == 4
    for attempt, pause in enumerate(pauses):
        assert 0.25 * 2**attempt <= pause <= 0.5 * 2**attempt


def test_backing_off_has_jitter_and_a_limit(modules: Modules, sandbox: Sandbox) -> None:
    sandbox.faults([to("graph", status(429), times=12)])
    look(modules, "graph").ok()
    assert max(modules.clock.pauses) <= 15
    late = modules.clock.pauses[6:]
    assert len(set(late)) == len(late), "hosts do not come back at once"


@pytest.mark.parametrize("number", [429, 503])
def test_busy_service_is_waited_for_until_wait_timeout(
    modules: Modules, sandbox: Sandbox, number: int
) -> None:
    sandbox.faults([to("graph", status(number, retry_after=20), times=0)])
    call = modules.entra_app_info(**NAME, wait_timeout=100)
    error = call.refused(
        "after 5 tries", "wait_timeout" if number == 429 else "busy", status=number
    )
    assert error["maybe_acted"] is (number == 503)
    assert sum(modules.clock.pauses) == 80


def test_retry_after_beyond_wait_timeout_is_not_waited_for(
    modules: Modules, sandbox: Sandbox
) -> None:
    sandbox.faults([to("graph", status(429, retry_after=301))])
    look(modules, "graph").refused("429", status=429)
    assert modules.clock.pauses == []


@pytest.mark.parametrize("number", [500, 502])
def test_broken_service_is_asked_a_few_times_only(
    modules: Modules, sandbox: Sandbox, number: int
) -> None:
    sandbox.faults([to("graph", status(number), times=0)])
    look(modules, "graph").refused(f"answered {number}", "after 4 tries", status=number)
    assert len(sent(sandbox, "graph")) == 4


@pytest.mark.parametrize("number", [400, 403, 404, 409, 501])
def test_other_refusals_are_final(modules: Modules, sandbox: Sandbox, number: int) -> None:
    sandbox.faults([to("graph", status(number, code="Request_BadRequest"), path="applications$")])
    call = modules.entra_app_info()
    call.refused(status=number)
    assert len(sent(sandbox, "graph")) == 1


def test_thirty_percent_of_all_requests_throttled(modules: Modules, sandbox: Sandbox) -> None:
    rule = to("graph", status(429), times=0) | {"probability": 0.3, "seed": 7}
    sandbox.faults([rule])
    made = modules.entra_app(**APP).ok()["app"]
    modules.entra_admin_consent(client_id=made["client_id"]).ok()
    modules.entra_app_secret(client_id=made["client_id"], display_name="job").ok()
    throttled = [item for item in sent(sandbox, "graph") if item["status"] == 429]
    assert len(throttled) > 3
    (app,) = modules.entra_app_info(**NAME).ok()["apps"]
    assert (len(app["secrets"]), len(app["grants"])) == (1, 1)


# -- parts of a batch


def test_throttled_part_of_a_batch_is_asked_again_alone(modules: Modules, sandbox: Sandbox) -> None:
    modules.entra_app(**APP).ok()
    sandbox.clear()
    rule = to("graph", status(429, retry_after=3), path="servicePrincipals")
    sandbox.faults([rule])
    assert not modules.entra_app(**APP).ok().changed
    throttled = next(item for item in sandbox.requests() if item["status"] == 429)
    assert throttled["part"] is not None
    again = [item for item in sandbox.requests() if item["wire"] == throttled["wire"] + 1]
    assert [item["path"] for item in again] == [throttled["path"]]
    assert modules.clock.pauses == [3]


def test_part_that_stays_busy_is_an_error(modules: Modules, sandbox: Sandbox) -> None:
    modules.entra_app(**APP).ok()
    rule = to("graph", status(503, retry_after=10), times=0, path="servicePrincipals")
    sandbox.faults([rule])
    call = modules.entra_app(**APP, wait_timeout=35)
    call.refused("servicePrincipals", status=503, method="GET")
    assert modules.clock.pauses == [10, 10, 10]


def test_batch_whose_answer_is_lost_is_asked_again(modules: Modules, sandbox: Sandbox) -> None:
    modules.entra_app(**APP).ok()
    sandbox.clear()
    sandbox.faults([to("graph", "drop_after")])
    assert not modules.entra_app(**APP).ok().changed


# -- lost answers


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("lost", LOST_ANSWERS)
def test_read_is_sent_again_after_a_lost_answer(
    modules: Modules, sandbox: Sandbox, service: str, lost: str
) -> None:
    sandbox.faults([to(service, LOST_ANSWERS[lost])])
    look(modules, service).ok()
    first, second = sent(sandbox, service)[:2]
    assert first["fault"]
    assert (second["method"], second["path"]) == (first["method"], first["path"])


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("lost", LOST_ANSWERS)
def test_read_that_is_always_lost_is_an_error_after_four_tries(
    modules: Modules, sandbox: Sandbox, service: str, lost: str
) -> None:
    sandbox.faults([to(service, LOST_ANSWERS[lost], times=0)])
    call = look(modules, service)
    error = call.refused("after 4 tries", kind="LostAnswerError", maybe_acted=True)
    last = sent(sandbox, service)[-1]
    assert len(sent(sandbox, service)) == 4
    assert error["method"] == last["method"]
    assert error["client_request_id"] == last["headers"]["client-request-id"]
    assert error["client_request_id"] in call["msg"]


def test_html_says_so(modules: Modules, sandbox: Sandbox) -> None:
    sandbox.faults([to("stackone", {"kind": "html", "status": 200}, times=0)])
    call = look(modules, "stackone")
    call.refused("answered 200 with HTML instead of JSON", "proxy", status=200)


def test_html_with_an_error_status_is_that_error(modules: Modules, sandbox: Sandbox) -> None:
    sandbox.faults([to("stackone", {"kind": "html", "status": 502}, times=0)])
    look(modules, "stackone").refused("answered 502", status=502, method="GET")


@pytest.mark.parametrize("variant", ["cut", "short"])
def test_truncated_json_says_so(modules: Modules, sandbox: Sandbox, variant: str) -> None:
    sandbox.faults([to("graph", {"kind": "truncated", "variant": variant}, times=0)])
    call = look(modules, "graph")
    call.refused("cut off" if variant == "short" else "lost its connection")


def test_write_of_absolute_values_is_sent_again(modules: Modules, sandbox: Sandbox) -> None:
    modules.entra_app(**APP).ok()
    sandbox.clear()
    sandbox.faults([to("graph", "drop_after", method="PATCH")])
    modules.entra_app(**APP, notes="new").ok()
    patches = [item for item in sandbox.requests() if item["method"] == "PATCH"]
    assert len(patches) == 2


def test_post_is_repeated_only_after_a_read(modules: Modules, sandbox: Sandbox) -> None:
    sandbox.faults([to("graph", "drop_before", method="POST", path="/applications$")])
    modules.entra_app(display_name="Plain").ok()
    graph = [
        (item["method"], item["path"])
        for item in sent(sandbox, "graph")
        if item["path"] == "/v1.0/applications"
    ]
    first = graph.index(("POST", "/v1.0/applications"))
    second = graph.index(("POST", "/v1.0/applications"), first + 1)
    assert graph[first + 1 : second] == [("GET", "/v1.0/applications")] * 3, (
        "that it is not there is believed after three reads"
    )


def test_post_that_always_fails_is_an_error(modules: Modules, sandbox: Sandbox) -> None:
    sandbox.faults([to("graph", "drop_before", times=0, method="POST", path="/applications$")])
    call = modules.entra_app(display_name="Plain")
    call.refused(kind="LostAnswerError", method="POST", maybe_acted=True)
    posts = [item for item in sandbox.requests() if item["method"] == "POST"]
    assert len([item for item in posts if item["path"] == "/v1.0/applications"]) == 4


@pytest.mark.parametrize("acted", [False, True])
@pytest.mark.parametrize("number", [500, 503, 504])
def test_post_that_a_broken_service_may_have_done(
    modules: Modules, sandbox: Sandbox, number: int, acted: bool
) -> None:
    fault = status(number, acted=acted)
    sandbox.faults([to("graph", fault, method="POST", path="/applications$")])
    made = modules.entra_app(display_name="Plain").ok()["app"]
    apps = [item for item in sandbox.state()["applications"] if item["displayName"] == "Plain"]
    assert [item["id"] for item in apps] == [made["object_id"]]


# -- time-outs


@pytest.mark.parametrize("service", SERVICES)
def test_service_that_does_not_answer_in_time(
    modules: Modules, sandbox: Sandbox, service: str
) -> None:
    sandbox.faults([to(service, {"kind": "stall", "seconds": 30}, times=0)])
    options = {"request_timeout": 0.05}
    name = {"stackone": "stackone_connector_profile_info", "graph": "entra_app_info"}.get(
        service, "entra_token"
    )
    call = modules.call(name, options)
    error = call.refused("timed out (0.05 s) after 4 tries", "request_timeout")
    assert error["kind"] == "LostAnswerError"
    assert len(sent(sandbox, service)) == 4


def test_slow_answer_in_time_is_an_answer(modules: Modules, sandbox: Sandbox) -> None:
    sandbox.faults([to("graph", {"kind": "stall", "seconds": 0.2})])
    modules.entra_app_info(**NAME, request_timeout=5).ok()
    assert len(sent(sandbox, "graph")) == 1


def test_wait_timeout_bounds_retries_and_waits_together(modules: Modules, sandbox: Sandbox) -> None:
    """Throttling uses up what the wait for the directory would have had."""
    sandbox.options(lag_applications=25)
    sandbox.faults([to("graph", status(429, retry_after=20), method="PATCH")])
    call = modules.entra_app(**APP, wait_timeout=30)
    call.refused("wait_timeout (30 s)", kind="WaitTimeoutError")


# -- no connection, and TLS


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@pytest.mark.parametrize("service", ["graph", "stackone", "login"])
def test_nobody_listens(modules: Modules, service: str) -> None:
    url = f"https://127.0.0.1:{unused_port()}"
    variable = {"graph": "ENTRA_GRAPH_URL", "stackone": "STACKONE_API_URL"}.get(
        service, "ENTRA_AUTHORITY_URL"
    )
    environment = modules.environment(**{variable: url})
    name = {"stackone": "stackone_connector_profile_info"}.get(service, "entra_app_info")
    call = modules.call(name, {}, environment=environment)
    error = call.refused("could not connect after 4 tries", "HTTPS_PROXY")
    assert (error["kind"], error["maybe_acted"]) == ("LostAnswerError", False)


def test_certificate_of_an_unknown_authority(modules: Modules, sandbox: Sandbox) -> None:
    environment = modules.environment(REQUESTS_CA_BUNDLE=None)
    call = modules.call("stackone_connector_profile_info", {}, environment=environment)
    host = sandbox.url.removeprefix("https://")
    call.refused(
        "not trusted",
        host,
        "ca_path",
        kind="ConfigurationError",
        method="GET",
        path="/stackone/connector_profiles",
    )
    assert sandbox.requests() == []
    assert modules.clock.pauses == [], "no repetition can mend it"


def test_certificate_for_another_name(modules: Modules, sandbox: Sandbox) -> None:
    port = sandbox.url.rsplit(":", 1)[1]
    environment = modules.environment(STACKONE_API_URL=f"https://127.0.0.2:{port}/stackone")
    with Listener(_relay(int(port)), "127.0.0.2", int(port)):
        call = modules.call("stackone_connector_profile_info", {}, environment=environment)
    call.refused("not trusted", "127.0.0.2", kind="ConfigurationError")
    assert sandbox.requests() == []


def _relay(port: int) -> Any:
    def serve(connection: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", port)) as onward:
            onward.sendall(connection.recv(65536))
            connection.sendall(onward.recv(65536))

    return serve


def test_ca_path_on_the_task_counts_before_the_environment(
    modules: Modules, sandbox: Sandbox
) -> None:
    environment = modules.environment(REQUESTS_CA_BUNDLE="/nowhere.pem")
    options = {"ca_path": sandbox.ca_path}
    modules.call("stackone_connector_profile_info", options, environment=environment).ok()
    modules.call("entra_app_info", {**options, **NAME}, environment=environment).ok()


def test_certificates_can_go_unchecked(modules: Modules, recwarn: pytest.WarningsRecorder) -> None:
    environment = modules.environment(REQUESTS_CA_BUNDLE="/nowhere.pem")
    options = {"validate_certs": False}
    modules.call("stackone_connector_profile_info", options, environment=environment).ok()
    modules.call("entra_app_info", {**options, **NAME}, environment=environment).ok()
    assert [str(item.message) for item in recwarn if "Unverified" in str(item.message)] == []


@pytest.mark.parametrize(
    "content",
    [None, "", "no certificate", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"],
)
def test_unusable_ca_path(modules: Modules, tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content, "utf-8")
    for name in ("stackone_connector_profile_info", "entra_token"):
        call = modules.call(name, {"ca_path": str(path)})
        call.refused("ca_path", kind="ConfigurationError")
    assert modules.clock.pauses == []


def test_server_that_speaks_no_tls(modules: Modules, sandbox: Sandbox) -> None:
    def plain(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    with Listener(plain) as listener:
        environment = listener.environment(sandbox)
        call = modules.call("stackone_connector_profile_info", {}, environment=environment)
    call.refused(f"127.0.0.1:{listener.port} does not speak TLS", kind="ConfigurationError")


@pytest.mark.parametrize("url", ["not a url", "ftp://127.0.0.1/x", "127.0.0.1:8443/stackone"])
def test_address_that_cannot_be_called(modules: Modules, url: str) -> None:
    call = modules.stackone_connector_profile_info(api_url=url)
    call.refused(url, "api_url", kind="ConfigurationError")
    call = modules.entra_app_info(graph_url=url)
    call.refused(url, "graph_url", kind="ConfigurationError")


@pytest.mark.parametrize(
    "url",
    [
        "https://user:s3cret-pw@127.0.0.1/x",
        "https://s3cret-pw@127.0.0.1/x",
        "https://user:s3cret-pw@[::1",
        "https://user:pass/s3cret-pw@127.0.0.1/x",
        "https://user:pass@s3cret-pw@127.0.0.1/x",
        "https:/user:s3cret-pw@127.0.0.1/x",
        "http://user:s3cret-pw@127.0.0.1/x",
        "user:s3cret-pw@127.0.0.1/x",
    ],
)
@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("stackone_connector_profile_info", "api_url"),
        ("entra_app_info", "graph_url"),
        ("entra_token", "authority_url"),
    ],
)
def test_credentials_in_an_address_are_refused_and_not_shown(
    modules: Modules, url: str, name: str, option: str
) -> None:
    modules.secrets.learn(["s3cret-pw"])
    call = modules.call(name, {option: url})
    host = url.rpartition("@")[2]
    call.refused(f"@{host}", "no user or password", option, kind="ConfigurationError")
    assert modules.clock.pauses == []


def test_redirect_is_not_followed_with_the_key(modules: Modules, sandbox: Sandbox) -> None:
    """A redirect to another host would carry the credential there."""
    sandbox.faults([to("stackone", status(302), times=0)])
    look(modules, "stackone").refused("302", status=302)
    assert len(sent(sandbox, "stackone")) == 1


def test_proxy_of_the_environment_is_used(modules: Modules) -> None:
    hosts: list[str] = []
    with recording_proxy(hosts) as proxy:
        environment = modules.environment(
            HTTPS_PROXY=f"http://127.0.0.1:{proxy.port}",
            STACKONE_API_URL="https://api.stackone.example",
        )
        call = modules.call(
            "stackone_connector_profile_info", {"wait_timeout": 0.1}, environment=environment
        )
    call.refused("HTTPS_PROXY", "403 Forbidden", kind="ConfigurationError", maybe_acted=False)
    assert set(hosts) == {"api.stackone.example:443"}


# -- the real clock


def test_real_time_passes_where_a_service_asks_for_it(sandbox: Sandbox) -> None:
    """The other tests let the sandbox's clock stand in; this module runs by the computer's own."""
    sandbox.faults([to("stackone", status(429, retry_after=1))])
    run_process("stackone_connector_profile_info", {}, sandbox.env()).ok()
    (gap,) = gaps(sandbox, "stackone")
    assert gap >= 1


def test_trace_names_each_request_and_retry(modules: Modules, sandbox: Sandbox) -> None:
    modules.stay_in_this_process("A process traces to the system's log.")
    sandbox.faults([to("stackone", status(503, retry_after=2))])
    call = look(modules, "stackone").ok()
    assert re.fullmatch(r"GET /stackone/connector_profiles 503 \d+ ms", call.traced[0])
    assert call.traced[1] == "GET /stackone/connector_profiles: BUSY, again in 2.0 s"
    assert re.fullmatch(r"GET /stackone/connector_profiles 200 \d+ ms", call.traced[2])


def test_clock_of_the_tests_moves_with_the_sandbox(sandbox: Sandbox) -> None:
    clock = SandboxClock(sandbox)
    before, monotonic = clock.now(), clock.monotonic()
    clock.sleep(3600)
    assert (clock.now() - before).total_seconds() >= 3600
    assert clock.monotonic() - monotonic >= 3600
