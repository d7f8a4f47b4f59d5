# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tenant itself."""

from __future__ import annotations

from collections.abc import Callable

from ..directory import DEFAULT_DOMAIN, TENANT_ID, TENANT_NAME, VERIFIED_DOMAINS, Directory
from ..messages import Answer
from ..replication import Record
from .access import Call
from .errors import not_found
from .queries import Resource, answer_list, answer_one

Handler = Callable[[Call], Answer]
RESOURCE = Resource("Organization", "organization", frozenset({"id"}), odata_type="organization")


class Organization:
    """Handlers of /organization."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def routes(self) -> dict[tuple[str, str], Handler]:
        return {
            ("GET", "/v1.0/organization"): lambda call: answer_list(
                call, RESOURCE, [_tenant()], 100
            ),
            ("GET", "/v1.0/organization/{organization-id}"): self._read,
        }

    def _read(self, call: Call) -> Answer:
        if call.parameters["organization-id"] != TENANT_ID:
            raise not_found(call.parameters["organization-id"])
        return answer_one(call, RESOURCE, _tenant())


def _tenant() -> Record:
    return {
        "id": TENANT_ID,
        "deletedDateTime": None,
        "displayName": TENANT_NAME,
        "countryLetterCode": "DE",
        "createdDateTime": "2021-03-01T09:00:00Z",
        "preferredLanguage": "en",
        "tenantType": "AAD",
        "technicalNotificationMails": [f"admin@{DEFAULT_DOMAIN}"],
        "verifiedDomains": [
            {
                "capabilities": "Email, OfficeCommunicationsOnline",
                "isDefault": name == DEFAULT_DOMAIN,
                "isInitial": name == DEFAULT_DOMAIN,
                "name": name,
                "type": "Managed",
            }
            for name in VERIFIED_DOMAINS
        ],
    }
