# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the time of a run goes, as a picture: Ansible's tasks, requests within them, waits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

WIDTH, LEFT, ROW, HEAD = 1200, 400, 16, 34
# A longer pause between two requests of a task is a wait, not work.
PAUSE = 0.15
COLOURS = {"login": "#8250df", "graph": "#0969da", "stackone": "#1a7f37", "wait": "#d4a72c"}
NAMES = {"login": "sign-in", "graph": "Microsoft Graph", "stackone": "StackOne", "wait": "a wait"}


@dataclass(frozen=True)
class Span:
    """Seconds since the run began. ``kind`` is a service, or ``task``."""

    kind: str
    name: str
    start: float
    end: float


def waits(spans: Sequence[Span]) -> list[Span]:
    """The pauses within tasks, between one request and the next."""
    found = []
    for task in (span for span in spans if span.kind == "task"):
        inside = [span for span in spans if span.kind != "task" and _within(span, task)]
        for one, following in pairwise(inside):
            if following.start - one.end > PAUSE:
                found.append(Span("wait", "a wait", one.end, following.start))
    return found


def _within(span: Span, task: Span) -> bool:
    return task.start <= span.start < task.end


LICENSE = """<!--
SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
SPDX-License-Identifier: GPL-3.0-or-later
-->"""


def render(title: str, spans: Sequence[Span], seconds: float) -> str:
    """SVG, each span a row of its own in the order of time; readable on light and dark."""
    rows = sorted(spans, key=lambda span: (span.start, span.kind != "task"))
    scale = (WIDTH - LEFT - 20) / seconds
    height = HEAD + ROW * len(rows) + 30
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
            f'width="{WIDTH}" height="{height}" font-family="sans-serif" font-size="11">',
            LICENSE,
            f"<title>{escape(title)}</title>",
            f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
            f'<text x="10" y="20" font-size="14" font-weight="bold">{escape(title)}</text>',
            *_legend(),
            *_axis(seconds, scale, height),
            *(line for number, span in enumerate(rows) for line in _row(number, span, scale)),
            *(line for span in waits(rows) for line in _wait(span, rows, scale)),
            "</svg>",
            "",
        ]
    )


def _legend() -> Iterator[str]:
    for number, (kind, name) in enumerate(NAMES.items()):
        x = LEFT + 180 + 130 * number
        yield f'<rect x="{x}" y="11" width="10" height="10" fill="{COLOURS[kind]}"/>'
        yield f'<text x="{x + 15}" y="20">{name}</text>'


def _axis(seconds: float, scale: float, height: int) -> Iterator[str]:
    step = next((step for step in (0.1, 0.2, 0.5, 1, 2, 5, 10) if seconds / step <= 14), 60)
    for number in range(int(seconds / step) + 1):
        x = LEFT + number * step * scale
        yield f'<path d="M{x:.1f} {HEAD} V{height - 20}" stroke="#d0d7de" stroke-width="1"/>'
        yield f'<text x="{x:.1f}" y="{height - 6}" text-anchor="middle">{number * step:g} s</text>'


def _row(number: int, span: Span, scale: float) -> Iterator[str]:
    y = HEAD + ROW * number
    indent, colour, weight = (10, "#afb8c1", "bold")
    if span.kind != "task":
        indent, colour, weight = (24, COLOURS[span.kind], "normal")
    yield f'<text x="{indent}" y="{y + 11}" font-weight="{weight}">{escape(span.name[:60])}</text>'
    width = max(1.5, (span.end - span.start) * scale)
    x = LEFT + span.start * scale
    yield f'<rect x="{x:.1f}" y="{y + 2}" width="{width:.1f}" height="{ROW - 5}" fill="{colour}"/>'


def _wait(span: Span, rows: Sequence[Span], scale: float) -> Iterator[str]:
    """On the row of the request before it."""
    before = [i for i, row in enumerate(rows) if row.kind != "task" and row.end == span.start]
    number = before[0]
    x, width = LEFT + span.start * scale, (span.end - span.start) * scale
    y = HEAD + ROW * number + 5
    yield f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="5" fill="{COLOURS["wait"]}"/>'
