# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps the collection simple: layers, small modules, a twin for each, one version."""

from __future__ import annotations

import ast
import importlib
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.tree import ROOT

PLUGINS = ROOT / "plugins"
PACKAGE = "ansible_collections.stackone.onboarding.plugins"

# A file imports from its own layer and from those before it, never from one that follows.
LAYERS: dict[str, set[str]] = {
    "facts": {"_aadsts", "_clock", "_clouds", "_errors", "_version"},
    "helpers": {
        "_certificate",
        "_memory",
        "_private_file",
        "_proxies",
        "_redact",
        "_retry",
        "_wait",
    },
    "transport": {"_diagnosis", "_exchange", "_transport"},
    "clients": {
        "_auth",
        "_federation",
        "_graph",
        "_methods",
        "_signin_http",
        "_signin",
        "_stackone",
        "_stackone_assumed",
    },
    "resources": {
        "_app_calls",
        "_application",
        "_catalog",
        "_grant",
        "_handover",
        "_ledger",
        "_password",
        "_permissions",
        "_principal",
        "_profile",
    },
    "reconcile": {"_reconcile"},
    "states": {
        "_app_info",
        "_app_state",
        "_connector_state",
        "_consent_state",
        "_profile_state",
        "_secret_state",
    },
    "runner": {"_argspec", "_runner"},
}
RANK = {name: rank for rank, names in enumerate(LAYERS.values()) for name in names}

# Only these know Ansible, and only these the HTTP library.
KNOW_ANSIBLE = {"_argspec", "_runner"}
KNOWS_REQUESTS = {"_diagnosis", "_proxies", "_transport"}

# The folders of plugins/, and what each may import from the others.
MAY_IMPORT = {
    "module_utils": {"module_utils"},
    "modules": {"module_utils"},
    "plugin_utils": {"plugin_utils", "module_utils"},
    "action": {"plugin_utils", "modules", "module_utils"},
    "filter": {"plugin_utils", "module_utils"},
    "callback": {"plugin_utils", "module_utils"},
    "lookup": {"plugin_utils", "module_utils"},
    "doc_fragments": set(),
}

MOST_LINES = 70
DOCUMENTS = {"DOCUMENTATION", "EXAMPLES", "RETURN"}


def files(folder: str) -> list[Path]:
    return sorted((PLUGINS / folder).glob("*.py"))


def named(folder: str) -> list[str]:
    return [path.stem for path in files(folder)]


def imports(path: Path) -> Iterator[str]:
    """Absolute names of what a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imported_from(path: Path, folder: str) -> set[str]:
    """The files of a folder of plugins/ that a file imports, or imports from."""
    prefix = f"{PACKAGE}.{folder}."
    return {
        name.removeprefix(prefix).split(".")[0] for name in imports(path) if name.startswith(prefix)
    }


def python_files() -> list[Path]:
    return sorted(PLUGINS.glob("*/*.py"))


# -- layers


def test_every_file_has_its_layer() -> None:
    assert set(RANK) >= set(named("module_utils")), "write the rank of a new file down here"


def test_contributors_are_told_of_every_layer() -> None:
    told = (PLUGINS.parent / "CONTRIBUTING.md").read_text("utf-8")
    rows = [", ".join(f"`{name}`" for name in sorted(names)) for names in LAYERS.values()]
    assert [row for row in rows if f" | {row} |" not in told] == []


@pytest.mark.parametrize("path", files("module_utils"), ids=lambda path: path.stem)
def test_imports_run_downwards_only(path: Path) -> None:
    upward = {name for name in imported_from(path, "module_utils") if RANK[name] > RANK[path.stem]}
    assert upward == set(), f"{path.stem} imports from a layer above its own"


def test_no_circle_within_a_layer() -> None:
    left = {path.stem: imported_from(path, "module_utils") for path in files("module_utils")}
    while left:
        free = {name for name, used in left.items() if not used & set(left)}
        assert free, f"these import each other in a circle: {sorted(left)}"
        left = {name: used for name, used in left.items() if name not in free}


@pytest.mark.parametrize("path", python_files(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_folders_import_from_what_they_may(path: Path) -> None:
    prefix = f"{PACKAGE}."
    used = {
        name.removeprefix(prefix).split(".")[0] for name in imports(path) if name.startswith(prefix)
    }
    assert used <= MAY_IMPORT[path.parent.name]


@pytest.mark.parametrize("path", files("module_utils"), ids=lambda path: path.stem)
def test_below_the_runner_nothing_knows_ansible(path: Path) -> None:
    libraries = {name.split(".")[0] for name in imports(path)}
    assert ("ansible" in libraries) <= (path.stem in KNOW_ANSIBLE)
    assert ("requests" in libraries) <= (path.stem in KNOWS_REQUESTS)


@pytest.mark.parametrize("path", python_files(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_msal_is_imported_only_when_a_token_is_fetched(path: Path) -> None:
    """It costs 0.1 s: a run with a token at hand does without."""
    top = ast.parse(path.read_text("utf-8")).body
    eager = [
        node
        for statement in top
        if not isinstance(statement, (ast.FunctionDef, ast.ClassDef))
        for node in ast.walk(statement)
        if isinstance(node, (ast.Import, ast.ImportFrom)) and "msal" in ast.dump(node)
    ]
    assert eager == []


@pytest.mark.parametrize("name", named("module_utils"))
def test_module_utils_are_private(name: str) -> None:
    assert name.startswith("_")


@pytest.mark.parametrize("path", files("module_utils"), ids=lambda path: path.stem)
def test_every_file_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text("utf-8")))


# -- modules


@pytest.mark.parametrize("path", files("modules"), ids=lambda path: path.stem)
def test_module_file_is_small(path: Path) -> None:
    """Beside its documentation, and its options, which are a table that repeats it."""
    assert len(code_lines(path)) <= MOST_LINES


def code_lines(path: Path) -> set[int]:
    source = path.read_text("utf-8")
    counted: set[int] = set()
    skipped = (
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    )
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in skipped:
            counted.update(range(token.start[0], token.end[0] + 1))
    for node in ast.parse(source).body:
        names = {
            target.id for target in getattr(node, "targets", ()) if isinstance(target, ast.Name)
        }
        if names & (DOCUMENTS | {"DEFINITION"}):
            counted -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return counted


def test_every_module_has_its_twin() -> None:
    assert named("action") == named("modules")


@pytest.mark.parametrize("name", named("action"))
def test_twin_runs_the_module_of_its_name(name: str) -> None:
    twin = importlib.import_module(f"{PACKAGE}.action.{name}").ActionModule
    base = importlib.import_module(f"{PACKAGE}.plugin_utils._twin").Twin
    assert issubclass(twin, base)
    assert twin.module is importlib.import_module(f"{PACKAGE}.modules.{name}")


@pytest.mark.parametrize("name", named("modules"))
def test_module_says_that_it_has_a_twin(name: str) -> None:
    """And whether async is supported: not where a secret is returned."""
    module = importlib.import_module(f"{PACKAGE}.modules.{name}")
    used = set(yaml.safe_load(module.DOCUMENTATION)["extends_documentation_fragment"])
    assert "stackone.onboarding.attributes" in used
    secret = bool(module.DEFINITION.secret_results)
    assert ("stackone.onboarding.attributes.secret" in used) is secret
    assert ("stackone.onboarding.attributes.async" in used) is not secret


def test_every_module_is_in_an_action_group() -> None:
    groups = runtime()["action_groups"]
    members = [name for group in groups.values() for name in group]
    assert set(members) == set(named("modules"))
    for group in groups.values():
        assert group == sorted(set(group))


def runtime() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text("utf-8")))


# -- the collection


def test_version_is_one() -> None:
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text("utf-8"))
    version = importlib.import_module(f"{PACKAGE}.module_utils._version").VERSION
    assert version == galaxy["version"]


def test_supported_core_is_as_promised() -> None:
    assert runtime()["requires_ansible"] == ">=2.16.0"


@pytest.mark.parametrize("path", python_files(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_files_carry_their_licence(path: Path) -> None:
    head = path.read_text("utf-8")[:400]
    for tag in (
        "FileCopyrightText: 2026 The stackone.onboarding contributors",
        "License-Identifier: GPL-3.0-or-later",
    ):
        assert f"SPDX-{tag}" in head
    assert "from __future__ import annotations" in path.read_text("utf-8")
