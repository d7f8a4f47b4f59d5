# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""addPassword and removePassword."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest
from unit.sandbox.api import Graph, error_of

from sandbox.client import Sandbox


def test_a_password_is_shown_once(graph: Graph) -> None:
    app = graph.make_app()
    answer = graph(
        "POST",
        f"/applications/{app['id']}/addPassword",
        {"passwordCredential": {"displayName": "one"}},
    )
    made = answer.json()
    assert answer.status_code == 200
    assert re.fullmatch(r"[A-Za-z0-9~._-]{40}", made["secretText"])
    assert made["hint"] == made["secretText"][:3]
    start, end = (
        datetime.fromisoformat(made[name][:19]) for name in ("startDateTime", "endDateTime")
    )
    assert end.year - start.year == 2
    read = graph.data("GET", f"/applications/{app['id']}")["passwordCredentials"]
    made.pop("@odata.context")
    assert read == [{**made, "secretText": None}]


@pytest.mark.parametrize("path", ["addPassword", "microsoft.graph.addPassword"])
@pytest.mark.parametrize("key", ["/{id}", "(appId='{appId}')"])
def test_each_way_to_address_the_application(graph: Graph, key: str, path: str) -> None:
    app = graph.make_app()
    address = f"/applications{key.format(**app)}/{path}"
    if path.startswith("microsoft") and "appId" in key:
        graph("POST", address, {}, expect=404)  # the contract has it for object ids only
    else:
        graph("POST", address, {}, expect=200)


def test_dates_are_kept_as_given(graph: Graph) -> None:
    app = graph.make_app()
    made = graph.make_secret(
        app["id"], startDateTime="2026-01-01T00:00:00Z", endDateTime="2027-01-01T00:00:00Z"
    )
    read = graph.data("GET", f"/applications/{app['id']}")["passwordCredentials"][0]
    assert (read["startDateTime"], read["endDateTime"]) == (
        made["startDateTime"],
        made["endDateTime"],
    )
    assert made["endDateTime"] == "2027-01-01T00:00:00Z"
    backwards = {"startDateTime": "2027-01-01T00:00:00Z", "endDateTime": "2026-01-01T00:00:00Z"}
    answer = graph(
        "POST", f"/applications/{app['id']}/addPassword", {"passwordCredential": backwards}
    )
    assert error_of(answer) == (400, "Request_BadRequest")


def test_a_secret_may_begin_with_a_dash(sandbox: Sandbox, graph: Graph) -> None:
    sandbox.options(secret_prefix="-")
    app = graph.make_app()
    made = graph.make_secret(app["id"])
    assert made["secretText"].startswith("-")
    assert len(made["secretText"]) == 40


def test_remove(graph: Graph) -> None:
    app = graph.make_app()
    first, second = graph.make_secret(app["id"]), graph.make_secret(app["id"])
    path = f"/applications/{app['id']}/removePassword"
    graph("POST", path, {"keyId": first["keyId"]}, expect=204)
    kept = graph.data("GET", f"/applications/{app['id']}")["passwordCredentials"]
    assert [each["keyId"] for each in kept] == [second["keyId"]]
    again = graph("POST", path, {"keyId": first["keyId"]})
    assert error_of(again) == (400, "Request_BadRequest")
    assert "No password credential found with keyId" in again.json()["error"]["message"]


@pytest.mark.parametrize(
    ("option", "code", "text"),
    [
        (
            {"max_lifetime_days": 90},
            "CredentialInvalidLifetimeAsPerAppPolicy",
            "exceeds the max value",
        ),
        (
            {"disallow_passwords": True},
            "CredentialTypeNotAllowedAsPerAppPolicy",
            "type not allowed",
        ),
    ],
)
def test_tenant_policies(
    sandbox: Sandbox, graph: Graph, option: dict[str, Any], code: str, text: str
) -> None:
    sandbox.options(**option)
    app = graph.make_app()
    answer = graph("POST", f"/applications/{app['id']}/addPassword", {})
    assert error_of(answer) == (400, code)
    assert text in answer.json()["error"]["message"]


def test_a_short_secret_passes_the_lifetime_policy(sandbox: Sandbox, graph: Graph) -> None:
    sandbox.options(max_lifetime_days=90)
    app = graph.make_app()
    graph.make_secret(
        app["id"], startDateTime="2026-01-01T00:00:00Z", endDateTime="2026-03-01T00:00:00Z"
    )


def test_state_shows_the_secret_texts(sandbox: Sandbox, graph: Graph) -> None:
    app = graph.make_app()
    made = graph.make_secret(app["id"])
    held = next(each for each in sandbox.state()["applications"] if each["id"] == app["id"])
    assert held["_secrets"] == {made["keyId"]: made["secretText"]}


def test_a_service_principal_has_passwords_of_its_own(graph: Graph) -> None:
    app = graph.make_app()
    principal = graph.make_principal(app["appId"])
    made = graph.data("POST", f"/servicePrincipals/{principal['id']}/addPassword", {})
    path = f"/servicePrincipals(appId='{app['appId']}')/removePassword"
    graph("POST", path, {"keyId": made["keyId"]}, expect=204)
