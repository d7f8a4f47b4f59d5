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
            "vault_uri": {"type": "str", "required": True},
            "name": {"type": "str"},
        }
    )
    kept = json.loads(STORE.read_text("utf-8")) if STORE.exists() else {}
    name = f"{module.params['vault_uri']} {module.params['name']}"
    module.exit_json(secrets=[kept[name]] if name in kept else [])


if __name__ == "__main__":
    main()
