# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What docs/threats.md says and no other test shows: also what Ansible itself leaves or prints."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox.client import Sandbox
from support import looks, tree
from support.leaks import Secrets, texts_of
from support.playbooks import Player
from support.waiting import wait_for
from support.ways import COLLECTION, Ways

SCOPES = ["vso.project"]
# So long that a test has looked around before it is over.
HELD = {"kind": "stall", "seconds": 60}

ROLE = {
    "ansible.builtin.include_role": {"name": f"{COLLECTION}entra_connector"},
    "vars": {"entra_connector_scopes": SCOPES},
}


def look_with(keywords: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    return {f"{COLLECTION}entra_app_info": options, **keywords}


def holds(sandbox: Sandbox, **match: str) -> None:
    """Whoever sends such a request waits for its answer."""
    sandbox.faults([{"match": match, "fault": HELD}])


def arrived(sandbox: Sandbox, service: str, method: str) -> bool:
    return any(
        (item["service"], item["method"]) == (service, method) for item in sandbox.requests()
    )


def identity_secret(sandbox: Sandbox) -> str:
    return sandbox.env()["AZURE_CLIENT_SECRET"]


def made_secrets(sandbox: Sandbox) -> list[str]:
    """The text of the client secret that the role made."""
    return list(looks.application(sandbox)["_secrets"].values())


# -- while a play runs


def command_lines(pids: Iterable[int]) -> str:
    """What the process list shows to every user of the machine."""
    return "\n".join(
        Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        for pid in pids
    )


def environments(pids: Iterable[int]) -> str:
    """What a process was started with: for its own user, and for root."""
    return "\n".join(
        Path(f"/proc/{pid}/environ").read_bytes().decode("utf-8", "replace") for pid in pids
    )


def memories(pid: int, shared: bool) -> Iterator[bytes]:
    """What a process may write to: its own, as a core dump has it, or what the play shares."""
    for line in Path(f"/proc/{pid}/maps").read_text("utf-8").splitlines():
        place, rights, *_rest = line.split()
        if rights.startswith("rw") and (rights[3] == "s") == shared:
            start, end = (int(part, 16) for part in place.split("-"))
            with contextlib.suppress(OSError), open(f"/proc/{pid}/mem", "rb") as memory:
                memory.seek(start)
                yield memory.read(end - start)


def in_memory(secret: str, pids: Iterable[int], *, shared: bool) -> bool:
    """In the memory of one of them, as the bytes that JSON or Python make of it."""
    return any(secret.encode() in content for pid in pids for content in memories(pid, shared))


def has_memory(pid: int) -> bool:
    """A process that is dead but still listed has none."""
    try:
        return bool(Path(f"/proc/{pid}/maps").read_text("utf-8"))
    except OSError:
        return False


def files_with(folder: Path, secret: str) -> list[str]:
    return [
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and secret.encode() in path.read_bytes()
    ]


@pytest.mark.parametrize("store", ["none", "vault_file"])
def test_a_new_secret_is_in_memory_only_while_it_is_handed_over(
    ways: Ways, sandbox: Sandbox, store: str
) -> None:
    """The profile is being written; a vault file is written already, and is all encrypted."""
    vault, password = ways.folder / "vault.yml", ways.folder / "password"
    password.write_text("a password", "utf-8")
    variables = {
        "entra_connector_secret_store": store,
        "entra_connector_vault_file": str(vault),
        "entra_connector_vault_password_file": str(password),
    }
    holds(sandbox, service="stackone", method="POST")
    with ways.playing([ROLE], hosts=["localhost"], vars=variables) as playing:
        wait_for(lambda: arrived(sandbox, "stackone", "POST"))
        (secret,) = made_secrets(sandbox)
        pids = playing.processes()
        assert vault.exists() == (store == "vault_file")
        assert in_memory(secret, pids, shared=False)
        assert not in_memory(secret, pids, shared=True)
        assert files_with(ways.folder, secret) == []
        assert secret not in command_lines(pids)
        assert secret not in environments(pids)


def test_the_credentials_of_the_run_are_in_its_environment_alone(
    ways: Ways, sandbox: Sandbox
) -> None:
    holds(sandbox, service="graph")
    with ways.playing([look_with({})], hosts=["localhost"]) as playing:
        wait_for(lambda: arrived(sandbox, "graph", "GET"))
        pids = playing.processes()
        for name in ("AZURE_CLIENT_SECRET", "STACKONE_API_KEY"):
            secret = sandbox.env()[name]
            assert secret in environments(pids)
            assert secret not in command_lines(pids)
            assert not in_memory(secret, pids, shared=True)
            assert files_with(ways.folder, secret) == []


def test_what_a_play_remembers_is_gone_after_sigkill(ways: Ways, sandbox: Sandbox) -> None:
    holds(sandbox, service="graph")
    with ways.playing([look_with({})], hosts=["localhost"]) as playing:
        wait_for(lambda: arrived(sandbox, "graph", "GET"))
        (token,) = [
            item["answer"]["access_token"]
            for item in sandbox.requests()
            if (item["service"], item["method"]) == ("login", "POST")
        ]
        pids = playing.processes()
        assert in_memory(token, pids, shared=True)
        playing.kill()
        playing.finish()
    wait_for(lambda: not any(has_memory(pid) for pid in pids))


# -- what Ansible does with a module's arguments and environment, and a twin does not


def started_with_a_secret(ways: Ways, sandbox: Sandbox, way: str, *arguments: str) -> Any:
    """A play whose only task is given its credential as an option, held in its first request."""
    options = {"auth_client_secret": identity_secret(sandbox), "auth_method": "client_secret"}
    holds(sandbox, service="graph")
    return ways.playing(
        [look_with({}, **options)],
        *arguments,
        hosts=["localhost"],
        vars={"stackone_onboarding_in_process": way == "twin"},
    )


@pytest.mark.parametrize(("way", "left"), [("twin", False), ("module", True)])
def test_sigkill_leaves_the_arguments_of_a_module_in_a_file_but_none_of_a_twin(
    ways: Ways, sandbox: Sandbox, way: str, left: bool
) -> None:
    """Ansible packs a module's options into the program that it writes and starts."""
    with started_with_a_secret(ways, sandbox, way) as playing:
        wait_for(lambda: arrived(sandbox, "graph", "GET"))
        playing.kill()
        playing.finish()
    # The playbook itself, as this test wrote it, has the option too.
    files = files_with(ways.folder / "ansible-remote-tmp", identity_secret(sandbox))
    assert bool(files) == left
    assert all(path.endswith("/AnsiballZ_entra_app_info.py") for path in files)


def test_with_pipelining_a_module_leaves_no_file_either(ways: Ways, sandbox: Sandbox) -> None:
    options = {"auth_client_secret": identity_secret(sandbox), "auth_method": "client_secret"}
    variables = {"stackone_onboarding_in_process": False, "ansible_pipelining": True}
    holds(sandbox, service="graph")
    task = look_with({"vars": variables}, **options)
    with ways.playing([task], hosts=["localhost"]) as playing:
        wait_for(lambda: arrived(sandbox, "graph", "GET"))
        playing.kill()
        playing.finish()
    assert files_with(ways.folder / "ansible-remote-tmp", identity_secret(sandbox)) == []


@pytest.mark.parametrize(("way", "shown"), [("twin", False), ("module", True)])
def test_ansible_shows_the_environment_of_a_module_but_not_of_a_twin(
    ways: Ways, sandbox: Sandbox, way: str, shown: bool
) -> None:
    """At -vvv, in the log, and to every user in the process list: it is part of a command."""
    secret = identity_secret(sandbox)
    environment = {"AZURE_CLIENT_SECRET": secret}
    played = ways.play([look_with({"environment": environment})], "-vvv", way=way)
    assert played.code == 0, played.output
    assert (secret in played.output) == (secret in ways.log) == shown

    holds(sandbox, service="graph")
    sandbox.clear()
    task = look_with({"environment": environment})
    variables = {"stackone_onboarding_in_process": way == "twin"}
    with ways.playing([task], hosts=["localhost"], vars=variables) as playing:
        wait_for(lambda: arrived(sandbox, "graph", "GET"))
        assert (secret in command_lines(playing.processes())) == shown


# -- what stays afterwards


def test_a_fact_cache_holds_no_secret(player: Player, sandbox: Sandbox, tmp_path: Path) -> None:
    """Nothing of the role is cacheable; what the user's own play caches shows that it works."""
    cache = tmp_path / "cache"
    variables = {
        "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(cache),
        "ANSIBLE_GATHERING": "smart",
    }
    marker = {"ansible.builtin.set_fact": {"marker": "was cached", "cacheable": True}}
    play = {"hosts": "all", "gather_facts": False, "tasks": [marker, ROLE]}
    played = player.play([play], environment=variables)
    assert played.code == 0, played.output
    (content,) = [path.read_text("utf-8") for path in cache.rglob("*") if path.is_file()]
    assert "was cached" in content
    assert "entra_connector" not in content
    secrets = Secrets(sandbox)
    secrets.learn_from_wire()
    assert set(made_secrets(sandbox)) <= set(secrets.known)
    assert secrets.found_in(content) == []


def test_facts_of_the_play_have_forgotten_the_secret(player: Player, sandbox: Sandbox) -> None:
    """A later task of the same play cannot print it, whatever it prints."""
    everything = {"ansible.builtin.debug": {"var": "vars"}}
    each = {"ansible.builtin.debug": {"var": "hostvars[inventory_hostname]"}}
    play = {"hosts": "all", "gather_facts": False, "tasks": [ROLE, everything, each]}
    played = player.play([play])
    assert played.code == 0, played.output
    assert "entra_connector_result" in played.output
    (secret,) = made_secrets(sandbox)
    assert secret not in played.output


# -- what administrators of the services read


def test_no_read_of_either_service_gives_a_secret_back(
    player: Player, sandbox: Sandbox, tmp_path: Path
) -> None:
    """As both document it. Entra shows three characters of it, and the ledger in the tags."""
    assert player.onboard(scopes=SCOPES).code == 0
    report = {"scopes": SCOPES, "report_dest": str(tmp_path / "report.json")}
    assert player.play("stackone.onboarding.report", **report).code == 0
    (secret,) = made_secrets(sandbox)
    reads = [item for item in sandbox.requests() if item["method"] == "GET"]
    answers = json.dumps([item["answer"] for item in reads])
    assert looks.application(sandbox)["id"] in answers
    assert looks.profile(sandbox)["id"] in answers
    secrets = Secrets(sandbox)
    secrets.learn([secret])
    assert secrets.found_in(answers) == []
    (shown,) = looks.application(sandbox)["passwordCredentials"]
    assert shown["hint"] == secret[:3]
    assert shown["secretText"] is None
    (entry,) = [tag for tag in looks.application(sandbox)["tags"] if tag.startswith("stackone.")]
    assert secrets.found_in(*texts_of(entry)) == []
    assert looks.profile(sandbox)["id"] in entry


# -- the note


def test_each_test_that_the_note_names_is_there() -> None:
    note = (tree.ROOT / "docs" / "threats.md").read_text("utf-8")
    named = re.findall(r"([\w/]+\.py)::(\w+)", note)
    assert len(named) > 20
    for path, name in named:
        content = (tree.ROOT / "tests" / path).read_text("utf-8")
        assert f"def {name}(" in content, (path, name)
