# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Job slicing: workers that share nothing but the services do what one would have done alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from awx.job import inventory_of
from awx.slices import run_slices
from sandbox.client import Sandbox
from support import looks
from support.facts import AZURE_DEVOPS
from support.leaks import Secrets

CONNECTORS = 6
SLICES = 3

pytestmark = pytest.mark.usefixtures("namespaced")


def test_slices_at_once_leave_what_one_job_leaves(
    sandbox: Sandbox, secrets: Secrets, tmp_path: Path
) -> None:
    """Also of what is made once for all, which every slice finds missing: the API's principal."""
    inventory = inventory_of(CONNECTORS)
    sandbox.reset(azure_devops=False)
    (whole,) = run_slices(tmp_path / "whole", sandbox, "onboard.yml", inventory, 1)
    assert whole.code == 0, whole.output
    expected = estate(sandbox)
    assert len(expected["connectors"]) == CONNECTORS

    sandbox.reset(azure_devops=False)
    ran = run_slices(tmp_path / "sliced", sandbox, "onboard.yml", inventory, SLICES)
    assert [item.code for item in ran] == [0] * SLICES, [item.output for item in ran]
    assert estate(sandbox) == expected
    hosts = [sorted(item.stats) for item in ran]
    assert hosts == [
        ["customer0", "customer3"],
        ["customer1", "customer4"],
        ["customer2", "customer5"],
    ]
    secrets.learn_from_wire()
    assert [leak for item in ran for leak in item.leaks(secrets)] == []
    assert sign_ins(sandbox) == SLICES

    sandbox.clear()
    again = run_slices(tmp_path / "again", sandbox, "onboard.yml", inventory, SLICES)
    changed = [stats["changed"] for item in again for stats in item.stats.values()]
    assert changed == [0] * CONNECTORS
    assert looks.mutating(sandbox) == []


def estate(sandbox: Sandbox) -> dict[str, Any]:
    """What there is in both services, in words that no run chooses anew."""
    state = sandbox.state()
    names = {item["appId"]: item["uniqueName"] for item in state["applications"]}
    principals = {
        item["id"]: names.get(item["appId"], item["appId"]) for item in state["servicePrincipals"]
    }
    return {
        "connectors": {
            item["uniqueName"]: {
                "name": item["displayName"],
                "web": item["web"]["redirectUris"],
                "permissions": item["requiredResourceAccess"],
                "secrets": [
                    key["displayName"].split(" (")[0] for key in item["passwordCredentials"]
                ],
                "ledger": len(item["tags"]),
            }
            for item in state["applications"]
            if item["uniqueName"]
        },
        "principals": sorted(name or "" for name in principals.values()),
        "devops": [item["appId"] for item in state["servicePrincipals"]].count(AZURE_DEVOPS),
        "grants": sorted(
            (principals[item["clientId"]] or "", principals[item["resourceId"]], item["scope"])
            for item in state["oauth2PermissionGrants"]
        ),
        "profiles": sorted(
            (item["name"], names[item["setup_information"]["clientId"]])
            for item in state["profiles"]
        ),
    }


def sign_ins(sandbox: Sandbox) -> int:
    """Of the identity. An application signs in as well, to prove its fresh secret."""
    own = sandbox.env()["AZURE_CLIENT_ID"]
    posted = [item for item in sandbox.requests() if item["method"] == "POST"]
    bodies = [item["body"] for item in posted if item["service"] == "login"]
    return sum(1 for body in bodies if body["client_id"] == own)


def test_slices_share_the_quotas_of_the_services(sandbox: Sandbox, tmp_path: Path) -> None:
    """Each is told to wait, and waits; together they get it all done.

    Two hosts of a slice write at the same time, so that one of them meets a limit of one.
    """
    sandbox.reset(
        graph_write_limit=8, graph_write_window=2.0, stackone_limit=1, stackone_window=1.0
    )
    inventory = inventory_of(CONNECTORS)
    ran = run_slices(tmp_path / "sliced", sandbox, "onboard.yml", inventory, SLICES)
    assert [item.code for item in ran] == [0] * SLICES, [item.output for item in ran]
    left = estate(sandbox)
    assert len(left["profiles"]) == CONNECTORS
    assert [len(item["secrets"]) for item in left["connectors"].values()] == [1] * CONNECTORS
    throttled = {item["service"] for item in sandbox.requests() if item["status"] == 429}
    assert throttled == {"graph", "stackone"}
