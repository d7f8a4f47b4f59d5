# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""entra_token, and the ways to sign in: each by a real exchange with the sandbox."""

from __future__ import annotations

import base64
import json
import os
import stat
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from sandbox.client import Sandbox
from support.facts import APP
from support.modules import Modules


def claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))))


def forms(sandbox: Sandbox) -> list[dict[str, str]]:
    """What the token endpoint was asked with."""
    found = [item for item in sandbox.requests() if item["path"].endswith("/token")]
    return [item["body"] for item in found]


def without_secret(modules: Modules, **more: str | None) -> dict[str, str]:
    return modules.environment(AZURE_CLIENT_SECRET=None, **more)


# -- what it returns


def test_returns_a_token_for_graph_and_when_it_expires(modules: Modules, sandbox: Sandbox) -> None:
    call = modules.entra_token().ok()
    assert set(call.result) >= {"access_token", "expires_on", "auth_method", "changed"}
    assert (call.changed, call["auth_method"]) == (False, "client_secret")
    said = claims(call["access_token"])
    assert said["aud"] == "https://graph.microsoft.com"
    assert abs(call["expires_on"] - said["exp"]) <= 2
    answer = requests.get(
        f"{sandbox.graph_url}/v1.0/applications",
        headers={"Authorization": f"Bearer {call['access_token']}"},
        verify=sandbox.ca_path,
        timeout=10,
    )
    assert answer.status_code == 200


def test_every_module_takes_the_token(modules: Modules, sandbox: Sandbox) -> None:
    token = modules.entra_token().ok()["access_token"]
    sandbox.clear()
    environment = {
        name: value
        for name, value in sandbox.env().items()
        if name in ("ENTRA_GRAPH_URL", "REQUESTS_CA_BUNDLE")
    }
    made = modules.call("entra_app", {**APP, "access_token": token}, environment=environment).ok()
    named = {"client_id": made["app"]["client_id"], "access_token": token}
    modules.call("entra_admin_consent", named, environment=environment).ok()
    modules.call("entra_app_info", named, environment=environment).ok()
    assert {item["service"] for item in sandbox.requests()} == {"graph"}


def test_secret_of_an_app_is_verified_in_the_tokens_tenant(
    modules: Modules, sandbox: Sandbox
) -> None:
    """With a token alone no tenant is named: the one that issued it is meant."""
    client_id = modules.entra_app(**APP).ok()["app"]["client_id"]
    token = modules.entra_token().ok()["access_token"]
    environment = {
        name: value for name, value in sandbox.env().items() if not name.startswith("AZURE_")
    }
    options = {"client_id": client_id, "display_name": "job", "access_token": token}
    modules.call("entra_app_secret", options, environment=environment).ok()
    assert forms(sandbox)[-1]["client_id"] == client_id


def test_takes_no_access_token(modules: Modules, sandbox: Sandbox) -> None:
    modules.entra_token(access_token="x").refused("access_token")
    modules.entra_token(auth_method="access_token").refused("auth_method")
    assert sandbox.requests() == []
    environment = modules.environment(ENTRA_ACCESS_TOKEN="not.a.token")
    call = modules.call("entra_token", {}, environment=environment).ok()
    assert call["auth_method"] == "client_secret"


def test_changes_nothing_in_check_mode_and_returns_the_token(modules: Modules) -> None:
    call = modules.check("entra_token").ok()
    assert call["access_token"]


# -- each method


def test_client_secret(modules: Modules, sandbox: Sandbox) -> None:
    call = modules.entra_token(auth_method="client_secret").ok()
    assert call.said == ["Signing in by client_secret: auth_method says so"]
    (form,) = forms(sandbox)
    assert form["scope"] == "https://graph.microsoft.com/.default"


@pytest.mark.parametrize("kind", ["pem", "pfx", "pfx with a password"])
def test_certificate(modules: Modules, sandbox: Sandbox, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "certificate"
    password = "pfx-passw0rd" if "password" in kind else None
    path.write_bytes(certificate_file(sandbox.certificate(), kind, password))
    options = {"auth_certificate_path": str(path), "auth_certificate_password": password}
    call = modules.call("entra_token", options, environment=without_secret(modules)).ok()
    assert call["auth_method"] == "certificate"
    (form,) = forms(sandbox)
    assert "client_secret" not in form
    header = form["client_assertion"].split(".")[0]
    said = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    assert (said["alg"], "x5t#S256" in said) == ("PS256", True)


def certificate_file(made: dict[str, str], kind: str, password: str | None) -> bytes:
    if kind == "pem":
        return (made["private_key"] + made["certificate"]).encode()
    return pkcs12.serialize_key_and_certificates(
        b"automation",
        serialization.load_pem_private_key(made["private_key"].encode(), None),  # type: ignore[arg-type] - any key
        x509.load_pem_x509_certificate(made["certificate"].encode()),
        None,
        serialization.BestAvailableEncryption(password.encode())
        if password
        else serialization.NoEncryption(),
    )


def test_encrypted_pem_certificate(modules: Modules, sandbox: Sandbox, tmp_path: Path) -> None:
    made = sandbox.certificate()
    key = serialization.load_pem_private_key(made["private_key"].encode(), None)
    encrypted = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"pem-passw0rd"),
    )
    path = tmp_path / "certificate.pem"
    path.write_bytes(encrypted + made["certificate"].encode())
    right = {"auth_certificate_path": str(path), "auth_certificate_password": "pem-passw0rd"}
    modules.call("entra_token", right, environment=without_secret(modules)).ok()
    wrong = {**right, "auth_certificate_password": "wr0ng-passw0rd"}
    call = modules.call("entra_token", wrong, environment=without_secret(modules))
    call.refused("certificate", auth_method="certificate")


def test_unreadable_certificate(modules: Modules, tmp_path: Path) -> None:
    path = str(tmp_path / "none.pem")
    call = modules.call(
        "entra_token", {"auth_certificate_path": path}, environment=without_secret(modules)
    )
    call.refused(path, "cannot be read", kind="ConfigurationError", auth_method="certificate")


def test_workload_identity_reads_its_token_anew(
    modules: Modules, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "token"
    environment = without_secret(modules, AZURE_FEDERATED_TOKEN_FILE=str(path))
    for _time in range(2):
        path.write_text(sandbox.federated_token() + "\n", "utf-8")
        call = modules.call("entra_token", {}, environment=environment).ok()
        assert call["auth_method"] == "workload_identity"
        assert forms(sandbox)[-1]["client_assertion"] == path.read_text("utf-8").strip()


def test_unreadable_federated_token(modules: Modules, tmp_path: Path) -> None:
    path = str(tmp_path / "none")
    call = modules.call(
        "entra_token", {"auth_federated_token_file": path}, environment=without_secret(modules)
    )
    call.refused(path, "cannot be read", auth_method="workload_identity")


def test_federated_token_of_another_subject(
    modules: Modules, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "token"
    path.write_text(sandbox.federated_token(sub="system:serviceaccount:other:one"), "utf-8")
    call = modules.call(
        "entra_token",
        {"auth_federated_token_file": str(path)},
        environment=without_secret(modules),
    )
    call.refused("subject", auth_method="workload_identity", code="AADSTS700213")


class ManagedIdentity(BaseHTTPRequestHandler):
    """App Service's endpoint, as far as msal asks it."""

    token = ""
    asked: list[dict[str, list[str]]]

    def do_GET(self) -> None:
        type(self).asked.append(parse_qs(urlsplit(self.path).query))
        body = json.dumps(
            {
                "access_token": self.token,
                "expires_on": str(int(time.time()) + 3600),
                "resource": "https://graph.microsoft.com",
                "token_type": "Bearer",
            }
        ).encode()
        self.send_response(200 if self.headers["X-IDENTITY-HEADER"] == "header" else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@pytest.fixture
def managed_identity(modules: Modules) -> Iterator[dict[str, str]]:
    """The variables of an Azure resource with a managed identity."""
    ManagedIdentity.token = modules.entra_token().ok()["access_token"]
    ManagedIdentity.asked = []
    server = HTTPServer(("127.0.0.1", 0), ManagedIdentity)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    yield {
        "IDENTITY_ENDPOINT": f"http://127.0.0.1:{server.server_port}/msi/token",
        "IDENTITY_HEADER": "header",
    }
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("client_id", [None, "6d1c0f2e-0000-4000-8000-000000000001"])
def test_managed_identity(
    modules: Modules, managed_identity: dict[str, str], client_id: str | None
) -> None:
    environment = without_secret(modules, AZURE_CLIENT_ID=client_id, **managed_identity)
    call = modules.call("entra_token", {}, environment=environment).ok()
    assert call["auth_method"] == "managed_identity"
    assert call["access_token"] == ManagedIdentity.token
    (asked,) = ManagedIdentity.asked
    assert asked["resource"] == ["https://graph.microsoft.com"]
    assert asked.get("client_id", [None]) == [client_id]


def test_no_managed_identity_here(modules: Modules) -> None:
    environment = without_secret(
        modules, IDENTITY_ENDPOINT="http://127.0.0.1:9/x", IDENTITY_HEADER="h"
    )
    options = {"auth_method": "managed_identity", "wait_timeout": 2}
    call = modules.call("entra_token", options, environment=environment)
    call.refused("managed_identity", "Azure resource", auth_method="managed_identity")


@pytest.fixture
def az(tmp_path: Path) -> Path:
    """A folder for an ``az`` that stands for Azure CLI."""
    return tmp_path


def put_az(folder: Path, script: str) -> str:
    """The PATH with it in front."""
    path = folder / "az"
    path.write_text("#!/bin/sh\n" + script, "utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def test_azure_cli(modules: Modules, az: Path) -> None:
    token = modules.entra_token().ok()["access_token"]
    answer = json.dumps({"accessToken": token, "expires_on": int(time.time()) + 3000})
    script = f"echo \"$@\" > {az}/arguments\ncat <<'END'\n{answer}\nEND\n"
    environment = without_secret(modules, PATH=put_az(az, script))
    call = modules.call("entra_token", {}, environment=environment).ok()
    assert (call["auth_method"], call["access_token"]) == ("azure_cli", token)
    assert call.said == ["Signing in by azure_cli: az is on the PATH"]
    arguments = (az / "arguments").read_text("utf-8")
    assert "--resource https://graph.microsoft.com" in arguments
    assert f"--tenant {environment['AZURE_TENANT_ID']}" in arguments


def test_azure_cli_that_is_not_signed_in(modules: Modules, az: Path) -> None:
    script = "echo 'Please run az login to setup account.' >&2\nexit 1\n"
    environment = without_secret(modules, PATH=put_az(az, script))
    call = modules.call("entra_token", {}, environment=environment)
    call.refused("Please run az login", auth_method="azure_cli", kind="SignInError")


def test_azure_cli_that_is_not_installed(modules: Modules, az: Path) -> None:
    environment = without_secret(modules, PATH=str(az))
    call = modules.call("entra_token", {"auth_method": "azure_cli"}, environment=environment)
    call.refused("az could not be run", auth_method="azure_cli", kind="SignInError")


# -- which method


def test_auto_takes_the_first_that_is_configured(
    modules: Modules, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "token"
    path.write_text(sandbox.federated_token(), "utf-8")
    environment = modules.environment(AZURE_FEDERATED_TOKEN_FILE=str(path))
    call = modules.call("entra_token", {}, environment=environment).ok()
    assert call["auth_method"] == "client_secret"
    assert call.said == [
        "Signing in by client_secret: AZURE_CLIENT_SECRET is set in the environment"
    ]


def test_what_the_task_says_counts_before_the_environment(
    modules: Modules, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "token"
    path.write_text(sandbox.federated_token(), "utf-8")
    call = modules.entra_token(auth_federated_token_file=str(path)).ok()
    assert call["auth_method"] == "workload_identity"
    assert call.said == [
        "Signing in by workload_identity: auth_federated_token_file is given on the task"
    ]


def test_auth_method_names_one(modules: Modules, sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(sandbox.federated_token(), "utf-8")
    environment = modules.environment(
        AZURE_FEDERATED_TOKEN_FILE=str(path), ENTRA_AUTH_METHOD="workload_identity"
    )
    call = modules.call("entra_token", {}, environment=environment).ok()
    assert call["auth_method"] == "workload_identity"
    on_task = {"auth_method": "client_secret"}
    call = modules.call("entra_token", on_task, environment=environment).ok()
    assert call["auth_method"] == "client_secret"


# -- how long it serves


def test_refused_token_is_replaced_once(modules: Modules, sandbox: Sandbox) -> None:
    modules.entra_app(**APP).ok()
    refused = {"kind": "status", "status": 401, "code": "InvalidAuthenticationToken"}
    sandbox.faults([{"match": {"service": "graph"}, "fault": refused}])
    sandbox.clear()
    modules.entra_app(unique_name=APP["unique_name"]).ok()
    assert len(forms(sandbox)) == 2


def test_token_that_is_refused_again_is_an_error(modules: Modules, sandbox: Sandbox) -> None:
    refused = {"kind": "status", "status": 401, "code": "InvalidAuthenticationToken"}
    sandbox.faults([{"match": {"service": "graph"}, "times": 0, "fault": refused}])
    call = modules.entra_app(unique_name=APP["unique_name"])
    call.refused("access token", status=401, code="InvalidAuthenticationToken")
    assert len(forms(sandbox)) == 2


def test_given_token_that_expired_is_replaced_by_signing_in(
    modules: Modules, sandbox: Sandbox
) -> None:
    token = modules.entra_token().ok()["access_token"]
    modules.clock.pass_by(hours=2)
    sandbox.clear()
    call = modules.entra_app(**APP, access_token=token).ok()
    assert call.said == [
        "Signing in by client_secret: the access token given has expired, and "
        "AZURE_CLIENT_SECRET is set in the environment",
    ]
    assert len(forms(sandbox)) == 1


@pytest.mark.parametrize("auth_method", ["auto", "access_token"])
def test_given_token_that_expired_with_nothing_else(
    modules: Modules, sandbox: Sandbox, auth_method: str
) -> None:
    token = modules.entra_token().ok()["access_token"]
    modules.clock.pass_by(hours=2)
    options = {**APP, "access_token": token, "auth_method": auth_method}
    call = modules.call("entra_app", options, environment=without_secret(modules, PATH="/nowhere"))
    call.refused("access token", "fresh access_token", kind="SignInError")
