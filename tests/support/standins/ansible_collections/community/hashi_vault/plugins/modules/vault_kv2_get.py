# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands for the module of that name: the options and results that the store uses."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

STORE = Path(os.environ["STANDIN_STORE"])


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "url": {"type": "str"},
            "path": {"type": "str", "required": True},
        }
    )
    kept = json.loads(STORE.read_text("utf-8")) if STORE.exists() else {}
    name = f"{module.params['url']} {module.params['path']}"
    if name not in kept:
        module.fail_json(msg=f"Invalid or missing path ['{name}'] with secret version 'latest'.")
    module.exit_json(secret=kept[name])


if __name__ == "__main__":
    main()
