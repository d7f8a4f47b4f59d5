# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Eventual consistency: every write makes a version, and a read within the lag sees an older one.

A write that succeeded may not be readable at once: a new object answers 404, an update shows the
old content, a deleted object is still there. One good read is no proof: the next may reach another
replica (Microsoft's developer blog of March 2026; terraform-provider-azuread waits for several
reads in a row).
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .clock import Clock
from .options import Options

Record = dict[str, Any]
LONG_AGO = 0.0
BY_FILTER = "*"  # the read counter of lists, beside those of the single objects


@dataclass(frozen=True)
class Version:
    """What an object was from a moment on; None: it was gone."""

    written: float
    record: Record | None


class Collection:
    """All objects of one kind, each with all its versions, the newest last."""

    def __init__(self, kind: str, clock: Clock, options: Options) -> None:
        self.kind = kind
        self._clock = clock
        self._options = options
        self._versions: dict[str, list[Version]] = {}
        self._reads: Counter[str] = Counter()

    # -- writing: always to the newest version, as the directory has one writable master

    def put(self, key: str, record: Record | None, *, at_once: bool = False) -> None:
        """Write a version. With at_once every read sees it, and nothing of what was before."""
        frozen = copy.deepcopy(record)
        if at_once:
            self._versions[key] = [Version(LONG_AGO, frozen)]
        else:
            self._versions.setdefault(key, []).append(Version(self._clock.now(), frozen))
        self._reads[key] = 0
        self._reads[BY_FILTER] = 0

    def change(self, key: str, edit: Callable[[Record], None], *, at_once: bool = False) -> Record:
        """Write a version that is the newest one with an edit."""
        record = self.newest(key)
        if record is None:
            raise KeyError(key)
        edit(record)
        self.put(key, record, at_once=at_once)
        return record

    def settle(self) -> None:
        """Let every read see the newest versions of now."""
        for key in list(self._versions):
            self.put(key, self.newest(key), at_once=True)

    # -- reading what is true, for constraints and for tests

    def newest(self, key: str) -> Record | None:
        """A copy of the newest version."""
        versions = self._versions.get(key)
        return copy.deepcopy(versions[-1].record) if versions else None

    def all_newest(self) -> Iterator[Record]:
        """The newest versions of all objects; not copies, do not change them."""
        for versions in self._versions.values():
            if versions[-1].record is not None:
                yield versions[-1].record

    # -- reading what a client sees

    def seen(self, key: str, *, lag: float | None = None, counter: str = "") -> Record | None:
        """What a read by key sees: within the lag an older version, with flap every second time."""
        lag = self._options.lag_of(self.kind) if lag is None else lag
        return copy.deepcopy(self._version(key, lag, stale=self.stale_turn(counter or key)))

    def all_seen(self) -> list[Record]:
        """What an index-backed read sees: it trails reads by key."""
        lag = self._options.filter_lag_of(self.kind)
        stale = self.stale_turn(BY_FILTER)
        records = (self._version(key, lag, stale=stale) for key in self._versions)
        return [copy.deepcopy(record) for record in records if record is not None]

    def find_seen(
        self, matches: Callable[[Record], bool], *, lag: float | None = None, counter: str = ""
    ) -> Record | None:
        """The first object that a read by an alternate key sees and that matches."""
        for key, versions in self._versions.items():
            # The key never changes, so whichever version matches tells which object is meant.
            if any(version.record is not None and matches(version.record) for version in versions):
                record = self.seen(key, lag=lag, counter=counter)
                if record is not None and matches(record):
                    return record
        return None

    def stale_turn(self, counter: str) -> bool:
        """Whether a read within the lag sees the older version; with flap the first does not."""
        if not self._options.flap:
            return True
        self._reads[counter] += 1
        return self._reads[counter] % 2 == 0

    def _version(self, key: str, lag: float, *, stale: bool) -> Record | None:
        versions = self._versions.get(key, [])
        if not versions:
            return None
        if not stale:
            return versions[-1].record
        horizon = self._clock.now() - lag
        visible = [version for version in versions if version.written <= horizon]
        return visible[-1].record if visible else None
