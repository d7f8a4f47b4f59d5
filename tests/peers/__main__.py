# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Has clients that nobody here wrote take their steps against the sandbox, and prints what came.

A client that refuses an answer shows a fault of the sandbox, and so does a request of theirs that
the sandbox's contract refuses: they work with the real services.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from peers.azure_cli import AzureCli
from peers.conversation import STEPS, Client, Refused
from peers.graph_sdk import GraphSdk
from peers.installs import Unavailable
from sandbox.client import Sandbox

CLIENTS: Mapping[str, Callable[[Sandbox, Path], Client]] = {
    "azure-cli": AzureCli,
    "msgraph-sdk": GraphSdk,
}
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<=Grants/)[\w-]{40,}", re.I)
COLUMNS = "{:13}{:26}{:13}{}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make test-peers", description=__doc__)
    parser.add_argument("clients", nargs="*", help=f"of {', '.join(CLIENTS)} (default: all)")
    wanted = parser.parse_args().clients or list(CLIENTS)
    if unknown := set(wanted) - set(CLIENTS):
        parser.error(f"no such client: {', '.join(unknown)}")
    with Sandbox() as sandbox, tempfile.TemporaryDirectory(prefix="peers-") as folder:
        try:
            clients = [CLIENTS[name](sandbox, Path(folder) / name) for name in wanted]
        except Unavailable as reason:
            print(f"test-peers: {reason}", file=sys.stderr)
            return 1
        print(COLUMNS.format("client", "step", "verdict", "what it sent, and the answer's status"))
        passed = sum(_talk(sandbox, client) for client in clients)
    failed = len(clients) * len(STEPS) - passed
    print(f"\n{passed} passed, {failed} failed")
    return 1 if failed else 0


def _talk(sandbox: Sandbox, client: Client) -> int:
    """How many steps went well; each builds on the one before, so the first failure is the end."""
    try:
        for number, step in enumerate(STEPS):
            if not _verdict(sandbox, client, step):
                return number
        return len(STEPS)
    finally:
        client.close()


def _verdict(sandbox: Sandbox, client: Client, step: str) -> bool:
    """One step, judged by the client and by the sandbox's own checks."""
    sandbox.clear()
    before = len(sandbox.violations())
    problems = []
    try:
        client.take(step)
    except Refused as refused:
        problems.append(str(refused))
    problems += [_broken(each) for each in sandbox.violations()[before:]]
    sent = [_sent(entry) for entry in sandbox.requests()] or ["nothing"]
    print(COLUMNS.format(client.name, step, "refused" if problems else "accepted", sent[0]))
    for line in sent[1:]:
        print(COLUMNS.format("", "", "", line))
    for problem in problems:
        print(f"  ! {problem}")
    sys.stdout.flush()
    return not problems


def _sent(entry: Mapping[str, Any]) -> str:
    path = ID.sub("{id}", entry["path"])
    query = " ".join(f"{name}={ID.sub('{id}', text)}" for name, text in entry["query"].items())
    return f"{entry['method']} {entry['service']}{path} {query} {entry['status']}".replace(
        "  ", " "
    )


def _broken(violation: Mapping[str, Any]) -> str:
    where = f"{violation['method']} {violation['path']}"
    return f"{violation['kind']}: {where}: {'; '.join(violation['problems'])}"


if __name__ == "__main__":
    sys.exit(main())
