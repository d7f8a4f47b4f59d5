# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report: what it costs, what it says of each connector, and how reports of slices merge."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackone.onboarding.plugins.filter.report_data import report_data
from ansible_collections.stackone.onboarding.plugins.filter.report_html import report_html
from ansible_collections.stackone.onboarding.plugins.filter.report_markdown import report_markdown
from ansible_collections.stackone.onboarding.plugins.module_utils._redact import forms_of
from sandbox.client import Sandbox
from support.estate import ACTIONS, REFUSED_KEY, REPORT, Estate
from support.playbooks import Player

HOSTS = ("contoso", "fabrikam", "northwind", "wingtip")

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def estate_sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def estate(estate_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Estate:
    return Estate(estate_sandbox, tmp_path_factory.mktemp("estate"), HOSTS).build()


@pytest.fixture(scope="module")
def page(estate: Estate, estate_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on the whole estate; the sandbox's journal has its requests and no others."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    estate_sandbox.clear()
    done = estate.report(path)
    assert done.code == 0, done.output
    path.with_suffix(".log").write_text(done.output, "utf-8")
    return path


@pytest.fixture(scope="module")
def journal(page: Path, estate_sandbox: Sandbox) -> list[dict[str, Any]]:
    return estate_sandbox.requests()


def rows_of(page: Path) -> dict[str, dict[str, Any]]:
    report = json.loads(page.with_suffix(".json").read_text("utf-8"))
    return {row["host"]: row for row in report["connectors"]}


def trips(journal: list[dict[str, Any]]) -> int:
    """HTTP requests beyond those that sign in."""
    return len({item["wire"] for item in journal if item["service"] != "login"})


def test_one_connector_costs_five_requests_and_changes_nothing(
    player: Player, sandbox: Sandbox, tmp_path: Path
) -> None:
    assert player.onboard(actions=ACTIONS).code == 0
    before = sandbox.state()
    sandbox.clear()
    done = player.play(REPORT, actions=ACTIONS, report_dest=str(tmp_path / "report.html"))
    assert done.code == 0, done.output
    assert 0 < trips(sandbox.requests()) <= 5
    assert not [item for item in sandbox.requests() if item["mutating"]]
    assert sandbox.state() == before


def test_a_fleet_costs_no_more_for_each(journal: list[dict[str, Any]]) -> None:
    assert len(HOSTS) < trips(journal) <= 5 * len(HOSTS)
    assert not [item for item in journal if item["mutating"]]


def test_each_connector_has_its_state(page: Path) -> None:
    rows = rows_of(page)
    assert {host: row["state"] for host, row in rows.items()} == {
        "wingtip": "broken",
        "fabrikam": "drifted",
        "contoso": "ok",
        "northwind": "ok",
    }
    assert rows["contoso"]["parts"] == dict.fromkeys(("app", "consent", "secret", "profile"), "ok")
    assert rows["fabrikam"]["parts"]["app"] == "drifted"
    assert rows["fabrikam"]["parts"]["consent"] == "drifted"
    assert [item["text"] for item in rows["fabrikam"]["warnings"]] == [
        "Application, redirect URIs: lacks "
        "https://api.stackone.com/connect/oauth2/azuredevops/callback",
        "Consent to Azure DevOps, scopes: lacks vso.work_write",
    ]
    kinds = [item["kind"] for item in rows["northwind"]["secrets"]]
    assert sorted(kinds) == ["current", "superseded", "unconfirmed"]
    report = json.loads(page.with_suffix(".json").read_text("utf-8"))
    assert report["counts"] == {"connectors": 4, "broken": 1, "drifted": 1, "due": 0, "ok": 2}


def test_a_connector_that_cannot_be_seen_is_there_with_its_error(page: Path) -> None:
    row = rows_of(page)["wingtip"]
    assert "401" in row["error"] and "api_key" in row["error"]
    assert set(row["parts"].values()) == {"unknown"}
    assert "StackOne refused the API key" in page.read_text("utf-8")
    # The play goes on with it, and succeeds.
    assert re.search(
        r"wingtip +: ok=\d+ .* failed=0 .* rescued=1", page.with_suffix(".log").read_text()
    )


def test_no_secret_is_in_any_of_it(
    page: Path, estate_sandbox: Sandbox, journal: list[dict[str, Any]]
) -> None:
    environment = estate_sandbox.env()
    state = estate_sandbox.state()
    secrets = {
        environment["AZURE_CLIENT_SECRET"],
        environment["STACKONE_API_KEY"],
        REFUSED_KEY,
        *(item["setup_information"]["clientSecret"] for item in state["profiles"]),
        *(
            item["answer"]["access_token"]
            for item in journal
            if item["service"] == "login" and "access_token" in (item["answer"] or {})
        ),
    }
    assert len(secrets) >= 3 + len(HOSTS)
    for suffix in (".html", ".json", ".md", ".log"):
        text = page.with_suffix(suffix).read_text("utf-8")
        assert "StackOne for contoso" in text or suffix in (".md", ".log")
        found = [form for secret in secrets for form in {secret, *forms_of(secret)} if form in text]
        assert found == [], suffix
    hints = [item["setup_information"]["clientSecret"][:3] for item in state["profiles"]]
    data = page.with_suffix(".json").read_text("utf-8")
    assert not [hint for hint in hints if f'"{hint}"' in data]


def test_the_files_are_not_for_everybody(page: Path) -> None:
    for suffix in (".html", ".json", ".md"):
        assert page.with_suffix(suffix).stat().st_mode & 0o777 == 0o640


def test_markdown_says_it_too(page: Path) -> None:
    text = page.with_suffix(".md").read_text("utf-8")
    assert "4 connectors, 1 broken, 1 drifted, 0 due, 2 ok." in text
    assert (
        "- **fabrikam** (drifted): Consent to Azure DevOps, scopes: lacks vso.work\\_write" in text
    )
    assert "| fabrikam | drifted | drifted | drifted | ok | ok | 2 |" in text
    assert re.search(r"\| northwind \| superseded \| .* \|  \|", text)
    assert re.search(r"\| northwind \| current \| .*, in 4 months \|", text)


def test_two_slices_merge_into_one_report(
    estate: Estate, estate_sandbox: Sandbox, page: Path, tmp_path: Path
) -> None:
    first, second, both = (tmp_path / f"{name}.html" for name in ("first", "second", "both"))
    assert estate.report(first, "contoso", "wingtip").code == 0
    assert set(rows_of(first)) == {"contoso", "wingtip"}
    done = estate.report(second, "fabrikam", "northwind", merge=[str(first.with_suffix(".json"))])
    assert done.code == 0, done.output
    assert timeless(second) == timeless(page)
    # A play over the implicit localhost has no connector of its own, and asks nobody.
    estate_sandbox.clear()
    merged = estate.player.play(
        REPORT,
        hosts=[],
        extra_vars={"connectors": "localhost"},
        report_dest=str(both),
        report_merge=[str(second.with_suffix(".json"))],
    )
    assert merged.code == 0, merged.output
    assert timeless(both) == timeless(page)
    assert estate_sandbox.requests() == []


def timeless(page: Path) -> dict[str, Any]:
    """The report but for the times of looking, and the ids of requests in messages."""
    report = json.loads(page.with_suffix(".json").read_text("utf-8"))
    for row in report["connectors"]:
        del row["looked_at"]
        row["error"] = row["error"] and _ID.sub("an id", row["error"])
        for item in row["warnings"]:
            item["text"] = _ID.sub("an id", item["text"])
    del report["generated_at"]
    return dict(report)


def test_an_empty_inventory_merges(
    player: Player, sandbox: Sandbox, page: Path, tmp_path: Path
) -> None:
    dest = tmp_path / "merged.html"
    inventory = tmp_path / "nobody.yml"
    inventory.write_text("all:\n")
    done = player.play(
        REPORT,
        "--inventory",
        str(inventory),
        hosts=[],
        report_dest=str(dest),
        report_merge=[str(page.with_suffix(".json"))],
    )
    assert done.code == 0, done.output
    assert timeless(dest) == timeless(page)
    assert sandbox.requests() == []


def test_of_two_looks_at_a_host_the_later_counts(page: Path) -> None:
    early = json.loads(page.with_suffix(".json").read_text("utf-8"))
    late = copy.deepcopy(early)
    for row in late["connectors"]:
        row.update(looked_at="2099-01-01T00:00:00Z", drift=[])
    for merge in ([early, late], [late, early]):
        rows = {row["host"]: row for row in report_data({}, merge=merge)["connectors"]}
        assert len(rows) == len(HOSTS)
        assert rows["fabrikam"]["looked_at"] == "2099-01-01T00:00:00Z"
        assert rows["fabrikam"]["drift"] == []


def test_what_is_no_report_is_not_merged(player: Player, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"format": 2, "connectors": []}')
    done = player.play(
        REPORT,
        hosts=[],
        extra_vars={"connectors": "localhost"},
        report_dest=str(tmp_path / "report.html"),
        report_merge=[str(other)],
    )
    assert done.code != 0
    assert "is not the JSON of a report of this collection" in done.output
    assert "Traceback" not in done.output


def test_a_host_with_bad_input_breaks_nothing(
    player: Player, sandbox: Sandbox, tmp_path: Path
) -> None:
    """Input that Ansible itself refuses, or the look, and a service that cannot be reached."""
    assert player.onboard(actions=ACTIONS, hosts=["sound"]).code == 0
    inventory = tmp_path / "inventory.yml"
    hosts: dict[str, dict[str, Any]] = {
        "sound": {},
        "typo": {"entra_connector_rotate_before_days": "soon"},
        "stranger": {"entra_connector_key": "nosuchconnector"},
        "guess": {"entra_connector_actions": ["azuredevops_list_project"]},
        "away": {
            "entra_connector_stackone": {"api_url": "https://127.0.0.1:9", "wait_timeout": 0.1}
        },
    }
    inventory.write_text(
        json.dumps({"all": {"vars": {"entra_connector_actions": ACTIONS}, "hosts": hosts}})
    )
    dest = tmp_path / "report.html"
    done = player.play(REPORT, "--inventory", str(inventory), hosts=[], report_dest=str(dest))
    rows = rows_of(dest)
    assert {host: row["state"] for host, row in rows.items()} == {
        **dict.fromkeys(hosts, "broken"),
        "sound": "ok",
    }
    for host in ("typo", "stranger"):
        assert rows[host]["error"] == "Stopped before the look; the output of the play says why"
    assert "azuredevops_list_projects" in rows["guess"]["error"]
    assert "could not connect" in rows["away"]["error"]
    assert done.code == 2  # what Ansible refuses fails the play as well
    assert "Traceback" not in done.output


def test_names_of_others_are_data(player: Player, sandbox: Sandbox, tmp_path: Path) -> None:
    """An application's name is not a template, not HTML and not Markdown."""
    assert player.onboard(actions=ACTIONS).code == 0
    name = "{{ 6 * 7 }} <b>&amp;</b> | [x](y) ${z}"
    (app,) = [item for item in sandbox.state()["applications"] if item["uniqueName"]]
    sandbox.edit(kind="applications", id=app["id"], set={"displayName": name})
    dest = tmp_path / "report.html"
    done = player.play(REPORT, actions=ACTIONS, report_dest=str(dest))
    assert done.code == 0, done.output
    (row,) = rows_of(dest).values()
    (drift,) = row["drift"]
    assert drift["before"] == name
    html = dest.read_text("utf-8")
    assert "{{ 6 * 7 }} &lt;b&gt;&amp;amp;&lt;/b&gt; | [x](y) ${z}" in html
    assert name not in html
    markdown = dest.with_suffix(".md").read_text("utf-8")
    assert r"{{ 6 \* 7 }} \<b\>\&amp;\</b\> \| \[x\](y) \${z}" in markdown


def test_what_was_seen_is_judged_at_the_time_of_the_report(page: Path) -> None:
    """A secret that was fine when it was looked at is due, then dead, in a later merge."""
    seen = json.loads(page.with_suffix(".json").read_text("utf-8"))
    (contoso,) = [row for row in seen["connectors"] if row["host"] == "contoso"]

    def judged(now: str) -> dict[str, Any]:
        report = report_data({}, merge=[{**seen, "connectors": [contoso]}], now=now)
        return {
            **report["connectors"][0],
            "markdown": report_markdown(report),
            "html": report_html(report),
        }

    end = next(item["end"] for item in contoso["secrets"])
    assert judged(contoso["looked_at"])["state"] == "ok"
    due = judged(contoso["due_at"])
    assert (due["state"], due["parts"]["secret"]) == ("due", "due")
    assert "is due for rotation: it expires in 30 days" in due["markdown"]
    dead = judged(end)
    assert (dead["state"], dead["parts"]["secret"]) == ("broken", "expired")
    assert 'class="bar expired"' in dead["html"]
    assert "has expired less than a day ago" in dead["markdown"]


def test_a_connector_that_is_not_there_yet(player: Player, tmp_path: Path) -> None:
    dest = tmp_path / "report.html"
    done = player.play(REPORT, actions=ACTIONS, report_dest=str(dest))
    assert done.code == 0, done.output
    (row,) = rows_of(dest).values()
    assert row["state"] == "broken"
    assert [item["text"] for item in row["warnings"]] == [
        "There is no application: it was not onboarded, or was taken down"
    ]


def test_the_destination_is_asked_for(player: Player) -> None:
    done = player.play(REPORT, actions=ACTIONS)
    assert done.code != 0
    assert "missing required arguments: entra_connector_report_dest" in done.output


def test_a_relative_path_is_the_user_s(player: Player, tmp_path: Path) -> None:
    done = player.play(REPORT, actions=ACTIONS, report_dest="report.html")
    assert done.code == 0, done.output
    merged = player.play(
        REPORT,
        hosts=[],
        extra_vars={"connectors": "localhost"},
        report_dest="merged.html",
        report_merge=["report.json"],
    )
    assert merged.code == 0, merged.output
    assert timeless(tmp_path / "merged.html") == timeless(tmp_path / "report.html")


def test_in_check_mode_nothing_is_written(player: Player, tmp_path: Path) -> None:
    done = player.play(
        REPORT, "--check", actions=ACTIONS, report_dest=str(tmp_path / "report.html")
    )
    assert done.code == 0, done.output
    assert not list(tmp_path.glob("report.*"))
