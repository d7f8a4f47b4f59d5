# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls a module's own code in this process, as its action twin does, against the sandbox."""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from sandbox.client import Sandbox

_MODULES = "ansible_collections.stackone.onboarding.plugins.modules."
_RUNNER = "ansible_collections.stackone.onboarding.plugins.module_utils._runner"

# What in this process's own environment would configure a module.
_PREFIXES = ("AZURE_", "ENTRA_", "STACKONE_", "REQUESTS_CA_BUNDLE", "IDENTITY_", "MSI_")


@dataclass
class Call:
    """What a call returned, and what it said on the way."""

    result: dict[str, Any]
    warnings: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    traced: list[str] = field(default_factory=list)

    def __getitem__(self, name: str) -> Any:
        return self.result[name]

    @property
    def failed(self) -> bool:
        return bool(self.result.get("failed"))


class Modules:
    """``modules.entra_app(display_name=…)``: the sandbox's environment is set, time-outs are short."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def __getattr__(self, name: str) -> Any:
        return lambda **options: self.call(name, options)

    def check(self, name: str, **options: Any) -> Call:
        """In check mode; a mutating request fails the test."""
        self._sandbox.clear()
        done = self.call(name, options, check_mode=True)
        mutating = [item for item in self._sandbox.requests() if item["mutating"]]
        assert mutating == [], "check mode sent a mutating request"
        return done

    def call(
        self,
        name: str,
        options: Mapping[str, Any],
        *,
        check_mode: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> Call:
        runner = importlib.import_module(_RUNNER)
        definition = importlib.import_module(_MODULES + name).DEFINITION
        with environment_of(self._sandbox.env() if environment is None else environment):
            validation = ArgumentSpecValidator(
                definition.argument_spec, **definition.constraints
            ).validate(dict(options))
            if validation.error_messages:
                return Call({"failed": True, "msg": validation.errors.msg})
            done = Call({})
            run = runner.Run(
                definition,
                validation.validated_parameters,
                check_mode=check_mode,
                warn=done.warnings.append,
                say=done.said.append,
                trace=done.traced.append,
            )
            done.result = runner.execute(run)
        return done


@contextlib.contextmanager
def environment_of(values: Mapping[str, str]) -> Iterator[None]:
    """Exactly these variables configure the modules, nothing of the developer's own."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(_PREFIXES):
            del os.environ[name]
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
