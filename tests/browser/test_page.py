# SPDX-FileCopyrightText: 2026 The stackone.onboarding contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person meets who opens the report: in light and dark, on a phone, on paper, by keys."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Report = dict[str, Any]
Render = Callable[[Report], str]

WIDE = {"width": 1120, "height": 900}
PHONE = {"width": 360, "height": 780}

BY_URGENCY = [
    "tailspin",
    "wingtip",
    "proseware",
    "fabrikam",
    "litware",
    "fourth-coffee",
    "contoso",
    "adventure-works",
    "northwind",
]

PICTURES = Path(__file__).resolve().parents[2] / ".cache" / "pictures"


class Visit:
    """A page in a context of its own: what it asked for and what it complained of."""

    def __init__(self, browser: Any, url: str, **context: Any) -> None:
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.context = browser.new_context(**{"viewport": WIDE, **context})
        self.page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.context.route("**/*", self._only_the_file)
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", self._dismiss)
        self.page.goto(url)

    def _only_the_file(self, route: Any) -> None:
        self.asked.append(route.request.url)
        if route.request.url.startswith("file:"):
            route.continue_()
        else:
            route.abort()

    def _dismiss(self, dialog: Any) -> None:
        self.complaints.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    @property
    def hosts(self) -> list[str]:
        """Of the rows of the table that are seen, in their order."""
        rows = self.page.locator("tbody tr:visible").all()
        return [str(row.get_attribute("id")).removeprefix("at-") for row in rows]

    def style(self, selector: str, name: str) -> str:
        return str(
            self.page.locator(selector).first.evaluate(
                "(item, name) => getComputedStyle(item)[name]", name
            )
        )


@pytest.fixture
def visit(browser: Any, render: Render, sample: Report) -> Any:
    opened: list[Visit] = []

    def open_page(report: Report | None = None, **context: Any) -> Visit:
        opened.append(Visit(browser, render(report or sample), **context))
        return opened[-1]

    yield open_page
    for item in opened:
        item.context.close()


def test_it_loads_nothing_and_complains_of_nothing(visit: Any) -> None:
    shown = visit()
    shown.page.locator("thead button", has_text="Secret").click()
    assert [url for url in shown.asked if not url.startswith("file:")] == []
    assert len(shown.asked) == 1
    assert shown.complaints == []
    # Even if something wanted to: the page's policy stops it before it leaves.
    for attempt in (
        "fetch('https://example.com/').catch(() => {})",
        "new Image().src = 'https://example.com/picture.png'",
    ):
        with shown.page.expect_console_message(
            lambda message: "Content Security Policy" in message.text
        ):
            shown.page.evaluate(attempt)
    assert len(shown.asked) == 1


def test_what_needs_somebody_comes_first(visit: Any) -> None:
    shown = visit()
    assert shown.hosts == BY_URGENCY
    warned = shown.page.locator(".warned > a").all_inner_texts()
    assert warned == BY_URGENCY[:5]
    tiles = shown.page.locator(".tile strong").all_inner_texts()
    assert tiles == ["3", "1", "1", "4"]
    first = shown.page.locator(".warned").first.inner_text()
    assert "The client secret has expired 3 days ago" in first


def test_it_sorts_by_click(visit: Any) -> None:
    shown = visit()
    head = shown.page.locator("thead th", has_text="Connector")
    head.locator("button").click()
    assert shown.hosts == sorted(BY_URGENCY)
    assert head.get_attribute("aria-sort") == "ascending"
    assert shown.page.get_by_role("status").inner_text() == "Sorted by Connector, ascending"
    head.locator("button").click()
    assert shown.hosts == sorted(BY_URGENCY, reverse=True)
    assert head.get_attribute("aria-sort") == "descending"
    assert shown.page.locator("thead [aria-sort]").count() == 1


def test_it_sorts_by_keyboard(visit: Any) -> None:
    shown = visit()
    button = shown.page.locator("thead button", has_text="Drift")
    for _press in range(40):
        shown.page.keyboard.press("Tab")
        if button.evaluate("item => item === document.activeElement"):
            break
    assert shown.style("thead button:focus", "outlineStyle") == "solid"
    shown.page.keyboard.press("Enter")
    assert shown.hosts[0] == "wingtip"  # of which nothing is known
    shown.page.keyboard.press("Space")
    assert shown.hosts[0] == "fabrikam"  # which differs most
    assert button.evaluate("item => item === document.activeElement")


def test_a_state_and_a_word_narrow_it_down(visit: Any) -> None:
    shown = visit()
    tile = shown.page.locator(".tile.broken")
    tile.click()
    assert tile.get_attribute("aria-pressed") == "true"
    assert shown.hosts == BY_URGENCY[:3]
    assert shown.page.locator(".lanes > li:visible").count() == 2  # one was not seen
    assert shown.page.get_by_role("status").inner_text() == "3 of 9 shown"
    tile.click()
    shown.page.get_by_label("Find").fill("FABRI")
    assert shown.hosts == ["fabrikam"]


def test_a_warning_leads_to_its_row(visit: Any) -> None:
    shown = visit(viewport={"width": 1120, "height": 400})
    shown.page.locator(".warned > a", has_text="litware").click()
    assert shown.page.locator("tr:target").get_attribute("id") == "at-litware"
    row = shown.page.locator("tr:target").bounding_box()
    assert 0 <= row["y"] < 400


@pytest.mark.parametrize("width", [320, 360, 414, 768])
def test_a_phone_need_not_scroll_sideways(visit: Any, width: int) -> None:
    shown = visit(viewport={"width": width, "height": 780})
    for summary in shown.page.locator("summary").all():
        summary.click()
    assert shown.page.evaluate("document.documentElement.scrollWidth") == width


def test_on_a_phone_each_part_has_its_name(visit: Any) -> None:
    shown = visit(viewport=PHONE)
    label = shown.page.locator("tbody td").first.evaluate(
        "item => getComputedStyle(item, '::before').content"
    )
    assert label == '"State"'
    shown.page.locator("thead button", has_text="Connector").click()
    assert shown.hosts == sorted(BY_URGENCY)


def test_it_is_dark_where_the_reader_wants_it_dark(visit: Any) -> None:
    light, dark = visit(color_scheme="light"), visit(color_scheme="dark")
    assert _brightness(light.style("body", "backgroundColor")) > 230
    assert _brightness(dark.style("body", "backgroundColor")) < 40
    assert _brightness(dark.style("body", "color")) > 200


def test_paper_is_white_and_has_all_warnings(visit: Any, sample: Report) -> None:
    shown = visit(_multiplied(sample, 4), color_scheme="dark")
    assert shown.page.locator(".warned:visible").count() == 12
    shown.page.emulate_media(media="print")
    assert _brightness(shown.style("body", "backgroundColor")) == 255
    assert not shown.page.get_by_label("Find").is_visible()
    shown.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert shown.page.locator(".warned:visible").count() == 20
    shown.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert shown.page.locator(".warned:visible").count() == 12
    assert shown.page.pdf(format="A4").startswith(b"%PDF")


def test_a_secret_s_life_is_told_without_colour(visit: Any) -> None:
    shown = visit()
    forms = {
        kind: (
            shown.style(f".bars .bar.{kind} > rect", "fill").startswith("url"),
            shown.style(f".bars .bar.{kind} > rect", "strokeDasharray"),
            shown.style(f".bars .bar.{kind} > rect", "height"),
        )
        for kind in ("current", "superseded", "unconfirmed", "expired")
    }
    assert len(set(forms.values())) == len(forms), forms
    names = shown.page.locator(".bars").evaluate_all(
        "items => items.map(item => item.getAttribute('aria-label'))"
    )
    assert sum("superseded" in name for name in names) == 1
    assert sum("unconfirmed" in name for name in names) == 1
    assert sum("expired" in name for name in names) == 1


def test_the_timeline_shows_what_is_due_first(visit: Any) -> None:
    shown = visit()
    lanes = shown.page.locator(".lanes strong").all_inner_texts()
    assert lanes[:3] == ["tailspin", "litware", "fourth-coffee"]
    now = shown.page.locator(".grid .now line").bounding_box()["x"]
    flag = {
        host: shown.page.locator(f".lanes li[data-row=at-{host}] .flag").bounding_box()["x"]
        for host in ("litware", "fourth-coffee")
    }
    # Due before now, and after.
    assert flag["litware"] < now < flag["fourth-coffee"]


def test_without_scripts_all_is_there(visit: Any) -> None:
    shown = visit(java_script_enabled=False)
    assert shown.page.locator("tbody tr").count() == len(BY_URGENCY)
    assert not shown.page.get_by_label("Find").is_visible()


def test_no_connector_at_all(visit: Any, sample: Report) -> None:
    shown = visit({**sample, "connectors": []})
    assert shown.page.locator("#all").inner_text() == "No connector"
    assert shown.complaints == []


HOSTILE = """"><img src=x onerror=alert(1)><script>alert(2)</script>{{ 7 * 7 }}'&amp;"""


def test_names_come_from_other_people(visit: Any, sample: Report) -> None:
    report = _hostile(copy.deepcopy(sample))
    shown = visit(report)
    assert shown.complaints == []
    assert shown.page.locator("main img, main script").count() == 0
    text = shown.page.locator("main").inner_text()
    assert HOSTILE in text
    assert shown.page.locator("summary small", has_text=HOSTILE).count() == 8
    shown.page.locator("thead button", has_text="Connector").click()
    shown.page.locator(".tile.broken").click()
    assert shown.complaints == []


@pytest.mark.parametrize(
    "context",
    [
        {"color_scheme": "light"},
        {"color_scheme": "dark"},
        {"color_scheme": "light", "viewport": PHONE},
        {"color_scheme": "dark", "viewport": PHONE},
    ],
    ids=["light", "dark", "phone", "dark phone"],
)
def test_axe_finds_nothing_serious(visit: Any, context: dict[str, Any]) -> None:
    shown = visit(**context)
    for summary in shown.page.locator("summary").all():
        summary.click()
    shown.page.locator(".tile.broken").click()
    shown.page.locator(".tile.broken").click()
    assert _serious(shown.page) == []


def test_axe_would_find_it(visit: Any) -> None:
    shown = visit()
    shown.page.evaluate(
        "document.querySelector('.find').replaceWith(document.querySelector('#find'))"
    )
    shown.page.evaluate("document.querySelector('header p').style.color = '#ddd'")
    assert {"label", "color-contrast"} <= {item["id"] for item in _serious(shown.page)}


@pytest.mark.parametrize(
    ("name", "context"),
    [
        ("light", {"color_scheme": "light"}),
        ("dark", {"color_scheme": "dark"}),
        ("phone", {"color_scheme": "light", "viewport": PHONE, "device_scale_factor": 2}),
    ],
)
def test_pictures_for_a_person_to_look_at(visit: Any, name: str, context: dict[str, Any]) -> None:
    shown = visit(**context)
    PICTURES.mkdir(parents=True, exist_ok=True)
    picture = PICTURES / f"report-{name}.png"
    assert shown.page.screenshot(path=picture, full_page=True).startswith(b"\x89PNG")


def _serious(page: Any) -> list[dict[str, Any]]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [item for item in found if item["impact"] in ("serious", "critical")]


def _brightness(colour: str) -> float:
    parts = [float(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    return sum(parts) / 3


def _multiplied(report: Report, times: int) -> Report:
    rows = [
        {**copy.deepcopy(row), "host": f"{row['host']}-{number}"}
        for number in range(times)
        for row in report["connectors"]
    ]
    return {**report, "connectors": rows}


def _hostile(report: Report) -> Report:
    for row in report["connectors"]:
        row["host"] += HOSTILE
        row["error"] = row["error"] and HOSTILE
        for part in (row["app"], row["profile"]):
            for name in part or {}:
                if name in ("display_name", "name"):
                    part[name] = HOSTILE
        for item in row["drift"]:
            item.update(resource=HOSTILE, before=[HOSTILE], after=[HOSTILE, "more"])
    return report
