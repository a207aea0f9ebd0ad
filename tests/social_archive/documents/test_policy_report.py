"""The policy report as PDF and as a page: the same words in both, nothing taken for markup, nothing from elsewhere."""

from __future__ import annotations

import functools
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from social_archive.documents import plots, policy_page, policy_report
from social_archive.documents.plots import Part
from social_archive.record import canonical
from tests.social_archive.documents.policy_figures import MADE, figures
from tests.social_archive.documents.test_coverage import MARKUP, objects, pages

pytestmark = pytest.mark.slow  # matplotlib alone takes a second to come
NOTHING: dict[str, Any] = {
    "volumes": {"weeks": [], "platforms": [], "totals": {"post": 0, "comment": 0, "reply": 0}},
    "pointed": 0, "findings": [], "consistency": [], "notices": None, "requests": 0, "gaps": [], "ledger": None,
    "decisions": {"total": 0, "verdicts": {"no_violation": 0, "violation": 0, "counsel": 0}, "violations": {}},
    "moderation": {"events": 0, "back": 0, "unmatched": 0, "unmatched_before": 0, "causes": {}},
    "timing": {"timed": 0, "median_days": None, "p90_days": None, "waiting": 0, "oldest_waiting_days": None,
               "decided_by_age": {}, "waiting_by_age": {}},
}  # fmt: skip


@functools.cache
def content() -> dict[str, Any]:
    return policy_report.content(figures(), made=MADE)


def html() -> str:
    return policy_page.html(content())


class Page(HTMLParser):
    """The tags, attributes and words of a page; fails at a tag that is closed without having been opened."""

    VOID = ("meta", "img", "br")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_the_pdf_is_pdf_a_with_every_plot_told_in_words() -> None:
    made = policy_report.pdf(content(), made=MADE)
    inside = objects(made)
    for mark in (b"<pdfaid:part>2</pdfaid:part>", b"<pdfaid:conformance>A</pdfaid:conformance>", b"/StructTreeRoot"):
        assert mark in inside, mark
    assert inside.count(b"/Alt") >= 4
    assert pages(made) == 2


def test_the_same_figures_and_time_give_the_same_bytes_and_another_time_others() -> None:
    again = policy_report.content(figures(), made=MADE)
    assert again == content(), "plots too"
    assert policy_report.pdf(again, made=MADE) == policy_report.pdf(content(), made=MADE)
    later = {**again, "made": "2026-12-02 08:30"}
    assert policy_page.html(later) != html()
    assert policy_report.pdf(later, made=MADE.replace(day=2)) != policy_report.pdf(content(), made=MADE)


def test_the_page_holds_everything_that_it_needs_and_runs_nothing() -> None:
    page = Page(html())
    assert page.open == []
    assert not re.search(r"<script|<link|<iframe|javascript:|https?://", html().replace("http-equiv", ""))
    assert all(str(image["src"]).startswith("data:image/svg+xml;base64,") for image in page.of("img"))
    assert [bool(image["alt"]) for image in page.of("img")] == [True] * 4
    (policy,) = [meta["content"] for meta in page.of("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def test_page_and_pdf_say_the_same_and_first_that_findings_are_no_verdicts() -> None:
    c = content()
    assert c["lead"].startswith("Findings are no verdicts.")
    words = Page(html()).words
    for section in c["sections"]:
        assert section["title"] in words
        assert all(said in words for said in section["says"])


def test_what_is_counted_stands_in_the_words() -> None:
    words = Page(html()).words
    told = (
        "November 2026", "47 decisions: 29 no violation, 15 violation, 3 referred to counsel.",
        "within 1 day of the finding, nine of ten within 6 days", "12 records waited at the end",
        "Nobody on record had decided 7 of these before.",
        "9 removed, 13 left up", "by a link",
    )  # fmt: skip
    assert [said for said in told if said not in words] == []


def test_figures_that_were_read_back_from_their_file_give_the_same_report() -> None:
    read = json.loads(canonical(figures()))
    assert policy_report.content(read, made=MADE) == content()


def test_a_month_of_which_nothing_is_known_is_a_report_too() -> None:
    shown = policy_report.content(figures(**NOTHING), made=MADE)
    assert pages(policy_report.pdf(shown, made=MADE)) == 1
    words = Page(policy_page.html(shown)).words
    assert "Nothing of this period is in the archive." in words
    assert "Do the profiles tell the public?" not in words, "what was not checked is not said to be missing"


def test_nothing_in_it_is_taken_for_markup() -> None:
    evil = f'<script>alert(1)</script>{MARKUP}"><img src=x onerror=1> $\\frac{{1}}{{2}}$'
    hostile = figures(body=evil, rules={**figures()["rules"], "title": evil},
                      gaps=[{**figures()["gaps"][0], "account": evil, "reason": evil}])  # fmt: skip
    hostile["findings"][0]["title"] = evil
    hostile["volumes"]["platforms"][0]["platform"] = evil
    shown = policy_report.content(hostile, made=MADE)
    page = Page(policy_page.html(shown))
    assert {tag for tag, _ in page.tags} == {tag for tag, _ in Page(html()).tags}
    assert evil in page.words
    assert pages(policy_report.pdf(shown, made=MADE)) >= 2


def test_a_plot_is_plain_svg_without_text_that_needs_a_font_and_without_a_date() -> None:
    parts = [Part("one", plots.GREEN, [3, 0]), Part("two", plots.LIGHT, [1, 0])]
    plot = plots.stacked(["a", "b"], parts, what="Letters")
    assert plot.alt == "Letters. a: 3 one, 1 two; b: none."
    assert plot.svg.startswith("<svg")
    assert not re.search("<text|<script|<!--|20[0-9]{2}-[01][0-9]", plot.svg)


def test_a_span_that_is_no_month_is_named_by_its_days() -> None:
    quarter = {"from": "2026-07-01", "to": "2026-09-30", "time_zone": "America/Chicago"}
    assert policy_report.period(figures(period=quarter)) == "2026-07-01 to 2026-09-30"
    assert json.dumps(figures(period=quarter)), "the figures are plain data"
