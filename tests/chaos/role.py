# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays the role's own task files, calling its modules in this process.

A tiny Ansible: it reads the YAML of roles/entra_connector in its order and templates with
Ansible's own engine, so that it cannot say something else than the role; a keyword that it does
not know is an error. test_role.py shows that it sends what ansible-playbook sends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import ansible.template as templates
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import filter_loader, lookup_loader

from support import tree

ROLE = tree.ROOT / "roles" / "entra_connector"
COLLECTION = "stackone.onboarding."
BUILTIN = "ansible.builtin."

Variables = dict[str, Any]
Call = Callable[[str, dict[str, Any], bool], dict[str, Any]]

# Keywords that say nothing to a run in one process: output, host, and how tasks share files.
_MEANINGLESS = {"name", "delegate_to", "no_log", "diff", "throttle"}
_KNOWN = {
    "when",
    "vars",
    "register",
    "module_defaults",
    "check_mode",
    "changed_when",
    "failed_when",
}
_BLOCK = {"block", "rescue", "always"}

_SKIPPED = {"changed": False, "skipped": True, "skip_reason": "Conditional result was False"}


class TaskFailed(Exception):
    """A task failed and no rescue took it."""

    def __init__(self, result: Mapping[str, Any]) -> None:
        super().__init__(result.get("msg"))
        self.result = dict(result)


class Role:
    """One host's play of the role with these variables (without the role's prefix).

    ``call`` runs a module by its name, with options, in check mode or not, and returns its result.
    """

    def __init__(self, call: Call, **variables: Any) -> None:
        self._call = call
        self._facts: Variables = {}
        self._variables: Variables = {
            **_role_file("defaults/main.yml"),
            **_role_file("vars/main.yml"),
            **{f"entra_connector_{name}": value for name, value in variables.items()},
            "ansible_check_mode": False,
            "role_path": str(ROLE),
        }
        self._loader = DataLoader()

    def play(self, tasks_from: str) -> dict[str, Any]:
        """The result fact. Raises TaskFailed."""
        self._run_file(f"{tasks_from}.yml", {}, {})
        return dict(self._facts["entra_connector_result"])

    def _run_file(self, name: str, scope: Variables, defaults: Mapping[str, Any]) -> None:
        for task in _role_file(f"tasks/{name}"):
            self._run(task, scope, defaults)

    def _run(self, task: Mapping[str, Any], scope: Variables, defaults: Mapping[str, Any]) -> None:
        scope = {**scope, **task.get("vars", {})}
        defaults = {**defaults, **task.get("module_defaults", {})}
        if not self._holds(task.get("when", True), scope):
            if "register" in task:
                self._facts[task["register"]] = dict(_SKIPPED)
        elif "block" in task:
            self._run_block(task, scope, defaults)
        else:
            self._run_task(task, scope, defaults)

    def _run_block(
        self, task: Mapping[str, Any], scope: Variables, defaults: Mapping[str, Any]
    ) -> None:
        _refuse(set(task) - _BLOCK - _KNOWN - _MEANINGLESS)
        try:
            for each in task["block"]:
                self._run(each, scope, defaults)
        except TaskFailed as failure:
            if "rescue" not in task:
                raise
            self._facts["ansible_failed_result"] = failure.result
            for each in task["rescue"]:
                self._run(each, scope, defaults)
        finally:
            for each in task.get("always", ()):
                self._run(each, scope, defaults)

    def _run_task(
        self, task: Mapping[str, Any], scope: Variables, defaults: Mapping[str, Any]
    ) -> None:
        actions = [name for name in task if "." in name]
        _refuse(set(task) - set(actions) - _KNOWN - _MEANINGLESS)
        (action,) = actions
        if action.removeprefix(BUILTIN) in ("import_tasks", "include_tasks"):
            self._run_file(self._template(task[action], scope), scope, defaults)
            return
        arguments = self._template(task[action] or {}, scope)
        if action.startswith(COLLECTION):
            shared = self._template(defaults.get(action, {}), scope)
            check_mode = bool(self._template(task.get("check_mode", False), scope))
            name = action.removeprefix(COLLECTION)
            result = self._call(name, {**shared, **arguments}, check_mode)
        else:
            result = _BUILTINS[action.removeprefix(BUILTIN)](self, arguments, scope)
        self._conclude(task, result, scope)

    def _conclude(self, task: Mapping[str, Any], result: dict[str, Any], scope: Variables) -> None:
        """Register the result, and decide by the task's own words whether it failed."""
        registered = task.get("register", "")
        if registered:
            self._facts[registered] = result
        if "changed_when" in task:
            result["changed"] = self._holds(task["changed_when"], scope)
        if "failed_when" in task:
            result["failed"] = self._holds(task["failed_when"], scope)
        if result.get("failed"):
            raise TaskFailed(result)

    def _holds(self, conditions: Any, scope: Variables) -> bool:
        listed = conditions if isinstance(conditions, list) else [conditions]
        return all(
            bool(self._template("{{ (" + each + ") | bool }}", scope))
            if isinstance(each, str)
            else each
            for each in listed
        )

    def _template(self, value: Any, scope: Variables) -> Any:
        # Facts count more than the role's variables, a task's own vars most.
        templar = templates.Templar(self._loader, {**self._variables, **self._facts, **scope})
        return templar.template(_trusted(value))

    # -- the few modules of Ansible's own that the role uses

    def _set_fact(self, arguments: Variables, scope: Variables) -> dict[str, Any]:
        facts = {self._template(name, scope): value for name, value in arguments.items()}
        self._facts.update(facts)
        return {"changed": False, "ansible_facts": facts}

    def _fail(self, arguments: Variables, scope: Variables) -> dict[str, Any]:
        return {"failed": True, "msg": arguments["msg"]}

    def _assert(self, arguments: Variables, scope: Variables) -> dict[str, Any]:
        holds = self._holds(arguments["that"], scope)
        return {"failed": not holds, "msg": "" if holds else arguments["fail_msg"]}

    def _validate_argument_spec(self, arguments: Variables, scope: Variables) -> dict[str, Any]:
        spec = arguments["argument_spec"]
        given = {
            name: self._template(self._variables[name], scope)
            for name in spec
            if name in self._variables
        }
        errors = ArgumentSpecValidator(spec).validate(given).error_messages
        return {"failed": bool(errors), "msg": "\n".join(errors)}


_BUILTINS: dict[str, Callable[[Role, Variables, Variables], dict[str, Any]]] = {
    "set_fact": Role._set_fact,
    "fail": Role._fail,
    "assert": Role._assert,
    "validate_argument_spec": Role._validate_argument_spec,
}


@cache
def _role_file(name: str) -> Any:
    _know_plugins()
    text = (ROLE / name).read_text("utf-8")
    # Ansible's own loader of collections would take over all imports of this process: the
    # collection's filters and lookups are found as those beside a playbook are, by their short
    # names, and so are Ansible's lookups.
    short = text.replace(f"| {COLLECTION}", "| ")
    for prefix in (BUILTIN, COLLECTION):
        short = short.replace(f"lookup('{prefix}", "lookup('")
    return _trusted(yaml.safe_load(short))


@cache
def _know_plugins() -> None:
    for loader, kind in ((filter_loader, "filter"), (lookup_loader, "lookup")):
        loader.add_directory(str(tree.ROOT / "plugins" / kind))


def _trusted(value: Any) -> Any:
    """Strings that may hold templates; ansible-core before 2.19 does not ask."""
    if isinstance(value, dict):
        return {_trusted(key): _trusted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_trusted(item) for item in value]
    if isinstance(value, str) and hasattr(templates, "trust_as_template"):
        return templates.trust_as_template(value)
    return value


def _refuse(unknown: set[str]) -> None:
    if unknown:
        raise NotImplementedError(f"the role uses {', '.join(sorted(unknown))}")
