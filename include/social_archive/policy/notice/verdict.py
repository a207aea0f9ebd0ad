"""The profile notice: does each account tell the public that what is posted there can be disclosed?

Looked at in the order in which a visitor meets it: the text of the profile, the pinned post, the pages that the profile
links to. The first place that says all of it decides. Short profiles make "by link" normal.

This file judges; `notice_page.py` fetches, `notice_checks.py` keeps what was seen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit

from social_archive.config_policy import NoticePart
from social_archive.policy.notice.wording import Reading

Where = Literal["profile", "pinned", "page"]
Result = Literal["in_profile", "by_link", "partial", "absent", "unreadable"]

RANK: Final[dict[Result, int]] = {"unreadable": 0, "absent": 1, "partial": 2, "by_link": 3, "in_profile": 3}
"""How much the public is told. In the profile or by a link is equally good."""

MOST_PAGES: Final = 3
"""Links of one profile that are followed."""

_LIKELY: Final = re.compile(r"polic|notice|social|disclos|record|foia|comment|terms|disclaim|guideline|conduct|legal",
                            re.IGNORECASE)  # fmt: skip
_FILES: Final = re.compile(r"\.(?:jpe?g|png|gif|webp|svg|mp[34]|mov|zip)$", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """One place that was looked at: what it says, or (`problem`) why that could not be found out.

    `address`: of a page or a pinned post. `captured_at`: microseconds UTC, when the text was taken; of a profile, when
    the archive took the version in that still stands.
    """

    where: Where
    captured_at: int | None
    reading: Reading | None = None
    problem: str = ""
    code: str = ""
    address: str = ""
    rid: str = ""
    version: int | None = None

    @property
    def is_whole(self) -> bool:
        return self.reading is not None and self.reading.is_whole


@dataclass(frozen=True)
class Verdict:
    """What one look at an account came to. `place` is where the notice, or most of it, stands; `missing` is what
    nothing there says, empty where nobody could read."""

    result: Result
    missing: tuple[NoticePart, ...]
    place: Place | None
    places: tuple[Place, ...]

    @property
    def quote(self) -> str:
        return self.place.reading.quote if self.place is not None and self.place.reading is not None else ""


def judge(places: Sequence[Place]) -> Verdict:
    """The verdict on the places that were looked at, in their order.

    Nothing found is "absent" only if every place could be read; else somebody has to look.
    """
    looked = tuple(places)
    for place in looked:
        if place.is_whole:
            return Verdict("by_link" if place.where == "page" else "in_profile", (), place, looked)
    partly = [place for place in looked if place.reading is not None and place.reading.is_notice]
    if partly:
        best = min(partly, key=lambda place: len(_missing(place)))
        return Verdict("partial", _missing(best), best, looked)
    if not looked or any(place.reading is None for place in looked):
        return Verdict("unreadable", (), None, looked)
    return Verdict("absent", _missing(looked[0]), None, looked)


def _missing(place: Place) -> tuple[NoticePart, ...]:
    assert place.reading is not None
    return place.reading.missing


def pages_to_read(links: Sequence[str], *, not_these: Sequence[str] = ()) -> list[str]:
    """Which links of a profile to follow, the likeliest first: those whose address sounds like a policy.

    `not_these`: the profile's own address and that of its pinned post, which were looked at already.
    """
    usable = [link for link in dict.fromkeys(links) if link not in not_these and _is_web(link) and not _is_file(link)]
    return sorted(usable, key=lambda link: not _LIKELY.search(link.split("://", 1)[-1]))[:MOST_PAGES]


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _is_file(address: str) -> bool:
    return _FILES.search(urlsplit(address).path) is not None
