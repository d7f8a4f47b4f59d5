# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures one person's run and a fleet's, beside what Ansible itself costs.

All rows of a table are measured in one run, by turns, and stand for medians: machines are noisy,
ratios are less so.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from bench import fleet, page, quotas, waterfall
from bench.fleet import Fleet
from bench.runs import Row, Runs
from sandbox.client import Sandbox

PICTURES = ("waterfall-first.svg", "waterfall-converged.svg")


def main() -> None:
    options = _arguments()
    load = os.getloadavg()[0]
    with Sandbox() as sandbox, tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        folder = Path(scratch)
        tables = {
            latency: _measured(Runs(sandbox, folder, latency).rows(), options.repeat)
            for latency in options.latency
        }
        sandbox.reset()
        sizes = fleet.measure(Fleet(sandbox, folder), options.connectors, options.repeat)
        throttled = [
            quotas.run(sandbox, Fleet(sandbox, folder), quota, options.throttled)
            for quota in quotas.QUOTAS
        ]
        pictures = list(Runs(sandbox, folder, options.latency[-1]).waterfalls())
    text = page.render(tables, sizes, throttled, PICTURES, options.repeat, load)
    print(text)
    if options.write:
        options.write.write_text(text, "utf-8")
        (options.write.parent / "images").mkdir(exist_ok=True)
        for name, (title, spans, seconds) in zip(PICTURES, pictures, strict=True):
            picture = options.write.parent / "images" / name
            picture.write_text(waterfall.render(title, spans, seconds), "utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--repeat", type=int, default=5, help="runs of each row")
    parser.add_argument(
        "--latency",
        type=float,
        nargs="+",
        default=[0.0, 100.0],
        help="milliseconds added to every request",
    )
    parser.add_argument("--connectors", type=int, nargs="+", default=[50, 100, 250, 500])
    parser.add_argument("--throttled", type=int, default=40, help="connectors under a quota")
    parser.add_argument("--write", type=Path, metavar="FILE", help="the page, and its pictures")
    return parser.parse_args()


def _measured(rows: list[Row], repeat: int) -> list[Row]:
    """By turns, so that what the machine does meanwhile meets every row."""
    for _turn in range(repeat):
        for row in rows:
            row.laps.append(row.run())
    return rows


if __name__ == "__main__":
    main()
