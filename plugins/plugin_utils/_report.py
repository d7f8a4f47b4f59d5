# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report says of connectors: facts from a look at each, and what they mean at a time.

Pure. The facts hold no secret, not even the hint by which Entra ID shows one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils._clock import (
    format_time,
    parse_time,
)
from ansible_collections.stackone.onboarding.plugins.plugin_utils._drift import sentence

Row = dict[str, Any]

FORMAT = 1

# The worst first: a connector's state is that of its worst warning.
STATES = ("broken", "drifted", "due", "ok")
PARTS = ("app", "consent", "secret", "profile")

_APP = ("display_name", "unique_name", "client_id", "object_id", "sign_in_audience")
_PROFILE = (
    "id",
    "name",
    "connector_key",
    "active",
    "authentication_config_label",
    "environment",
    "connector_pinned_version",
    "updated_at",
)

_STOPPED = "Stopped before the look; the output of the play says why"


def report(looks: Mapping[str, Any], now: datetime, merged: Iterable[Mapping[str, Any]]) -> Row:
    """All connectors, judged at this time, what needs somebody first.

    ``looks``: what ``connector_info`` returned, by host; None for a host that did not get there.
    """
    known: dict[str, Row] = {}
    for row in [*_rows_of(merged), *(_facts(host, looks[host], now) for host in looks)]:
        before = known.get(row["host"])
        if before is None or before["looked_at"] <= row["looked_at"]:
            known[row["host"]] = row
    rows = sorted((_judged(row, now) for row in known.values()), key=_urgency)
    states = Counter(row["state"] for row in rows)
    return {
        "format": FORMAT,
        "generated_at": format_time(now),
        "counts": {"connectors": len(rows), **{state: states[state] for state in STATES}},
        "connectors": rows,
    }


def _rows_of(reports: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Raises ValueError for what is not a report."""
    rows: list[Row] = []
    for item in reports:
        if not isinstance(item, Mapping) or item.get("format") != FORMAT:
            raise ValueError("what is to be merged is not the JSON of a report of this collection")
        rows += [dict(row) for row in item["connectors"]]
    return rows


def _urgency(row: Row) -> tuple[int, str, str]:
    return STATES.index(row["state"]), row["due_at"] or "", row["host"]


def _facts(host: str, look: Mapping[str, Any] | None, now: datetime) -> Row:
    """What a look showed. Where it failed, all but the error is null or empty."""
    look = look or {"msg": _STOPPED}
    handover = look.get("handover") or {}
    failed = "drift" not in look
    return {
        "host": host,
        "looked_at": format_time(now),
        "error": str(look.get("msg") or "The look failed") if failed else None,
        "app": _picked(look.get("app"), _APP),
        "service_principal": (look.get("service_principal") or {}).get("object_id"),
        "scopes": list(look.get("scopes") or ()),
        "profile": _picked(look.get("profile"), _PROFILE),
        "secrets": [_secret(item) for item in look.get("secrets") or ()],
        "removable": list(look.get("removable") or ()),
        "due_at": handover.get("due_date_time"),
        "handover": handover.get("reason"),
        "drift": [
            {name: row.get(name) for name in ("resource", "field", "before", "after")}
            for row in look.get("drift") or ()
            # The life of secrets is told by dates.
            if not str(row["resource"]).startswith("client secret")
        ],
    }


def _picked(record: Mapping[str, Any] | None, names: Sequence[str]) -> Row | None:
    return {name: record.get(name) for name in names} if record else None


def _secret(item: Mapping[str, Any]) -> Row:
    kind = "current" if item["current"] else "superseded" if item["confirmed"] else "unconfirmed"
    return {
        "key_id": item["key_id"],
        "kind": kind,
        "start": item["start_date_time"],
        "end": item["end_date_time"],
    }


def _judged(facts: Row, now: datetime) -> Row:
    """The facts with what they mean now: the state of each part, of all, and the warnings."""
    current = next((item for item in facts["secrets"] if item["kind"] == "current"), None)
    parts = dict.fromkeys(PARTS, "unknown")
    if facts["error"] is None:
        parts = _parts(facts, current, now)
    warnings = sorted(
        _warnings(facts, parts, current), key=lambda item: STATES.index(item["level"])
    )
    return {
        **facts,
        "parts": parts,
        "state": warnings[0]["level"] if warnings else "ok",
        "warnings": warnings,
    }


def _parts(facts: Row, current: Row | None, now: datetime) -> dict[str, str]:
    differing = {str(row["resource"]) for row in facts["drift"]}
    consent = [name for name in differing if name.startswith(("consent", "service principal"))]
    app, profile = facts["app"], facts["profile"]
    return {
        "app": _state(app, "application" in differing or "owners" in differing),
        "consent": _state(facts["service_principal"], bool(consent)),
        "secret": _secret_state(facts, current, now),
        "profile": "disabled"
        if profile and profile["active"] is False
        else _state(profile, "connector profile" in differing),
    }


def _state(there: Any, differs: bool) -> str:
    return "missing" if not there else "drifted" if differs else "ok"


def _secret_state(facts: Row, current: Row | None, now: datetime) -> str:
    if current is None:
        confirmed = [item for item in facts["secrets"] if item["kind"] == "superseded"]
        return "expired" if confirmed and _all_over(confirmed, now) else "missing"
    if parse_time(current["end"]) <= now:
        return "expired"
    if parse_time(facts["due_at"]) <= now:
        return "due"
    return "outdated" if facts["handover"] else "ok"


def _all_over(secrets: Iterable[Row], now: datetime) -> bool:
    return all(parse_time(item["end"]) <= now for item in secrets)


def _warnings(facts: Row, parts: Mapping[str, str], current: Row | None) -> Iterable[Row]:
    if facts["error"] is not None:
        yield _warning("broken", facts["error"])
        return
    if parts["app"] == "missing":
        yield _warning("broken", "There is no application: it was not onboarded, or was taken down")
        return
    if parts["profile"] == "missing":
        yield _warning("broken", "There is no connector profile")
    elif parts["profile"] == "disabled":
        yield _warning("broken", "The connector profile is disabled")
    yield from _warnings_of_secrets(facts, parts["secret"], current)
    for row in facts["drift"]:
        if (row["resource"], row["field"]) != ("connector profile", "active"):
            yield _warning("drifted", sentence(row))


def _warnings_of_secrets(facts: Row, state: str, current: Row | None) -> Iterable[Row]:
    reason = facts["handover"] or ""
    if state == "expired":
        ends = [item["end"] for item in facts["secrets"]]
        end = current["end"] if current else max(ends)
        yield _warning("broken", "The client secret has expired", end)
    elif state == "missing" and facts["profile"]:
        yield _warning("broken", f"No client secret serves: {reason}" if reason else "No secret")
    elif state == "due" and current:
        yield _warning("due", "The client secret is due for rotation: it expires", current["end"])
    elif state == "outdated":
        yield _warning("drifted", f"A new hand-over is due: {reason}")
    count = len(facts["removable"])
    if count:
        yield _warning(
            "due",
            "A client secret that is out of use can go"
            if count == 1
            else f"{count} client secrets that are out of use can go",
        )


def _warning(level: str, text: str, at: str | None = None) -> Row:
    """``at``: a time that belongs to the end of the text, shown relative to the reader's."""
    return {"level": level, "text": text, "at": at}
