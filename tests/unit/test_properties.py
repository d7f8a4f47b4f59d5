# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold for any input: redaction, ledger, hand-over, merging, derivation of scopes."""

from __future__ import annotations

import base64
import contextlib
import html
import json
import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import assume, given, settings, strategies as st
from markupsafe import escape

from ansible_collections.stackone.onboarding.plugins.module_utils import (
    _application,
    _catalog,
    _clock,
    _errors,
    _ledger,
    _permissions,
    _redact,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._handover import (
    Policy,
    Recipient,
    State,
    Verdict,
    judge,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._ledger import Entry
from ansible_collections.stackone.onboarding.plugins.module_utils._password import Credential
from ansible_collections.stackone.onboarding.plugins.module_utils._permissions import (
    Api,
    Permission,
)

# The same examples on every machine: what fails here fails everywhere.
examples = settings(max_examples=100, deadline=None, database=None, derandomize=True)

UTC = timezone.utc
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


# -- redaction

# The mask's own character would make "is not in the text" mean nothing.
secrets = st.text(min_size=5, max_size=48).filter(lambda text: "*" not in text)
entra_secrets = st.text(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789~._-", min_size=40, max_size=40
)
around = st.text(max_size=12)

WRITTEN = {
    "raw": str,
    "percent": lambda secret: quote(secret, safe=""),
    "percent, path": quote,
    "percent, lower case": lambda secret: re.sub(
        "%..", lambda escape: escape.group().lower(), quote(secret, safe="")
    ),
    "form": quote_plus,
    "query": lambda secret: urlencode({"k": secret})[2:],
    "JSON": lambda secret: json.dumps(secret)[1:-1],
    "JSON, not ASCII": lambda secret: json.dumps(secret, ensure_ascii=False)[1:-1],
    "HTML": html.escape,
    "HTML text": lambda secret: html.escape(secret, quote=False),
    "HTML by Jinja": lambda secret: str(escape(secret)),
    "Python": lambda secret: repr(secret)[1:-1],
}


@pytest.mark.parametrize("form", WRITTEN)
@examples
@given(secret=secrets | entra_secrets, before=around, after=around)
def test_no_written_form_of_a_secret_survives(
    form: str, secret: str, before: str, after: str
) -> None:
    written = WRITTEN[form](secret)
    cleaned = _redact.Redactor([secret]).text(before + written + after)
    assert written not in cleaned
    assert _redact.MASK in cleaned


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@examples
@given(secret=secrets | entra_secrets, before=st.binary(max_size=7), after=st.binary(max_size=7))
def test_no_base64_of_anything_with_the_secret_survives(
    encode: Any, secret: str, before: bytes, after: bytes
) -> None:
    """Whatever stands around it: a basic authorization, say. Nothing that is left decodes to it."""
    text = encode(before + secret.encode() + after).decode()
    cleaned = _redact.Redactor([secret]).text(text)
    assert _redact.MASK in cleaned
    for piece in cleaned.split(_redact.MASK):
        for skipped in range(4):
            part = piece[skipped:].replace("-", "+").replace("_", "/").rstrip("=")
            decoded = base64.b64decode(part[: len(part) // 4 * 4] or b"")
            assert secret.encode() not in decoded


@examples
@given(first=entra_secrets, second=entra_secrets, text=around)
def test_all_secrets_go_from_all_depths_of_data(first: str, second: str, text: str) -> None:
    data = {f"{first}{text}": [{"a": text + second}, (first, 1, None, True)], "n": 2}
    cleaned = _redact.Redactor([first, second]).clean(data)
    assert first not in json.dumps(cleaned)
    assert second not in json.dumps(cleaned)
    assert cleaned["n"] == 2


@examples
@given(secret=entra_secrets, text=st.text(max_size=200))
def test_text_without_the_secret_is_left_as_it_is(secret: str, text: str) -> None:
    assume(not any(form in text for form in _redact.forms_of(secret)))
    assert _redact.Redactor([secret]).text(text) == text


# -- the ledger

moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(
    lambda value: value.replace(tzinfo=UTC)
)
stamps = moments.map(lambda value: value.isoformat(timespec="milliseconds").replace("+00:00", "Z"))
entries = st.builds(
    Entry,
    key_id=st.uuids().map(str),
    recipient=st.text(max_size=30),
    handed_over=st.just("") | st.from_regex("[0-9a-f]{16}", fullmatch=True),
    updated_at=st.just("") | stamps,
    confirmed_at=st.integers(0, 2**33),
)
foreign_tags = st.text(max_size=30).filter(
    lambda tag: not tag.startswith(_application.LEDGER_PREFIX)
)


@examples
@given(written=st.lists(entries, max_size=5), tags=st.lists(foreign_tags, max_size=5))
def test_ledger_reads_what_it_wrote_and_leaves_foreign_tags(
    written: list[Entry], tags: list[str]
) -> None:
    whole = _ledger.write(tags, written)
    assert _ledger.read(whole) == written
    assert whole[: len(tags)] == tags
    assert all(" " not in tag for tag in whole[len(tags) :])
    rewritten = _ledger.write(whole, written[:1])
    assert (rewritten[: len(tags)], _ledger.read(rewritten)) == (tags, written[:1])


@examples
@given(
    tags=st.lists(
        st.text(max_size=40)
        | st.text("0123456789abc;:.-%²TZ", max_size=60).map(
            lambda text: f"{_application.LEDGER_PREFIX}1;{text}"
        )
        | st.lists(st.text("0123456789²-TZ:.", max_size=30), min_size=5, max_size=5).map(
            lambda fields: f"{_application.LEDGER_PREFIX}1;" + ";".join(fields)
        )
    )
)
def test_any_tags_can_be_read_and_judged(tags: list[str]) -> None:
    """What does not parse is nobody's: a tag that somebody typed never stops a run."""
    found = _ledger.read(tags)
    credentials = [credential_of(entry.key_id) for entry in found]
    judge(State(credentials, found), Policy(), NOW)


# -- the hand-over

KEYS = ["k1", "k2", "k3", "k4", "k5"]
MARKS = ["", "aaaaaaaa", "bbbbbbbb", "cccccccc"]
TIMES = ["", "2026-11-01T00:00:00Z", "2026-11-10T00:00:00Z", "2026-11-20T00:00:00Z"]


def credential_of(key_id: str, mark: str = "", age: float = 1, left: float = 100) -> Credential:
    return Credential(
        key_id, "n", mark, None, NOW - timedelta(days=age), NOW + timedelta(days=left)
    )


@st.composite
def states(draw: st.DrawFn) -> State:
    keys = draw(st.lists(st.sampled_from(KEYS), unique=True))
    credentials = [
        credential_of(
            key,
            draw(st.sampled_from(MARKS)),
            draw(st.sampled_from([0.0, 0.001, 1.0, 10.0, 100.0])),
            draw(st.sampled_from([-1.0, 0.0, 10.0, 30.0, 100.0])),
        )
        for key in keys
    ]
    confirmed = draw(st.lists(st.sampled_from(KEYS), unique=True))
    written = [
        Entry(
            key,
            draw(st.sampled_from(["p", "q"])),
            draw(st.sampled_from(["", "d"])),
            draw(st.sampled_from(TIMES)),
            int((NOW - timedelta(days=draw(st.sampled_from([0, 1, 8, 40])))).timestamp()),
        )
        for key in confirmed
    ]
    return State(credentials, written)


recipients = st.none() | st.builds(
    Recipient,
    st.sampled_from(["", "p", "q"]),
    st.none() | st.sampled_from(TIMES[1:]),
    st.sampled_from([None, "", "d", "e"]),
)
policies = st.builds(
    Policy,
    st.sampled_from([timedelta(0), timedelta(days=30)]),
    st.sampled_from([timedelta(0), timedelta(days=7)]),
    st.sampled_from([timedelta(0), timedelta(seconds=900)]),
    st.booleans(),
)
judgements = {
    "state": states(),
    "policy": policies,
    "recipient": recipients,
    "held": st.lists(st.sampled_from(KEYS), max_size=2),
    "reapply": st.booleans(),
}
many = settings(examples, max_examples=300)


def keys(verdict: Verdict) -> set[str]:
    return {item.key_id for item in verdict.removable}


@many
@given(**judgements)
def test_what_is_in_use_or_held_never_goes(
    state: State, policy: Policy, recipient: Recipient | None, held: list[str], reapply: bool
) -> None:
    verdict = judge(state, policy, NOW, recipient=recipient, held=held, reapply=reapply)
    assert not keys(verdict) & set(held)
    if verdict.current:
        assert verdict.current.key_id not in keys(verdict)
    else:
        assert keys(verdict) == set()
    for item in verdict.removable:
        assert item.mark or state.entry(item.key_id), "what was not made here is not ours"


@many
@given(**judgements)
def test_nothing_goes_while_the_profile_is_not_as_the_ledger_says(
    state: State, policy: Policy, recipient: Recipient | None, held: list[str], reapply: bool
) -> None:
    """It may hold any of them then."""
    verdict = judge(state, policy, NOW, recipient=recipient, held=held, reapply=reapply)
    if recipient and recipient.updated_at and verdict.entry:
        as_written = verdict.entry.updated_at and _clock.parse_time(
            verdict.entry.updated_at
        ) == _clock.parse_time(recipient.updated_at)
        if not as_written:
            assert keys(verdict) == set()
    if verdict.due:
        assert keys(verdict) == set()


@many
@given(**judgements)
def test_what_serves_is_confirmed_live_and_the_recipients(
    state: State, policy: Policy, recipient: Recipient | None, held: list[str], reapply: bool
) -> None:
    verdict = judge(state, policy, NOW, recipient=recipient, held=held, reapply=reapply)
    if verdict.current is None:
        assert verdict.due
        return
    assert verdict.entry == state.entry(verdict.current.key_id)
    assert verdict.entry is not None
    assert verdict.current.end > NOW
    assert recipient is None or verdict.entry.recipient == recipient.id
    if not verdict.due:
        assert not policy.force
        assert verdict.current.end - NOW > policy.rotate_before


@many
@given(**judgements)
def test_judging_again_after_removal_finds_nothing_to_do(
    state: State, policy: Policy, recipient: Recipient | None, held: list[str], reapply: bool
) -> None:
    first = judge(state, policy, NOW, recipient=recipient, held=held, reapply=reapply)
    left = [item for item in state.credentials if item.key_id not in keys(first)]
    second = judge(
        State(left, state.entries), policy, NOW, recipient=recipient, held=held, reapply=reapply
    )
    assert (second.current, second.due, second.edited) == (first.current, first.due, first.edited)
    assert second.removable == []


@many
@given(state=states(), policy=policies, held=st.lists(st.sampled_from(KEYS), max_size=2))
def test_hand_over_settles_whatever_was_there(
    state: State, policy: Policy, held: list[str]
) -> None:
    """A new secret, the profile written, the ledger confirmed: the next look needs nothing."""
    made = credential_of("new", "dddddddd", age=0, left=100)
    stamp = "2026-11-24T12:00:00.000Z"
    entry = Entry("new", "p", "d", stamp, int(NOW.timestamp()))
    after = State([*state.credentials, made], [*state.entries, entry])
    verdict = judge(
        after,
        replace(policy, force=False),
        NOW,
        recipient=Recipient("p", stamp, "d"),
        held=held,
    )
    assert (verdict.current, verdict.due, verdict.edited) == (made, "", False)


# -- merging applications

SCOPES = {f"scope{number}": f"00000000-0000-4000-8000-00000000000{number}" for number in range(5)}
ROLES = {f"role{number}": f"00000000-0000-4000-8000-00000000010{number}" for number in range(3)}
APIS = {
    "api-1": Api("api-1", "One", "object-1", SCOPES, ROLES),
    "api-2": Api("api-2", "Two", "object-2", SCOPES, {}),
}
UNNAMED = "ffffffff-0000-4000-8000-000000000000"
URIS = ["https://a.example/cb", "https://b.example/cb", "http://localhost/cb"]
TAGS = ["one", "two", "HideApp", f"{_application.LEDGER_PREFIX}1;k;p;;;1"]


def access(ids: list[str], kind: str) -> st.SearchStrategy[dict[str, str]]:
    return st.sampled_from(ids).map(lambda value: {"id": value, "type": kind})


required = st.lists(
    st.fixed_dictionaries(
        {
            "resourceAppId": st.sampled_from(list(APIS)),
            "resourceAccess": st.lists(
                access([*SCOPES.values(), UNNAMED], "Scope") | access(list(ROLES.values()), "Role"),
                max_size=5,
            ),
        }
    ),
    max_size=3,
)
records = st.none() | st.fixed_dictionaries(
    {
        "id": st.just("object"),
        "appId": st.just("app"),
        "displayName": st.sampled_from(["A", "B"]),
        "uniqueName": st.sampled_from([None, "unique"]),
        "signInAudience": st.sampled_from(["AzureADMyOrg", "AzureADMultipleOrgs"]),
        "web": st.fixed_dictionaries(
            {"redirectUris": st.lists(st.sampled_from(URIS), unique=True)}
        ),
        "requiredResourceAccess": required,
        "tags": st.lists(st.sampled_from(TAGS), unique=True),
        "notes": st.sampled_from([None, "", "n"]),
    }
)
names = st.lists(st.sampled_from([*SCOPES, SCOPES["scope1"]]), max_size=4)
wanted_permissions = st.dictionaries(
    st.sampled_from(list(APIS)),
    st.tuples(names, st.lists(st.sampled_from(list(ROLES)), max_size=2)),
).map(
    lambda asked: {
        api: Permission(api, tuple(dict.fromkeys(scopes)), tuple(dict.fromkeys(roles)))
        if api == "api-1"
        else Permission(api, tuple(dict.fromkeys(scopes)))
        for api, (scopes, roles) in asked.items()
    }
)
desires = st.builds(
    _application.Desired,
    display_name=st.sampled_from([None, "A", "C"]),
    unique_name=st.sampled_from([None, "unique"]),
    sign_in_audience=st.sampled_from([None, "AzureADMultipleOrgs"]),
    web_redirect_uris=st.none() | st.lists(st.sampled_from(URIS)),
    purge_redirect_uris=st.booleans(),
    api_permissions=st.none() | wanted_permissions,
    purge_api_permissions=st.booleans(),
    tags=st.lists(st.sampled_from(TAGS[:3])),
    notes=st.sampled_from([None, "", "n"]),
)


def ids_of(permissions: dict[str, Permission]) -> set[tuple[str, str]]:
    return {
        (entry["resourceAppId"], item["id"])
        for entry in _permissions.to_graph(permissions, APIS)
        for item in entry["resourceAccess"]
    }


def ids_in(record: dict[str, Any] | None) -> list[tuple[str, str]]:
    return [
        (entry["resourceAppId"], item["id"])
        for entry in (record or {}).get("requiredResourceAccess") or ()
        for item in entry["resourceAccess"]
    ]


@many
@given(record=records, desired=desires)
def test_merging_again_changes_nothing(
    record: dict[str, Any] | None, desired: _application.Desired
) -> None:
    changes = _application.merge(record, desired, APIS)
    after = _application.applied(record, changes)
    assert _application.merge(after, desired, APIS) == {}
    assert _application.shows(after, changes)


@many
@given(record=records, desired=desires)
def test_redirect_uris_and_permissions_are_united_or_exact(
    record: dict[str, Any] | None, desired: _application.Desired
) -> None:
    after = _application.applied(record, _application.merge(record, desired, APIS))
    had = set(((record or {}).get("web") or {}).get("redirectUris") or ())
    has = set((after.get("web") or {}).get("redirectUris") or ())
    wanted = set(desired.web_redirect_uris or ())
    if desired.web_redirect_uris is None:
        assert has == had
    else:
        assert has == (wanted if desired.purge_redirect_uris else had | wanted)
    if desired.api_permissions is None:
        assert ids_in(after) == ids_in(record)
    else:
        asked = ids_of(desired.api_permissions)
        expected = asked if desired.purge_api_permissions else asked | set(ids_in(record))
        assert set(ids_in(after)) == expected
        assert len(ids_in(after)) == len(set(ids_in(after))), "an id is never listed twice"


@many
@given(record=records, desired=desires)
def test_tags_of_others_and_of_the_ledger_stay(
    record: dict[str, Any] | None, desired: _application.Desired
) -> None:
    after = _application.applied(record, _application.merge(record, desired, APIS))
    had = list((record or {}).get("tags") or ())
    assert list(after.get("tags") or ())[: len(had)] == had
    assert set(after.get("tags") or ()) == {*had, *desired.tags}
    shown = _application.public(after, APIS)["tags"]
    assert not [tag for tag in shown if tag.startswith(_application.LEDGER_PREFIX)]


@many
@given(record=records, desired=desires)
def test_only_what_differs_is_written(
    record: dict[str, Any] | None, desired: _application.Desired
) -> None:
    changes = _application.merge(record, desired, APIS)
    for name, value in changes.items():
        assert (record or {}).get(name) != value


# -- permissions by name


@examples
@given(first=wanted_permissions, second=wanted_permissions)
def test_uniting_permissions(first: dict[str, Permission], second: dict[str, Permission]) -> None:
    both = _permissions.unite(first, second)
    assert ids_of(both) == ids_of(first) | ids_of(second)
    assert _permissions.unite(both, second) == both
    assert _permissions.unite(both, first) == both


@examples
@given(asked=wanted_permissions)
def test_permissions_survive_the_way_through_graph(asked: dict[str, Permission]) -> None:
    through = _permissions.from_graph(_permissions.to_graph(asked, APIS), APIS)
    assert ids_of(through) == ids_of(asked)
    _permissions.check_names(through, APIS)


@examples
@given(name=st.text(max_size=20))
def test_unknown_names_are_refused_with_known_ones(name: str) -> None:
    assume(name not in SCOPES and name not in SCOPES.values())
    with pytest.raises(_errors.UnknownNameError) as refused:
        _permissions.check_names({"api-2": Permission("api-2", (name,))}, APIS)
    assert set(refused.value.details["nearest"]) <= set(SCOPES)


# -- scopes from actions

NAMES = ["a", "b", "c", "d", "e", "f"]
catalogs = st.builds(
    lambda includes, actions: _catalog.Catalog(
        "key",
        (),
        {
            f"action{number}": {"id": f"action{number}", "required_scopes": scopes}
            for number, scopes in enumerate(actions)
        },
        includes,
    ),
    # Circles too: nothing keeps a vendor from writing one.
    st.dictionaries(st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES), max_size=3)),
    st.lists(st.lists(st.sampled_from(NAMES), max_size=3), min_size=1, max_size=4),
)


def reach(catalog: _catalog.Catalog, scopes: set[str]) -> set[str]:
    """All that some scopes grant, by the definition of it."""
    granted = set(scopes)
    while True:
        more = {item for scope in granted for item in catalog.includes.get(scope, ())} - granted
        if not more:
            return granted
        granted |= more


def needed_by(catalog: _catalog.Catalog) -> set[str]:
    return {scope for item in catalog.actions.values() for scope in item["required_scopes"]}


@many
@given(catalog=catalogs)
def test_derived_scopes_suffice_and_none_is_too_many(catalog: _catalog.Catalog) -> None:
    derived = _catalog.scopes_for(catalog, list(catalog.actions))
    needed = needed_by(catalog)
    assert set(derived) <= needed, "nothing is asked that no action needs"
    assert needed <= reach(catalog, set(derived))
    for scope in derived:
        assert not needed <= reach(catalog, set(derived) - {scope}), f"{scope} is not needed"
    assert derived == sorted(set(derived))


@many
@given(catalog=catalogs, order=st.randoms(use_true_random=False))
def test_order_of_actions_does_not_count(catalog: _catalog.Catalog, order: Any) -> None:
    shuffled = list(catalog.actions)
    order.shuffle(shuffled)
    assert _catalog.scopes_for(catalog, shuffled) == _catalog.scopes_for(
        catalog, list(catalog.actions)
    )


@many
@given(catalog=catalogs, more=st.lists(st.sampled_from(NAMES)))
def test_without_what_is_warned_of_the_rest_still_suffices(
    catalog: _catalog.Catalog, more: list[str]
) -> None:
    scopes = {*needed_by(catalog), *more}
    extra = _catalog.unneeded(catalog, list(catalog.actions), sorted(scopes), {})
    assert needed_by(catalog) <= reach(catalog, scopes - set(extra))
    assert not set(extra) & set(_catalog.scopes_for(catalog, list(catalog.actions)))


# -- time


@examples
@given(
    moment=moments,
    digits=st.integers(0, 12),
    zone=st.sampled_from(["Z", "z", "", "+00:00", "+05:30", "-08:00"]),
)
def test_times_are_read_with_any_digits_and_zone(moment: datetime, digits: int, zone: str) -> None:
    fraction = f"{moment.microsecond:06d}000000"[:digits]
    text = moment.strftime("%Y-%m-%dT%H:%M:%S") + (f".{fraction}" if digits else "") + zone
    offset = {"+05:30": timedelta(hours=5, minutes=30), "-08:00": timedelta(hours=-8)}
    microseconds = int(fraction[:6].ljust(6, "0") or 0)
    expected = moment.replace(microsecond=microseconds) - offset.get(zone, timedelta())
    assert _clock.parse_time(text) == expected


@examples
@given(moment=moments)
def test_written_times_are_read_back(moment: datetime) -> None:
    assert _clock.parse_time(_clock.format_time(moment)) == moment.replace(microsecond=0)


@examples
@given(text=st.text(max_size=30) | st.text("0123456789-:.TZ+ ", max_size=30))
def test_text_that_is_no_time_is_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert _clock.parse_time(text).tzinfo is not None
