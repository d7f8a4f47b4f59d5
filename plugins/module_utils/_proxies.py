# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proxies that the environment names: which is used for a URL, and what of it is secret.

requests goes by HTTPS_PROXY, ALL_PROXY and NO_PROXY, in either case; this only tells about them.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote
from urllib.request import getproxies_environment

# requests takes an empty proxy for none.
NONE = {"http": "", "https": ""}


def proxy_for(url: str) -> str:
    """The proxy on the way to a URL, without its credentials; empty where there is none."""
    from requests.utils import get_environ_proxies, select_proxy

    proxy = select_proxy(url, get_environ_proxies(url)) or ""
    return proxy and (proxy.rpartition("@")[2].rpartition("//")[2].rstrip("/") or "without a host")


def secrets() -> Iterator[str]:
    """The proxies' passwords, as the environment has them and as they are."""
    for proxy in getproxies_environment().values():
        password = proxy.rpartition("@")[0].rpartition("//")[2].partition(":")[2]
        if password:
            yield password
            yield unquote(password)
