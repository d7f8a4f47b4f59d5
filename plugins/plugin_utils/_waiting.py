# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a worker tells the main process what it waits for, while its task runs.

Ansible itself tells callbacks of a task's start and result, and nothing between. What a worker
says through Display is printed by the main process, past the callback. So a callback that wants to
know opens a pipe before the first worker is forked; every worker inherits its end. Without such a
callback there is no pipe, and telling costs nothing. A message is never waited for: when the pipe
is full it is dropped, since it is only for show.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from typing import NamedTuple

# With a host's name, and every character escaped, still below PIPE_BUF, so that messages of
# several workers do not mix.
_LONGEST = 300


class Wait(NamedTuple):
    """``host`` pauses for so many seconds, waiting for ``what``."""

    host: str
    what: str
    seconds: float


class Channel:
    """From all workers of this process to it."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        for end in (self._read, self._write):
            os.set_blocking(end, False)
        self._rest = b""

    def tell(self, wait: Wait) -> None:
        content = json.dumps([wait.host[:_LONGEST], wait.what[:_LONGEST], wait.seconds])
        with contextlib.suppress(OSError):
            os.write(self._write, content.encode() + b"\n")

    def told(self) -> Iterator[Wait]:
        """What has arrived since the last call."""
        with contextlib.suppress(BlockingIOError):
            while content := os.read(self._read, 65536):
                self._rest += content
        *lines, self._rest = self._rest.split(b"\n")
        for line in lines:
            with contextlib.suppress(ValueError, TypeError):
                yield Wait(*json.loads(line))


class _Opened:
    channel: Channel | None = None


def open_channel() -> Channel:
    """For a callback, in the main process, before workers are forked."""
    _Opened.channel = _Opened.channel or Channel()
    return _Opened.channel


def tell(host: str, what: str, seconds: float) -> None:
    """For a worker; does nothing where no callback listens."""
    if _Opened.channel is not None:
        _Opened.channel.tell(Wait(host, what, seconds))
