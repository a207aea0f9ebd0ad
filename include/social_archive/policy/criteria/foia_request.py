"""Might this comment or message be a request for public records?

A request needs no form and may come by any written means, so one may stand in a comment (5 ILCS 140/3(c)). Whether it
is one, the FOIA officer says; the clock that the law starts runs meanwhile (`policy/foia_alert.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

from social_archive.policy.batch import Batch, Pattern
from social_archive.policy.criterion import Criterion, Hit, Rule

NAMED = Rule(
    "foia-request.named", 1, "strong",
    "Names the law on public records together with words of asking, so it may be a request that starts a clock.",
)  # fmt: skip
ASKED = Rule(
    "foia-request.asked", 1, "moderate",
    "Asks for copies of records or documents, which may be a request for public records even if it names no law.",
)  # fmt: skip

_LAW = r"\b(?:foia|f\.o\.i\.a\.?|freedom of information|public records? (?:act|law|request)|open records)\b"
_ASKING = (
    r"\b(?:request(?:ing|s)?|asking|ask|want|need|send|provide|give|submit(?:ting)?|file|filing|demand|please|under|"
    r"pursuant to)\b"
)
_BOTH = Pattern(rf"(?:{_ASKING}[^\n]{{0,200}}?{_LAW}|{_LAW}[^\n]{{0,200}}?{_ASKING})")
_COPIES = Pattern(
    r"\b(?:request(?:ing)?|send me|provide(?: me)?(?: with)?|(?:would|i'd) like|want|give me|need|obtain|get)\b"
    r"[^.!?\n]{0,60}?\b(?:cop(?:y|ies) of|access to)\b[^.!?\n]{0,60}?"
    r"\b(?:records?|documents?|e-?mails?|correspondence|minutes|contracts?|invoices?|budgets?|reports?|payroll|logs?)\b"
)


class FoiaRequest(Criterion):
    """Words that may make a comment a request for public records."""

    name = "foia-request"
    title = "Possible FOIA request"
    clause = None
    note = (
        "A request needs no form and no mention of the law. If this is one, the response period has begun when the "
        "library received it: tell the FOIA officer today. Talk about the law is not a request."
    )
    rules = (NAMED, ASKED)

    def find(self, batch: Batch) -> Iterator[Hit]:
        named = set()
        for match in batch.find(_BOTH):
            if match.row not in named:
                named.add(match.row)
                yield Hit(match.row, NAMED, match.start, match.end)
        for match in batch.find(_COPIES):
            if match.row not in named:
                yield Hit(match.row, ASKED, match.start, match.end)
