# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The comparison with the peers as a page of Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bench.contenders import LIFETIME_DAYS, SCOPES, Contender
from bench.findings import Aftermath, repeated, undone
from bench.machine import describe
from bench.stopwatch import Lap

if TYPE_CHECKING:
    from bench.peers import Course

Result = tuple[Lap, Aftermath]
HEADS = ("", "first run, s", "x", "requests", "CPU s", "again, s", "x", "requests", "CPU s")


@dataclass
class Comparison:
    """One contender with all its results, or the reason why there are none."""

    name: str
    contender: Contender | None = None
    course: Course | None = None
    reason: str = ""
    lagging: Aftermath | None = None
    results: dict[float, list[tuple[Result, Result]]] = field(default_factory=dict)

    def add(self, latency: float, first: Result, again: Result) -> None:
        self.results.setdefault(latency, []).append((first, again))

    def median(self, latency: float, which: int, what: str) -> float:
        """Of the first (0) or the second (1) runs."""
        return statistics.median(getattr(runs[which][0], what) for runs in self.results[latency])

    def undone(self) -> list[str]:
        return undone(self._last()[0][1])

    def repeated(self) -> list[str]:
        first, again = self._last()
        return repeated(first[1], again[1])

    def _last(self) -> tuple[Result, Result]:
        return list(self.results.values())[-1][-1]


def render(
    comparisons: Sequence[Comparison],
    latencies: Sequence[float],
    repeat: int,
    load: float,
    lag: float,
) -> str:
    parts = [
        _introduction(repeat, load),
        *(_measured(comparisons, latency) for latency in latencies),
        _left(comparisons, lag),
        _commands(comparisons),
    ]
    return "\n".join(parts)


def _introduction(repeat: int, load: float) -> str:
    noise = "; it was busy with other work, so the seconds are noisy" if load > 0.7 else ""
    return f"""<!--
SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
SPDX-License-Identifier: GPL-3.0-or-later

`make bench-peers OPTIONS="--write docs/performance-peers.md"` writes this page.
-->
# Beside the peers

The job: a multitenant application with a redirect URI, delegated permissions on Azure DevOps
({", ".join(f"`{scope}`" for scope in SCOPES)}), admin consent for them, a client secret for
{LIFETIME_DAYS} days, and a StackOne connector profile that holds it. Each does as much of it as its
own commands can, in an empty tenant, and then runs the same commands again.

All run against the project's sandbox, which stands for the services under their public names with
no other setting, so every client does what it does with the real ones. Medians of {repeat},
measured in one run, by turns; x is the ratio of seconds to this collection's. Requests are round
trips as the sandbox counts them, a `$batch` being one. The command line tools sign in during the
first run and keep their session for the second; Ansible's modules sign in every time.

Measured on {describe()}. The load average was {load:.1f} when it began{noise}.
"""


def _measured(comparisons: Sequence[Comparison], latency: float) -> str:
    title = f"## With {latency:g} ms latency\n"
    return "\n".join([title, *_table(HEADS, _rows(comparisons, latency)), ""])


def _rows(comparisons: Sequence[Comparison], latency: float) -> Iterator[list[str]]:
    own = comparisons[0]  # the collection needs no installation that could fail
    for each in comparisons:
        if each.contender is None:
            yield [each.name, f"not run: {each.reason}", *[""] * (len(HEADS) - 2)]
            continue
        row = [f"{each.name} {each.contender.version}"]
        for which in (0, 1):
            seconds = each.median(latency, which, "seconds")
            row += [
                f"{seconds:.2f}",
                f"{seconds / own.median(latency, which, 'seconds'):.1f}",
                f"{each.median(latency, which, 'trips'):.0f}",
                f"{each.median(latency, which, 'cpu'):.2f}",
            ]
        yield row


def _left(comparisons: Sequence[Comparison], lag: float) -> str:
    rows = [
        [
            each.name,
            _listed(each.undone()),
            _listed(each.repeated()),
            _listed(undone(each.lagging)) if each.lagging else "",
        ]
        for each in comparisons
        if each.contender
    ]
    title = "## What each leaves undone, and what it does again\n"
    note = f"""Read off the sandbox's state, its journal and the output of the runs. In the last
column the directory shows {lag:g} s late what was written, as Entra's may.
"""
    heads = ("", "a first run leaves undone", "a second run", "a first run, with that lag")
    return "\n".join([title, note, *_table(heads, rows), ""])


def _listed(found: Sequence[str]) -> str:
    return "; ".join(found) or "nothing"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]] | Iterator[list[str]]) -> list[str]:
    align = ["---"] + ["---"] * (len(heads) - 1)
    return [f"| {' | '.join(each)} |" for each in (heads, align, *rows)]


def _commands(comparisons: Sequence[Comparison]) -> str:
    parts = ["## What each ran\n"]
    for each in comparisons:
        if each.contender is None:
            continue
        parts.append(f"### {each.name}\n")
        script = "\n".join(filter(None, [each.contender.sign_in, each.contender.job]))
        parts.append(f"```bash\n{script}\n```\n")
        for name, text in each.contender.files.items():
            kind = name.rpartition(".")[2].replace("yml", "yaml")
            parts.append(f"`{name}`:\n\n```{kind}\n{text.strip()}\n```\n")
    return "\n".join(parts)
