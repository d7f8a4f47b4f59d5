# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One request and one answer, whether they came alone over the wire or as a part of a $batch."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

if TYPE_CHECKING:
    from .contract import Operation

MALFORMED = object()  # a body that announced JSON and is none
WRITES = ("POST", "PUT", "PATCH", "DELETE")


class Headers(dict[str, str]):
    """Header names in lower case."""

    def __init__(self, items: Mapping[str, str] | None = None) -> None:
        super().__init__({name.lower(): value for name, value in (items or {}).items()})


@dataclass
class Request:
    """A request to one of the services; `path` begins below the service's own prefix."""

    service: str
    method: str
    path: str
    query: dict[str, str]
    headers: Headers
    body: Any = None
    root: str = ""  # the URL that the service was reached by
    operation: Operation | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def client_request_id(self) -> str:
        return self.headers.get("client-request-id") or self.request_id

    @property
    def mutating(self) -> bool:
        """True for what changes something at a service; a token request does not."""
        return self.method in WRITES and self.service not in ("login", "ci")

    def prefers(self, wish: str) -> bool:
        wishes = self.headers.get("prefer", "").lower().split(",")
        return wish in (each.strip() for each in wishes)


@dataclass
class Answer:
    """What a service answers; `body` is JSON data, or text (a count), or None."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def payload(self) -> bytes:
        if self.body is None:
            return b""
        if isinstance(self.body, str):
            return self.body.encode()
        return json.dumps(self.body).encode()

    @property
    def content_type(self) -> str:
        given = self.headers.get("Content-Type")
        return given or (
            "text/plain" if isinstance(self.body, str) else "application/json; charset=utf-8"
        )


class Refused(Exception):
    """A request that a service refuses with a ready answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def split_target(target: str) -> tuple[str, dict[str, str]]:
    """The decoded path and query of a request target; of two equal parameters the last counts."""
    path, _unused, query = target.partition("?")
    return unquote(path), dict(parse_qsl(query, keep_blank_values=True))


def parse_body(raw: bytes, content_type: str) -> Any:
    """The body as data: JSON or a form; what is neither stays MALFORMED."""
    if not raw:
        return None
    if "form-urlencoded" in content_type:
        return dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        return json.loads(raw)
    except ValueError:
        return MALFORMED
