# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The OpenAPI contracts: which operation a request is, and what is wrong with it or its answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .messages import MALFORMED, Answer, Request

FOLDER = Path(__file__).parent / "contracts"


def _read(path: Path) -> dict[str, Any]:
    # Either loader is a safe one; the one in C starts the server 0.2 s sooner.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with path.open("rb") as stream:
        document: dict[str, Any] = yaml.load(stream, Loader=loader)
    return document


class Schemas:
    """Validators for schemas, made when first needed: the library takes 0.3 s to import."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._validators: dict[int, Any] = {}
        self._resolved: dict[str, Any] = {}

    def resolve(self, node: Any) -> Any:
        """The node with every $ref replaced by what it refers to."""
        if isinstance(node, list):
            return [self.resolve(item) for item in node]
        if not isinstance(node, dict):
            return node
        if isinstance(node.get("$ref"), str):
            return self._target(node["$ref"])
        return {key: self.resolve(value) for key, value in node.items()}

    def _target(self, reference: str) -> Any:
        if reference not in self._resolved:
            node: Any = self._document
            for step in reference.removeprefix("#/").split("/"):
                node = node[step]
            self._resolved[reference] = self.resolve(node)
        return self._resolved[reference]

    def problems(self, schema: dict[str, Any], value: Any, where: str) -> list[str]:
        """What the schema has against the value, most telling first."""
        if not schema:
            return []
        validator = self._validators.get(id(schema))
        if validator is None:
            from openapi_schema_validator import OAS30Validator, oas30_format_checker

            validator = OAS30Validator(schema, format_checker=oas30_format_checker)
            self._validators[id(schema)] = validator
        return [_describe(where, error) for error in _leaves(validator.iter_errors(value))]


def _leaves(errors: Any) -> Iterator[Any]:
    """The innermost errors; the "or null" branch of an anyOf explains nothing."""
    for error in errors:
        if error.context:
            yield from _leaves(
                [inner for inner in error.context if inner.validator_value != [None]]
            )
        else:
            yield error


def _describe(where: str, error: Any) -> str:
    path = "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path
    )
    return f"{where}{path}: {error.message[:300]}"


@dataclass
class Operation:
    """One method on one path of a contract."""

    template: str
    method: str
    definition: dict[str, Any]
    parameters: dict[tuple[str, str], dict[str, Any]]
    schemas: Schemas

    @property
    def evidence(self) -> str:
        """documented or assumed, for StackOne's operations."""
        return str(self.definition.get("x-evidence", ""))

    def request_problems(self, request: Request) -> list[str]:
        return [
            *self._query_problems(request),
            *self._header_problems(request),
            *self._body_problems(request),
        ]

    def _query_problems(self, request: Request) -> Iterator[str]:
        for name, value in request.query.items():
            parameter = self.parameters.get(("query", name))
            if parameter is None:
                yield f"query: the parameter {name!r} is not known here"
                continue
            schema = parameter["schema"]
            yield from self.schemas.problems(schema, _typed(value, schema), f"query {name}")
        yield from self._missing("query", request.query)

    def _header_problems(self, request: Request) -> Iterator[str]:
        for (place, name), parameter in self.parameters.items():
            value = request.headers.get(name.lower())
            if place == "header" and value is not None:
                yield from self.schemas.problems(parameter["schema"], value, f"header {name}")
        yield from self._missing("header", request.headers)

    def _missing(self, place: str, given: dict[str, str]) -> Iterator[str]:
        for (its_place, name), parameter in self.parameters.items():
            key = name.lower() if place == "header" else name
            if its_place == place and parameter.get("required") and key not in given:
                yield f"{place}: the required {name!r} is missing"

    def _body_problems(self, request: Request) -> Iterator[str]:
        wanted = self.definition.get("requestBody")
        if wanted is None:
            if request.body not in (None, {}):
                yield "body: this operation takes none"
            return
        if request.body is None:
            if wanted.get("required"):
                yield "body: it is missing"
            return
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media not in wanted["content"]:
            yield f"header Content-Type: {media!r} is not one of {', '.join(wanted['content'])}"
            return
        if request.body is MALFORMED:
            yield "body: it is not JSON"
            return
        yield from self.schemas.problems(
            wanted["content"][media].get("schema", {}), request.body, "body"
        )

    def answer_problems(self, answer: Answer) -> list[str]:
        """What is wrong with an answer: a status that is not foreseen, or a body off its schema."""
        responses = self.definition["responses"]
        family = f"{answer.status // 100}XX"
        found = responses.get(str(answer.status), responses.get(family))
        if found is None:
            if answer.status < 400 or "default" not in responses:
                return [f"answer: status {answer.status} is not foreseen"]
            found = responses["default"]
        content = found.get("content")
        if not content:
            return [] if answer.body is None else ["answer: a body where none is foreseen"]
        media = answer.content_type.partition(";")[0]
        if media not in content:
            return [f"answer: {media} is not one of {', '.join(content)}"]
        value = int(answer.body) if media == "text/plain" else answer.body
        return self.schemas.problems(content[media].get("schema", {}), value, "answer")


def _typed(text: str, schema: dict[str, Any]) -> Any:
    """A parameter's text in its schema's type; what does not convert stays text and fails there."""
    kind = schema.get("type")
    if kind == "integer" and re.fullmatch(r"-?\d+", text):
        return int(text)
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    if kind == "array":
        return [part.strip() for part in text.split(",")]
    return text


class Contract:
    """One service's contract, ready to match requests."""

    def __init__(self, name: str) -> None:
        document = _read(FOLDER / f"{name}.yaml")
        self.schemas = Schemas(document)
        flags = re.IGNORECASE if document["info"].get("x-case") == "insensitive" else 0
        self._paths = [
            (re.compile(_pattern(template), flags), template, item)
            for template, item in document["paths"].items()
        ]
        # A literal path wins over one with a variable: /applications/$count is no application's id.
        self._paths.sort(key=lambda entry: entry[1].count("{"))
        self._aliases: dict[str, str] = document["info"].get("x-namespace-alias", {})
        self._skipped: list[str] = document["info"].get("x-skipped-segments", [])
        self._operations: dict[tuple[str, str], Operation] = {}

    def check(self, request: Request) -> None:
        """Set the request's operation and path parameters, and all that is wrong with it."""
        path = self._canonical(request.path)
        for pattern, template, item in self._paths:
            match = pattern.fullmatch(path)
            if match is None:
                continue
            request.parameters = {
                name: value.replace("''", "'")
                for name, value in zip(_names(template), match.groups(), strict=True)
            }
            if request.method.lower() not in item:
                request.problems = [f"method: {request.method} is not known on {template}"]
                return
            request.operation = self._operation(template, request.method.lower(), item)
            request.problems = request.operation.request_problems(request)
            return
        request.problems = [f"path: {request.path} is not known"]

    def _canonical(self, path: str) -> str:
        """The path as the contract writes it."""
        for alias, namespace in self._aliases.items():
            path = path.replace(f"/{alias}.", f"/{namespace}.")
        version, *segments = path.removeprefix("/").split("/")
        while segments and segments[0].lower() in self._skipped:
            segments.pop(0)
        return "/".join(["", version, *segments])

    def _operation(self, template: str, method: str, item: dict[str, Any]) -> Operation:
        key = (template, method)
        if key not in self._operations:
            definition = self.schemas.resolve(item[method])
            shared = self.schemas.resolve(item.get("parameters", []))
            parameters = {
                (entry["in"], entry["name"]): entry
                for entry in [*shared, *definition.get("parameters", [])]
            }
            self._operations[key] = Operation(
                template, method.upper(), definition, parameters, self.schemas
            )
        return self._operations[key]


def _names(template: str) -> list[str]:
    return re.findall(r"\{([^}]+)\}", template)


def _pattern(template: str) -> str:
    """A path template as a pattern; a quoted key doubles its quotes, as OData does."""
    quoted = re.sub(r"'\\\{[^}]+\\\}'", r"'((?:[^']|'')*)'", re.escape(template))
    return re.sub(r"\\\{[^}]+\\\}", "([^/()]+)", quoted)
