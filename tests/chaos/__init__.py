# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing lost, nothing left over: what a run does when a request fails, or the run is killed."""

from support import tree

# Before any module of this package is imported, which may import the collection's.
tree.make_importable()
