# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An ``az`` that stands for Azure CLI, on a PATH of its own."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


class AzureCli:
    """A folder for the PATH; ``answers``, ``fails`` and ``runs`` put an ``az`` into it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = f"{folder}{os.pathsep}{os.environ['PATH']}"

    def answers(self, **answer: Any) -> AzureCli:
        """As ``az account get-access-token --output json`` does."""
        return self.runs(f"cat <<'END'\n{json.dumps(answer, indent=2)}\nEND")

    def fails(self, *errors: str) -> AzureCli:
        said = "\n".join(errors)
        return self.runs(f"cat >&2 <<'END'\n{said}\nEND\nexit 1")

    def runs(self, script: str) -> AzureCli:
        """A shell script, as Azure CLI's own command is one; it notes how it was called."""
        az = self._folder / "az"
        az.write_text(f'#!/bin/sh\necho "$@" >> "{self._folder}/calls"\n{script}\n', "utf-8")
        az.chmod(0o700)
        return self

    @property
    def calls(self) -> list[str]:
        """The arguments of each call."""
        calls = self._folder / "calls"
        return calls.read_text("utf-8").splitlines() if calls.exists() else []
