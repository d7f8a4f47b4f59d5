# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sandbox behind another certificate, as behind a gateway that ends TLS."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import trustme

from sandbox.client import Sandbox
from support.relay import Listener

LOOPBACK = "127.0.0.1"


def gateway_to(
    sandbox: Sandbox, authority: trustme.CA, name: str = LOOPBACK, **certificate: Any
) -> Listener:
    """Passes requests on; its own certificate is of this authority, for this name."""
    inward = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, **certificate).configure_cert(inward)
    outward = ssl.create_default_context(cafile=sandbox.ca_path)
    target = urlsplit(sandbox.url)

    def serve(connection: socket.socket) -> None:
        with (
            inward.wrap_socket(connection, server_side=True) as client,
            socket.create_connection((LOOPBACK, target.port or 0)) as raw,
            outward.wrap_socket(raw, server_hostname=LOOPBACK) as service,
        ):
            back = threading.Thread(target=_pass_on, args=(service, client), daemon=True)
            back.start()
            _pass_on(client, service)

    return Listener(serve)


def _pass_on(source: ssl.SSLSocket, target: ssl.SSLSocket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)


def bundle(path: Path, *authorities: trustme.CA, more: str = "") -> str:
    """A PEM file of authorities."""
    pems = [authority.cert_pem.bytes().decode() for authority in authorities]
    path.write_text("".join([*pems, more]), "utf-8")
    return str(path)


def rehash(folder: Path) -> None:
    """OpenSSL finds an authority in a folder by a name that is made of its subject."""
    subprocess.run(["openssl", "rehash", str(folder)], check=True)
