# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for the directory: its replicas show a write late, and one good read is no proof."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ansible_collections.stackone.onboarding.plugins.module_utils._clock import Deadline
from ansible_collections.stackone.onboarding.plugins.module_utils._errors import (
    HttpError,
    OnboardingError,
    WaitTimeoutError,
)

Result = TypeVar("Result")

_PAUSES = (0.5, 1.0, 2.0, 3.0)

# Replicas that disagree answer by turns; three good answers in a row have outlived that.
_IN_A_ROW = 3


def wait_until(
    read: Callable[[], Result],
    good: Callable[[Result], bool],
    *,
    what: str,
    deadline: Deadline,
    in_a_row: int = 1,
) -> Result:
    """Read until it is good ``in_a_row`` times running, three times once it was bad.

    Raises WaitTimeoutError naming ``what``, a clause such as "the application X to be readable".
    """
    needed, run, polls = in_a_row, 0, 0
    while True:
        value = read()
        run = run + 1 if good(value) else 0
        if run >= needed:
            return value
        if not run:
            needed = max(in_a_row, _IN_A_ROW)
        if polls or not run:
            _pause(polls, what, deadline)
        polls += 1


def wait_until_seen(
    read: Callable[[], Result | None],
    *,
    what: str,
    deadline: Deadline,
    shows: Callable[[Result], bool] = lambda value: True,
) -> Result:
    """``wait_until`` for a read that gives None while the object is not there."""
    seen: list[Result] = []

    def good(value: Result | None) -> bool:
        if value is None or not shows(value):
            return False
        seen.append(value)
        return True

    wait_until(read, good, what=what, deadline=deadline)
    return seen[-1]


def retry_while(
    call: Callable[[], Result],
    lagging: Callable[[HttpError], bool],
    *,
    what: str,
    deadline: Deadline,
) -> Result:
    """Call again while the error says that a replica does not know an object that exists."""
    polls = 0
    while True:
        try:
            return call()
        except HttpError as error:
            if not lagging(error):
                raise
            _pause(polls, what, deadline, error)
        polls += 1


def _pause(polls: int, what: str, deadline: Deadline, cause: OnboardingError | None = None) -> None:
    pause = _PAUSES[min(polls, len(_PAUSES) - 1)]
    if not deadline.allows(pause):
        raise WaitTimeoutError(
            f"Waited for {what}, in vain: wait_timeout ({deadline.seconds:g} s) ran out",
            f"The last answer: {cause}" if cause else "The service answers, but still as before.",
            "Run again: what was done stays done. Raise wait_timeout if the directory is slow.",
            waited_for=what,
        ) from cause
    deadline.pause(pause, what)
