# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The environment of a client that is not told where the sandbox is: its names lead there.

No other name leads anywhere, so that nothing of a peer, telemetry least of all, leaves the machine.
"""

from __future__ import annotations

import os
from pathlib import Path

from sandbox.addresses import PUBLIC_NAMES
from sandbox.client import Sandbox

NAME_SERVICE = Path(__file__).resolve().parent / "name_service"
KEPT = ("LANG", "LC_ALL", "TMPDIR")


def environment(sandbox: Sandbox, home: Path, commands: Path) -> dict[str, str]:
    """Nothing of the caller's own settings; a home of its own, and the commands before others."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {
        **kept,
        "HOME": str(home),
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        "NO_COLOR": "1",
        **_names(sandbox),
        **_trust(sandbox),
        **_identity(sandbox),
    }


def _names(sandbox: Sandbox) -> dict[str, str]:
    return {
        "SANDBOX_NAMES": ",".join(PUBLIC_NAMES),
        "SANDBOX_PORT": sandbox.url.rpartition(":")[2],
        "PYTHONPATH": str(NAME_SERVICE),
        "NODE_OPTIONS": f'--require "{NAME_SERVICE / "preload.cjs"}"',
    }


def _trust(sandbox: Sandbox) -> dict[str, str]:
    """The sandbox's authority, as requests, OpenSSL and Node.js are told of one."""
    names = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")
    return dict.fromkeys(names, sandbox.ca_path)


def _identity(sandbox: Sandbox) -> dict[str, str]:
    """Who does the work, in the variables that the collection and its peers know."""
    tenant, secret = sandbox.info["tenant_id"], sandbox.info["client_secret"]
    return {
        "AZURE_TENANT_ID": tenant,
        "AZURE_CLIENT_ID": sandbox.info["client_id"],
        "AZURE_CLIENT_SECRET": secret,
        "AZURE_TENANT": tenant,  # azure.azcollection's names
        "AZURE_SECRET": secret,
        "STACKONE_API_KEY": sandbox.info["api_key"],
    }
