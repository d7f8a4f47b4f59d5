# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Renders the page of a report: everything in one file, and nothing in it that runs but its own."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ansible_collections.stackone.onboarding.plugins.module_utils._clock import parse_time
from ansible_collections.stackone.onboarding.plugins.plugin_utils import _dates, _report
from ansible_collections.stackone.onboarding.plugins.plugin_utils._drift import sentence
from ansible_collections.stackone.onboarding.plugins.plugin_utils._timeline import Timeline

_TEMPLATES = Path(__file__).parents[2] / "roles" / "entra_connector" / "templates"


def render(report: Mapping[str, Any]) -> str:
    now = parse_time(report["generated_at"])
    style, script = _own("report.css"), _own("report.js")
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            states=_report.STATES,
            timeline=Timeline(report["connectors"], now),
            relative=lambda text: _dates.relative(text, now),
            day=_dates.day,
            minute=_dates.minute,
            sentence=sentence,
            # Not a word of these two comes from outside, so they are not escaped.
            style=Markup(style),
            script=Markup(script),
            policy=f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}",
        )
    )


@functools.cache
def _environment() -> Environment:
    """An environment of its own: that of Ansible's templates does not escape."""
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _own(name: str) -> str:
    return (_TEMPLATES / name).read_text("utf-8")


def _hash(text: str) -> str:
    """As a content security policy names an inline style or script that may be used."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
