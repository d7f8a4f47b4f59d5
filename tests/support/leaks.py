# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds secrets where none may be: in results, messages, diffs and traces, in any written form."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils._redact import forms_of
from sandbox.client import Sandbox

# Where the services put secrets into an answer.
_ANSWERED = ("access_token", "secretText", "token", "auth_link_url")
_ENVIRONMENT = ("AZURE_CLIENT_SECRET", "STACKONE_API_KEY")

# A start of secrets (the sandbox's secret_prefix) that is written differently in every form: raw,
# URL-encoded, JSON- and HTML-escaped, base64.
AWKWARD = '-"<&%\\é'


class Secrets:
    """All secrets of a test: those it began with, and those that the sandbox has given out."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.known: dict[str, set[str]] = {}
        environment = sandbox.env()
        self.learn(environment[name] for name in _ENVIRONMENT)

    def learn(self, secrets: Iterable[str]) -> None:
        for secret in secrets:
            if secret not in self.known:
                self.known[secret] = {secret, *forms_of(secret)}

    def learn_from_wire(self) -> None:
        for entry in self._sandbox.requests():
            self.learn(_given_out(entry["answer"]))

    def found_in(self, *texts: str) -> list[str]:
        """The secrets that stand in one of the texts in any form."""
        return [
            secret
            for secret, forms in self.known.items()
            if any(form in text for form in forms for text in texts)
        ]


def texts_of(data: Any) -> list[str]:
    """Data as text, as JSON escapes it and as it is."""
    return [json.dumps(data, default=str), *_strings(data)]


def _given_out(answer: Any) -> Iterator[str]:
    if isinstance(answer, dict):
        yield from (answer[name] for name in _ANSWERED if isinstance(answer.get(name), str))


def _strings(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for name, value in data.items():
            yield from (*_strings(name), *_strings(value))
    elif isinstance(data, (list, tuple)):
        for value in data:
            yield from _strings(value)
