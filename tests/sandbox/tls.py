# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A certificate authority of the sandbox's own, and its certificate: loopback and public names."""

from __future__ import annotations

import ssl
from pathlib import Path

import trustme

from .addresses import PUBLIC_NAMES

NAMES = ("localhost", "127.0.0.1", "::1", *PUBLIC_NAMES)


def server_context(ca_path: Path) -> ssl.SSLContext:
    """Make an authority, write its certificate for clients, return the server's TLS settings."""
    authority = trustme.CA(organization_name="stackone.onboarding sandbox")
    authority.cert_pem.write_to_path(str(ca_path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*NAMES).configure_cert(context)
    return context
