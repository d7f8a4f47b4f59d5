# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All of the sandbox's state, and how it goes back to the beginning."""

from __future__ import annotations

import copy
import importlib
from typing import Any

from . import seed
from .clock import Clock
from .contract import Contract
from .directory import Directory
from .faults import Faults
from .graph import Graph
from .invariants import Invariants
from .journal import Journal
from .options import Options
from .signin import SignIn
from .signin.ci_systems import CiSystems
from .signin.managed_identity import ManagedIdentities
from .signin.tokens import Signer
from .stackone import StackOne
from .stackone.catalogue import Catalogue


class World:
    """The three services over one tenant, with journal, faults and options."""

    def __init__(self, base_url: str, start_options: dict[str, Any], plain_url: str = "") -> None:
        self.base_url = base_url
        self.plain_url = plain_url  # where managed identities are asked
        # Who issues the federated tokens that the control interface gives out.
        self.issuer = f"{base_url}/_sandbox"
        self.credentials = seed.Credentials()
        self.clock = Clock()
        self.journal = Journal(self.clock)
        self.faults = Faults()
        self.contracts = {name: Contract(name) for name in ("graph", "stackone")}
        self.signer, self.federated = Signer(), Signer()
        self._catalogue = Catalogue()
        self._start_options = start_options
        self.generation = 0
        self.reset({})

    def reset(self, options: dict[str, Any]) -> None:
        """Back to the seed, with the options of the start and these; only credentials are kept."""
        fresh = Options()
        fresh.update({**self._start_options, **options})
        seed.check_identity_roles(fresh.identity_roles)
        self.generation += 1
        self.clock.reset()
        self.journal.reset()
        self.faults.clear()
        self.options = fresh
        self.directory = Directory(self.clock, fresh)
        seed.fill(self.directory, fresh, self.credentials, self.issuer)
        self.signin = SignIn(self.directory, self.signer, self.federated)
        self.managed_identities = ManagedIdentities(
            fresh,
            self.signin.tokens,
            seed.IDENTITY_APP_ID,
            self.credentials.identity_header,
            f"{self.base_url}/login",
        )
        self.ci_systems = CiSystems(
            self.credentials.job_token, lambda audience: self.federated_token(aud=audience)
        )
        self.graph = Graph(self.directory, self.signer)
        self.stackone = StackOne(self.clock, fresh, self.credentials.api_key, self._catalogue)
        self.invariants = Invariants(self.directory, self.stackone.profiles, self.journal)

    def set_options(self, changes: dict[str, Any]) -> None:
        """Change options, and what they seed, now; a new lag is for new writes only."""
        trial = copy.copy(self.options)
        trial.update(changes)
        seed.check_identity_roles(trial.identity_roles)
        self.options.update(changes)
        if any(name.startswith("lag") for name in changes):
            self.directory.settle()
        if "identity_roles" in changes:
            seed.assign_identity_roles(self.directory, self.options.identity_roles)

    def federated_token(self, **claims: Any) -> str:
        """A token as a cluster or a CI system gives it to its workload; each claim can be set."""
        now = int(self.clock.now())
        return self.federated.sign(seed.federated_claims(self.issuer, now, **claims))

    def warm_up(self) -> None:
        """Do now what would slow the first requests: import the validators, make a key."""
        importlib.import_module("openapi_schema_validator")
        self.signer.sign({})

    def dump(self) -> dict[str, Any]:
        return {**self.directory.dump(), **self.stackone.dump()}
