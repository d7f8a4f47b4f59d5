# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Microsoft Graph, the part that onboarding an application needs."""

from __future__ import annotations

from ..directory import TENANT_ID, Directory
from ..messages import Answer, Request
from ..quota import Quota
from ..signin.tokens import Signer
from .access import Call, authenticate, check_permissions
from .applications import Applications
from .consent import Assignments, Grants
from .deleted_items import DeletedItems
from .errors import STATUS_ERRORS, GraphError, render, throttled
from .federation import FederatedCredentials
from .organization import Organization
from .owners import Owners
from .passwords import Passwords
from .service_principals import ServicePrincipals

JSON = (
    "application/json;odata.metadata=minimal;odata.streaming=true;"
    "IEEE754Compatible=false;charset=utf-8"
)


class Graph:
    """Answers what comes below /graph, but for $batch, which the pipeline takes apart."""

    def __init__(self, directory: Directory, signer: Signer) -> None:
        self._directory = directory
        self._signer = signer
        self._writes = Quota(directory.clock)
        passwords = Passwords(directory)
        applications = Applications(directory, passwords)
        principals = ServicePrincipals(directory)
        parts = (
            applications,
            passwords,
            principals,
            Owners(directory),
            Grants(directory),
            Assignments(directory),
            DeletedItems(directory, applications.resource, principals.resource),
            FederatedCredentials(directory),
            Organization(directory),
        )
        self._routes = {
            route: handler for part in parts for route, handler in part.routes().items()
        }

    def handle(self, request: Request) -> Answer:
        try:
            call = self.admit(request)
            self._check_quota(call)
            assert request.operation is not None  # admit refuses what is no operation
            check_permissions(call, request.operation.template)
            answer = self._routes[request.method, request.operation.template](call)
        except GraphError as error:
            answer = render(error, request, self._directory.clock, self._directory.options)
        return self.finish(answer, request)

    def admit(self, request: Request) -> Call:
        """The caller, when the token is good and the contract knows the request."""
        call = authenticate(request, self._signer, self._directory.clock)
        if request.operation is None:
            raise _unknown(request)
        if request.problems:
            raise GraphError(400, "Request_BadRequest", "; ".join(request.problems))
        return call

    def _check_quota(self, call: Call) -> None:
        options = self._directory.options
        if not call.request.mutating:
            return
        caller = f"{call.app_id} {TENANT_ID}"
        wait = self._writes.seconds_to_wait(
            caller, options.graph_write_limit, options.graph_write_window
        )
        if wait:
            raise throttled(wait)

    def error(self, request: Request, status: int, code: str = "", message: str = "") -> Answer:
        """An error that a fault rule or the pipeline asks for."""
        usual = STATUS_ERRORS.get(status, ("UnknownError", ""))
        error = GraphError(status, code or usual[0], message or usual[1])
        return self.finish(
            render(error, request, self._directory.clock, self._directory.options), request
        )

    def refuse(self, request: Request, error: GraphError) -> Answer:
        return self.finish(
            render(error, request, self._directory.clock, self._directory.options), request
        )

    def finish(self, answer: Answer, request: Request) -> Answer:
        """An answer with the headers that all of Graph's have."""
        answer.headers.setdefault("request-id", request.request_id)
        answer.headers.setdefault("client-request-id", request.client_request_id)
        answer.headers.setdefault("Cache-Control", "no-cache")
        if answer.body is not None and not isinstance(answer.body, str):
            answer.headers.setdefault("OData-Version", "4.0")
            answer.headers.setdefault("Content-Type", JSON)
        return answer


def _unknown(request: Request) -> GraphError:
    """Graph names the segment that it does not know; a known path with a wrong method is 405."""
    if any(problem.startswith("method") for problem in request.problems):
        return GraphError(
            405,
            "Request_BadRequest",
            "Specified HTTP method is not allowed for the request target.",
        )
    segment = request.path.rstrip("/").rpartition("/")[2]
    return GraphError(404, "BadRequest", f"Resource not found for the segment '{segment}'.")
