# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes when each task began to the file named by SPANS_TO, a JSON document a line."""

from __future__ import annotations

import json
import os
import time
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: spans
type: aggregate
short_description: Records when tasks begin, for the bench
description: Writes when each task began to the file named by SPANS_TO.
"""


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "spans"

    def _began(self, name: str) -> None:
        with open(os.environ["SPANS_TO"], "a", encoding="utf-8") as file:
            file.write(json.dumps({"task": name, "time": time.time()}) + "\n")

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._began(task.get_name().rpartition(" : ")[2])

    def v2_playbook_on_stats(self, stats: Any) -> None:
        self._began("")
