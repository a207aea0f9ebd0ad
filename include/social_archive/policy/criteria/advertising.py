"""Does this comment advertise or sell something?

Rules show what trade looks like: a price beside words of offering, how to order, links that pay whoever posts them.
A trained model adds up words of trade and says which ones counted (`policy/trade/linear.py`). The account's own posts
are not read: a library may announce its book sale.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from pydantic import Field

from social_archive.config_schedule import Model
from social_archive.policy.batch import Batch, Match, Pattern, Rows
from social_archive.policy.criterion import Criterion, Hit, Rule
from social_archive.policy.trade import links
from social_archive.policy.trade.asking import first_of_each, is_asked
from social_archive.policy.trade.linear import Reading, model, span, told
from social_archive.policy.trade.words import LINK, PERCENT, PHONE, PRICE

PRICED: Final = Rule(
    "advertising.price-offer", 1, "moderate",
    "Names a price or a discount beside words of offering ({offer}), as one does who sells something.",
)  # fmt: skip
CONTACT: Final = Rule(
    "advertising.contact-to-order", 1, "strong",
    "Says how to order or to ask for a price, so something may be on sale.",
)  # fmt: skip
CALL: Final = Rule(
    "advertising.phone-and-price", 1, "moderate",
    "Gives a telephone number beside a price or a discount, as small advertisements do.",
)  # fmt: skip
SHORTENED: Final = Rule(
    "advertising.short-link", 1, "weak",
    "Links through {site}, which hides where the link leads; advertisers use such links, and so do others.",
)  # fmt: skip
AFFILIATE: Final = Rule(
    "advertising.affiliate-link", 1, "moderate",
    "The link carries a mark of a seller's partner programme ({mark}), so whoever posted it may be paid for clicks.",
)  # fmt: skip
COPIES: Final = Rule(
    "advertising.copies", 1, "moderate",
    "The same text with a price, a link or a telephone number stands in {copies} other threads, as advertisements do.",
)  # fmt: skip
LEARNED: Final = Rule(
    "advertising.model", 1, "moderate",
    "A model of the words of trade gives it a score of {score} (it points from {threshold}), most of all for: {words}.",
)  # fmt: skip

NEAR: Final = 200
"""Characters between a price and the words beside it."""

_MONEY = Pattern(rf"(?:{PRICE}|{PERCENT})")
_PHONE = Pattern(PHONE)
_OFFER = Pattern(
    r"(?:\b(?:(?:for sale|i'?m selling|we'?re selling|selling|i sell|we sell|we offer|best offer|obo|"
    r"discount(?:s|ed)?|coupons?|promo(?:tion)?s?|specials?|clearance|wholesale|giveaway|pick-?up only|"
    r"new (?:arrivals|listing|clients)|in stock|limited (?:time|stock|spots|offer)|sponsored)\b|"
    r"(?:buy|order|book|shop|reserve|apply|enroll|sign up) (?:now|today|yours|here|online|at)\b|"
    r"buy one,? get one\b|(?:promo|coupon|discount|use|with) code\b|"
    r"free (?:shipping|delivery|quotes?|estimates?|consultation|trial)\b|"
    r"want to buy (?:my|our|one of)\b|book (?:your|a) [^.!?\n]{0,40}?\bwith (?:me|us)\b|"
    r"(?:earn|make|win|invest)\b[^.!?\n]{0,20}[$€£])|\d\s?(?:%|percent) off\b)"
)
_ASK_PRICE = (
    r"\b(?:(?:dm|pm|inbox|text|message|msg|whatsapp|telegram|call|contact|e-?mail|hit)\s+"
    r"(?:me|us|him|her|now|today|up)\b[^.!?\n]{0,40}?|(?:dm|pm|inbox|whatsapp|telegram)\s+)"
)
_ORDER = Pattern(
    rf"(?:{_ASK_PRICE}\b(?:to (?:place an? )?(?:order|buy|purchase|claim|invest|get started|start earning|join "
    rf"(?:my|our) team)|"
    r"to book (?:your|an?)|for (?:an? |the |your |our |current )?(?:free )?(?:price|pricing|prices|rates?|quotes?|"
    r"estimates?|orders?|consultation|price list))\b|"
    r"\border (?:by|via|on|through|over) (?:dm|pm|inbox|whatsapp|telegram|message|text)\b|"
    r"\b(?:whatsapp|telegram)\s*(?:me|us|him|her|at|on|:)?\s*(?:\+?\d[\d() .-]{6,}\d|@\w+))"
)
_DETAILS = Pattern(rf"{_ASK_PRICE}\b(?:for|to (?:get|learn|know)) (?:more )?(?:details?|info(?:rmation)?)\b")
_OWED = Pattern(
    r"\b(?:late fees?|fines?|overdue|owed?|charged|refund|lost|returned|replacement|donat(?:e|ed|"
    r"ions?))\b"
)
_TRADING = Pattern(rf"(?:{PRICE}|{PERCENT}|{LINK}|{PHONE})")

_SHORTENERS = links.to((
    "bit.ly", "tinyurl.com", "t.ly", "goo.gl", "is.gd", "v.gd", "ow.ly", "rebrand.ly", "cutt.ly", "shorturl.at",
    "rb.gy", "tiny.cc", "shorte.st", "adf.ly", "bl.ink", "short.io", "s.id", "qr.ae", "clck.ru",
))  # fmt: skip
_PARTNERS = links.to((
    "amzn.to", "shareasale.com", "clickbank.net", "rstyle.me", "shop-links.co", "linksynergy.com", "anrdoezrs.net",
    "jdoqocy.com", "dpbolvw.net", "kqzyfj.com", "prf.hn", "awin1.com", "avantlink.com", "skimresources.com",
))  # fmt: skip
_MARKED = Pattern(
    r"(?P<link>[^\s<>\"]{4,}[?&](?P<what>(?:tag=[\w-]+-2\d|(?:aff|affiliate|partner|associate)(?:[_-]?id)?=|aff_\w+=|"
    r"irclickid=|clickref=|cjevent=|awc=|hop=|referral(?:[_-]?(?:code|id))?=|ref[_-]?code=|"
    r"invite[_-]?code=))[^\s<>\"]*)"
)


class Advertising(Criterion):
    """Signs of trade in what the public writes."""

    name = "advertising"
    title = "Advertising or sale"
    clause = "advertising"
    note = (
        "The library's own book sale, and questions about what things cost, are not advertising. The model knows "
        "English "
        "words of trade only, and was trained on invented texts: read the comment, not the score. One tone for all: a "
        "rule against advertising has to be applied to those who praise the library as to those who do not."
    )
    rules = (PRICED, CONTACT, CALL, SHORTENED, AFFILIATE, COPIES, LEARNED)

    class Settings(Model):
        """`copies`: other threads with the same text. `score`: from which the model points (0 to 1; else its own)."""

        copies: int = Field(3, ge=1)
        score: float | None = Field(None, gt=0, le=1)

    def find(self, batch: Batch) -> Iterator[Hit]:
        money = batch.rows(_MONEY)
        yield from _priced(batch, money)
        yield from _contacts(batch, money)
        yield from _calls(batch, money)
        yield from _links(batch)
        reading = model("advertising").read(batch.column)
        threshold = self.settings.score or model("advertising").threshold
        yield from _learned(batch, reading, threshold)
        yield from _copied(batch, reading.scores >= threshold, self.settings.copies)


def _priced(batch: Batch, money: Rows) -> Iterator[Hit]:
    for match in first_of_each(_beside(batch, batch.find(_OFFER, money), _MONEY)):
        asked = is_asked(batch.folded[match.row].text, match.end)
        yield Hit(match.row, PRICED, match.start, match.end, {"offer": match.group("word"), "asked": asked},
                  "weak" if asked else None)  # fmt: skip


def _contacts(batch: Batch, money: Rows) -> Iterator[Hit]:
    found = {match.row: match for match in batch.find(_DETAILS, money)}
    found |= {match.row: match for match in first_of_each(batch.find(_ORDER))}
    for match in found.values():
        yield Hit(match.row, CONTACT, match.start, match.end)


def _calls(batch: Batch, money: Rows) -> Iterator[Hit]:
    for match in first_of_each(_beside(batch, batch.find(_PHONE, money), _MONEY)):
        text = batch.folded[match.row].text
        owed = bool(_OWED.compiled.search(text[max(match.start - NEAR, 0) : match.end + NEAR]))
        yield Hit(match.row, CALL, match.start, match.end, {"money_owed": owed}, "weak" if owed else None)


def _beside(batch: Batch, matches: Iterator[Match], other: Pattern) -> Iterator[Match]:
    """Matches that have one of another pattern near, from the one to the other; `word` is the match as it was."""
    for match in matches:
        text = batch.folded[match.row].text
        first = max(match.start - NEAR, 0)
        for near in other.compiled.finditer(text[first : match.end + NEAR]):
            start, end = min(match.start, first + near.start()), max(match.end, first + near.end())
            yield Match(match.row, start, end, text[start:end], {"word": match.text})
            break


def _links(batch: Batch) -> Iterator[Hit]:
    for link in links.linked(batch, _SHORTENERS):
        yield Hit(link.row, SHORTENED, link.start, link.end, {"site": link.what, "link": link.url})
    for link in links.linked(batch, _PARTNERS, _MARKED):
        yield Hit(link.row, AFFILIATE, link.start, link.end, {"mark": link.what, "link": link.url})


def _learned(batch: Batch, reading: Reading, threshold: float) -> Iterator[Hit]:
    for row in np.flatnonzero(reading.scores >= threshold).tolist():
        reasons = reading.reasons(row)
        yield Hit(row, LEARNED, *span(batch.folded[row].text, reasons), {
            "score": f"{reading.scores[row]:.2f}", "threshold": f"{threshold:.2f}", "words": told(reasons),
            "weights": {said.feature: round(said.weight, 3) for said in reasons}, "model": model("advertising").version,
        })  # fmt: skip


def _copied(batch: Batch, selling: np.ndarray[Any, np.dtype[np.bool_]], least: int) -> Iterator[Hit]:
    """Repetition alone is how people with one concern write, too: only copies that show a sign of trade."""
    many = np.flatnonzero(batch.copies >= least)
    for row in np.union1d(batch.rows(_TRADING, many), many[selling[many]]):
        text = batch.folded[row].text
        yield Hit(int(row), COPIES, 0, min(len(text), links.SHOWN), {"copies": int(batch.copies[row])})
