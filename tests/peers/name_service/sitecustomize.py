# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A name service for one Python process: public names lead to the sandbox, other names nowhere.

Python imports a module of this name at its start, before the client does anything.
"""

from __future__ import annotations

import os
import socket
from typing import Any

NAMES = os.environ.get("SANDBOX_NAMES", "").split(",")
PORT = os.environ.get("SANDBOX_PORT", "")
LOOPBACK = ("localhost", "127.0.0.1", "::1", "", None)

_resolve = socket.getaddrinfo
_connect = socket.socket.connect


def _lead(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
    name = host.decode("ascii") if isinstance(host, bytes) else host
    if name in NAMES:
        return _resolve("127.0.0.1", port, *args, **kwargs)
    if name in LOOPBACK:
        return _resolve(host, port, *args, **kwargs)
    raise socket.gaierror(socket.EAI_NONAME, f"{name} is not among the names of the sandbox")


def _connect_led(self: socket.socket, address: Any) -> None:
    """The sandbox's port instead of 443, which only root could serve."""
    if address == ("127.0.0.1", 443):
        address = ("127.0.0.1", int(PORT))
    _connect(self, address)


if PORT:
    socket.getaddrinfo = _lead
    socket.socket.connect = _connect_led  # type: ignore[method-assign] - it is the point
