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
            "controller_host": {"type": "str"},
            "name": {"type": "str", "required": True},
            "organization": {"type": "str"},
            "credential_type": {"type": "str", "required": True},
            "inputs": {"type": "dict", "no_log": True},
            "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
        }
    )
    kept = json.loads(STORE.read_text("utf-8")) if STORE.exists() else {}
    name = " ".join(module.params[item] for item in ("organization", "credential_type", "name"))
    if module.params["state"] == "absent":
        kept.pop(name, None)
    else:
        kept[name] = module.params["inputs"]
    STORE.write_text(json.dumps(kept), "utf-8")
    module.exit_json(changed=True)


if __name__ == "__main__":
    main()
