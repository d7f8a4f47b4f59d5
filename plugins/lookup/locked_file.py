# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text of a file that stays locked until the task ends."""

from __future__ import annotations

DOCUMENTATION = r"""
name: locked_file
author: The stackone.onboarding contributors (@StackOneHQ)
version_added: 1.0.0
short_description: Text of a file that stays locked until the task ends
description:
  - Reads a file on the controller as it is, also one that Ansible Vault has encrypted, and keeps others that read it in this
    way waiting until the task that asked has ended. A task that reads and writes loses nothing that another host, or another
    run on the same machine, writes at the same time.
  - The lock is on a file beside it, with C(.lock) at the end of its name, which stays.
options:
  _terms:
    description: Paths of the files. Nothing is returned in place of a file that is not there.
    type: list
    elements: path
    required: true
"""

EXAMPLES = r"""
- name: Add a line, with nobody's lost
  ansible.builtin.copy:
    dest: "{{ playbook_dir }}/customers.txt"
    content: "{{ lookup('stackone.onboarding.locked_file', playbook_dir ~ '/customers.txt') }}{{ inventory_hostname }}\n"
    mode: "0600"
  delegate_to: localhost
"""

RETURN = r"""
_raw:
  description: The texts, empty where there is no file.
  type: list
  elements: str
"""

import fcntl
import os
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

# A task has a worker process of its own: its locks go with it.
_HELD: dict[tuple[int, str], int] = {}


def _lock(path: str) -> None:
    """Waits for the lock, unless this worker has it: a template may be evaluated twice."""
    key = (os.getpid(), path)
    if key not in _HELD:
        descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        _HELD[key] = descriptor


def _read(path: str) -> str:
    _lock(path)
    try:
        return Path(path).read_text("utf-8")
    except FileNotFoundError:
        return ""


class LookupModule(LookupBase):
    """The lookup."""

    def run(self, terms: list[Any], variables: Any = None, **kwargs: Any) -> list[str]:
        self.set_options(var_options=variables, direct=kwargs)
        try:
            return [_read(str(term)) for term in terms]
        except OSError as error:
            raise AnsibleError(
                f"{error.filename} cannot be locked and read: {error.strerror}"
            ) from error
