# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Private certification authorities, and certificates that are not good."""

from __future__ import annotations

import shutil
import socket
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import trustme

from sandbox.client import Sandbox
from support.facts import APP, CALLBACK
from support.modules import Modules
from support.playbooks import Player
from support.relay import Listener
from support.tls import bundle, gateway_to, rehash

# Each asks another service first: sign-in, Graph, StackOne.
ASKS = {
    "login": ("entra_app_info", {}),
    "graph": ("entra_app_info", {"access_token": "a.given.token"}),
    "stackone": ("stackone_connector_profile_info", {}),
}
SERVICES = ["entra_app_info", "stackone_connector_profile_info"]
YESTERDAY = datetime.now(timezone.utc) - timedelta(days=1)
# The host to ask, what is wrong with the certificate, why it is refused and what is said to do.
BAD_CERTIFICATES: dict[str, tuple[str, dict[str, Any], str, str]] = {
    "expired": (
        "127.0.0.1",
        {"not_before": YESTERDAY - timedelta(days=9), "not_after": YESTERDAY},
        "expired",
        "renewed, or the clock of this machine",
    ),
    "for a name instead of an address": (
        "127.0.0.1",
        {"name": "other.example"},
        "not valid for '127.0.0.1'",
        "another address",
    ),
    "for another name": (
        "localhost",
        {"name": "other.example"},
        "not valid for 'localhost'",
        "another name",
    ),
}


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(organization_name="A private authority")


@pytest.fixture
def gateway(sandbox: Sandbox, authority: trustme.CA) -> Iterator[Listener]:
    with gateway_to(sandbox, authority) as listener:
        yield listener


# -- a private authority


@pytest.mark.parametrize("said", ["task", "environment"])
@pytest.mark.parametrize("name", SERVICES)
def test_authority_of_a_bundle(
    modules: Modules,
    sandbox: Sandbox,
    gateway: Listener,
    authority: trustme.CA,
    tmp_path: Path,
    name: str,
    said: str,
) -> None:
    """Among others in the file, as the trust store of a company is."""
    path = bundle(tmp_path / "ca.pem", trustme.CA(), authority)
    environment = {**gateway.environment(sandbox), "REQUESTS_CA_BUNDLE": sandbox.ca_path}
    options = {"ca_path": path} if said == "task" else {}
    if said == "environment":
        environment["REQUESTS_CA_BUNDLE"] = path
    modules.call(name, options, environment=environment).ok()
    assert gateway.connections >= 1


@pytest.mark.parametrize("name", SERVICES)
def test_authority_in_a_folder(
    modules: Modules,
    sandbox: Sandbox,
    gateway: Listener,
    authority: trustme.CA,
    tmp_path: Path,
    name: str,
) -> None:
    """Prepared by openssl rehash: of a folder as it is, OpenSSL sees nothing."""
    bundle(tmp_path / "other.pem", trustme.CA())
    bundle(tmp_path / "private.pem", authority)
    options = {"ca_path": str(tmp_path)}
    environment = gateway.environment(sandbox)
    answer = modules.call(name, options, environment=environment)
    answer.refused("not trusted", "openssl rehash", kind="ConfigurationError")
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which prepares the folder, is not installed here")
    rehash(tmp_path)
    modules.call(name, options, environment=environment).ok()


def test_each_service_can_have_an_authority_of_its_own(
    modules: Modules, sandbox: Sandbox, gateway: Listener, authority: trustme.CA, tmp_path: Path
) -> None:
    """Entra by the sandbox's, StackOne by another, as behind a gateway of the company's."""
    modules.entra_app(**APP).ok()
    path = bundle(tmp_path / "ca.pem", authority)
    environment = modules.environment(
        STACKONE_API_URL=f"https://127.0.0.1:{gateway.port}/stackone", REQUESTS_CA_BUNDLE=None
    )
    options = {
        "display_name": APP["display_name"],
        "unique_name": APP["unique_name"],
        "callback_url": CALLBACK,
        "api": "Azure DevOps",
        "scopes": ["vso.project"],
        "profile_name": "Azure DevOps",
        "ca_path": sandbox.ca_path,
    }
    answer = modules.call("connector_info", options, environment=environment)
    answer.refused("not trusted", f"127.0.0.1:{gateway.port}")
    both = {**options, "stackone_ca_path": path}
    modules.call("connector_info", both, environment=environment).ok()


def test_authority_of_the_tasks_environment(
    player: Player, sandbox: Sandbox, gateway: Listener, authority: trustme.CA, tmp_path: Path
) -> None:
    """For the twin and for a module's process alike."""
    path = bundle(tmp_path / "ca.pem", authority)
    task = {
        "stackone.onboarding.entra_app_info": {},
        "environment": {"REQUESTS_CA_BUNDLE": path},
    }
    by_module = {
        "stackone_onboarding_in_process": False,
        "ansible_python_interpreter": sys.executable,
    }
    play = {"hosts": "all", "gather_facts": False, "connection": "local"}
    played = player.play(
        [{**play, "tasks": [task, {**task, "vars": by_module}]}],
        environment=gateway.environment(sandbox),
    )
    assert played.code == 0, played.output
    assert len(played.of("entra_app_info")) == 2


# -- certificates that are not good


@pytest.mark.parametrize("service", ASKS)
def test_certificate_of_an_authority_that_is_not_trusted(
    modules: Modules,
    sandbox: Sandbox,
    gateway: Listener,
    tmp_path: Path,
    service: str,
) -> None:
    name, options = ASKS[service]
    environment = gateway.environment(sandbox)
    path = bundle(tmp_path / "ca.pem", trustme.CA())
    answer = modules.call(name, {**options, "ca_path": path}, environment=environment)
    answer.refused(
        f"the TLS certificate of 127.0.0.1:{gateway.port} is not trusted",
        "certificate verify failed",
        "ca_path (or REQUESTS_CA_BUNDLE)",
        kind="ConfigurationError",
        method="GET",
    )
    assert sandbox.requests() == []
    assert gateway.connections == 1, "no repetition can mend it"


@pytest.mark.parametrize("what", BAD_CERTIFICATES)
@pytest.mark.parametrize("service", ASKS)
def test_certificate_that_is_not_good(
    modules: Modules,
    sandbox: Sandbox,
    authority: trustme.CA,
    tmp_path: Path,
    service: str,
    what: str,
) -> None:
    host, certificate, why, hint = BAD_CERTIFICATES[what]
    name, options = ASKS[service]
    path = bundle(tmp_path / "ca.pem", authority)
    with gateway_to(sandbox, authority, **certificate) as gateway:
        environment = {
            variable: value.replace("127.0.0.1", host)
            for variable, value in gateway.environment(sandbox).items()
        }
        answer = modules.call(name, {**options, "ca_path": path}, environment=environment)
    answer.refused("not trusted", why, hint, kind="ConfigurationError")
    assert sandbox.requests() == []


@pytest.mark.parametrize("what", [*BAD_CERTIFICATES, "not trusted"])
@pytest.mark.parametrize("name", SERVICES)
def test_certificates_can_go_unchecked(
    modules: Modules,
    sandbox: Sandbox,
    authority: trustme.CA,
    recwarn: pytest.WarningsRecorder,
    name: str,
    what: str,
) -> None:
    certificate = BAD_CERTIFICATES[what][1] if what in BAD_CERTIFICATES else {}
    with gateway_to(sandbox, authority, **certificate) as gateway:
        environment = gateway.environment(sandbox)
        answer = modules.call(name, {"validate_certs": False}, environment=environment).ok()
        assert gateway.connections >= 1
    assert answer.warnings == []
    assert [item for item in recwarn if "Unverified" in str(item.message)] == []


def test_certificate_of_a_proxy_is_not_taken_for_the_services(
    modules: Modules, sandbox: Sandbox, authority: trustme.CA
) -> None:
    with gateway_to(sandbox, authority) as proxy:
        environment = modules.environment(HTTPS_PROXY=f"https://127.0.0.1:{proxy.port}")
        answer = modules.call("entra_app_info", {}, environment=environment)
    answer.refused(f"the TLS certificate of 127.0.0.1:{proxy.port} is not trusted")


def test_server_that_ends_the_handshake_is_tried_again(modules: Modules, sandbox: Sandbox) -> None:
    """It may be restarting; it never saw the request."""

    def hang_up(connection: socket.socket) -> None:
        connection.recv(4096)

    with Listener(hang_up) as listener:
        environment = listener.environment(sandbox)
        answer = modules.call("stackone_connector_profile_info", {}, environment=environment)
    answer.refused("after 4 tries", f"127.0.0.1:{listener.port}", kind="LostAnswerError")
    assert listener.connections == 4
