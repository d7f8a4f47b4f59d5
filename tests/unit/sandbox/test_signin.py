# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sign-in with a secret: discovery, tokens and refusals, with MSAL and on the wire."""

from __future__ import annotations

import re
from typing import Any

import jwt
import msal
import pytest
import requests
from unit.sandbox.api import Graph, ask_token

from sandbox.client import Sandbox

GUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def msal_app(
    sandbox: Sandbox, credential: Any, tenant: str = ""
) -> msal.ConfidentialClientApplication:
    session = requests.Session()
    session.trust_env = False
    session.verify = sandbox.ca_path
    return msal.ConfidentialClientApplication(
        sandbox.info["client_id"],
        authority=f"{sandbox.authority_url}/{tenant or sandbox.info['tenant_id']}",
        client_credential=credential,
        instance_discovery=False,
        http_client=session,
    )


@pytest.mark.parametrize("tenant", ["", "contoso.onmicrosoft.com", "contoso.com"])
def test_msal_signs_in_by_tenant_id_and_by_domain(sandbox: Sandbox, tenant: str) -> None:
    app = msal_app(sandbox, sandbox.info["client_secret"], tenant)
    token = app.acquire_token_for_client([f"{sandbox.graph_url}/.default"])
    assert token["token_type"] == "Bearer"
    assert token["expires_in"] == 3599
    assert [entry["path"].rpartition("/")[2] for entry in sandbox.requests()] == [
        "openid-configuration",
        "token",
    ]
    assert not any(entry["mutating"] for entry in sandbox.requests())


def test_msal_gives_back_what_the_endpoint_refuses(sandbox: Sandbox) -> None:
    answer = msal_app(sandbox, "wrong").acquire_token_for_client(
        ["https://graph.microsoft.com/.default"]
    )
    assert answer["error"] == "invalid_client"
    assert answer["error_codes"] == [7000215]


def test_the_token_is_signed_and_has_the_recorded_claims(sandbox: Sandbox) -> None:
    answer = ask_token(sandbox).json()
    keys = requests.Session()
    keys.trust_env = False
    url = f"{sandbox.authority_url}/{sandbox.info['tenant_id']}/discovery/v2.0/keys"
    key = jwt.PyJWK(keys.get(url, verify=sandbox.ca_path, timeout=20).json()["keys"][0])
    claims = jwt.decode(
        answer["access_token"], key, algorithms=["RS256"], audience="https://graph.microsoft.com"
    )
    recorded = [
        "aio",
        "aud",
        "azp",
        "azpacr",
        "exp",
        "iat",
        "iss",
        "nbf",
        "oid",
        "rh",
        "sub",
        "tid",
        "uti",
        "ver",
        "xms_ftd",
    ]
    assert set(recorded) <= set(claims)
    assert claims["tid"] == sandbox.info["tenant_id"]
    assert claims["appid"] == claims["azp"] == sandbox.info["client_id"]
    assert claims["app_displayname"] == "Automation"
    assert "Application.ReadWrite.All" in claims["roles"]
    assert set(answer) == {"token_type", "expires_in", "ext_expires_in", "access_token"}


def test_the_v1_endpoint_takes_a_resource(sandbox: Sandbox) -> None:
    answer = ask_token(
        sandbox, path="oauth2/token", scope="", resource="https://graph.microsoft.com/"
    )
    assert answer.json()["expires_in"] == "3599"
    assert answer.json()["resource"] == "https://graph.microsoft.com/"


def test_instance_discovery_knows_this_host(sandbox: Sandbox) -> None:
    session = requests.Session()
    session.trust_env = False
    url = f"{sandbox.authority_url}/common/discovery/instance"
    found = session.get(url, verify=sandbox.ca_path, timeout=20).json()
    assert found["tenant_discovery_endpoint"].startswith(sandbox.authority_url)


UNKNOWN = "00000000-1111-2222-3333-444444444444"
REFUSALS = [
    ({"grant_type": "no_such_grant"}, 400, "unsupported_grant_type", 70003),
    ({"grant_type": ""}, 400, "invalid_request", 900144),
    ({"client_id": UNKNOWN}, 400, "unauthorized_client", 700016),
    ({"client_id": "no-guid"}, 400, "unauthorized_client", 700038),
    ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
    ({"client_secret": ""}, 401, "invalid_client", 7000216),
    ({"scope": "https://graph.microsoft.com/User.Read"}, 400, "invalid_scope", 1002012),
    ({"scope": "api://not-registered/.default"}, 400, "invalid_resource", 500011),
    ({"tenant": UNKNOWN}, 400, "invalid_request", 90002),
]


@pytest.mark.parametrize(("form", "status", "error", "code"), REFUSALS)
def test_refusals_have_the_recorded_shape(
    sandbox: Sandbox, form: dict[str, str], status: int, error: str, code: int
) -> None:
    answer = ask_token(sandbox, **form)
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, error, [code])
    stamp = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ"
    pattern = rf"AADSTS{code}: .* Trace ID: {GUID} Correlation ID: {GUID} Timestamp: {stamp}"
    assert re.fullmatch(pattern, body["error_description"])
    assert re.fullmatch(stamp, body["timestamp"])
    assert ("error_uri" in body) == (code not in (70003, 700038))


def test_an_unknown_tenant_has_no_discovery_document(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="double check your tenant name"):
        msal_app(sandbox, "secret", UNKNOWN)
    assert sandbox.requests()[0]["status"] == 400
    assert sandbox.requests()[0]["answer"]["error"] == "invalid_tenant"
    assert sandbox.requests()[0]["answer"]["error_codes"] == [90002]


def test_a_new_secret_of_a_managed_app_signs_in_and_a_removed_one_does_not(
    sandbox: Sandbox, graph: Graph
) -> None:
    app = graph.make_app()
    secret = graph.make_secret(app["id"])
    form = {"client_id": app["appId"], "client_secret": secret["secretText"]}
    missing = ask_token(sandbox, **form)
    assert missing.json()["error_codes"] == [7000229]  # no service principal yet
    graph.make_principal(app["appId"])
    assert ask_token(sandbox, **form).status_code == 200
    graph(
        "POST", f"/applications/{app['id']}/removePassword", {"keyId": secret["keyId"]}, expect=204
    )
    assert ask_token(sandbox, **form).json()["error_codes"] == [7000215]


def test_an_expired_secret_is_named_as_such(sandbox: Sandbox, graph: Graph) -> None:
    app = graph.make_app()
    graph.make_principal(app["appId"])
    secret = graph.make_secret(app["id"])
    sandbox.edit(
        kind="passwords",
        app=app["id"],
        key_id=secret["keyId"],
        set={"endDateTime": "2020-01-01T00:00:00Z"},
    )
    answer = ask_token(sandbox, client_id=app["appId"], client_secret=secret["secretText"])
    assert (answer.status_code, answer.json()["error_codes"]) == (401, [7000222])


def test_a_secret_is_not_valid_before_its_start(sandbox: Sandbox, graph: Graph) -> None:
    app = graph.make_app()
    graph.make_principal(app["appId"])
    secret = graph.make_secret(
        app["id"], startDateTime="2999-01-01T00:00:00Z", endDateTime="2999-02-01T00:00:00Z"
    )
    answer = ask_token(sandbox, client_id=app["appId"], client_secret=secret["secretText"])
    assert answer.json()["error_codes"] == [7000215]


def test_a_disabled_principal_gets_no_token(sandbox: Sandbox, graph: Graph) -> None:
    app = graph.make_app()
    principal = graph.make_principal(app["appId"])
    secret = graph.make_secret(app["id"])
    graph("PATCH", f"/servicePrincipals/{principal['id']}", {"accountEnabled": False}, expect=204)
    answer = ask_token(sandbox, client_id=app["appId"], client_secret=secret["secretText"])
    assert answer.json()["error_codes"] == [7000112]


def test_the_correlation_id_is_the_clients(sandbox: Sandbox) -> None:
    session = requests.Session()
    session.trust_env = False
    answer = session.post(
        f"{sandbox.authority_url}/{sandbox.info['tenant_id']}/oauth2/v2.0/token",
        data={"grant_type": "client_credentials"},
        headers={"client-request-id": UNKNOWN},
        verify=sandbox.ca_path,
        timeout=20,
    )
    assert answer.json()["correlation_id"] == UNKNOWN


def test_the_token_lifetime_is_an_option(sandbox: Sandbox) -> None:
    sandbox.options(token_lifetime=60)
    assert ask_token(sandbox).json()["expires_in"] == 60
