# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every way to sign in, in every form that it has, and what is said where one fails."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import PrivateFormat

from ansible_collections.stackone.onboarding.plugins.module_utils._aadsts import MEANINGS
from sandbox.client import Sandbox
from support import tree
from support.azure_cli import AzureCli
from support.certificates import KeyPair, der_of
from support.clock import SandboxClock
from support.facts import APP
from support.modules import Call, Modules
from support.playbooks import Player

PASSWORD = "certificate-passw0rd"
IDENTITY_OBJECT_ID = "c2b8a1d4-3e57-4f6b-8a90-1d2c3b4a5e6f"
NOWHERE = "/nowhere"  # a PATH without az


@pytest.fixture
def az(tmp_path: Path) -> AzureCli:
    folder = tmp_path / "bin"
    folder.mkdir()
    return AzureCli(folder)


def sign_in(modules: Modules, options: dict[str, Any] | None = None, **environment: Any) -> Call:
    """With no credential but what is given here."""
    values = {"AZURE_CLIENT_SECRET": None, "PATH": NOWHERE, **environment}
    return modules.call("entra_token", options or {}, environment=modules.environment(**values))


def forms(sandbox: Sandbox) -> list[dict[str, str]]:
    """What the token endpoint was asked with."""
    return [
        item["body"]
        for item in sandbox.requests()
        if item["service"] == "login" and item["path"].endswith("/token")
    ]


def asked(sandbox: Sandbox, *services: str) -> list[dict[str, Any]]:
    return [item for item in sandbox.requests() if item["service"] in services]


def part_of(token: str, index: int) -> dict[str, Any]:
    text = token.split(".")[index]
    return dict(json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))))


def claims(token: str) -> dict[str, Any]:
    return part_of(token, 1)


# -- certificate

# Each with the file's content and the password that the task gives.
GOOD_FILES: dict[str, Callable[[KeyPair], tuple[str | bytes, str]]] = {
    "pem": lambda pair: (pair.key + pair.certificate, ""),
    "pem, certificate first": lambda pair: (pair.certificate + pair.key, ""),
    "pem with the key as OpenSSL used to write it": lambda pair: (
        pair.certificate + pair.pem_key(form=PrivateFormat.TraditionalOpenSSL),
        "",
    ),
    "pem with text around it": lambda pair: (f"Bag\n{pair.key}\nBag\n{pair.certificate}", ""),
    "encrypted pem": lambda pair: (pair.pem_key(PASSWORD) + pair.certificate, PASSWORD),
    "encrypted pem, certificate first": lambda pair: (
        pair.certificate + pair.pem_key(PASSWORD),
        PASSWORD,
    ),
    "pem and a password left over": lambda pair: (pair.key + pair.certificate, PASSWORD),
    "pfx": lambda pair: (pair.pfx(), ""),
    "pfx with a password": lambda pair: (pair.pfx(PASSWORD), PASSWORD),
    "pfx and a password left over": lambda pair: (pair.pfx(), PASSWORD),
}


def write(path: Path, content: str | bytes) -> str:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


@pytest.mark.parametrize("kind", GOOD_FILES)
def test_certificate_file(modules: Modules, sandbox: Sandbox, tmp_path: Path, kind: str) -> None:
    pair = KeyPair.of(sandbox.certificate())
    content, password = GOOD_FILES[kind](pair)
    path = write(tmp_path / "certificate", content)
    options = {"auth_certificate_path": path, "auth_certificate_password": password or None}
    assert sign_in(modules, options).ok()["auth_method"] == "certificate"
    (form,) = forms(sandbox)
    assert part_of(form["client_assertion"], 0)["alg"] == "PS256"
    header = part_of(form["client_assertion"], 0)
    assert header["x5t#S256"].rstrip("=") == pair.thumbprint
    assert not {"x5t", "x5c"} & set(header), "neither SHA-1 nor the certificate itself"
    assert "client_secret" not in form


def test_certificate_by_the_environment(modules: Modules, sandbox: Sandbox, tmp_path: Path) -> None:
    pair = KeyPair.of(sandbox.certificate())
    write(tmp_path / "certificate.pfx", pair.pfx(PASSWORD))
    call = sign_in(
        modules,
        HOME=str(tmp_path),
        AZURE_CLIENT_CERTIFICATE_PATH="~/certificate.pfx",
        AZURE_CLIENT_CERTIFICATE_PASSWORD=PASSWORD,
    )
    call.ok()
    assert call.said == [
        "Signing in by certificate: AZURE_CLIENT_CERTIFICATE_PATH is set in the environment"
    ]


@pytest.mark.parametrize("tenant", ["contoso.onmicrosoft.com", "contoso.com"])
def test_certificate_in_a_tenant_named_by_its_domain(
    modules: Modules, sandbox: Sandbox, tmp_path: Path, tenant: str
) -> None:
    pair = KeyPair.of(sandbox.certificate())
    path = write(tmp_path / "certificate", pair.key + pair.certificate)
    sign_in(modules, {"auth_certificate_path": path, "tenant_id": tenant}).ok()
    audience = claims(forms(sandbox)[0]["client_assertion"])["aud"]
    (question,) = [item for item in asked(sandbox, "login") if item["method"] == "POST"]
    assert audience == f"{sandbox.authority_url}{question['path']}"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def trust_by_name(sandbox: Sandbox, pair: KeyPair) -> None:
    """What an administrator sets up for Subject Name/Issuer authentication."""
    trusted = {"subject": pair.subject, "issuer": der_of(pair.above[0])}
    sandbox.edit(kind="applications", id=IDENTITY_OBJECT_ID, set={"_trusted_names": [trusted]})


@pytest.mark.parametrize("kind", ["pem", "pem, the issuer's first", "pfx"])
@pytest.mark.parametrize("said", ["task", "ENTRA_SEND_X5C", "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN"])
def test_certificate_is_sent_for_subject_name_issuer_authentication(
    modules: Modules,
    sandbox: Sandbox,
    tmp_path: Path,
    authority: trustme.CA,
    kind: str,
    said: str,
) -> None:
    pair = KeyPair.issued_by(authority)
    trust_by_name(sandbox, pair)
    content: str | bytes = {
        "pem": pair.key + pair.certificate + pair.above[0],
        "pem, the issuer's first": pair.above[0] + pair.certificate + pair.key,
        "pfx": pair.pfx(),
    }[kind]
    options: dict[str, Any] = {"auth_certificate_path": write(tmp_path / "file", content)}
    if said == "task":
        sign_in(modules, {**options, "auth_send_x5c": True}).ok()
    else:
        sign_in(modules, options, **{said: "true"}).ok()
    header = part_of(forms(sandbox)[0]["client_assertion"], 0)
    assert header["x5c"] == pair.chain, "its own certificate first"
    assert header["alg"] == "PS256"
    refused = sign_in(modules, options)
    refused.refused("AADSTS700027", "not registered", auth_method="certificate")


BAD_FILES: dict[str, tuple[Callable[[KeyPair], str | bytes], str, list[str]]] = {
    "wrong password of a pem": (
        lambda pair: pair.pem_key(PASSWORD) + pair.certificate,
        "wr0ng-passw0rd",
        ["password is wrong", "auth_certificate_password"],
    ),
    "no password for an encrypted pem": (
        lambda pair: pair.pem_key(PASSWORD) + pair.certificate,
        "",
        ["encrypted", "AZURE_CLIENT_CERTIFICATE_PASSWORD"],
    ),
    "wrong password of a pfx": (
        lambda pair: pair.pfx(PASSWORD),
        "wr0ng-passw0rd",
        ["password is wrong", "auth_certificate_password"],
    ),
    "no password for an encrypted pfx": (
        lambda pair: pair.pfx(PASSWORD),
        "",
        ["encrypted", "AZURE_CLIENT_CERTIFICATE_PASSWORD"],
    ),
    "pem without a key": (lambda pair: pair.certificate, "", ["no private key"]),
    "pem without a certificate": (lambda pair: pair.key, "", ["no certificate"]),
    "pfx without a key": (lambda pair: pair.pfx(key=False), "", ["no private key"]),
    "pfx with other certificates only": (
        lambda pair: pair.pfx(certificate=False),
        "",
        ["no certificate of its private key"],
    ),
    "damaged pem": (
        lambda pair: pair.key.replace("M", "!", 9) + pair.certificate,
        "",
        ["damaged"],
    ),
    "neither pem nor pfx": (lambda pair: b"\x00\x01 something else", "", ["neither a PEM nor"]),
    "empty": (lambda pair: b"", "", ["neither a PEM nor"]),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_certificate_file_that_cannot_be_used(
    modules: Modules, sandbox: Sandbox, tmp_path: Path, authority: trustme.CA, kind: str
) -> None:
    content, password, words = BAD_FILES[kind]
    pair = KeyPair.issued_by(authority)
    modules.secrets.learn([pair.key.splitlines()[3], PASSWORD])
    path = write(tmp_path / "certificate", content(pair))
    options = {"auth_certificate_path": path, "auth_certificate_password": password or None}
    call = sign_in(modules, options)
    call.refused(path, *words, kind="ConfigurationError", auth_method="certificate")
    assert sandbox.requests() == []


def test_certificate_of_another_key(
    modules: Modules, tmp_path: Path, authority: trustme.CA
) -> None:
    pair, other = KeyPair.issued_by(authority), KeyPair.issued_by(authority)
    path = write(tmp_path / "certificate", pair.key + other.certificate)
    sign_in(modules, {"auth_certificate_path": path}).refused(path, "belongs to its private key")


def test_certificate_of_a_key_that_entra_does_not_take(
    modules: Modules, tmp_path: Path, authority: trustme.CA
) -> None:
    pair = KeyPair.issued_by(authority, key_type=trustme.KeyType.ECDSA)
    path = write(tmp_path / "certificate", pair.key + pair.certificate)
    sign_in(modules, {"auth_certificate_path": path}).refused(path, "not an RSA key")


def test_certificate_in_a_folder(modules: Modules, tmp_path: Path) -> None:
    call = sign_in(modules, {"auth_certificate_path": str(tmp_path)})
    call.refused(str(tmp_path), "cannot be read", kind="ConfigurationError")


def test_certificate_that_is_not_registered(
    modules: Modules, sandbox: Sandbox, tmp_path: Path, authority: trustme.CA
) -> None:
    pair = KeyPair.issued_by(authority)
    path = write(tmp_path / "certificate", pair.pfx())
    call = sign_in(modules, {"auth_certificate_path": path})
    error = call.refused(
        "not registered",
        "Upload the certificate",
        "auth_certificate_path",
        kind="SignInError",
        code="AADSTS700027",
        status=401,
    )
    assert error["trace_id"] and error["trace_id"] in call["msg"]


def test_certificate_that_has_expired(modules: Modules, sandbox: Sandbox, tmp_path: Path) -> None:
    pair = KeyPair.of(sandbox.certificate(days=1))
    path = write(tmp_path / "certificate", pair.pfx())
    sign_in(modules, {"auth_certificate_path": path}).ok()
    modules.clock.pass_by(days=2)
    call = sign_in(modules, {"auth_certificate_path": path})
    call.refused("expired", code="AADSTS700027")


# -- workload identity federation


@pytest.mark.parametrize(
    ("claim", "code", "word"),
    [
        ({"iss": "https://elsewhere.example"}, 700211, "issuer"),
        ({"aud": "https://elsewhere.example"}, 700212, "audience"),
        ({"sub": "system:serviceaccount:other:one"}, 700213, "subject"),
        ({"expires_in": -5}, 700024, "not valid now"),
    ],
)
def test_federated_token_that_does_not_match(
    modules: Modules,
    sandbox: Sandbox,
    tmp_path: Path,
    claim: dict[str, Any],
    code: int,
    word: str,
) -> None:
    token = sandbox.federated_token(**claim)
    modules.secrets.learn([token])
    path = write(tmp_path / "token", token)
    call = sign_in(modules, {"auth_federated_token_file": path})
    call.refused(word, kind="SignInError", auth_method="workload_identity", code=f"AADSTS{code}")


def test_identity_without_a_federated_credential(
    modules: Modules, sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.edit(kind="applications", id=IDENTITY_OBJECT_ID, set={"_federated": []})
    path = write(tmp_path / "token", sandbox.federated_token())
    call = sign_in(modules, {"auth_federated_token_file": path})
    call.refused("no federated credential", "issuer and subject", code="AADSTS70025")


def test_federated_token_file_that_holds_no_token(
    modules: Modules, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = write(tmp_path / "token", "\n")
    call = sign_in(modules, {"auth_federated_token_file": path})
    call.refused(path, "is empty", kind="ConfigurationError", auth_method="workload_identity")
    path = write(tmp_path / "token", b"\xff\xfe\x00")
    sign_in(modules, {"auth_federated_token_file": path}).refused(path, "cannot be read")
    path = write(tmp_path / "token", "something else")
    call = sign_in(modules, {"auth_federated_token_file": path})
    call.refused("not a JWT", "auth_federated_token_file", code="AADSTS50027")


class Projecting(SandboxClock):
    """As time passes, a cluster replaces the token in the file."""

    def __init__(self, sandbox: Sandbox, path: Path) -> None:
        super().__init__(sandbox)
        self._issue = sandbox.federated_token
        self._path = path
        self.tokens: list[str] = []
        self.project()

    def project(self) -> None:
        self.tokens.append(self._issue())
        self._path.write_text(self.tokens[-1], "utf-8")

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.project()


def test_federated_token_is_read_anew_at_each_use(
    modules: Modules, sandbox: Sandbox, tmp_path: Path
) -> None:
    modules.stay_in_this_process("The test's own clock writes a token at each wait.")
    path = tmp_path / "token"
    clock = Projecting(sandbox, path)
    modules.clock = clock
    sandbox.options(token_lifetime=60, lag_applications=60)
    options = {**APP, "auth_federated_token_file": str(path)}
    environment = modules.environment(AZURE_CLIENT_SECRET=None)
    modules.call("entra_app", options, environment=environment).ok()
    first, second, *_more = [form["client_assertion"] for form in forms(sandbox)]
    assert first == clock.tokens[0]
    assert second in clock.tokens[1:]


CI_SYSTEMS = {"github_actions": "GitHub Actions", "azure_pipelines": "Azure Pipelines"}


@pytest.mark.parametrize("place", CI_SYSTEMS)
def test_token_of_a_ci_system(modules: Modules, sandbox: Sandbox, place: str) -> None:
    variables = sandbox.env_in(place)
    modules.secrets.learn([variables.get("SYSTEM_ACCESSTOKEN") or list(variables.values())[1]])
    call = sign_in(modules, **variables).ok()
    assert call["auth_method"] == "workload_identity"
    assert call.said == [f"Signing in by workload_identity: {CI_SYSTEMS[place]} runs this"]
    (question,) = asked(sandbox, "ci")
    assert question["headers"]["authorization"] == "Bearer"
    answer = question["answer"]
    assert forms(sandbox)[0]["client_assertion"] in (answer.get("value"), answer.get("oidcToken"))
    modules.secrets.learn([forms(sandbox)[0]["client_assertion"]])


@pytest.mark.parametrize(
    ("cloud", "audience"),
    [
        ("public", "api://AzureADTokenExchange"),
        ("us_government", "api://AzureADTokenExchangeUSGov"),
        ("us_government_dod", "api://AzureADTokenExchangeUSGov"),
        ("china", "api://AzureADTokenExchangeChina"),
    ],
)
def test_github_is_asked_for_a_token_for_the_cloud(
    modules: Modules, sandbox: Sandbox, cloud: str, audience: str
) -> None:
    sandbox.options(cloud=cloud)
    sign_in(modules, {"cloud": cloud}, **sandbox.env_in("github_actions"))
    (question,) = asked(sandbox, "ci")
    assert question["query"] == {"api-version": "2.0", "audience": audience}


def test_azure_pipelines_is_asked_for_the_service_connection(
    modules: Modules, sandbox: Sandbox
) -> None:
    variables = sandbox.env_in("azure_pipelines")
    sign_in(modules, **variables).ok()
    (question,) = asked(sandbox, "ci")
    assert question["method"] == "POST"
    assert question["query"] == {
        "api-version": "7.1",
        "serviceConnectionId": variables["AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"],
    }


@pytest.mark.parametrize(
    ("place", "variable", "status", "hint"),
    [
        ("github_actions", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", 401, "id-token: write"),
        ("azure_pipelines", "SYSTEM_ACCESSTOKEN", 401, "System.AccessToken"),
        (
            "azure_pipelines",
            "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
            404,
            "service connection",
        ),
    ],
)
def test_ci_system_that_issues_no_token(
    modules: Modules, sandbox: Sandbox, place: str, variable: str, status: int, hint: str
) -> None:
    variables = {**sandbox.env_in(place), variable: "s0mething-wr0ng"}
    modules.secrets.learn(["s0mething-wr0ng"])
    call = sign_in(modules, **variables)
    call.refused(
        f"{CI_SYSTEMS[place]} issued no token",
        f"answered {status}",
        hint,
        kind="SignInError",
        auth_method="workload_identity",
        status=status,
    )
    assert forms(sandbox) == []


@pytest.mark.parametrize(
    ("place", "lacking", "hint"),
    [
        ("github_actions", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "id-token: write"),
        ("azure_pipelines", "SYSTEM_ACCESSTOKEN", "System.AccessToken"),
        ("azure_pipelines", "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "AzureCLI@2"),
    ],
)
def test_ci_system_half_set_up(
    modules: Modules, sandbox: Sandbox, place: str, lacking: str, hint: str
) -> None:
    variables = {name: value for name, value in sandbox.env_in(place).items() if name != lacking}
    call = sign_in(modules, {"auth_method": "workload_identity"}, **variables)
    call.refused(lacking, hint, CI_SYSTEMS[place], kind="ConfigurationError")
    assert sandbox.requests() == []


def test_ci_system_that_is_busy_is_asked_again(modules: Modules, sandbox: Sandbox) -> None:
    busy = {"kind": "status", "status": 503, "retry_after": 2}
    sandbox.faults([{"match": {"service": "ci"}, "times": 2, "fault": busy}])
    sign_in(modules, **sandbox.env_in("azure_pipelines")).ok()
    assert len(asked(sandbox, "ci")) == 3


def test_job_that_may_ask_for_tokens_need_not_mean_it(
    modules: Modules, sandbox: Sandbox, az: AzureCli
) -> None:
    """A job with id-token: write that has signed in by azure/login names no client id."""
    az.answers(accessToken=modules.entra_token()["access_token"])
    call = sign_in(
        modules, **sandbox.env_in("github_actions"), AZURE_CLIENT_ID=None, PATH=az.path
    ).ok()
    assert call["auth_method"] == "azure_cli"
    assert asked(sandbox, "ci") == []


# -- managed identity

PLACES = {
    "virtual_machine": "AZURE_POD_IDENTITY_AUTHORITY_HOST is set in the environment",
    "app_service": "IDENTITY_ENDPOINT and IDENTITY_HEADER are set in the environment",
}


@pytest.mark.parametrize("kind", ["system", "user"])
@pytest.mark.parametrize("place", PLACES)
def test_managed_identity(modules: Modules, sandbox: Sandbox, place: str, kind: str) -> None:
    sandbox.options(managed_identity=kind)
    client_id = sandbox.info["client_id"] if kind == "user" else None
    variables = sandbox.env_in(place)
    modules.secrets.learn([variables.get("IDENTITY_HEADER", "no-such-header")])
    call = sign_in(modules, AZURE_CLIENT_ID=client_id, AZURE_TENANT_ID=None, **variables).ok()
    assert call.said == [f"Signing in by managed_identity: {PLACES[place]}"]
    (question,) = asked(sandbox, "metadata", "msi")
    assert question["query"]["resource"] == "https://graph.microsoft.com"
    assert question["query"].get("client_id") == client_id
    assert abs(call["expires_on"] - claims(call["access_token"])["exp"]) <= 2
    assert forms(sandbox) == []


@pytest.mark.parametrize("place", PLACES)
def test_managed_identity_does_the_whole_work(
    modules: Modules, sandbox: Sandbox, place: str
) -> None:
    """No tenant is named: that of the token is meant, also where a new secret is tried."""
    environment = modules.environment(
        AZURE_TENANT_ID=None,
        AZURE_CLIENT_ID=None,
        AZURE_CLIENT_SECRET=None,
        **sandbox.env_in(place),
    )
    made = modules.call("entra_app", APP, environment=environment).ok()
    secret = {"client_id": made["app"]["client_id"], "display_name": "job"}
    modules.call("entra_app_secret", secret, environment=environment).ok()


@pytest.mark.parametrize("place", PLACES)
def test_resource_without_that_identity(modules: Modules, sandbox: Sandbox, place: str) -> None:
    sandbox.options(managed_identity="system")
    call = sign_in(modules, **sandbox.env_in(place))
    call.refused(
        "managed_identity as the user-assigned identity",
        sandbox.info["client_id"],
        "auth_client_id (or AZURE_CLIENT_ID)",
        kind="SignInError",
        auth_method="managed_identity",
        status=400,
    )
    sandbox.options(managed_identity="user")
    call = sign_in(modules, AZURE_CLIENT_ID=None, **sandbox.env_in(place))
    call.refused("managed_identity as the system-assigned identity", kind="SignInError")


def test_machine_that_is_not_azures(modules: Modules, sandbox: Sandbox) -> None:
    """Other clouds have another service at that address."""
    place = sandbox.env_in("virtual_machine")["AZURE_POD_IDENTITY_AUTHORITY_HOST"]
    call = sign_in(modules, AZURE_POD_IDENTITY_AUTHORITY_HOST=f"{place}/msi")
    call.refused("managed_identity", "answered 404", "Azure resource", kind="SignInError")


def test_no_endpoint_of_managed_identities(modules: Modules) -> None:
    options = {"auth_method": "managed_identity", "wait_timeout": 2}
    call = sign_in(modules, options, AZURE_POD_IDENTITY_AUTHORITY_HOST="http://127.0.0.1:9")
    call.refused("managed_identity", "could not connect", "Azure resource", kind="SignInError")


def test_managed_identity_in_service_fabric_is_refused(modules: Modules, sandbox: Sandbox) -> None:
    call = sign_in(
        modules,
        **sandbox.env_in("app_service"),
        IDENTITY_SERVER_THUMBPRINT="AB" * 20,
    )
    call.refused("managed_identity", "Service Fabric", kind="SignInError")
    assert sandbox.requests() == []


@pytest.mark.parametrize("status", [429, 503])
def test_metadata_service_that_is_busy_is_asked_again(
    modules: Modules, sandbox: Sandbox, status: int
) -> None:
    busy = {"kind": "status", "status": status}
    sandbox.faults([{"match": {"service": "metadata"}, "times": 2, "fault": busy}])
    sign_in(modules, **sandbox.env_in("virtual_machine")).ok()
    assert len(asked(sandbox, "metadata")) == 3


@pytest.mark.parametrize(
    "variables",
    [
        {"IDENTITY_ENDPOINT": "http://127.0.0.1:9/msi"},
        {"MSI_ENDPOINT": "http://127.0.0.1:9/oauth2/token"},  # Cloud Shell sets just this
        {"IDENTITY_HEADER": "header"},
    ],
)
def test_half_of_the_variables_is_no_managed_identity(
    modules: Modules, az: AzureCli, variables: dict[str, str]
) -> None:
    az.answers(accessToken=modules.entra_token()["access_token"])
    assert sign_in(modules, PATH=az.path, **variables).ok()["auth_method"] == "azure_cli"


# -- Azure CLI


def test_session_of_azure_cli(modules: Modules, sandbox: Sandbox, az: AzureCli) -> None:
    token = modules.entra_token().ok()["access_token"]
    az.answers(accessToken=token, expires_on=claims(token)["exp"], tokenType="Bearer")
    call = sign_in(modules, PATH=az.path).ok()
    assert (call["access_token"], call["expires_on"]) == (token, claims(token)["exp"])
    tenant = sandbox.info["tenant_id"]
    assert az.calls == [
        "account get-access-token --output json "
        f"--resource https://graph.microsoft.com --tenant {tenant}"
    ]
    sign_in(modules, PATH=az.path, AZURE_TENANT_ID=None).ok()
    assert "--tenant" not in az.calls[1], "its own, then"


def test_azure_cli_that_is_too_old_to_tell_the_expiry(modules: Modules, az: AzureCli) -> None:
    """Before 2.54 it told only a local time without a zone: the token's own claim counts."""
    token = modules.entra_token().ok()["access_token"]
    az.answers(accessToken=token, expiresOn="2001-01-01 00:00:00.000000")
    assert sign_in(modules, PATH=az.path).ok()["expires_on"] == claims(token)["exp"]
    az.answers(accessToken="opaque-token", expiresOn="2001-01-01 00:00:00.000000")
    call = sign_in(modules, PATH=az.path).ok()
    assert call["expires_on"] > modules.clock.now().timestamp() + 200


def test_azure_cli_that_is_not_logged_in(modules: Modules, az: AzureCli) -> None:
    az.fails("WARNING: an extension is old", "ERROR: Please run 'az login' to setup account.")
    call = sign_in(modules, PATH=az.path)
    call.refused(
        "Signing in by azure_cli failed",
        "WARNING: an extension is old Please run 'az login' to setup account.",
        "auth_method auto chose azure_cli: az is on the PATH",
        kind="SignInError",
        auth_method="azure_cli",
    )
    assert "\n" not in call["msg"]


@pytest.mark.parametrize("said", ["", "Welcome to Azure CLI", "[]", "{}"])
def test_azure_cli_that_answers_something_else(modules: Modules, az: AzureCli, said: str) -> None:
    az.runs(f"echo '{said}'")
    sign_in(modules, PATH=az.path).refused("without an access token", "Update Azure CLI")


def test_azure_cli_that_hangs_is_ended_with_all_that_it_started(
    modules: Modules, az: AzureCli, tmp_path: Path
) -> None:
    started = tmp_path / "started"
    os.mkfifo(started)
    # Nobody writes into the pipe's end that the inner process holds open: it closes when it ends.
    az.runs(f"(exec 3>'{started}'; exec sleep 600) &\nwait")
    ended = threading.Event()

    def watch() -> None:
        with open(started, "rb") as pipe:
            pipe.read()
        ended.set()

    threading.Thread(target=watch, daemon=True).start()
    call = sign_in(modules, {"request_timeout": 0.5}, PATH=az.path)
    call.refused("az gave no answer in 0.5 s", "request_timeout", auth_method="azure_cli")
    assert ended.wait(20), "a process of az is left over"


def test_azure_cli_cannot_ask_a_question(modules: Modules, az: AzureCli) -> None:
    az.runs("read -r answer || { echo 'ERROR: no terminal' >&2; exit 1; }")
    with a_terminal_that_waits():
        sign_in(modules, {"request_timeout": 10}, PATH=az.path).refused("no terminal")


@contextlib.contextmanager
def a_terminal_that_waits() -> Iterator[None]:
    """A stdin of this process that nobody writes to, and that does not end."""
    reading, writing = os.pipe()
    before = os.dup(0)
    os.dup2(reading, 0)
    try:
        yield
    finally:
        os.dup2(before, 0)
        for descriptor in (before, reading, writing):
            os.close(descriptor)


def test_azure_cli_that_is_not_installed(modules: Modules) -> None:
    call = sign_in(modules, {"auth_method": "azure_cli"})
    call.refused("az could not be run", "Install Azure CLI", auth_method="azure_cli")
    assert "auto" not in call["msg"]


# -- a token given


def test_token_given_is_used_as_it_is(modules: Modules, sandbox: Sandbox) -> None:
    token = modules.entra_token().ok()["access_token"]
    sandbox.clear()
    call = modules.entra_app_info(access_token=f" {token}\n").ok()
    assert call.said == ["Signing in by access_token: access_token is given on the task"]
    assert {item["service"] for item in sandbox.requests()} == {"graph"}


def test_token_that_is_no_jwt_is_left_to_graph(modules: Modules, sandbox: Sandbox) -> None:
    options = {"access_token": "an-opaque-token", "auth_method": "access_token"}
    call = modules.entra_app_info(**options)
    call.refused("access token was refused", "fresh access_token", auth_method="access_token")
    assert [item["status"] for item in sandbox.requests()] == [401]


@pytest.mark.parametrize("payload", ["[]", '{"exp": "soon"}', "no json", "\u00ff"])
def test_token_with_strange_claims(modules: Modules, sandbox: Sandbox, payload: str) -> None:
    middle = base64.urlsafe_b64encode(payload.encode("latin-1")).decode().rstrip("=")
    call = modules.entra_app_info(access_token=f"eyJ.{middle}.sig").ok()
    assert "the access token given was refused" in call.said[1]


# -- which method

Environment = dict[str, str]


def all_configured(modules: Modules, sandbox: Sandbox, az: AzureCli, folder: Path) -> Environment:
    """An environment in which every method works, as no one should have it."""
    pair = KeyPair.of(sandbox.certificate())
    token = modules.entra_token().ok()["access_token"]
    az.answers(accessToken=token)
    return {
        **sandbox.env(),
        **sandbox.env_in("github_actions"),
        **sandbox.env_in("app_service"),
        "ENTRA_ACCESS_TOKEN": token,
        "AZURE_CLIENT_CERTIFICATE_PATH": write(folder / "certificate.pfx", pair.pfx()),
        "AZURE_FEDERATED_TOKEN_FILE": write(folder / "token", sandbox.federated_token()),
        "PATH": az.path,
    }


# In the order of auto: what is taken out of the environment after each.
ORDER: list[tuple[str, str, list[str]]] = [
    ("access_token", "ENTRA_ACCESS_TOKEN", ["ENTRA_ACCESS_TOKEN"]),
    ("client_secret", "AZURE_CLIENT_SECRET", ["AZURE_CLIENT_SECRET"]),
    ("certificate", "AZURE_CLIENT_CERTIFICATE_PATH", ["AZURE_CLIENT_CERTIFICATE_PATH"]),
    ("workload_identity", "AZURE_FEDERATED_TOKEN_FILE", ["AZURE_FEDERATED_TOKEN_FILE"]),
    ("workload_identity", "GitHub Actions", ["ACTIONS_ID_TOKEN_REQUEST_URL"]),
    ("managed_identity", "IDENTITY_ENDPOINT", ["IDENTITY_ENDPOINT"]),
    ("azure_cli", "az", []),
]


def test_auto_takes_them_in_their_order(
    modules: Modules, sandbox: Sandbox, az: AzureCli, tmp_path: Path
) -> None:
    environment = all_configured(modules, sandbox, az, tmp_path)
    for method, reason, unset in ORDER:
        call = modules.call("entra_app_info", {}, environment=environment).ok()
        (said,) = call.said
        assert said.startswith(f"Signing in by {method}: {reason}"), said
        environment = {name: value for name, value in environment.items() if name not in unset}


@pytest.mark.parametrize(
    ("method", "option"),
    [
        ("access_token", "access_token"),
        ("client_secret", "auth_client_secret"),
        ("certificate", "auth_certificate_path"),
        ("workload_identity", "auth_federated_token_file"),
    ],
)
def test_what_the_task_gives_counts_before_all_that_the_environment_holds(
    modules: Modules,
    sandbox: Sandbox,
    az: AzureCli,
    tmp_path: Path,
    method: str,
    option: str,
) -> None:
    environment = all_configured(modules, sandbox, az, tmp_path)
    variable = {
        "access_token": "ENTRA_ACCESS_TOKEN",
        "auth_client_secret": "AZURE_CLIENT_SECRET",
        "auth_certificate_path": "AZURE_CLIENT_CERTIFICATE_PATH",
        "auth_federated_token_file": "AZURE_FEDERATED_TOKEN_FILE",
    }[option]
    options = {option: environment.pop(variable)}
    call = modules.call("entra_app_info", options, environment=environment).ok()
    assert call.said == [f"Signing in by {method}: {option} is given on the task"]


def test_first_that_is_configured_is_not_passed_over_for_being_incomplete(
    modules: Modules, sandbox: Sandbox, az: AzureCli
) -> None:
    """Another identity than the one that was meant might do the work."""
    az.answers(accessToken="x")
    environment = modules.environment(AZURE_TENANT_ID=None, PATH=az.path)
    call = modules.call("entra_app_info", {}, environment=environment)
    call.refused(
        "client_secret is not fully configured",
        "tenant_id (or AZURE_TENANT_ID)",
        kind="ConfigurationError",
        auth_method="client_secret",
    )
    assert (sandbox.requests(), az.calls) == ([], [])


AWX = {
    "AZURE_CLIENT_ID": "client_id",
    "AZURE_TENANT": "tenant_id",
    "AZURE_SECRET": "client_secret",
}
AZURE_SDK = {
    "AZURE_CLIENT_ID": "client_id",
    "AZURE_TENANT_ID": "tenant_id",
    "AZURE_CLIENT_SECRET": "client_secret",
}


@pytest.mark.parametrize(
    ("names", "more"),
    [
        (AWX, {"AZURE_SUBSCRIPTION_ID": "", "AZURE_CLOUD_ENVIRONMENT": ""}),
        (AWX, {"AZURE_SUBSCRIPTION_ID": "x", "AZURE_CLOUD_ENVIRONMENT": "AzureCloud"}),
        (AWX, {"AZURE_TENANT_ID": "", "AZURE_CLIENT_SECRET": "", "ENTRA_CLOUD": ""}),
        (AZURE_SDK, {"AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com/"}),
        (AZURE_SDK, {"AZURE_TENANT": "", "AZURE_SECRET": "", "AZURE_CLIENT_CERTIFICATE_PATH": ""}),
    ],
)
def test_names_of_awx_and_of_the_azure_sdks(
    modules: Modules, sandbox: Sandbox, names: dict[str, str], more: dict[str, str]
) -> None:
    values = {name: sandbox.info[key] for name, key in names.items()}
    without = dict.fromkeys(("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET"))
    environment = modules.environment(**{**without, **values, **more})
    call = modules.call("entra_token", {}, environment=environment).ok()
    secret = next(name for name, key in names.items() if key == "client_secret")
    assert call.said == [f"Signing in by client_secret: {secret} is set in the environment"]


# -- clouds


@pytest.mark.parametrize(
    ("cloud", "name"),
    [
        ("us_government", "AzureUSGovernment"),
        ("china", "AzureChinaCloud"),
        ("public", "AzureCloud"),
    ],
)
def test_cloud_by_the_name_that_awx_gives_it(
    modules: Modules, sandbox: Sandbox, cloud: str, name: str
) -> None:
    sandbox.options(cloud=cloud)
    environment = modules.environment(AZURE_CLOUD_ENVIRONMENT=name)
    modules.call("entra_app_info", {}, environment=environment).ok()
    other = {**environment, "ENTRA_CLOUD": "us_government_dod"}
    call = modules.call("entra_app_info", {}, environment=other)
    call.refused("AADSTS500011", "ENTRA_CLOUD")
    modules.call("entra_app_info", {"cloud": cloud}, environment=other).ok()


def test_cloud_that_is_no_more(modules: Modules, sandbox: Sandbox) -> None:
    environment = modules.environment(AZURE_CLOUD_ENVIRONMENT="AzureGermanCloud")
    call = modules.call("entra_app_info", {}, environment=environment)
    call.refused("cloud", "AzureGermanCloud", "us_government")
    assert sandbox.requests() == []


@pytest.mark.parametrize("cloud", ["public", "us_government", "us_government_dod", "china"])
def test_whole_work_in_each_cloud(modules: Modules, sandbox: Sandbox, cloud: str) -> None:
    """Graph takes the tokens that were asked for: an application, and the try of its secret."""
    sandbox.options(cloud=cloud)
    made = modules.entra_app(**APP, cloud=cloud).ok()
    client_id = made["app"]["client_id"]
    modules.entra_app_secret(client_id=client_id, display_name="job", cloud=cloud).ok()
    assert len({form["scope"] for form in forms(sandbox)}) == 1


# -- what is shown


def test_method_and_reason_are_shown_at_v(player: Player) -> None:
    """By the twin as a line, by a module's process in its result: it has no other way."""
    task = {"stackone.onboarding.entra_app_info": {"unique_name": "none"}}
    by_module = {
        "stackone_onboarding_in_process": False,
        "ansible_python_interpreter": sys.executable,
    }
    tasks = [{**task, "register": "by_twin"}, {**task, "vars": by_module, "register": "by_module"}]
    play = [{"hosts": "all", "gather_facts": False, "connection": "local", "tasks": tasks}]
    reason = "Signing in by client_secret: AZURE_CLIENT_SECRET is set in the environment"
    shown = player.play(play, "-v")
    assert shown.code == 0, shown.output
    by_twin, by_module_result = shown.of("entra_app_info")
    assert "said" not in by_twin
    assert by_module_result["said"] == [reason]
    assert shown.output.count(reason) == 2
    quiet = player.play(play)
    assert reason not in quiet.output
    assert all("said" not in result for result in quiet.of("entra_app_info"))


def test_netrc_replaces_no_token(modules: Modules, sandbox: Sandbox, tmp_path: Path) -> None:
    """requests would put the password of a ~/.netrc in a bearer token's place."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password s0me-passw0rd\n", "utf-8")
    netrc.chmod(0o600)
    environment = modules.environment(NETRC=str(netrc))
    modules.call("entra_app_info", {}, environment=environment).ok()
    assert {item["headers"]["authorization"] for item in asked(sandbox, "graph")} == {"Bearer"}
    assert all("authorization" not in item["headers"] for item in asked(sandbox, "login"))


def test_each_refusal_that_is_explained_is_in_the_documentation() -> None:
    text = (tree.ROOT / "docs" / "signing-in.md").read_text("utf-8")
    assert [code for code in MEANINGS if f"AADSTS{code}" not in text] == []
