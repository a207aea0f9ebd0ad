"""Offers of goods whose sale the law regulates: drugs, prescription drugs, weapons, false documents.

The rule of the criterion `unlawful` that reads for sales. The goods alone are a topic; an offer has two of four more:
words of selling or buying, a price, a way to get in touch, a law that is passed by ("no paperwork").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from social_archive.policy.batch import LOOKED_AT, Batch, Match, Pattern
from social_archive.policy.criterion import Hit, Rule
from social_archive.policy.speech.doxxing import PHONE
from social_archive.policy.speech.lexicon import word_lists

_REGULATED: Final = word_lists("regulated")
_KINDS: Final = ("drugs", "prescription", "weapons", "documents")

OFFER = Rule(
    "unlawful.regulated-goods", _REGULATED.version, "moderate",
    "Offers or seeks goods whose sale is regulated ({kind}) together with a way to deal.",
)  # fmt: skip

_GOODS = "|".join(f"(?P<{kind}>{_REGULATED.either(kind)})" for kind in _KINDS)
_ANY_GOODS = Pattern(rf"\b(?:{_GOODS})\b")
_NO_GOODS = Pattern(rf"\b{_REGULATED.either('unless')}\b")
_SELLS = Pattern(
    r"\b(?:(?:i'?m |we'?re |im )?selling|(?:i|we|i've|i got|got|have) [\w ]{0,20}?for sale|for sale|on sale|in stock|"
    r"wts|sells?|plug|restocked|we ship|ships|shipping|looking (?:to buy|for)|anyone (?:got|have|selling)|who(?:'s| is|"
    r" has)? (?:got|selling|sells)|got any|moving|slinging|wtb|buy|order|cheap|(?:best|good|great|low) prices?|"
    r"any state|wholesale|available)\b"
)
_PRICE = Pattern(r"\$ ?\d|\b\d+ ?(?:usd|dollars|bucks|each|a pop)\b")
_CONTACT = Pattern(
    r"\b(?:dm|pm|hmu|hit me up|text|call|whats?app|telegram|wickr|signal|snap(?:chat)?|inbox|message me|cash ?app|"
    r"venmo|zelle|bitcoin|btc|no questions asked|discreet|overnight delivery|meet ?up)\b|"
    rf"@\w{{3,}}|t\.me/|www\.|https?://|wa\.me/|{PHONE}"
)
_DODGES = Pattern(
    r"\b(?:cash only|no questions|(?:no|without(?: an?)?) (?:background check|id|script|prescription|rx|paperwork))\b"
)
_TOPIC = Pattern(
    r"\b(?:ban|against|stop|stopped|law|laws|legal|illegal|illegally|legaliz\w+|arrested|police|prevent\w*|dangers?|"
    r"crisis|epidemic|awareness|overdose|about|history|documentary|news|buyback|safety|take.back|should(?:n't)?|vote|"
    r"voted|bill|addict\w*|recovery|narcan|book|books|novel|class|classes|talk|lecture|workshop|exhibit|exhibition|"
    r"forum|program|range)\b"
)
_REACH: Final = 120  # characters around the goods in which the selling and the dealing must stand


def offers(batch: Batch) -> Iterator[Hit]:
    """Offers and requests, each at the goods that it names."""
    for match in batch.find(_ANY_GOODS, most=LOOKED_AT):
        text = batch.folded[match.row].text
        begin = max(0, match.start - _REACH)
        around = text[begin : match.end + _REACH]
        if not _is_deal(around) or _TOPIC.compiled.search(around) or _is_other_thing(text, match):
            continue
        kind = next(kind for kind, said in match.groups.items() if said is not None)
        yield Hit(match.row, OFFER, match.start, match.end, {"kind": kind})


def _is_deal(around: str) -> bool:
    """Two of four: words of selling or buying, a price, a way to get in touch, a law passed by."""
    return sum(bool(sign.compiled.search(around)) for sign in (_SELLS, _PRICE, _CONTACT, _DODGES)) >= 2


def _is_other_thing(text: str, match: Match) -> bool:
    nearby = text[max(0, match.start - 12) : match.end + 16]
    return _NO_GOODS.compiled.search(nearby) is not None
