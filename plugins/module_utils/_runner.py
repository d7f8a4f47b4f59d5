# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one module: in a process of its own, or by its action twin in Ansible's worker."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.stackone.onboarding.plugins.module_utils import (
    _app_calls,
    _argspec,
    _catalog,
    _proxies,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._app_state import (
    ApplicationState,
    to_be_restored,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._application import Target
from ansible_collections.stackone.onboarding.plugins.module_utils._auth import SignIn, identity_from
from ansible_collections.stackone.onboarding.plugins.module_utils._catalog import Catalog
from ansible_collections.stackone.onboarding.plugins.module_utils._clock import Clock, Deadline
from ansible_collections.stackone.onboarding.plugins.module_utils._clouds import CLOUDS
from ansible_collections.stackone.onboarding.plugins.module_utils._connector_state import (
    Connector,
    ConnectorState,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._consent_state import (
    ConsentState,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._errors import (
    NotFoundError,
    OnboardingError,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._graph import (
    Graph,
    Record,
    says_try_again,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._memory import (
    Memory,
    RunMemory,
    digest,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._profile_state import (
    ProfileState,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._reconcile import Reconciler
from ansible_collections.stackone.onboarding.plugins.module_utils._redact import Redactor
from ansible_collections.stackone.onboarding.plugins.module_utils._secret_state import SecretState
from ansible_collections.stackone.onboarding.plugins.module_utils._signin import (
    Identity,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._signin_http import SignInHttp
from ansible_collections.stackone.onboarding.plugins.module_utils._stackone import StackOne
from ansible_collections.stackone.onboarding.plugins.module_utils._transport import (
    Transport,
)

Log = Callable[[str], None]


def _silent(message: str) -> None:
    """Says nothing."""


@dataclass(frozen=True)
class Definition:
    """A module: its argument spec, what it does, and which keys of its result are secret.

    ``only_looks``: it plans as in check mode and never acts.
    """

    run: Callable[[Run], dict[str, Any]]
    argument_spec: dict[str, dict[str, Any]]
    constraints: dict[str, Any] = field(default_factory=dict)
    secret_results: tuple[str, ...] = ()
    only_looks: bool = False


class Run:
    """One module run: its options, and the clients, made when they are first needed."""

    def __init__(
        self,
        definition: Definition,
        options: Mapping[str, Any],
        *,
        check_mode: bool,
        memory: Memory | None = None,
        scope: str = "",
        reconciler: Reconciler | None = None,
        redactor: Redactor | None = None,
        warn: Log = _silent,
        say: Log = _silent,
        trace: Log = _silent,
        waits: Callable[[str, float], None] = lambda what, seconds: None,
    ) -> None:
        """``scope`` names the task, whichever host it runs for; what is the same for all of them
        is read once in it. ``say`` shows at -v, ``trace`` at -vvv. ``waits`` is told what is
        waited for, and the seconds of the pause.
        """
        self.definition = definition
        self.options = options
        self.check_mode = check_mode
        self.reconciler = reconciler or Reconciler(check_mode or definition.only_looks)
        self.memory = memory or RunMemory()
        self.scope = scope
        self.redactor = redactor or Redactor()
        self.warn: Log = lambda message: warn(self.redactor.text(message))
        self.say: Log = lambda message: say(self.redactor.text(message))
        self.trace: Log = lambda message: trace(self.redactor.text(message))
        self.waits = lambda what, seconds: waits(self.redactor.text(what), seconds)
        self.deadline = Deadline(Clock(), options["wait_timeout"], self.waits)

    def with_options(self, options: Mapping[str, Any]) -> Run:
        """A part of this run on other options, for a module that works with both services."""
        return Run(
            self.definition,
            options,
            check_mode=False,
            memory=self.memory,
            scope=self.scope,
            reconciler=self.reconciler,
            redactor=self.redactor,
            warn=self.warn,
            say=self.say,
            trace=self.trace,
            waits=self.waits,
        )

    @cached_property
    def identity(self) -> Identity:
        return identity_from(
            self.options,
            lambda name: _argspec.variable_of(_argspec.ENTRA, self.options, name),
        )

    @cached_property
    def _entra_transport(self) -> Transport:
        return self._transport(says_try_again=says_try_again)

    @cached_property
    def sign_in_http(self) -> SignInHttp:
        return SignInHttp(self._entra_transport, self.memory, self.redactor.learn)

    @cached_property
    def sign_in(self) -> SignIn:
        return SignIn(self.identity, self.sign_in_http, self.memory, self.say)

    @cached_property
    def graph(self) -> Graph:
        url = self.options.get("graph_url") or CLOUDS[self.options["cloud"]].graph
        return Graph(self._entra_transport, url, self.sign_in)

    @cached_property
    def stackone(self) -> StackOne:
        return StackOne(
            self._transport(), self.options["api_url"], self.options.get("api_key") or ""
        )

    @cached_property
    def application(self) -> ApplicationState:
        return ApplicationState(self.graph, self.reconciler, self.deadline)

    @cached_property
    def consent(self) -> ConsentState:
        return ConsentState(self.graph, self.reconciler, self.deadline)

    @cached_property
    def secret(self) -> SecretState:
        return SecretState(
            self.graph,
            self.reconciler,
            self.deadline,
            self.sign_in.home,
            self.sign_in_http,
            self.warn,
        )

    @cached_property
    def profile(self) -> ProfileState:
        return ProfileState(self.stackone, self.reconciler, self.deadline, lambda: self.catalog)

    @cached_property
    def catalog(self) -> Catalog:
        """Remembered: what a connector offers does not change during a play."""
        key = self.options["connector_key"]
        records = self.memory.recall(
            f"actions:{self._stackone_identity}:{key}",
            lambda: _catalog.fetch(self.stackone, key),
        )
        return _catalog.parse(key, records)

    def _profiles(self) -> list[Record]:
        """Listed once for all hosts that the same task runs for: a look, not yet a decision."""
        key = self.options["connector_key"]
        return self.memory.recall(
            f"profiles:{self.scope}:{self._stackone_identity}:{key}",
            lambda: self.stackone.profiles(key),
        )

    def _recall_api(self, app_id: str, make: Callable[[], Record | None]) -> Record | None:
        identity = digest(self.identity, self.graph.base)
        return self.memory.recall(f"api:{self.scope}:{identity}:{app_id}", make, bool)

    @property
    def _stackone_identity(self) -> str:
        return digest(self.options["api_url"], self.options.get("api_key"))

    @property
    def target(self) -> Target:
        """The application that the options name."""
        names = ("object_id", "client_id", "unique_name", "display_name")
        return Target(**{name: self.options.get(name) or "" for name in names})

    def look_at_connector(self, connector: Connector) -> dict[str, Any]:
        """Both services, each by its own connection options; nothing is changed."""
        stackone = self.with_options(
            {
                **self.options,
                **{
                    name: self.options[f"stackone_{name}"]
                    for name in ("ca_path", "validate_certs", "request_timeout", "wait_timeout")
                    if self.options[f"stackone_{name}"] is not None
                },
            }
        )
        state = ConnectorState(
            self.graph,
            self.application,
            self.consent,
            stackone.profile,
            self.reconciler,
            read_catalog=lambda: stackone.catalog,
            list_profiles=stackone._profiles,
            recall_api=self._recall_api,
            authority_url=self.identity.authority_url,
            warn=self.warn,
        )
        found = state.inspect(connector)
        # To look is not to change; what would change is in the drift.
        return {
            **found,
            "auth_method": self.sign_in.current().method,
            "check_mode": self.check_mode,
            "changed": False,
        }

    def application_named_by_id(self, may_be_gone: bool = False) -> Record | None:
        """The application of object_id or client_id; None in a check run that knows neither yet.

        Raises NotFoundError, unless it may be gone.
        """
        target = self.target
        try:
            if target.by_id:
                return _app_calls.find(self.graph, target, self.deadline)
        except NotFoundError as error:
            if may_be_gone:
                return None
            return to_be_restored(self.graph, self.reconciler, target, error)
        self.reconciler.needs("client_id", target.client_id, "It says which application is meant.")
        return None

    def _transport(self, **extra: Any) -> Transport:
        options = self.options
        return Transport(
            deadline=self.deadline,
            verify=(options.get("ca_path") or True) if options["validate_certs"] else False,
            timeout=options["request_timeout"],
            log=self.trace,
            **extra,
        )


def execute(run: Run) -> dict[str, Any]:
    """The module's result, or a failure: one message, redacted, whatever went wrong."""
    definition = run.definition
    for value in (*secret_values(definition.argument_spec, run.options), *_proxies.secrets()):
        run.redactor.learn(value)
    try:
        result = definition.run(run)
    except OnboardingError as error:
        return _failure(run, error)
    except Exception as error:  # an answer off the services' contracts, or a defect of ours
        run.trace(traceback.format_exc())
        return _failure(run, _unexpected(error))
    result = {**run.reconciler.outcome(), **result}
    return {
        name: value if name in definition.secret_results else run.redactor.clean(value)
        for name, value in result.items()
    }


def run_module(definition: Definition) -> None:
    """The entry point of a module file's ``main``."""
    module = AnsibleModule(
        argument_spec=definition.argument_spec, supports_check_mode=True, **definition.constraints
    )
    said: list[str] = []
    run = Run(
        definition,
        module.params,
        check_mode=module.check_mode,
        warn=module.warn,
        say=said.append,
        trace=module.debug,
    )
    result = execute(run)
    if said and module._verbosity:
        # A module's process has no other way to the screen, where its twin shows it at -v.
        result["said"] = said
    if not module._diff:
        result.pop("diff", None)
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)


def secret_values(spec: Mapping[str, Any], options: Mapping[str, Any]) -> list[str]:
    """The values of all options that are marked no_log."""
    return [
        str(options[name])
        for name, option in spec.items()
        if option.get("no_log") and options.get(name)
    ]


def _failure(run: Run, error: OnboardingError) -> dict[str, Any]:
    changed = run.reconciler.acted
    return {"failed": True, "changed": changed, **run.redactor.clean(error.failure())}


def _unexpected(error: Exception) -> OnboardingError:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}"
    return OnboardingError(
        f"Something unexpected happened: {type(error).__name__} at {place}: {error}",
        "A service answered in a way that its contract does not allow, or this is a defect.",
        "Run with -vvv for the trace, and report it with that.",
    )
