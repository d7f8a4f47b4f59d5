# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the report's picture for the README, and the sample that the browser tests look at.

Both come from the playbook, run on an estate of connectors in the sandbox.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from browser import chromium
from browser.conftest import SAMPLE
from sandbox.client import Sandbox
from support import tree
from support.estate import Estate

PICTURE = tree.ROOT / "docs" / "images" / "report.png"


def main() -> int:
    executable = chromium.find()
    if executable is None:
        print(chromium.MISSING)
        return 1
    with Sandbox() as sandbox, tempfile.TemporaryDirectory(prefix="picture-") as folder:
        page = Path(folder) / "report.html"
        done = Estate(sandbox, Path(folder)).build().report(page)
        if done.code:
            print(done.output)
            return done.code
        shutil.copyfile(page.with_suffix(".json"), SAMPLE)
        PICTURE.parent.mkdir(exist_ok=True)
        with chromium.launched(executable) as browser:
            shown = browser.new_page(
                viewport={"width": 1120, "height": 800}, device_scale_factor=1.5
            )
            shown.goto(page.as_uri())
            shown.screenshot(path=PICTURE, full_page=True)
    print(f"{PICTURE.relative_to(tree.ROOT)} and {SAMPLE.relative_to(tree.ROOT)} are made anew.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
