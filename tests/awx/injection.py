# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The credential types of awx/, and what a job gets of a credential: by AWX's own code."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from awx_plugins.interfaces._temporary_private_api import ManagedCredentialType
from awx_plugins.interfaces._temporary_private_credential_api import Credential
from awx_plugins.interfaces._temporary_private_inject_api import inject_credential

from support.tree import ROOT

AWX = ROOT / "awx"


class _Loader(yaml.SafeLoader):
    """Knows the tag !unsafe, which keeps Ansible from filling in what AWX will."""


_Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def load(name: str) -> Any:
    """A file of awx/ as data."""
    return yaml.load((AWX / name).read_text("utf-8"), _Loader)


def credential_types() -> dict[str, dict[str, Any]]:
    types = load("credential_types.yml")["stackone_awx_credential_types"]
    return {item["name"]: item for item in types}


@dataclass
class Injected:
    """What AWX adds to a job, and what it keeps of the environment in its database."""

    environment: dict[str, str] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    arguments: list[str] = field(default_factory=list)


def inject(credentials: dict[str, dict[str, Any]], folder: Path) -> Injected:
    """``inject({"StackOne API key": {"api_key": …}}, folder)``, below whose ``env`` files go."""
    injected = Injected()
    for name, inputs in credentials.items():
        kind = credential_types()[name]
        inject_credential(
            ManagedCredentialType("", name, "cloud", kind["inputs"], kind["injectors"]),
            Credential(inputs),
            injected.environment,
            injected.kept,
            injected.arguments,
            str(folder),
        )
    return injected
