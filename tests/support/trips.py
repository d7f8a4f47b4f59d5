# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts round trips in the sandbox's journal, in which each part of a ``$batch`` is an entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any

Journal = Sequence[Mapping[str, Any]]


def count(journal: Journal) -> int:
    return len({entry["wire"] for entry in journal})


def beyond_waits(journal: Journal) -> int:
    """Without those that wait for the directory to show what was just written.

    Such a wait is a ``$batch`` of reads directly after a write.
    """
    trips = [list(parts) for _wire, parts in groupby(journal, itemgetter("wire"))]
    waits = sum(_writes(before) and _is_batch_of_reads(trip) for before, trip in pairwise(trips))
    return len(trips) - waits


def _writes(trip: Journal) -> bool:
    return any(entry["mutating"] for entry in trip)


def _is_batch_of_reads(trip: Journal) -> bool:
    return all(entry["part"] is not None for entry in trip) and not _writes(trip)
