# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place where secrets are taken out of text, in every form in which text may carry them."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus

MASK = "********"

# Shorter values (an empty password, "no") would blank out half of every message.
_SHORTEST = 5


class Redactor:
    """Knows the secrets of one run; learns new ones as they are made."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: set[str] = set()
        for secret in secrets:
            self.learn(secret)

    def learn(self, secret: str | None) -> None:
        if secret and len(secret) >= _SHORTEST:
            self._forms.update(forms_of(secret))

    def text(self, text: str) -> str:
        # The longest first: a form may contain a shorter one.
        for form in sorted(self._forms, key=len, reverse=True):
            text = text.replace(form, MASK)
        return text

    def clean(self, value: Any) -> Any:
        """The same data with every string redacted, keys too."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.clean(key): self.clean(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.clean(item) for item in value]
        return value


def forms_of(secret: str) -> set[str]:
    """How a secret may stand in a text: raw, URL-encoded, JSON- or HTML-escaped, repr, base64."""
    plain = {
        secret,
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        re.sub("%[0-9A-F]{2}", lambda escape: escape.group().lower(), quote(secret, safe="")),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        html.escape(secret),
        html.escape(secret, quote=False),
        # As Jinja writes quotes.
        html.escape(secret).replace("&quot;", "&#34;").replace("&#x27;", "&#39;"),
    }
    return {form for form in plain | _base64_forms(secret) if len(form) >= _SHORTEST}


def _base64_forms(secret: str) -> set[str]:
    """Base64 of any text that contains the secret, whatever stands before or after it.

    A secret starts at one of three offsets within base64's groups of three bytes; only the
    characters that depend on the secret alone are kept.
    """
    raw = secret.encode()
    forms = set()
    for offset in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            encoded = encode(b"\0" * offset + raw).decode().rstrip("=")
            first = -(-offset * 8 // 6)
            last = (offset + len(raw)) * 8 // 6
            forms.add(encoded[first:last])
    return forms
