# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input and bad days: one message that says what to do, with all that a support case needs.

That no message holds a secret is asserted by every call of ``modules``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from sandbox.client import Sandbox
from support.facts import APP, APP_NAME, MICROSOFT_GRAPH, NOBODY, PROJECT, UNIQUE_NAME
from support.modules import Call, Modules
from support.processes import run_process, shadow

PROFILE = {
    "name": "Azure DevOps",
    "client_id": NOBODY,
    "client_secret": "pr0file~secret~text",
    "actions": ["azuredevops_list_projects"],
}


def assert_answered(call: Call, sandbox: Sandbox, **details: Any) -> None:
    """The error tells of the last refused request as the journal has it."""
    entry = [item for item in sandbox.requests() if item["status"] and item["status"] >= 400][-1]
    error = call.refused(entry["path"], str(entry["status"]), **details)
    assert error["method"] == entry["method"]
    assert error["path"].endswith(entry["path"])
    assert error["status"] == entry["status"]
    assert f"{error['method']} {error['path']} answered {error['status']}" in call["msg"]
    if entry["service"] == "login":
        ids = {name: entry["answer"][name] for name in ("trace_id", "correlation_id")}
    else:
        ids = {"client_request_id": entry["headers"]["client-request-id"]}
    if entry["service"] == "graph":
        told = entry["answer"]["error"]
        inner = told.get("innerError") or told["innererror"]
        # A part of a batch is told by the id of the whole.
        ids["request_id"] = error["request_id"] if entry["part"] else inner["request-id"]
        assert error["code"] == told["code"]
        assert error["code"] in call["msg"]
    for name, value in ids.items():
        assert error[name] == value
        assert value in call["msg"]


# -- missing credentials


def test_no_credential_at_all(modules: Modules, sandbox: Sandbox) -> None:
    environment = modules.environment(
        AZURE_TENANT_ID=None, AZURE_CLIENT_ID=None, AZURE_CLIENT_SECRET=None, PATH="/nowhere"
    )
    call = modules.call("entra_app", APP, environment=environment)
    call.refused(
        "AZURE_TENANT_ID",
        "AZURE_CLIENT_ID",
        "AZURE_CLIENT_SECRET",
        "auth_client_secret",
        "managed_identity",
        kind="ConfigurationError",
    )
    assert sandbox.requests() == []


MISSING: dict[str, tuple[str, list[str], str]] = {
    "no tenant": ("client_secret", ["AZURE_TENANT_ID"], "tenant_id"),
    "no client": ("client_secret", ["AZURE_CLIENT_ID"], "client_id"),
    "no secret": ("client_secret", ["AZURE_CLIENT_SECRET"], "client_secret"),
    "no certificate": ("certificate", [], "certificate_path"),
    "no token file": ("workload_identity", [], "federated_token_file"),
    "no access token": ("access_token", [], "access_token"),
}


@pytest.mark.parametrize("what", MISSING)
def test_credential_with_a_part_missing(modules: Modules, sandbox: Sandbox, what: str) -> None:
    method, unset, missing = MISSING[what]
    environment = modules.environment(**dict.fromkeys(unset, None))
    options = {**APP, "auth_method": method}
    call = modules.call("entra_app", options, environment=environment)
    variable = {
        "certificate_path": "AZURE_CLIENT_CERTIFICATE_PATH",
        "federated_token_file": "AZURE_FEDERATED_TOKEN_FILE",
        "access_token": "ENTRA_ACCESS_TOKEN",
    }.get(missing, f"AZURE_{missing.upper()}")
    call.refused(variable, method, kind="ConfigurationError", auth_method=method, missing=[missing])
    assert sandbox.requests() == []


def test_no_stackone_key(modules: Modules, sandbox: Sandbox) -> None:
    environment = modules.environment(STACKONE_API_KEY=None)
    call = modules.call("stackone_connector_profile", PROFILE, environment=environment)
    call.refused("STACKONE_API_KEY", "api_key", kind="ConfigurationError", missing=["api_key"])
    assert sandbox.requests() == []


# -- sign-in refused


def wrong_tenant(sandbox: Sandbox) -> dict[str, str]:
    return {"tenant_id": NOBODY}


def wrong_tenant_name(sandbox: Sandbox) -> dict[str, str]:
    return {"tenant_id": "fabrikam.onmicrosoft.com"}


def wrong_secret(sandbox: Sandbox) -> dict[str, str]:
    return {"auth_client_secret": "wr0ng~secret~text"}


def unknown_client(sandbox: Sandbox) -> dict[str, str]:
    return {"auth_client_id": NOBODY}


def client_that_is_no_guid(sandbox: Sandbox) -> dict[str, str]:
    return {"auth_client_id": "automation"}


def expired_secret(sandbox: Sandbox) -> dict[str, str]:
    identity = next(
        item for item in sandbox.state()["applications"] if item["displayName"] == "Automation"
    )
    sandbox.edit(
        kind="passwords",
        app=identity["id"],
        key_id=identity["passwordCredentials"][0]["keyId"],
        set={"endDateTime": "2026-01-01T00:00:00Z"},
    )
    return {}


SIGN_INS: list[tuple[Callable[[Sandbox], dict[str, str]], str, tuple[str, ...]]] = [
    (wrong_tenant, "AADSTS90002", ("no such tenant", "AZURE_TENANT_ID", "ENTRA_CLOUD")),
    (wrong_tenant_name, "AADSTS90002", ("no such tenant", "fabrikam.onmicrosoft.com")),
    (wrong_secret, "AADSTS7000215", ("does not accept this client secret", "AZURE_CLIENT_SECRET")),
    (expired_secret, "AADSTS7000222", ("has expired", "Create a new one")),
    (unknown_client, "AADSTS700016", ("no application of that client id", "AZURE_CLIENT_ID")),
    (client_that_is_no_guid, "AADSTS700038", ("not a GUID", "AZURE_CLIENT_ID")),
]


@pytest.mark.parametrize(("prepare", "code", "words"), SIGN_INS)
def test_sign_in_that_entra_refuses(
    modules: Modules,
    sandbox: Sandbox,
    prepare: Callable[[Sandbox], dict[str, str]],
    code: str,
    words: tuple[str, ...],
) -> None:
    call = modules.entra_app(**APP, **prepare(sandbox))
    call.refused(code, *words, kind="SignInError", code=code, auth_method="client_secret")
    assert_answered(call, sandbox)
    assert call["changed"] is False


def test_sign_in_service_that_is_down(modules: Modules, sandbox: Sandbox) -> None:
    down = {"kind": "status", "status": 503, "retry_after": 200}
    sandbox.faults([{"match": {"service": "login"}, "times": 0, "fault": down}])
    call = modules.entra_app(**APP)
    error = call.refused("sign-in service", status=503, method="GET")
    assert error["client_request_id"] in call["msg"]


# -- permissions

WHO: dict[str, tuple[list[str], str, dict[str, Any], str]] = {
    "reads applications": ([], "entra_app", APP, "Application.Read.All"),
    "writes applications": (
        ["Application.Read.All"],
        "entra_app",
        APP,
        "Application.ReadWrite.OwnedBy",
    ),
    "reads grants": (["Application.Read.All"], "entra_admin_consent", {}, "Directory.Read.All"),
    "writes grants": (
        ["Application.Read.All", "Directory.Read.All"],
        "entra_admin_consent",
        {},
        "DelegatedPermissionGrant.ReadWrite.All",
    ),
    "writes role assignments": (
        ["Application.Read.All", "Directory.Read.All"],
        "entra_admin_consent",
        {"api_permissions": [{"api": MICROSOFT_GRAPH, "application": ["User.Read.All"]}]},
        "AppRoleAssignment.ReadWrite.All",
    ),
    "makes secrets": (
        ["Application.Read.All"],
        "entra_app_secret",
        {"display_name": "job"},
        "Application.ReadWrite.OwnedBy",
    ),
}


@pytest.mark.parametrize("what", WHO)
def test_missing_permission_is_named(modules: Modules, sandbox: Sandbox, what: str) -> None:
    roles, name, options, least = WHO[what]
    if name != "entra_app":
        made = modules.entra_app(**APP).ok()["app"]
        options = {**options, "client_id": made["client_id"]}
    sandbox.options(identity_roles=roles)
    sandbox.clear()
    call = modules.call(name, options)
    call.refused(least, "Insufficient privileges", status=403, code="Authorization_RequestDenied")
    assert_answered(call, sandbox)


# -- what the services do not know, or refuse


def test_unknown_names_are_one_message_each(modules: Modules) -> None:
    scope = [{"api": "Azure DevOps", "delegated": ["vso.projekt"]}]
    for call, near in (
        (modules.entra_app(**{**APP, "api_permissions": scope}), PROJECT),
        (
            modules.stackone_connector_profile(**{**PROFILE, "actions": ["azuredevops_list_proj"]}),
            "azuredevops_list_projects",
        ),
        (
            modules.stackone_connector_profile(**PROFILE, auth_type="Entra ID"),
            "OAuth 2.0 (Microsoft Entra ID)",
        ),
    ):
        call.refused(near, kind="UnknownNameError")


def test_lifetime_that_the_tenants_policy_refuses(modules: Modules, sandbox: Sandbox) -> None:
    client_id = modules.entra_app(**APP).ok()["app"]["client_id"]
    sandbox.options(max_lifetime_days=90)
    call = modules.entra_app_secret(client_id=client_id, display_name="job")
    call.refused(
        "CredentialInvalidLifetimeAsPerAppPolicy",
        "Lower lifetime_days",
        "entra_connector_secret_lifetime_days",
    )
    assert_answered(call, sandbox)
    modules.entra_app_secret(client_id=client_id, display_name="job", lifetime_days=90).ok()


def test_secrets_that_the_tenants_policy_forbids(modules: Modules, sandbox: Sandbox) -> None:
    client_id = modules.entra_app(**APP).ok()["app"]["client_id"]
    sandbox.options(disallow_passwords=True)
    call = modules.entra_app_secret(client_id=client_id, display_name="job")
    call.refused(
        "CredentialTypeNotAllowedAsPerAppPolicy", "forbids client secrets", "administrators"
    )
    assert_answered(call, sandbox)


def test_quota_of_objects(modules: Modules, sandbox: Sandbox) -> None:
    sandbox.options(object_quota=1)
    modules.entra_app(**APP, service_principal=False).ok()
    modules.entra_app(unique_name=UNIQUE_NAME, state="absent").ok()
    call = modules.entra_app(display_name="Second", unique_name="second")
    call.refused("Directory_QuotaExceeded", "soft-deleted", "purge")
    assert_answered(call, sandbox)


def test_redirect_uri_that_only_the_service_refuses(modules: Modules, sandbox: Sandbox) -> None:
    call = modules.entra_app(**{**APP, "web_redirect_uris": ["https://*.example.com/cb"]})
    call.refused("wildcard", status=400)
    assert_answered(call, sandbox)


def test_error_with_the_other_spelling_of_inner_error(modules: Modules, sandbox: Sandbox) -> None:
    sandbox.options(inner_error_key="innererror", identity_roles=[])
    assert_answered(modules.entra_app(**APP), sandbox)


# -- StackOne


def test_stackone_key_that_is_refused(modules: Modules, sandbox: Sandbox) -> None:
    call = modules.stackone_connector_profile(**PROFILE, api_key="v1.eu1.wr0ng~key~text")
    call.refused("STACKONE_API_KEY", "Unauthorized", kind="HttpError")
    assert_answered(call, sandbox, service_message="Unauthorized")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (403, "scopes for connector profiles"),
        (409, "exists already"),
        (429, "1000 requests"),
        (500, "StackOne failed. Run again later"),
        (502, "StackOne failed. Run again later"),
        (503, "StackOne is busy. Run again later"),
        (504, "StackOne took too long. Run again later"),
    ],
)
def test_what_stackone_means_by_a_status(
    modules: Modules, sandbox: Sandbox, number: int, words: str
) -> None:
    fault = {"kind": "status", "status": number, "message": "No.", "retry_after": 1000}
    sandbox.faults([{"match": {"service": "stackone"}, "times": 0, "fault": fault}])
    call = modules.stackone_connector_profile(**PROFILE)
    call.refused("No.", words)
    assert_answered(call, sandbox)


def test_name_that_is_taken_while_it_is_made(modules: Modules, sandbox: Sandbox) -> None:
    fault = {"kind": "status", "status": 409, "message": "A connector profile exists"}
    sandbox.faults([{"match": {"method": "POST"}, "fault": fault}])
    call = modules.stackone_connector_profile(**PROFILE)
    call.refused("A connector profile exists. It exists already.")
    assert_answered(call, sandbox)


# -- libraries


@pytest.mark.parametrize(
    ("library", "name", "options"),
    [
        ("requests", "entra_app", APP),
        ("requests", "stackone_connector_profile", PROFILE),
        ("msal", "entra_app", APP),
        ("msal", "entra_token", {}),
    ],
)
def test_library_that_is_not_installed(
    sandbox: Sandbox, tmp_path: Path, library: str, name: str, options: dict[str, Any]
) -> None:
    call = run_process(name, options, sandbox.env(), shadows=shadow(tmp_path, library))
    call.refused(library, "pip install", kind="MissingLibraryError", library=library)
    assert sandbox.requests() == []


def test_without_msal_a_token_that_is_given_serves(
    modules: Modules, sandbox: Sandbox, tmp_path: Path
) -> None:
    token = modules.entra_token().ok()["access_token"]
    options = {**APP, "access_token": token}
    run_process("entra_app", options, sandbox.env(), shadows=shadow(tmp_path, "msal")).ok()
    run_process(
        "stackone_connector_profile", PROFILE, sandbox.env(), shadows=shadow(tmp_path, "msal")
    ).ok()


# -- what no contract allows


def test_answer_off_the_contract_is_one_message_without_a_trace(
    modules: Modules, sandbox: Sandbox
) -> None:
    """A list without its value, say. The trace is for -vvv."""
    modules.stay_in_this_process("A process traces to the system's log.")
    odd = {"kind": "status", "status": 200}
    sandbox.faults([{"match": {"path": "/applications$"}, "times": 0, "fault": odd}])
    call = modules.entra_app_info()
    assert call.failed
    assert call["msg"].startswith("Something unexpected happened: KeyError at _graph.py:")
    assert "Traceback" not in json.dumps(call.result)
    assert "\n" not in call["msg"]
    assert any("Traceback" in line for line in call.traced)


@pytest.mark.parametrize("form", [str, quote, lambda text: json.dumps(text)[1:-1]])
def test_secret_that_a_service_echoes_is_masked(
    modules: Modules, sandbox: Sandbox, form: Callable[[str], str]
) -> None:
    secret = 'pr0file "secret" täxt/+='
    fault = {"kind": "status", "status": 422, "message": f"bad value: {form(secret)}!"}
    sandbox.faults([{"match": {"method": "POST"}, "fault": fault}])
    call = modules.stackone_connector_profile(**{**PROFILE, "client_secret": secret})
    error = call.refused("bad value: ********!", status=422)
    assert error["service_message"] == "bad value: ********!"


def test_failure_says_whether_something_was_changed(modules: Modules, sandbox: Sandbox) -> None:
    refused = {"kind": "status", "status": 403, "code": "Authorization_RequestDenied"}
    sandbox.faults([{"match": {"method": "POST", "path": "/servicePrincipals$"}, "fault": refused}])
    call = modules.entra_app(**APP)
    call.refused("servicePrincipals", status=403)
    assert call["changed"] is True
    assert [item for item in sandbox.state()["applications"] if item["displayName"] == APP_NAME]
    modules.entra_app(**APP).ok()
