# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Graph's refusals, with the codes and texts that the real service gives.

Sources: learn.microsoft.com/graph/errors for the shape; the texts are those of the service as
recorded in public issues and client sources (terraform-provider-azuread, Azure CLI, Graph's own
reference pages).
"""

from __future__ import annotations

from typing import Any

from ..clock import Clock, iso
from ..messages import Answer, Request
from ..options import Options

Details = list[dict[str, str]]


class GraphError(Exception):
    """A refusal, before it is put into an answer."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: Details | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.headers = headers or {}


def not_found(key: str) -> GraphError:
    """An object that is not there, or not yet, or no longer."""
    text = (
        f"Resource '{key}' does not exist or one of its queried reference-property objects are not"
        " present."
    )
    return GraphError(404, "Request_ResourceNotFound", text)


def bad_request(message: str, *, code: str = "", target: str = "") -> GraphError:
    """400 Request_BadRequest, with one detail when a code is given."""
    detail = {"code": code, "message": message, "target": target}
    return GraphError(400, "Request_BadRequest", message, [detail] if code else None)


def unsupported_query(message: str) -> GraphError:
    return GraphError(400, "Request_UnsupportedQuery", message)


def forbidden(message: str = "Insufficient privileges to complete the operation.") -> GraphError:
    return GraphError(403, "Authorization_RequestDenied", message)


def taken(message: str, target: str) -> GraphError:
    """A value that another object has: 400, not 409, for uniqueName and identifierUris."""
    return bad_request(message, code="ObjectConflict", target=target)


def conflict(message: str) -> GraphError:
    return GraphError(409, "Request_MultipleObjectsWithSameKeyValue", message)


def throttled(seconds: int) -> GraphError:
    """learn.microsoft.com/graph/throttling shows this body."""
    return GraphError(
        429, "TooManyRequests", "Please retry again later.", headers={"Retry-After": str(seconds)}
    )


STATUS_ERRORS = {
    429: ("TooManyRequests", "Please retry again later."),
    500: ("Service_InternalServerError", "Encountered an internal server error."),
    503: (
        "serviceNotAvailable",
        "The service is temporarily unavailable. Try the request again after a delay.",
    ),
    504: ("UnknownError", ""),  # the gateway's 504 has no text
}


def error_body(
    error: GraphError, request: Request, clock: Clock, options: Options
) -> dict[str, Any]:
    """The error document; its date has no offset, as Graph writes it."""
    inner = {
        "date": iso(clock.now()).removesuffix("Z"),
        "request-id": request.request_id,
        "client-request-id": request.client_request_id,
    }
    document: dict[str, Any] = {
        "code": error.code,
        "message": error.message,
        options.inner_error_key: inner,
    }
    if error.details:
        document["details"] = error.details
    return {"error": document}


def render(error: GraphError, request: Request, clock: Clock, options: Options) -> Answer:
    return Answer(error.status, error_body(error, request, clock, options), dict(error.headers))
