# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A port of its own on the way to the sandbox: counts connections, or answers in its place."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from urllib.parse import urlsplit

from sandbox.client import Sandbox

Serve = Callable[[socket.socket], None]


class Listener:
    """Accepts connections on a loopback port, each served in a thread; a context manager."""

    def __init__(self, serve: Serve, address: str = "127.0.0.1", port: int = 0) -> None:
        self._serve = serve
        self._socket = socket.create_server((address, port))
        self.port = int(self._socket.getsockname()[1])
        self.connections = 0

    def __enter__(self) -> Listener:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # shutdown wakes the thread that accepts; close alone would leave it waiting.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _address = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._run, args=(connection,), daemon=True).start()

    def _run(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            self._serve(connection)

    def environment(self, sandbox: Sandbox) -> dict[str, str]:
        """The sandbox's variables with this port in place of its own."""
        own = urlsplit(sandbox.url).netloc
        return {
            name: value.replace(own, f"127.0.0.1:{self.port}")
            for name, value in sandbox.env().items()
        }


def relay_to(sandbox: Sandbox, address: str = "127.0.0.1", port: int = 0) -> Listener:
    """Passes all bytes on: TLS is the sandbox's own."""
    target = urlsplit(sandbox.url)

    def serve(connection: socket.socket) -> None:
        with socket.create_connection((target.hostname, target.port)) as onward:
            back = threading.Thread(target=_copy, args=(onward, connection), daemon=True)
            back.start()
            _copy(connection, onward)
            back.join()

    return Listener(serve, address, port)


def recording_proxy(hosts: list[str]) -> Listener:
    """A proxy that notes where it is asked to connect to, and refuses."""

    def serve(connection: socket.socket) -> None:
        first_line = connection.recv(4096).decode("latin-1").split("\r\n")[0]
        hosts.append(first_line.split(" ")[1])
        connection.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")

    return Listener(serve)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
