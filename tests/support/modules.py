# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls a module against the sandbox: its own code in this process, as its action twin does.

With WAY=module in the environment each module is a process of its own instead.
"""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from sandbox.client import Sandbox
from support import module_process
from support.clock import SandboxClock
from support.leaks import Secrets, texts_of

_MODULES = "ansible_collections.stackone.onboarding.plugins.modules."
_RUNNER = "ansible_collections.stackone.onboarding.plugins.module_utils._runner"
_CLOCK = "ansible_collections.stackone.onboarding.plugins.module_utils._clock"

# What in this process's own environment would configure a module.
_PREFIXES = (
    "AZURE_",
    "ENTRA_",
    "STACKONE_",
    "REQUESTS_CA_BUNDLE",
    "IDENTITY_",
    "IMDS_",
    "MSI_",
    "ACTIONS_",
    "SYSTEM_",
)
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


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

    @property
    def changed(self) -> bool:
        return bool(self.result["changed"])

    def ok(self) -> Call:
        assert not self.failed, self.result
        return self

    def refused(self, *words: str, **details: Any) -> dict[str, Any]:
        """A failure in one clear message that has these words; its details are among ``error``."""
        assert self.failed, self.result
        message = self.result["msg"]
        assert "Something unexpected" not in message, (message, self.traced)
        assert "Traceback" not in str(self.result)
        for word in words:
            assert word in message, (word, message)
        error: dict[str, Any] = self.result.get("error", {})
        assert {name: error.get(name) for name in details} == details
        return error

    def diff_of(self, resource: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Before and after of one resource."""
        (diff,) = [item for item in self["diff"] if item["before_header"] == resource]
        return diff["before"], diff["after"]


class Modules:
    """``modules.entra_app(display_name=…)``: the sandbox's environment is set, no wait takes time.

    Every call is searched for secrets, in all that it returned and said.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.way = os.environ.get("WAY", "twin")
        self.clock = SandboxClock(sandbox)
        self.secrets = Secrets(sandbox)
        # What the workers of a play share; by default each call has a memory of its own.
        self.memory: Any = None

    def __getattr__(self, name: str) -> Any:
        return lambda **options: self.call(name, options)

    def check(self, name: str, /, **options: Any) -> Call:
        """In check mode; a mutating request fails the test, and so does a change of any state."""
        before = self._sandbox.state()
        self._sandbox.clear()
        done = self.call(name, options, check_mode=True)
        mutating = [item for item in self._sandbox.requests() if item["mutating"]]
        assert mutating == [], "check mode sent a mutating request"
        assert self._sandbox.state() == before
        return done

    def call(
        self,
        name: str,
        options: Mapping[str, Any],
        *,
        check_mode: bool = False,
        environment: Mapping[str, str] | None = None,
    ) -> Call:
        with environment_of(self._sandbox.env() if environment is None else environment):
            done = self._run(name, options, check_mode)
        self._refuse_leaks(name, done)
        return done

    def together(self, *calls: tuple[str, Mapping[str, Any]]) -> list[Call]:
        """Several calls at the same time, each in a thread of its own."""
        with environment_of(self._sandbox.env()), ThreadPoolExecutor(len(calls)) as pool:
            done = list(pool.map(lambda call: self._run(*call), calls))
        for (name, _options), call in zip(calls, done, strict=True):
            self._refuse_leaks(name, call)
        return done

    def environment(self, **changes: str | None) -> dict[str, str]:
        """The sandbox's variables with these changes; None takes one out."""
        values = {**self._sandbox.env(), **changes}
        return {name: value for name, value in values.items() if value is not None}

    def _run(self, name: str, options: Mapping[str, Any], check_mode: bool = False) -> Call:
        if self.way == "module":
            return self._run_process(name, options, check_mode)
        runner = importlib.import_module(_RUNNER)
        definition = importlib.import_module(_MODULES + name).DEFINITION
        validation = ArgumentSpecValidator(
            definition.argument_spec, **definition.constraints
        ).validate(dict(options))
        if validation.error_messages:
            return Call({"failed": True, "msg": validation.errors.msg})
        self.secrets.learn(
            runner.secret_values(definition.argument_spec, validation.validated_parameters)
        )
        done = Call({})
        run = runner.Run(
            definition,
            validation.validated_parameters,
            check_mode=check_mode,
            memory=self.memory,
            warn=done.warnings.append,
            say=done.said.append,
            trace=done.traced.append,
        )
        deadline = importlib.import_module(_CLOCK).Deadline
        run.deadline = deadline(self.clock, validation.validated_parameters["wait_timeout"])
        done.result = runner.execute(run)
        return done

    def _run_process(self, name: str, options: Mapping[str, Any], check_mode: bool) -> Call:
        spec = importlib.import_module(_MODULES + name).DEFINITION.argument_spec
        self.secrets.learn(importlib.import_module(_RUNNER).secret_values(spec, options))
        result = module_process.run(self._sandbox, self.clock, name, options, check_mode=check_mode)
        del result["invocation"]
        warnings = [_text(warning) for warning in result.pop("warnings", [])]
        return Call(result, warnings, result.pop("said", []))

    def stay_in_this_process(self, why: str) -> None:
        """For a test that a module in a process of its own is no matter of."""
        if self.way == "module":
            pytest.skip(why)

    def _refuse_leaks(self, name: str, done: Call) -> None:
        definition = importlib.import_module(_MODULES + name).DEFINITION
        self.secrets.learn_from_wire()
        shown = {
            key: value for key, value in done.result.items() if key not in definition.secret_results
        }
        texts = [*texts_of(shown), *done.warnings, *done.said, *done.traced]
        assert self.secrets.found_in(*texts) == [], f"{name} let a secret out"


def _text(warning: Any) -> str:
    """Since 2.19 a process prints a warning as an object."""
    return str(warning["event"]["msg"] if isinstance(warning, dict) else warning)


@contextlib.contextmanager
def environment_of(values: Mapping[str, str]) -> Iterator[None]:
    """Exactly these variables configure the modules, nothing of the developer's own."""
    before = dict(os.environ)
    for name in before:
        if name.startswith(_PREFIXES) or name.upper() in _PROXIES:
            del os.environ[name]
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
