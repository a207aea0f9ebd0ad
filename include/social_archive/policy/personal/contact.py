"""Ways to reach a person: telephone numbers and e-mail addresses."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType
from stdnum import isbn

from social_archive.policy.batch import Batch, Match, Pattern, Rows
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

_GAP: Final = r"(?:\s?[-./·•~_]\s?|\s{1,2})"
_NORTH_AMERICAN: Final = Pattern(
    rf"(?:^|[^0-9A-Za-z_])(?P<number>(?:\+?1{_GAP}?)?(?:\(\s?[2-9]\d\d\s?\){_GAP}?|"
    rf"[2-9]\d\d{_GAP}?)[2-9]\d\d{_GAP}?\d{{4}}|[2-9](?: \d){{9}})\b"
)
_WITH_COUNTRY: Final = Pattern(r"(?P<number>\+\d{1,3}(?:[\s().-]{0,2}\d){6,13})\b")
_NATIONAL: Final = Pattern(r"(?:^|[^0-9A-Za-z_])(?P<number>\(?\d{2,6}\)?(?:[\s./-]{0,2}\d{2,8}){1,4})\b")
_LOCAL: Final = Pattern(
    r"\b(?:call|text|phone|cell|tel|telephone|mobile|ring|dial|reach (?:me|him|her|them) at|ph)\b"
    r"[^\d.!?\n]{0,20}\.?:?\s?"
    r"(?P<number>[2-9]\d\d[-. ]\d{4})\b"
)
_PHONE_SAID: Final = Pattern(
    r"\b(?:call|calls|text|texts|phone|cell|tel|telephone|mobile|ring|dial|fax|reach|number is|hmu|contact|landline|"
    r"(?:my|his|her|their|'s) number|"
    r"whatsapp|signal|ph|sms)\b"
)
_OTHER_MARKS: Final = re.compile("[·•~_/]")
_NOT_PRIVATE: Final = frozenset({
    PhoneNumberType.TOLL_FREE, PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.UAN,
    PhoneNumberType.VOICEMAIL,
})  # fmt: skip
_NANP: Final = 1  # country code of the North American Numbering Plan


def phones(batch: Batch, rows: Rows, region: str, own: Collection[str]) -> Iterator[Claim]:
    """A number of the number plan of its country, of `region` (ISO 3166) when it names none.

    Left: numbers that cost the caller nothing or more than a call, and the body's `own` numbers.
    """
    kept = {_plain(number, region) for number in own}
    at_home = phonenumbers.country_code_for_region(region) == _NANP
    for pattern in (_WITH_COUNTRY, _NORTH_AMERICAN if at_home else _NATIONAL):
        for match in candidates(batch, pattern, rows):
            claim = _phone(match, batch.folded[match.row].text, region, kept)
            if claim:
                yield claim
    if at_home:
        for match in candidates(batch, _LOCAL, rows):
            text, number = batch.folded[match.row].text, match.group("number")
            start = match.end - len(number)
            if stands_alone(text, start, match.end) and not _ends_one_of(digits_of(number), kept):
                yield Claim(match.row, start, match.end, "phone", "weak", blot(number, keep=2), "words before it")


def _phone(match: Match, text: str, region: str, own: set[str]) -> Claim | None:
    quote, start = match.group("number"), match.end - len(match.group("number"))
    for _ in range(3):
        end = start + len(quote)
        kind = _kind_of_number(quote, region)
        if kind is not None:
            break
        quote = quote.rstrip("0123456789").rstrip(" .-()/")  # digits that follow look like more of it
    if not quote or kind is None or kind in _NOT_PRIVATE or (own and _plain(quote, region) in own):
        return None
    if not stands_alone(text, start, end) or in_link(text, start) or text[start - 1 : start] in ("#", "=", "`"):
        return None
    said = said_before(_PHONE_SAID, text, start) or said_after(_PHONE_SAID, text, end, 15)
    if not said and (said_before(CODE_OF_A_THING, text, start) or _is_written_oddly(quote)):
        return None
    strength: Strength = "weak" if quote.isdigit() and not said else "strong"
    return Claim(match.row, start, end, "phone", strength, blot(quote, keep=2),
                 "number plan, words beside it" if said else "number plan")  # fmt: skip


def _is_written_oddly(quote: str) -> bool:
    """An ISBN, digits in a row with spaces (1 2 3 4), or two kinds of marks (252.227-7013)."""
    spaced = len(quote) == 19 and quote[1::2].isspace()
    return spaced or ("." in quote and "-" in quote) or (quote.isdigit() and isbn.is_valid(quote))


def _kind_of_number(quote: str, region: str) -> int | None:
    """The `PhoneNumberType`, or None for what is no number. With a country code the right length is enough."""
    try:
        number = phonenumbers.parse(_OTHER_MARKS.sub("-", quote), region)
    except NumberParseException:
        return None
    kind: int = phonenumbers.number_type(number)
    named = quote.startswith("+") and phonenumbers.is_possible_number(number)
    return None if kind == PhoneNumberType.UNKNOWN and not named else kind


def _plain(quote: str, region: str) -> str:
    try:
        return str(
            phonenumbers.format_number(
                phonenumbers.parse(_OTHER_MARKS.sub("-", quote), region), phonenumbers.PhoneNumberFormat.E164
            )
        )
    except NumberParseException:
        return digits_of(quote)


def _ends_one_of(digits: str, numbers: set[str]) -> bool:
    return any(number.endswith(digits) for number in numbers)


_EMAIL: Final = Pattern(
    r"(?P<name>[^\s@<>()\[\]{},;:\"'!?*#/\\|=.-][^\s@<>()\[\]{},;:\"!?*#/\\|=]*)@"
    r"(?P<domain>[^\s@<>()\[\]{},;:\"'!?*#/\\|=_]+\.(?P<top>[a-z]+))\b"
)
_AT: Final = r"(?:\s?[\[({<]\s?(?:at|@)\s?[\])}>]\s?|\s(?P<at>at|@)\s)"
_DOT: Final = r"(?:\s?[\[({<]\s?(?:dot|\.)\s?[\])}>]\s?|\s?(?P<dot>\bdot\b)\s?|\.)"
_SPELLED: Final = Pattern(
    rf"\b(?P<name>[a-z0-9](?:[a-z0-9._%+-]|[\[(]dot[\])])*){_AT}(?P<domain>[a-z0-9-]+(?:\.[a-z0-9-]+)?){_DOT}"
    r"(?P<top>com|org|net|edu|gov|us|info|io|co|me|biz|mail|uk|ca|de)\b"
)
_PROVIDER: Final = Pattern(
    r"^(?:g-?mail|googlemail|yahoo|hotmail|outlook|icloud|aol|comcast|proton(?:mail)?|att|sbcglobal|msn|live|gmx|ymail|"
    r"verizon|me|mac|fastmail|zoho)$"
)
_MAIL_SAID: Final = Pattern(r"\b(?:e-?mail|mail|write|contact|reach|address|message)\b")
_WORDS: Final = frozenset({
    "look", "me", "us", "it", "them", "him", "her", "shop", "book", "order", "visit", "available", "online", "buy",
    "up", "here", "find", "is", "are", "be", "was", "sold", "only", "meet", "that", "this", "at", "see", "page",
    "site", "stuff", "books", "work",
})  # fmt: skip
_FILES: Final = frozenset({
    "png", "jpg", "jpeg", "gif", "svg", "webp", "pdf", "mp3", "mp4", "mov", "js", "css", "html", "htm", "doc", "docx",
    "txt",
})  # fmt: skip
_DESKS: Final = frozenset({
    "info", "contact", "office", "sales", "support", "admin", "hello", "help", "service", "press", "media", "team",
    "staff", "reference", "webmaster", "noreply", "no-reply", "donotreply", "orders", "events", "mail", "newsletter",
    "hr", "jobs", "library", "circulation",
})  # fmt: skip


def emails(batch: Batch, rows: Rows, own_domains: Collection[str]) -> Iterator[Claim]:
    """An address, also one with `at` and `dot` spelled out. Left: the body's `own_domains`, fediverse handles.

    The address of a desk (info@) or of a government is weak evidence: it is hardly one person's own.
    """
    own = tuple(domain.lower().lstrip("@.") for domain in own_domains)
    for pattern in (_EMAIL, _SPELLED):
        for match in candidates(batch, pattern, rows):
            text = batch.folded[match.row].text
            name, top = match.group("name"), match.group("top").lower()
            domain = match.group("domain").lower() if pattern is _EMAIL else f"{match.group('domain')}.{top}".lower()
            if text[max(0, match.start - 1) : match.start] in ("@", "/") or top in _FILES or _is_own(domain, own):
                continue
            if pattern is _SPELLED and not _is_spelled(match, text):
                continue
            desk = name.lower() in _DESKS or top == "gov"
            how = "form of an address" + (", not one person's" if desk else "")
            yield Claim(match.row, match.start, match.end, "e-mail", "weak" if desk else "strong",
                        blot(match.text), how)  # fmt: skip


def _is_own(domain: str, own: tuple[str, ...]) -> bool:
    return any(domain == ours or domain.endswith(f".{ours}") for ours in own)


def _is_spelled(match: Match, text: str) -> bool:
    """`x at y.com` is an address only if something more says so: look at amazon.com."""
    if not match.group("at"):
        return True
    if match.group("name").lower() in _WORDS:
        return False
    if _PROVIDER.compiled.search(match.group("domain")):
        return True
    return bool(match.group("dot")) and (
        said_before(_MAIL_SAID, text, match.start) or any(not char.isalpha() for char in match.group("name"))
    )
