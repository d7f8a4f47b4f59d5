# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The three services as plain HTTP, for the sandbox's own tests."""

from __future__ import annotations

import functools
from typing import Any

import requests

from sandbox.client import Sandbox


class Api:
    """A service as a client sees it: plain HTTP with a base URL and an authorization."""

    def __init__(self, ca_path: str, base_url: str, **session: Any) -> None:
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = ca_path
        for name, value in session.items():
            setattr(self.session, name, value)
        self.base_url = base_url

    def __call__(
        self, method: str, path: str, body: Any = None, *, expect: int = 0, **headers: Any
    ) -> requests.Response:
        """Send a request; underscores in header names stand for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = self.session.request(
            method, self.base_url + path, json=body, headers=named, timeout=20
        )
        if expect:
            assert response.status_code == expect, response.text
        return response

    def data(self, method: str, path: str, body: Any = None, **headers: Any) -> Any:
        """The JSON of a request that must succeed."""
        response = self(method, path, body, **headers)
        assert response.status_code < 400, response.text
        return response.json()


class Graph(Api):
    """Graph with the usual steps of an onboarding."""

    def make_app(self, name: str = "Connector", **properties: Any) -> dict[str, Any]:
        return dict(self.data("POST", "/applications", {"displayName": name, **properties}))

    def make_principal(self, app_id: str) -> dict[str, Any]:
        return dict(self.data("POST", "/servicePrincipals", {"appId": app_id}))

    def make_secret(self, object_id: str, **wanted: Any) -> dict[str, Any]:
        body = {"passwordCredential": {"displayName": "test", **wanted}}
        return dict(self.data("POST", f"/applications/{object_id}/addPassword", body))

    def principal_of(self, app_id: str) -> dict[str, Any]:
        return dict(self.data("GET", f"/servicePrincipals(appId='{app_id}')"))


def error_of(response: requests.Response) -> tuple[int, str]:
    """Status and code of Graph's error document."""
    return response.status_code, response.json()["error"]["code"]


@functools.cache
def _token_session(ca_path: str) -> requests.Session:
    """A connection that all token requests share."""
    session = requests.Session()
    session.trust_env = False
    session.verify = ca_path
    return session


def ask_token(
    sandbox: Sandbox, tenant: str = "", path: str = "oauth2/v2.0/token", **form: str
) -> requests.Response:
    """A token request with the identity's credentials, but for what the form says otherwise."""
    fields = {
        "grant_type": "client_credentials",
        "client_id": sandbox.info["client_id"],
        "client_secret": sandbox.info["client_secret"],
        "scope": "https://graph.microsoft.com/.default",
        **form,
    }
    url = f"{sandbox.authority_url}/{tenant or sandbox.info['tenant_id']}/{path}"
    data = {name: value for name, value in fields.items() if value}
    return _token_session(sandbox.ca_path).post(url, data=data, timeout=20)


def connect(sandbox: Sandbox) -> Graph:
    """Graph as the identity with its present roles."""
    token = ask_token(sandbox).json()["access_token"]
    return Graph(
        sandbox.ca_path, f"{sandbox.graph_url}/v1.0", headers={"Authorization": f"Bearer {token}"}
    )
