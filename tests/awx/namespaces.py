# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network namespaces: machines of their own, from which the sandbox is at the services' names."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from sandbox.addresses import PUBLIC_NAMES
from sandbox.client import Sandbox
from support.relay import relay_to

# Of the range for tests between networks (RFC 2544), for each test process a part of its own.
_NETWORK = f"198.18.{os.getpid() % 256}."
_HOSTS = Path("/etc/netns")


def why_not() -> str:
    """Why there can be none here; empty if there can."""
    if os.geteuid() != 0:
        return "Only root can make network namespaces."
    if shutil.which("ip") is None:
        return "The command ip is missing. On Debian, make namespaces installs it."
    name = f"awx-{os.getpid()}"
    try:
        _ip("netns", "add", name)
    except subprocess.CalledProcessError as error:
        return f"ip netns add failed: {error.stderr.strip()}"
    _ip("netns", "delete", name)
    return ""


@contextlib.contextmanager
def namespace(sandbox: Sandbox, number: int) -> Iterator[list[str]]:
    """The start of a command that runs in it, where the services' names lead to the sandbox."""
    name = f"awx-{os.getpid()}-{number}"
    here, there = f"h{os.getpid()}n{number}", f"n{os.getpid()}n{number}"
    ours, theirs = (f"{_NETWORK}{4 * number + end}" for end in (1, 2))
    with contextlib.ExitStack() as stack:
        _ip("netns", "add", name)
        stack.callback(_ip, "netns", "delete", name)
        _ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", name)
        stack.callback(_ip, "link", "delete", here)
        _ip("address", "add", f"{ours}/30", "dev", here)
        _ip("link", "set", here, "up")
        _ip("-netns", name, "address", "add", f"{theirs}/30", "dev", there)
        _ip("-netns", name, "link", "set", there, "up")
        _ip("-netns", name, "link", "set", "lo", "up")
        folder = _HOSTS / name
        folder.mkdir(parents=True)
        stack.callback(shutil.rmtree, folder)
        lines = [f"{ours} {service}\n" for service in PUBLIC_NAMES]
        (folder / "hosts").write_text("127.0.0.1 localhost\n" + "".join(lines), "utf-8")
        stack.enter_context(relay_to(sandbox, ours, 443))
        yield ["ip", "netns", "exec", name]


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True)
