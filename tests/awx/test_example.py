# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""examples/onboard_customers.yml: AWX and the ticket system are stand-ins, Ansible is not."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from awx import collection
from awx.standin import TOKEN, Awx
from sandbox.client import Sandbox
from support import looks, tree
from support.leaks import Secrets, texts_of
from support.playbooks import Player

EXAMPLE = tree.ROOT / "examples" / "onboard_customers.yml"
CUSTOMERS = ["contoso", "fabrikam"]


@contextmanager
def ticket_system(tickets: list[Any]) -> Iterator[str]:
    """Its URL; it takes any ticket."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            tickets.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(201)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/tickets"
    server.shutdown()
    server.server_close()


def test_customers_get_all_of_it_once(
    player: Player, awx: Awx, sandbox: Sandbox, secrets: Secrets, tmp_path: Path
) -> None:
    awx.add("organizations", {"name": "Customers"})
    paths = (str(tree.COLLECTIONS), str(collection.collections_path()))
    tickets: list[Any] = []
    with ticket_system(tickets) as url:

        def run() -> Any:
            return player.play(
                str(EXAMPLE),
                hosts=CUSTOMERS,
                extra_vars={
                    "ansible_connection": "local",
                    "ansible_python_interpreter": sys.executable,
                    "onboarding_directory": str(tmp_path / "customers"),
                    "onboarding_tickets_url": url,
                },
                environment={
                    "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(paths),
                    "CONTROLLER_HOST": awx.url,
                    "CONTROLLER_OAUTH_TOKEN": TOKEN,
                },
            )

        first = run()
        assert first.code == 0, first.output
        second = run()
        assert (second.code, second.changed) == (0, 0), second.output
    assert awx.names("teams") == ["Customer contoso", "Customer fabrikam"]
    assert sorted(item["team"] for item in tickets) == awx.names("teams")
    made = {
        name: json.loads((tmp_path / "customers" / name / "connector.json").read_text("utf-8"))
        for name in CUSTOMERS
    }
    for name, written in made.items():
        application = looks.application(sandbox, f"stackone-{name}")
        assert written["app"]["client_id"] == application["appId"]
        assert written["profile"]["name"] == f"Azure DevOps of {name}"
    secrets.learn_from_wire()
    assert secrets.found_in(first.output, *texts_of([tickets, made])) == []
