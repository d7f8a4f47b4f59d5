# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in the SDK's own environment: takes steps by their names from stdin, one a line."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import Any

from azure.identity.aio import ClientSecretCredential
from kiota_abstractions.base_request_configuration import RequestConfiguration
from msgraph import GraphServiceClient
from msgraph.generated.applications.applications_request_builder import (
    ApplicationsRequestBuilder,
)
from msgraph.generated.applications.item.add_password.add_password_post_request_body import (
    AddPasswordPostRequestBody,
)
from msgraph.generated.applications.item.remove_password.remove_password_post_request_body import (
    RemovePasswordPostRequestBody,
)
from msgraph.generated.models.application import Application
from msgraph.generated.models.o_auth2_permission_grant import OAuth2PermissionGrant
from msgraph.generated.models.password_credential import PasswordCredential
from msgraph.generated.models.service_principal import ServicePrincipal
from msgraph.generated.models.web_application import WebApplication

AZURE_DEVOPS = "499b84ac-1321-427f-aa17-267ca6975798"
GRAPH = "https://graph.microsoft.com/.default"
APP = "Peer by msgraph-sdk"
REDIRECT_URI = "https://example.com/callback"

Query = ApplicationsRequestBuilder.ApplicationsRequestBuilderGetQueryParameters


def expect(what: str, found: object, wanted: object) -> None:
    if found != wanted:
        raise AssertionError(f"{what} is {found!r} to the client, not {wanted!r}")


class Steps:
    """Each step by its name, over one client as the SDK's own documentation makes it."""

    def __init__(self) -> None:
        self._credential = ClientSecretCredential(
            os.environ["AZURE_TENANT_ID"],
            os.environ["AZURE_CLIENT_ID"],
            os.environ["AZURE_CLIENT_SECRET"],
        )
        self._graph = GraphServiceClient(self._credential, [GRAPH])
        self._app = Application()
        self._principal = ServicePrincipal()

    @property
    def _item(self) -> Any:
        return self._graph.applications.by_application_id(self._app.id)

    async def sign_in(self) -> None:
        token = await self._credential.get_token(GRAPH)
        expect("the token's parts", token.token.count("."), 2)

    async def app_create(self) -> None:
        self._app = await self._graph.applications.post(
            Application(
                display_name=APP,
                sign_in_audience="AzureADMultipleOrgs",
                web=WebApplication(redirect_uris=[REDIRECT_URI]),
            )
        )
        expect("the audience", self._app.sign_in_audience, "AzureADMultipleOrgs")

    async def app_show(self) -> None:
        shown = await self._item.get()
        expect("the client id", shown.app_id, self._app.app_id)
        expect("the redirect URIs", shown.web.redirect_uris, [REDIRECT_URI])
        by_client_id = await self._graph.applications_with_app_id(self._app.app_id).get()
        expect("the object id", by_client_id.id, self._app.id)

    async def app_update(self) -> None:
        await self._item.patch(Application(notes="changed", tags=["peer"]))
        shown = await self._item.get()
        expect("the notes", (shown.notes, shown.tags), ("changed", ["peer"]))

    async def app_list(self) -> None:
        expect("the list", await self._found(f"displayName eq '{APP}'"), [self._app.id])
        expect("every page", len(await self._found(None)), 2)  # one is the identity's own

    async def _found(self, condition: str | None) -> list[str]:
        """By an advanced query, and page by page."""
        query = Query(filter=condition, count=True, select=["id", "displayName"], top=1)
        wanted = RequestConfiguration(query_parameters=query)
        wanted.headers.add("ConsistencyLevel", "eventual")
        page = await self._graph.applications.get(wanted)
        found = [each.id for each in page.value]
        while page.odata_next_link:
            page = await self._graph.applications.with_url(page.odata_next_link).get()
            found += [each.id for each in page.value]
        return found

    async def service_principal_create(self) -> None:
        wanted = ServicePrincipal(app_id=self._app.app_id)
        self._principal = await self._graph.service_principals.post(wanted)
        expect("the display name", self._principal.display_name, APP)

    async def permission_grant(self) -> None:
        api = await self._graph.service_principals_with_app_id(AZURE_DEVOPS).get()
        grants = self._graph.oauth2_permission_grants
        made = await grants.post(
            OAuth2PermissionGrant(
                client_id=self._principal.id,
                consent_type="AllPrincipals",
                resource_id=api.id,
                scope="vso.project",
            )
        )
        grant = grants.by_o_auth2_permission_grant_id(made.id)
        await grant.patch(OAuth2PermissionGrant(scope="vso.project vso.code"))
        expect("what is granted", (await grant.get()).scope, "vso.project vso.code")
        await grant.delete()
        own = self._graph.service_principals.by_service_principal_id(self._principal.id)
        expect("what is left", (await own.oauth2_permission_grants.get()).value, [])

    async def credential_reset(self) -> None:
        wanted = PasswordCredential(display_name="peer")
        made = await self._item.add_password.post(
            AddPasswordPostRequestBody(password_credential=wanted)
        )
        expect("the hint", made.hint, made.secret_text[:3])
        await self._item.remove_password.post(RemovePasswordPostRequestBody(key_id=made.key_id))
        expect("what is left", (await self._item.get()).password_credentials, [])

    async def app_delete(self) -> None:
        await self._item.delete()
        expect("the list", await self._found(f"displayName eq '{APP}'"), [])
        deleted = self._graph.directory.deleted_items
        await deleted.by_directory_object_id(self._app.id).restore.post()
        expect("the restored name", (await self._item.get()).display_name, APP)
        await self._item.delete()

    async def close(self) -> None:
        await self._credential.close()


async def main() -> None:
    steps = Steps()
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        problem = None
        try:
            await getattr(steps, line.strip().replace(" ", "_"))()
        except Exception as error:  # whatever the SDK says against an answer is the verdict
            problem = f"{type(error).__name__}: {error}"
        print(json.dumps({"problem": problem}), flush=True)
    await steps.close()


if __name__ == "__main__":
    asyncio.run(main())
