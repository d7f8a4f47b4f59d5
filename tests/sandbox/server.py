# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP side: from a connection to the pipeline and back, or to an abort."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Mapping
from email.utils import formatdate

from aiohttp import web

from .addresses import SERVICES, locate, locate_plain
from .control import Control
from .messages import Answer, Headers, Request, parse_body, split_target
from .pipeline import Aborted, Outcome, Pipeline
from .world import World

MAX_BODY = 16 * 1024 * 1024


class Server:
    """Serves one world on one port."""

    def __init__(
        self,
        world: World,
        sockets: list[socket.socket],
        context: ssl.SSLContext,
        plain_sockets: list[socket.socket],
    ) -> None:
        self._world = world
        self._sockets = sockets
        self._plain_sockets = plain_sockets
        self._context = context
        self._pipeline = Pipeline(world)
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        # aiohttp reports each aborted connection; aborting is this server's trade.
        logging.getLogger("aiohttp").setLevel(logging.CRITICAL)
        app = web.Application(client_max_size=MAX_BODY)
        app.add_routes(Control(self._world).routes())
        app.router.add_route("*", "/{tail:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        for listening in self._sockets:
            await web.SockSite(self._runner, listening, ssl_context=self._context).start()
        for listening in self._plain_sockets:
            await web.SockSite(self._runner, listening).start()

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _serve(self, raw: web.Request) -> web.StreamResponse:
        find = locate if raw.secure else locate_plain
        address = find(raw.host, raw.raw_path)
        if address is None:
            return web.Response(
                status=404, text=f"the sandbox serves {', '.join(SERVICES)} and _sandbox\n"
            )
        path, query = split_target(address.target)
        headers = Headers(raw.headers)
        request = Request(
            service=address.service,
            method=raw.method,
            path=path,
            query=query,
            headers=headers,
            body=parse_body(await raw.read(), headers.get("content-type", "")),
            root=address.root,
        )
        try:
            outcome = await self._pipeline.run(request)
        except Aborted:
            return await _abort(raw)
        if outcome.delivery == "cut":
            return await _send_cut(raw, outcome.answer, self._date())
        return _response(outcome, self._date())

    def _date(self) -> dict[str, str]:
        """The services' clock, which a test may have moved, is seen in every answer of theirs."""
        return {"Date": formatdate(self._world.clock.now(), usegmt=True)}


def _response(outcome: Outcome, date: Mapping[str, str]) -> web.Response:
    answer = outcome.answer
    payload = answer.payload()
    if outcome.delivery == "short":
        payload = payload[: len(payload) // 2]
    headers = {**answer.headers, **date}
    if answer.body is not None:
        headers["Content-Type"] = answer.content_type
    return web.Response(status=answer.status, body=payload, headers=headers)


async def _abort(raw: web.Request) -> web.Response:
    """Close the connection without an answer."""
    if raw.transport is not None:
        raw.transport.abort()
    await asyncio.sleep(0)
    return web.Response()


async def _send_cut(
    raw: web.Request, answer: Answer, date: Mapping[str, str]
) -> web.StreamResponse:
    """Announce the whole answer, send half of it and close."""
    payload = answer.payload()
    response = web.StreamResponse(
        status=answer.status,
        headers={**answer.headers, **date, "Content-Type": answer.content_type},
    )
    response.content_length = len(payload)
    response.force_close()
    await response.prepare(raw)
    await response.write(payload[: len(payload) // 2])
    if raw.transport is not None:
        raw.transport.close()
    return response


def listen(port: int) -> list[socket.socket]:
    """Sockets on both loopback addresses; where IPv6 is off, on one."""
    first = socket.create_server(("127.0.0.1", port))
    sockets = [first]
    with contextlib.suppress(OSError):
        address = ("::1", first.getsockname()[1])
        sockets.append(socket.create_server(address, family=socket.AF_INET6))
    return sockets
