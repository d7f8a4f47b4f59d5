# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The callback that shows how far a fleet is: on a terminal, without one, and nothing secret."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox.client import Sandbox
from support.estate import ACTIONS, REFUSED_KEY
from support.leaks import Secrets
from support.playbooks import ONBOARD, Played, Player
from support.terminal import Terminal

CALLBACK = {"ANSIBLE_STDOUT_CALLBACK": "stackone.onboarding.progress"}

Show = Callable[..., Terminal]
Play = Callable[..., Played]


@pytest.fixture
def play(player: Player) -> Play:
    """Without a terminal."""

    def run(playbook: Any, *arguments: str, environment: Any = None, **options: Any) -> Played:
        return player.play(
            playbook, *arguments, environment={**CALLBACK, **(environment or {})}, **options
        )

    return run


@pytest.fixture
def show(player: Player, tmp_path: Path) -> Iterator[Show]:
    """On a terminal."""
    opened: list[Terminal] = []

    def run(
        playbook: Any,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        size: tuple[int, int] = (24, 100),
        **options: Any,
    ) -> Terminal:
        command = player.command(playbook, *arguments, **options)
        variables = player.environment(tmp_path / "record", {**CALLBACK, **(environment or {})})
        del variables["ANSIBLE_NOCOLOR"]
        opened.append(Terminal(command, variables, tmp_path, size=size))
        return opened[-1]

    yield run
    for terminal in opened:
        terminal.close()


def plays(*tasks: Mapping[str, Any], **keywords: Any) -> list[dict[str, Any]]:
    return [{"name": "A play", "hosts": "all", "gather_facts": False, "tasks": tasks, **keywords}]


def debug(text: str, **keywords: Any) -> dict[str, Any]:
    return {"name": "Say it", "ansible.builtin.debug": {"msg": text}, **keywords}


def fail(text: str, **keywords: Any) -> dict[str, Any]:
    return {"name": "Fail", "ansible.builtin.fail": {"msg": text}, **keywords}


# Without a terminal


def test_plain_lines_tell_steps_changes_waits_and_the_end(play: Play, sandbox: Sandbox) -> None:
    sandbox.options(secret_delay=1)
    done = play(
        ONBOARD,
        hosts=["contoso", "fabrikam"],
        actions=ACTIONS,
        environment={"STACKONE_PROGRESS_MENTION_WAIT_AFTER": "0"},
    )
    assert done.code == 0, done.output
    lines = done.output.splitlines()
    assert lines[0] == "Connect every host's connector to StackOne: 2 hosts"
    steps = [line.split(" ", 1)[1] for line in lines if re.match(r"\d+:\d\d [A-Z]", line)]
    assert "Create a client secret" in steps
    assert "Have it written in the dashboard" not in steps, "every host skipped it"
    assert len(steps) == len(set(steps))
    waits = re.compile(r"\d+:\d\d (contoso|fabrikam): waits \d:\d\d for Entra's token endpoint to ")
    assert {match[1] for line in lines if (match := waits.match(line))} == {"contoso", "fabrikam"}
    changes = [line for line in lines if re.match(r"\d+:\d\d contoso: .*: changed$", line)]
    assert len(changes) == len([item for item in _changed(done) if item["host"] == "contoso"])
    assert re.fullmatch(r"2 hosts in \d+\.\d s: 2 changed, 0 unchanged, 0 failed", lines[-2])
    assert lines[-1] == "changed: contoso, fabrikam"
    assert "\033" not in done.output


def _changed(done: Played) -> list[dict[str, Any]]:
    return [item for item in done.tasks if item["result"].get("changed")]


def test_a_failure_has_its_reason_in_one_line(play: Play) -> None:
    done = play(ONBOARD, hosts=["contoso"], actions=ACTIONS, stackone={"api_key": REFUSED_KEY})
    assert done.code == 2
    lines = done.output.splitlines()
    assert re.fullmatch(r"1 host in \d+\.\d s: 0 changed, 0 unchanged, 1 failed", lines[-2])
    assert lines[-1].startswith(
        "failed: contoso: Look at application, consent, secret and profile: GET /stackone/actions "
    )
    assert "StackOne refused the API key" in lines[-1]
    assert "Traceback" not in done.output


def test_each_host_ends_as_it_did(play: Play) -> None:
    hosts = ["changes", "fails", "ignores", "rescues", "rests"]
    command = {"name": "Change", "ansible.builtin.command": "true", "delegate_to": "localhost"}
    tasks = [
        {**command, "when": "inventory_hostname == 'changes'"},
        fail("first line\nsecond line", when="inventory_hostname == 'fails'"),
        fail("never mind", when="inventory_hostname == 'ignores'", ignore_errors=True),
        {
            "name": "Try",
            "when": "inventory_hostname == 'rescues'",
            "block": [fail("in vain")],
            "rescue": [debug("saved")],
        },
        fail("an item", when="inventory_hostname == 'fails'", loop=[1, 2]),
    ]
    done = play(plays(*tasks), hosts=hosts)
    lines = done.output.splitlines()
    assert re.fullmatch(r"5 hosts in \d+\.\d s: 1 changed, 3 unchanged, 1 failed", lines[-3])
    assert lines[-2:] == ["changed: changes", "failed: fails: Fail: first line"]
    assert "ignores: Fail: failed, and ignored: never mind" in done.output
    assert "saved" in done.output
    assert "second line" not in done.output


def test_a_loop_s_reason_is_that_of_its_first_item(play: Play) -> None:
    done = play(plays(fail("item {{ item }}", loop=["one", "two"])))
    assert done.output.splitlines()[-1] == "failed: connector: Fail: item one"


def test_what_is_censored_stays_so(play: Play) -> None:
    done = play(plays(fail("a-secret-that-nobody-may-see", no_log=True)), "-vvv")
    assert done.code == 2
    assert "failed: connector: Fail: the output has been hidden" in done.output
    assert "a-secret-that-nobody-may-see" not in done.output


def test_no_secret_is_shown_at_any_verbosity(play: Play, sandbox: Sandbox) -> None:
    secrets = Secrets(sandbox)
    done = play(ONBOARD, "-vvvv", "--diff", actions=ACTIONS)
    assert done.code == 0, done.output
    secrets.learn_from_wire()
    assert len(secrets.known) > 3
    assert secrets.found_in(done.output) == []
    assert "censored" in done.output
    assert '+    "unique_name": "stackone-azuredevops"' in done.output


def test_check_mode_is_named(play: Play) -> None:
    done = play(ONBOARD, "--check", actions=ACTIONS)
    assert done.code == 0, done.output
    assert done.output.startswith(
        "Connect every host's connector to StackOne: 1 host (check mode)\n"
    )


def test_what_a_task_has_to_say_is_said(play: Play) -> None:
    done = play(plays(debug("a message for the reader")))
    assert "a message for the reader" in done.output
    assert done.output.splitlines()[-1].endswith("0 changed, 1 unchanged, 0 failed")


def test_no_host_at_all(play: Play) -> None:
    done = play([{"hosts": "nobody", "tasks": []}])
    assert done.code == 0
    assert "No host matches" in done.output
    assert "0 hosts in" in done.output


def test_names_cannot_command_the_terminal(play: Play) -> None:
    done = play(plays(fail("\033[2Jgone\rhidden", name="Fail\033]0;title\a")))
    assert "\033" not in done.output and "\a" not in done.output
    assert "failed: connector: Fail ]0;title :  [2Jgone" in done.output


# On a terminal


def has(*words: str) -> Callable[[list[str]], bool]:
    return lambda shown: all(any(word in line for line in shown) for word in words)


NO_RICH = "rich/__init__.py"


@pytest.mark.parametrize("with_rich", [True, False])
def test_the_panel_shows_the_bar_the_steps_and_the_waits(
    show: Show, sandbox: Sandbox, tmp_path: Path, with_rich: bool
) -> None:
    environment = {} if with_rich else _without_rich(tmp_path)
    sandbox.options(secret_delay=2)
    hosts = ["contoso", "fabrikam", "northwind"]
    terminal = show(ONBOARD, hosts=hosts, actions=ACTIONS, environment=environment)
    waiting = terminal.wait_for(has("contoso  ", "waits for Entra's token endpoint to take"))
    # Three hosts and two lines above them, at the very end of the screen.
    assert "0/3" in waiting[-5] and "Create a client secret" in waiting[-5]
    assert re.search(r"\d changed, 0 failed, [123] under way", waiting[-4])
    assert ("━" in waiting[-5]) is with_rich
    assert terminal.screen.margins is not None
    longer = terminal.wait_for(has("0:02"))
    assert any("waits for Entra's token endpoint" in line for line in longer[-3:])
    assert terminal.finish() == 0
    _has_left(terminal)
    ending = [line for line in terminal.shown if line][-2:]
    assert re.fullmatch(r"3 hosts in \d+\.\d s: 3 changed, 0 unchanged, 0 failed", ending[0])
    assert ending[1] == "changed: contoso, fabrikam, northwind"
    changes = [line for line in terminal.lines if line.endswith(": changed")]
    assert len(changes) >= 3 * 3
    assert len(changes) == len(set(changes))


def _without_rich(folder: Path) -> dict[str, str]:
    shadow = folder / "shadow" / NO_RICH
    shadow.parent.mkdir(parents=True)
    shadow.write_text("raise ImportError('not here')\n")
    return {"PYTHONPATH": str(folder / "shadow")}


def _has_left(terminal: Terminal) -> None:
    """Nothing of the panel is on the screen, and all of it scrolls again."""
    assert terminal.screen.margins is None
    assert not any("under way" in line for line in terminal.shown)


def test_nothing_that_ansible_says_is_lost(show: Show) -> None:
    """More lines than the screen has; at -v some do not come from the callback."""
    tasks = [
        debug("message {{ item }} of {{ inventory_hostname }}", loop=["one", "two"]),
        {"name": "Warn", "ansible.builtin.fail": {"msg": "a"}, "ignore_errors": True},
        # A worker's warning, which the main process prints past the callback.
        {
            "name": "Read",
            "ansible.builtin.debug": {
                "msg": "{{ lookup('ansible.builtin.env', 'NO_SUCH', default='none') }}"
                "{{ lookup('ansible.builtin.file', 'no-such-file', errors='warn') }}"
            },
        },
    ]
    hosts = [f"host{number:02}" for number in range(12)]
    terminal = show(plays(*tasks), "-v", "--forks", "6", hosts=hosts, size=(16, 100))
    assert terminal.finish() == 0
    said = "\n".join(terminal.lines)
    for host in hosts:
        for number in ("one", "two"):
            assert f'"msg": "message {number} of {host}"' in said
        assert f"{host}: Warn: failed, and ignored" in said
    assert "[WARNING]: " in said and "no-such-file" in said
    assert re.search(r"12 hosts in \d+\.\d s: 0 changed, 12 unchanged, 0 failed", said)
    _has_left(terminal)


def test_a_fleet_has_more_hosts_than_lines(show: Show) -> None:
    hosts = [f"host{number:02}" for number in range(12)]
    wait = {
        "name": "Take a while",
        "ansible.builtin.command": "sleep 2",
        "delegate_to": "localhost",
    }
    terminal = show(
        plays(wait),
        "--forks",
        "12",
        hosts=hosts,
        environment={"STACKONE_PROGRESS_ROWS": "4"},
    )
    shown = terminal.wait_for(has("12 under way", "and 9 more"))
    assert [line.split()[0] for line in shown[-4:-1]] == ["host00", "host01", "host02"]
    assert terminal.finish() == 0


def test_tasks_of_an_include_are_for_its_hosts_only(show: Show, tmp_path: Path) -> None:
    (tmp_path / "some.yml").write_text(
        "- name: Take a while\n  ansible.builtin.command: sleep 1\n  delegate_to: localhost\n"
    )
    include = {
        "name": "Include",
        "ansible.builtin.include_tasks": "some.yml",
        "when": "inventory_hostname != 'rests'",
    }
    terminal = show(plays(include), hosts=["one", "two", "rests"])
    terminal.wait_for(has("0/2", "Take a while"))
    assert terminal.finish() == 0


def test_every_host_is_at_a_step_of_its_own_with_the_strategy_free(show: Show) -> None:
    tasks = [
        {
            "name": f"Step {name}",
            "ansible.builtin.command": "sleep {{ 3 if inventory_hostname == 'slow' else 0.5 }}",
            "delegate_to": "localhost",
        }
        for name in ("one", "two", "three")
    ]
    terminal = show(plays(*tasks, strategy="free"), hosts=["slow", "swift"])
    shown = terminal.wait_for(
        lambda lines: (
            any(re.match(r"slow +Step one", line) for line in lines)
            and any(re.match(r"swift +Step t", line) for line in lines)
        )
    )
    assert any("1/2" in line and "Step one" in line for line in shown)
    assert terminal.finish() == 0


def test_attempts_of_until_are_a_wait(show: Show) -> None:
    task = {
        "name": "Poll",
        "ansible.builtin.command": "true",
        "delegate_to": "localhost",
        "register": "polled",
        "until": "polled.attempts > 2",
        "retries": 3,
        "delay": 1,
        "changed_when": False,
    }
    terminal = show(plays(task))
    shown = terminal.wait_for(has("waits for another attempt, "))
    first = next(line for line in shown if "waits for" in line)
    terminal.wait_for(
        lambda lines: (
            any("another attempt" in line for line in lines)
            and not any(line[:50] == first[:50] for line in lines)
        )
    )
    assert terminal.finish() == 0


@pytest.mark.parametrize("why", ["too small", "switched off"])
def test_where_there_is_no_panel_there_are_plain_lines(show: Show, why: str) -> None:
    terminal = show(
        plays(debug("hello")),
        size=(6, 80) if why == "too small" else (24, 80),
        environment={"STACKONE_PROGRESS_PANEL": "false"} if why == "switched off" else {},
    )
    assert terminal.finish() == 0
    assert any("1 host in" in line for line in terminal.lines)
    assert not any("under way" in line for line in terminal.lines)
    assert b"\033[1;" not in terminal.raw


def test_an_interrupted_run_gives_the_terminal_back(show: Show) -> None:
    task = {"name": "Hang", "ansible.builtin.command": "sleep 60", "delegate_to": "localhost"}
    terminal = show(plays(task))
    terminal.wait_for(has("Hang", "1 under way"))
    terminal.interrupt()
    assert terminal.finish() != 0
    _has_left(terminal)


def test_the_panel_follows_the_window(show: Show) -> None:
    task = {
        "name": "Take a while",
        "ansible.builtin.command": "sleep 3",
        "delegate_to": "localhost",
    }
    terminal = show(plays(task))
    terminal.wait_for(has("1 under way"))
    terminal.resize(18, 70)
    shown = terminal.wait_for(lambda lines: len(lines) == 18 and "Take a while" in lines[-1])
    assert "1 under way" in shown[-2]
    assert terminal.finish() == 0
    _has_left(terminal)
