# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""entra_app_secret: made once, proven, confirmed in the ledger, rotated, removed by name only."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from sandbox.client import Sandbox
from support.facts import APP, LOST_ANSWERS, NOBODY
from support.modules import Call, Modules
from support.processes import run_process
from support.waiting import wait_for

NAME = "reporting job"
LEDGER = "stackone.onboarding/"
FIELDS = {
    "key_id",
    "display_name",
    "hint",
    "start_date_time",
    "end_date_time",
    "confirmed",
    "recipient",
}


class Registration:
    """An application, and shorthands for what the tests ask of its secrets."""

    def __init__(self, modules: Modules, sandbox: Sandbox) -> None:
        self._modules = modules
        self._sandbox = sandbox
        made = modules.entra_app(**APP).ok()["app"]
        self.client_id: str = made["client_id"]
        self.object_id: str = made["object_id"]

    def secret(self, **options: Any) -> Call:
        return self._modules.call("entra_app_secret", self._named(options))

    def check(self, **options: Any) -> Call:
        return self._modules.check("entra_app_secret", **self._named(options))

    def _named(self, options: dict[str, Any]) -> dict[str, Any]:
        named = {"client_id": self.client_id, **options}
        if options.get("state", "present") == "present":
            named.setdefault("display_name", NAME)
        return named

    @property
    def record(self) -> dict[str, Any]:
        apps = self._sandbox.state()["applications"]
        return dict(next(item for item in apps if item["id"] == self.object_id))

    @property
    def keys(self) -> list[str]:
        """The key ids of its passwords, the oldest first."""
        return [item["keyId"] for item in self.record["passwordCredentials"]]

    @property
    def ledger(self) -> list[list[str]]:
        """The fields of the ledger's entries."""
        tags = [tag for tag in self.record["tags"] if tag.startswith(LEDGER)]
        return [tag.split("/", 1)[1].split(";")[1:] for tag in tags]

    def by_hand(self, name: str | None, days: int = 365) -> str:
        """A secret made in the portal; returns its key id."""
        now = self._modules.clock.now()
        item = {
            "customKeyIdentifier": None,
            "displayName": name,
            "endDateTime": (now + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "hint": "abc",
            "keyId": f"00000000-0000-4000-8000-{len(self.keys):012d}",
            "secretText": None,
            "startDateTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        self._sandbox.edit(
            kind="applications", id=self.object_id, add={"passwordCredentials": [item]}
        )
        return str(item["keyId"])

    def signs_in(self, text: str) -> bool:
        """Whether Entra takes the secret."""
        call = self._modules.entra_token(auth_client_id=self.client_id, auth_client_secret=text)
        return not call.failed


@pytest.fixture
def app(modules: Modules, sandbox: Sandbox) -> Registration:
    return Registration(modules, sandbox)


def sent(sandbox: Sandbox, path: str) -> list[dict[str, Any]]:
    return [item for item in sandbox.requests() if re.search(path, item["path"])]


def mutating(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [item for item in sandbox.requests() if item["mutating"]]


def time_of(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


# -- the life of a secret


def test_life_from_nothing_to_removed(app: Registration, sandbox: Sandbox) -> None:
    planned = app.check().ok()
    assert planned.changed
    assert planned["secret"]["key_id"] is None
    assert "secret_text" not in planned.result
    assert app.keys == []

    made = app.secret().ok()
    assert made.changed
    assert app.keys == [made["secret"]["key_id"]]
    assert app.signs_in(made["secret_text"])

    sandbox.clear()
    again = app.secret().ok()
    assert (again.changed, again["secret"], again["removed"]) == (False, made["secret"], [])
    assert "secret_text" not in again.result
    assert mutating(sandbox) == []

    assert app.check(force=True).ok().changed
    rotated = app.secret(force=True).ok()
    assert rotated.changed
    assert app.keys == [made["secret"]["key_id"], rotated["secret"]["key_id"]]
    assert rotated["secret_text"] != made["secret_text"]
    assert app.signs_in(rotated["secret_text"])
    assert app.signs_in(made["secret_text"]), "what it replaces lives for overlap_days"

    gone = {"state": "absent", "key_id": rotated["secret"]["key_id"]}
    assert app.check(**gone).changed
    removed = app.secret(**gone).ok()
    assert (removed.changed, removed["secret"]) == (True, None)
    assert removed["removed"] == [rotated["secret"]["key_id"]]
    assert app.keys == [made["secret"]["key_id"]]
    assert not app.secret(**gone).ok().changed


def test_result_and_defaults(app: Registration, modules: Modules) -> None:
    made = app.secret().ok()
    (password,) = app.record["passwordCredentials"]
    secret = made["secret"]
    assert set(secret) == FIELDS
    assert secret["key_id"] == password["keyId"]
    assert secret["display_name"] == NAME
    assert secret["hint"] == made["secret_text"][:3] == password["hint"]
    assert (secret["confirmed"], secret["recipient"]) == (True, "")
    lifetime = time_of(secret["end_date_time"]) - modules.clock.now()
    assert abs(lifetime - timedelta(days=180)) < timedelta(minutes=1)
    assert made["secret_text"] == app.record["_secrets"][secret["key_id"]]
    assert made["removed"] == []


def test_display_name_carries_the_runs_mark(app: Registration) -> None:
    app.secret().ok()
    (password,) = app.record["passwordCredentials"]
    assert re.fullmatch(re.escape(NAME) + r" \([0-9a-f]{8}\)", password["displayName"])


def test_secret_of_somebody_that_is_named_with_a_date_is_not_ours(
    app: Registration, modules: Modules, sandbox: Sandbox
) -> None:
    app.secret().ok()
    key_id = app.secret(confirm="manual", force=True).ok()["secret"]["key_id"]
    by_hand = {"displayName": f"{NAME} (20250601)"}
    sandbox.edit(kind="passwords", app=app.object_id, key_id=key_id, set=by_hand)
    modules.clock.pass_by(days=1)
    assert app.secret().ok()["removed"] == []
    assert key_id in app.keys


def test_by_object_id(app: Registration, modules: Modules) -> None:
    modules.entra_app_secret(object_id=app.object_id, display_name=NAME).ok()
    assert not app.secret().ok().changed


@pytest.mark.parametrize("prefix", ["-", "--x", "~._-"])
def test_secret_that_starts_oddly_is_returned_whole(
    app: Registration, sandbox: Sandbox, prefix: str
) -> None:
    sandbox.options(secret_prefix=prefix)
    made = app.secret().ok()
    assert made["secret_text"].startswith(prefix)
    assert made["secret_text"] == app.record["_secrets"][made["secret"]["key_id"]]


# -- how long it lives


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("2029-01-31T12:00:00Z", "2029-01-31T12:00:00Z"),
        ("2029-01-31T12:00:00+02:00", "2029-01-31T10:00:00Z"),
        ("2029-01-31 12:00", "2029-01-31T12:00:00Z"),
        ("2029-01-31", "2029-01-31T00:00:00Z"),
    ],
)
def test_end_date_time(app: Registration, text: str, end: str) -> None:
    made = app.secret(end_date_time=text, lifetime_days=1).ok()
    assert made["secret"]["end_date_time"] == end
    assert app.record["passwordCredentials"][0]["endDateTime"] == end


def test_lifetime_days(app: Registration, modules: Modules) -> None:
    made = app.secret(lifetime_days=45).ok()
    lifetime = time_of(made["secret"]["end_date_time"]) - modules.clock.now()
    assert abs(lifetime - timedelta(days=45)) < timedelta(minutes=1)


@pytest.mark.parametrize("text", ["tomorrow", "31.01.2029", "2029-13-01"])
def test_end_date_time_that_is_no_time(app: Registration, sandbox: Sandbox, text: str) -> None:
    sandbox.clear()
    call = app.secret(end_date_time=text)
    call.refused(repr(text), "ISO 8601", "end_date_time", kind="ConfigurationError")
    assert mutating(sandbox) == []


def test_end_date_time_at_which_it_would_be_due_at_once(
    app: Registration, modules: Modules, sandbox: Sandbox
) -> None:
    """Each run would make one more."""
    soon = modules.clock.now() + timedelta(days=29)
    sandbox.clear()
    for end in ("2020-01-01T00:00:00Z", soon.isoformat()):
        call = app.secret(end_date_time=end)
        call.refused(end, "due at once", "rotate_before_days", kind="ConfigurationError")
    assert mutating(sandbox) == []
    app.secret(end_date_time=soon.isoformat(), rotate_before_days=7).ok()


@pytest.mark.parametrize("name", ["lifetime_days", "rotate_before_days", "overlap_days"])
def test_days_beyond_all_calendars(app: Registration, sandbox: Sandbox, name: str) -> None:
    options = {"lifetime_days": 9999999999, name: 9999999999 - (name == "rotate_before_days")}
    sandbox.clear()
    app.secret(**options).refused("days at most", kind="ConfigurationError")
    assert mutating(sandbox) == []


def test_rotated_before_it_expires(app: Registration, modules: Modules) -> None:
    first = app.secret(lifetime_days=60, rotate_before_days=10).ok()
    modules.clock.pass_by(days=49)
    assert not app.secret(rotate_before_days=10).ok().changed
    modules.clock.pass_by(days=1)
    assert app.check(rotate_before_days=10).ok().changed
    second = app.secret(rotate_before_days=10).ok()
    assert second["secret"]["key_id"] != first["secret"]["key_id"]
    assert second["secret_text"]
    assert not app.secret(rotate_before_days=10).ok().changed


def test_default_rotates_thirty_days_ahead(app: Registration, modules: Modules) -> None:
    app.secret().ok()
    modules.clock.pass_by(days=149)
    assert not app.secret().ok().changed
    modules.clock.pass_by(days=1)
    assert app.secret().ok().changed


def test_superseded_secret_lives_for_the_overlap(app: Registration, modules: Modules) -> None:
    old = app.secret().ok()
    new = app.secret(force=True, overlap_days=3).ok()
    assert new["removed"] == []
    modules.clock.pass_by(days=2.9)
    assert app.secret(overlap_days=3).ok()["removed"] == []
    modules.clock.pass_by(days=0.2)
    assert app.check(overlap_days=3).ok()["removed"] == [old["secret"]["key_id"]]
    later = app.secret(overlap_days=3).ok()
    assert (later.changed, later["removed"]) == (True, [old["secret"]["key_id"]])
    assert later["secret"] == new["secret"]
    assert app.keys == [new["secret"]["key_id"]]
    assert not app.secret(overlap_days=3).ok().changed


def test_default_overlap_is_a_week(app: Registration, modules: Modules) -> None:
    app.secret().ok()
    app.secret(force=True).ok()
    modules.clock.pass_by(days=6.9)
    assert not app.secret().ok().changed
    modules.clock.pass_by(days=0.2)
    assert app.secret().ok().changed


def test_without_overlap_the_old_one_goes_at_once(app: Registration) -> None:
    old = app.secret().ok()
    new = app.secret(force=True, overlap_days=0).ok()
    assert new["removed"] == [old["secret"]["key_id"]]
    assert app.keys == [new["secret"]["key_id"]]


def test_expired_secret_is_replaced_and_removed(app: Registration, modules: Modules) -> None:
    old = app.secret(lifetime_days=2, rotate_before_days=1).ok()
    modules.clock.pass_by(days=2.1)
    new = app.secret(rotate_before_days=1).ok()
    assert new["removed"] == [old["secret"]["key_id"]]
    assert app.keys == [new["secret"]["key_id"]]


# -- what counts


def test_secrets_of_other_names_are_another_matter(app: Registration) -> None:
    first = app.secret().ok()
    second = app.secret(display_name="another job").ok()
    assert second.changed
    app.secret(force=True, overlap_days=0).ok()
    assert second["secret"]["key_id"] in app.keys
    assert first["secret"]["key_id"] not in app.keys


def test_secret_made_by_hand_neither_counts_nor_goes(app: Registration, modules: Modules) -> None:
    by_hand = app.by_hand(NAME, days=3)
    made = app.secret(overlap_days=0, orphan_after=0).ok()
    assert made.changed
    modules.clock.pass_by(days=10)
    later = app.secret(force=True, overlap_days=0, orphan_after=0).ok()
    assert by_hand in app.keys
    assert later["removed"] == [made["secret"]["key_id"]]


def test_only_a_secret_confirmed_for_this_recipient_serves(app: Registration) -> None:
    mine = app.secret(recipient="profile-1").ok()
    assert mine["secret"]["recipient"] == "profile-1"
    assert not app.secret(recipient="profile-1").ok().changed
    assert not app.secret().ok().changed, "without a recipient any confirmed one serves"
    other = app.secret(recipient="profile-2").ok()
    assert other.changed
    assert other["secret"]["key_id"] != mine["secret"]["key_id"]


# -- manual confirmation


def test_manual_hand_over(app: Registration, sandbox: Sandbox) -> None:
    made = app.secret(confirm="manual").ok()
    key_id = made["secret"]["key_id"]
    assert (made["secret"]["confirmed"], made["secret"]["recipient"]) == (False, "")
    assert app.ledger == []

    confirm = {
        "state": "confirmed",
        "key_id": key_id,
        "recipient": "profile;1 ä",
        "recipient_updated_at": "2026-11-24T08:00:00.123Z",
        "handed_over": {"scopes": ["b", "a"], "actions": ["x"]},
    }
    planned = app.check(**confirm).ok()
    assert planned.changed
    assert app.ledger == []
    done = app.secret(**confirm).ok()
    assert done.changed
    assert done["secret"] == {**made["secret"], "confirmed": True, "recipient": "profile;1 ä"}
    assert planned["secret"] == done["secret"]
    assert "secret_text" not in done.result
    ((ledger_key, _recipient, digest, updated_at, confirmed_at),) = app.ledger
    assert ledger_key == key_id
    assert updated_at == "2026-11-24T08:00:00.123Z"
    assert re.fullmatch("[0-9a-f]{16}", digest)
    assert confirmed_at.isdecimal()
    _before, after = done.diff_of("ledger")
    assert after == {
        "key_id": key_id,
        "recipient": "profile;1 ä",
        "handed_over": digest,
        "recipient_updated_at": "2026-11-24T08:00:00.123Z",
    }

    sandbox.clear()
    reordered = {**confirm, "handed_over": {"scopes": ["a", "b"], "actions": ["x"]}}
    assert not app.secret(**reordered).ok().changed
    assert mutating(sandbox) == []
    assert not app.secret(recipient="profile;1 ä").ok().changed
    assert app.secret(**{**confirm, "recipient": "profile-2"}).ok().changed


def test_unconfirmed_secret_does_not_count(app: Registration) -> None:
    first = app.secret(confirm="manual").ok()
    second = app.secret(confirm="manual").ok()
    assert second.changed
    assert app.keys == [first["secret"]["key_id"], second["secret"]["key_id"]]


def test_confirming_removes_what_was_superseded_and_orphaned(
    app: Registration, modules: Modules
) -> None:
    old = app.secret(recipient="p").ok()["secret"]["key_id"]
    orphan = app.secret(confirm="manual", force=True).ok()["secret"]["key_id"]
    modules.clock.pass_by(seconds=901)
    young = app.secret(confirm="manual", force=True).ok()["secret"]["key_id"]
    new = app.secret(confirm="manual", force=True).ok()["secret"]["key_id"]
    confirm = {"state": "confirmed", "key_id": new, "recipient": "p", "overlap_days": 0}
    assert sorted(app.check(**confirm)["removed"]) == sorted([old, orphan])
    done = app.secret(**confirm).ok()
    assert sorted(done["removed"]) == sorted([old, orphan])
    assert app.keys == [young, new]
    assert app.secret(**confirm, orphan_after=0).ok()["removed"] == [young]


def test_held_secrets_stay(app: Registration) -> None:
    held = app.secret(confirm="manual").ok()["secret"]["key_id"]
    new = app.secret(confirm="manual").ok()["secret"]["key_id"]
    confirm = {"state": "confirmed", "key_id": new, "orphan_after": 0}
    assert app.secret(**confirm, held_key_ids=[held]).ok()["removed"] == []
    assert app.secret(**confirm).ok()["removed"] == [held]


def test_orphan_is_removed_once_it_is_old_enough(app: Registration, modules: Modules) -> None:
    orphan = app.secret(confirm="manual").ok()["secret"]["key_id"]
    app.secret().ok()
    modules.clock.pass_by(seconds=800)
    assert app.secret().ok()["removed"] == []
    assert app.secret(orphan_after=600).ok()["removed"] == [orphan]


@pytest.mark.parametrize("hours", [-5, 5])
def test_secrets_ages_go_by_the_directorys_clock(
    app: Registration, modules: Modules, hours: int
) -> None:
    """A controller with a wrong clock takes no run in progress for a dead one."""
    young = app.secret(confirm="manual").ok()["secret"]["key_id"]
    app.secret().ok()
    modules.clock.moved += 3600 * hours
    assert app.secret().ok()["removed"] == []
    modules.clock.pass_by(seconds=901)
    assert app.secret().ok()["removed"] == [young]


def test_secrets_end_goes_by_the_directorys_clock(app: Registration, modules: Modules) -> None:
    """By a slow controller's it would be due at once, in each run anew."""
    modules.clock.moved -= 25 * 3600
    days = {"lifetime_days": 31, "rotate_before_days": 30}
    assert app.secret(**days).ok().changed
    assert not app.secret(**days).ok().changed


def test_confirming_an_unknown_key_is_an_error(app: Registration) -> None:
    call = app.secret(state="confirmed", key_id=NOBODY)
    call.refused(NOBODY, "key_id", kind="NotFoundError")
    assert app.ledger == []


def test_recipient_that_was_given_a_secret_which_is_gone_needs_a_new_one(
    app: Registration, sandbox: Sandbox
) -> None:
    """Another run took it for an orphan while this one was slow to hand it over."""
    first = app.secret(confirm="manual").ok()["secret"]["key_id"]
    proof = {"recipient": "profile", "recipient_updated_at": "2026-11-01T00:00:00Z"}
    app.secret(state="confirmed", key_id=first, **proof).ok()
    late = app.secret(confirm="manual", force=True).ok()["secret"]["key_id"]
    sandbox.edit(kind="passwords", app=app.object_id, key_id=late, delete=True)
    later = {**proof, "recipient_updated_at": "2026-11-02T00:00:00Z"}
    app.secret(state="confirmed", key_id=late, **later).refused("run again", kind="NotFoundError")
    assert app.ledger == []
    assert app.secret(recipient="profile").ok()["secret_text"]


def test_recipients_time_that_is_no_time_is_refused(app: Registration) -> None:
    """It would come into the ledger, where each later run reads it."""
    key_id = app.secret(confirm="manual").ok()["secret"]["key_id"]
    call = app.secret(state="confirmed", key_id=key_id, recipient_updated_at="yesterday")
    call.refused("yesterday", "recipient_updated_at", kind="ConfigurationError")
    assert app.ledger == []


@pytest.mark.parametrize("fields", ["k;p;d;yesterday;1", "k;p;d;;²", "k;p", "k;p;d;;x", ""])
def test_tag_that_only_looks_like_the_ledgers_is_nobodys(
    app: Registration, sandbox: Sandbox, fields: str
) -> None:
    sandbox.edit(kind="applications", id=app.object_id, set={"tags": [f"{LEDGER}1;{fields}"]})
    app.secret().ok()
    assert not app.secret().ok().changed


def test_foreign_tags_are_kept_in_place(app: Registration, sandbox: Sandbox) -> None:
    tags = ["HideApp", "team:platform"]
    sandbox.edit(kind="applications", id=app.object_id, set={"tags": tags})
    app.secret().ok()
    app.secret(force=True).ok()
    assert app.record["tags"][:2] == tags
    assert len(app.ledger) == 2


def test_entries_of_secrets_that_are_gone_are_dropped(app: Registration, sandbox: Sandbox) -> None:
    first = app.secret().ok()["secret"]["key_id"]
    app.secret(state="absent", key_id=first).ok()
    second = app.secret().ok()["secret"]["key_id"]
    assert [entry[0] for entry in app.ledger] == [second]


def test_secret_that_somebody_removed_is_replaced(app: Registration, sandbox: Sandbox) -> None:
    key_id = app.secret().ok()["secret"]["key_id"]
    sandbox.edit(kind="passwords", app=app.object_id, key_id=key_id, delete=True)
    again = app.secret().ok()
    assert again.changed
    assert again["secret"]["key_id"] != key_id


# -- absent


def test_absent_by_display_name_removes_only_those(app: Registration) -> None:
    first = app.secret(confirm="manual").ok()["secret"]["key_id"]
    second = app.secret(confirm="manual").ok()["secret"]["key_id"]
    by_hand = app.by_hand(NAME)
    other = app.secret(display_name="another").ok()["secret"]["key_id"]
    nameless = app.by_hand(None)
    call = app.secret(state="absent", display_name=NAME).ok()
    assert sorted(call["removed"]) == sorted([first, second, by_hand])
    assert app.keys == [other, nameless]
    assert not app.secret(state="absent", display_name=NAME).ok().changed


def test_absent_by_key_id_goes_before_the_name(app: Registration) -> None:
    first = app.secret(confirm="manual").ok()["secret"]["key_id"]
    second = app.secret(confirm="manual").ok()["secret"]["key_id"]
    app.secret(state="absent", key_id=first, display_name=NAME).ok()
    assert app.keys == [second]


def test_absent_for_an_application_that_is_gone_changes_nothing(modules: Modules) -> None:
    call = modules.entra_app_secret(client_id=NOBODY, state="absent", display_name="job").ok()
    assert (call.changed, call["removed"]) == (False, [])


def test_a_life_that_is_due_at_once_is_refused(app: Registration) -> None:
    app.secret(lifetime_days=30).refused("greater than rotate_before_days")
    assert app.keys == []
    app.secret(lifetime_days=31).ok()


def test_absent_needs_to_know_which(app: Registration) -> None:
    app.secret(state="absent").refused("key_id", "display_name")


@pytest.mark.parametrize("named", [{"key_id": ""}, {"display_name": ""}, {"key_id": None}], ids=str)
def test_absent_of_an_empty_name_removes_nothing(app: Registration, named: dict[str, Any]) -> None:
    """Secrets without a name are common: Azure CLI makes them."""
    nameless = app.by_hand(None)
    app.secret(state="absent", **named).refused("key_id", kind="ConfigurationError")
    assert app.keys == [nameless]


# -- which application


@pytest.mark.parametrize("state", ["present", "confirmed", "absent"])
def test_application_must_be_named(modules: Modules, sandbox: Sandbox, state: str) -> None:
    call = modules.entra_app_secret(state=state, display_name=NAME, key_id=NOBODY)
    call.refused("client_id", kind="ConfigurationError")
    assert sandbox.requests() == []


def test_unknown_application_is_an_error(modules: Modules) -> None:
    call = modules.entra_app_secret(client_id=NOBODY, display_name=NAME)
    call.refused(NOBODY, "tenant_id", kind="NotFoundError")


@pytest.mark.parametrize(
    ("state", "option"), [("present", "display_name"), ("confirmed", "key_id")]
)
def test_what_each_state_needs(
    app: Registration, modules: Modules, state: str, option: str
) -> None:
    modules.entra_app_secret(client_id=app.client_id, state=state).refused(option)


# -- proof by sign-in


def test_verified_by_two_good_sign_ins_in_a_row(app: Registration, sandbox: Sandbox) -> None:
    sandbox.options(secret_delay=6, flap=True)
    sandbox.clear()
    made = app.secret().ok()
    tries = [item["status"] for item in sent(sandbox, "/token") if _as(item, app)]
    assert tries[0] == 200, "the first good answer is no proof"
    assert 401 in tries
    assert tries[-2:] == [200, 200]
    assert app.signs_in(made["secret_text"])


def test_waits_until_entra_takes_a_fresh_secret(app: Registration, sandbox: Sandbox) -> None:
    sandbox.options(secret_delay=15)
    sandbox.clear()
    app.secret().ok()
    tries = [item["status"] for item in sent(sandbox, "/token") if _as(item, app)]
    assert tries[-3:] == [200, 200, 200]
    assert set(tries[:-3]) == {401}


def test_without_verification_it_does_not_sign_in(app: Registration, sandbox: Sandbox) -> None:
    sandbox.options(secret_delay=1000)
    sandbox.clear()
    app.secret(verify=False).ok()
    assert [item for item in sent(sandbox, "/token") if _as(item, app)] == []


def _as(entry: dict[str, Any], app: Registration) -> bool:
    """Whether a token request is the managed application's own."""
    return bool((entry["body"] or {}).get("client_id") == app.client_id)


def test_secret_that_does_not_prove_itself_is_revoked(app: Registration, sandbox: Sandbox) -> None:
    sandbox.options(secret_delay=1000)
    call = app.secret(wait_timeout=20)
    call.refused("token endpoint", "was revoked", kind="WaitTimeoutError")
    assert app.keys == []
    assert app.ledger == []


def test_secret_of_a_disabled_application_is_revoked_at_once(
    app: Registration, sandbox: Sandbox
) -> None:
    (principal,) = [
        item for item in sandbox.state()["servicePrincipals"] if item["appId"] == app.client_id
    ]
    sandbox.edit(kind="servicePrincipals", id=principal["id"], set={"accountEnabled": False})
    call = app.secret()
    call.refused("AADSTS7000112", "was revoked", kind="SignInError")
    assert app.keys == []


@pytest.mark.parametrize(
    ("method", "path"), [("PATCH", "/applications/"), ("GET", "/applications/[^/(]+$")]
)
def test_secret_whose_ledger_entry_fails_is_revoked(
    app: Registration, sandbox: Sandbox, method: str, path: str
) -> None:
    """Nobody but this failing run has its text. The GET is the one after addPassword."""
    refused = {"kind": "status", "status": 403, "code": "Authorization_RequestDenied"}
    sandbox.faults([{"match": {"method": method, "path": path}, "times": 0, "fault": refused}])
    call = app.secret(verify=False)
    call.refused("403", "was revoked; nothing is left over", method=method, status=403)
    assert app.keys == []


def test_secret_that_cannot_be_revoked_is_named(app: Registration, sandbox: Sandbox) -> None:
    refused = {"kind": "status", "status": 403, "code": "Authorization_RequestDenied"}
    rules = [
        {"match": {"method": "PATCH", "path": "/applications/"}, "times": 0, "fault": refused},
        {"match": {"path": "removePassword"}, "times": 0, "fault": refused},
    ]
    sandbox.faults(rules)
    call = app.secret()
    (key_id,) = app.keys
    call.refused(key_id, "could not be revoked", "a later run removes it")
    sandbox.clear_faults()
    again = app.secret(orphan_after=0).ok()
    assert again["removed"] == [key_id]


@pytest.mark.parametrize("where", ["removePassword", "the read after it"])
def test_new_secret_is_returned_although_the_old_one_does_not_go(
    app: Registration, sandbox: Sandbox, where: str
) -> None:
    """It is in the ledger already, and the old one may be gone: revoking it would leave none."""
    rotation = {"force": True, "overlap_days": 0}
    app.secret().ok()
    sandbox.clear()
    old = app.secret(**rotation).ok()["secret"]["key_id"]
    (removal,) = sent(sandbox, "removePassword")
    refused = {"kind": "status", "status": 403, "code": "Authorization_RequestDenied"}
    sandbox.clear()
    at = removal["index"] + (where != "removePassword")
    sandbox.faults([{"at": at, "fault": refused}])
    new = app.secret(**rotation).ok()
    met = next(item for item in sandbox.requests() if item["fault"])
    assert (met["method"], "removePassword" in met["path"]) == (
        ("POST", True) if where == "removePassword" else ("GET", False)
    )
    assert app.signs_in(new["secret_text"])
    (warning,) = new.warnings
    assert "a later run does it" in warning
    sandbox.clear_faults()
    later = app.secret(overlap_days=0).ok()
    assert later["secret"] == new["secret"]
    assert (old in later["removed"]) is (where == "removePassword")
    assert app.keys == [new["secret"]["key_id"]]


def test_failed_rotation_leaves_the_secret_in_use(app: Registration, sandbox: Sandbox) -> None:
    old = app.secret().ok()
    sandbox.options(secret_delay=1000)
    app.secret(force=True, overlap_days=0, wait_timeout=5).refused("was revoked")
    assert app.keys == [old["secret"]["key_id"]]
    sandbox.options(secret_delay=0)
    assert app.signs_in(old["secret_text"])
    assert not app.secret().ok().changed


# -- lost answers


@pytest.mark.parametrize("lost", LOST_ANSWERS)
@pytest.mark.parametrize("confirm", ["auto", "manual"])
def test_lost_answer_of_add_password_leaves_one_secret(
    app: Registration, sandbox: Sandbox, lost: str, confirm: str
) -> None:
    by_hand = app.by_hand(NAME)
    sandbox.faults([{"match": {"path": "addPassword"}, "fault": LOST_ANSWERS[lost]}])
    sandbox.clear()
    made = app.secret(confirm=confirm).ok()
    assert len(sent(sandbox, "addPassword")) == 2, "the fault was met"
    assert app.keys == [by_hand, made["secret"]["key_id"]]
    assert app.signs_in(made["secret_text"])


def test_only_the_runs_own_lost_key_is_removed(app: Registration, sandbox: Sandbox) -> None:
    theirs = app.secret(confirm="manual").ok()["secret"]["key_id"]
    sandbox.faults([{"match": {"path": "addPassword"}, "fault": "drop_after"}])
    mine = app.secret(confirm="manual").ok()["secret"]["key_id"]
    assert app.keys == [theirs, mine]


def test_lost_key_that_a_replica_shows_late_is_found(app: Registration, sandbox: Sandbox) -> None:
    sandbox.options(lag_applications=1)
    sandbox.faults([{"match": {"path": "addPassword"}, "fault": "drop_after"}])
    made = app.secret().ok()
    assert app.keys == [made["secret"]["key_id"]]


@pytest.mark.parametrize("lost", LOST_ANSWERS)
@pytest.mark.parametrize("path", ["removePassword", "/applications/[^/(]+$"])
def test_lost_answers_on_the_way_to_a_removal(
    app: Registration, sandbox: Sandbox, path: str, lost: str
) -> None:
    old = app.secret().ok()["secret"]["key_id"]
    sandbox.faults([{"match": {"path": path}, "fault": LOST_ANSWERS[lost]}])
    new = app.secret(force=True, overlap_days=0).ok()
    assert app.keys == [new["secret"]["key_id"]]
    assert new["removed"] == [old]
    assert app.ledger[-1][0] == new["secret"]["key_id"]


def test_concurrency_violation_is_waited_out(app: Registration, sandbox: Sandbox) -> None:
    busy = {"kind": "status", "status": 409, "code": "Directory_ConcurrencyViolation"}
    sandbox.faults([{"match": {"path": "addPassword"}, "times": 2, "fault": busy}])
    made = app.secret().ok()
    assert app.keys == [made["secret"]["key_id"]]
    assert [item["status"] for item in sent(sandbox, "addPassword")] == [409, 409, 200]


# -- replication


@pytest.mark.parametrize("flap", [False, True])
@pytest.mark.parametrize(
    "lag",
    [{"lag": 0.5}, {"lag": 2}, {"lag": 20}, {"lag_applications": 3}, {"lag_secrets": 3}],
    ids=str,
)
def test_replication_is_waited_out(
    app: Registration, sandbox: Sandbox, modules: Modules, lag: dict[str, float], flap: bool
) -> None:
    sandbox.options(flap=flap, **lag)
    old = app.secret().ok()
    again = app.secret().ok()
    assert (again.changed, again["secret"]) == (False, old["secret"])
    new = app.secret(force=True, overlap_days=0).ok()
    assert app.keys == [new["secret"]["key_id"]]
    assert [entry[0] for entry in app.ledger][-1] == new["secret"]["key_id"]
    modules.clock.pass_by(seconds=30)
    assert not app.secret().ok().changed


def test_secret_of_an_application_made_a_moment_ago(modules: Modules, sandbox: Sandbox) -> None:
    """addPassword on a replica that does not know the application yet answers 404."""
    client_id = modules.entra_app(**APP).ok()["app"]["client_id"]
    gone = {"kind": "status", "status": 404, "code": "Request_ResourceNotFound"}
    sandbox.faults([{"match": {"path": "addPassword"}, "times": 3, "fault": gone}])
    modules.entra_app_secret(client_id=client_id, display_name=NAME).ok()
    assert [item["status"] for item in sent(sandbox, "addPassword")] == [404, 404, 404, 200]


# -- two at once


def test_two_runs_at_once_each_hold_a_live_secret(
    app: Registration, modules: Modules, sandbox: Sandbox
) -> None:
    call = ("entra_app_secret", {"client_id": app.client_id, "display_name": NAME})
    done = [item.ok() for item in modules.together(call, call)]
    for item in done:
        if "secret_text" in item.result:
            assert app.signs_in(item["secret_text"])
    assert set(app.keys) == {item["secret"]["key_id"] for item in done}
    modules.clock.pass_by(days=8)
    app.secret(orphan_after=0).ok()
    assert len(app.keys) == 1


def test_a_ledger_entry_that_a_run_at_the_same_time_overwrites_is_written_again(
    app: Registration, modules: Modules, sandbox: Sandbox
) -> None:
    """One run's write reaches Entra late: after another one has written, and seen, its entry."""
    held = {"kind": "stall", "seconds": 3}
    rule = {"match": {"method": "PATCH", "path": "/applications/"}, "fault": held}
    sandbox.faults([rule])
    options = {"client_id": app.client_id, "display_name": NAME}

    def run() -> Call:
        # By the real clock, which the sandbox's stall goes by.
        return run_process("entra_app_secret", options, sandbox.env())

    with ThreadPoolExecutor() as pool:
        late = pool.submit(run)
        wait_for(lambda: [item for item in sandbox.requests() if item["method"] == "PATCH"])
        done = [run().ok(), late.result().ok()]
    ids = {item["secret"]["key_id"] for item in done}
    assert len(ids) == 2
    assert {entry[0] for entry in app.ledger} == ids
    modules.clock.pass_by(seconds=901)
    assert app.secret().ok()["removed"] == []
    assert all(app.signs_in(item["secret_text"]) for item in done)


def test_only_a_run_at_the_same_time_makes_it_look_again(
    app: Registration, modules: Modules, sandbox: Sandbox
) -> None:
    """Neither a secret older than that, nor one that is confirmed, nor one with a proof."""
    app.secret(confirm="manual").ok()
    modules.clock.pass_by(seconds=901)
    app.secret(orphan_after=1000, overlap_days=0, confirm="manual").ok()
    key_id = app.keys[-1]
    proof = {"recipient": "p", "recipient_updated_at": "2026-01-01T00:00:00Z"}
    app.secret(state="confirmed", key_id=key_id, **proof).ok()
    app.secret(force=True).ok()
    assert modules.clock.pauses == []


# -- check mode


@pytest.mark.parametrize("overlap_days", [0, 7])
def test_check_mode_shows_what_a_rotation_removes(app: Registration, overlap_days: int) -> None:
    old = app.secret().ok()["secret"]["key_id"]
    rotation = {"force": True, "overlap_days": overlap_days}
    planned = app.check(**rotation).ok()
    unknown = app.check(
        state="confirmed", key_id=None, display_name=NAME, overlap_days=overlap_days
    ).ok()
    done = app.secret(**rotation).ok()
    assert planned["removed"] == unknown["removed"] == done["removed"]
    assert planned["removed"] == ([] if overlap_days else [old])
    for call in (planned, unknown, done):
        if not overlap_days:
            before, after = call.diff_of(f"client secret {old}")
            assert (before, after) == ({"display_name": NAME, "live": True}, {})


def test_check_mode_does_not_know_yet(modules: Modules) -> None:
    for empty in (None, ""):
        planned = modules.check("entra_app_secret", client_id=empty, display_name=NAME).ok()
        assert planned.changed
        assert planned["secret"] == {
            "key_id": None,
            "display_name": NAME,
            "hint": None,
            "start_date_time": None,
            "end_date_time": None,
            "confirmed": True,
            "recipient": "",
        }
        confirmed = modules.check(
            "entra_app_secret", client_id=empty, state="confirmed", key_id=empty
        )
        assert confirmed.ok()["secret"] is None
        absent = modules.check("entra_app_secret", client_id=empty, state="absent", key_id=empty)
        assert (absent.ok().changed, absent["removed"]) == (False, [])


def test_check_mode_knows_the_application_but_not_the_key(app: Registration) -> None:
    planned = app.check(state="confirmed", key_id=None, recipient="").ok()
    assert planned.changed
    assert app.check(state="absent", key_id="").ok()["removed"] == []
    app.secret(state="confirmed", key_id="").refused("key_id", kind="ConfigurationError")
