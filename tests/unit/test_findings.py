# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the comparison with the peers says of a run is what the sandbox really holds."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from unit.sandbox.api import Api, Graph, ask_token, connect

from bench.contenders import ACTIONS, APP, REDIRECT_URI, SCOPES, SECRET, scope_ids
from bench.findings import Aftermath, repeated, undone
from sandbox.client import Sandbox
from sandbox.directory import AZURE_DEVOPS_APP_ID


class Operator:
    """Does the job by hand, wholly or in part."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.graph: Graph = connect(sandbox)
        self.stackone = Api(
            sandbox.ca_path, sandbox.stackone_url, auth=(sandbox.info["api_key"], "")
        )
        self.access = [{"id": each, "type": "Scope"} for each in scope_ids(sandbox).values()]
        sandbox.clear()

    def after(self, output: str = "", status: int = 0) -> Aftermath:
        return Aftermath(status, output, self._sandbox.requests(), self._sandbox.state())

    def make_app(self, **changes: Any) -> dict[str, Any]:
        asked = [{"resourceAppId": AZURE_DEVOPS_APP_ID, "resourceAccess": self.access}]
        usual = {
            "signInAudience": "AzureADMultipleOrgs",
            "web": {"redirectUris": [REDIRECT_URI]},
            "requiredResourceAccess": asked,
        }
        return self.graph.make_app(APP, **{**usual, **changes})

    def consent(self, app: dict[str, Any], *scopes: str) -> None:
        body = {
            "clientId": self.graph.make_principal(app["appId"])["id"],
            "resourceId": self.graph.principal_of(AZURE_DEVOPS_APP_ID)["id"],
            "consentType": "AllPrincipals",
            "scope": " ".join(scopes),
        }
        self.graph("POST", "/oauth2PermissionGrants", body, expect=201)

    def make_secret(self, app: dict[str, Any], days: int = 180, name: str = SECRET) -> str:
        end = datetime.now(timezone.utc) + timedelta(days=days)
        made = self.graph.make_secret(app["id"], displayName=name, endDateTime=end.isoformat())
        return str(made["secretText"])

    def hand_over(self, app: dict[str, Any], secret: str) -> None:
        body = {
            "name": "Azure DevOps",
            "connector_key": "azuredevops",
            "authentication_config_key": "oauth2_entra",
            "setup_information": {"clientId": app["appId"], "clientSecret": secret},
            "actions": list(ACTIONS),
        }
        self.stackone("POST", "/connector_profiles", body, expect=201)

    def do_all(self) -> str:
        app = self.make_app()
        self.consent(app, *SCOPES)
        secret = self.make_secret(app)
        form = {"client_id": app["appId"], "client_secret": secret}
        assert ask_token(self._sandbox, **form).status_code == 200
        self.hand_over(app, secret)
        return secret


@pytest.fixture
def operator(sandbox: Sandbox) -> Operator:
    return Operator(sandbox)


def test_a_whole_job_leaves_nothing_undone(operator: Operator) -> None:
    operator.do_all()
    after = operator.after()
    assert undone(after) == []
    assert repeated(after, Aftermath(0, "", [], after.state)) == ["changes nothing"]


def test_an_empty_tenant_and_a_failed_run(operator: Operator) -> None:
    app_id = "11111111-2222-3333-4444-555555555555"
    after = operator.after(f"one\nERROR: no {app_id} here\nthree", 3)
    assert undone(after) == ["stops with exit code 3 (ERROR: no … here)", "no application"]


def test_an_application_and_no_more(operator: Operator) -> None:
    operator.make_app(web={}, requiredResourceAccess=[], signInAudience="AzureADMyOrg")
    assert undone(operator.after()) == [
        "redirect URI not set",
        "not multitenant",
        "asks for no permission",
        "no service principal",
        "no secret",
        "no connector profile",
    ]


def test_half_a_consent_and_a_secret_that_is_shown(operator: Operator) -> None:
    app = operator.make_app()
    operator.consent(app, SCOPES[0])
    secret = operator.make_secret(app, days=365, name="Default")
    assert undone(operator.after(f"the secret: {secret}")) == [
        f"no consent for {SCOPES[1]}",
        "the secret is named 'Default'",
        "the secret lives 365 days, not 180",
        "the secret stands in the output",
        "no proof that the secret works",
        "no connector profile",
    ]


def test_a_secret_that_nobody_was_given(operator: Operator) -> None:
    app = operator.make_app()
    operator.consent(app, *SCOPES)
    operator.make_secret(app)
    assert "nobody was given the secret" in undone(operator.after())


def test_a_profile_with_another_secret(operator: Operator) -> None:
    app = operator.make_app()
    operator.hand_over(app, "not the secret")
    found = undone(operator.after())
    assert found[-1] == "the connector profile holds no secret of the application"


def test_what_a_second_run_doubles(operator: Operator, sandbox: Sandbox) -> None:
    operator.do_all()
    first = operator.after()
    sandbox.clear()
    operator.access *= 2
    operator.make_secret(operator.make_app())
    assert repeated(first, operator.after()) == [
        "1 more application",
        "1 more secret",
        "the same permission twice",
        "2 writes",
    ]


def test_what_a_second_run_takes_away(operator: Operator, sandbox: Sandbox) -> None:
    app = operator.make_app()
    operator.consent(app, *SCOPES)
    operator.make_secret(app)
    first = operator.after()
    sandbox.clear()
    (held,) = first.apps[0]["passwordCredentials"]
    path = f"/applications/{app['id']}/removePassword"
    operator.graph("POST", path, {"keyId": held["keyId"]}, expect=204)
    (grant,) = first.state["oauth2PermissionGrants"]
    operator.graph("DELETE", f"/oAuth2PermissionGrants/{grant['id']}", expect=204)
    assert repeated(first, operator.after()) == [
        "the earlier secret is gone",
        "consent taken away for a moment, and granted anew",
        "2 writes",
    ]
