# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds and starts the Chromium of the system."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from typing import Any

MISSING = (
    "There is no Chromium on this machine, so nobody looked at the report's page. "
    "As root on Debian, make browser installs it."
)


def find() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


@contextlib.contextmanager
def launched(executable: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    # Chromium's own sandbox does not work for root, who runs this in containers and CI.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=arguments)
        try:
            yield browser
        finally:
            browser.close()
