"""The page of the records: it asks nothing of the network, runs nothing, and has every word that was released."""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from social_archive.foia.bundle import records_html
from social_archive.foia.bundle.reading import groups
from tests.social_archive.foia.bundle.paper_scene import SECRET, contents

SCENE = contents()
TAGS = {"html", "head", "meta", "title", "style", "body", "header", "nav", "main", "section", "article", "h1", "h2",
        "p", "a", "b", "i", "span", "bdi", "mark", "br", "ol", "li"}  # fmt: skip


class Page(HTMLParser):
    """Tags with their attributes, and the text that a reader sees."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text, self._open = "", ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open = tag

    def handle_data(self, data: str) -> None:
        if self._open != "style":
            self.text += data


@cache
def html() -> str:
    (page,) = records_html.write(SCENE)
    assert isinstance(page.body, bytes)
    assert page.path == "3-records/records.html"
    return page.body.decode()


def test_nothing_in_it_is_active_or_comes_from_elsewhere() -> None:
    page = Page(html())
    assert {tag for tag, _ in page.tags} <= TAGS
    policy = next(a["content"] for tag, a in page.tags if tag == "meta" and "http-equiv" in a)
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "style", "action")], tag
        assert (attributes.get("href") or "#").startswith("#")
    assert "url(" not in html()
    assert "@import" not in html()


def test_every_released_word_is_there_and_no_cut_one() -> None:
    seen = Page(html()).text
    for group in groups(SCENE):
        for entry in group.entries:
            assert entry.control in seen
            for said in entry.versions:
                for words in (said.text, said.who, said.handle, *said.links, said.permalink, *said.posted):
                    assert records_html.text(words).replace("\n", "") in _escaped(seen), words
    assert "موقف السيارات" in seen
    for name in (SECRET, *SECRET.split(), "zquillfeather", "hospital"):
        assert name not in html()


def test_a_control_of_direction_cannot_turn_what_follows() -> None:
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]", html())
    assert "‹U+202E›ton si gnikrap‹U+202C›" in Page(html()).text


def test_only_a_removal_is_a_bar_whatever_somebody_typed() -> None:
    bars = re.findall(r"<mark>(.*?)</mark>", html())
    assert set(bars) == {"[REDACTED 7(1)(b)]", "[REDACTED 7(1)(c)]"}
    assert "It was [REDACTED 7(1)(b)] nobody&#x27;s fault" in html()


def test_accounts_are_listed_and_every_link_leads_to_something() -> None:
    page = Page(html())
    ids = {a["id"] for _, a in page.tags if "id" in a}
    links = [a["href"] for tag, a in page.tags if tag == "a"]
    assert links[:2] == ["#account-1", "#account-2"]
    assert {link.removeprefix("#") for link in links if link} <= ids


@settings(max_examples=40)
@given(st.text(max_size=40))
def test_whatever_somebody_writes_stays_text(words: str) -> None:
    page = Page(f"<p>{records_html.text(words)}</p>")
    assert [tag for tag, _ in page.tags] == ["p"]
    plain = re.sub("‹U\\+([0-9A-F]{4,6})›", lambda found: chr(int(found[1], 16)), page.text)
    assert plain.replace("\r\n", "\n") == re.sub("‹U\\+([0-9A-F]{4,6})›", lambda f: chr(int(f[1], 16)), words).replace(
        "\r\n", "\n")  # fmt: skip


def _escaped(text: str) -> str:
    return records_html.text(text).replace("\n", "")
