# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an application object looks like, and the rules for what may be written to it.

Sources: the application resource's page (types, limits, what is read-only), "Redirect URI (reply
URL) restrictions", "Supported account types" (256 URIs, no wildcards for multitenant), "Update
application".
"""

from __future__ import annotations

import copy
import uuid
from urllib.parse import urlsplit

from ..clock import iso
from ..directory import DEFAULT_DOMAIN, TENANT_ID, VERIFIED_DOMAINS
from ..replication import Record
from .errors import GraphError, bad_request

MAX_APIS = 50
MAX_PERMISSIONS = 400
MAX_REDIRECT_URIS = 256
READ_ONLY = (
    "id",
    "appId",
    "applicationTemplateId",
    "createdDateTime",
    "deletedDateTime",
    "disabledByMicrosoftStatus",
    "publisherDomain",
    "certification",
    "verifiedPublisher",
    "createdByAppId",
)
COMPLEX_DEFAULTS: Record = {
    "api": {
        "acceptMappedClaims": None,
        "knownClientApplications": [],
        "requestedAccessTokenVersion": None,
        "oauth2PermissionScopes": [],
        "preAuthorizedApplications": [],
    },
    "info": {
        "logoUrl": None,
        "marketingUrl": None,
        "privacyStatementUrl": None,
        "supportUrl": None,
        "termsOfServiceUrl": None,
    },
    "parentalControlSettings": {"countriesBlockedForMinors": [], "legalAgeGroupRule": "Allow"},
    "publicClient": {"redirectUris": []},
    "spa": {"redirectUris": []},
    "verifiedPublisher": {"displayName": None, "verifiedPublisherId": None, "addedDateTime": None},
    "web": {
        "homePageUrl": None,
        "logoutUrl": None,
        "redirectUris": [],
        "implicitGrantSettings": {
            "enableAccessTokenIssuance": False,
            "enableIdTokenIssuance": False,
        },
        "redirectUriSettings": [],
    },
}
SIMPLE_DEFAULTS: Record = {
    "deletedDateTime": None,
    "applicationTemplateId": None,
    "disabledByMicrosoftStatus": None,
    "createdByAppId": None,
    "displayName": None,
    "description": None,
    "groupMembershipClaims": None,
    "identifierUris": [],
    "isDeviceOnlyAuthSupported": None,
    "isFallbackPublicClient": None,
    "nativeAuthenticationApisEnabled": None,
    "notes": None,
    "publisherDomain": DEFAULT_DOMAIN,
    "serviceManagementReference": None,
    # What the upsert page's example answers when none is given.
    "signInAudience": "AzureADandPersonalMicrosoftAccount",
    "tags": [],
    "tokenEncryptionKeyId": None,
    "uniqueName": None,
    "samlMetadataUrl": None,
    "defaultRedirectUri": None,
    "certification": None,
    "optionalClaims": None,
    "servicePrincipalLockConfiguration": None,
    "requestSignatureVerification": None,
    "addIns": [],
    "appRoles": [],
    "keyCredentials": [],
    "passwordCredentials": [],
    "requiredResourceAccess": [],
}


def new_application(creator: str, owners: list[str], now: float) -> Record:
    """An application as the directory makes it before anything is written to it."""
    return {
        "id": str(uuid.uuid4()),
        "appId": str(uuid.uuid4()),
        "createdDateTime": iso(now),
        **copy.deepcopy(SIMPLE_DEFAULTS),
        **copy.deepcopy(COMPLEX_DEFAULTS),
        "_owners": owners,
        "_creator": creator,
        "_secrets": {},
        "_secret_since": {},
        "_federated": [],
    }


def merge(record: Record, body: Record) -> None:
    """Write the body: what it leaves out stays, complex values merge, arrays are replaced whole."""
    for name, value in body.items():
        if name.startswith("@odata") or "@odata." in name:
            continue
        if name in COMPLEX_DEFAULTS:
            record[name] = _merged(record[name], COMPLEX_DEFAULTS[name], value)
        else:
            record[name] = value
    uris = record["web"]["redirectUris"]
    record["web"]["redirectUriSettings"] = [{"uri": uri, "index": None} for uri in uris]


def _merged(old: Record, default: Record, new: Record | None) -> Record:
    if new is None:
        return copy.deepcopy(default)
    result = dict(old)
    for name, value in new.items():
        inner = default.get(name)
        result[name] = _merged(old[name], inner, value) if isinstance(inner, dict) else value
    return result


def check_body(body: Record) -> None:
    """Refuse what no application may have, whatever it is now."""
    for name in READ_ONLY:
        if name in body:
            raise bad_request(
                f"Property '{name}' is read-only and cannot be set.", code="ReadOnly", target=name
            )
    if "displayName" in body and not body["displayName"]:
        raise invalid("displayName")
    if len(body.get("displayName") or "") > 256:
        raise invalid("displayName")


def check_record(record: Record) -> None:
    """Refuse an application that would break a rule."""
    apis = record["requiredResourceAccess"]
    if len(apis) > MAX_APIS:
        raise invalid("requiredResourceAccess")
    if sum(len(api.get("resourceAccess", [])) for api in apis) > MAX_PERMISSIONS:
        raise invalid("requiredResourceAccess")
    if any("resourceAppId" not in api for api in apis):
        raise invalid("requiredResourceAccess")
    _check_redirect_uris(record)
    for uri in record["identifierUris"]:
        _check_identifier_uri(uri, record["appId"])


def _check_identifier_uri(uri: str, app_id: str) -> None:
    """It must name the app, the tenant or a verified domain (HostNameNotOnVerifiedDomain)."""
    host = urlsplit(uri).hostname or uri
    domains = tuple(f".{domain}" for domain in VERIFIED_DOMAINS)
    if host not in (app_id, TENANT_ID) and not f".{host}".endswith(domains):
        raise bad_request(
            "Values of identifierUris property must use a verified domain of the organization or"
            f" its subdomain: '{host}'",
            code="HostNameNotOnVerifiedDomain",
            target="identifierUris",
        )


def invalid(name: str, reason: str = "") -> GraphError:
    """A value that the property cannot have."""
    message = f"Invalid value specified for property '{name}' of resource 'Application'."
    return bad_request(f"{message} {reason}".strip(), code="InvalidValue", target=name)


def _check_redirect_uris(record: Record) -> None:
    uris: list[str] = record["web"]["redirectUris"]
    everywhere = [*uris, *record["spa"]["redirectUris"], *record["publicClient"]["redirectUris"]]
    if len(everywhere) > MAX_REDIRECT_URIS:
        raise invalid(
            "redirectUris", f"No more than {MAX_REDIRECT_URIS} redirect URIs are allowed."
        )
    for uri in uris:
        problem = _redirect_uri_problem(uri, record["signInAudience"])
        if problem:
            raise invalid("redirectUris", f"The URI '{uri}' {problem}.")


def _redirect_uri_problem(uri: str, audience: str) -> str:
    """What is wrong with a web redirect URI, or nothing."""
    parts = urlsplit(uri)
    if len(uri) > 256:
        return "is longer than 256 characters"
    if not parts.scheme or not parts.netloc:
        return "is not an absolute URI"
    if parts.fragment:
        return "has a fragment"
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname == "localhost"):
        return "must start with 'https' or 'http://localhost'"
    if "*" in uri and audience != "AzureADMyOrg":
        return "has a wildcard, which a multitenant application may not have"
    return ""
