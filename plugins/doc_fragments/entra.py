# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the connection options of every entra_* module."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  tenant_id:
    description:
      - Directory to work in, by its GUID or one of its verified domains.
      - If the task does not set it, the first of E(AZURE_TENANT_ID) and E(AZURE_TENANT) that is set counts.
    type: str
  auth_method:
    description:
      - How the identity that does the work signs in.
      - V(auto) takes the first of the other choices, in their order, that is configured. What is given on the task
        counts before what the environment holds.
      - If the task does not set it, E(ENTRA_AUTH_METHOD) counts.
    type: str
    default: auto
    choices: [auto, access_token, client_secret, certificate, workload_identity, managed_identity, azure_cli]
  auth_client_id:
    description:
      - Client id of the identity that does the work, never of the application that is being managed.
      - For O(auth_method=managed_identity) it chooses a user-assigned identity.
      - If the task does not set it, E(AZURE_CLIENT_ID) counts.
    type: str
  auth_client_secret:
    description:
      - Client secret of that identity.
      - If the task does not set it, the first of E(AZURE_CLIENT_SECRET) and E(AZURE_SECRET) that is set counts.
    type: str
  auth_certificate_path:
    description:
      - Certificate of that identity with its private key, as a PEM (both in one file, in any order) or PFX file.
      - If the task does not set it, E(AZURE_CLIENT_CERTIFICATE_PATH) counts.
    type: path
  auth_certificate_password:
    description:
      - Password of the certificate file.
      - If the task does not set it, E(AZURE_CLIENT_CERTIFICATE_PASSWORD) counts.
    type: str
  auth_send_x5c:
    description:
      - Whether the certificates of the file are sent with the request, for an identity that trusts their subject and
        issuer instead of one registered certificate (Subject Name/Issuer authentication).
      - If the task does not set it, the first of E(ENTRA_SEND_X5C) and E(AZURE_CLIENT_SEND_CERTIFICATE_CHAIN) that is
        set counts.
    type: bool
    default: false
  auth_federated_token_file:
    description:
      - File with a token of another issuer, for workload identity federation. It is read anew at each use.
      - In GitHub Actions and Azure Pipelines none is needed. They are asked for a token by the variables that they set.
      - If the task does not set it, E(AZURE_FEDERATED_TOKEN_FILE) counts.
    type: path
  access_token:
    description:
      - A token for Microsoft Graph that was got elsewhere, for example by M(stackone.onboarding.entra_token).
      - If the task does not set it, E(ENTRA_ACCESS_TOKEN) counts.
    type: str
  cloud:
    description:
      - Which of Microsoft's clouds the directory is in.
      - If the task does not set it, the first of E(ENTRA_CLOUD) and E(AZURE_CLOUD_ENVIRONMENT) that is set counts. The
        latter, as AWX sets it, has the names C(AzureCloud), C(AzureUSGovernment) and C(AzureChinaCloud) for them.
    type: str
    default: public
    choices: [public, us_government, us_government_dod, china]
  graph_url:
    description:
      - Overrides the cloud's address of Microsoft Graph. C(/v1.0) is appended.
      - If the task does not set it, E(ENTRA_GRAPH_URL) counts.
    type: str
  authority_url:
    description:
      - Overrides the cloud's address to sign in at. The tenant is appended.
      - If the task does not set it, E(ENTRA_AUTHORITY_URL) counts.
    type: str
  ca_path:
    description:
      - PEM file of the certification authorities to trust, or a folder that C(openssl rehash) has prepared, where a
        private one signed the certificate.
      - If the task does not set it, E(REQUESTS_CA_BUNDLE) counts.
    type: path
  validate_certs:
    description: Whether the servers' TLS certificates are checked. Leave it on.
    type: bool
    default: true
  request_timeout:
    description: Seconds for one HTTP request.
    type: float
    default: 30.0
  wait_timeout:
    description: Seconds in all for the directory to catch up with a write, and for retries.
    type: float
    default: 300.0
requirements:
  - msal >= 1.30.0
  - requests
"""

    # For the module that returns a token, and so takes none. Fragments must be literal: a test
    # keeps both equal to the table of options that the modules share.
    SIGN_IN = r"""
options:
  tenant_id:
    description:
      - Directory to work in, by its GUID or one of its verified domains.
      - If the task does not set it, the first of E(AZURE_TENANT_ID) and E(AZURE_TENANT) that is set counts.
    type: str
  auth_method:
    description:
      - How the identity that does the work signs in.
      - V(auto) takes the first of the other choices, in their order, that is configured. What is given on the task
        counts before what the environment holds.
      - If the task does not set it, E(ENTRA_AUTH_METHOD) counts.
    type: str
    default: auto
    choices: [auto, client_secret, certificate, workload_identity, managed_identity, azure_cli]
  auth_client_id:
    description:
      - Client id of the identity that does the work, never of the application that is being managed.
      - For O(auth_method=managed_identity) it chooses a user-assigned identity.
      - If the task does not set it, E(AZURE_CLIENT_ID) counts.
    type: str
  auth_client_secret:
    description:
      - Client secret of that identity.
      - If the task does not set it, the first of E(AZURE_CLIENT_SECRET) and E(AZURE_SECRET) that is set counts.
    type: str
  auth_certificate_path:
    description:
      - Certificate of that identity with its private key, as a PEM (both in one file, in any order) or PFX file.
      - If the task does not set it, E(AZURE_CLIENT_CERTIFICATE_PATH) counts.
    type: path
  auth_certificate_password:
    description:
      - Password of the certificate file.
      - If the task does not set it, E(AZURE_CLIENT_CERTIFICATE_PASSWORD) counts.
    type: str
  auth_send_x5c:
    description:
      - Whether the certificates of the file are sent with the request, for an identity that trusts their subject and
        issuer instead of one registered certificate (Subject Name/Issuer authentication).
      - If the task does not set it, the first of E(ENTRA_SEND_X5C) and E(AZURE_CLIENT_SEND_CERTIFICATE_CHAIN) that is
        set counts.
    type: bool
    default: false
  auth_federated_token_file:
    description:
      - File with a token of another issuer, for workload identity federation. It is read anew at each use.
      - In GitHub Actions and Azure Pipelines none is needed. They are asked for a token by the variables that they set.
      - If the task does not set it, E(AZURE_FEDERATED_TOKEN_FILE) counts.
    type: path
  cloud:
    description:
      - Which of Microsoft's clouds the directory is in.
      - If the task does not set it, the first of E(ENTRA_CLOUD) and E(AZURE_CLOUD_ENVIRONMENT) that is set counts. The
        latter, as AWX sets it, has the names C(AzureCloud), C(AzureUSGovernment) and C(AzureChinaCloud) for them.
    type: str
    default: public
    choices: [public, us_government, us_government_dod, china]
  graph_url:
    description:
      - Overrides the cloud's address of Microsoft Graph. C(/v1.0) is appended.
      - If the task does not set it, E(ENTRA_GRAPH_URL) counts.
    type: str
  authority_url:
    description:
      - Overrides the cloud's address to sign in at. The tenant is appended.
      - If the task does not set it, E(ENTRA_AUTHORITY_URL) counts.
    type: str
  ca_path:
    description:
      - PEM file of the certification authorities to trust, or a folder that C(openssl rehash) has prepared, where a
        private one signed the certificate.
      - If the task does not set it, E(REQUESTS_CA_BUNDLE) counts.
    type: path
  validate_certs:
    description: Whether the servers' TLS certificates are checked. Leave it on.
    type: bool
    default: true
  request_timeout:
    description: Seconds for one HTTP request.
    type: float
    default: 30.0
  wait_timeout:
    description: Seconds in all for the directory to catch up with a write, and for retries.
    type: float
    default: 300.0
requirements:
  - msal >= 1.30.0
  - requests
"""
