# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of an identity with their keys, in all the forms that a file may have."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)

Pem = str


@dataclass(frozen=True)
class KeyPair:
    """A private key and its certificate, as PEM, with the certificates above it."""

    key: Pem
    certificate: Pem
    above: tuple[Pem, ...] = ()

    @classmethod
    def of(cls, made: dict[str, str]) -> KeyPair:
        """What the sandbox made and registered."""
        return cls(made["private_key"], made["certificate"])

    @classmethod
    def issued_by(cls, authority: trustme.CA, **settings: Any) -> KeyPair:
        """Registered nowhere."""
        names = {"organization_name": "Contoso", "organization_unit_name": "Runners"}
        key_type = settings.pop("key_type", trustme.KeyType.RSA)
        leaf = authority.issue_cert(
            common_name="runner.contoso.com", key_type=key_type, **names, **settings
        )
        certificate = leaf.cert_chain_pems[0].bytes().decode()
        return cls(
            leaf.private_key_pem.bytes().decode(),
            certificate,
            (authority.cert_pem.bytes().decode(),),
        )

    @property
    def subject(self) -> str:
        return _load(self.certificate).subject.rfc4514_string()

    @property
    def thumbprint(self) -> str:
        """SHA-256, as x5t#S256 has it, without padding."""
        digest = _load(self.certificate).fingerprint(hashes.SHA256())
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    @property
    def chain(self) -> list[str]:
        """As x5c has it."""
        return [der_of(item) for item in (self.certificate, *self.above)]

    def pem_key(self, password: str = "", form: PrivateFormat = PrivateFormat.PKCS8) -> Pem:
        return (
            load_pem_private_key(self.key.encode(), None)
            .private_bytes(Encoding.PEM, form, _encryption(password))
            .decode()
        )

    def pfx(self, password: str = "", *, key: bool = True, certificate: bool = True) -> bytes:
        private: Any = load_pem_private_key(self.key.encode(), None) if key else None
        return pkcs12.serialize_key_and_certificates(
            b"automation",
            private,
            _load(self.certificate) if certificate else None,
            [_load(item) for item in self.above] or [_load(self.certificate)],
            _encryption(password),
        )


def der_of(certificate: Pem) -> str:
    """A certificate as base64 of its DER."""
    return base64.b64encode(_load(certificate).public_bytes(Encoding.DER)).decode()


def _load(certificate: Pem) -> x509.Certificate:
    return x509.load_pem_x509_certificate(certificate.encode())


def _encryption(password: str) -> KeySerializationEncryption:
    return BestAvailableEncryption(password.encode()) if password else NoEncryption()
