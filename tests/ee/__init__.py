# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Execution environments: what ansible-builder and ansible-navigator make of this collection."""
