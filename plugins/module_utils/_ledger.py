# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger: which client secret was handed to whom, written into the application's own tags.

It lies in Entra, so that a run from a throw-away execution environment knows what an earlier one
did. An entry says nothing secret: ids, times, and a digest of what was handed over. Tags of an
application are visible to whoever may read it, and on its service principal.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

from ansible_collections.stackone.onboarding.plugins.module_utils._application import LEDGER_PREFIX
from ansible_collections.stackone.onboarding.plugins.module_utils._clock import parse_time

_KIND = LEDGER_PREFIX + "1;"


@dataclass(frozen=True)
class Entry:
    """One secret that its recipient holds.

    ``handed_over``: digest of what went with it. ``updated_at``: the recipient's, just after.
    ``confirmed_at``: epoch seconds.
    """

    key_id: str
    recipient: str = ""
    handed_over: str = ""
    updated_at: str = ""
    confirmed_at: int = 0

    def tag(self) -> str:
        fields = (
            self.key_id,
            self.recipient,
            self.handed_over,
            self.updated_at,
            str(self.confirmed_at),
        )
        # A tag has no blanks and, as terraform-provider-azuread holds, at most 256 characters.
        return _KIND + ";".join(quote(field, safe=":.+-") for field in fields)


def read(tags: Iterable[str]) -> list[Entry]:
    """The entries among an application's tags; what does not parse is nobody's."""
    return [entry for tag in tags if (entry := _entry(tag))]


def write(tags: Sequence[str], entries: Iterable[Entry]) -> list[str]:
    """The tags with these entries instead of the old ones; foreign tags keep their places."""
    foreign = [tag for tag in tags if not tag.startswith(_KIND)]
    return foreign + [entry.tag() for entry in entries]


def digest(client_id: str, scopes: Iterable[str], actions: Iterable[str]) -> str:
    """What was handed over beside the secret, in 16 characters; order does not count."""
    content = [client_id, sorted(scopes), sorted(actions)]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def _entry(tag: str) -> Entry | None:
    if not tag.startswith(_KIND):
        return None
    fields = [unquote(field) for field in tag[len(_KIND) :].split(";")]
    try:
        key_id, recipient, handed_over, updated_at, confirmed_at = fields
        if updated_at:
            parse_time(updated_at)
        return Entry(key_id, recipient, handed_over, updated_at, int(confirmed_at))
    except ValueError:
        return None
