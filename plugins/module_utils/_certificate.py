# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A certificate with its private key, from a PEM or PFX file, as a client assertion needs it.

Read here rather than by msal, which sends a PEM's certificates with every request (x5c), wants the
key before them, and says of a wrong password no more than cryptography does.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any, NoReturn

from ansible_collections.stackone.onboarding.plugins.module_utils._errors import ConfigurationError

_PASSWORD = "Set auth_certificate_password (or AZURE_CLIENT_CERTIFICATE_PASSWORD)."
_CONTENT = (
    "Give a PEM file with the private key and the certificate, in any order, or a PFX file of both."
)


@dataclass(frozen=True)
class Certificate:
    """The key that signs, and the certificate that Entra knows it by.

    ``chain``: base64 of the certificate and of what else the file holds, the certificate first.
    """

    key: Any = field(repr=False)
    sha256: str
    chain: list[str]


def load(path: str, password: str) -> Certificate:
    """Raises ConfigurationError that says what the file lacks."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding

    content = _read(path)
    is_pem = b"-----BEGIN " in content
    key, certificates = (_from_pem if is_pem else _from_pfx)(path, content, password)
    if not isinstance(key, RSAPrivateKey):
        _refuse(path, "Its private key is not an RSA key, and Entra takes no other.")
    own = [item for item in certificates if _public(item) == _public(key)]
    if not own:
        _refuse(path, "None of its certificates belongs to its private key.")
    ordered = own[:1] + [item for item in certificates if item is not own[0]]
    return Certificate(
        key,
        own[0].fingerprint(hashes.SHA256()).hex(),
        [base64.b64encode(item.public_bytes(Encoding.DER)).decode() for item in ordered],
    )


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise ConfigurationError(
            f"The certificate {path} cannot be read",
            str(error),
            "Check auth_certificate_path (or AZURE_CLIENT_CERTIFICATE_PATH).",
            auth_method="certificate",
        ) from error


def _from_pem(path: str, content: bytes, password: str) -> tuple[Any, list[Any]]:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if b"PRIVATE KEY-----" not in content:
        _refuse(path, "It holds no private key.")
    if b"BEGIN CERTIFICATE-----" not in content:
        _refuse(path, "It holds no certificate, by whose thumbprint Entra knows the key.")
    try:
        key = _decrypted(load_pem_private_key, content, password)
        return key, x509.load_pem_x509_certificates(content)
    except TypeError:
        _refuse(path, "Its private key is encrypted.", _PASSWORD)
    except ValueError as error:
        # A wrong password decrypts into rubbish, which now and then passes for a damaged key.
        if b"ENCRYPTED" in content:
            _refuse(path, "The password is wrong.", _PASSWORD)
        _refuse(path, f"It is damaged: {error}")


def _from_pfx(path: str, content: bytes, password: str) -> tuple[Any, list[Any]]:
    from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates

    try:
        key, certificate, others = _decrypted(load_key_and_certificates, content, password)
    except ValueError as error:
        if "password" not in str(error):
            _refuse(path, "It is neither a PEM nor a PFX file.")
        said = "The password is wrong." if password else "It is encrypted."
        _refuse(path, said, _PASSWORD)
    if key is None or certificate is None:
        lacking = "private key" if key is None else "certificate of its private key"
        _refuse(path, f"It holds no {lacking}.")
    return key, [certificate, *others]


def _decrypted(load: Any, content: bytes, password: str) -> Any:
    """What is not encrypted may come with a password all the same, left in the environment."""
    if password:
        try:
            return load(content, password.encode())
        except (TypeError, ValueError) as error:
            try:
                return load(content, None)
            except (TypeError, ValueError):
                raise error from None
    return load(content, None)


def _public(holder: Any) -> bytes:
    """The public key of a private one, or of a certificate."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key: bytes = holder.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return key


def _refuse(path: str, why: str, hint: str = _CONTENT) -> NoReturn:
    raise ConfigurationError(
        f"The certificate {path} cannot be used", why, hint, auth_method="certificate"
    )
