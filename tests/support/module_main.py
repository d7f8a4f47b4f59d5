# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process that support.module_process starts: the module's own main, on the sandbox's time."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path


def main(archive: str, name: str, announced: str, time: str) -> None:
    # The zip comes before any link to the checkout.
    sys.path[:0] = [archive, str(Path(__file__).resolve().parents[1])]
    from ansible.module_utils import basic

    from ansible_collections.stackone.onboarding.plugins.module_utils import _runner
    from sandbox.client import Sandbox
    from support.clock import SandboxClock

    told = json.load(sys.stdin)
    clock = SandboxClock(Sandbox.attach(announced), told["moved"])
    _runner.Clock = lambda: clock
    basic._ANSIBLE_ARGS = json.dumps(told["arguments"]).encode()
    basic._ANSIBLE_PROFILE = "legacy"  # asked for since 2.19
    try:
        runpy.run_module(
            f"ansible_collections.stackone.onboarding.plugins.modules.{name}", run_name="__main__"
        )
    finally:
        Path(time).write_text(json.dumps(clock.pauses), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
