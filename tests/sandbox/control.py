# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control interface below /_sandbox: how a test looks behind the curtain."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta, timezone
from typing import Any

from aiohttp import web

from . import edits
from .graph.certificates import key_credential
from .seed import IDENTITY_OBJECT_ID
from .stackone.errors import StackOneError
from .world import World

Handler = Callable[[Any], Any]


class Control:
    """Handlers of the control interface; each takes the JSON body and returns JSON data."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        world = self._world
        questions: dict[tuple[str, str], Callable[[], Any]] = {
            ("GET", "health"): lambda: {"status": "ok", "base_url": world.base_url},
            ("GET", "options"): self._options,
            ("GET", "requests"): lambda: world.journal.entries,
            ("DELETE", "requests"): world.journal.clear,
            ("GET", "wire"): lambda: {"count": world.journal.wire_count},
            ("GET", "violations"): lambda: world.journal.violations,
            ("DELETE", "violations"): world.journal.violations.clear,
            ("GET", "state"): world.dump,
            ("DELETE", "faults"): world.faults.clear,
        }
        orders: dict[tuple[str, str], Callable[[Any], Any]] = {
            ("POST", "reset"): self._reset,
            ("POST", "options"): self._set_options,
            ("POST", "edit"): lambda body: edits.apply(world, body),
            ("POST", "faults"): lambda body: world.faults.add(
                body if isinstance(body, list) else [body]
            ),
            ("POST", "advance"): lambda body: world.clock.advance(float(body["seconds"])),
            ("POST", "federated-token"): self._federated_token,
            ("POST", "certificate"): self._certificate,
        }
        table = {**orders, **{route: _without_body(ask) for route, ask in questions.items()}}
        return [
            web.route(method, f"/_sandbox/{path}", _adapted(handler))
            for (method, path), handler in table.items()
        ]

    def _options(self) -> dict[str, Any]:
        return self._world.options.as_dict()

    def _reset(self, body: dict[str, Any]) -> dict[str, Any]:
        self._world.reset(body)
        return self._options()

    def _set_options(self, body: dict[str, Any]) -> dict[str, Any]:
        self._world.set_options(body)
        return self._options()

    def _federated_token(self, body: dict[str, Any]) -> dict[str, str]:
        """A token as a cluster or a CI system gives it to its workload; each claim can be set."""
        if "expires_in" in body:
            body["exp"] = int(self._world.clock.now()) + int(body.pop("expires_in"))
        return {"token": self._world.federated_token(**body)}

    def _certificate(self, body: dict[str, Any]) -> dict[str, str]:
        """Make a certificate, register it with an application, and give out both its parts."""
        key, certificate, der = _self_signed(int(body.get("days", 30)))
        encoded = base64.b64encode(der).decode()
        credential = key_credential(
            {"type": "AsymmetricX509Cert", "usage": "Verify", "key": encoded}
        )
        app = body.get("app", IDENTITY_OBJECT_ID)
        edits.apply(
            self._world,
            {"kind": "applications", "id": app, "add": {"keyCredentials": [credential]}},
        )
        return {"private_key": key, "certificate": certificate, "key_id": credential["keyId"]}


def _without_body(ask: Callable[[], Any]) -> Handler:
    return lambda _: ask()


def _adapted(handler: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def respond(request: web.Request) -> web.Response:
        try:
            body = json.loads(await request.read() or b"{}")
            result = handler(body)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)
        except StackOneError as error:
            return web.json_response({"error": error.message}, status=400)
        return web.json_response(result if result is not None else {})

    return respond


def _self_signed(days: int) -> tuple[str, str, bytes]:
    """A self-signed RSA certificate: private key as PEM, certificate as PEM and as DER."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import NameOID

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sandbox")])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=min(0, days) - 1))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding
    private = key.private_bytes(
        encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return (
        private.decode(),
        certificate.public_bytes(encoding.PEM).decode(),
        certificate.public_bytes(encoding.DER),
    )
