# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Service principals: an application's presence in the tenant, the app's own and its APIs'."""

from __future__ import annotations

from ansible_collections.stackone.onboarding.plugins.module_utils import (
    _app_calls as app_calls,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._clock import Deadline
from ansible_collections.stackone.onboarding.plugins.module_utils._errors import HttpError
from ansible_collections.stackone.onboarding.plugins.module_utils._graph import (
    Graph,
    Read,
    Record,
    is_duplicate,
    is_lagging,
    key,
    literal,
)
from ansible_collections.stackone.onboarding.plugins.module_utils._retry import act_once
from ansible_collections.stackone.onboarding.plugins.module_utils._wait import (
    retry_while,
    wait_until_seen,
)

_SELECT = "id,appId,displayName"


def read(client_id: str) -> Read:
    """For a batch: the service principal of an application of ours."""
    return Read(key("servicePrincipals", "appId", client_id), {"$select": _SELECT})


def find(graph: Graph, app_id: str, select: str = _SELECT) -> Record | None:
    return graph.get(key("servicePrincipals", "appId", app_id), {"$select": select})


def create(
    graph: Graph,
    app_id: str,
    deadline: Deadline,
    select: str = _SELECT,
    *,
    of_another_tenant: bool = False,
) -> Record:
    """Make it, or find that it was made meanwhile; its application may not be replicated yet.

    Least privilege: Application.ReadWrite.OwnedBy for an application of ours,
    Application.ReadWrite.All for one of another tenant, as an API's is: there a 403 is final.
    """

    def make() -> Record:
        try:
            return graph.post("servicePrincipals", {"appId": app_id})
        except HttpError as error:
            if not is_duplicate(error):
                raise
            return seen(graph, app_id, deadline, select)

    return retry_while(
        lambda: act_once(make, lambda: find(graph, app_id, select), deadline),
        lambda error: is_lagging(error) and not (of_another_tenant and error.status == 403),
        what=f"the directory to know the application {app_id} for its service principal",
        deadline=deadline,
    )


def restore(graph: Graph, app_id: str, deadline: Deadline) -> bool:
    """Bring back the soft-deleted one: restoring an application leaves it where it is."""
    deleted = graph.collect(
        "directory/deletedItems/microsoft.graph.servicePrincipal",
        {"$filter": f"appId eq {literal(app_id)}", "$select": "id,appId"},
    )
    if not deleted:
        return False
    app_calls.restore(graph, deleted[0]["id"], deadline, "servicePrincipals")
    return True


def seen(graph: Graph, app_id: str, deadline: Deadline, select: str = _SELECT) -> Record:
    return wait_until_seen(
        lambda: find(graph, app_id, select),
        what=f"the service principal of {app_id} to be readable",
        deadline=deadline,
    )
