# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dates as a person reads them, whatever the locale of the process."""

from __future__ import annotations

from datetime import datetime, timezone

from ansible_collections.stackone.onboarding.plugins.module_utils._clock import parse_time

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

_DAYS_UP_TO = 60  # then months
_MONTHS_UP_TO = 24  # then years


def day(text: str) -> str:
    """``5 Mar 2027``, in UTC."""
    when = parse_time(text).astimezone(timezone.utc)
    return f"{when.day} {MONTHS[when.month - 1]} {when.year}"


def minute(text: str) -> str:
    """``5 Mar 2027, 14:07 UTC``."""
    return f"{day(text)}, {parse_time(text).astimezone(timezone.utc):%H:%M} UTC"


def relative(text: str, now: datetime) -> str:
    """``in 12 days``, ``3 months ago``, ``within a day``: whole days of 24 hours, not rounded."""
    seconds = (parse_time(text) - now).total_seconds()
    days = int(abs(seconds) // 86400)
    if days == 0:
        return "within a day" if seconds > 0 else "less than a day ago"
    if days < _DAYS_UP_TO:
        amount = _counted(days, "day")
    elif days < _MONTHS_UP_TO * 30.44:
        amount = _counted(int(days / 30.44), "month")
    else:
        amount = _counted(int(days / 365.25), "year")
    return f"in {amount}" if seconds > 0 else f"{amount} ago"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
