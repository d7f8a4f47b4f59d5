# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chromium from the system's packages, driven by Playwright.

Where there is none these tests are skipped, and the run says so at its end; in CI they fail.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from browser import chromium

SAMPLE = Path(__file__).parent / "sample.json"

Render = Callable[..., str]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    executable = chromium.find()
    if executable is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(chromium.MISSING)
    with chromium.launched(executable) as running:
        yield running


@pytest.fixture
def sample() -> dict[str, Any]:
    """A report on the estate of support/estate.py; ``make report-picture`` makes it anew."""
    return dict(json.loads(SAMPLE.read_text("utf-8")))


@pytest.fixture
def render(tmp_path: Path) -> Render:
    """A report as a page in a file; gives its URL."""
    from ansible_collections.stackone.onboarding.plugins.filter import report_data, report_html

    def to_url(report: dict[str, Any]) -> str:
        judged = report_data.report_data({}, merge=[report], now=report["generated_at"])
        path = tmp_path / "report.html"
        path.write_text(report_html.report_html(judged), "utf-8")
        return path.as_uri()

    return to_url


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if chromium.find() is None:
        terminalreporter.section("BROWSER TESTS NOT RUN", red=True, bold=True)
        terminalreporter.write_line(chromium.MISSING)
