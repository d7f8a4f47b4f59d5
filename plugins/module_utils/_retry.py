# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a request may be sent again: a policy named by what a repetition could do."""

from __future__ import annotations

import enum
import random
from collections.abc import Callable
from typing import TypeVar

from ansible_collections.stackone.onboarding.plugins.module_utils._clock import Deadline
from ansible_collections.stackone.onboarding.plugins.module_utils._errors import HttpError

Result = TypeVar("Result")

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 15.0

# A service that is broken, or a peer that is not there, is not waited for as a busy one is.
_FEW = 4


class Replay(enum.Enum):
    """What sending the same request twice would do."""

    HARMLESS = "GET, PUT, DELETE, a PATCH of absolute values, a token request, a batch of reads"
    TWICE = "a POST that makes something: repeated only after the service said that it did nothing"


class Trouble(enum.Enum):
    """What went wrong with one attempt, and whether the service may have acted all the same."""

    REFUSED = ("429, or a code that says: nothing was done, try again", False)
    UNSENT = ("no connection", False)
    BUSY = ("503, 504", True)
    BROKEN = ("500, 502", True)
    LOST = ("the connection broke, the time ran out, or the answer is not JSON", True)

    @property
    def maybe_acted(self) -> bool:
        return self.value[1]


def pause_before_retry(
    replay: Replay, trouble: Trouble, attempt: int, retry_after: float | None
) -> float | None:
    """Seconds until the next attempt (the first is number 1), or None to give up."""
    if replay is Replay.TWICE and trouble.maybe_acted:
        return None
    if trouble not in (Trouble.REFUSED, Trouble.BUSY) and attempt >= _FEW:
        return None
    # Some services say 0, again and again: to obey would hammer them.
    if retry_after is None or retry_after < _FIRST_PAUSE:
        return backoff(attempt)
    return retry_after


def backoff(attempt: int) -> float:
    """Exponential, with jitter so that many hosts do not come back at once."""
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (attempt - 1)) * random.uniform(0.5, 1.0)


def act_once(
    act: Callable[[], Result], look: Callable[[], Result | None], deadline: Deadline
) -> Result:
    """Send a POST; when its answer is lost, read, and send again only what did not act.

    ``look`` returns what the POST would have made, or None. A replica may not show it yet, so
    that it is not there is believed after three reads.
    """
    for attempt in range(1, _FEW + 1):
        try:
            return act()
        except HttpError as error:
            if not error.maybe_acted:
                raise
            found = _look_thrice(look, deadline)
            if found is not None:
                return found
            if attempt == _FEW:
                raise
    raise AssertionError("unreachable")


def _look_thrice(look: Callable[[], Result | None], deadline: Deadline) -> Result | None:
    for attempt in range(1, 4):
        found = look()
        if found is not None:
            return found
        pause = backoff(attempt)
        if not deadline.allows(pause):
            return None
        deadline.pause(pause, "a replica to show what a lost answer made")
    return None
