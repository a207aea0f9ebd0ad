"""Numbers that money can be taken with: payment cards, IBAN, US bank accounts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from stdnum import iban, luhn
from stdnum.us import rtn

from social_archive.policy.batch import Batch, Match, Pattern, Rows
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

_CARD: Final = Pattern(
    rf"\b(?:(?P<fours>\d{{4}}(?:{GAP}\d{{4}}){{3}})(?:{GAP}\d{{1,3}})?|(?P<six>\d{{4}}{GAP}\d{{6}}{GAP}\d{{4,5}})|"
    r"\d{13,19}|\d(?:[ .-]\d){12,18})\b"
)
_CARD_SAID: Final = Pattern(
    r"\b(?:credit|debit|visa|master ?card|mc|amex|american express|discover|diners|jcb|cc|ccn|charged?|bank card|"
    r"(?:my|his|her|their|your) card|card (?:number|no\b|#|ending|is)|cvv|cvc|expir(?:es|y|ation)|exp)\b"
)


def payment_cards(batch: Batch, rows: Rows) -> Iterator[Claim]:
    """A number with the Luhn check digit (ISO/IEC 7812-1) and an issuer's first digits and length.

    Item barcodes of libraries have the same check digit and may begin like a Diners card, and identifiers of posts have
    17 digits or more: numbers of such lengths, run together, need words that name a card.
    """
    for match in candidates(batch, _CARD, rows):
        text = batch.folded[match.row].text
        for quote in dict.fromkeys((match.text, match.group("fours") or match.text)):
            start, end, digits = match.start, match.start + len(quote), digits_of(quote)
            issuer = _issuer(digits)
            if issuer is None or not luhn.is_valid(digits):
                continue
            if not stands_alone(text, start, end) or in_link(text, start):
                continue
            said = said_before(_CARD_SAID, text, start) or said_after(_CARD_SAID, text, end)
            odd = quote.isdigit() and len(digits) not in (13, 15, 16)
            if said or not (odd or said_before(CODE_OF_A_THING, text, start)):
                strength: Strength = "strong" if said or match.group("fours") or match.group("six") else "moderate"
                yield Claim(match.row, start, end, "payment-card", strength, blot(quote, keep=4),
                            f"Luhn check digit, {issuer} number")  # fmt: skip
                break


def _issuer(digits: str) -> str | None:
    """Whose card begins so and is as long as this, as the issuers publish it."""
    two, three, four, size = int(digits[:2]), int(digits[:3]), int(digits[:4]), len(digits)
    if digits[0] == "4" and size in (13, 16, 19):
        return "Visa"
    if (51 <= two <= 55 or 2221 <= four <= 2720) and size == 16:
        return "Mastercard"
    if two in (34, 37) and size == 15:
        return "American Express"
    if (four == 6011 or 644 <= three <= 649 or two == 65) and 16 <= size <= 19:
        return "Discover"
    if (300 <= three <= 305 or two in (36, 38, 39)) and size == 14:
        return "Diners Club"
    if 3528 <= four <= 3589 and 16 <= size <= 19:
        return "JCB"
    if two == 62 and 16 <= size <= 19:
        return "UnionPay"
    return None


_IBAN: Final = Pattern(r"\b[A-Z]{2}\d{2}(?:[ .-]?[A-Z0-9]){11,30}")


def ibans(batch: Batch, rows: Rows) -> Iterator[Claim]:
    """An international bank account number: check digits, and the structure of its country (ISO 13616)."""
    for match in candidates(batch, _IBAN, rows):
        text = batch.folded[match.row].text
        quote = _longest_iban(match.text)
        if quote and stands_alone(text, match.start, match.start + len(quote)):
            yield Claim(match.row, match.start, match.start + len(quote), "iban", "strong", blot(quote, keep=4),
                        "check digits, structure of its country")  # fmt: skip


def _longest_iban(quote: str) -> str | None:
    """What of the match is the number: the words that follow look like more of it."""
    bare = "".join(char for char in quote if char.isalnum()).upper()
    for size in range(len(bare), 14, -1):
        # Check digits first: the structure of a country costs a hundred times as much to look at.
        if _remainder(bare[:size]) == 1 and iban.is_valid(bare[:size]):
            ends = [n for n, char in enumerate(quote, start=1) if char.isalnum()]
            return quote[: ends[size - 1]]
    return None


def _remainder(number: str) -> int:
    """ISO 7064 MOD 97-10 of an IBAN: 1 if its check digits are right."""
    return int("".join(str(int(char, 36)) for char in number[4:] + number[:4])) % 97


_ROUTING: Final = Pattern(
    rf"\b(?:routing|aba|rtn|transit)\b[^\d.!?\n]{{0,25}}?(?P<number>\d{{9}}|\d{{4}}{GAP}\d{{4}}{GAP}\d)\b"
)
_ACCOUNT: Final = Pattern(r"\b(?:account|acct|a/c|checking|savings)\b[^\d!?\n]{0,25}?(?P<number>\d[\d -]{4,20}\d)\b")
_BANK_SAID: Final = Pattern(
    r"\b(?:routing|aba|rtn|bank|banking|checking|savings|wire|direct deposit|ach|credit union|chase|wells fargo|citi|"
    r"zelle|transfer)\b"
)
_NOT_OF_A_BANK: Final = Pattern(
    r"(?:^|[^@\w])(?:library|customer|utility|water|gas|electric|comed|nicor|comcast)(?: card)?\s$"
)


def bank_accounts(batch: Batch, rows: Rows) -> Iterator[Claim]:
    """A routing number (check digit of the American Bankers Association) or an account number, each after its words."""
    for match in candidates(batch, _ROUTING, rows):
        if rtn.is_valid(digits_of(match.group("number"))):
            yield _in_bank(match, "check digit of routing numbers, words before it")
    for match in candidates(batch, _ACCOUNT, rows):
        text, digits = batch.folded[match.row].text, digits_of(match.group("number"))
        near = text[max(0, match.start - 80) : match.end + 80]
        of_bank = _BANK_SAID.compiled.search(near)
        if 6 <= len(digits) <= 17 and of_bank and not said_before(_NOT_OF_A_BANK, text, match.start, 15):
            yield _in_bank(match, "words of banking around it")


def _in_bank(match: Match, how: str) -> Claim:
    number = match.group("number")
    return Claim(match.row, match.end - len(number), match.end, "bank-account", "strong", blot(number, keep=4), how)
