"""Passwords, PINs and access codes, said in a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from social_archive.policy.batch import Batch, Pattern, Rows
from social_archive.policy.personal.claim import Claim, candidates, said_before, stands_alone

_PASSWORD: Final = Pattern(
    r"\b(?:password|passwd|passcode|passphrase|pass ?word|pwd|pw|contrasena|hasło|access code|security code|"
    r"door code|entry code|gate code|alarm code)"
    r"(?: (?:for|to) (?:the|my|his|her|their|this|our) [a-z-]+)?"
    r"(?P<how>\s?[:=]\s?|\s?->\s?|\s(?:is|was|es|to)(?: still| now| just| actually)?\s?:?\s|"
    r"[ \t])[\"'`(]?(?P<value>[^\s\"'`<>]{3,64})"
)
_PIN: Final = Pattern(
    r"\b(?P<word>pin|passcode|pass code|(?:access|security|door|entry|gate|alarm) code|combination|combo)"
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


def passwords(batch: Batch, numbered: Rows) -> Iterator[Claim]:
    """What is said to be the password. A plain word after `is` is talk about one (`is wrong`), not the password."""
    for match in candidates(batch, _PASSWORD):
        text, value = batch.folded[match.row].text, match.group("value").rstrip(_ENDS)
        start = match.end - len(match.group("value"))
        assigned = match.group("how").strip() in (":", "=", "->")
        quoted = (
            text[start - 1 : start] in "\"'`" and text[start + len(value) : start + len(value) + 1] == text[start - 1]
        )
        if len(value) >= 4 and (quoted or _is_made_up(value) or (assigned and value.lower() not in _TALK)):
            yield Claim(match.row, start, start + len(value), "password", "strong", "•" * len(value), "words before it")
    for match in candidates(batch, _PIN, numbered):
        text, value = batch.folded[match.row].text, match.group("value")
        start = match.end - len(value)
        firm = match.group("how").strip(" \t\n") not in ("", "of", ",")
        if said_before(_PINNED, text, match.start) or not stands_alone(text, start, match.end):
            continue
        if firm or not _is_year(value) or said_before(_MINE, text, match.start):
            yield Claim(match.row, start, match.end, "password", "strong", "•" * len(value), "words before it")


_TALK: Final = frozenset({
    "required", "null", "true", "false", "string", "reset", "forgotten", "none", "optional", "same", "your", "the",
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
