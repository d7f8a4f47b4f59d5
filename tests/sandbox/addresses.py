# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a service is: below a path of the loopback port, or at its public name.

Some clients have the public names built in. Led here by a name service, they find what they expect:
a certificate for that name, and links and discovery documents that keep to it.
"""

from __future__ import annotations

from dataclasses import dataclass

SERVICES = ("login", "graph", "stackone", "arm", "ci")
PLAIN_SERVICES = ("metadata", "msi")  # over plain HTTP, on a port of their own
PUBLIC_NAMES = {
    "login.microsoftonline.com": "login",
    "graph.microsoft.com": "graph",
    "api.stackone.com": "stackone",
    "management.azure.com": "arm",
}


@dataclass(frozen=True)
class Address:
    """A service, the URL that a client reaches it by, and what is asked for below that."""

    service: str
    root: str
    target: str


def locate_plain(host: str, target: str) -> Address | None:
    """The same on the port without TLS."""
    name, _slash, rest = target.lstrip("/").partition("/")
    return Address(name, f"http://{host}/{name}", "/" + rest) if name in PLAIN_SERVICES else None


def locate(host: str, target: str) -> Address | None:
    """The address that a Host header and a request target name; None where no service is."""
    service = PUBLIC_NAMES.get(host.partition(":")[0].lower())
    if service is not None:
        return Address(service, f"https://{host}", target)
    name, _slash, rest = target.lstrip("/").partition("/")
    if name not in SERVICES:
        return None
    return Address(name, f"https://{host}/{name}", "/" + rest)
