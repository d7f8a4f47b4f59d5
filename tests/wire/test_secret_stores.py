# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The secret stores: the vault file for real, the others by tasks that meet a stand-in."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.client import Sandbox
from support import looks, tree
from support.leaks import Secrets
from support.playbooks import OFFBOARD, ONBOARD, Played, Player

SCOPES = ["vso.project"]
STANDINS = Path(__file__).parents[1] / "support" / "standins"


def held_secret(sandbox: Sandbox) -> str:
    (profile,) = sandbox.state()["profiles"]
    return str(profile["setup_information"]["clientSecret"])


class VaultFile:
    """A vault file with a password file beside it, and what else it holds."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "onboarding.vault"
        self.password = folder / "password"
        self.password.write_text("correct horse\n", "utf-8")

    @property
    def variables(self) -> dict[str, Any]:
        return {
            "secret_store": "vault_file",
            "vault_file": str(self.path),
            "vault_password_file": str(self.password),
        }

    def read(self) -> dict[str, Any]:
        """By ansible-vault, as a person would."""
        return dict(yaml.safe_load(self._vault("view", str(self.path)).stdout) or {})

    def write(self, content: dict[str, Any]) -> None:
        self.path.write_text(yaml.safe_dump(content), "utf-8")
        self._vault("encrypt", str(self.path))

    def _vault(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).parent / "ansible-vault"), *arguments]
        command += ["--vault-password-file", str(self.password)]
        return subprocess.run(command, capture_output=True, text=True, check=True)


@pytest.fixture
def vault(tmp_path: Path) -> VaultFile:
    return VaultFile(tmp_path)


def test_the_vault_file_holds_what_the_profile_holds(
    player: Player, sandbox: Sandbox, vault: VaultFile
) -> None:
    played = player.onboard(scopes=SCOPES, **vault.variables)
    assert played.code == 0, played.output
    entry = vault.read()["stackone-azuredevops"]
    assert entry == {
        "client_id": played.result["app"]["client_id"],
        "key_id": played.result["secret"]["key_id"],
        "client_secret": held_secret(sandbox),
        "end_date_time": played.result["secret"]["end_date_time"],
    }
    assert vault.path.read_text("utf-8").startswith("$ANSIBLE_VAULT;")
    assert stat.S_IMODE(vault.path.stat().st_mode) == 0o600
    assert held_secret(sandbox) not in played.output


def test_other_keys_of_the_vault_file_stay(player: Player, vault: VaultFile) -> None:
    vault.write({"somebody": {"else": "keeps this"}})
    assert player.onboard(scopes=SCOPES, **vault.variables).code == 0
    assert vault.read()["somebody"] == {"else": "keeps this"}
    offboarded = player.play(OFFBOARD, **vault.variables)
    assert offboarded.code == 0, offboarded.output
    assert vault.read() == {"somebody": {"else": "keeps this"}}


@pytest.mark.parametrize("place", ["", "~/"], ids=["relative", "home"])
def test_short_paths_are_the_user_s(player: Player, vault: VaultFile, place: str) -> None:
    vault.write({"somebody": {"else": "keeps this"}})
    short = {
        **vault.variables,
        "vault_file": f"{place}{vault.path.name}",
        "vault_password_file": f"{place}{vault.password.name}",
    }
    home = {"HOME": str(vault.path.parent)}
    played = player.play(ONBOARD, environment=home, scopes=SCOPES, **short)
    assert played.code == 0, played.output
    assert sorted(vault.read()) == ["somebody", "stackone-azuredevops"]


@pytest.mark.parametrize("strategy", ["linear", "free"])
def test_hosts_that_share_a_vault_file_lose_no_key(
    player: Player, vault: VaultFile, strategy: str
) -> None:
    hosts = [f"connector{number}" for number in range(6)]
    roles = ["stackone.onboarding.entra_connector"]
    played = player.play(
        [{"hosts": "all", "gather_facts": False, "strategy": strategy, "roles": roles}],
        "--forks",
        "6",
        hosts=hosts,
        scopes=SCOPES,
        unique_name="stackone-{{ inventory_hostname }}",
        profile_name="{{ inventory_hostname }}",
        **vault.variables,
    )
    assert played.code == 0, played.output
    assert sorted(vault.read()) == [f"stackone-{host}" for host in hosts]


def test_a_wrong_password_revokes_the_secret(
    player: Player, sandbox: Sandbox, vault: VaultFile
) -> None:
    vault.write({"somebody": {"else": "keeps this"}})
    vault.password.write_text("wrong\n", "utf-8")
    played = player.onboard(scopes=SCOPES, **vault.variables)
    assert played.code != 0
    assert [item["passwordCredentials"] for item in managed(sandbox)] in ([], [[]])
    assert sandbox.state()["profiles"] == []


def test_an_empty_password_is_refused(player: Player, sandbox: Sandbox, vault: VaultFile) -> None:
    vault.password.write_text("\n", "utf-8")
    played = player.onboard(scopes=SCOPES, **vault.variables)
    assert played.code != 0
    assert "holds no password" in played.failure["msg"], played.output
    assert looks.mutating(sandbox) == []
    assert not vault.path.exists()


def test_a_file_that_is_not_encrypted_is_refused(
    player: Player, sandbox: Sandbox, vault: VaultFile
) -> None:
    vault.path.write_text("somebody: keeps this\n", "utf-8")
    played = player.onboard(scopes=SCOPES, **vault.variables)
    assert played.code != 0
    assert "is not encrypted" in played.failure["msg"], played.output
    assert looks.mutating(sandbox) == []
    assert vault.path.read_text("utf-8") == "somebody: keeps this\n"


def test_an_empty_file_is_filled(player: Player, vault: VaultFile) -> None:
    vault.path.touch()
    played = player.onboard(scopes=SCOPES, **vault.variables)
    assert played.code == 0, played.output
    assert sorted(vault.read()) == ["stackone-azuredevops"]


def test_what_a_store_says_is_not_repeated(
    player: Player, sandbox: Sandbox, tmp_path: Path
) -> None:
    """A store that fails with the secret in its message, which its no_log hides."""
    refuse: dict[str, Any] = {
        "name": "Refuse it",
        "ansible.builtin.fail": {"msg": "no room for {{ entra_connector_store_value }}"},
        "no_log": True,
        "when": "entra_connector_store_action == 'write'",
    }
    tasks = tmp_path / "store.yml"
    tasks.write_text(yaml.safe_dump([refuse]), "utf-8")
    played = player.onboard(scopes=SCOPES, secret_store=str(tasks))
    assert played.code != 0
    secrets = Secrets(sandbox)
    secrets.learn_from_wire()
    # What ansible-core prints of the store's own failure is not the role's.
    assert secrets.found_in(played.failure["msg"]) == []
    assert '"Refuse it" failed' in played.failure["msg"]
    assert "was revoked; nothing is left over" in played.failure["msg"]


def test_a_secret_that_was_stored_but_not_delivered_is_used(
    player: Player, sandbox: Sandbox, vault: VaultFile
) -> None:
    lost = {"service": "stackone", "method": "POST", "path": "connector_profiles"}
    sandbox.faults([{"match": lost, "fault": {"kind": "status", "status": 503}, "times": 0}])
    # A server error may hide that it acted, so the secret lives on in the store.
    failed = player.onboard(scopes=SCOPES, stackone={"wait_timeout": 1}, **vault.variables)
    assert failed.code != 0
    stored = vault.read()["stackone-azuredevops"]
    sandbox.control("DELETE", "faults")
    played = player.onboard(scopes=SCOPES, **vault.variables)
    assert played.code == 0, played.output
    assert played.result["secret"]["key_id"] == stored["key_id"]
    assert held_secret(sandbox) == stored["client_secret"]
    (application,) = managed(sandbox)
    assert len(application["passwordCredentials"]) == 1


STORES: dict[str, tuple[dict[str, Any], str, Any]] = {
    "hashi_vault": (
        {"hashi_vault": {"url": "https://vault.example:8200"}},
        "https://vault.example:8200 stackone/stackone-azuredevops",
        lambda kept: kept,
    ),
    "azure_key_vault": (
        {"key_vault_uri": "https://v.vault.example", "key_vault": {"client_id": "someone"}},
        "https://v.vault.example stackone-azuredevops",
        lambda kept: json.loads(kept["secret"]),
    ),
    "awx_credential": (
        {"awx": {"controller_host": "https://awx.example"}},
        "Default StackOne connector secret stackone-azuredevops",
        lambda kept: kept,
    ),
}


@pytest.mark.parametrize("store", STORES)
def test_ready_stores_get_and_give_back_the_secret(
    player: Player, sandbox: Sandbox, tmp_path: Path, store: str
) -> None:
    """Write, read for a delivery that is still owed, and remove."""
    options, name, content = STORES[store]
    kept = tmp_path / "kept.json"

    def play(playbook: str, **variables: Any) -> Played:
        return player.play(
            playbook,
            environment={
                "STANDIN_STORE": str(kept),
                "ANSIBLE_COLLECTIONS_PATH": f"{tree.COLLECTIONS}:{STANDINS}",
            },
            secret_store=f"stores/{store}.yml",
            scopes=SCOPES,
            **options,
            **variables,
        )

    sandbox.reset(profile_writes="501")
    first = play("stackone.onboarding.onboard")
    assert first.code == 0, first.output
    stored = content(json.loads(kept.read_text("utf-8"))[name])
    assert stored["client_id"] == first.result["app"]["client_id"]
    assert stored["client_secret"] not in first.output

    # A person enters it; the next run finds it in the store, and confirms.
    entered = {"name": "Azure DevOps", "connector_key": "azuredevops"}
    sandbox.edit(kind="profiles", id=None, add=entered)
    injected = {"awx_injected": stored} if store == "awx_credential" else {}
    second = play("stackone.onboarding.onboard", **injected)
    assert second.code == 0, second.output
    assert second.result["secret"]["key_id"] == stored["key_id"]
    assert second.result["secret"]["confirmed"]

    sandbox.options(profile_writes="ok")
    assert play(OFFBOARD).code == 0
    assert json.loads(kept.read_text("utf-8")) == {}


def managed(sandbox: Sandbox) -> list[dict[str, Any]]:
    """The applications that the role made."""
    return [item for item in sandbox.state()["applications"] if item.get("uniqueName")]
