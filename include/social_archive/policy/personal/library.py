"""What ties a person to a library's records: a card's barcode, and who has which title.

75 ILCS 70/1 keeps registration and circulation records confidential: all information that identifies the individual
who borrows particular materials.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from stdnum import luhn

from social_archive.policy.batch import Batch, Pattern, Rows
from social_archive.policy.criterion import Strength
from social_archive.policy.personal.claim import (
    CODE_OF_A_THING,
    Claim,
    blot,
    candidates,
    digits_of,
    in_link,
    said_after,
    said_before,
    stands_alone,
)  # fmt: skip

_BARCODE: Final = Pattern(r"\b2(?:[ .-]?\d){13}\b")
_CARD_SAID: Final = Pattern(r"\b(?:library|card|barcode|bar code|patron|account|login|log in|sign in|number)\b")


def card_barcodes(batch: Batch, rows: Rows, prefixes: Collection[str]) -> Iterator[Claim]:
    """Fourteen digits, the first a 2 (a patron; items have a 3), with the check digit of library barcodes (Luhn's).

    `prefixes`: what the body's own cards begin with; none: any. A time stamp (20260301120000) needs words of a card.
    """
    for match in candidates(batch, _BARCODE, rows):
        text, digits = batch.folded[match.row].text, digits_of(match.text)
        if not luhn.is_valid(digits) or not digits.startswith(tuple(prefixes) or "2") or len(set(digits)) < 3:
            continue
        if not stands_alone(text, match.start, match.end) or in_link(text, match.start):
            continue
        said = said_before(_CARD_SAID, text, match.start) or said_after(_CARD_SAID, text, match.end)
        if not said and (_is_time(digits) or said_before(CODE_OF_A_THING, text, match.start)):
            continue
        strength: Strength = "strong" if said or prefixes else "moderate"
        checks = ["check digit of library barcodes", *(["a prefix of the library's"] if prefixes else []),
                  *(["words beside it"] if said else [])]  # fmt: skip
        yield Claim(match.row, match.start, match.end, "library-card", strength, blot(match.text, keep=4),
                    ", ".join(checks))  # fmt: skip


def _is_time(digits: str) -> bool:
    """Year, month, day, hour, minute, second run together, of our days."""
    year, *rest = int(digits[:4]), *(int(digits[n : n + 2]) for n in range(4, 14, 2))
    month, day, hour, minute, second = rest
    return 1990 <= year <= 2099 and 1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 60


_KIN: Final = (
    r"(?:husband|wife|son|daughter|kid|child|neighbou?r|friend|boss|teacher|sister|brother|mother|father|mom|dad|"
    r"coworker|ex|roommate|boyfriend|girlfriend|student|cousin|aunt|uncle|niece|nephew|tenant|landlord)"
)
_WHO: Final = (
    rf"(?P<who>\b(?:he|she|they|(?:my|his|her|their|your|our) {_KIN})\b|@[\w.]+\b|"
    r"(?-i:\b(?:(?:Mr|Mrs|Ms|Dr|Miss)\.? )?[A-Z][a-z'-]+(?: [A-Z][A-Za-z'.-]*)?))"
)
_QUOTED: Final = r"(?:\"[^\"\n]+\"|(?-i:'[A-Z][^\n\"']+(?:'[a-z][^\n\"']*)?')|\*[^*\n]+\*|_[^_\n]+_)"
_CAPITAL: Final = r"(?-i:[A-Z0-9][^\s.!?,;\"()]*)"
_JOINED: Final = r"(?: (?:(?:of|the|and|a|an|in|to|for|with|on|&|at|from) )*"
_CAPITALS: Final = rf"{_CAPITAL}{_JOINED}{_CAPITAL})*"
_MANY_CAPITALS: Final = rf"{_CAPITAL}{_JOINED}{_CAPITAL})+"
_COPY: Final = r"(?:(?:a|the|your|her|his|their|our) (?:copy of |book |dvd |audiobook |movie |novel |cd |e-?book )?)?"
_TOOK: Final = (
    r"(?:(?:has|had|have|just|also|already|recently|keeps?|still|even|was|is|been) )*"
    r"(?:check(?:ed|s|ing) out|borrow(?:ed|s|ing)|took out|renew(?:ed|s|ing)|"
    r"(?:placed|puts?|places) a (?:hold|request) (?:on|for)|(?:puts?|placed) on hold|(?:has|have|had|got) a hold on)"
)
_ASKED_FOR: Final = (
    r"(?:(?:has|had|have|just|also|already|recently|keeps?|still|even|was|is|been) )*"
    r"(?:return(?:ed|s|ing)|reserv(?:ed|es|ing)|order(?:ed|s|ing)|request(?:ed|s|ing)|waiting for)"
)
"""Words for what one does with other things too: a title has to be quoted, or begin like one, or be the library's."""
_FROM_LIBRARY: Final = (
    r"(?:on hold|overdue|checked out|on (?:his|her|their|your) (?:card|account|record)|"
    r"from (?:the|our|your|this) library|(?:at|through) the library|on reserve|on interlibrary loan|"
    r"due (?:on|back|tomorrow|today|next)|out on loan)"
)
_TOOK_TITLE: Final = Pattern(
    rf"{_WHO},? {_TOOK} {_COPY}(?:{_QUOTED}|{_MANY_CAPITALS}|{_CAPITALS}[^.!?\n]* {_FROM_LIBRARY}\b)"
)
_ASKED_TITLE: Final = Pattern(
    rf"{_WHO},? {_ASKED_FOR} {_COPY}(?:{_QUOTED}|(?-i:The|A|An|How){_JOINED}{_CAPITAL})+|"
    rf"{_CAPITALS}[^.!?\n]* {_FROM_LIBRARY}\b)"
)
_HAS_TITLE: Final = Pattern(
    rf"{_WHO},? (?:still |currently |also )?(?:has|have|had|kept|keeps) (?:still |had |got )?{_COPY}(?:{_QUOTED}|"
    rf"{_CAPITALS})"
    rf"[^.!?\n]* {_FROM_LIBRARY}\b"
)
_YOUR_TITLE: Final = Pattern(
    r"\b(?P<who>your|his|her|their|(?-i:[A-Z][a-z-]+'s)) (?:overdue |requested |reserved )?(?:copy|holds?|request|"
    r"reservation|interlibrary loan|renewal|loan|checkout|book|dvd|audiobook)(?: (?:of|on|for))?"
    rf" (?:{_QUOTED}|{_CAPITALS}) (?:is|are|was|has|have|just|came|will|arrived|expire[sd]?)\b"
)
_OF_LENDING: Final = Pattern(
    r"check(?:ed|s|ing) out|borrow|took out|renew|return|reserv|hold|request|ordered|waiting for|overdue|library|due|"
    r"loan|copy|checkout|book|dvd|on (?:his|her|their|your) (?:card|account|record)"
)
_NOBODY: Final = frozenset({
    "i", "we", "you", "it", "who", "someone", "somebody", "everyone", "everybody", "nobody", "anyone", "library", "the",
    "a", "an", "this", "that", "and", "but", "so", "if", "when", "then", "just", "please", "thanks", "yes", "no", "not",
    "what", "why", "how", "has", "have", "had", "today", "yesterday", "libby", "hoopla", "overdrive", "kanopy",
    "amazon", "netflix",
})  # fmt: skip


def patrons_with_titles(batch: Batch) -> Iterator[Claim]:
    """A person other than the writer, said to have, or to have had, one title of the library's."""
    lending = batch.rows(_OF_LENDING)
    for pattern in (_TOOK_TITLE, _ASKED_TITLE, _HAS_TITLE, _YOUR_TITLE):
        for match in candidates(batch, pattern, lending):
            who = match.group("who").lower()
            if who.split()[0] in _NOBODY:
                continue
            title_quoted = any(mark in match.text for mark in '"*')
            strength: Strength = "moderate" if title_quoted else "weak"
            yield Claim(match.row, match.start, match.end, "patron-title", strength, blot(match.text),
                        "a person, words of borrowing, a title")  # fmt: skip
