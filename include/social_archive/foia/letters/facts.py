"""What a letter is written from: the request, the law, a review, and the facts that a person gives."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from social_archive.foia.dispositions import Reviewed
from social_archive.foia.letters.model import Denied
from social_archive.foia.request_file import RequestRefused

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.foia.requests import Request
    from social_archive.law_foia import FoiaLaw

Facts = Mapping[str, Any]
FACTS: Final = {
    "date": "the letter's date",
    "due": "the day by which the answer is due",
    "until": "the new day, of an extension",
    "agreed": "yes: the requester agreed to it in writing",
    "question": "what is to be clarified (may be given more than once)",
    "reason": "why (an extension: the law's code; may be given more than once)",
    "narrow": "how the request could be narrowed (may be given more than once)",
    "answer_by": "by when the requester is asked to answer",
    "amend_by": "until when a voluminous request may be amended",
    "consequences": "what follows if it is not amended, fees included",
    "conferred": "when conferring was offered, and what came of it",
    "prepay": "yes: fees are to be paid first",
    "enclosed": "how the records come",
    "found": "what was found, in words, where nothing was reviewed",
    "search": "what was searched, in words",
    "note": "a paragraph of your own",
    "signer": "user name of who signs (default: who writes)",
    "responsible": "user name of a person responsible for a denial (may be given more than once)",
}  # fmt: skip
"""The facts that a person may give, by name. (Those of `FROM_ELSEWHERE` come from other modules.)"""

FROM_ELSEWHERE: Final = frozenset({"fees", "total", "denials"})
SEVERAL: Final = ("question", "reason", "narrow", "responsible")


@dataclass(frozen=True)
class Ground:
    """What a letter is written from."""

    archive: Archive
    request: Request
    kind: str
    by: str
    facts: Facts = field(repr=False)
    law: FoiaLaw | None
    reviewed: Reviewed | None
    denied: Sequence[Denied]
    day: date

    def words(self, name: str) -> str:
        return clean(str(self.facts.get(name) or "")).strip()

    def every(self, name: str) -> list[str]:
        given = self.facts.get(name) or ()
        return [clean(one).strip() for one in ([given] if isinstance(given, str) else given)]

    def day_of(self, name: str) -> str | None:
        given = self.facts.get(name)
        return None if given in (None, "") else written(as_date(given, name))

    def yes(self, name: str) -> bool:
        return str(self.facts.get(name, "")).lower() in ("yes", "true", "1")


# --------------------------------------------------------------------------- words

_STEERING: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def clean(text: str) -> str:
    """Somebody's words without characters that steer a screen or turn the direction of reading."""
    return _STEERING.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def written(day: date) -> str:
    """A day as a letter has it: December 1, 2026."""
    return f"{day:%B} {day.day}, {day.year}"


def as_date(given: Any, name: str) -> date:
    try:
        return given if isinstance(given, date) else date.fromisoformat(str(given))
    except ValueError:
        raise RequestRefused(f"{name}: {str(given)[:40]!r} is no day.", remedy="Write it as 2026-12-31.") from None
