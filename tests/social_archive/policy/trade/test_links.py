"""Links are found by their host, written or attached, and nothing that only looks like the host is."""

from __future__ import annotations

import pytest

from social_archive.policy.batch import MOST, Batch
from social_archive.policy.trade.links import SHOWN, linked, to

HOSTS = to(("give.example", "pay.example/donate"))


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("see give.example", "give.example"),
        ("see https://www.give.example/f/roof?x=1#y now", "https://www.give.example/f/roof?x=1#y"),
        ("(https://give.example/a).", "https://give.example/a"),
        ("GIVE.EXAMPLE!", "GIVE.EXAMPLE"),
        ("pay.example/donate/12, thanks", "pay.example/donate/12"),
        ("ｇｉｖｅ．example", "give.example"),
    ],
)
def test_a_listed_address_is_found_without_what_closes_the_sentence(text: str, url: str) -> None:
    batch = Batch.of([text])
    (link,) = linked(batch, HOSTS)
    assert link.url == url
    assert batch.folded[0].text[link.start : link.end] == url


@pytest.mark.parametrize(
    "text",
    ["forgive.example", "give.example.org", "give.examples", "me@give.example", "pay.example", "give example", ""],
)
def test_another_host_is_not(text: str) -> None:
    assert not list(linked(Batch.of([text]), HOSTS))


def test_an_attached_link_stands_for_the_beginning_of_the_text() -> None:
    batch = Batch.of(["look " * 100, "no"], links=[["https://r.example/?to=https%3A%2F%2Fgive.example%2Fa", "x"], ()])
    (link,) = linked(batch, HOSTS)
    assert (link.row, link.start, link.end, link.what) == (0, 0, SHOWN, "give.example")


def test_the_same_link_counts_once_and_many_links_are_cut_off() -> None:
    many = " ".join(f"give.example/{i}" for i in range(50))
    links = list(linked(Batch.of(["give.example/a give.example/a", many]), HOSTS, HOSTS))
    assert [link.row for link in links].count(0) == 1
    assert [link.row for link in links].count(1) == MOST
