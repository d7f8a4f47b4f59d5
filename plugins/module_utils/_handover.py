# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ledger, the secrets and the recipient's state mean together. Pure: no request, no clock.

The rules that make the hand-over survive a crash at any request:

* A secret counts only once it is confirmed: its recipient holds it, and the ledger says so.
* The recipient's ``updated_at`` is the proof. While it equals the ledger's, nobody has written
  the recipient since; then, and only then, no other secret can be in it, and the others may go.
* When it differs and an unconfirmed secret is alive, a run may have died between its write and
  its confirmation: the recipient may hold either, so both live on until a new hand-over settled it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ansible_collections.stackone.onboarding.plugins.module_utils._clock import parse_time
from ansible_collections.stackone.onboarding.plugins.module_utils._ledger import Entry
from ansible_collections.stackone.onboarding.plugins.module_utils._password import Credential


@dataclass(frozen=True)
class Policy:
    """When a secret is due, and when one that is out of use goes."""

    rotate_before: timedelta = timedelta(days=30)
    overlap: timedelta = timedelta(days=7)
    orphan_after: timedelta = timedelta(seconds=900)
    force: bool = False


@dataclass(frozen=True)
class Recipient:
    """Who holds the secret: a connector profile as a read shows it now.

    ``id`` empty: it does not exist. ``handed_over``: digest of what it should hold. None: the
    caller does not know, and nothing is concluded from it.
    """

    id: str
    updated_at: str | None = None
    handed_over: str | None = None


@dataclass(frozen=True)
class State:
    """An application's secrets of one name, and what the ledger says of them."""

    credentials: Sequence[Credential]
    entries: Sequence[Entry]

    def entry(self, key_id: str) -> Entry | None:
        return next((item for item in self.entries if item.key_id == key_id), None)

    def confirmed(self) -> list[tuple[Credential, Entry]]:
        """The confirmed ones that still exist, the last written first."""
        pairs = [(item, entry) for item in self.credentials if (entry := self.entry(item.key_id))]
        return sorted(pairs, key=lambda pair: self.recency(pair[1]), reverse=True)

    def recency(self, entry: Entry) -> tuple[float, int, float, str]:
        """The greater, the later it was written; within one second the later secret counts."""
        when = parse_time(entry.updated_at).timestamp() if entry.updated_at else 0.0
        starts = {item.key_id: item.start.timestamp() for item in self.credentials}
        return when, entry.confirmed_at, starts.get(entry.key_id, 0.0), entry.key_id

    def unconfirmed(self) -> list[Credential]:
        """Made here (their mark says so) and never confirmed."""
        return [item for item in self.credentials if item.mark and not self.entry(item.key_id)]


@dataclass(frozen=True)
class Verdict:
    """``current`` serves; ``due`` says why a new hand-over is needed all the same.

    ``edited``: only ``updated_at`` tells that somebody wrote the recipient.
    """

    current: Credential | None
    entry: Entry | None
    due: str = ""
    edited: bool = False
    removable: list[Credential] = field(default_factory=list)


def judge(
    state: State,
    policy: Policy,
    now: datetime,
    *,
    recipient: Recipient | None = None,
    held: Sequence[str] = (),
    reapply: bool = False,
) -> Verdict:
    """Whether a confirmed, live secret serves, and which others may go.

    Without a recipient (the module on its own) any confirmed, live secret that is not due serves.
    ``held``: key ids that a secret store still has, undelivered.
    """
    live = [(item, entry) for item, entry in state.confirmed() if item.is_live(now)]
    if recipient is not None:
        live = [pair for pair in live if pair[1].recipient == recipient.id]
    current, entry = live[0] if live else (None, None)
    if current is None or entry is None:
        return Verdict(None, None, _why_none(state, recipient, now))
    due = _due(current, policy, now)
    edited = (
        recipient is not None
        and recipient.updated_at is not None
        and not _same_time(recipient.updated_at, entry.updated_at)
    )
    if recipient is not None and not due:
        due = _due_to_recipient(state, recipient, live, edited, reapply, now)
    settled = recipient is None or not edited
    removable = removable_keys(state, policy, now, current, held) if settled and not due else []
    return Verdict(current, entry, due, edited and not due, removable)


def removable_keys(
    state: State, policy: Policy, now: datetime, current: Credential, held: Sequence[str] = ()
) -> list[Credential]:
    """What may go while ``current`` is what the recipient holds.

    Superseded ones after the overlap; unconfirmed ones when they are too old to be a run in
    progress, or bear the mark of the current one (its own run lost their answers); expired ones.
    """
    found = []
    for credential in state.credentials:
        if credential.key_id == current.key_id or credential.key_id in held:
            continue
        entry = state.entry(credential.key_id)
        ours = entry is not None or bool(credential.mark)
        expired = not credential.is_live(now)
        if entry is not None:
            superseded = _superseded_at(entry, state, now)
            gone = expired or (superseded is not None and now - superseded >= policy.overlap)
        else:
            own = credential.mark == current.mark
            gone = expired or own or now - credential.start >= policy.orphan_after
        if ours and gone:
            found.append(credential)
    return found


def _why_none(state: State, recipient: Recipient | None, now: datetime) -> str:
    if recipient is not None and not recipient.id:
        return "the connector profile does not exist"
    confirmed = state.confirmed()
    if recipient is not None and any(item.is_live(now) for item, _entry in confirmed):
        return "the connector profile was re-created: no secret was handed to this one"
    if confirmed:
        return "the secret has expired"
    if state.entries:
        return "the secret was removed"
    return "no secret was handed over yet"


def _due(current: Credential, policy: Policy, now: datetime) -> str:
    if policy.force:
        return "a rotation was asked for"
    if current.end - now <= policy.rotate_before:
        return f"the secret expires on {current.end:%Y-%m-%d}"
    return ""


def _due_to_recipient(
    state: State,
    recipient: Recipient,
    live: Sequence[tuple[Credential, Entry]],
    edited: bool,
    reapply: bool,
    now: datetime,
) -> str:
    entry = live[0][1]
    if recipient.handed_over is not None and entry.handed_over != recipient.handed_over:
        return "the client id, scopes or actions to hand over have changed"
    if entry.updated_at and len(live) > 1 and _same_time(live[1][1].updated_at, entry.updated_at):
        return "two runs handed over at the same time: which secret arrived last is unknown"
    if edited and any(item.is_live(now) for item in state.unconfirmed()):
        return "an earlier run may have written the connector profile and died before confirming"
    if edited and reapply:
        return "the connector profile was edited elsewhere, and reapply is set"
    return ""


def _superseded_at(entry: Entry, state: State, now: datetime) -> datetime | None:
    """When the next one was confirmed; None for the one that was written last.

    A run at the same time may have written it after the one that is confirmed now.
    """
    own = state.recency(entry)
    later = [item.confirmed_at for item in state.entries if state.recency(item) > own]
    return datetime.fromtimestamp(min(later), tz=now.tzinfo) if later else None


def _same_time(first: str, second: str) -> bool:
    if not first or not second:
        return first == second
    return parse_time(first) == parse_time(second)
