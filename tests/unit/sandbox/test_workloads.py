# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign-in without a credential of one's own: managed identities, CI systems; and other clouds."""

from __future__ import annotations

import base64
from typing import Any

import jwt
import pytest
import requests
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from unit.sandbox.api import Api, ask_token
from unit.sandbox.test_assertions import ask, signed

from sandbox.client import Sandbox

GRAPH = "https://graph.microsoft.com"
IDENTITY_OBJECT_ID = "c2b8a1d4-3e57-4f6b-8a90-1d2c3b4a5e6f"


def claims(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def ask_machine(
    sandbox: Sandbox, headers: dict[str, str] | None = None, **query: str
) -> requests.Response:
    """The instance metadata service."""
    host = sandbox.env_in("virtual_machine")["AZURE_POD_IDENTITY_AUTHORITY_HOST"]
    return requests.get(
        f"{host}/metadata/identity/oauth2/token",
        params={"api-version": "2018-02-01", "resource": GRAPH, **query},
        headers={"Metadata": "true"} if headers is None else headers,
        timeout=5,
    )


def ask_site(
    sandbox: Sandbox, headers: dict[str, str] | None = None, **query: str
) -> requests.Response:
    """App Service."""
    place = sandbox.env_in("app_service")
    return requests.get(
        place["IDENTITY_ENDPOINT"],
        params={"api-version": "2019-08-01", "resource": GRAPH, **query},
        headers={"X-IDENTITY-HEADER": place["IDENTITY_HEADER"]} if headers is None else headers,
        timeout=5,
    )


def test_a_machine_gets_a_token_that_graph_takes(sandbox: Sandbox) -> None:
    answer = ask_machine(sandbox).json()
    assert {"access_token", "client_id", "expires_in", "expires_on", "resource"} <= set(answer)
    assert (answer["expires_in"], answer["resource"]) == ("3599", GRAPH)
    header = {"Authorization": f"Bearer {answer['access_token']}"}
    Api(sandbox.ca_path, f"{sandbox.graph_url}/v1.0", headers=header)(
        "GET", "/applications", expect=200
    )
    asked, _read = sandbox.requests()
    assert (asked["service"], asked["path"]) == ("metadata", "/identity/oauth2/token")


def test_a_site_gets_a_token(sandbox: Sandbox) -> None:
    answer = ask_site(sandbox).json()
    assert "expires_in" not in answer
    assert int(answer["expires_on"]) == claims(answer["access_token"])["exp"]


@pytest.mark.parametrize("asking", [ask_machine, ask_site])
@pytest.mark.parametrize(
    ("has", "system", "user", "other"),
    [
        ("both", 200, 200, 400),
        ("system", 200, 400, 400),
        ("user", 400, 200, 400),
        ("none", 400, 400, 400),
    ],
)
def test_a_resource_has_the_identities_of_the_option(
    sandbox: Sandbox, asking: Any, has: str, system: int, user: int, other: int
) -> None:
    sandbox.options(managed_identity=has)
    assert asking(sandbox).status_code == system
    assert asking(sandbox, client_id=sandbox.info["client_id"]).status_code == user
    assert asking(sandbox, client_id=IDENTITY_OBJECT_ID).status_code == other


def test_what_the_metadata_service_refuses(sandbox: Sandbox) -> None:
    for headers in ({}, {"Metadata": "true", "X-Forwarded-For": "10.0.0.1"}):
        answer = ask_machine(sandbox, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    answer = ask_machine(sandbox, resource="https://nowhere.example")
    assert answer.json()["error"] == "invalid_resource"
    assert "AADSTS500011" in answer.json()["error_description"]


def test_what_app_service_refuses(sandbox: Sandbox) -> None:
    assert ask_site(sandbox, headers={}).status_code == 401
    assert ask_site(sandbox, **{"api-version": "2017-09-01"}).status_code == 400
    answer = ask_site(sandbox, resource="https://nowhere.example")
    assert (answer.status_code, answer.json()["statusCode"]) == (500, 500)


def test_the_port_without_tls_serves_nothing_else(sandbox: Sandbox) -> None:
    host = sandbox.env_in("virtual_machine")["AZURE_POD_IDENTITY_AUTHORITY_HOST"]
    assert requests.get(f"{host}/graph/v1.0/applications", timeout=5).status_code == 404
    api = Api(sandbox.ca_path, sandbox.url)
    assert api("GET", "/metadata/identity/oauth2/token").status_code == 404


# -- CI systems


def from_github(sandbox: Sandbox, token: str = "", **params: str) -> requests.Response:
    place = sandbox.env_in("github_actions")
    return requests.get(
        place["ACTIONS_ID_TOKEN_REQUEST_URL"],
        params=params,
        headers={"Authorization": f"bearer {token or place['ACTIONS_ID_TOKEN_REQUEST_TOKEN']}"},
        verify=sandbox.ca_path,
        timeout=5,
    )


def from_pipelines(
    sandbox: Sandbox, token: str = "", headers: dict[str, str] | None = None, **params: str
) -> requests.Response:
    place = sandbox.env_in("azure_pipelines")
    return requests.post(
        place["SYSTEM_OIDCREQUESTURI"],
        params={
            "api-version": "7.1",
            "serviceConnectionId": place["AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"],
            **params,
        },
        headers={
            "Authorization": f"Bearer {token or place['SYSTEM_ACCESSTOKEN']}",
            **(headers or {}),
        },
        verify=sandbox.ca_path,
        timeout=5,
        allow_redirects=False,
    )


def test_a_job_of_github_gets_a_token_that_entra_takes(sandbox: Sandbox) -> None:
    token = from_github(sandbox, audience="api://AzureADTokenExchange").json()["value"]
    assert ask(sandbox, token)[0] == 200
    assert claims(from_github(sandbox).json()["value"])["aud"] == "https://github.com/contoso"
    assert from_github(sandbox, token="wrong").status_code == 401
    assert not any(entry["mutating"] for entry in sandbox.requests())


def test_a_job_of_azure_pipelines_gets_a_token_that_entra_takes(sandbox: Sandbox) -> None:
    token = from_pipelines(sandbox).json()["oidcToken"]
    assert ask(sandbox, token)[0] == 200
    assert not any(entry["mutating"] for entry in sandbox.requests())


def test_what_azure_pipelines_refuses(sandbox: Sandbox) -> None:
    assert from_pipelines(sandbox, token="wrong").status_code == 302
    quiet = {"X-TFS-FedAuthRedirect": "Suppress"}
    assert from_pipelines(sandbox, token="wrong", headers=quiet).status_code == 401
    assert from_pipelines(sandbox, serviceConnectionId="other").status_code == 404
    assert from_pipelines(sandbox, **{"api-version": "5.0"}).status_code == 400


# -- certificates by the names in them


def test_a_certificate_is_trusted_by_subject_and_issuer(sandbox: Sandbox) -> None:
    authority, stranger = trustme.CA(), trustme.CA()
    der = x509.load_pem_x509_certificate(authority.cert_pem.bytes()).public_bytes(Encoding.DER)
    made = issued(authority)
    subject = x509.load_pem_x509_certificate(made["certificate"].encode()).subject
    trusted = {"subject": subject.rfc4514_string(), "issuer": base64.b64encode(der).decode()}
    sandbox.edit(kind="applications", id=IDENTITY_OBJECT_ID, set={"_trusted_names": [trusted]})
    assert ask(sandbox, with_chain(sandbox, made)) == (200, None)
    assert ask(sandbox, with_chain(sandbox, issued(authority))) == (200, None), "its successor"
    assert ask(sandbox, signed(sandbox, made)) == (401, [700027]), "it must be sent"
    assert ask(sandbox, with_chain(sandbox, issued(stranger))) == (401, [700027])
    assert ask(sandbox, with_chain(sandbox, issued(authority, "other.contoso.com"))) == (
        401,
        [700027],
    )


def issued(authority: trustme.CA, name: str = "runner.contoso.com") -> dict[str, str]:
    leaf = authority.issue_cert(
        common_name=name,
        organization_name="Contoso",
        organization_unit_name="Runners",
        key_type=trustme.KeyType.RSA,
    )
    return {
        "private_key": leaf.private_key_pem.bytes().decode(),
        "certificate": leaf.cert_chain_pems[0].bytes().decode(),
    }


def with_chain(sandbox: Sandbox, made: dict[str, str]) -> str:
    """The same assertion with the certificate in its header."""
    certificate = x509.load_pem_x509_certificate(made["certificate"].encode())
    plain = signed(sandbox, made)
    header = jwt.get_unverified_header(plain)
    header["x5c"] = [base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()]
    return jwt.encode(
        jwt.decode(plain, options={"verify_signature": False}),
        made["private_key"],
        algorithm="PS256",
        headers=header,
    )


# -- clouds


@pytest.mark.parametrize(
    ("cloud", "name"),
    [
        ("public", "https://graph.microsoft.com"),
        ("us_government", "https://graph.microsoft.us"),
        ("us_government_dod", "https://dod-graph.microsoft.us"),
        ("china", "https://microsoftgraph.chinacloudapi.cn"),
    ],
)
def test_a_tenant_knows_the_graph_of_its_cloud(sandbox: Sandbox, cloud: str, name: str) -> None:
    sandbox.options(cloud=cloud)
    token = ask_token(sandbox, scope=f"{name}/.default").json()["access_token"]
    assert claims(token)["aud"] == name
    header = {"Authorization": f"Bearer {token}"}
    Api(sandbox.ca_path, f"{sandbox.graph_url}/v1.0", headers=header)(
        "GET", "/applications", expect=200
    )
    sandbox.options(cloud="china" if cloud == "public" else "public")
    refused = ask_token(sandbox, scope=f"{name}/.default")
    assert (refused.status_code, refused.json()["error_codes"]) == (400, [500011])


def test_a_token_of_the_identity_is_the_same_wherever_it_is_from(sandbox: Sandbox) -> None:
    names = ("oid", "appid", "tid", "roles", "iss")
    own = claims(ask_token(sandbox).json()["access_token"])
    machine = claims(ask_machine(sandbox).json()["access_token"])
    assert {name: own[name] for name in names} == {name: machine[name] for name in names}
