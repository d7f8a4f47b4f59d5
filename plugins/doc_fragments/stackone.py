# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the connection options of every stackone_* module."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  api_key:
    description:
      - StackOne API key, C(v1.<region>.…), of the project to work in.
      - If the task does not set it, E(STACKONE_API_KEY) counts.
    type: str
  api_url:
    description:
      - Address of StackOne's API.
      - If the task does not set it, E(STACKONE_API_URL) counts.
    type: str
    default: https://api.stackone.com
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
    description: Seconds in all for retries.
    type: float
    default: 300.0
requirements:
  - requests
"""
