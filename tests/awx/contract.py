# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX refuses in a credential type or a survey, after its own validators."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jsonschema import Draft7Validator

_NAME = r"^[a-zA-Z_]+[a-zA-Z0-9_]*$"
_TEXT = {"type": "string"}
_FLAG = {"type": "boolean"}

_INPUTS = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "required": {"type": "array", "items": _TEXT},
        "fields": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["id", "label"],
                "properties": {
                    "type": {"enum": ["string", "boolean"]},
                    "format": {"enum": ["ssh_private_key", "url"]},
                    "choices": {"type": "array", "minItems": 1, "items": _TEXT},
                    "id": {"type": "string", "pattern": _NAME},
                    "label": _TEXT,
                    "help_text": _TEXT,
                    "multiline": _FLAG,
                    "secret": _FLAG,
                    "ask_at_runtime": _FLAG,
                    "default": {},
                },
            },
        },
    },
}
_INJECTORS = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "file": {
            "type": "object",
            "additionalProperties": False,
            "patternProperties": {r"^template(\.[a-zA-Z_]+[a-zA-Z0-9_]*)?$": _TEXT},
        },
        "env": {
            "type": "object",
            "additionalProperties": False,
            "patternProperties": {_NAME: {"type": "string", "pattern": "^[\x00-\x7f]*$"}},
        },
        "extra_vars": {
            "type": "object",
            "additionalProperties": False,
            "patternProperties": {_NAME: {"type": ["string", "object", "array"]}},
        },
    },
}
_SURVEY_TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "textarea": (str,),
    "password": (str,),
    "multiplechoice": (str,),
    "multiselect": (str,),
    "integer": (int,),
    "float": (float, int),
}


def credential_type_errors(inputs: dict[str, Any], injectors: dict[str, Any]) -> list[str]:
    return [
        *(error.message for error in Draft7Validator(_INPUTS).iter_errors(inputs)),
        *(error.message for error in Draft7Validator(_INJECTORS).iter_errors(injectors)),
        *_input_errors(inputs),
        *_injector_errors(inputs, injectors),
    ]


def _input_errors(inputs: dict[str, Any]) -> Iterator[str]:
    ids = [field["id"] for field in inputs["fields"]]
    if len(ids) != len(set(ids)) or "tower" in ids:
        yield "field ids must be unique, and none may be tower"
    for name in set(inputs.get("required", [])) - set(ids):
        yield f"{name} is required and not defined"
    for field in inputs["fields"]:
        if "default" in field and not isinstance(field["default"], str):
            yield f"the default of {field['id']} is no string"


def _injector_errors(inputs: dict[str, Any], injectors: dict[str, Any]) -> Iterator[str]:
    files = {name.partition(".")[2]: "FILE" for name in injectors.get("file", {})}
    namespace: dict[str, Any] = {field["id"]: "EXAMPLE" for field in inputs["fields"]}
    namespace["tower"] = {"filename": files}
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    for name in injectors.get("env", {}):
        if name.startswith("ANSIBLE_"):
            yield f"{name} may affect Ansible's configuration"
    for template in _strings(injectors):
        try:
            environment.from_string(template).render(namespace)
        except TemplateError as error:
            yield f"{template}: {error}"


def _strings(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from _strings(value)


def credential_errors(kind: dict[str, Any], inputs: dict[str, Any]) -> list[str]:
    """Of a credential's inputs, by its type."""
    known = {field["id"]: field for field in kind["inputs"]["fields"]}
    missing = [name for name in kind["inputs"].get("required", []) if not inputs.get(name)]
    return [
        *(f"{name} is unknown" for name in set(inputs) - set(known)),
        *(f"{name} is required" for name in missing),
    ]


def survey_errors(spec: dict[str, Any]) -> list[str]:
    return list(_survey_errors(spec))


def _survey_errors(spec: dict[str, Any]) -> Iterator[str]:
    for name in {"name", "description", "spec"} - set(spec):
        yield f"{name} is missing"
    questions = spec.get("spec", [])
    variables = [question.get("variable") for question in questions]
    if not questions or len(variables) != len(set(variables)):
        yield "there must be questions, of different variables"
    for question in questions:
        yield from _question_errors(question)


def _question_errors(question: dict[str, Any]) -> Iterator[str]:
    name = question.get("variable")
    for key in ("type", "question_name", "variable"):
        if not isinstance(question.get(key), str) or not question[key]:
            yield f"{key} of {name} must be text"
    if not re.match(_NAME, str(name)):
        yield f"{name} is no variable"
    if not isinstance(question.get("required"), bool):
        yield f"required of {name} must be a boolean"
    kind = question.get("type", "")
    if kind not in _SURVEY_TYPES:
        yield f"{name} has the unknown type {kind}"
        return
    default = question.get("default", "")
    if default != "" and not isinstance(default, _SURVEY_TYPES[kind]):
        yield f"the default of {name} does not fit its type"
    for key in ("min", "max"):
        if not isinstance(question.get(key, 0), int):
            yield f"{key} of {name} must be an integer"
    if kind == "multiplechoice" and default not in question.get("choices", []):
        yield f"the default of {name} is none of its choices"
