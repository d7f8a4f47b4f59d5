# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sandbox as tests use it: start one, or attach to one that runs, and drive it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import requests

START_TIMEOUT = 20.0


class Sandbox:
    """A running sandbox. As a context manager it starts one, with these options, and stops it."""

    def __init__(self, **options: Any) -> None:
        self._start_options = options
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._session = requests.Session()
        self._session.trust_env = False  # a test may point REQUESTS_CA_BUNDLE elsewhere
        self.info: dict[str, Any] = {}

    @classmethod
    def attach(cls, announce_file: str | os.PathLike[str]) -> Sandbox:
        """The sandbox that wrote this announcement."""
        sandbox = cls()
        sandbox._use(json.loads(Path(announce_file).read_text("utf-8")))
        return sandbox

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> Sandbox:
        self._folder = tempfile.TemporaryDirectory(prefix="sandbox-")
        announce = Path(self._folder.name) / "announce.json"
        command = [sys.executable, "-m", "sandbox", "--port", "0", "--dir", self._folder.name]
        command += ["--announce", str(announce), "--until-stdin-closes"]
        for name, value in self._start_options.items():
            command += ["--option", f"{name}={json.dumps(value)}"]
        here = Path(__file__).resolve().parent.parent
        path = os.pathsep.join(filter(None, [str(here), os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # what kills a group of clients must not meet the server
            env={**os.environ, "PYTHONPATH": path},
        )
        self._use(self._await_announcement(announce))
        return self

    def _await_announcement(self, announce: Path) -> dict[str, Any]:
        assert self._process is not None
        deadline = time.monotonic() + START_TIMEOUT
        while not announce.exists():
            if self._process.poll() is not None:
                raise RuntimeError(
                    f"the sandbox ended at once, with exit code {self._process.returncode}"
                )
            if time.monotonic() > deadline:
                self.stop()
                raise RuntimeError("the sandbox did not start in time")
            time.sleep(0.01)
        document: dict[str, Any] = json.loads(announce.read_text("utf-8"))
        return document

    def _use(self, info: dict[str, Any]) -> None:
        self.info = info
        self._session.verify = info["ca_path"]

    def stop(self) -> None:
        """Stop a sandbox that this object started."""
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        self._session.close()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    # -- where it is

    @property
    def url(self) -> str:
        return str(self.info["base_url"])

    @property
    def graph_url(self) -> str:
        return str(self.info["graph_url"])

    @property
    def authority_url(self) -> str:
        return str(self.info["authority_url"])

    @property
    def stackone_url(self) -> str:
        return str(self.info["stackone_url"])

    @property
    def ca_path(self) -> str:
        return str(self.info["ca_path"])

    def env(self) -> dict[str, str]:
        """The environment variables that make a client use this sandbox."""
        return dict(self.info["env"])

    def env_in(self, place: str) -> dict[str, str]:
        """What a place where workloads run puts into their environment: github_actions,
        azure_pipelines, virtual_machine or app_service."""
        return dict(self.info["places"][place])

    # -- the control interface

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """One request to /_sandbox; an error is raised with what the sandbox says."""
        response = self._session.request(
            method, f"{self.url}/_sandbox/{path}", json=body, timeout=30
        )
        if response.status_code >= 400:
            raise ValueError(f"{method} {path}: {response.text}")
        return response.json()

    def reset(self, **options: Any) -> dict[str, Any]:
        """Back to the seeded state, with the options of the start and these."""
        return dict(self.control("POST", "reset", options))

    def options(self, **options: Any) -> dict[str, Any]:
        """Change options now; returns all of them."""
        return dict(self.control("POST", "options", options))

    def state(self) -> dict[str, Any]:
        """Everything as it truly is, secrets too."""
        return dict(self.control("GET", "state"))

    def requests(self) -> list[dict[str, Any]]:
        """The journal since the last clear."""
        return list(self.control("GET", "requests"))

    def clear(self) -> None:
        """Forget the journal; the next request has index 0."""
        self.control("DELETE", "requests")

    def wire_count(self) -> int:
        """HTTP requests since the last clear, a $batch counting once."""
        return int(self.control("GET", "wire")["count"])

    def violations(self) -> list[dict[str, Any]]:
        """Contract violations and broken invariants since the last reset."""
        return list(self.control("GET", "violations"))

    def faults(self, rules: list[dict[str, Any]]) -> None:
        """Add fault rules (see sandbox/faults.py)."""
        self.control("POST", "faults", rules)

    def clear_faults(self) -> None:
        self.control("DELETE", "faults")

    def edit(self, **edit: Any) -> Any:
        """What somebody else did by hand: kind, id, and set, delete or add."""
        return self.control("POST", "edit", edit)

    def advance(self, seconds: float) -> None:
        """Move the sandbox's clock forward."""
        self.control("POST", "advance", {"seconds": seconds})

    def federated_token(self, **claims: Any) -> str:
        """A token of the issuer that the identity trusts; claims and expires_in can be set."""
        return str(self.control("POST", "federated-token", claims)["token"])

    def certificate(self, **settings: Any) -> dict[str, str]:
        """A certificate of an application (the identity's own), with its private key."""
        return dict(self.control("POST", "certificate", settings))
