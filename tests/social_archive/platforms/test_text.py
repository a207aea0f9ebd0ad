"""text: what a reader of the HTML would read."""

from __future__ import annotations

import time

import pytest

from social_archive.platforms.text import links, plain


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>one<br>two<br />three</p><p>four</p>", "one\ntwo\nthree\n\nfour"),
        ("<p>a &lt;b&gt; &amp;amp; c&#39;s &nbsp;d</p>", "a <b> &amp; c's \xa0d"),
        ('<p>see <a href="https://x.example/?a=1>2">here</a>!</p>', "see here!"),
        ("<p>list</p><ul><li>one</li><li>two</li></ul>", "list\n\none\ntwo"),
        ("<P>LOUD<BR/>VOICE</P>", "LOUD\nVOICE"),
        ("no markup, 1 < 2 and 3 > 2", "no markup, 1 < 2 and 3 > 2"),
        ("<p></p>", ""),
        ("", ""),
    ],
)
def test_markup_becomes_text(markup: str, text: str) -> None:
    assert plain(markup) == text


def test_links_are_listed_once_without_mentions_and_tags() -> None:
    markup = (
        '<a href="https://x.example/a?b=1&amp;c=2">x</a> <a class="u-url mention" href="https://m.example/@you">@you</a>'
        ' <a href="https://m.example/tags/t" class="mention hashtag">#t</a> <a href=\'https://x.example/mention\'>y</a>'
        ' <a href="https://x.example/a?b=1&amp;c=2">again</a> <a>none</a>'
    )
    assert links(markup) == ("https://x.example/a?b=1&c=2", "https://x.example/mention")


@pytest.mark.parametrize("piece", ["<", '<a "', "<a '", "<a href=", "</p", "<a href=\"'", "&"])
def test_hostile_markup_costs_linear_time(piece: str) -> None:
    started = time.process_time()
    plain(piece * 100_000)
    links(piece * 100_000)
    assert time.process_time() - started < 5
