# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checkout as the collection that Ansible and Python find, whatever its folder is called."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = ROOT / ".cache" / "collections"


def make_importable() -> None:
    """A link at ansible_collections/stackone/onboarding, on Python's path."""
    link = COLLECTIONS / "ansible_collections" / "stackone" / "onboarding"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        # Another test process may be faster.
        with contextlib.suppress(FileExistsError):
            link.symlink_to(ROOT, target_is_directory=True)
    if str(COLLECTIONS) not in sys.path:
        sys.path.insert(0, str(COLLECTIONS))
    os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(COLLECTIONS)
