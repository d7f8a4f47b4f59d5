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
            "client_id": {"type": "str"},
            "keyvault_uri": {"type": "str", "required": True},
            "secret_name": {"type": "str", "required": True},
            "secret_value": {"type": "str", "no_log": True},
            "secret_expiry": {"type": "str"},
            "content_type": {"type": "str"},
            "state": {"type": "str", "default": "present", "choices": ["present", "absent"]},
        }
    )
    kept = json.loads(STORE.read_text("utf-8")) if STORE.exists() else {}
    name = f"{module.params['keyvault_uri']} {module.params['secret_name']}"
    if module.params["state"] == "absent":
        kept.pop(name, None)
    else:
        kept[name] = {
            "secret": module.params["secret_value"],
            "content_type": module.params["content_type"],
            "expiry": module.params["secret_expiry"],
        }
    STORE.write_text(json.dumps(kept), "utf-8")
    module.exit_json(changed=True)


if __name__ == "__main__":
    main()
