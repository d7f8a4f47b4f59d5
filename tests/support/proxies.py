# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real HTTP proxy on loopback that wants user and password: proxy.py, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

TESTS = Path(__file__).resolve().parents[1]
START_TIMEOUT = 20.0
USER = "corporate"
PASSWORD = "pr0xy/p@ss#w0rd"  # it must be URL-encoded, as many must


class Proxy:
    """Runs as long as the context lasts."""

    def __init__(self, folder: Path) -> None:
        self._port_file = folder / "port"
        self._log = folder / "log"
        self._journal = folder / "journal"
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def __enter__(self) -> Proxy:
        command = [sys.executable, "-m", "proxy", "--hostname", "127.0.0.1", "--port", "0"]
        command += ["--port-file", str(self._port_file), "--log-file", str(self._log)]
        command += ["--num-workers", "1", "--num-acceptors", "1"]
        command += ["--basic-auth", f"{USER}:{PASSWORD}"]
        command += ["--plugins", "support.proxy_journal.Journal"]
        environment = {**os.environ, "PYTHONPATH": str(TESTS), "PROXY_JOURNAL": str(self._journal)}
        self._process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.port = self._await_port()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(10)

    def _await_port(self) -> int:
        deadline = time.monotonic() + START_TIMEOUT
        while not (text := _lines(self._port_file)):
            assert self._process is not None
            assert self._process.poll() is None, "the proxy ended at once"
            assert time.monotonic() < deadline, "the proxy did not start in time"
            time.sleep(0.01)
        return int(text[0])

    @property
    def url(self) -> str:
        return self.url_of(PASSWORD)

    def url_of(self, password: str) -> str:
        """With another password."""
        return f"http://{USER}:{quote(password, safe='')}@127.0.0.1:{self.port}"

    @property
    def plain_url(self) -> str:
        """Without the credentials that it wants."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def connections(self) -> list[str]:
        """Where it has connected to: host and port."""
        return _lines(self._journal)

    @property
    def refusals(self) -> int:
        """How often it wanted other credentials."""
        return sum("ProxyAuthenticationFailed" in line for line in _lines(self._log))


def _lines(file: Path) -> list[str]:
    return file.read_text("utf-8").splitlines() if file.exists() else []
