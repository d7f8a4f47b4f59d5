# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many objects one creator may have."""

from __future__ import annotations

from ..directory import Directory
from .access import Call
from .errors import GraphError


def check_quota(directory: Directory, call: Call) -> None:
    """A creator without a directory role may have 250 objects (Entra's service limits)."""
    quota = directory.options.object_quota
    if quota and directory.objects_created_by(call.principal_id) >= quota:
        raise GraphError(
            403,
            "Directory_QuotaExceeded",
            "The directory object quota limit for the Principal has been exceeded. Please ask"
            " your administrator to increase the quota limit or delete objects to reduce the used"
            " quota.",
        )
