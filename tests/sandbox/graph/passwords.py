# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""addPassword and removePassword of applications and service principals.

Source: "application: addPassword": 200, the text comes once, hint is its first three characters,
the default lifetime is two years. The policy errors are those that Microsoft's own clients look
for.
"""

from __future__ import annotations

import secrets
import string
import uuid
from collections.abc import Callable
from typing import Any

from ..clock import graph_precise, parse_iso
from ..directory import Directory
from ..messages import Answer
from ..replication import Collection, Record
from . import targets
from .access import Call
from .errors import GraphError, bad_request

Handler = Callable[[Call], Answer]
ALPHABET = string.ascii_letters + string.digits + "~._-"
LENGTH = 40
DAY = 86400.0
DEFAULT_YEARS = 2
POLICY = "Secret lifetime"


class Passwords:
    """Handlers of addPassword and removePassword."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def routes(self) -> dict[tuple[str, str], Handler]:
        routes: dict[tuple[str, str], Handler] = {}
        for kind, key in (
            ("applications", "application-id"),
            ("servicePrincipals", "servicePrincipal-id"),
        ):
            for target in (f"/{{{key}}}", "(appId='{appId}')"):
                for prefix in ("", "microsoft.graph."):
                    path = f"/v1.0/{kind}{target}/{prefix}"
                    routes["POST", f"{path}addPassword"] = self._add
                    routes["POST", f"{path}removePassword"] = self._remove
        return routes

    def _target(self, call: Call) -> tuple[Collection, Record]:
        """The object of the call: found as a read sees it, changed where it is newest."""
        if "/servicePrincipals" in call.request.path:
            collection, record = (
                self._directory.service_principals,
                targets.principal(self._directory, call),
            )
        else:
            collection, record = (
                self._directory.applications,
                targets.application(self._directory, call),
            )
        call.must_own(record)
        return collection, collection.newest(record["id"]) or record

    def _add(self, call: Call) -> Answer:
        collection, record = self._target(call)
        made = self.make(record, call.body.get("passwordCredential") or {})
        collection.put(record["id"], record)
        return Answer(200, {**call.context("microsoft.graph.passwordCredential"), **made})

    def _remove(self, call: Call) -> Answer:
        collection, record = self._target(call)
        key_id = call.body.get("keyId")
        kept = [item for item in record["passwordCredentials"] if item["keyId"] != key_id]
        if len(kept) == len(record["passwordCredentials"]):
            raise bad_request(
                "No password credential found with keyId.", code="InvalidValue", target="keyId"
            )
        record["passwordCredentials"] = kept
        record["_secrets"].pop(key_id, None)
        record["_secret_since"].pop(key_id, None)
        collection.put(record["id"], record)
        return Answer(204)

    def make(self, record: Record, wanted: dict[str, Any]) -> dict[str, Any]:
        """Put a new password into a record; returns it with its text."""
        now = self._directory.clock.now()
        start = wanted.get("startDateTime") or graph_precise(now)
        end = wanted.get("endDateTime") or _years_after(start, DEFAULT_YEARS)
        self._check_policy(parse_iso(start), parse_iso(end))
        text = self._text()
        item = {
            "customKeyIdentifier": wanted.get("customKeyIdentifier"),
            "displayName": wanted.get("displayName"),
            "endDateTime": end,
            "hint": text[:3],
            "keyId": str(uuid.uuid4()),
            "secretText": None,
            "startDateTime": start,
        }
        record["passwordCredentials"].append(item)
        record["_secrets"][item["keyId"]] = text
        record["_secret_since"][item["keyId"]] = now
        return {**item, "secretText": text}

    def _text(self) -> str:
        """40 characters as Entra makes them; now and then one begins with "-"."""
        prefix = self._directory.options.secret_prefix
        return prefix + "".join(secrets.choice(ALPHABET) for _unused in range(LENGTH - len(prefix)))

    def _check_policy(self, start: float, end: float) -> None:
        if end <= start:
            raise bad_request(
                "The start date must be before the end date.",
                code="InvalidValue",
                target="endDateTime",
            )
        if self._directory.options.disallow_passwords:
            raise GraphError(
                400,
                "CredentialTypeNotAllowedAsPerAppPolicy",
                f"Credential type not allowed as per assigned policy '{POLICY}'.",
            )
        limit = self._directory.options.max_lifetime_days
        if limit is not None and end - start > limit * DAY:
            raise GraphError(
                400,
                "CredentialInvalidLifetimeAsPerAppPolicy",
                "Credential lifetime exceeds the max value allowed as per assigned policy"
                f" '{POLICY}'.",
            )


def _years_after(moment: str, years: int) -> str:
    """The same day and time some years on; 29 February becomes the 28th."""
    year, rest = int(moment[:4]) + years, moment[4:]
    return f"{year}{'-02-28' + rest[6:] if rest.startswith('-02-29') else rest}"
