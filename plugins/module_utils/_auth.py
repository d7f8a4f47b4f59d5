# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which identity signs in, and how long its token serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import astuple, replace
from typing import Any, Protocol

from ansible_collections.stackone.onboarding.plugins.module_utils import _signin
from ansible_collections.stackone.onboarding.plugins.module_utils._clock import format_epoch
from ansible_collections.stackone.onboarding.plugins.module_utils._clouds import CLOUDS
from ansible_collections.stackone.onboarding.plugins.module_utils._diagnosis import (
    bad_url,
    has_credentials,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._errors import (
    ConfigurationError,
    OnboardingError,
    SignInError,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._exchange import Request
from ansible_collections.stackone.onboarding.plugins.module_utils._memory import Memory, digest
from ansible_collections.stackone.onboarding.plugins.module_utils._methods import (
    OPTIONS,
    Choice,
    choose,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._signin import (
    Identity,
    Token,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._signin_http import SignInHttp


class TokenSource(Protocol):
    """What a client asks for its bearer token."""

    def token(self) -> str: ...

    def renew(self) -> str: ...


class SignIn:
    """The token of one identity: acquired at the first call, kept, renewed before it expires."""

    def __init__(
        self, identity: Identity, http: SignInHttp, memory: Memory, log: Callable[[str], None]
    ) -> None:
        self._identity = identity
        self._http = http
        self._memory = memory
        self._log = log
        self._choices: list[Choice] = []
        self._token: Token | None = None

    def token(self) -> str:
        """A bearer token. Raises ConfigurationError or SignInError."""
        return self.current().value

    @property
    def home(self) -> Identity:
        """The identity with its tenant: where none is named, the one that issued the token."""
        if self._identity.tenant_id:
            return self._identity
        tenant_id = str(_signin.claims_of(self.token()).get("tid") or "")
        if not tenant_id:
            hint = "Set {} (or {}).".format(*OPTIONS["tenant_id"])
            raise ConfigurationError("No tenant is named", hint=hint)
        return replace(self._identity, tenant_id=tenant_id)

    def current(self) -> Token:
        if self._token is None or self._token.renew_on <= self._http.now():
            self._token = self._acquire()
        return self._token

    def renew(self) -> str:
        """After a 401: a new token; a token that was given is replaced by signing in."""
        self._token = self._acquire(refused=self._token)
        return self._token.value

    def _acquire(self, refused: Token | None = None) -> Token:
        self._choices = self._choices or choose(self._identity)
        if self._choices[0].method.name == "access_token":
            given = _signin.given_token(self._identity, self._http)
            if not self._replaces(given, refused):
                if self._token is None:
                    self._say(self._choices[0])
                return given
        choice = self._choices[0]
        self._say(choice)
        try:
            return self._recall(choice, refused)
        except OnboardingError as error:
            if self._identity.auth_method == "auto" and "auth_method" in error.details:
                error.why += f" (auth_method auto chose {choice.method.name}: {choice.why})"
            raise

    def _replaces(self, given: Token, refused: Token | None) -> bool:
        """Whether another method takes the place of the token that was given.

        One that has expired by this machine's clock is still tried where there is nothing else.
        """
        expired = given.expires_on <= self._http.now()
        if given.renew_on > self._http.now() and not refused:
            return False
        others = self._choices[1:]
        if not others and refused:
            raise SignInError(
                "The access token was refused",
                f"It expired at {format_epoch(given.expires_on)}."
                if expired
                else "It was revoked, or is for another service than Microsoft Graph.",
                "Give a fresh access_token (entra_token returns one), or a credential to sign in "
                "with.",
                auth_method="access_token",
            )
        if not others:
            return False
        why = "was refused" if refused else "has expired" if expired else "expires soon"
        first = replace(others[0], why=f"the access token given {why}, and {others[0].why}")
        self._choices = [first, *others[1:]]
        return True

    def _say(self, choice: Choice) -> None:
        self._log(f"Signing in by {choice.method.name}: {choice.why}")

    def _recall(self, choice: Choice, refused: Token | None) -> Token:
        """The token in the memory if it still serves and is not the refused one, else a new one."""
        held = self._memory.recall(
            self._key(choice),
            lambda: vars(choice.method.acquire(self._identity, self._http)),
            good=lambda value: (
                value["renew_on"] > self._http.now()
                and (refused is None or value["value"] != refused.value)
            ),
        )
        self._http.learn(held["value"])
        return Token(**held)

    def _key(self, choice: Choice) -> str:
        """All that says who signs in, what repr hides too, but not where it is said."""
        who = astuple(replace(self._identity, auth_method=choice.method.name, sources={}))
        return "token:" + digest(*who, *choice.method.environment())


def identity_from(options: Mapping[str, Any], variable_of: Callable[[str], str]) -> Identity:
    """The identity that a module's connection options describe.

    ``variable_of`` names the variable of the environment that an option's value is from.
    Raises ConfigurationError for an authority with credentials in it: msal would print them.
    """
    cloud = CLOUDS[options["cloud"]]
    authority_url = (options.get("authority_url") or cloud.authority).rstrip("/")
    if has_credentials(authority_url):
        raise bad_url(Request("GET", authority_url))
    values: dict[str, Any] = {
        name: options.get(option) or "" for name, (option, _variable) in OPTIONS.items()
    }
    values["send_x5c"] = bool(values["send_x5c"])
    values["access_token"] = values["access_token"].strip()
    sources = {name: variable_of(OPTIONS[name][0]) for name, value in values.items() if value}
    return Identity(
        auth_method=options["auth_method"],
        authority_url=authority_url,
        resource=cloud.graph,
        token_exchange=cloud.token_exchange,
        sources={name: variable for name, variable in sources.items() if variable},
        **values,
    )
