"""Numbers that a government gave to a person: Social Security number, driver's licence, licence plate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from stdnum.us import itin, ssn

from social_archive.policy.batch import Batch, Pattern, Rows
from social_archive.policy.criterion import Strength
from social_archive.policy.personal.claim import (
    CODE_OF_A_THING,
    GAP,
    Claim,
    blot,
    candidates,
    digits_of,
    in_link,
    said_after,
    said_before,
    stands_alone,
)  # fmt: skip

_SSN: Final = Pattern(rf"\b\d{{3}}(?:{GAP}\d{{2}}{GAP}|\d{{2}})\d{{4}}\b")
_SSN_SAID: Final = Pattern(
    r"\bssn\b|\bss ?#|\bss ?n(?:o|umber)\b|\bsocial\b|\bs\.s\.n|\bsoc\b|\bitin\b|\btax(?:payer)? id"
)


def social_security(batch: Batch, rows: Rows) -> Iterator[Claim]:
    """Nine digits, written 3-2-4 with dashes or dots, or any way after words that name the number.

    Numbers that were never given out (area 000, 666, 900 and above; those of advertisements: SSA, "Social Security
    Number Randomization") are left unless they are called so. Taxpayer numbers (ITIN) count as the same kind.
    """
    for match in candidates(batch, _SSN, rows):
        text, quote = batch.folded[match.row].text, match.text
        digits = digits_of(quote)
        if not stands_alone(text, match.start, match.end) or in_link(text, match.start):
            continue
        valid = ssn.is_valid(digits) or itin.is_valid(digits)
        said = said_before(_SSN_SAID, text, match.start) or said_after(_SSN_SAID, text, match.end)
        written = not any(char.isspace() for char in quote) and len(quote) == 11 and quote[3] == quote[6] in "-."
        if valid and (said or (written and not said_before(CODE_OF_A_THING, text, match.start))):
            how = "number ranges, words before or after it" if said else "number ranges, written 3-2-4"
            yield Claim(match.row, match.start, match.end, "ssn", "strong", blot(quote, keep=4), how)
        elif written and said_before(_SSN_SAID, text, match.start):  # mistyped, or made up: its writer called it one
            how = "written 3-2-4, words before it; not a number that was ever given out"
            yield Claim(match.row, match.start, match.end, "ssn", "weak", blot(quote, keep=4), how)


_LICENCE_SAID: Final = Pattern(
    r"\bdriver'?s?'?\b|\blicen[cs]e\b|\bd\.?l\.?\b|\bstate id\b|\bid (?:card|number|no|#)|\bpermit\b|\bdln\b|\bid\b"
)


def drivers_licences(batch: Batch, rows: Rows, shapes: Mapping[str, str]) -> Iterator[Claim]:
    """A licence number of one of the `shapes`: X is a letter, # a digit, - what may be left out.

    Short shapes, and long ones that are run together, need words that name a licence. A number of Illinois says more of
    itself: a Soundex code, then year and day of birth (day of a year of 31-day months; women: 600 more).
    """
    with_one = batch.rows(_any_shape(tuple(shapes.values())), rows) if shapes and len(rows) else rows
    for state, shape in shapes.items():
        for match in candidates(batch, _shaped(shape), with_one):
            text, quote = batch.folded[match.row].text, match.text
            if not stands_alone(text, match.start, match.end) or in_link(text, match.start):
                continue
            said = said_before(_LICENCE_SAID, text, match.start) or said_after(_LICENCE_SAID, text, match.end)
            telling = len(shape) >= 14 and shape[0] == "X" and quote.count("-") == shape.count("-")
            coded = state == "IL" and _is_coded(quote)
            if said or ((telling or coded) and not said_before(CODE_OF_A_THING, text, match.start)):
                checks = [f"shape of {state}", *(["name and birthday code"] if coded else []),
                          *(["words before or after it"] if said else [])]  # fmt: skip
                strength: Strength = "strong" if said or coded else "moderate"
                yield Claim(match.row, match.start, match.end, "drivers-licence", strength, blot(quote, keep=3),
                            ", ".join(checks))  # fmt: skip


@cache
def _shaped(shape: str) -> Pattern:
    return _any_shape((shape,))


@cache
def _any_shape(shapes: tuple[str, ...]) -> Pattern:
    parts = {"X": "[A-Z]", "#": r"\d", "-": r"[-. ]?"}
    written = ("".join(parts[char] for char in shape) for shape in shapes)
    return Pattern(rf"\b(?:{'|'.join(written)})\b")


def _is_coded(quote: str) -> bool:
    digits = digits_of(quote)
    sounds = digits[:3].rstrip("0")
    of_a_name = set(sounds) <= set("123456")
    of_a_birthday = 1 <= int(digits[8:11]) % 600 <= 372
    return of_a_name and of_a_birthday


_PLATE: Final = Pattern(
    r"\b(?P<said>licen[cs]e plates?|number plates?|plates?|tags?)(?: (?:number|no\.?|num|#))?"
    r"(?:\s?[:#=]\s?|\s(?:is|was|are|were|reads?|that says|said|says|that reads|of|with|from)\s|\s)"
    r"\(?\s?\"?(?:(?:il|illinois|in|indiana|wi|wisconsin|ia|iowa|mi|michigan|mo|missouri)\b[\s:]{1,2}|(?-i:[A-Z]{2})\s)?\"?"
    r"(?P<plate>(?-i:[A-Z]{1,4}[- ]?\d{1,6}(?:[- ]?[A-Z]{1,2})?|"
    r"\d{1,4}[- ]?[A-Z]{1,4}(?:[- ]?\d{1,4})?|[A-Z]{3}[- ]?[A-Z]\d{2})|"
    r"[a-z]{1,3}-?\d{2,6}|\d{3}[- ]?\d{3,4})\b"
)
_PLATE_AFTER: Final = Pattern(
    r"\b(?P<plate>(?-i:[A-Z]{1,3}[- ]?\d{2,6}|\d{1,4}[- ]?[A-Z]{2,3}))\"?"
    r"(?:\s?\(|\s(?:(?:is|was|on) (?:the|his|her|their|your)\s)?)(?:il |illinois )?(?:licen[cs]e )?(?P<said>plates?)\b"
)
_OF_A_CAR: Final = Pattern(
    r"\b(?:licen[cs]e|car|truck|suv|van|sedan|pickup|driver|driving|parked|honda|toyota|ford|"
    r"chevy|chevrolet|jeep|nissan|bmw|subaru|hyundai|kia|tesla|dodge|illinois|il|vehicle)\b"
)
_WORDS_OF_PLATES: Final = Pattern(
    r"^(?:in|of|is|are|was|were|cost|costs|at|on|for|and|the|to|no|fig|vol|by|with|from|or)\b"
)


def licence_plates(batch: Batch, rows: Rows) -> Iterator[Claim]:
    """Letters and digits in the shape of a plate, beside the word. `plate` alone needs a car: books have plates too."""
    for pattern in (_PLATE, _PLATE_AFTER):
        for match in candidates(batch, pattern, rows):
            text, plate = batch.folded[match.row].text, match.group("plate")
            start = match.start + match.text.index(plate)
            end = start + len(plate)
            size = sum(char.isalnum() for char in plate)
            if not 5 <= size <= 8 or not stands_alone(text, start, end) or _WORDS_OF_PLATES.compiled.search(plate):
                continue
            car = match.group("said").lower().startswith(("licen", "number p"))
            near = text[max(0, match.start - 60) : end + 60]
            if car or _OF_A_CAR.compiled.search(near):
                strength: Strength = "strong" if car and not plate.isdigit() else "moderate"
                yield Claim(
                    match.row, start, end, "licence-plate", strength, blot(plate, keep=2), "shape, words before it"
                )
