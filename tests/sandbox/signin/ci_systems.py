# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CI systems that issue tokens to their jobs, which Entra takes in exchange.

Sources: GitHub's "OpenID Connect reference" (the request URL has a query, the audience is added,
the answer is `value`); Azure DevOps' REST API "Oidctoken - Create" and azure-identity's
AzurePipelinesCredential (POST, api-version, service connection, `oidcToken`; a refused token is
answered by a redirect to a sign-in page unless the header X-TFS-FedAuthRedirect suppresses it).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

from ..messages import Answer, Request

Issue = Callable[[str], str]
SERVICE_CONNECTION_ID = "3c1f7a52-8b0e-4d6f-9a27-5e4d3c2b1a09"
PIPELINES_AUDIENCE = "api://AzureADTokenExchange"


class CiSystems:
    """Answers what comes below /ci; `issue` makes a token for an audience."""

    def __init__(self, job_token: str, issue: Issue) -> None:
        self._job_token = job_token
        self._issue = issue

    def handle(self, request: Request) -> Answer:
        match request.method, request.path:
            case "GET", "/github/token":
                return self._github(request)
            case "POST", "/pipelines/oidctoken":
                return self._pipelines(request)
        return Answer(404, {"message": f"{request.method} {request.path} is not served"})

    def _is_from_job(self, request: Request) -> bool:
        scheme, _space, token = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(token, self._job_token)

    def _github(self, request: Request) -> Answer:
        if not self._is_from_job(request):
            return Answer(401, {"message": "The job's token is not good."})
        audience = request.query.get("audience", "https://github.com/contoso")
        return Answer(200, {"count": 1, "value": self._issue(audience)})

    def _pipelines(self, request: Request) -> Answer:
        if not self._is_from_job(request):
            if request.headers.get("x-tfs-fedauthredirect") == "Suppress":
                return Answer(401, {"message": "The pipeline's token is not good."})
            return Answer(302, None, {"Location": "https://login.microsoftonline.com/common"})
        if request.query.get("api-version") != "7.1":
            return Answer(400, {"message": "No api-version was supplied, or an unknown one."})
        if request.query.get("serviceConnectionId") != SERVICE_CONNECTION_ID:
            return Answer(404, {"message": "The service connection does not exist."})
        return Answer(200, {"oidcToken": self._issue(PIPELINES_AUDIENCE)})
