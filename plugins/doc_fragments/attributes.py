# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of what the modules have in common."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying the target.
    support: full
    details:
      - No request that changes anything is sent. What is not known yet, such as the id of what would be made, is null.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)), when in diff mode.
    support: full
    details:
      - Secrets never appear in it.
  action:
    description: Indicates this has a corresponding action plugin so some parts of the options can be executed on the controller.
    support: full
    details:
      - With a local connection the module's code runs inside Ansible's own worker, which saves a process a task.
        With any other connection, and with C(become), the module is executed where the task is sent.
        Set the variable C(stackone_onboarding_in_process) to V(false) to execute the module always.
"""

    # For modules whose results may be kept in a file by async.
    ASYNC = r"""
options: {}
attributes:
  async:
    description: Supports being used with the C(async) keyword.
    support: full
"""

    # For modules that return a secret.
    SECRET = r"""
options: {}
attributes:
  async:
    description: Supports being used with the C(async) keyword.
    support: none
    details:
      - Ansible keeps the result of an asynchronous task in a file that every user of the host can read.
"""

    ENTRA_GROUP = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/stackone.onboarding.entra) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - stackone.onboarding.entra
"""

    STACKONE_GROUP = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/stackone.onboarding.stackone) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - stackone.onboarding.stackone
"""

    BOTH_GROUPS = r"""
options: {}
attributes:
  action_group:
    description:
      - Use C(group/stackone.onboarding.entra) and C(group/stackone.onboarding.stackone) in C(module_defaults) to set defaults
        for this module.
    support: full
    membership:
      - stackone.onboarding.entra
      - stackone.onboarding.stackone
"""
