# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plugin of proxy.py: notes at once where it is asked to connect to, as its own log does late."""

from __future__ import annotations

import os
from pathlib import Path

from proxy.http.parser import HttpParser
from proxy.http.proxy import HttpProxyBasePlugin

FILE = "PROXY_JOURNAL"


class Journal(HttpProxyBasePlugin):
    """A line of host and port for each connection that it makes."""

    def before_upstream_connection(self, request: HttpParser) -> HttpParser | None:
        assert request.host is not None
        with Path(os.environ[FILE]).open("a", encoding="utf-8") as journal:
            journal.write(f"{request.host.decode()}:{request.port}\n")
        return request
