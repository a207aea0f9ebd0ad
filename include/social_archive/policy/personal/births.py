"""Dates of birth: a whole date beside words of birth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from social_archive.policy.batch import Batch, Match, Pattern, Rows
from social_archive.policy.criterion import Strength
from social_archive.policy.personal.claim import Claim, blot, candidates, said_after, said_before

_DAY: Final = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR: Final = r"(?:(?:19|20)\d\d|'?\d\d)"
_FULL: Final = (
    rf"(?:{_DAY}\s?[-/.]\s?{_DAY}\s?[-/.]\s?{_YEAR}|(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.]{_DAY}|"
    rf"{_MONTH}\s?{_DAY}(?:st|nd|rd|th)?,?\s(?:of\s)?(?:19|20)\d\d|{_DAY}(?:st|nd|rd|"
    rf"th)?\s(?:of\s)?{_MONTH},?\s(?:19|20)\d\d)"
)
_SHORT: Final = rf"(?:{_DAY}/{_DAY}|{_MONTH}\s{_DAY}(?:st|nd|rd|th)?)"
_SAID: Final = (
    r"(?:born|d\.?\s?o\.?\s?b\.?|date of birth|birth ?dates?|birth ?day|b-?day|fecha de nacimiento|nacid[oa]|"
    r"nacio|data urodzenia|urodzon[ya])"
)
_BIRTH_SAID: Final = Pattern(_SAID)
_AFTER_WORDS: Final = Pattern(rf"\b(?P<said>{_SAID})(?:\b|:)?[^\d!?\n]{{0,40}}?(?P<date>{_FULL})\b")
_BEFORE_WORDS: Final = Pattern(rf"\b(?P<date>{_FULL})\b[^\d.!?\n]{{0,20}}?\b(?P<said>{_SAID})\b")
_SOMEBODYS: Final = Pattern(
    r"\b(?:my|his|her|their|your)\s(?:[a-z]{1,12}(?:'s)?\s)?(?P<said>birthday|b-?day|dob|birth ?date)"
    rf"(?:\sis)?(?:\son)?:?\s(?P<date>{_SHORT})\b"
)
_OCCASION: Final = Pattern(
    r"\b(?:party|parties|celebrat\w+|event|bash|sale|storytime|story time|program|"
    r"\d+(?:st|nd|rd|th) (?:birthday|b-?day)|join us|register|rsvp|wish|parade)\b"
)
_OF_SOMETHING_ELSE: Final = Pattern(r"\b(?:since|until|till|clos(?:ed|es|ing)|open(?:s|ed)?|meeting|moved|hours)\b")
_NOT_A_PERSON: Final = Pattern(
    r"\b(?:the|our|this|your|a) (?:[a-z]+ )?(?:library|building|branch|company|"
    r"idea|band|club|city|town|village|nation|country|america|blues|jazz|tradition|"
    r"project|movement|program)\b[^.!?\n]{0,20}$"
)


def birth_dates(batch: Batch, rows: Rows) -> Iterator[Claim]:
    """A date after or before words of birth; without its year only where it is said to be somebody's birthday."""
    said = batch.rows(_BIRTH_SAID, rows)
    for pattern in (_AFTER_WORDS, _BEFORE_WORDS, _SOMEBODYS):
        for match in candidates(batch, pattern, said):
            text, date = batch.folded[match.row].text, match.group("date")
            if _is_occasion(match, text) or _OF_SOMETHING_ELSE.compiled.search(match.text):
                continue
            start = match.start if pattern is _BEFORE_WORDS else match.end - len(date)
            strength: Strength = "weak" if pattern is _SOMEBODYS else "strong"
            yield Claim(match.row, start, start + len(date), "date-of-birth", strength, blot(date), "words beside it")


def _is_occasion(match: Match, text: str) -> bool:
    festive = "day" in match.group("said").lower()
    between_and_around = text[max(0, match.start - 30) : match.end + 30]
    if festive and _OCCASION.compiled.search(between_and_around):
        return True
    return said_before(_NOT_A_PERSON, text, match.start) or (festive and said_after(_OCCASION, text, match.end, 40))
