# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of OData's $filter that Graph's directory objects take.

Source: learn.microsoft.com/graph/aad-advanced-queries: eq, in, startsWith and `any` work by
default; ne, not and endsWith only with the advanced parameters; a property that is not listed for a
type cannot be filtered.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .errors import GraphError, bad_request, unsupported_query

Test = Callable[[Any], bool]
TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|([A-Za-z_0-9][\w.\-:+/]*)|([(),]))")
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda left, right: left == right,
    "ne": lambda left, right: left != right,
    "ge": lambda left, right: left is not None and str(left) >= str(right),
    "le": lambda left, right: left is not None and str(left) <= str(right),
    "gt": lambda left, right: left is not None and str(left) > str(right),
    "lt": lambda left, right: left is not None and str(left) < str(right),
}
FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "startswith": lambda text, part: text.lower().startswith(part.lower()),
    "endswith": lambda text, part: text.lower().endswith(part.lower()),
}


@dataclass
class Filter:
    """A parsed filter: a test for records, and whether it needs the advanced parameters."""

    matches: Test
    advanced: bool


class FilterParser:
    """Recursive descent over `or`, `and`, `not`, comparisons, functions and lambdas."""

    def __init__(self, text: str, resource: str, properties: frozenset[str]) -> None:
        self._tokens = self._split(text)
        self._resource = resource
        self._properties = properties
        self._variables: dict[str, Any] = {}
        self._advanced = False

    def parse(self) -> Filter:
        test = self._any_of()
        if self._tokens:
            raise _invalid()
        return Filter(test, self._advanced)

    def _split(self, text: str) -> list[str]:
        tokens, at = [], 0
        text = text.strip()
        while at < len(text):
            match = TOKEN.match(text, at)
            if match is None:
                raise _invalid()
            tokens.append(next(group for group in match.groups() if group is not None))
            at = match.end()
        return tokens

    def _take(self, expected: str = "") -> str:
        if not self._tokens or (expected and self._tokens[0].lower() != expected):
            raise _invalid()
        return self._tokens.pop(0)

    def _next_is(self, word: str) -> bool:
        return bool(self._tokens) and self._tokens[0].lower() == word

    def _any_of(self) -> Test:
        tests = [self._all_of()]
        while self._next_is("or"):
            self._take()
            tests.append(self._all_of())
        return lambda record: any(test(record) for test in tests)

    def _all_of(self) -> Test:
        tests = [self._one()]
        while self._next_is("and"):
            self._take()
            tests.append(self._one())
        return lambda record: all(test(record) for test in tests)

    def _one(self) -> Test:
        if self._next_is("not"):
            self._take()
            self._advanced = True
            inner = self._one()
            return lambda record: not inner(record)
        if self._next_is("("):
            self._take()
            inner = self._any_of()
            self._take(")")
            return inner
        word = self._take()
        if word.lower() in FUNCTIONS:
            return self._function(word.lower())
        if word.endswith("/any"):
            return self._lambda(word.removesuffix("/any"))
        return self._comparison(self._property(word))

    def _property(self, name: str) -> Callable[[Any], Any]:
        if name in self._variables:
            return lambda element: element
        if name not in self._properties:
            raise unsupported_query(
                f"Unsupported or invalid query filter clause specified for property '{name}' of"
                f" resource '{self._resource}'."
            )
        return lambda record: record.get(name)

    def _comparison(self, value_of: Callable[[Any], Any]) -> Test:
        operator = self._take().lower()
        if operator == "in":
            self._take("(")
            choices = [self._literal()]
            while self._next_is(","):
                self._take()
                choices.append(self._literal())
            self._take(")")
            return lambda record: (
                _folded(value_of(record)) in [_folded(choice) for choice in choices]
            )
        if operator not in COMPARISONS:
            raise _invalid()
        self._advanced |= operator == "ne"
        compare, right = COMPARISONS[operator], self._literal()
        return lambda record: compare(_folded(value_of(record)), _folded(right))

    def _function(self, name: str) -> Test:
        self._advanced |= name == "endswith"
        self._take("(")
        value_of = self._property(self._take())
        self._take(",")
        part = str(self._literal())
        self._take(")")
        return lambda record: (
            isinstance(value_of(record), str) and FUNCTIONS[name](value_of(record), part)
        )

    def _lambda(self, name: str) -> Test:
        values_of = self._property(name)
        self._take("(")
        variable, colon, rest = self._take().partition(":")
        if not colon:
            raise _invalid()
        if rest:
            self._tokens.insert(0, rest)
        self._variables[variable] = True
        inner = self._any_of()
        del self._variables[variable]
        self._take(")")
        return lambda record: any(inner(element) for element in values_of(record) or [])

    def _literal(self) -> Any:
        token = self._take()
        if token.startswith("'"):
            return token[1:-1].replace("''", "'")
        words = {"true": True, "false": False, "null": None}
        return words.get(token.lower(), token) if not token.isdigit() else int(token)


def _folded(value: Any) -> Any:
    """The directory compares text without regard to case."""
    return value.lower() if isinstance(value, str) else value


def _invalid() -> GraphError:
    return bad_request("Invalid filter clause")
