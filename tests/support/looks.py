# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks behind the curtain: what the sandbox holds, in the words of the tests."""

from __future__ import annotations

from typing import Any

from sandbox.client import Sandbox

UNIQUE_NAME = "stackone-azuredevops"


def application(sandbox: Sandbox, unique_name: str = UNIQUE_NAME) -> dict[str, Any]:
    """The application that the role made, deleted or not."""
    (found,) = [
        item for item in sandbox.state()["applications"] if item.get("uniqueName") == unique_name
    ]
    return dict(found)


def keys(sandbox: Sandbox) -> list[str]:
    """The key ids of its secrets."""
    return [item["keyId"] for item in application(sandbox)["passwordCredentials"]]


def profile(sandbox: Sandbox) -> dict[str, Any]:
    (found,) = sandbox.state()["profiles"]
    return dict(found)


def held_key(sandbox: Sandbox) -> str:
    """The key id of the live secret that the profile holds. Fails when it holds none."""
    text = profile(sandbox)["setup_information"]["clientSecret"]
    (found,) = [key for key, value in application(sandbox)["_secrets"].items() if value == text]
    return str(found)


def grant_scopes(sandbox: Sandbox) -> list[str]:
    """What is granted for all users to the application, to whatever API."""
    state = sandbox.state()
    (principal,) = [
        item
        for item in state["servicePrincipals"]
        if item["appId"] == application(sandbox)["appId"]
    ]
    return [
        scope
        for item in state["oauth2PermissionGrants"]
        if item["clientId"] == principal["id"] and item["consentType"] == "AllPrincipals"
        for scope in item["scope"].split()
    ]


def mutating(sandbox: Sandbox) -> list[str]:
    """The requests that would change something."""
    return [f"{item['method']} {item['path']}" for item in sandbox.requests() if item["mutating"]]
