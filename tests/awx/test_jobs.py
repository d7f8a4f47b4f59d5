# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The project of awx/, run as AWX runs it, with credentials as its injectors hand them over."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from awx.job import Job, identity_with_secret, inventory_of
from sandbox.client import Sandbox
from support import looks
from support.leaks import Secrets


def known(secrets: Secrets) -> Secrets:
    """With what the services have given out in the meantime."""
    secrets.learn_from_wire()
    return secrets


def test_a_connector_comes_and_goes_and_no_secret_stays(
    sandbox: Sandbox, secrets: Secrets, tmp_path: Path
) -> None:
    first = Job(tmp_path / "first", sandbox, "onboard.yml", arguments="-vvvv --diff").run()
    assert first.code == 0, first.output
    held = looks.profile(sandbox)["setup_information"]["clientSecret"]
    assert held in known(secrets).known
    assert first.leaks(secrets) == []
    assert first.stats["customer0"]["changed"] > 0

    again = Job(tmp_path / "again", sandbox, "onboard.yml").run()
    assert again.code == 0, again.output
    assert again.stats["customer0"]["changed"] == 0

    force = {"entra_connector_rotate_force": "true", "entra_connector_overlap_days": 0}
    rotated = Job(tmp_path / "rotated", sandbox, "rotate.yml", extra_vars=force).run()
    assert rotated.code == 0, rotated.output
    assert looks.profile(sandbox)["setup_information"]["clientSecret"] != held
    assert rotated.leaks(known(secrets)) == []

    answers = {"connectors": "customer0", "offboard_confirmation": "customer0"}
    gone = Job(
        tmp_path / "gone", sandbox, "offboard.yml", extra_vars=answers, arguments="-vvvv --diff"
    ).run()
    assert gone.code == 0, gone.output
    assert sandbox.state()["profiles"] == []
    assert gone.leaks(known(secrets)) == []


def test_the_search_would_find_a_secret(sandbox: Sandbox, tmp_path: Path) -> None:
    """What AWX itself has to mask: runner writes the job's whole environment into the artifacts."""
    ran = Job(tmp_path / "job", sandbox, "rotate.yml").run()
    assert ran.code != 0
    assert ran.leaks(Secrets(sandbox)) == []
    ran.job.injected.kept.clear()
    keys = {"AZURE_CLIENT_SECRET", "STACKONE_API_KEY"}
    assert {sandbox.env()[key] for key in keys} == {
        leak.removeprefix("command: ") for leak in ran.leaks(Secrets(sandbox))
    }


def test_a_certificate_is_a_file_of_the_job(
    sandbox: Sandbox, secrets: Secrets, tmp_path: Path
) -> None:
    made = sandbox.certificate()
    secrets.learn([made["private_key"]])
    with_secret = identity_with_secret(sandbox)
    identity = with_secret.pop("Entra identity with a client secret")
    del identity["client_secret"]
    identity["certificate"] = made["private_key"] + made["certificate"]
    credentials = {**with_secret, "Entra identity with a certificate": identity}
    ran = Job(tmp_path / "job", sandbox, "onboard.yml", credentials=credentials).run()
    assert ran.code == 0, ran.output
    assert ran.leaks(known(secrets)) == []
    assert looks.profile(sandbox)["setup_information"]["clientSecret"] in secrets.known


def test_federation_needs_no_secret(sandbox: Sandbox, secrets: Secrets, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(sandbox.federated_token(), "utf-8")
    secrets.learn([token.read_text("utf-8")])
    with_secret = identity_with_secret(sandbox)
    identity = with_secret.pop("Entra identity with a client secret")
    del identity["client_secret"]
    identity["token_file"] = str(token)
    credentials = {**with_secret, "Entra identity by federation": identity}
    ran = Job(tmp_path / "job", sandbox, "onboard.yml", credentials=credentials).run()
    assert ran.code == 0, ran.output
    assert ran.leaks(known(secrets)) == []


def test_the_report_is_in_the_output(sandbox: Sandbox, secrets: Secrets, tmp_path: Path) -> None:
    folder = tmp_path / "job"
    dest = {"entra_connector_report_dest": "/runner/report.html"}
    inventory = inventory_of(2)
    ran = Job(folder, sandbox, "report.yml", inventory=inventory, extra_vars=dest).run()
    assert ran.code == 0, ran.output
    assert (folder / "report.html").exists()
    assert "customer0" in ran.output.partition("Show it as Markdown")[2]
    assert looks.mutating(sandbox) == []
    assert ran.leaks(known(secrets)) == []


@pytest.mark.parametrize(
    "answers",
    [
        {"connectors": "all", "offboard_confirmation": "customer0"},
        {"connectors": "all"},
        {},
    ],
    ids=["other", "unconfirmed", "unnamed"],
)
def test_nothing_is_taken_down_unless_named_twice(
    sandbox: Sandbox, tmp_path: Path, answers: dict[str, Any]
) -> None:
    inventory = inventory_of(2)
    arguments = "--limit customer1"
    ran = Job(
        tmp_path / "job",
        sandbox,
        "offboard.yml",
        inventory=inventory,
        extra_vars=answers,
        arguments=arguments,
    ).run()
    assert ran.code != 0
    assert sandbox.requests() == []
