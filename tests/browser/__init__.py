# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report's page, looked at by a browser."""

from support import tree

# Before any module of this package is imported, which may import the collection's.
tree.make_importable()
