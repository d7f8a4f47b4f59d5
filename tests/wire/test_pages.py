# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of the documentation do what they say, followed from top to bottom by a reader.

Tasks, plays, inventories and ansible-playbook commands of every page are run against the sandbox,
in order, and must print what the page shows (support/pages.py). What is not run stands in NOT_RUN
with the reason.
"""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import yaml

from sandbox.client import Sandbox
from support import looks, tree
from support.estate import ACTIONS, Estate
from support.facts import APP_NAME, AZURE_DEVOPS, CALLBACK, PROJECT
from support.pages import INVENTORY, MORE, Block, Reader, blocks
from support.playbooks import Player

PAGES = [
    tree.ROOT / "README.md",
    tree.ROOT / "roles" / "entra_connector" / "README.md",
    *sorted((tree.ROOT / "docs").glob("*.md")),
]

LIFE = [
    tree.ROOT / "docs" / f"{name}.md" for name in ("onboarding", "drift", "rotating", "offboarding")
]

# Page and heading: why what stands there is not run here.
NOT_RUN: dict[tuple[str, str], str] = {
    ("docs/awx.md", "Set it up"): "needs AWX's stand-in: awx/test_configure.py has it",
    ("docs/signing-in.md", "GitHub Actions"): "a workflow of GitHub's, not of Ansible's",
    ("docs/signing-in.md", "Azure Pipelines"): "a pipeline of Azure's, not of Ansible's",
    ("docs/signing-in.md", "Proxies and private certification authorities"): (
        "needs the proxy: test_proxy.py has it"
    ),
}
# Whole pages.
ELSEWHERE = {
    "docs/awx.md": "tests/awx runs it, as far as it goes without AWX",
    "docs/performance.md": "a benchmark writes it, which has run what it shows",
    "docs/performance-peers.md": "the same",
}


# What the sandbox has otherwise.
REPLACED = {
    "fabrikam.onmicrosoft.com": "contoso.onmicrosoft.com",  # it has one tenant
}

APP_BY_HAND = "8857f10c-6962-4ecf-a30e-22370795be94"  # as adopting.md has it
KEY_BY_HAND = "3d578d3b-e442-479e-af17-6eb511c37c47"


def change_by_hand(sandbox: Sandbox, _folder: Path) -> None:
    app = looks.application(sandbox)
    (grant,) = sandbox.state()["oauth2PermissionGrants"]
    sandbox.edit(kind="applications", id=app["id"], set={"web": {**app["web"], "redirectUris": []}})
    sandbox.edit(kind="oauth2PermissionGrants", id=grant["id"], set={"scope": "vso.project"})
    sandbox.edit(kind="profiles", id=looks.profile(sandbox)["id"], set={"active": False})


def age_secret(sandbox: Sandbox, days: int) -> None:
    """The newest secret of the app, as if it had been made so many days ago."""
    app = looks.application(sandbox)
    start = datetime.now(timezone.utc) - timedelta(days=days)
    times = {
        "startDateTime": written(start),
        "endDateTime": written(start + timedelta(days=180)),
    }
    key_id = app["passwordCredentials"][-1]["keyId"]
    sandbox.edit(kind="passwords", app=app["id"], key_id=key_id, set=times)


def let_days_pass_since_confirmation(sandbox: Sandbox, days: int) -> None:
    """As if every secret had been confirmed so much earlier: the ledger's entries say when."""
    app = looks.application(sandbox)
    then = datetime.now(timezone.utc) - timedelta(days=days)
    tags = [
        f"{tag.rsplit(';', 1)[0]};{int(then.timestamp())}" if ";" in tag else tag
        for tag in app["tags"]
    ]
    sandbox.edit(kind="applications", id=app["id"], set={"tags": tags})


def link_account(sandbox: Sandbox, _folder: Path) -> None:
    profile = looks.profile(sandbox)["id"]
    account = {"integration_id": profile, "origin_owner_name": "Contoso"}
    sandbox.edit(kind="accounts", id=None, add=account)


def make_by_hand(sandbox: Sandbox, _folder: Path) -> None:
    """App and profile as the guide has them, but for a forgotten permission and the consent."""
    ids = scope_ids(sandbox)
    app = sandbox.edit(
        kind="applications",
        add={
            "id": APP_BY_HAND,
            "displayName": APP_NAME,
            "signInAudience": "AzureADMultipleOrgs",
            "web": {"redirectUris": [CALLBACK]},
            "requiredResourceAccess": [
                {
                    "resourceAppId": AZURE_DEVOPS,
                    "resourceAccess": [{"id": ids[PROJECT], "type": "Scope"}],
                }
            ],
        },
    )
    now = datetime.now(timezone.utc)
    secret = {
        "keyId": KEY_BY_HAND,
        "displayName": "made by hand",
        "hint": "xyz",
        "startDateTime": written(now),
        "endDateTime": written(now + timedelta(days=180)),
    }
    text = secrets.token_urlsafe(30)
    sandbox.edit(
        kind="applications",
        id=app["id"],
        set={"passwordCredentials": [secret], "_secrets": {KEY_BY_HAND: text}},
    )
    sandbox.edit(kind="servicePrincipals", add={"appId": app["appId"]})
    sandbox.edit(
        kind="profiles",
        add={
            "name": "Azure DevOps",
            "connector_key": "azuredevops",
            "authentication_config_key": "oauth2_entra",
            "setup_information": {
                "clientId": app["appId"],
                "clientSecret": text,
                "scopes": PROJECT,
            },
        },
    )


def make_another_by_hand(sandbox: Sandbox, _folder: Path) -> None:
    sandbox.edit(kind="applications", id=APP_BY_HAND, set={"uniqueName": None})
    sandbox.edit(kind="applications", add={"displayName": APP_NAME})


def put_certificate(sandbox: Sandbox, path: Path) -> None:
    made = sandbox.certificate()
    path.write_text(made["private_key"] + made["certificate"], "utf-8")


def add_sharepoint(sandbox: Sandbox, _folder: Path) -> None:
    """Its connector is in the sandbox's catalogue."""
    scope = {"id": str(uuid.uuid4()), "value": "AllSites.Read", "isEnabled": True}
    sandbox.edit(
        kind="servicePrincipals",
        add={
            "appId": "00000003-0000-0ff1-ce00-000000000000",
            "displayName": "Office 365 SharePoint Online",
            "oauth2PermissionScopes": [scope],
        },
    )


def have_a_fleet(sandbox: Sandbox, folder: Path) -> None:
    """Four connectors, each in a state of its own."""
    hosts = ("contoso", "fabrikam", "litware", "wingtip")
    estate = Estate(sandbox, folder, hosts).build()
    inventory = {
        "hosts": {host: estate.variables(host) for host in hosts},
        "vars": {"entra_connector_actions": ACTIONS},
    }
    (folder / INVENTORY).write_text(yaml.safe_dump({"all": inventory}), "utf-8")


def write_inventory(_sandbox: Sandbox, folder: Path) -> None:
    hosts = {
        name: {
            "entra_connector_unique_name": f"stackone-{name}",
            "entra_connector_app_name": f"StackOne for {name}",
            "entra_connector_profile_name": name,
            "entra_connector_scopes": [PROJECT],
        }
        for name in ("contoso", "fabrikam", "litware")
    }
    (folder / INVENTORY).write_text(yaml.safe_dump({"all": {"hosts": hosts}}), "utf-8")


def report_slices(sandbox: Sandbox, folder: Path) -> None:
    """As two slices of a job have made them."""
    report = json.loads((folder / "report.json").read_text("utf-8"))
    for number in (1, 2):
        part = {**report, "connectors": report["connectors"][number - 1 :: 2]}
        (folder / f"slice{number}.json").write_text(json.dumps(part), "utf-8")


def enter_profile(sandbox: Sandbox, _folder: Path) -> None:
    """As the steps say, with the secret from the store."""
    app = looks.application(sandbox)
    (text,) = app["_secrets"].values()
    setup = {"clientId": app["appId"], "clientSecret": text, "scopes": PROJECT}
    profile = {
        "name": "Azure DevOps",
        "connector_key": "azuredevops",
        "authentication_config_key": "oauth2_entra",
        "setup_information": setup,
    }
    sandbox.edit(kind="profiles", add=profile)


def scope_ids(sandbox: Sandbox) -> dict[str, str]:
    (devops,) = [
        item for item in sandbox.state()["servicePrincipals"] if item["appId"] == AZURE_DEVOPS
    ]
    return {item["value"]: item["id"] for item in devops["oauth2PermissionScopes"]}


def written(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"


MEANWHILE: dict[str, Callable[[Sandbox, Path], None]] = {
    "the redirect URI, a scope and the state of the profile are changed by hand": change_by_hand,
    "the secret is 160 days old": lambda sandbox, _folder: age_secret(sandbox, 160),
    "eight days pass": lambda sandbox, _folder: let_days_pass_since_confirmation(sandbox, 8),
    "a customer connects an account": link_account,
    "the app and the profile are made by hand": make_by_hand,
    "a second app of that name is made by hand, and neither has a unique name": (
        make_another_by_hand
    ),
    "four connectors have been used for months": have_a_fleet,
    "there is an inventory of three connectors": write_inventory,
    "two slices of a fleet have reported": report_slices,
    "StackOne cannot be written to": lambda sandbox, _folder: sandbox.options(profile_writes="404"),
    "a person enters the profile": enter_profile,
    "the tenant has SharePoint, and StackOne its connector": add_sharepoint,
}


# What the pages take for granted: other keys, hosts and files of the reader's.
CUSTOMERS = """
customers:
  hosts:
    alpine:
  vars:
    customer_tenant_id: contoso.onmicrosoft.com
"""


def prepared(player: Player, sandbox: Sandbox, folder: Path) -> Reader:
    environment = player.quiet_environment()
    environment["FABRIKAM_STACKONE_KEY"] = environment["STACKONE_API_KEY"]
    (folder / MORE).write_text(CUSTOMERS, "utf-8")
    for name in ("onboarding.pem", "fabrikam.pem"):
        put_certificate(sandbox, folder / name)
    return Reader(sandbox, folder, environment, MEANWHILE, REPLACED)


def _runs(block: Block) -> bool:
    runs = block.page not in ELSEWHERE and (block.page, block.heading) not in NOT_RUN
    return runs and (block.language in ("yaml", "ini", "console") or bool(block.commands))


def follow(reader: Reader, *pages: Path) -> None:
    for block in (block for page in pages for block in blocks(page)):
        if _runs(block):
            assert reader.follow(block), f"{block} is neither run nor among NOT_RUN"


def test_the_life_of_a_connector(sandbox: Sandbox, tmp_path: Path) -> None:
    """These pages begin where the one before has ended."""
    follow(prepared(Player(sandbox, tmp_path), sandbox, tmp_path), *LIFE)


@pytest.mark.parametrize("page", sorted(set(PAGES) - set(LIFE)), ids=lambda path: path.stem)
def test_page(sandbox: Sandbox, tmp_path: Path, page: Path) -> None:
    follow(prepared(Player(sandbox, tmp_path), sandbox, tmp_path), page)
