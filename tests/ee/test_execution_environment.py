# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""By the tools themselves, which make ee installs. No image is built: that needs an engine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import yaml

from sandbox.client import Sandbox
from support import looks
from support.leaks import Secrets
from support.playbooks import ONBOARD, Player
from support.tree import COLLECTIONS, ROOT

BIN = ROOT / ".cache" / "ee" / "bin"


def run(tool: str, *arguments: str, folder: Path, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [str(BIN / tool), *arguments],
        cwd=folder,
        env=environment or dict(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_builder_finds_the_requirements(tmp_path: Path) -> None:
    found = yaml.safe_load(run("ansible-builder", "introspect", str(COLLECTIONS), folder=tmp_path))
    assert [line.partition("  #")[0] for line in found["python"]] == ["msal>=1.30.0", "requests"]
    assert found["system"] == []


def test_builder_makes_the_context_of_an_image(tmp_path: Path) -> None:
    definition = str(ROOT / "execution-environment.yml")
    run("ansible-builder", "create", "--file", definition, "--context", "context", folder=tmp_path)
    context = tmp_path / "context"
    (recipe,) = [*context.glob("Containerfile"), *context.glob("Dockerfile")]
    assert "ansible-core~=2.19.0" in recipe.read_text("utf-8")
    wanted = yaml.safe_load((context / "_build" / "requirements.yml").read_text("utf-8"))
    assert [item["name"] for item in wanted["collections"]] == ["stackone.onboarding"]


def test_navigator_onboards(sandbox: Sandbox, tmp_path: Path) -> None:
    artifact = tmp_path / "artifact.json"
    output = run(
        "ansible-navigator",
        "run",
        ONBOARD,
        *("--inventory", str(ROOT / "demo" / "inventory.yml")),
        *("--execution-environment", "false", "--mode", "stdout", "-vvv"),
        *("--playbook-artifact-save-as", str(artifact)),
        folder=tmp_path,
        environment=Player(sandbox, tmp_path).environment(tmp_path / "record"),
    )
    secrets = Secrets(sandbox)
    secrets.learn_from_wire()
    assert looks.profile(sandbox)["setup_information"]["clientSecret"] in secrets.known
    assert secrets.found_in(output, artifact.read_text("utf-8")) == []
