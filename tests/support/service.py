# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service that answers every GET as a test says, where the sandbox would never answer so."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import trustme

from sandbox.client import Sandbox
from support.tls import LOOPBACK, bundle

# The query of a request, and the service's URL, to the body of the answer.
Answer = Callable[[dict[str, str], str], Any]


@dataclass
class Service:
    """Where it listens, and the queries that it got."""

    url: str
    queries: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def answering(answer: Answer) -> Iterator[tuple[Service, trustme.CA]]:
    """Such a service, and the authority of its certificate."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = dict(parse_qsl(urlsplit(self.path).query))
            service.queries.append(query)
            body = json.dumps(answer(query, service.url)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_unused: Any) -> None:
            """Says nothing."""

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(LOOPBACK).configure_cert(context)
    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    service = Service(f"https://{LOOPBACK}:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield service, authority
    finally:
        server.shutdown()
        server.server_close()


def trusting(sandbox: Sandbox, path: Path, *authorities: trustme.CA, **urls: str) -> dict[str, str]:
    """The sandbox's variables with these URLs, and trust in these authorities besides its own."""
    own = Path(sandbox.ca_path).read_text("utf-8")
    return {
        **sandbox.env(),
        **urls,
        "REQUESTS_CA_BUNDLE": bundle(path / "authorities.pem", *authorities, more=own),
    }
