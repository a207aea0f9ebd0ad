"""Passwords, PINs and access codes, said in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from social_archive.policy.batch import Batch, Match, Pattern, Rows
from social_archive.policy.personal.claim import Claim, candidates, said_before, stands_alone

_PASSWORD: Final = Pattern(
    r"\b(?:password|passwd|passcode|passphrase|pass ?word|pwd|pw|contrasena|hasło|access code|security code|"
    r"door code|entry code|gate code|alarm code)"
    r"(?: (?:for|to) (?:the|my|his|her|their|this|our) [a-z-]+)?"
    r"(?P<how>\s?[:=]\s?|\s?->\s?|\s(?:is|was|es|to)(?: still| now| just| actually)?\s?:?\s|"
    r"[ \t])[\"'`(]?(?P<value>[^\s\"'`<>]{3,64})"
)
_PIN: Final = Pattern(
    r"\b(?P<word>pin|passcode|pass code|(?:access|security|door|entry|gate|alarm) code|combo)"
    r"(?P<how>(?:\s(?:number|code|no\.?|#))?(?:\s?[:=#,]\s?|\s(?:is|was|to|of)(?: still| now| just)?\s?:?\s|\s))"
    r"[\"'(]?(?P<value>\d(?:[ -]?\d){3,7})\b"
)
_MINE: Final = Pattern(
    r"\b(?:my|his|her|their|your|our|card|account|library|login|user(?:name)?|with|the|and|debit|atm|number|patron|"
    r"use|using|enter|gave|\d+)"
    r"[\s,:;/&]{1,3}(?:[a-z]{1,12}\s){0,2}$"
)
_PINNED: Final = Pattern(
    r"\b(?:enamel|lapel|bowling|safety|collectible|trading|push|drop|rolling|hair|collector'?s?)\s$"
)
_ENDS: Final = ".,;:!?)]}>"


_SAID_AFTER: Final = Pattern(
    r"(?:^|[\s\"'`(])(?P<value>[^\s\"'`<>()]{4,64})[\"'`]?\s(?:is|was)\s(?:my|his|her|their|your|our|the)\s(?:[a-z-]+\s)?"
    r"(?:password|passcode|pwd|pin)\b"
)


def passwords(batch: Batch, numbered: Rows) -> Iterator[Claim]:
    """What is said to be the password. A plain word after `is` is talk about one (`is wrong`), not the password."""
    for match in candidates(batch, _PASSWORD):
        value = match.group("value").rstrip(_ENDS)
        start = match.end - len(match.group("value"))
        assigned = match.group("how").strip() in (":", "=", "->") and value.lower() not in _TALK
        text = batch.folded[match.row].text
        if len(value) >= 4 and (assigned or _is_made_up(value) or _is_quoted(text, start, start + len(value))):
            yield _secret(match, start, value)
    for match in candidates(batch, _PIN, numbered):
        start = match.end - len(match.group("value"))
        if _is_pin(match, batch.folded[match.row].text, start):
            yield _secret(match, start, match.group("value"))
    for match in candidates(batch, _SAID_AFTER, numbered):
        value = match.group("value")
        if _is_made_up(value) or (value.isdigit() and len(value) <= 8 and not _is_year(value)):
            yield _secret(match, match.start + match.text.index(value), value)


def _secret(match: Match, start: int, value: str) -> Claim:
    return Claim(match.row, start, start + len(value), "password", "strong", "•" * len(value), "words beside it")


def _is_pin(match: Match, text: str, start: int) -> bool:
    """Not the pin on a coat, nor the number of a parcel of land (09-10-115-022), which is called a PIN too."""
    if said_before(_PINNED, text, match.start) or not stands_alone(text, start, match.end):
        return False
    firm = match.group("how").strip(" \t\n") not in ("", "of", ",")
    loose = not match.group("word").lower().startswith("combo") and not _is_year(match.group("value"))
    return firm or loose or said_before(_MINE, text, match.start)


def _is_quoted(text: str, start: int, end: int) -> bool:
    return start > 0 and text[start - 1] in "\"'`" and text[end : end + 1] == text[start - 1]


_TALK: Final = frozenset({
    "required", "null", "true", "false", "string", "reset", "forgot", "forgotten", "none", "optional", "same",
    "your", "the",
    "see", "ask", "please", "there",
})  # fmt: skip


def _is_made_up(value: str) -> bool:
    """Has it what words have not: a digit or sign among letters, capitals inside?"""
    inner = value.strip("-'’")
    letters = any(char.isalpha() for char in inner)
    odd = any(char.isdigit() or char in "!@#$%^&*_+=~?" for char in inner) or any(
        char.isupper() for char in inner.replace("-", "")[1:] if "-" not in inner
    )
    return letters and odd and not inner.isupper() and "://" not in value


def _is_year(value: str) -> bool:
    return len(value) == 4 and value[:2] in ("19", "20")
