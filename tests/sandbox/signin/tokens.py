# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing and checking tokens: Entra's own, and those of the sandbox's federated issuer."""

from __future__ import annotations

import base64
import hashlib
from functools import cached_property
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.types import Options

UNTIMED: Options = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_aud": False,
    "verify_iat": False,
}


class Signer:
    """One RSA key pair, made when first needed, that signs with RS256."""

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @cached_property
    def key_id(self) -> str:
        """A name for the key, made from the key."""
        modulus = self._key.public_key().public_numbers().n
        digest = hashlib.sha256(str(modulus).encode()).digest()[:20]
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")

    def sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": self.key_id})

    def claims_of(self, token: str) -> dict[str, Any] | None:
        """The claims of a token that this key signed, else None; times are not looked at."""
        try:
            return jwt.decode(token, self._key.public_key(), algorithms=["RS256"], options=UNTIMED)
        except jwt.PyJWTError:
            return None

    def key_set(self) -> dict[str, Any]:
        """The public key as a JWK set."""
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**public, "use": "sig", "kid": self.key_id}]}
