# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key credentials: the certificates that an application may sign its assertions with."""

from __future__ import annotations

import base64
import hashlib
import uuid
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from ..clock import iso
from ..signin.assertions import load_certificate
from .app_model import invalid


def key_credential(given: dict[str, Any]) -> dict[str, Any]:
    """A key credential completed from its certificate, as the directory stores it."""
    if (
        given.get("type") != "AsymmetricX509Cert"
        or given.get("usage") != "Verify"
        or not given.get("key")
    ):
        raise invalid("keyCredentials")
    try:
        certificate = load_certificate(given["key"])
    except ValueError:
        raise invalid("keyCredentials", "The key is not a certificate.") from None
    der = certificate.public_bytes(Encoding.DER)
    thumbprint = hashlib.sha1(der).hexdigest().upper()  # as Entra names it
    return {
        "customKeyIdentifier": given.get("customKeyIdentifier") or thumbprint,
        "displayName": given.get("displayName") or certificate.subject.rfc4514_string(),
        "endDateTime": given.get("endDateTime") or iso(certificate.not_valid_after_utc.timestamp()),
        "key": base64.b64encode(der).decode(),
        "keyId": given.get("keyId") or str(uuid.uuid4()),
        "startDateTime": given.get("startDateTime")
        or iso(certificate.not_valid_before_utc.timestamp()),
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
    }
