# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Federated identity credentials of an application: whose tokens it accepts instead of a secret."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from ..directory import Directory
from ..messages import Answer
from ..replication import Record
from . import targets
from .access import Call
from .errors import bad_request, not_found, taken
from .queries import Resource, answer_list, answer_one

Handler = Callable[[Call], Answer]
PATH = "/v1.0/applications/{application-id}/federatedIdentityCredentials"
ITEM = PATH + "/{federatedIdentityCredential-id}"
MAX_CREDENTIALS = 20  # from the page of the create operation
REQUIRED = ("name", "issuer", "subject", "audiences")
RESOURCE = Resource(
    "FederatedIdentityCredential",
    "federatedIdentityCredentials",
    frozenset({"name", "issuer", "subject"}),
    odata_type="federatedIdentityCredential",
)


class FederatedCredentials:
    """Handlers of …/federatedIdentityCredentials."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def routes(self) -> dict[tuple[str, str], Handler]:
        return {
            ("GET", PATH): self._list,
            ("POST", PATH): self._create,
            ("GET", ITEM): self._read,
            ("PATCH", ITEM): self._patch,
            ("DELETE", ITEM): self._delete,
        }

    def _list(self, call: Call) -> Answer:
        app = targets.application(self._directory, call)
        return answer_list(call, RESOURCE, app["_federated"], self._directory.options.page_size)

    def _read(self, call: Call) -> Answer:
        app = targets.application(self._directory, call)
        return answer_one(
            call, RESOURCE, _find(app, call.parameters["federatedIdentityCredential-id"])
        )

    def _writable(self, call: Call) -> Record:
        app = targets.application(self._directory, call)
        call.must_own(app)
        return self._directory.applications.newest(app["id"]) or app

    def _create(self, call: Call) -> Answer:
        app = self._writable(call)
        for name in REQUIRED:
            if not call.body.get(name):
                raise bad_request(
                    f"Property '{name}' is required.", code="InvalidValue", target=name
                )
        if len(app["_federated"]) >= MAX_CREDENTIALS:
            raise bad_request(
                "The maximum number of federated identity credentials has been reached."
            )
        if any(each["name"] == call.body["name"] for each in app["_federated"]):
            message = "FederatedIdentityCredential with this name already exists."
            raise taken(message, "name")
        record = {"id": str(uuid.uuid4()), "description": None, **call.body}
        app["_federated"].append(record)
        self._directory.applications.put(app["id"], app)
        return answer_one(call, RESOURCE, record, 201)

    def _patch(self, call: Call) -> Answer:
        app = self._writable(call)
        _find(app, call.parameters["federatedIdentityCredential-id"]).update(call.body)
        self._directory.applications.put(app["id"], app)
        return Answer(204)

    def _delete(self, call: Call) -> Answer:
        app = self._writable(call)
        app["_federated"].remove(_find(app, call.parameters["federatedIdentityCredential-id"]))
        self._directory.applications.put(app["id"], app)
        return Answer(204)


def _find(app: Record, key: str) -> Record:
    """A credential by id or by name."""
    for record in app["_federated"]:
        if key in (record["id"], record["name"]):
            found: Record = record
            return found
    raise not_found(key)
