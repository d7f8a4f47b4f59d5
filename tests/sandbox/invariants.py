# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold at every instant: no profile that worked comes to hold a dead secret."""

from __future__ import annotations

from .directory import Directory
from .journal import Entry, Journal
from .stackone.profiles import Profiles


class Invariants:
    """Compares the profiles that hold a live secret before and after each change of state."""

    def __init__(self, directory: Directory, profiles: Profiles, journal: Journal) -> None:
        self._directory = directory
        self._profiles = profiles
        self._journal = journal

    def live_profiles(self) -> set[str]:
        """The profiles whose client secret is, in truth, a valid password of their application."""
        return {profile_id for profile_id in self._profiles.by_id if self._is_live(profile_id)}

    def _is_live(self, profile_id: str) -> bool:
        held = self._profiles.by_id[profile_id]["_setup_information"]
        return self._directory.secret_is_live(
            held.get("clientId", ""), held.get("clientSecret", "")
        )

    def check(self, live_before: set[str], entry: Entry) -> None:
        """Record every profile that held a live secret, still exists and holds a dead one now."""
        for profile_id in sorted(live_before - self.live_profiles()):
            if profile_id in self._profiles.by_id:
                text = f"profile {profile_id} was left with a dead secret"
                self._journal.breach("dead_secret", [text], entry, profile=profile_id)
