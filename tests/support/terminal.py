# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A command on a real pseudo-terminal, and the screen that a person would see."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pyte

TIMEOUT = 120


class Terminal:
    """Runs the command; ``lines`` is all that it has written, what scrolled away included."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        *,
        size: tuple[int, int] = (24, 100),
    ) -> None:
        self.screen = pyte.HistoryScreen(size[1], size[0], history=5000)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self._end, its_end = pty.openpty()
        _set_size(its_end, size)
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={**environment, "TERM": "xterm-256color"},
            stdin=its_end,
            stdout=its_end,
            stderr=its_end,
            start_new_session=True,
        )
        os.close(its_end)

    @property
    def shown(self) -> list[str]:
        return [line.rstrip() for line in self.screen.display]

    @property
    def lines(self) -> list[str]:
        above = [
            "".join(line[column].data for column in range(self.screen.columns)).rstrip()
            for line in self.screen.history.top
        ]
        return above + self.shown

    def screens(self) -> Iterator[list[str]]:
        """The screen after each piece of output, until the command ends."""
        while piece := self._read():
            self.raw += piece
            self._stream.feed(piece)
            yield self.shown

    def _read(self) -> bytes:
        """Empty at the end, which Linux tells by an error."""
        if not select.select([self._end], [], [], TIMEOUT)[0]:
            raise AssertionError("the command hangs after:\n" + "\n".join(self.lines))
        with contextlib.suppress(OSError):
            return os.read(self._end, 65536)
        return b""

    def wait_for(self, fits: Callable[[list[str]], bool]) -> list[str]:
        for shown in self.screens():
            if fits(shown):
                return shown
        raise AssertionError("the command ended before:\n" + "\n".join(self.lines))

    def finish(self) -> int:
        """Its exit code."""
        for _shown in self.screens():
            pass
        return self._process.wait(TIMEOUT)

    def interrupt(self) -> None:
        """What a terminal does at Ctrl-C."""
        os.killpg(self._process.pid, signal.SIGINT)

    def resize(self, rows: int, columns: int) -> None:
        self.screen.resize(rows, columns)
        _set_size(self._end, (rows, columns))

    def close(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        os.close(self._end)


def _set_size(terminal: int, size: tuple[int, int]) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
