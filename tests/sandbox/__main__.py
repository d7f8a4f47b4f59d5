# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m sandbox`: serve until SIGTERM, SIGINT or, if asked, until stdin closes."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import signal
import sys
import tempfile
import threading
from pathlib import Path

from . import environment
from .options import Options, parse_settings
from .seed import check_identity_roles
from .server import Server, listen
from .tls import server_context
from .world import World


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="Serve Entra sign-in, Microsoft Graph and StackOne on one loopback TLS port.",
    )
    parser.add_argument(
        "--port", type=int, default=8443, help="0 takes a free one (default: %(default)s)"
    )
    parser.add_argument(
        "--dir",
        type=Path,
        help="where ca.pem, sandbox.env and sandbox.json go (default: a temporary one)",
    )
    parser.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE", help="see sandbox/options.py"
    )
    parser.add_argument(
        "--announce",
        type=Path,
        metavar="FILE",
        help="write the URLs and credentials there, as JSON",
    )
    parser.add_argument(
        "--until-stdin-closes",
        action="store_true",
        help="stop when stdin closes, so with the parent",
    )
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    given = parse_arguments(arguments)
    try:
        options = parse_settings(given.option)
        wanted = Options()
        wanted.update(options)
        check_identity_roles(wanted.identity_roles)
    except ValueError as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 2
    folder = given.dir or Path(tempfile.mkdtemp(prefix="sandbox-"))  # mkdtemp makes it 0700
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        asyncio.run(serve(given, folder, options))
    except OSError as error:
        print(f"sandbox: {error}. Another port: --port 0", file=sys.stderr)
        return 1
    finally:
        if given.dir is None:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


async def serve(given: argparse.Namespace, folder: Path, options: dict[str, object]) -> None:
    sockets = listen(given.port)
    ca_path = folder / "ca.pem"
    context = server_context(ca_path)
    plain_sockets = listen(0)
    port, plain_port = (each[0].getsockname()[1] for each in (sockets, plain_sockets))
    world = World(f"https://127.0.0.1:{port}", options, f"http://127.0.0.1:{plain_port}")
    server = Server(world, sockets, context, plain_sockets)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if given.until_stdin_closes:
        _watch_stdin(loop, stop)
    await server.start()
    environment.write_files(folder, world, ca_path, given.announce)
    _print_usage(world, ca_path, folder)
    loop.call_soon(world.warm_up)
    await stop.wait()
    await server.stop()


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    def wait() -> None:
        while sys.stdin.buffer.read(4096):
            pass
        loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=wait, daemon=True).start()


def _print_usage(world: World, ca_path: Path, folder: Path) -> None:
    print(
        f"# Sign-in {world.base_url}/login, Graph {world.base_url}/graph, StackOne"
        f" {world.base_url}/stackone"
    )
    print(f"# The certificate authority: {ca_path}")
    print(f"# This environment as a file: {folder}/sandbox.env")
    print(environment.export_lines(environment.variables(world, ca_path)), end="", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
