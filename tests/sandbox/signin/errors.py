# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the token endpoint answers when it refuses: Entra's recorded shapes, codes and texts.

Recorded answers of the real endpoint give 7000215, 500011, 700038 and 70003 (status, error, text,
which of them carry error_uri); the other texts are Entra's as clients have logged them in public.
"""

from __future__ import annotations

import dataclasses
import uuid
from dataclasses import dataclass

from ..clock import Clock, iso
from ..messages import Answer, Refused, Request

WRONG_TENANT_HINT = (
    "This can happen if the application has not been installed by the administrator of the tenant"
    " or consented to by any user in the tenant. You might have sent your authentication request"
    " to the wrong tenant."
)
FEDERATED_HINT = (
    "Check your federated identity credential Subject, Audience and Issuer against the presented"
    " assertion. https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
)


@dataclass(frozen=True)
class Kind:
    """One AADSTS code: HTTP status, OAuth error, and text with places to fill."""

    status: int
    error: str
    text: str
    has_uri: bool = True


KINDS = {
    50013: Kind(401, "invalid_client", "Assertion failed signature validation."),
    50027: Kind(400, "invalid_request", "JWT token is invalid or malformed."),
    70003: Kind(
        400,
        "unsupported_grant_type",
        "The app requested an unsupported grant type '{grant}'.",
        has_uri=False,
    ),
    70025: Kind(
        401,
        "invalid_client",
        "The client '{client}'({name}) has no configured federated identity credentials.",
    ),
    90002: Kind(
        400,
        "invalid_request",
        "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are"
        " signing into the correct cloud. Check with your subscription administrator, this may"
        " happen if there are no active subscriptions for the tenant.",
    ),
    500011: Kind(
        400,
        "invalid_resource",
        "The resource principal named {resource} was not found in the tenant named {tenant}. "
        + WRONG_TENANT_HINT,
    ),
    700016: Kind(
        400,
        "unauthorized_client",
        "Application with identifier '{client}' was not found in the directory '{tenant}'. "
        + WRONG_TENANT_HINT,
    ),
    700023: Kind(
        401,
        "invalid_client",
        "Client assertion audience claim does not match Realm issuer. Review the documentation at"
        " https://learn.microsoft.com/entra/identity-platform/certificate-credentials .",
    ),
    700024: Kind(
        401,
        "invalid_client",
        "Client assertion is not within its valid time range. Current time: {now}.",
    ),
    700027: Kind(
        401,
        "invalid_client",
        "The certificate with identifier used to sign the client assertion is not registered on"
        " application. [Reason - {reason}, Thumbprint of key used by client: '{thumbprint}',"
        " Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see"
        " configured keys for app Id '{client}'.]",
    ),
    700038: Kind(
        400, "unauthorized_client", "{client} is not a valid application identifier.", has_uri=False
    ),
    700211: Kind(
        401,
        "invalid_client",
        "No matching federated identity record found for presented assertion issuer '{value}'. "
        + FEDERATED_HINT,
    ),
    700212: Kind(
        401,
        "invalid_client",
        "No matching federated identity record found for presented assertion audience '{value}'. "
        + FEDERATED_HINT,
    ),
    700213: Kind(
        401,
        "invalid_client",
        "No matching federated identity record found for presented assertion subject '{value}'. "
        + FEDERATED_HINT,
    ),
    900144: Kind(
        400,
        "invalid_request",
        "The request body must contain the following parameter: '{parameter}'.",
    ),
    1002012: Kind(
        400,
        "invalid_scope",
        "The provided value for scope {scope} is not valid. Client credential flows must have a"
        " scope value with /.default suffixed to the resource identifier (application ID URI).",
    ),
    7000112: Kind(400, "unauthorized_client", "Application '{client}'({name}) is disabled."),
    7000215: Kind(
        401,
        "invalid_client",
        "Invalid client secret provided. Ensure the secret being sent in the request is the"
        " client secret value, not the client secret ID, for a secret added to app '{client}'.",
    ),
    7000216: Kind(
        401,
        "invalid_client",
        "'client_assertion', 'client_secret' or 'request' is required for the"
        " 'client_credentials' grant type.",
    ),
    7000222: Kind(
        401,
        "invalid_client",
        "The provided client secret keys for app '{client}' are expired. Visit the Azure portal"
        " to create new keys for your app: https://aka.ms/NewClientSecret, or consider using"
        " certificate credentials for added security: https://aka.ms/certCreds.",
    ),
    7000229: Kind(
        401,
        "invalid_client",
        "The client application {client} is missing service principal in the tenant {tenant}. See"
        " instructions here: https://go.microsoft.com/fwlink/?linkid=2225119",
    ),
}


def refusal(code: int, request: Request, clock: Clock, **values: str) -> Refused:
    """The refusal with an AADSTS code, its places filled."""
    return Refused(error_answer(code, KINDS[code], request, clock, **values))


def unknown_tenant_at_discovery(tenant: str, request: Request, clock: Clock) -> Answer:
    """The discovery document names the same trouble invalid_tenant."""
    kind = dataclasses.replace(KINDS[90002], error="invalid_tenant")
    return error_answer(90002, kind, request, clock, tenant=tenant)


def transient(status: int, message: str, request: Request, clock: Clock) -> Answer:
    """A passing failure of the service."""
    text = message or "A transient error has occurred. Please try again."
    return error_answer(
        90033, Kind(status, "temporarily_unavailable", "{text}"), request, clock, text=text
    )


def error_answer(code: int, kind: Kind, request: Request, clock: Clock, **values: str) -> Answer:
    """An OAuth error as Entra writes it: code, trace and correlation ids and time, all twice."""
    trace = str(uuid.uuid4())
    stamp = iso(clock.now()).replace("T", " ")
    description = (
        f"AADSTS{code}: {kind.text.format(**values)} Trace ID: {trace}"
        f" Correlation ID: {request.client_request_id} Timestamp: {stamp}"
    )
    body = {
        "error": kind.error,
        "error_description": description,
        "error_codes": [code],
        "timestamp": stamp,
        "trace_id": trace,
        "correlation_id": request.client_request_id,
    }
    if kind.has_uri:
        body["error_uri"] = f"https://login.microsoftonline.com/error?code={code}"
    return Answer(
        kind.status, body, {"x-ms-request-id": trace, "Cache-Control": "no-store, no-cache"}
    )
