# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps Ansible's workers in the process group of ansible-playbook.

Since ansible-core 2.19 each worker makes a session of its own. What kills a container or a
machine takes the workers along; so does, with this, a signal to the group.
"""

from __future__ import annotations

import os

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: one_group
type: aggregate
short_description: Keeps the workers in the process group of ansible-playbook
description: A signal to the group then reaches them too.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "one_group"

    def __init__(self) -> None:
        super().__init__()
        os.setsid = lambda: None
