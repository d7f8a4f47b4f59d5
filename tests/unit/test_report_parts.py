# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pure parts of a report: dates and drift in words, states, the timeline's geometry."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, strategies as st

from ansible_collections.stackone.onboarding.plugins.filter.report_markdown import report_markdown
from ansible_collections.stackone.onboarding.plugins.module_utils._clock import format_time
from ansible_collections.stackone.onboarding.plugins.plugin_utils import _dates, _drift, _report
from ansible_collections.stackone.onboarding.plugins.plugin_utils._timeline import Timeline

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=timezone.utc)


def after(**amount: float) -> str:
    return format_time(NOW + timedelta(**amount))


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ({"hours": 23}, "within a day"),
        ({"days": 1, "hours": 23}, "in 1 day"),
        ({"days": 59}, "in 59 days"),
        ({"days": 60}, "in 1 month"),
        ({"days": 700}, "in 22 months"),
        ({"days": 740}, "in 2 years"),
        ({}, "less than a day ago"),
        ({"hours": -23}, "less than a day ago"),
        ({"days": -3}, "3 days ago"),
        ({"days": -400}, "13 months ago"),
    ],
)
def test_a_date_relative_to_now(when: dict[str, float], words: str) -> None:
    assert _dates.relative(after(**when), NOW) == words


def test_a_date_is_shown_in_utc() -> None:
    assert _dates.day("2027-03-05T23:30:00-02:00") == "6 Mar 2027"
    assert _dates.minute("2027-03-05T14:07:59.1234567Z") == "5 Mar 2027, 14:07 UTC"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("application", "web_redirect_uris", ["b", "c"], ["a", "b"]),
         "Application, redirect URIs: lacks a; has c besides"),
        (("application", "sign_in_audience", "AzureADMyOrg", "AzureADMultipleOrgs"),
         "Application, audience: AzureADMyOrg instead of AzureADMultipleOrgs"),
        (("application", "api_permissions",
          [{"api": "Azure DevOps", "delegated": ["x"], "application": []}],
          [{"api": "Azure DevOps", "delegated": ["x", "y"], "application": ["z"]}]),
         "Application, API permissions: lacks y of Azure DevOps, z of Azure DevOps"),
        (("consent to Azure DevOps", None, None, {"scopes": ["x"]}),
         "Consent to Azure DevOps is missing"),
        (("consent to Microsoft Graph", None, {"scopes": ["x"]}, None),
         "Consent to Microsoft Graph should not be there"),
        (("connector profile", "active", False, True),
         "Connector profile, active: no instead of yes"),
        (("service principal", "object_id", None, "known later"),
         "Service principal, object id: none instead of known later"),
        (("connector profile", "updated_at", "1", "2"),
         "Connector profile was edited elsewhere, in what a read does not show"),
    ],
)  # fmt: skip
def test_drift_in_words(row: tuple[Any, ...], words: str) -> None:
    names = ("resource", "field", "before", "after")
    assert _drift.sentence(dict(zip(names, row, strict=True))) == words


def secret(kind: str, start: float, end: float) -> dict[str, Any]:
    """As ``connector_info`` shows it, with days from now."""
    return {
        "key_id": f"key of {kind}",
        "current": kind == "current",
        "confirmed": kind != "unconfirmed",
        "hint": "abc",
        "start_date_time": after(days=start),
        "end_date_time": after(days=end),
    }


def look(**changes: Any) -> dict[str, Any]:
    """At a connector that needs nothing."""
    return {
        "app": {"display_name": "An app", "client_id": "1"},
        "service_principal": {"object_id": "2"},
        "consent": {"grants": [], "app_roles": []},
        "profile": {"id": "3", "name": "A profile", "active": True},
        "secrets": [secret("current", -30, 150)],
        "handover": {"due": False, "reason": None, "due_date_time": after(days=120)},
        "removable": [],
        "scopes": ["x"],
        "drift": [],
        **changes,
    }


def drift(resource: str, field: str | None = "field") -> dict[str, Any]:
    return {"resource": resource, "field": field, "before": "a", "after": "b", "repaired": False}


@pytest.mark.parametrize(
    ("changes", "state", "part", "text"),
    [
        ({}, "ok", {}, None),
        ({"app": None}, "broken", {"app": "missing"}, "There is no application"),
        ({"profile": None}, "broken", {"profile": "missing"}, "There is no connector profile"),
        ({"profile": {"active": False}, "drift": [drift("connector profile", "active")]},
         "broken", {"profile": "disabled"}, "The connector profile is disabled"),
        ({"secrets": [secret("superseded", -200, -20)],
          "handover": {"reason": "the secret has expired"}},
         "broken", {"secret": "expired"}, "The client secret has expired"),
        ({"secrets": [], "handover": {"reason": "the secret was removed"}},
         "broken", {"secret": "missing"}, "No client secret serves: the secret was removed"),
        ({"secrets": [secret("current", -160, 20)],
          "handover": {"reason": "the secret expires", "due_date_time": after(days=-10)}},
         "due", {"secret": "due"}, "is due for rotation"),
        ({"handover": {"reason": "scopes have changed", "due_date_time": after(days=9)}},
         "drifted", {"secret": "outdated"}, "A new hand-over is due: scopes have changed"),
        ({"removable": ["4", "5"]}, "due", {}, "2 client secrets that are out of use can go"),
        ({"drift": [drift("application")]}, "drifted", {"app": "drifted"}, "a instead of b"),
        ({"drift": [drift("consent to X")]}, "drifted", {"consent": "drifted"}, "Consent to X"),
        ({"drift": [drift("connector profile", "updated_at")]},
         "drifted", {"profile": "drifted"}, "edited elsewhere"),
        ({"service_principal": {"object_id": None}, "drift": [drift("service principal")]},
         "drifted", {"consent": "missing"}, "Service principal"),
    ],
)  # fmt: skip
def test_what_was_seen_makes_the_state(
    changes: dict[str, Any], state: str, part: dict[str, str], text: str | None
) -> None:
    report = _report.report({"host": look(**changes)}, NOW, [])
    (row,) = report["connectors"]
    assert row["state"] == state
    assert {**row["parts"], **part} == row["parts"]
    assert report["counts"][state] == report["counts"]["connectors"] == 1
    if text is None:
        assert row["warnings"] == []
    else:
        assert text in row["warnings"][0]["text"]


def test_the_worst_comes_first_and_then_what_is_due_first() -> None:
    looks = {
        "b-ok": look(),
        "a-ok": look(handover={"reason": None, "due_date_time": after(days=130)}),
        "drifted": look(drift=[drift("application")]),
        "unseen": None,
        "failed": {"failed": True, "msg": "Something went wrong"},
    }
    report = _report.report(looks, NOW, [])
    assert [row["host"] for row in report["connectors"]] == [
        "failed", "unseen", "drifted", "b-ok", "a-ok",
    ]  # fmt: skip


def test_a_secret_s_hint_is_not_kept() -> None:
    report = _report.report({"host": look()}, NOW, [])
    assert "hint" not in str(report)


def rows(*looks: dict[str, Any]) -> list[dict[str, Any]]:
    seen = {f"host{number}": item for number, item in enumerate(looks)}
    return list(_report.report(seen, NOW, [])["connectors"])


def test_a_bar_begins_and_ends_where_its_secret_does() -> None:
    timeline = Timeline(
        rows(look(secrets=[secret("current", -30, 150), secret("unconfirmed", 0, 180)])), NOW
    )
    ((current, unconfirmed),) = [lane.bars for lane in timeline.lanes]
    assert (current.kind, unconfirmed.kind) == ("current", "unconfirmed")
    assert current.x < timeline.now == unconfirmed.x
    assert unconfirmed.width == pytest.approx(current.width, abs=0.02)  # both live 180 days
    assert unconfirmed.due_x is None
    assert current.due_x == pytest.approx(current.x + current.width * 150 / 180, abs=0.02)
    assert current.due_width == pytest.approx(current.width * 30 / 180, abs=0.02)


@given(
    st.lists(
        st.tuples(st.floats(-4000, 4000), st.floats(0.1, 4000), st.sampled_from(
            ["current", "superseded", "unconfirmed"]
        )),
        max_size=6,
    )
)  # fmt: skip
def test_everything_lies_in_the_picture(lives: list[tuple[float, float, str]]) -> None:
    secrets = [secret(kind, start, start + life) for start, life, kind in lives]
    timeline = Timeline(rows(look(secrets=secrets)), NOW)
    for lane in timeline.lanes:
        for drawn in lane.bars:
            assert 0 <= drawn.x <= 100 and 0 <= drawn.width <= 100
            assert drawn.x + drawn.width <= 100.01
            assert drawn.due_x is None or drawn.x <= drawn.due_x <= drawn.x + drawn.width + 0.01
    places = [tick.x for tick in timeline.ticks]
    assert places == sorted(places) and len(places) <= 9
    assert 0 < timeline.now < 100


@given(st.text(max_size=40))
def test_no_name_breaks_a_table_of_markdown(name: str) -> None:
    text = report_markdown(_report.report({name: look(app=None)}, NOW, []))
    table = text.split("## All connectors")[1].split("## ")[0].strip().splitlines()
    assert len(table) == 3
    assert len(re.findall(r"(?<!\\)\|", table[2])) == 8
    assert not re.search(r"(?<!\\)[<`]", text)
