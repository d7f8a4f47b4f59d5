# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""StackOne's error document: statusCode, message, timestamp, and sometimes data."""

from __future__ import annotations

from typing import Any

from ..clock import Clock, iso
from ..messages import Answer

MESSAGES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


class StackOneError(Exception):
    """A refusal, before it is put into an answer."""

    def __init__(
        self,
        status: int,
        message: str = "",
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message or MESSAGES.get(status, "Error")
        self.data = data
        self.headers = headers or {}


def render(error: StackOneError, clock: Clock) -> Answer:
    body: dict[str, Any] = {
        "statusCode": error.status,
        "message": error.message,
        "timestamp": iso(clock.now(), "milliseconds"),
    }
    if error.data:
        body["data"] = error.data
    return Answer(error.status, body, dict(error.headers))
