# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The results as a page of Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench import fleet, quotas
from bench.fleet import FORKS, Size
from bench.machine import describe
from bench.quotas import Throttled
from bench.runs import Row

# Milliseconds that a converged connector of a fleet may take.
AIM = 60

HEADS = ("", "s", "x empty play", "CPU s", "round trips", "beyond waits", "each part of a `$batch`")


def render(
    tables: Mapping[float, Sequence[Row]],
    sizes: Sequence[Size],
    throttled: Sequence[Throttled],
    pictures: Sequence[str],
    repeat: int,
    load: float,
) -> str:
    return "\n".join(
        [
            _HEAD.format(machine=describe(), load=load, repeat=repeat),
            "## One connector",
            _RUNS,
            *(line for latency, rows in tables.items() for line in _runs(latency, rows)),
            "## Where the time goes",
            _PICTURES,
            *(f"![Requests, waits and Ansible's tasks](images/{name})\n" for name in pictures),
            "## A fleet",
            _FLEET.format(forks=FORKS),
            *fleet.lines(sizes),
            *_aim(sizes[-1]),
            *_growth(sizes),
            "",
            "## At the services' quotas",
            _QUOTAS,
            *quotas.lines(throttled),
            "",
            _PEERS,
        ]
    )


def _runs(latency: float, rows: Sequence[Row]) -> list[str]:
    base = rows[0].median("seconds")
    cells = [
        (
            row.name,
            f"{row.median('seconds'):.2f}",
            f"{row.median('seconds') / base:.2f}",
            f"{row.median('cpu'):.2f}",
            f"{row.median('trips'):.0f}",
            f"{row.median('beyond_waits'):.0f}",
            f"{row.median('parts'):.0f}",
        )
        for row in rows
    ]
    table = ["| " + " | ".join(line) + " |" for line in (HEADS, ["---"] * len(HEADS), *cells)]
    return [f"With {latency:g} ms latency:\n", *table, "", *_budget(latency, rows)]


def _budget(latency: float, rows: Sequence[Row]) -> list[str]:
    """The aim of a converged run that waits for a network."""
    if not latency:
        return []
    base, converged = rows[0].median("seconds"), rows[3].median("seconds")
    return [
        f"The converged run's aim, twice the empty play and 7 x {latency:g} ms, is "
        f"{2 * base + 7 * latency / 1000:.2f} s; it took {converged:.2f} s.\n"
    ]


def _aim(largest: Size) -> list[str]:
    cpu, wall = (1000 * largest.above_empty(name) for name in ("cpu", "seconds"))
    verdict = "reached" if max(cpu, wall) <= AIM else "not reached"
    return [
        "",
        f"The aim of {AIM} ms of CPU and of wall time a connector is {verdict}: with "
        f"{largest.hosts} connectors it is {cpu:.0f} and {wall:.0f} ms. Of the CPU, "
        f"{1000 * largest.of_ansible('cpu'):.0f} ms are Ansible's workers alone.",
    ]


def _growth(sizes: Sequence[Size]) -> list[str]:
    if len(sizes) < 2:
        return []
    cpu, wall = (fleet.exponent(sizes, name) for name in ("cpu", "seconds"))
    first, last = sizes[0], sizes[-1]
    kilobytes = (last.peak() - first.peak()) / (last.hosts - first.hosts)
    return [
        "",
        f"Above the empty play, CPU grows as the number of connectors to the power of {cpu:.2f}, "
        f"wall time to that of {wall:.2f}, where 1 is linear; memory by {kilobytes:.0f} KiB each.",
    ]


_HEAD = """<!--
SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
SPDX-License-Identifier: GPL-3.0-or-later

`make bench OPTIONS="--write docs/performance.md"` writes this page.
-->
# Performance

Measured against the sandbox on loopback: {machine}.
The load average was {load:.1f} when it began. Medians of {repeat}, the rows of a table by turns in
one run.
Machines are noisy: ratios say more than seconds.
"""

_RUNS = """
The first run registers the application, grants consent, makes a secret, proves it by two sign-ins,
writes the profile and confirms. The converged run finds all as it should be. Scopes are derived
from actions, which costs the read of the actions; the last row is without that. Round trips come
one after the other, MSAL's own discovery among them; a wait is a read until the directory shows
what was just written.
"""

_PICTURES = """
Grey is Ansible; a coloured bar is a request with the time on its way; a pause between two requests
of a task is a wait, for a new secret to be good everywhere.
"""

_FLEET = """
All connectors of an inventory, converged, with {forks} forks. What is the same for every host (the
token, the API's service principal and scopes, the actions, the list of profiles) is read once per
play; what is left are three requests a connector: its application, service principal and grants.
It takes three tasks, the look, the question whether there is something to do, and the fact with the
result, and Ansible forks a worker for each task of each host, also where the task is skipped: what
three skipped tasks cost stands beside it.
"""

_QUOTAS = """
A fleet is onboarded under quotas of the services' own shape (so many in a window, then 429 with
Retry-After until it ends), made small. A request that is refused waits as long as the service says,
so each fork meets at most one refusal a window. Counted is from when the fleet first asked for more
than it got; the first window, which is open at once, is not counted.
"""

_PEERS = """The same job by Azure CLI, azure.azcollection and CLI for Microsoft 365 is on
[a page of its own](performance-peers.md).
"""
