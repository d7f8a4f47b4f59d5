# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every request and its answer, each part of a $batch on its own, and every breach of a rule."""

from __future__ import annotations

import copy
from typing import Any

from .clock import Clock
from .messages import MALFORMED, Answer, Request

KEPT_HEADERS = ("user-agent", "client-request-id", "prefer", "consistencylevel", "content-type")
Entry = dict[str, Any]


class Journal:
    """The requests since the last clear, and the violations since the last reset."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.entries: list[Entry] = []
        self.violations: list[Entry] = []
        self.wire_count = 0

    def clear(self) -> None:
        """Forget the requests and count from 0 again."""
        self.entries.clear()
        self.wire_count = 0

    def reset(self) -> None:
        self.clear()
        self.violations.clear()

    def next_wire(self) -> int:
        """The number of a request on the wire, which a $batch and all its parts share."""
        self.wire_count += 1
        return self.wire_count - 1

    def open(self, request: Request, wire: int, part: str | None) -> Entry:
        """Enter a request as it arrives."""
        headers = {name: request.headers[name] for name in KEPT_HEADERS if name in request.headers}
        if "authorization" in request.headers:
            headers["authorization"] = request.headers["authorization"].partition(" ")[0]
        entry: Entry = {
            "index": len(self.entries),
            "wire": wire,
            "part": part,
            "time": self._clock.now(),
            "answered": None,
            "service": request.service,
            "method": request.method,
            "path": request.path,
            "query": dict(request.query),
            "headers": headers,
            "body": None if request.body is MALFORMED else copy.deepcopy(request.body),
            "status": None,
            "answer": None,
            "fault": None,
            "acted": False,
            "mutating": request.mutating,
            "violation": None,
        }
        self.entries.append(entry)
        return entry

    def close(self, entry: Entry, answer: Answer) -> None:
        entry["answered"] = self._clock.now()
        entry["status"] = answer.status
        entry["answer"] = copy.deepcopy(answer.body)

    def breach(self, kind: str, problems: list[str], entry: Entry | None, **more: Any) -> None:
        """Record what was off the contract or against an invariant."""
        where = {
            name: entry[name] if entry else None for name in ("index", "wire", "method", "path")
        }
        self.violations.append({"kind": kind, **where, "problems": problems, **more})
        if entry is not None:
            entry["violation"] = [*(entry["violation"] or []), *problems]
