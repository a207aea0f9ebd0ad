"""Links: those written in a text, and those that the platform says are attached to it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from social_archive.policy.batch import Batch, Pattern

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


def linked(batch: Batch, pattern: Pattern) -> Iterator[Link]:
    """Links in the texts, then attached ones that stand in no text. `pattern` names the groups `link` and `what`."""
    seen = set()
    for match in batch.find(pattern):
        url = match.group("link").rstrip(_CLOSING)
        start = match.start + match.text.index(url)
        seen.add((match.row, url))
        yield Link(match.row, start, start + len(url), url, match.group("what").lower())
    for row, url in _attached(batch, pattern):
        found = pattern.compiled.search(url)
        if found and (row, found["link"]) not in seen:
            seen.add((row, found["link"]))
            yield Link(row, 0, min(len(batch.folded[row].text), SHOWN), found["link"], found["what"].lower())


def _attached(batch: Batch, pattern: Pattern) -> Iterator[tuple[int, str]]:
    rows = np.repeat(np.arange(len(batch)), [len(links) for links in batch.links])
    if not len(rows):
        return
    urls = [unquote(url) if "%" in url else url for links in batch.links for url in links]
    found = pc.match_substring_regex(pa.array(urls, type=pa.large_string()), pattern.source)
    for place in np.flatnonzero(found.to_numpy(zero_copy_only=False)):
        yield int(rows[place]), urls[place]
