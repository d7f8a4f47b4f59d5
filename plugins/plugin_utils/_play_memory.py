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

# Enough for the catalogues of several connectors and the profiles of a large project; a page of
# it costs nothing until it is written.
_SIZE = 16 * 1024 * 1024
_HEADER = 8


class PlayMemory:
    """A dictionary of JSON values in shared memory, guarded by a lock that dies with its holder."""

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
            values = self._load()
            if key in values and good(values[key]):
                return values[key]
            value = make()
            # Loaded again: making a value may have made others on the way.
            self._store({**self._load(), key: value})
            return value

    def forget(self, key: str) -> None:
        with self._locked():
            values = self._load()
            values.pop(key, None)
            self._store(values)

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

    def _load(self) -> dict[str, Any]:
        size = int.from_bytes(self._map[:_HEADER], "little")
        return json.loads(self._map[_HEADER : _HEADER + size]) if size else {}

    def _store(self, values: dict[str, Any]) -> None:
        content = json.dumps(values).encode()
        if len(content) > _SIZE - _HEADER:
            # Remembering less is only slower.
            content = b"{}"
        # The size is zero meanwhile: a worker that is killed here leaves an empty memory.
        self._map[:_HEADER] = (0).to_bytes(_HEADER, "little")
        self._map[_HEADER : _HEADER + len(content)] = content
        self._map[:_HEADER] = len(content).to_bytes(_HEADER, "little")


MEMORY = PlayMemory()
