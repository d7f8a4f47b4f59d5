# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The image's definition agrees with the collection's own. "make ee" has the tools look at both."""

from __future__ import annotations

from typing import Any

import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from support.tree import ROOT


def data(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / name).read_text("utf-8")))


def test_the_collection_names_its_python_requirements() -> None:
    name = data("meta/execution-environment.yml")["dependencies"]["python"]
    lines = (ROOT / name).read_text("utf-8").splitlines()
    wanted = [Requirement(line) for line in lines if line and not line.startswith("#")]
    assert {item.name for item in wanted} == {"msal", "requests"}
    assert {str(item.specifier) for item in wanted} == {">=1.30.0", ""}


def test_the_image_has_a_core_and_a_version_that_fit() -> None:
    dependencies = data("execution-environment.yml")["dependencies"]
    core = Requirement(dependencies["ansible_core"]["package_pip"])
    (lowest,) = [item.version for item in core.specifier]
    assert SpecifierSet(data("meta/runtime.yml")["requires_ansible"]).contains(lowest)
    (wanted,) = dependencies["galaxy"]["collections"]
    galaxy = data("galaxy.yml")
    assert wanted["name"] == f"{galaxy['namespace']}.{galaxy['name']}"
    assert SpecifierSet(wanted["version"]).contains(galaxy["version"])
