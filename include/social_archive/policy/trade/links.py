"""Links: those written in a text, and those that the platform says are attached to it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Final, NamedTuple
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from social_archive.policy.batch import MOST, Batch, Pattern

SHOWN: Final = 280
"""Characters of a text that stand for it where the link is only attached."""

_CLOSING: Final = ".,;:!?)]}'*_"  # of the sentence, not of the link


class Link(NamedTuple):
    """A link that matches, and the part of the folded text that holds it or that it is attached to."""

    row: int
    start: int
    end: int
    url: str
    what: str  # the listed address, or what else the pattern names so


def to(addresses: Iterable[str]) -> Pattern:
    """Links to any of these addresses (`host` or `host/path`), with or without a scheme, and to their subdomains."""
    listed = "|".join(re.escape(address) for address in addresses)
    return Pattern(
        rf"(?:^|[^\w.@-])(?P<link>(?:https?://)?(?:[\w-]+\.)*(?P<what>{listed})(?:[/?#:][^\s<>\"]*)?)(?:\.?[^\w.-]|\.?$)"
    )


def linked(batch: Batch, *patterns: Pattern) -> Iterator[Link]:
    """Links in the texts, then attached ones that stand in no text; of one row no more than MOST, each once.

    Every pattern names the groups `link` and `what`.
    """
    seen: dict[int, set[str]] = {}
    for link in chain.from_iterable(_all(batch, pattern) for pattern in patterns):
        known = seen.setdefault(link.row, set())
        if len(known) < MOST and link.url not in known:
            known.add(link.url)
            yield link


def _all(batch: Batch, pattern: Pattern) -> Iterator[Link]:
    for match in batch.find(pattern):
        url = match.group("link").rstrip(_CLOSING)
        start = match.start + match.text.index(url)
        yield Link(match.row, start, start + len(url), url, match.group("what").lower())
    for row, url in _attached(batch, pattern):
        for found in pattern.compiled.finditer(url):
            end = min(len(batch.folded[row].text), SHOWN)
            yield Link(row, 0, end, found["link"].rstrip(_CLOSING), found["what"].lower())
            break


def _attached(batch: Batch, pattern: Pattern) -> Iterator[tuple[int, str]]:
    rows = np.repeat(np.arange(len(batch)), [len(links) for links in batch.links])
    if not len(rows):
        return
    urls = [unquote(url) if "%" in url else url for links in batch.links for url in links]
    found = pc.match_substring_regex(pa.array(urls, type=pa.large_string()), pattern.source)
    for place in np.flatnonzero(found.to_numpy(zero_copy_only=False)):
        yield int(rows[place]), urls[place]
