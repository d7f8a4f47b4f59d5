# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of the pure parts: rules that one can read beside what they should say."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ansible_collections.stackone.onboarding.plugins.module_utils import (
    _clock,
    _errors,
    _graph,
    _handover,
    _ledger,
    _memory,
    _permissions,
    _profile,
    _reconcile,
    _redact,
    _retry,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._exchange import (
    Pages,
    Request,
    Response,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._handover import (
    Policy,
    Recipient,
    State,
    judge,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._ledger import Entry
from ansible_collections.stackone.onboarding.plugins.module_utils._password import Credential
from ansible_collections.stackone.onboarding.plugins.module_utils._retry import Replay, Trouble

UTC = timezone.utc
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


# -- time


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-24T12:00:00Z", NOW),
        ("2026-11-24T12:00:00z", NOW),
        (" 2026-11-24T12:00:00Z ", NOW),
        ("2026-11-24T14:00:00+02:00", NOW),
        ("2026-11-24T12:00:00", NOW),
        ("2026-11-24 12:00", NOW),
        ("2026-11-24", datetime(2026, 11, 24, tzinfo=timezone.utc)),
        ("2026-11-24T12:00:00.5Z", NOW + timedelta(milliseconds=500)),
        ("2026-11-24T12:00:00.123Z", NOW + timedelta(milliseconds=123)),
        ("2026-11-24T12:00:00.1234567Z", NOW + timedelta(microseconds=123456)),
        ("2026-11-24T12:00:00.123456789012Z", NOW + timedelta(microseconds=123456)),
        ("2026-11-24T14:00:00.0000001+02:00", NOW),
    ],
)
def test_times_as_graph_and_stackone_write_them(text: str, expected: datetime) -> None:
    assert _clock.parse_time(text) == expected


@pytest.mark.parametrize("text", ["", "Z", "now", "24.11.2026", "2026-11-31T00:00:00Z", "1", "."])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError):
        _clock.parse_time(text)


def test_time_is_written_as_graph_writes_it() -> None:
    berlin = timezone(timedelta(hours=1))
    moment = datetime(2026, 11, 24, 13, 0, 0, 999999, tzinfo=berlin)
    assert _clock.format_time(moment) == "2026-11-24T12:00:00Z"


class StoppedClock(_clock.Clock):
    """Stands still but for its sleeps."""

    def __init__(self) -> None:
        self.passed = 0.0

    def monotonic(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.passed += seconds


def test_deadline_allows_what_ends_before_it() -> None:
    deadline = _clock.Deadline(StoppedClock(), 10)
    deadline.clock.sleep(4)
    assert deadline.remaining() == 6
    assert deadline.allows(5.9)
    assert not deadline.allows(6)
    deadline.clock.sleep(20)
    assert deadline.remaining() == 0
    assert not deadline.allows(0)


# -- retry

NEVER = None
TWICE: dict[Trouble, list[int | None]] = {
    # Trouble: which of the attempts 1, 3, 4 and 100 are followed by another.
    Trouble.REFUSED: [1, 3, 4, 100],
    Trouble.UNSENT: [1, 3, NEVER, NEVER],
    Trouble.BUSY: [NEVER, NEVER, NEVER, NEVER],
    Trouble.BROKEN: [NEVER, NEVER, NEVER, NEVER],
    Trouble.LOST: [NEVER, NEVER, NEVER, NEVER],
}
HARMLESS: dict[Trouble, list[int | None]] = {
    Trouble.REFUSED: [1, 3, 4, 100],
    Trouble.UNSENT: [1, 3, NEVER, NEVER],
    Trouble.BUSY: [1, 3, 4, 100],
    Trouble.BROKEN: [1, 3, NEVER, NEVER],
    Trouble.LOST: [1, 3, NEVER, NEVER],
}


@pytest.mark.parametrize(
    ("replay", "table"),
    [(Replay.TWICE, TWICE), (Replay.HARMLESS, HARMLESS)],
    ids=["twice", "harmless"],
)
def test_when_a_request_is_sent_again(
    replay: Replay, table: dict[Trouble, list[int | None]]
) -> None:
    assert set(table) == set(Trouble)
    for trouble, attempts in table.items():
        again = [
            attempt
            if _retry.pause_before_retry(replay, trouble, attempt, None) is not None
            else NEVER
            for attempt in (1, 3, 4, 100)
        ]
        assert again == attempts, trouble


@pytest.mark.parametrize("trouble", [Trouble.REFUSED, Trouble.BUSY])
@pytest.mark.parametrize("wait", [0.5, 7.0, 1000.0])
def test_what_the_service_asks_for_counts(trouble: Trouble, wait: float) -> None:
    assert _retry.pause_before_retry(Replay.HARMLESS, trouble, 1, wait) == wait


def test_what_may_have_acted() -> None:
    assert {item for item in Trouble if item.maybe_acted} == {
        Trouble.BUSY,
        Trouble.BROKEN,
        Trouble.LOST,
    }


# -- Graph's ways of saying things


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("plain-name", "applications(uniqueName='plain-name')"),
        ("it's", "applications(uniqueName='it''s')"),
        ("a/b c&d", "applications(uniqueName='a%2Fb%20c%26d')"),
        ("ä", "applications(uniqueName='%C3%A4')"),
    ],
)
def test_alternate_key(value: str, path: str) -> None:
    assert _graph.key("applications", "uniqueName", value) == path


def test_literal_in_a_filter() -> None:
    assert _graph.literal("it's") == "'it''s'"


def test_read_within_a_batch() -> None:
    read = _graph.Read("applications", {"$filter": "displayName eq 'a b'", "$select": "id,appId"})
    assert read.relative_url == (
        "/applications?$filter=displayName%20eq%20'a%20b'&$select=id,appId"
    )
    assert _graph.Read("applications/1").relative_url == "/applications/1"


def graph_error(status: int, message: str = "", *codes: str) -> _errors.HttpError:
    return _errors.HttpError(
        "x", status=status, service_message=message, code=(codes or (None,))[0], codes=list(codes)
    )


@pytest.mark.parametrize(
    ("error", "lagging"),
    [
        (graph_error(404, "", "Request_ResourceNotFound"), True),
        (graph_error(400, "", "Request_BadRequest", "NoBackingApplicationObject"), True),
        (graph_error(400, "Resource 'x' does not exist or one of its queried …"), True),
        (graph_error(400, "The appId 'x' does not reference a valid application object."), True),
        (graph_error(403, "the backing application of the service principal being created"), True),
        (graph_error(403, "Insufficient privileges", "Authorization_RequestDenied"), False),
        (graph_error(400, "Invalid value", "Request_BadRequest"), False),
        (graph_error(409, "", "Request_MultipleObjectsWithSameKeyValue"), False),
    ],
)
def test_what_a_lagging_replica_says(error: _errors.HttpError, lagging: bool) -> None:
    assert _graph.is_lagging(error) is lagging


@pytest.mark.parametrize(
    ("error", "duplicate"),
    [
        (graph_error(409, "", "Request_MultipleObjectsWithSameKeyValue"), True),
        (graph_error(400, "Permission being assigned already exists on the object"), True),
        (graph_error(400, "EntitlementGrant entry already exists."), True),
        (graph_error(404, "does not exist"), False),
    ],
)
def test_what_exists_already(error: _errors.HttpError, duplicate: bool) -> None:
    assert _graph.is_duplicate(error) is duplicate


def answer(status: int, body: Any, **headers: str) -> Response:
    return Response(Request("GET", "https://x/y"), status, headers, "", body, "id")


@pytest.mark.parametrize(
    ("status", "body", "again"),
    [
        (409, {"error": {"code": "Directory_ConcurrencyViolation"}}, True),
        (503, {"error": {"code": "Directory_ConcurrencyViolation"}}, True),
        (
            400,
            {"error": {"code": "x", "details": [{"code": "Directory_ConcurrencyViolation"}]}},
            True,
        ),
        (200, {"error": {"code": "Directory_ConcurrencyViolation"}}, False),
        (409, {"error": {"code": "Request_MultipleObjectsWithSameKeyValue"}}, False),
        (409, "text", False),
        (409, {"error": "text"}, False),
        (409, None, False),
    ],
)
def test_a_409_is_not_always_final(status: int, body: Any, again: bool) -> None:
    assert _graph.says_try_again(answer(status, body)) is again


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("0", 0.0), ("-3", 0.0), ("", None), ("Tue, 24 Nov 2026 12:00:00 GMT", None)],
)
def test_retry_after(header: str, seconds: float | None) -> None:
    assert answer(429, None, **{"Retry-After": header}).retry_after == seconds


@pytest.mark.parametrize(
    ("headers", "sent"),
    [
        (
            {"Date": "Fri, 27 Nov 2026 10:00:05 GMT"},
            datetime(2026, 11, 27, 10, 0, 5, tzinfo=timezone.utc),
        ),
        ({}, None),
        ({"Date": "yesterday"}, None),
        ({"Date": "Fri, 27 Nov 2026 10:00:05 -0000"}, None),
        ({"Date": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"}, None),
    ],
)
def test_when_an_answer_was_sent(headers: dict[str, str], sent: datetime | None) -> None:
    assert answer(200, {}, **headers).date == sent


# -- pages


def test_list_without_an_end() -> None:
    pages = Pages()
    for number in range(10_000):
        pages.turn_to(f"https://x/y?page={number}")
    with pytest.raises(_errors.HttpError, match=r"GET /y does not end.*more than 10000 pages"):
        pages.turn_to("https://x/y?page=10000")


# -- permissions

API = _permissions.Api(
    "app", "API", "object", {"vso.work": "id-1", "vso.code": "id-2"}, {"role": "id-3"}
)


def test_nearest_names_do_not_mind_case() -> None:
    known = ["vso.work", "vso.work_write", "vso.code", "vso.wiki"]
    assert _permissions.nearest("VSO.WORK_WRIT", known)[0] == "vso.work_write"
    assert _permissions.nearest("something else", known) == []


def test_unknown_name_without_a_near_one_lists_what_there_is() -> None:
    error = _permissions.unknown_name("No.", "zzz", ["b", "a"])
    assert str(error) == "No. There are: a, b."


def test_names_become_ids_and_back() -> None:
    asked = {"app": _permissions.Permission("app", ("vso.code", "other-id"), ("role",))}
    required = _permissions.to_graph(asked, {"app": API})
    assert required == [
        {
            "resourceAppId": "app",
            "resourceAccess": [
                {"id": "id-2", "type": "Scope"},
                {"id": "other-id", "type": "Scope"},
                {"id": "id-3", "type": "Role"},
            ],
        }
    ]
    assert _permissions.from_graph(required, {"app": API}) == asked


def test_disabled_scopes_and_roles_for_users_are_not_offered() -> None:
    record = {
        "id": "object",
        "displayName": "API",
        "oauth2PermissionScopes": [
            {"value": "on", "id": "1", "isEnabled": True},
            {"value": "off", "id": "2", "isEnabled": False},
            {"value": "", "id": "3", "isEnabled": True},
        ],
        "appRoles": [
            {"value": "app", "id": "4", "allowedMemberTypes": ["Application"]},
            {"value": "both", "id": "5", "allowedMemberTypes": ["User", "Application"]},
            {"value": "user", "id": "6", "allowedMemberTypes": ["User"]},
        ],
    }
    api = _permissions.api_of("app", record)
    assert (api.scopes, api.roles) == ({"on": "1"}, {"app": "4", "both": "5"})


# -- the hand-over, rule by rule


def credential(key_id: str, *, age: float = 0, left: float = 100, mark: str = "") -> Credential:
    """A secret made so many days ago, with so many days left."""
    return Credential(
        key_id,
        "name",
        mark or key_id * 8,
        "abc",
        NOW - timedelta(days=age),
        NOW + timedelta(days=left),
    )


def entry(key_id: str, *, days_ago: float = 0, recipient: str = "p", updated: str = "") -> Entry:
    at = int((NOW - timedelta(days=days_ago)).timestamp())
    return Entry(key_id, recipient, "digest", updated, at)


UPDATED = "2026-11-20T00:00:00.000Z"
EDITED = "2026-11-23T00:00:00.000Z"
PROFILE = Recipient("p", UPDATED, "digest")


def verdict(
    credentials: list[Credential],
    entries: list[Entry],
    recipient: Recipient | None = PROFILE,
    **more: Any,
) -> _handover.Verdict:
    return judge(State(credentials, entries), Policy(), NOW, recipient=recipient, **more)


def test_confirmed_live_secret_serves() -> None:
    found = verdict([credential("a")], [entry("a", updated=UPDATED)])
    assert (found.current, found.due, found.edited) == (credential("a"), "", False)


@pytest.mark.parametrize(
    ("credentials", "entries", "recipient", "reason"),
    [
        ([], [], PROFILE, "no secret was handed over yet"),
        ([credential("a")], [], PROFILE, "no secret was handed over yet"),
        ([], [entry("a")], PROFILE, "the secret was removed"),
        ([credential("a", left=-1)], [entry("a")], PROFILE, "the secret has expired"),
        ([credential("a")], [entry("a")], Recipient(""), "the connector profile does not exist"),
        (
            [credential("a")],
            [entry("a", recipient="other")],
            PROFILE,
            "the connector profile was re-created: no secret was handed to this one",
        ),
        (
            [credential("a", left=30)],
            [entry("a", updated=UPDATED)],
            PROFILE,
            "the secret expires on 2026-12-24",
        ),
        (
            [credential("a")],
            [entry("a", updated=UPDATED)],
            Recipient("p", UPDATED, "other"),
            "the client id, scopes or actions to hand over have changed",
        ),
        (
            [credential("a"), credential("b")],
            [entry("a", updated=UPDATED), entry("b", updated=UPDATED)],
            PROFILE,
            "two runs handed over at the same time: which secret arrived last is unknown",
        ),
        (
            [credential("a"), credential("b")],
            [entry("a", updated=UPDATED)],
            Recipient("p", EDITED, "digest"),
            "an earlier run may have written the connector profile and died before confirming",
        ),
    ],
)
def test_why_a_hand_over_is_due(
    credentials: list[Credential], entries: list[Entry], recipient: Recipient, reason: str
) -> None:
    found = verdict(credentials, entries, recipient)
    assert found.due == reason
    assert found.removable == [], "nothing goes before the new one has arrived"


def test_rotation_that_was_asked_for() -> None:
    state = State([credential("a")], [entry("a", updated=UPDATED)])
    found = judge(state, Policy(force=True), NOW, recipient=PROFILE)
    assert found.due == "a rotation was asked for"


def test_edit_that_a_read_does_not_show() -> None:
    edited = Recipient("p", EDITED, "digest")
    found = verdict([credential("a")], [entry("a", updated=UPDATED)], edited)
    assert (found.due, found.edited, found.removable) == ("", True, [])
    again = verdict([credential("a")], [entry("a", updated=UPDATED)], edited, reapply=True)
    assert "reapply" in again.due


def test_unconfirmed_secret_stays_while_the_profile_may_hold_it() -> None:
    """A run may have died between writing the profile and confirming."""
    both = [credential("a", age=50), credential("b", age=2)]
    found = verdict(both, [entry("a", updated=UPDATED)], Recipient("p", EDITED, "digest"))
    assert found.removable == []
    settled = verdict(both, [entry("a", updated=UPDATED)])
    assert [item.key_id for item in settled.removable] == ["b"]


def test_what_may_go_while_the_profile_is_as_the_ledger_says() -> None:
    credentials = [
        credential("1", age=60),  # superseded eight days ago
        credential("2", age=60),  # superseded just now
        credential("3", age=60, left=-1),  # expired
        credential("4", age=0.001),  # unconfirmed, a run in progress
        credential("5", age=1),  # unconfirmed, a run that died
        credential("6", age=1),  # the same, but held
        Credential("7", "name", "", "abc", NOW - timedelta(days=60), NOW),  # made by hand
        credential("8"),  # the current one
    ]
    entries = [
        entry("1", days_ago=60),
        entry("2", days_ago=8),
        entry("8", days_ago=0, updated=UPDATED),
    ]
    found = verdict(credentials, entries, held=["6"])
    assert found.current == credentials[-1]
    assert [item.key_id for item in found.removable] == ["1", "3", "5"]


def test_lost_twin_of_the_current_secret_goes_at_once() -> None:
    """Same mark: its own run lost the answer, so nobody has its text."""
    twins = [credential("a", mark="0123abcd"), credential("b", mark="0123abcd")]
    found = verdict(twins, [entry("b", updated=UPDATED)])
    assert [item.key_id for item in found.removable] == ["a"]


def test_same_moment_in_another_spelling_is_no_edit() -> None:
    spelled = Recipient("p", "2026-11-20T01:00:00+01:00", "digest")
    found = verdict([credential("a")], [entry("a", updated=UPDATED)], spelled)
    assert not found.edited


def test_without_a_recipient_any_confirmed_live_secret_serves() -> None:
    found = verdict([credential("a")], [entry("a", recipient="other")], None)
    assert found.current == credential("a")


def test_later_of_two_confirmed_within_a_second_counts() -> None:
    older, newer = credential("b", age=0.00001), credential("a", age=0)
    found = verdict([older, newer], [entry("a"), entry("b")], None)
    assert found.current == newer


# -- the ledger


def test_tag_of_an_entry_is_short_enough_for_the_directory() -> None:
    tag = Entry(
        "11111111-2222-3333-4444-555555555555",
        "profile-" + "f" * 36,
        _ledger.digest("client", ["a"], ["b"]),
        "2026-11-24T12:00:00.123Z",
        1795521600,
    ).tag()
    assert len(tag) <= 256
    assert " " not in tag


def test_order_does_not_count_in_what_was_handed_over() -> None:
    assert _ledger.digest("c", ["a", "b"], ["x", "y"]) == _ledger.digest(
        "c", ["b", "a"], ["y", "x"]
    )
    different = {
        _ledger.digest("c", ["a"], ["b"]),
        _ledger.digest("d", ["a"], ["b"]),
        _ledger.digest("c", ["b"], ["a"]),
        _ledger.digest("c", ["a", "b"], []),
        _ledger.digest("c", [], ["a", "b"]),
    }
    assert len(different) == 5


# -- small things


def test_short_values_are_not_masked() -> None:
    """They would blank out half of every message."""
    assert _redact.Redactor(["no", "", "abcd"]).text("no, abcd") == "no, abcd"
    assert _redact.Redactor(["abcde"]).text("abcde") == _redact.MASK


def test_memory_makes_a_value_once_while_it_is_good() -> None:
    memory, made = _memory.RunMemory(), iter(range(10))
    assert [memory.recall("k", lambda: next(made)) for _time in range(2)] == [0, 0]
    assert memory.recall("k", lambda: next(made), good=lambda value: value > 0) == 1
    memory.forget("k")
    memory.forget("never there")
    assert memory.recall("k", lambda: next(made)) == 2


def test_digest_tells_its_parts_apart_and_hides_them() -> None:
    assert _memory.digest("a", "b") != _memory.digest("ab", "")
    assert "secret" not in _memory.digest("secret")


def test_difference_as_rows() -> None:
    changed = _reconcile.Difference("app", {"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 3, "d": 4})
    rows = [(item["field"], item["before"], item["after"]) for item in changed.rows(True)]
    assert rows == [("b", 2, 3), ("c", 3, None), ("d", None, 4)]
    assert _reconcile.Difference("app", {"a": 1}, {"a": 1}).rows(False) == []
    (made,) = _reconcile.Difference("app", None, {"a": 1}).rows(False)
    assert (made["field"], made["after"], made["repaired"]) == (None, {"a": 1}, False)


def test_reconciler_acts_only_where_something_differs() -> None:
    reconciler = _reconcile.Reconciler(check_mode=False)
    assert reconciler.settle("a", {"x": 1}, {"x": 1}, lambda: "acted") is None
    assert (reconciler.changed, reconciler.acted) == (False, False)
    assert reconciler.settle("b", None, {"x": 1}, lambda: "acted") == "acted"
    assert (reconciler.changed, reconciler.acted) == (True, True)
    planned = _reconcile.Reconciler(check_mode=True)
    assert planned.settle("b", None, {"x": 1}, lambda: pytest.fail("acted")) is None
    assert (planned.changed, planned.acted) == (True, False)


def test_error_is_one_message_of_whole_sentences() -> None:
    error = _errors.NotFoundError("It is not there", "Nobody made it", "Make it!", name="x")
    assert str(error) == "It is not there. Nobody made it. Make it!"
    assert error.failure() == {
        "msg": "It is not there. Nobody made it. Make it!",
        "error": {"kind": "NotFoundError", "maybe_acted": False, "name": "x"},
    }


@pytest.mark.parametrize(
    ("account", "linked"),
    [
        ({"integration_id": "mine", "provider": "github"}, True),
        ({"integration_id": "other", "provider": "azuredevops"}, False),
        ({"provider": "azuredevops"}, True),
        ({}, True),
        ({"provider": "github"}, False),
    ],
)
def test_linked_accounts(account: dict[str, str], linked: bool) -> None:
    record = {"id": "mine", "connector_key": "azuredevops"}
    assert _profile.is_linked(account, record) is linked
