# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the token endpoint's refusals mean, and what to do.

From Microsoft's "Microsoft Entra authentication and authorization error codes", for what an
application that signs in as itself meets.
"""

from __future__ import annotations

_FEDERATED = (
    "Compare issuer, subject and audience of the federated credential with those of the token."
)
_CERTIFICATE = "Upload the certificate to the identity, or check auth_certificate_path."
_TIME = "Check the clock of the machine where this runs, and the age of the token."

MEANINGS: dict[int, tuple[str, str]] = {
    50013: ("The issuer's signature of the federated token is not good.", _FEDERATED),
    50027: ("The federated token is not a JWT.", "Check what auth_federated_token_file holds."),
    53003: (
        "A Conditional Access policy of the tenant refuses this sign-in.",
        "Ask the tenant's administrators to exempt the identity, or run from a permitted network.",
    ),
    70021: ("No federated credential of the application matches the token.", _FEDERATED),
    70025: (
        "The application has no federated credential.",
        "Add one for the issuer and subject of the token to the identity that does the work.",
    ),
    90002: (
        "There is no such tenant, or it is in another cloud.",
        "Check tenant_id (AZURE_TENANT_ID) and cloud (ENTRA_CLOUD).",
    ),
    500011: (
        "The tenant has no service principal of the service that the token is for.",
        "Check cloud (ENTRA_CLOUD) and tenant_id.",
    ),
    700016: (
        "The tenant has no application of that client id.",
        "Check auth_client_id (AZURE_CLIENT_ID) and tenant_id (AZURE_TENANT_ID).",
    ),
    700024: ("The assertion is not valid now: too old, or from the future.", _TIME),
    700027: ("The certificate is not registered on the application, or expired.", _CERTIFICATE),
    700038: (
        "The client id is not a GUID of an application.",
        "Check auth_client_id (AZURE_CLIENT_ID).",
    ),
    700211: ("No federated credential of the application has the token's issuer.", _FEDERATED),
    700212: ("No federated credential of the application has the token's audience.", _FEDERATED),
    700213: ("No federated credential of the application has the token's subject.", _FEDERATED),
    900023: (
        "The tenant is named neither by a GUID nor by a verified domain.",
        "Check tenant_id (AZURE_TENANT_ID).",
    ),
    7000112: (
        "The identity is disabled in the tenant.",
        "Set 'Enabled for users to sign-in' in the properties of its enterprise application.",
    ),
    7000215: (
        "Entra does not accept this client secret. "
        "Often the secret's id was copied instead of its value.",
        "Check auth_client_secret (AZURE_CLIENT_SECRET).",
    ),
    7000222: (
        "The client secret has expired.",
        "Create a new one for the identity that does the work.",
    ),
    7000229: (
        "The identity has an application but no service principal in this tenant.",
        "Create one (az ad sp create), or check tenant_id.",
    ),
}
