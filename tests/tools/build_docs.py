# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the documentation's site: the how-tos of docs/, and the reference by antsibull-docs.

Any warning is an error. Needs docs/docsite/requirements.txt; "make docs" has it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
SITE = DOCS / "docsite"
SOURCE = DOCS / "_build" / "source"
HTML = DOCS / "_build" / "html"
BIN = Path(sys.executable).parent
COLLECTION = "stackone.onboarding"
REPOSITORY = "https://github.com/StackOneHQ/ansible-collection-onboarding/blob/main"

# What the reference refers to in Ansible's own documentation.
ANSIBLE_LABELS = {
    "action_plugins": "plugins/action.html#action-plugins Action plugins",
    "ansible_configuration_settings": (
        "reference_appendices/config.html#ansible-configuration-settings Configuration settings"
    ),
    "callback_plugins": "plugins/callback.html#callback-plugins Callback plugins",
    "common_return_values": (
        "reference_appendices/common_return_values.html#common-return-values Return values"
    ),
}

_LINK = re.compile(r"(?<=\]\()(?!https?:|#)([^)#\s]+)")
_REFERENCE = re.compile(r"plugins/(modules|filter|callback)/(\w+)\.py")


def main() -> int:
    shutil.rmtree(SOURCE, ignore_errors=True)
    reference = SOURCE / "reference"
    reference.mkdir(parents=True)
    reference.chmod(0o755)  # antsibull-docs wants that others cannot write there
    copy_pages()
    write_inventory()
    return run(
        "antsibull-docs", "collection", "--use-current", "--squash-hierarchy", "--fail-on-error",
        "--dest-dir", str(reference), COLLECTION,
    ) or run(
        "sphinx-build", "-M", "html", str(SOURCE), str(HTML.parent), "-c", str(SITE),
        "--fail-on-warning", "--keep-going", "--quiet",
    )  # fmt: skip


def run(command: str, *arguments: str) -> int:
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run([str(BIN / command), *arguments], env=environment, check=False).returncode


def write_inventory() -> None:
    """Sphinx's inventory, version 2, of the labels that are Ansible's."""
    lines = [f"{label} std:label -1 {where}\n" for label, where in ANSIBLE_LABELS.items()]
    head = [
        "# Sphinx inventory version 2",
        "# Project: Ansible",
        "# Version:",
        "# The remainder of this file is compressed using zlib.",
    ]
    text = "".join(f"{line}\n" for line in head).encode()
    (SOURCE / "ansible.inv").write_bytes(text + zlib.compress("".join(lines).encode()))


def copy_pages() -> None:
    """The pages with their pictures; links that leave the folder lead elsewhere on the site."""
    shutil.copytree(DOCS / "images", SOURCE / "images")
    for page in DOCS.glob("*.md"):
        name = "howtos.md" if page.stem == "README" else page.name
        (SOURCE / name).write_text(with_links(page), "utf-8")
    role = ROOT / "roles" / "entra_connector" / "README.md"
    (SOURCE / "role.md").write_text(with_links(role), "utf-8")
    index = (SITE / "index.md").read_text("utf-8")
    (SOURCE / "index.md").write_text(
        index.replace("@@PAGES@@", "\n".join(pages_in_order())), "utf-8"
    )


def pages_in_order() -> list[str]:
    """As docs/README.md lists them. Sphinx warns of a page that it leaves out."""
    listed = re.findall(r"\]\(([\w-]+)\.md\)", (DOCS / "README.md").read_text("utf-8"))
    return ["howtos", *dict.fromkeys(listed)]


def with_links(page: Path) -> str:
    return _LINK.sub(lambda link: target(page, link[1]), page.read_text("utf-8"))


def target(page: Path, link: str) -> str:
    """Where a link of a page leads on the site."""
    path = (page.parent / link).resolve()
    if not path.exists():
        sys.exit(f"{page.relative_to(ROOT)}: the link {link} leads nowhere")
    name = str(path.relative_to(ROOT))
    reference = _REFERENCE.fullmatch(name)
    if reference:
        kind = {"modules": "module"}.get(reference[1], reference[1])
        return f"reference/{reference[2]}_{kind}.rst"
    if path == DOCS / "README.md":
        return "howtos.md"
    if path == ROOT / "roles" / "entra_connector" / "README.md":
        return "role.md"
    if path.is_relative_to(DOCS) and path.is_file():
        return str(path.relative_to(DOCS))
    return f"{REPOSITORY}/{name}"


if __name__ == "__main__":
    sys.exit(main())
