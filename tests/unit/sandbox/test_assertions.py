# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign-in without a secret: a certificate's signature, and a trusted issuer's token."""

from __future__ import annotations

import time
import uuid
from typing import Any

import jwt
import msal
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from unit.sandbox.api import Graph, ask_token

from sandbox.client import Sandbox

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def ask(sandbox: Sandbox, assertion: str) -> tuple[int, Any]:
    answer = ask_token(
        sandbox, client_secret="", client_assertion_type=TYPE, client_assertion=assertion
    )
    return answer.status_code, answer.json().get("error_codes")


def signed(sandbox: Sandbox, made: dict[str, str], **claims: Any) -> str:
    """An assertion as "certificate credentials" describes it, but for the claims given."""
    import base64

    certificate = x509.load_pem_x509_certificate(made["certificate"].encode())
    thumbprint = (
        base64.urlsafe_b64encode(certificate.fingerprint(hashes.SHA256())).decode().rstrip("=")
    )
    now = int(time.time())
    client = sandbox.info["client_id"]
    payload = {
        "aud": f"{sandbox.authority_url}/{sandbox.info['tenant_id']}/oauth2/v2.0/token",
        "iss": client,
        "sub": client,
        "jti": str(uuid.uuid4()),
        "nbf": now,
        "exp": now + 300,
        **claims,
    }
    return jwt.encode(
        payload, made["private_key"], algorithm="PS256", headers={"x5t#S256": thumbprint}
    )


@pytest.mark.parametrize("given", ["thumbprint", "public certificate"])
def test_msal_signs_in_with_a_certificate(sandbox: Sandbox, given: str) -> None:
    made = sandbox.certificate()
    certificate = x509.load_pem_x509_certificate(made["certificate"].encode())
    credential: dict[str, Any] = {"private_key": made["private_key"]}
    if given == "thumbprint":
        credential["thumbprint"] = certificate.fingerprint(hashes.SHA1()).hex()
    else:
        credential["public_certificate"] = made["certificate"]
    session = requests.Session()
    session.trust_env = False
    session.verify = sandbox.ca_path
    app = msal.ConfidentialClientApplication(
        sandbox.info["client_id"],
        authority=f"{sandbox.authority_url}/{sandbox.info['tenant_id']}",
        client_credential=credential,
        instance_discovery=False,
        http_client=session,
    )
    token = app.acquire_token_for_client(["https://graph.microsoft.com/.default"])
    assert "access_token" in token, token
    assert jwt.decode(token["access_token"], options={"verify_signature": False})["azpacr"] == "2"


def test_a_signed_assertion_is_checked(sandbox: Sandbox) -> None:
    made = sandbox.certificate()
    assert ask(sandbox, signed(sandbox, made))[0] == 200
    assert ask(sandbox, "no.jwt") == (400, [50027])
    assert ask(sandbox, signed(sandbox, made, jti="")) == (400, [50027])
    assert ask(sandbox, signed(sandbox, made, aud="https://elsewhere/token")) == (401, [700023])
    assert ask(sandbox, signed(sandbox, made, exp=int(time.time()) - 10)) == (401, [700024])


def test_a_certificate_must_be_registered_valid_and_have_signed(
    sandbox: Sandbox, graph: Graph
) -> None:
    other = graph.make_app()
    foreign = sandbox.certificate(app=other["id"])
    assert ask(sandbox, signed(sandbox, foreign)) == (401, [700027])
    expired = sandbox.certificate(days=-1)
    assert ask(sandbox, signed(sandbox, expired)) == (401, [700027])
    made = sandbox.certificate()
    forged = {**made, "private_key": foreign["private_key"]}
    assert ask(sandbox, signed(sandbox, forged)) == (401, [700027])


def test_a_federated_token_signs_in(sandbox: Sandbox) -> None:
    assert ask(sandbox, sandbox.federated_token())[0] == 200


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"iss": "https://elsewhere"}, 700211),
        ({"sub": "system:serviceaccount:other:other"}, 700213),
        ({"aud": "api://other"}, 700212),
        ({"expires_in": -5}, 700024),
    ],
)
def test_a_federated_token_must_match(sandbox: Sandbox, claims: dict[str, Any], code: int) -> None:
    assert ask(sandbox, sandbox.federated_token(**claims)) == (401, [code])


def test_a_forged_federated_token_is_refused(sandbox: Sandbox) -> None:
    claims = jwt.decode(sandbox.federated_token(), options={"verify_signature": False})
    assert ask(sandbox, jwt.encode(claims, "x" * 32, algorithm="HS256")) == (401, [50013])


def test_an_app_without_federation_says_so(sandbox: Sandbox, graph: Graph) -> None:
    app = graph.make_app()
    graph.make_principal(app["appId"])
    answer = ask_token(
        sandbox,
        client_id=app["appId"],
        client_secret="",
        client_assertion=sandbox.federated_token(),
    )
    assert answer.json()["error_codes"] == [70025]


def test_federated_credentials_are_kept_through_graph(sandbox: Sandbox, graph: Graph) -> None:
    app = graph.make_app()
    graph.make_principal(app["appId"])
    path = f"/applications/{app['id']}/federatedIdentityCredentials"
    wanted = {
        "name": "ci",
        "issuer": f"{sandbox.url}/_sandbox",
        "subject": "repo:x",
        "audiences": ["api://y"],
    }
    made = graph.data("POST", path, wanted)
    assert graph("POST", path, wanted).status_code == 400  # the name is taken
    token = sandbox.federated_token(sub="repo:x", aud="api://y")
    form = {"client_id": app["appId"], "client_secret": "", "client_assertion": token}
    assert ask_token(sandbox, **form).status_code == 200
    graph("PATCH", f"{path}/{made['id']}", {"subject": "repo:z"}, expect=204)
    assert graph.data("GET", f"{path}/ci")["subject"] == "repo:z"
    assert [each["name"] for each in graph.data("GET", path)["value"]] == ["ci"]
    assert ask_token(sandbox, **form).json()["error_codes"] == [700213]
    graph("DELETE", f"{path}/{made['id']}", expect=204)
    graph("GET", f"{path}/{made['id']}", expect=404)


def test_the_certificate_of_an_app_shows_its_key_only_when_selected(
    sandbox: Sandbox, graph: Graph
) -> None:
    app = graph.make_app()
    sandbox.certificate(app=app["id"])
    read = graph.data("GET", f"/applications/{app['id']}")["keyCredentials"][0]
    assert (read["key"], read["type"], read["usage"]) == (None, "AsymmetricX509Cert", "Verify")
    assert graph.data("GET", f"/applications/{app['id']}?$select=keyCredentials")["keyCredentials"][
        0
    ]["key"]
