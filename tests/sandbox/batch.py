# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON batching: one $batch request taken apart, and its answers put together.

Source: learn.microsoft.com/graph/json-batching: at most 20 parts, unique ids, relative URLs,
dependsOn with 424 for what depends on a failed part, answers in any order.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .graph.errors import GraphError
from .messages import Answer, Headers, Request, split_target

MAX_PARTS = 20
INHERITED = ("authorization", "user-agent", "client-request-id")


@dataclass
class Part:
    """One request of a batch."""

    id: str
    request: Request
    depends_on: list[str] = field(default_factory=list)


class Batch:
    """The parts of a batch and the answers so far."""

    def __init__(self, outer: Request, seed: int) -> None:
        self._outer = outer
        self._seed = seed
        self._answers: dict[str, Answer] = {}
        self._parts: dict[str, Part] = {}
        for given in outer.body["requests"]:
            if given["id"] in self._parts:
                raise _bad(f"Request Id : {given['id']} should be unique in the batch.")
            self._parts[given["id"]] = Part(
                given["id"], self._request(given), given.get("dependsOn", [])
            )
        for part in self._parts.values():
            unknown = [each for each in part.depends_on if each not in self._parts]
            if unknown:
                raise _bad(
                    f"Request Id : {part.id} depends on {unknown[0]}, which is not in the batch."
                )

    def _request(self, given: dict[str, Any]) -> Request:
        path, query = split_target(given["url"])
        inherited = {
            name: self._outer.headers[name] for name in INHERITED if name in self._outer.headers
        }
        return Request(
            service="graph",
            method=given["method"],
            path="/v1.0/" + path.lstrip("/"),
            query=query,
            headers=Headers({**inherited, **Headers(given.get("headers"))}),
            body=given.get("body"),
            root=self._outer.root,
        )

    def in_order(self) -> Iterator[Part]:
        """The parts as they are listed, each after what it depends on; a circle is refused."""
        waiting = list(self._parts.values())
        done: set[str] = set()
        while waiting:
            part = next((each for each in waiting if done.issuperset(each.depends_on)), None)
            if part is None:
                part = waiting[
                    0
                ]  # a circle: its parts fail, as none of what they depend on was answered
            waiting.remove(part)
            yield part
            done.add(part.id)

    def dependency_failed(self, part: Part) -> bool:
        answers = [self._answers.get(each) for each in part.depends_on]
        return any(answer is None or answer.status >= 400 for answer in answers)

    def answer(self, part: Part, answer: Answer) -> None:
        self._answers[part.id] = answer

    def result(self) -> Answer:
        """The batch's own answer; its parts come in no particular order."""
        responses = [_response(part_id, answer) for part_id, answer in self._answers.items()]
        random.Random(self._seed).shuffle(responses)
        return Answer(200, {"responses": responses})


def _response(part_id: str, answer: Answer) -> dict[str, Any]:
    headers = {
        name: value
        for name, value in answer.headers.items()
        if name not in ("request-id", "client-request-id")
    }
    response: dict[str, Any] = {"id": part_id, "status": answer.status, "headers": headers}
    if answer.body is not None:
        response["headers"].setdefault("Content-Type", answer.content_type)
        response["body"] = answer.body
    return response


def _bad(message: str) -> GraphError:
    return GraphError(400, "BadRequest", message)
