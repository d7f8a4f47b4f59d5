# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that only their owner can read, from their first byte on."""

from __future__ import annotations

import os
import tempfile

from ansible_collections.stackone.onboarding.plugins.module_utils._errors import ConfigurationError


def check(path: str) -> None:
    """Raises ConfigurationError for a place where ``write`` would fail."""
    folder = os.path.dirname(path) or "."
    if os.path.isdir(path) or not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigurationError(f"{path} cannot be written", f"Its folder is {folder}.")


def write(path: str, text: str) -> None:
    """Replace the file in one step, with mode 0600. Raises ConfigurationError."""
    folder = os.path.dirname(path) or "."
    try:
        # mkstemp makes it 0600; renaming it keeps that, whatever mode a file there had before.
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=".stackone-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(temporary, path)
        except OSError:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written", str(error)) from error
