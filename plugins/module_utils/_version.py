# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's version, as the User-Agent carries it; a test keeps it equal to galaxy.yml."""

from __future__ import annotations

VERSION = "1.0.0"
