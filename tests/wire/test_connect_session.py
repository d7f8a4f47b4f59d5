# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""stackone_connect_session: a link for a customer, treated as the secret that it is."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from sandbox.client import Sandbox
from support.facts import LOST_ANSWERS
from support.modules import Modules

CUSTOMER = {"origin_owner_id": "customer-42", "origin_owner_name": "Contoso"}


def sessions(sandbox: Sandbox) -> list[dict[str, Any]]:
    return list(sandbox.state()["connect_sessions"])


@pytest.mark.parametrize("status", [200, 201])
def test_a_session_and_its_link(modules: Modules, sandbox: Sandbox, status: int) -> None:
    sandbox.options(connect_session_status=status)
    call = modules.stackone_connect_session(**CUSTOMER).ok()
    (made,) = sessions(sandbox)
    assert call.changed
    assert call["session"] == {"id": made["id"], "expires_in": 1800}
    assert (call["auth_link_url"], call["token"]) == (made["auth_link_url"], made["token"])
    assert made["request"] == {**CUSTOMER, "expires_in": 1800}
    assert call.diff_of("connect session") == (
        {},
        {"origin_owner_id": "customer-42", "expires_in": 1800},
    )


def test_no_session_is_made_whose_link_has_nowhere_to_go(
    modules: Modules, sandbox: Sandbox, tmp_path: Path
) -> None:
    for dest in (tmp_path / "missing" / "link", tmp_path):
        modules.stackone_connect_session(**CUSTOMER, dest=str(dest)).refused("cannot be written")
    assert sessions(sandbox) == []


def test_every_run_makes_a_new_one(modules: Modules, sandbox: Sandbox) -> None:
    for _time in range(2):
        assert modules.stackone_connect_session(**CUSTOMER).ok().changed
    assert len(sessions(sandbox)) == 2


def test_all_options_are_sent(modules: Modules, sandbox: Sandbox) -> None:
    profile = sandbox.edit(kind="profiles", add={"name": "P", "connector_key": "azuredevops"})
    call = modules.stackone_connect_session(
        **CUSTOMER, profile_id=profile["id"], expires_in=86400, label="Main account"
    ).ok()
    (made,) = sessions(sandbox)
    assert made["request"] == {
        **CUSTOMER,
        "integration_id": profile["id"],
        "expires_in": 86400,
        "label": "Main account",
    }
    assert call["session"]["expires_in"] == 86400


def test_check_mode_makes_neither_session_nor_file(
    modules: Modules, sandbox: Sandbox, tmp_path: Path
) -> None:
    dest = tmp_path / "link"
    for profile_id in (None, ""):
        call = modules.check(
            "stackone_connect_session", **CUSTOMER, dest=str(dest), profile_id=profile_id
        ).ok()
        assert call.changed
        assert call["session"] == {"id": None, "expires_in": 1800}
        assert "token" not in call.result
        assert "auth_link_url" not in call.result
    assert (sessions(sandbox), dest.exists()) == ([], False)


def test_link_in_a_file_for_its_owner_alone(modules: Modules, tmp_path: Path) -> None:
    dest = tmp_path / "link"
    dest.write_text("an older link", "utf-8")
    dest.chmod(0o644)
    before = os.umask(0)
    try:
        call = modules.stackone_connect_session(**CUSTOMER, dest=str(dest)).ok()
    finally:
        os.umask(before)
    assert dest.read_text("utf-8") == call["auth_link_url"] + "\n"
    assert stat.S_IMODE(dest.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [dest], "no draft is left"


def test_file_that_cannot_be_written(modules: Modules, tmp_path: Path) -> None:
    dest = tmp_path / "none" / "link"
    call = modules.stackone_connect_session(**CUSTOMER, dest=str(dest))
    call.refused(str(dest), "cannot be written", kind="ConfigurationError")
    folder = tmp_path / "folder"
    folder.mkdir()
    call = modules.stackone_connect_session(**CUSTOMER, dest=str(folder))
    call.refused(str(folder), "cannot be written", kind="ConfigurationError")
    assert list(tmp_path.iterdir()) == [folder], "no draft is left"


def test_unknown_profile(modules: Modules, sandbox: Sandbox) -> None:
    call = modules.stackone_connect_session(**CUSTOMER, profile_id="none")
    call.refused("'none'", status=404, method="POST")
    assert sessions(sandbox) == []


@pytest.mark.parametrize("missing", CUSTOMER)
def test_what_a_session_needs(modules: Modules, sandbox: Sandbox, missing: str) -> None:
    options = {name: value for name, value in CUSTOMER.items() if name != missing}
    modules.stackone_connect_session(**options).refused(missing)
    assert sandbox.requests() == []


@pytest.mark.parametrize("lost", LOST_ANSWERS)
def test_lost_answer_is_an_error_and_is_not_asked_again(
    modules: Modules, sandbox: Sandbox, lost: str
) -> None:
    """No read shows sessions, so a second one is not made behind the user's back."""
    sandbox.faults([{"match": {"method": "POST"}, "fault": LOST_ANSWERS[lost]}])
    call = modules.stackone_connect_session(**CUSTOMER)
    call.refused(kind="LostAnswerError", maybe_acted=True)
    assert len(sessions(sandbox)) == (0 if lost == "drop_before" else 1)
    assert len(sandbox.requests()) == 1
