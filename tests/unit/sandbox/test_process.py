# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command: start, announcement, environment, and an end for every reason."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from sandbox.client import Sandbox

TESTS = Path(__file__).resolve().parents[2]


def start(*arguments: str, **streams: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sandbox", "--port", "0", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    return subprocess.Popen(
        command,
        env=environment,
        text=True,
        stdin=streams.get("stdin"),
        stdout=subprocess.PIPE,
        stderr=streams.get("stderr"),
    )


def read_exports(process: subprocess.Popen[str]) -> dict[str, str]:
    assert process.stdout is not None
    found: dict[str, str] = {}
    while "REQUESTS_CA_BUNDLE" not in found:
        line = process.stdout.readline()
        if line.startswith("export "):
            name, _unused, value = line.removeprefix("export ").strip().partition("=")
            found[name] = value.strip("'")
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_an_environment_and_ends_on_a_signal(number: int) -> None:
    process = start(stderr=subprocess.PIPE)
    exports = read_exports(process)
    assert set(exports) == {
        "AZURE_TENANT_ID",
        "AZURE_CLIENT_ID",
        "AZURE_CLIENT_SECRET",
        "ENTRA_GRAPH_URL",
        "ENTRA_AUTHORITY_URL",
        "STACKONE_API_KEY",
        "STACKONE_API_URL",
        "REQUESTS_CA_BUNDLE",
    }
    folder = Path(exports["REQUESTS_CA_BUNDLE"]).parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "sandbox.env").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "sandbox.json").stat().st_mode) == 0o600
    process.send_signal(number)
    _unused, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert not folder.exists()


def test_it_ends_when_stdin_closes(tmp_path: Path) -> None:
    announce = tmp_path / "announce.json"
    process = start("--until-stdin-closes", "--announce", str(announce), stdin=subprocess.PIPE)
    read_exports(process)
    assert json.loads(announce.read_text())["pid"] == process.pid
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(60) == 0
    assert process.stdout is not None
    process.stdout.close()


def test_attach_uses_a_sandbox_that_runs(tmp_path: Path) -> None:
    announce = tmp_path / "announce.json"
    process = start(
        "--announce", str(announce), "--dir", str(tmp_path / "files"), "--option", "page_size=7"
    )
    exports = read_exports(process)
    sandbox = Sandbox.attach(announce)
    assert sandbox.env() == exports
    assert sandbox.options()["page_size"] == 7
    assert sandbox.reset()["page_size"] == 7  # the options of the start outlive a reset
    sandbox.stop()
    process.terminate()
    process.communicate(timeout=60)
    assert (tmp_path / "files" / "sandbox.env").exists()  # a folder of the caller's own is left


@pytest.mark.parametrize("option", ["nonsense=1", "lag", "lag=soon"])
def test_a_bad_option_is_an_error_at_start(option: str) -> None:
    process = start("--option", option, stderr=subprocess.PIPE)
    _unused, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert errors.startswith("sandbox: ")


def test_a_taken_port_is_an_error(running: Sandbox) -> None:
    port = running.url.rpartition(":")[2]
    process = start("--port", port, stderr=subprocess.PIPE)
    _unused, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "in use" in errors


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_the_certificate_is_good_for_each_loopback_name(running: Sandbox, host: str) -> None:
    session = requests.Session()
    session.trust_env = False
    url = f"https://{host}:{running.url.rpartition(':')[2]}/_sandbox/health"
    try:
        assert session.get(url, verify=running.ca_path, timeout=5).status_code == 200
    except requests.exceptions.SSLError:
        raise
    except requests.exceptions.ConnectionError:
        assert host == "[::1]"  # a machine without IPv6
    with pytest.raises(requests.exceptions.SSLError):
        session.get(running.url, timeout=5)
