# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of a request: journal, fault, contract, service, contract again, invariants.

A $batch is taken apart here, and each of its parts goes the same way on its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from . import resource_manager
from .batch import Batch, Part
from .faults import Fault
from .graph.errors import GraphError
from .journal import Entry
from .messages import Answer, Request
from .signin.errors import transient
from .world import World

BATCH_PATH = "/v1.0/$batch"
PAGE = (
    "<!DOCTYPE html><html><head><title>{0}</title></head>"
    "<body><h1>{0}</h1><p>Our services aren't available right now.</p></body></html>"
)


@dataclass
class Outcome:
    """An answer and how it goes over the wire: whole, cut off, or short."""

    answer: Answer
    delivery: str = "whole"


class Aborted(Exception):
    """The connection is to be aborted without an answer."""


class Pipeline:
    """Takes requests from the wire to the services of a world."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def run(self, request: Request) -> Outcome:
        """Answer a request from the wire; raises Aborted when it gets no answer."""
        world, generation = self._world, self._world.generation
        wire = world.journal.next_wire()
        if world.options.latency_ms:
            await asyncio.sleep(world.options.latency_ms / 1000)
            self._check_generation(generation)
        if (request.service, request.method, request.path) == ("graph", "POST", BATCH_PATH):
            return await self._run_batch(request, wire)
        return await self._exchange(request, wire, None)

    async def _run_batch(self, request: Request, wire: int) -> Outcome:
        world = self._world
        self._check(request, None)
        try:
            world.graph.admit(request)
            batch = Batch(request, wire)
        except GraphError as error:
            return Outcome(world.graph.refuse(request, error))
        for part in batch.in_order():
            if batch.dependency_failed(part):
                batch.answer(part, self._failed_dependency(part, wire))
                continue
            outcome = await self._exchange(part.request, wire, part.id)
            if outcome.delivery == "page":
                return outcome  # a page has no place in a part: it comes instead of the batch
            batch.answer(part, outcome.answer)
            if outcome.delivery != "whole":
                return Outcome(world.graph.finish(batch.result(), request), outcome.delivery)
        result = world.graph.finish(batch.result(), request)
        self._check_answer(request, result, None)
        return Outcome(result)

    def _failed_dependency(self, part: Part, wire: int) -> Answer:
        journal = self._world.journal
        entry = journal.open(part.request, wire, part.id)
        error = ("FailedDependency", "Failed Dependency")
        answer = self._world.graph.error(part.request, 424, *error)
        journal.close(entry, answer)
        return answer

    async def _exchange(self, request: Request, wire: int, part: str | None) -> Outcome:
        journal = self._world.journal
        entry = journal.open(request, wire, part)
        fault = self._world.faults.pick(entry["index"], request)
        if fault is None:
            outcome = Outcome(self._act(request, entry))
        else:
            entry["fault"] = fault.kind
            outcome = await self._meet(fault, request, entry)
        journal.close(entry, outcome.answer)
        return outcome

    def _check_generation(self, generation: int) -> None:
        """A request held over a reset must not act on the new state."""
        if generation != self._world.generation:
            raise Aborted

    async def _meet(self, fault: Fault, request: Request, entry: Entry) -> Outcome:
        """Let a request meet its fault."""
        generation = self._world.generation
        if fault.kind == "kill" and fault.when == "before":
            _kill(fault.pgid)
        answer = self._act(request, entry) if fault.acts else None
        if fault.kind == "kill" and fault.when == "after":
            _kill(fault.pgid)
        if fault.kind in ("drop_before", "drop_after", "kill"):
            raise Aborted
        if fault.kind == "stall":
            await asyncio.sleep(fault.seconds)
            self._check_generation(generation)
            return Outcome(answer or self._act(request, entry))
        if fault.kind == "truncated" and answer is not None:
            return Outcome(answer, fault.variant)
        if fault.kind == "html":
            page = PAGE.format(fault.status)
            return Outcome(Answer(fault.status, page, {"Content-Type": "text/html"}), "page")
        return Outcome(self._error(fault, request))

    def _error(self, fault: Fault, request: Request) -> Answer:
        """A status in the service's own error shape."""
        world = self._world
        if request.service == "graph":
            answer = world.graph.error(request, fault.status, fault.code, fault.message)
        elif request.service == "stackone":
            answer = world.stackone.error(fault.status, fault.message)
        else:
            answer = transient(fault.status, fault.message, request, world.clock)
        if fault.retry_after is not None:
            answer.headers["Retry-After"] = str(fault.retry_after)
        return answer

    def _act(self, request: Request, entry: Entry) -> Answer:
        """Let the service act, and look at the request, the answer and the state."""
        world = self._world
        entry["acted"] = True
        self._check(request, entry)
        live = world.invariants.live_profiles() if request.mutating else set()
        answer = self._handle(request, entry)
        self._check_answer(request, answer, entry)
        if request.mutating:
            world.invariants.check(live, entry)
        return answer

    def _handle(self, request: Request, entry: Entry) -> Answer:
        world = self._world
        services: dict[str, Callable[[Request], Answer]] = {
            "login": world.signin.handle,
            "graph": world.graph.handle,
            "stackone": world.stackone.handle,
            "arm": resource_manager.handle,
            "ci": world.ci_systems.handle,
            "metadata": world.managed_identities.handle,
            "msi": world.managed_identities.handle,
        }
        try:
            return services[request.service](request)
        except Exception:  # a flaw of the sandbox: say so where the test looks
            world.journal.breach("sandbox", [traceback.format_exc()], entry)
            return self._error(Fault("status", 500), request)

    def _check(self, request: Request, entry: Entry | None) -> None:
        contract = self._world.contracts.get(request.service)
        if contract is None:
            return
        contract.check(request)
        if request.problems:
            self._world.journal.breach("contract", request.problems, entry)

    def _check_answer(self, request: Request, answer: Answer, entry: Entry | None) -> None:
        if request.operation is None:
            return
        problems = request.operation.answer_problems(answer)
        if problems:
            self._world.journal.breach("answer", problems, entry)


def _kill(pgid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pgid, signal.SIGKILL)
