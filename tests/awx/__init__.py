# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWX without AWX: its collection, its injectors, its runner, and a stand-in of its API."""
