#!/usr/bin/python
# -*- coding: utf-8 -*-
# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: entra_token
short_description: Get a token for Microsoft Graph
version_added: 1.0.0
author:
  - The stackone.onboarding contributors (@StackOneHQ)
description:
  - Signs in to Microsoft Entra ID once, so that the other modules of a play can be given the token as
    O(stackone.onboarding.entra_app#module:access_token) instead of signing in for each task.
  - Never changes anything.
extends_documentation_fragment:
  - stackone.onboarding.entra.sign_in
  - stackone.onboarding.attributes
  - stackone.onboarding.attributes.secret
  - stackone.onboarding.attributes.entra_group
"""

EXAMPLES = r"""
- name: Sign in once for the play
  stackone.onboarding.entra_token:
  register: sign_in

- name: Use the token
  stackone.onboarding.entra_app:
    access_token: "{{ sign_in.access_token }}"
    display_name: StackOne Azure DevOps Integration
    unique_name: stackone-azuredevops
"""

RETURN = r"""
access_token:
  description: The token. The result is censored in all output, the registered value stays usable.
  returned: success
  type: str
expires_on:
  description: When it expires, in seconds since 1970-01-01 UTC.
  returned: success
  type: int
auth_method:
  description: How the identity signed in.
  returned: success
  type: str
"""

from typing import Any

from ansible_collections.stackone.onboarding.plugins.module_utils import _argspec
from ansible_collections.stackone.onboarding.plugins.module_utils._runner import (
    Definition,
    Run,
    run_module,
)


def run(run: Run) -> dict[str, Any]:
    token = run.sign_in.current()
    return {
        "access_token": token.value,
        "expires_on": token.expires_on,
        "auth_method": token.method,
    }


DEFINITION = Definition(
    run,
    _argspec.argument_spec(_argspec.SIGN_IN),
    secret_results=("access_token",),
)


def main() -> None:
    run_module(DEFINITION)


if __name__ == "__main__":
    main()
