# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connectors, their authentication types, versions and actions: GET /actions."""

from __future__ import annotations

import base64
import binascii
import json
from pathlib import Path
from typing import Any

from ..messages import Answer, Request
from .errors import StackOneError

DATA = Path(__file__).parent.parent / "data" / "stackone_actions.json"
SHOWN = (
    "key",
    "name",
    "version",
    "release_stage",
    "authentication",
    "scope_definitions",
    "actions",
)


class Catalogue:
    """What StackOne offers; it never changes while the sandbox runs."""

    def __init__(self) -> None:
        document = json.loads(DATA.read_text("utf-8"))
        self.connectors: dict[str, dict[str, Any]] = {
            each["key"]: each for each in document["connectors"]
        }

    def connector(self, key: str) -> dict[str, Any]:
        if key not in self.connectors:
            raise StackOneError(422, f"Unknown connector '{key}'")
        return self.connectors[key]

    def authentication(self, connector_key: str, key: str | None) -> dict[str, Any]:
        """An authentication type of a connector; without a key its first."""
        types: list[dict[str, Any]] = self.connector(connector_key)["authentication"]
        for each in types:
            if key is None or each["key"] == key:
                return each
        raise StackOneError(
            422, f"Unknown authentication_config_key '{key}' of connector '{connector_key}'"
        )

    def check_actions(self, connector_key: str, actions: list[str]) -> None:
        known = {action["id"] for action in self.connector(connector_key)["actions"]}
        unknown = [action for action in actions if action not in known]
        if unknown:
            raise StackOneError(422, f"Unknown actions: {', '.join(unknown)}", {"actions": unknown})

    def answer(self, request: Request) -> Answer:
        """A page of connectors with the actions that pass the filters."""
        query = request.query
        size = int(query.get("page_size", "25"))
        if size < 1:
            raise StackOneError(400, "page_size must be at least 1")
        found = [
            shown
            for connector in self.connectors.values()
            if (shown := _shown(connector, query)) is not None
        ]
        start = _decode(query.get("next"))
        more = start + size < len(found)
        return Answer(
            200,
            {"next": _encode(start + size) if more else None, "data": found[start : start + size]},
        )


def _shown(connector: dict[str, Any], query: dict[str, str]) -> dict[str, Any] | None:
    """The connector with its matching actions; None when a filter leaves nothing of it."""
    wanted = _words(query.get("filter[connectors]"))
    if wanted and connector["key"] not in wanted:
        return None
    actions = connector["actions"]
    keys = _words(query.get("filter[action_key]"))
    if keys:
        actions = [each for each in actions if each["id"] in keys]
    text = query.get("search", "").lower()
    if text:
        actions = [
            each
            for each in actions
            if text in f"{each['id']} {each['label']} {each['description']}".lower()
        ]
    if (keys or text) and not actions:
        return None
    shown = {name: connector[name] for name in SHOWN} | {"actions": actions}
    for name in _words(query.get("exclude")):
        shown.pop(name, None)
    return shown


def _words(text: str | None) -> list[str]:
    return [word.strip() for word in (text or "").split(",") if word.strip()]


def _encode(start: int) -> str:
    return base64.urlsafe_b64encode(json.dumps({"after": start}).encode()).decode()


def _decode(cursor: str | None) -> int:
    if not cursor:
        return 0
    try:
        return int(json.loads(base64.urlsafe_b64decode(cursor))["after"])
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise StackOneError(400, "Invalid cursor") from None
