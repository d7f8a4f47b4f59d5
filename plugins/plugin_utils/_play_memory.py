# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Memory that the workers of one ansible-playbook process share.

Ansible runs each task in a forked worker of its own, so what one learns is gone with it. This
memory is a piece of anonymous shared memory, made when the action plugin is imported, which
Ansible does in the main process, before it forks. It is never on a disk, only processes forked
from this one can see it, and it is gone when the last of them ends, also by SIGKILL.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import mmap
import os
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

# A page of it costs nothing until it is written: enough for the catalogues of several connectors
# and the profiles of a large project.
_SIZE = 32 * 1024 * 1024

# The index of the values lies in front, and the values behind it, each where it was appended.
_LENGTH = 8
_VALUES = 1024 * 1024

Index = dict[str, tuple[int, int]]


class PlayMemory:
    """JSON values by key in shared memory, guarded by a lock that dies with its holder."""

    def __init__(self) -> None:
        self._map = mmap.mmap(-1, _SIZE)
        # Only its lock is used; the file has no content, and soon no name.
        self._lock, name = tempfile.mkstemp()
        os.unlink(name)
        self._depth = 0

    def recall(
        self, key: str, make: Callable[[], Any], good: Callable[[Any], bool] = lambda value: True
    ) -> Any:
        """The value of ``key``. One worker makes it; those that come meanwhile wait for it."""
        with self._locked():
            place = self._index().get(key)
            if place is not None:
                value = self._read(place)
                if good(value):
                    return value
            value = make()
            self._keep(key, value)
            return value

    def forget(self, key: str) -> None:
        with self._locked():
            index = self._index()
            if index.pop(key, None) is not None:
                self._write_index(index)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        # A record lock belongs to the process: the kernel frees it when a worker is killed, and a
        # second lock of the same process is no second lock, so only the outermost one unlocks.
        fcntl.lockf(self._lock, fcntl.LOCK_EX)
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if not self._depth:
                fcntl.lockf(self._lock, fcntl.LOCK_UN)

    def _keep(self, key: str, value: Any) -> None:
        """Append the value, then name it in the index: a worker killed in between kept nothing."""
        content = json.dumps(value).encode()
        index = self._index()
        start = max((offset + length for offset, length in index.values()), default=_VALUES)
        if start + len(content) > _SIZE:
            index, start = {}, _VALUES
        if start + len(content) > _SIZE:
            return  # larger than all of it: remembering less is only slower
        self._map[start : start + len(content)] = content
        self._write_index({**index, key: (start, len(content))})

    def _read(self, place: tuple[int, int]) -> Any:
        offset, length = place
        return json.loads(self._map[offset : offset + length])

    def _index(self) -> Index:
        length = int.from_bytes(self._map[:_LENGTH], "little")
        return json.loads(self._map[_LENGTH : _LENGTH + length]) if length else {}

    def _write_index(self, index: Index) -> None:
        """Its length is zero meanwhile: a worker that is killed here leaves an empty memory."""
        content = json.dumps(index).encode()
        if _LENGTH + len(content) > _VALUES:
            content = b"{}"
        self._map[:_LENGTH] = (0).to_bytes(_LENGTH, "little")
        self._map[_LENGTH : _LENGTH + len(content)] = content
        self._map[:_LENGTH] = len(content).to_bytes(_LENGTH, "little")


MEMORY = PlayMemory()
