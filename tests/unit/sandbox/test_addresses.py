# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reached by a public name, a service speaks of itself by that name, over TLS valid for it."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import pytest

from sandbox.client import Sandbox


def ask(
    sandbox: Sandbox,
    name: str,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: Any = None,
) -> Any:
    """A request to the sandbox's port, with the public name in TLS and in Host."""
    port = int(sandbox.url.rpartition(":")[2])
    context = ssl.create_default_context(cafile=sandbox.ca_path)
    connection = http.client.HTTPSConnection(name, context=context, timeout=20)
    plain = socket.create_connection(("127.0.0.1", port))
    connection.sock = context.wrap_socket(plain, server_hostname=name)
    try:
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        document = json.loads(answer.read())
    finally:
        connection.close()
    assert answer.status < 400, document
    return document


@pytest.fixture
def bearer(sandbox: Sandbox) -> dict[str, str]:
    form = {
        "grant_type": "client_credentials",
        "client_id": sandbox.info["client_id"],
        "client_secret": sandbox.info["client_secret"],
        "scope": "https://graph.microsoft.com/.default",
    }
    answer = ask(
        sandbox,
        "login.microsoftonline.com",
        "POST",
        f"/{sandbox.info['tenant_id']}/oauth2/v2.0/token",
        {"Content-Type": "application/x-www-form-urlencoded"},
        urlencode(form),
    )
    return {"Authorization": f"Bearer {answer['access_token']}"}


def test_discovery_keeps_to_the_name(sandbox: Sandbox) -> None:
    tenant = sandbox.info["tenant_id"]
    path = f"/{tenant}/v2.0/.well-known/openid-configuration"
    document = ask(sandbox, "login.microsoftonline.com", "GET", path, {})
    assert document["issuer"] == f"https://login.microsoftonline.com/{tenant}/v2.0"
    assert document["token_endpoint"].startswith(
        f"https://login.microsoftonline.com/{tenant}/oauth2"
    )


def test_the_next_page_is_below_the_name(sandbox: Sandbox, bearer: dict[str, str]) -> None:
    name = "graph.microsoft.com"
    page = ask(sandbox, name, "GET", "/v1.0/servicePrincipals?$top=1", bearer)
    link = page["@odata.nextLink"]
    assert link.startswith(f"https://{name}/v1.0/servicePrincipals?")
    following = ask(sandbox, name, "GET", link.removeprefix(f"https://{name}"), bearer)
    assert following["value"][0]["id"] != page["value"][0]["id"]


def test_the_other_services_have_names_too(sandbox: Sandbox) -> None:
    tenants = ask(sandbox, "management.azure.com", "GET", "/tenants?api-version=2022-12-01", {})
    assert tenants["value"][0]["tenantId"] == sandbox.info["tenant_id"]
    with pytest.raises(AssertionError, match="Unauthorized"):
        agent = {"User-Agent": "test"}
        ask(sandbox, "api.stackone.com", "GET", "/connector_profiles", agent)
    assert [each["service"] for each in sandbox.requests()] == ["arm", "stackone"]
