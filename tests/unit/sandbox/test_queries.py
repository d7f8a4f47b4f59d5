# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists: $filter, $search, $orderby, $select, $count and paging."""

from __future__ import annotations

from typing import Any

import pytest
from unit.sandbox.api import Graph, error_of

from sandbox.client import Sandbox

ADVANCED: dict[str, Any] = {"ConsistencyLevel": "eventual"}


@pytest.fixture
def apps(graph: Graph) -> Graph:
    for name, tags in (("Alpha One", ["a", "x"]), ("Alpha Two", ["b"]), ("Beta O'Hara", ["a"])):
        graph.make_app(name, tags=tags, uniqueName=name.lower().replace(" ", "-").replace("'", ""))
    return graph


def names(graph: Graph, query: str, **headers: str) -> list[str]:
    return sorted(
        each["displayName"]
        for each in graph.data("GET", f"/applications?{query}", **headers)["value"]
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("displayName eq 'Alpha One'", ["Alpha One"]),
        ("displayName eq 'alpha one'", ["Alpha One"]),
        ("displayName eq 'Beta O''Hara'", ["Beta O'Hara"]),
        ("startswith(displayName,'Alpha')", ["Alpha One", "Alpha Two"]),
        ("startsWith(displayName, 'Alpha') and displayName eq 'Alpha Two'", ["Alpha Two"]),
        ("tags/any(t:t eq 'a')", ["Alpha One", "Beta O'Hara"]),
        ("tags/any(t: t eq 'a') and tags/any(t:t eq 'x')", ["Alpha One"]),
        ("tags/any(t:startswith(t, 'b'))", ["Alpha Two"]),
        ("uniqueName eq 'alpha-two'", ["Alpha Two"]),
        ("displayName in ('Alpha One', 'Alpha Two')", ["Alpha One", "Alpha Two"]),
        (
            "(displayName eq 'Alpha One' or displayName eq 'Alpha Two') and tags/any(t:t eq 'b')",
            ["Alpha Two"],
        ),
        ("displayName eq 'none'", []),
    ],
)
def test_filters_that_work_by_default(apps: Graph, text: str, found: list[str]) -> None:
    assert names(apps, f"$filter={text}") == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("displayName ne 'Alpha One' and startswith(displayName,'Alpha')", ["Alpha Two"]),
        ("not startswith(displayName,'A')", ["Beta O'Hara"]),
        ("endswith(displayName,'Two')", ["Alpha Two"]),
    ],
)
def test_filters_that_need_the_advanced_parameters(
    apps: Graph, text: str, found: list[str]
) -> None:
    assert error_of(apps("GET", f"/applications?$filter={text}")) == (
        400,
        "Request_UnsupportedQuery",
    )
    without_count = apps("GET", f"/applications?$filter={text}", **ADVANCED)
    assert error_of(without_count) == (400, "Request_UnsupportedQuery")
    assert names(apps, f"$filter={text}&$count=true", **ADVANCED) == found


@pytest.mark.parametrize(
    "text",
    ["displayName", "displayName eq", "displayName like 'x'", "eq 'x'", "tags/any(t eq 'a')", "("],
)
def test_a_malformed_filter_is_400(graph: Graph, text: str) -> None:
    assert graph("GET", f"/applications?$filter={text}").status_code == 400


def test_a_property_that_cannot_be_filtered(graph: Graph) -> None:
    answer = graph("GET", "/applications?$filter=notes eq 'x'")
    assert error_of(answer) == (400, "Request_UnsupportedQuery")
    assert "filter clause specified for property 'notes'" in answer.json()["error"]["message"]


def test_principals_are_found_by_name_as_azure_cli_does(graph: Graph) -> None:
    text = "servicePrincipalNames/any(c:c eq '499b84ac-1321-427f-aa17-267ca6975798')"
    found = graph.data("GET", f"/servicePrincipals?$filter={text}")["value"]
    assert [each["displayName"] for each in found] == ["Azure DevOps"]


def test_search_needs_the_header(apps: Graph) -> None:
    query = '$search="displayName:one"'
    answer = apps("GET", f"/applications?{query}")
    assert error_of(answer) == (400, "Request_UnsupportedQuery")
    assert "ConsistencyLevel: eventual" in answer.json()["error"]["message"]
    assert names(apps, query, **ADVANCED) == ["Alpha One"]


def test_orderby_needs_the_advanced_parameters(apps: Graph) -> None:
    query = "$orderby=displayName desc&$filter=startswith(displayName,'Alpha')"
    assert error_of(apps("GET", f"/applications?{query}")) == (400, "Request_UnsupportedQuery")
    found = apps.data("GET", f"/applications?{query}&$count=true", **ADVANCED)["value"]
    assert [each["displayName"] for each in found] == ["Alpha Two", "Alpha One"]


def test_count(apps: Graph) -> None:
    assert "@odata.count" not in apps.data("GET", "/applications?$count=true")
    assert (
        apps.data("GET", "/applications?$count=true", **ADVANCED)["@odata.count"] == 4
    )  # and the identity's own
    bare = apps("GET", "/applications/$count?$filter=startswith(displayName,'Alpha')", **ADVANCED)
    assert (bare.text, bare.headers["Content-Type"]) == ("2", "text/plain")
    answer = apps("GET", "/applications/$count")
    assert answer.json()["error"]["message"] == "$count is not currently supported."
    assert apps("GET", "/servicePrincipals/$count", **ADVANCED).text == "3"


@pytest.mark.parametrize(
    "query",
    ["$top=2", "$top=1&$select=id,displayName", "$top=1&$filter=startswith(displayName,'')"],
)
def test_next_links_lead_through_all_pages(apps: Graph, query: str) -> None:
    url, found = f"/applications?{query}", []
    while url:
        page = apps.data("GET", url)
        found += [each["displayName"] for each in page["value"]]
        url = page.get("@odata.nextLink", "").removeprefix(apps.base_url)
    assert sorted(found) == ["Alpha One", "Alpha Two", "Automation", "Beta O'Hara"]


def test_pages_have_a_default_size_and_limits(sandbox: Sandbox, apps: Graph) -> None:
    sandbox.options(page_size=3)
    assert len(apps.data("GET", "/applications")["value"]) == 3
    for query in ("$top=1000", "$top=0", "$skip=1", "$skiptoken=nonsense"):
        assert apps("GET", f"/applications?{query}").status_code == 400


def test_select_shapes_each_item(apps: Graph) -> None:
    page = apps.data("GET", "/applications?$select=displayName&$top=1")
    assert page["@odata.context"].endswith("$metadata#applications(displayName)")
    assert list(page["value"][0]) == ["displayName"]
