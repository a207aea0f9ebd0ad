"""Doxxing: where somebody else lives or can be met, told together with who it is.

The rules of the criterion `unlawful` that read for whereabouts. An address or a number alone is the criterion
`personal information`'s.
"""

from __future__ import annotations

from collections.abc import Iterator

from social_archive.policy.batch import LOOKED_AT, Batch, Pattern
from social_archive.policy.criterion import Hit, Rule
from social_archive.policy.speech.persons import NAME_WORD, NAMED
from social_archive.policy.speech.sentences import sentence_around

WHEREABOUTS = Rule(
    "unlawful.whereabouts", 2, "moderate",
    "Says that the writer knows where somebody lives, works or can be met.",
)  # fmt: skip
ADDRESS = Rule(
    "unlawful.home-address", 1, "strong",
    "Gives somebody's home address or telephone number together with who it is.",
)  # fmt: skip

_STREET = (
    r"\d{1,6} (?:[nsew]\.? |north |south |east |west )?(?:[a-z0-9.'-]+ ){1,3}(?:street|st|avenue|ave|road|rd|drive|dr|"
    r"lane|ln|court|ct|boulevard|blvd|place|pl|way|terrace|circle|cir|parkway|pkwy|trail|highway|hwy)\b"
)
PHONE = r"(?:\+?1[ .-]?)?\(?\d{3}\)?[ .-]?\d{3}[ .-]\d{4}"
_KNOWS = Pattern(
    r"\b(?:(?:i|we) (?:know|knows|found out|figured out|just found) (?:exactly )?where (?:you|he|she|they|"
    r"your (?:kids?|family|mother|wife|husband|children|daughter|son)|"
    rf"(?-i:{NAME_WORD}(?: {{1,2}}{NAME_WORD})?)) (?:live|sleep|work|park|go to school|goes to school)s?|"
    r"(?:i|we) (?:know|knows|found out|figured out) (?:which|what) (?:car|bus|train|route|gym|school|house) (?:you|he|"
    rf"she|they|the \w+|(?-i:{NAME_WORD}(?: {{1,2}}{NAME_WORD})?)) (?:drive|take|use|go to|goes to|live in)s?|"
    r"(?:i|we) know "
    r"(?:when|what time) (?:you|he|she|they|the \w+) (?:leave|get off|go home|goes home|walk)s?|(?:let'?s|"
    r"we should|everyone|you should|you can) (?:all )?(?:go|show up|pay a visit|meet) (?:to|at) (?:his|her|"
    r"their) (?:house|home|apartment|place))\b"
)
_LIVES = Pattern(
    rf"(?:(?P<person>{NAMED})|\b(?i:he|she|they|who|his (?:family|wife)|her (?:family|husband)))(?i:'s home address is|"
    rf" lives? (?:at|on|in)|"
    rf" stays at| resides at|'s house is(?: at)?|'s address(?: is|:)|,) ?(?i:{_STREET})", case=True,
)  # fmt: skip
_HERE_IS = Pattern(
    r"\b(?:(?:here(?:'s| is| are)|this is) )?(?:his|her|their|your|(?:the )?\w+'s) (?:home )?(?:address|house|cell|"
    r"phone number|"
    rf"number|home phone|phone|mobile)(?: number)?(?: is|:|,| -)? ?(?:at )?(?:{_STREET}|{PHONE})"
)


def doxxing(batch: Batch) -> Iterator[Hit]:
    """Homes, telephone numbers and whereabouts of others."""
    for match in batch.find(_KNOWS, most=LOOKED_AT):
        sentence = sentence_around(batch.folded[match.row].text, match.start, match.end)
        if not sentence.is_question:
            yield Hit(match.row, WHEREABOUTS, match.start, match.end)
    for pattern in (_LIVES, _HERE_IS):
        for match in batch.find(pattern):
            yield Hit(match.row, ADDRESS, match.start, match.end)
