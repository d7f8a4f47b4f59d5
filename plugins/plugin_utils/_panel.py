# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last lines of a terminal, kept for what goes on, while all else scrolls above them.

A terminal can confine scrolling to a part of its screen (DECSTBM), as apt does for its bar. What
Ansible prints by itself, such as a warning, thus never meets the panel, and nothing of Ansible's
output need be redirected.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Sequence

from ansible_collections.stackone.onboarding.plugins.plugin_utils._progress import (
    Doing,
    View,
    clock,
)

try:
    from rich.console import Console
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text
except ImportError:
    HAS_RICH = False
else:
    HAS_RICH = True

Draw = Callable[[View, int, int], list[str]]

_SAVE, _RESTORE = "\0337", "\0338"
_CLEAR_LINE, _CLEAR_REST = "\033[2K", "\033[J"

# Where the panel would leave less than this to all else, there is none.
_FEWEST = 5

_BAR = 24


class Panel:
    """``show`` draws it, first making room; ``close`` gives the room back.

    ``rows``: how many hosts it has lines for, below the bar and the counts.
    """

    rows = 1

    def __init__(self, *, colour: bool) -> None:
        self._draw: Draw = _rich(colour) if HAS_RICH else _plain
        self._room: tuple[os.terminal_size, int] | None = None

    def show(self, view: View) -> None:
        size, height = os.get_terminal_size(sys.stdout.fileno()), self.rows + 2
        if size.lines < height + _FEWEST:
            self.close()
            return
        text = ""
        if self._room != (size, height):
            text = self._released() + _reserved(size.lines, height)
            self._room = size, height
        lines = self._draw(view, size.columns, self.rows)
        lines += [""] * (height - len(lines))
        first = size.lines - height + 1
        drawn = (f"\033[{first + row};1H{_CLEAR_LINE}{line}" for row, line in enumerate(lines))
        _write(text + _SAVE + "".join(drawn) + _RESTORE)

    def close(self) -> None:
        if self._room is not None:
            _write(self._released())
            self._room = None

    def _released(self) -> str:
        """To set the region moves the cursor, hence its place is saved."""
        return f"{_SAVE}\033[r{_RESTORE}{_CLEAR_REST}" if self._room is not None else ""


def _reserved(lines: int, height: int) -> str:
    """Scroll up to make room, then confine scrolling; the cursor keeps its line of text."""
    room = "\n" * height + f"\033[{height}A"
    return f"{room}{_SAVE}\033[1;{lines - height}r{_RESTORE}"


def printable(text: str) -> str:
    """Without what a terminal would obey: names come from other people."""
    return "".join(mark if mark.isprintable() else " " for mark in text)


def _write(text: str) -> None:
    # Display has put its lock around these two, so that no worker is forked in their midst.
    sys.stdout.write(text)
    sys.stdout.flush()


def _with_lines(view: View, rows: int) -> tuple[Sequence[Doing], str]:
    """The hosts that get a line, and a line for those that get none."""
    if len(view.doing) <= rows:
        return view.doing, ""
    kept = view.doing[: rows - 1]
    return kept, f"and {len(view.doing) - len(kept)} more"


def _plain(view: View, width: int, rows: int) -> list[str]:
    step = view.step
    head = ""
    if step is not None:
        filled = _BAR * len(step.done) // max(1, step.total)
        head = f"{'#' * filled:.<{_BAR}} {len(step.done)}/{step.total}  {step.name}"
    kept, more = _with_lines(view, rows)
    lines = [
        head,
        f"{clock(view.seconds)}  {view.counts}",
        *(f"  {item.host}  {view.how_long(item)} {view.what(item)}" for item in kept),
        f"  {more}",
    ]
    return [printable(line)[: width - 1] for line in lines]


def _rich(colour: bool) -> Draw:
    def draw(view: View, width: int, rows: int) -> list[str]:
        console = Console(
            file=io.StringIO(),
            width=width - 1,
            force_terminal=True,
            color_system="standard" if colour else None,
            no_color=not colour,
            legacy_windows=False,
        )
        with console.capture() as capture:
            counts = Text(view.counts, style="dim")
            console.print(_head(view), counts, _body(view, rows), sep="")
        return capture.get().splitlines()

    return draw


def _head(view: View) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
    for column in ({"width": _BAR}, {"no_wrap": True}, _FILLING, {"justify": "right"}):
        grid.add_column(**column)
    if view.step is not None:
        done, total = len(view.step.done), max(1, view.step.total)
        grid.add_row(
            ProgressBar(total=total, completed=done, width=_BAR),
            f"{done}/{total}",
            _text(view.step.name, "bold"),
            _text(clock(view.seconds), "dim"),
        )
    return grid


_FILLING = {"ratio": 1, "no_wrap": True, "overflow": "ellipsis"}


def _body(view: View, rows: int) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
    for column in ({"no_wrap": True, "max_width": _BAR}, _FILLING, {"justify": "right"}):
        grid.add_column(**column)
    kept, more = _with_lines(view, rows)
    for item in kept:
        style = "yellow" if item.waits_for else ""
        grid.add_row(
            _text(item.host), _text(view.what(item), style), _text(view.how_long(item), "dim")
        )
    if more:
        grid.add_row(_text(more, "dim"), "", "")
    return grid


def _text(text: str, style: str = "") -> Text:
    """Never as markup."""
    return Text(printable(text), style=style)
