# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``entra_app_secret``: make, confirm and remove client secrets, with the ledger as the memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils import (
    _app_calls as app_calls,
    _application as application,
    _ledger as ledger,
    _password as password,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._clock import (
    Deadline,
    parse_time,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._errors import (
    ConfigurationError,
    NotFoundError,
    OnboardingError,
    WaitTimeoutError,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._graph import Graph, Read, Record
from ansible_collections.stackone.onboarding.plugins.module_utils._handover import (
    Policy,
    Recipient,
    State,
    judge,
    removable_keys,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._ledger import Entry
from ansible_collections.stackone.onboarding.plugins.module_utils._password import Credential
from ansible_collections.stackone.onboarding.plugins.module_utils._reconcile import Reconciler
from ansible_collections.stackone.onboarding.plugins.module_utils._signin import (
    Identity,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._signin_http import SignInHttp
from ansible_collections.stackone.onboarding.plugins.module_utils._wait import wait_until

# Seconds between further looks at the ledger while another run may be writing it.
_LOOKS = (1.0, 2.0, 4.0)


@dataclass(frozen=True)
class Wish:
    """A secret to make: its name, its end, and whether it must prove itself."""

    name: str
    end: datetime
    verify: bool = True


# A century: nobody means more, and times must not overflow.
_LONGEST = timedelta(days=36500)


def wish_from(options: Mapping[str, Any], now: datetime) -> Wish:
    """From the options of ``entra_app_secret``. Raises ConfigurationError."""
    lifetime, due = options["lifetime_days"], options["rotate_before_days"]
    end = _time(options, "end_date_time")
    if end is None and lifetime <= due:
        raise ConfigurationError(
            f"A secret that lives for {lifetime} days would be due at once",
            f"It is replaced when no more than {due} days are left.",
            "Make lifetime_days greater than rotate_before_days.",
        )
    if end is not None and end - now <= _days(options, "rotate_before_days"):
        raise ConfigurationError(
            f"A secret that ends at {options['end_date_time']} would be due at once",
            f"It is replaced when no more than {due} days are left.",
            "Choose a later end_date_time, or lower rotate_before_days.",
        )
    end = end or now + _days(options, "lifetime_days")
    return Wish(options["display_name"], end, options["verify"])


def policy_from(options: Mapping[str, Any]) -> Policy:
    """Raises ConfigurationError."""
    return Policy(
        _days(options, "rotate_before_days"),
        _days(options, "overlap_days"),
        timedelta(seconds=min(options["orphan_after"], _LONGEST.total_seconds())),
        options["force"],
    )


def _days(options: Mapping[str, Any], name: str) -> timedelta:
    days = options[name]
    if abs(days) > _LONGEST.days:
        raise ConfigurationError(
            f"{name} is {days}", hint=f"It can be {_LONGEST.days} days at most."
        )
    return timedelta(days=days)


def entry_from(options: Mapping[str, Any], client_id: str) -> Entry:
    """From the options of ``entra_app_secret``. Raises ConfigurationError."""
    _time(options, "recipient_updated_at")
    given = options["handed_over"]
    return Entry(
        options["key_id"],
        options["recipient"],
        ledger.digest(client_id, given["scopes"], given["actions"]) if given else "",
        options["recipient_updated_at"],
    )


def _time(options: Mapping[str, Any], name: str) -> datetime | None:
    if not options[name]:
        return None
    try:
        return parse_time(options[name])
    except ValueError as error:
        raise ConfigurationError(
            f"{name} {options[name]!r} is not an ISO 8601 time",
            hint="Write it like 2027-01-31T00:00:00Z.",
        ) from error


def state_of(record: Record, name: str) -> State:
    """The secrets of one name, and the ledger's entries about them."""
    credentials = password.of_name(password.credentials_of(record), name)
    others = {item.key_id for item in password.credentials_of(record)} - {
        item.key_id for item in credentials
    }
    entries = ledger.read(record.get("tags") or ())
    return State(credentials, [item for item in entries if item.key_id not in others])


class SecretState:
    """Settles the secrets of one application."""

    def __init__(
        self,
        graph: Graph,
        reconciler: Reconciler,
        deadline: Deadline,
        identity: Identity,
        http: SignInHttp,
        warn: Callable[[str], None],
    ) -> None:
        self._graph = graph
        self._reconciler = reconciler
        self._deadline = deadline
        self._identity = identity
        self._http = http
        self._warn = warn

    def present(
        self, record: Record | None, wish: Wish, policy: Policy, *, confirm: bool, recipient: str
    ) -> dict[str, Any]:
        """Results ``secret``, ``removed`` and, in the run that made it, ``secret_text``.

        ``record`` None: a check run in which the application does not exist yet.
        """
        now = self._graph.now()
        state = state_of(record, wish.name) if record else State((), ())
        verdict = judge(state, policy, now, recipient=Recipient(recipient) if recipient else None)
        before = None
        if verdict.current and verdict.entry:
            before = verdict.current.public(True, verdict.entry.recipient)
        if before and record and not verdict.due:
            self._reconciler.settle("client secret", before, before, lambda: None)
            removed = self._remove(record, verdict.removable) if confirm else []
            return {"secret": before, "removed": removed}
        planned = {
            "key_id": None,
            "display_name": wish.name,
            "hint": None,
            "start_date_time": None,
            "end_date_time": None,
            "confirmed": confirm,
            "recipient": recipient if confirm else "",
        }
        made = self._reconciler.settle(
            "client secret", before, planned, lambda: self._make(record or {}, wish)
        )
        if made is None:
            entry = Entry("", recipient)
            removed = self._plan(record, wish.name, entry, policy) if confirm and record else []
            return {"secret": planned, "removed": removed}
        credential, text = made
        if not confirm:
            return {"secret": credential.public(False, ""), "secret_text": text, "removed": []}
        try:
            confirmed = self.confirm(
                self.reread(record["id"] if record else "", credential.key_id),
                Entry(credential.key_id, recipient),
                policy,
                remove=self._remove_or_warn,
            )
        except OnboardingError as error:
            # The ledger could not be written: nobody has this secret's text but this failing run.
            raise self._revoked(record or {}, credential, error) from error
        return {**confirmed, "secret_text": text}

    def _make(self, record: Record, wish: Wish) -> tuple[Credential, str]:
        credential, text = password.make(
            self._graph, record["id"], wish.name, wish.end, self._deadline
        )
        if wish.verify:
            try:
                password.prove(self._identity, self._http, record["appId"], text, self._deadline)
            except OnboardingError as error:
                raise self._revoked(record, credential, error) from error
        return credential, text

    def _revoked(
        self, record: Record, credential: Credential, error: OnboardingError
    ) -> OnboardingError:
        """The error with a word on what became of the secret: it is removed before failing."""
        try:
            password.remove(self._graph, record["id"], credential.key_id, self._deadline)
        except OnboardingError as second:
            error.hint += (
                f" The new secret {credential.key_id} could not be revoked ({second.what}): a "
                "later run removes it."
            )
        else:
            error.hint += f" The new secret {credential.key_id} was revoked; nothing is left over."
        error.hint = error.hint.strip()
        return error

    def confirm(
        self,
        record: Record,
        entry: Entry,
        policy: Policy,
        held: Sequence[str] = (),
        remove: Callable[[Record, Sequence[Credential]], list[str]] | None = None,
    ) -> dict[str, Any]:
        """Write the ledger, then remove what the confirmed secret has replaced.

        Results ``secret`` and ``removed``. Raises NotFoundError when there is no such key.
        """
        now = self._graph.now()
        credential = _credential(record, entry.key_id)
        if credential is None:
            record, credential = self._reread_late(record, entry)
        state = state_of(record, credential.name)
        before = state.entry(entry.key_id)
        written = entry
        if before is not None and (
            replace(before, confirmed_at=0) == replace(entry, confirmed_at=0)
            or _knows_more(before, entry)
        ):
            written = before
        elif not entry.confirmed_at:
            written = replace(entry, confirmed_at=int(now.timestamp()))
        after = State(
            state.credentials,
            [*[item for item in state.entries if item.key_id != entry.key_id], written],
        )
        gone = removable_keys(after, policy, now, credential, held)
        self._reconciler.settle(
            "ledger",
            _shown(before),
            _shown(written),
            lambda: self._write_ledger(record, written, policy),
        )
        removed = (remove or self._remove)(record, gone)
        return {
            "secret": credential.public(True, written.recipient),
            "removed": removed,
        }

    def _reread_late(self, record: Record, entry: Entry) -> tuple[Record, Credential]:
        """A secret that was made a moment ago may not have reached the replica that was asked."""
        key_id = entry.key_id
        try:
            seen = self.reread(record["id"], key_id)
        except WaitTimeoutError as error:
            if entry.recipient:
                self._forget_recipient(record, entry.recipient)
            raise NotFoundError(
                f"The application {record['appId']} has no secret {key_id} to confirm",
                error.what,
                "Give the key_id that state: present returned. If somebody removed it meanwhile, "
                "run again, which hands over a new one.",
                **error.details,
            ) from error
        return seen, next(item for item in password.credentials_of(seen) if item.key_id == key_id)

    def _forget_recipient(self, record: Record, recipient: str) -> None:
        """It was given a secret that is gone: whatever it held before, it needs a new one."""
        tags = record.get("tags") or ()
        entries = ledger.read(tags)
        kept = [item for item in entries if item.recipient != recipient]
        self._reconciler.settle(
            "ledger",
            {"recipients": sorted({item.recipient for item in entries})},
            {"recipients": sorted({item.recipient for item in kept})},
            lambda: app_calls.update(
                self._graph, record["id"], {"tags": ledger.write(tags, kept)}, self._deadline
            ),
        )

    def confirm_unknown(
        self, record: Record | None, name: str, entry: Entry, policy: Policy, held: Sequence[str]
    ) -> dict[str, Any]:
        """In a check run the secret that would be confirmed is not made yet.

        With its name, it is told what it would replace.
        """
        self._reconciler.needs("key_id", "", "It says which secret was handed over.")
        self._reconciler.settle("ledger", None, {"key_id": None}, lambda: None)
        removed = self._plan(record, name, entry, policy, held) if record and name else []
        return {"secret": None, "removed": removed}

    def _plan(
        self, record: Record, name: str, entry: Entry, policy: Policy, held: Sequence[str] = ()
    ) -> list[str]:
        """In a check run: what would go once a secret that is not made yet is confirmed."""
        now = self._graph.now()
        credential = Credential("", name, "", None, now, now)
        state = state_of(record, name)
        confirmed = replace(entry, key_id="", confirmed_at=int(now.timestamp()))
        after = State([*state.credentials, credential], [*state.entries, confirmed])
        return self._remove(record, removable_keys(after, policy, now, credential, held))

    def absent(self, record: Record | None, key_id: str, name: str) -> dict[str, Any]:
        """Remove one key, or those of a name; only these. None: as for ``present``."""
        if record is None:
            return {"secret": None, "removed": []}
        gone = [
            item
            for item in password.credentials_of(record)
            if (item.key_id == key_id if key_id else name and item.name == name)
        ]
        return {"secret": None, "removed": self._remove(record, gone)}

    def _remove(self, record: Record, gone: Sequence[Credential]) -> list[str]:
        """Their ledger entries stay until the next confirmation: without a key they say nothing."""
        now = self._graph.now()
        acted = [
            self._reconciler.settle(
                f"client secret {credential.key_id}",
                {"display_name": credential.name, "live": credential.is_live(now)},
                None,
                partial(self._remove_one, record, credential),
            )
            for credential in gone
        ]
        ids = [item.key_id for item in gone]
        if any(acted):
            self._wait(
                record["id"],
                lambda seen: not any(item.key_id in ids for item in password.credentials_of(seen)),
                f"the secrets {', '.join(ids)} to be gone",
            )
        return ids

    def _remove_or_warn(self, record: Record, gone: Sequence[Credential]) -> list[str]:
        """For a run that has a new secret to return: what fails here is left to a later one."""
        try:
            return self._remove(record, gone)
        except OnboardingError as error:
            self._warn(f"What is out of use could not be removed; a later run does it: {error}")
            return []

    def _remove_one(self, record: Record, credential: Credential) -> bool:
        password.remove(self._graph, record["id"], credential.key_id, self._deadline)
        return True

    def _write_ledger(self, record: Record, entry: Entry, policy: Policy) -> None:
        """Write the entry into the tags, and read until it is there.

        Tags are replaced whole, so a run at the same time may overwrite them. A read that shows
        neither this entry nor what was there before is such a run's: both are then kept. Its write
        may still be under way, so while there is such a run this one looks a few times more.
        """
        before = [set(record.get("tags") or ())]
        self._patch_ledger(record, entry)

        def shows(seen: Record) -> bool:
            tags = seen.get("tags") or ()
            if entry in ledger.read(tags):
                return True
            if set(tags) not in before:
                before.append(set(tags))
                self._patch_ledger(seen, entry)
            return False

        what = f"the ledger to show the secret {entry.key_id}"
        seen = self._wait(record["id"], shows, what)
        for pause in _LOOKS:
            if not (self._may_be_overwritten(seen, entry, policy) and self._deadline.allows(pause)):
                return
            self._deadline.pause(pause, "a run at the same time to write the ledger")
            seen = self._wait(record["id"], shows, what)

    def _may_be_overwritten(self, record: Record, entry: Entry, policy: Policy) -> bool:
        """Whether another run is about to confirm, and the entry's loss would do harm.

        Where the recipient's time of change is known, that tells which secret it holds.
        """
        credential = _credential(record, entry.key_id)
        if entry.updated_at or credential is None:
            return False
        now = self._graph.now()
        others = state_of(record, credential.name).unconfirmed()
        return any(now - item.start < policy.orphan_after for item in others)

    def _patch_ledger(self, record: Record, entry: Entry) -> None:
        """Entries of keys that are gone are dropped on the way."""
        keys = {item.key_id for item in password.credentials_of(record)}
        tags = record.get("tags") or ()
        others = [
            item
            for item in ledger.read(tags)
            if item.key_id in keys and item.key_id != entry.key_id
        ]
        app_calls.update(
            self._graph,
            record["id"],
            {"tags": ledger.write(tags, [*others, entry])},
            self._deadline,
        )

    def _wait(self, object_id: str, shows: Callable[[Record], bool], what: str) -> Record:
        """Two reads in one round trip: replicas that disagree answer by turns."""
        read = Read(f"applications/{object_id}", {"$select": application.SELECT})
        seen = wait_until(
            lambda: self._graph.batch([read, read]),
            lambda answers: all(answer is not None and shows(answer) for answer in answers),
            what=f"{what} on the application {object_id}",
            deadline=self._deadline,
        )
        return seen[0] or {}

    def reread(self, object_id: str, key_id: str) -> Record:
        """The application with its new key: a replica may not show it yet."""
        return self._wait(
            object_id,
            lambda seen: _credential(seen, key_id) is not None,
            f"the secret {key_id} to be readable",
        )


def _credential(record: Record, key_id: str) -> Credential | None:
    known = password.credentials_of(record)
    return next((item for item in known if item.key_id == key_id), None)


def _knows_more(before: Entry, entry: Entry) -> bool:
    """Whether a run at the same time has confirmed the secret after a later write than ours."""
    return (
        before.recipient == entry.recipient
        and bool(before.updated_at and entry.updated_at)
        and parse_time(before.updated_at) > parse_time(entry.updated_at)
    )


def _shown(entry: Entry | None) -> dict[str, Any] | None:
    if entry is None:
        return None
    return {
        "key_id": entry.key_id,
        "recipient": entry.recipient,
        "handed_over": entry.handed_over,
        "recipient_updated_at": entry.updated_at,
    }
