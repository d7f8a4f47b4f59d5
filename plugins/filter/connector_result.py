# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result fact of the role entra_connector, from what its tasks registered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

DOCUMENTATION = r"""
name: connector_result
short_description: Sum up a run of the role entra_connector
version_added: 1.0.0
author:
  - The stackone.onboarding contributors (@StackOneHQ)
description:
  - Puts together what P(stackone.onboarding.entra_connector#role) keeps as its result, with the same keys whatever ran, null
    where there is nothing, and never a secret.
options:
  _input:
    description: What M(stackone.onboarding.connector_info) returned at the start.
    type: dict
    required: true
  app:
    description: What M(stackone.onboarding.entra_app) returned, if it ran.
    type: dict
    default: {}
  consent:
    description: What M(stackone.onboarding.entra_admin_consent) returned, if it ran.
    type: dict
    default: {}
  made:
    description: What M(stackone.onboarding.entra_app_secret) returned when it made a secret.
    type: dict
    default: {}
  written:
    description: What M(stackone.onboarding.stackone_connector_profile) returned, if it ran.
    type: dict
    default: {}
  confirmed:
    description: What M(stackone.onboarding.entra_app_secret) returned when it confirmed a secret.
    type: dict
    default: {}
  profile:
    description: The profile as it was last seen.
    type: dict
  next_steps:
    description: What is left to a person.
    type: list
    elements: str
    default: []
  repaired:
    description: Which part of the drift that was found has been repaired.
    type: str
    default: nothing
    choices: [nothing, secrets, all]
"""

EXAMPLES = r"""
# After stackone.onboarding.connector_info with "register: connector".
- name: Keep the result of a connector that needed nothing
  ansible.builtin.set_fact:
    outcome: "{{ connector | stackone.onboarding.connector_result }}"
"""

RETURN = r"""
_value:
  description: A dictionary with C(changed), C(app), C(consent), C(secret), C(profile), C(removed), C(drift) and C(next_steps).
  type: dict
"""

_CONSENT = ("grants", "app_roles", "admin_consent_url")


def connector_result(
    found: Mapping[str, Any],
    *,
    app: Mapping[str, Any] | None = None,
    consent: Mapping[str, Any] | None = None,
    made: Mapping[str, Any] | None = None,
    written: Mapping[str, Any] | None = None,
    confirmed: Mapping[str, Any] | None = None,
    profile: Mapping[str, Any] | None = None,
    next_steps: list[str] | None = None,
    repaired: str = "nothing",
) -> dict[str, Any]:
    """The last word of each step, else what was there before."""
    steps = [step or {} for step in (app, consent, made, written, confirmed)]
    last_app, last_consent, _made, _written, last_confirmed = steps
    return {
        "changed": any(bool(step.get("changed")) for step in steps),
        "app": last_app.get("app") or found.get("app"),
        "consent": {name: last_consent.get(name) for name in _CONSENT}
        if "grants" in last_consent
        else found.get("consent"),
        "secret": last_confirmed.get("secret") or found.get("secret"),
        "profile": profile or found.get("profile"),
        "removed": list(last_confirmed.get("removed") or ()),
        "drift": [_row(row, repaired) for row in found.get("drift") or ()],
        "next_steps": list(next_steps or ()),
    }


def _row(row: Mapping[str, Any], repaired: str) -> dict[str, Any]:
    """An edit that a read does not show is only reported; a new hand-over would repair it."""
    is_secret = row["resource"].startswith("client secret")
    done = row["field"] != "updated_at" and (
        repaired == "all" or (repaired == "secrets" and is_secret)
    )
    return {**row, "repaired": done}


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"connector_result": connector_result}
