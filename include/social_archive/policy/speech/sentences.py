"""The sentence that a match stands in, and how it is meant: said, asked, supposed, reported, told as a story.

Only what the words say by their form; no model of meaning. Windows are bounded, so that a text without any full stop
costs no more than one with many.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from social_archive.policy.batch import Pattern

_BACK: Final = 240
_AHEAD: Final = 240
_ENDS: Final = Pattern(r"[!?]|[.](?:\s+[A-Z\"'(]|\s*$)|\n", case=True)
_ASKS: Final = Pattern(
    r"^\W*(?:(?:so|hi|hey|hello|ok|okay|well|wait|sorry|fyi|and|but|hi all|just asking|question)\W+)*(?:did|does|do|is|"
    r"was|are|were|has|have|can|could|would|should|why|how|who) (?:\w|@)"
)
_TELLS: Final = Pattern(r"\b(?:did you (?:hear|know)|have you heard)\b")
_SUPPOSED: Final = Pattern(
    r"\b(?:if|whether|unless|suppose|supposing|imagine|would(?:n't)?|could(?:n't)?|might|what if|wonder(?:ing)?|"
    r"in case|hypothetical(?:ly)?|assuming|as if|as though)\b"
)
_REPORTED: Final = Pattern(
    r"\b(?:alleged(?:ly)?|reported(?:ly)?|accord(?:ing|ed) to|suspected|accused|charged with|rumou?rs?|claims?|claimed|"
    r"supposedly|i (?:think|guess|believe|heard)|apparently|said that|says that|news(?:paper)?|article|reported)\b"
)
_STORY: Final = Pattern(
    r"\b(?:novels?|in (?:the|this|that|her|his) books?|this book|books? (?:about|where|in which|by|club)|characters?|"
    r"plot|chapters?|movies?|films?|series|episodes?|season \d+|authors?|fiction(?:al)?|mystery|mysteries|thrillers?|"
    r"biography|memoir|documentary|podcast|storytime|protagonist|villain|sequel|read(?:ing)? about|musical|opera|"
    r"comics?|manga|century|\d{3}0s|history|biblical|shakespeare|video ?games?|poem|short story)\b"
)
_DENIED: Final = Pattern(
    r"\b(?:no one|nobody|never|not true|isn't true|false that|falsely|didn't|did not|doesn't|wasn't|is not|isn't|not)\b"
)


@dataclass(frozen=True)
class Sentence:
    """A sentence of a folded text and where it begins and ends there."""

    text: str
    start: int
    end: int
    closes: str  # what it ends in: "?", "!", "." or nothing

    @property
    def is_question(self) -> bool:
        """It ends in a question mark or begins as a question does; "did you hear that ..." tells something."""
        if _TELLS.compiled.search(self.text):
            return False
        return self.closes == "?" or _ASKS.compiled.search(self.text) is not None

    @property
    def is_supposed(self) -> bool:
        return _SUPPOSED.compiled.search(self.text) is not None

    @property
    def is_reported(self) -> bool:
        return _REPORTED.compiled.search(self.text) is not None

    def denies_before(self, place: int) -> bool:
        """A negation stands before this place (in the folded text)."""
        return _DENIED.compiled.search(self.text[: max(0, place - self.start)]) is not None


def sentence_around(text: str, start: int, end: int) -> Sentence:
    """The sentence that holds `text[start:end]`; it may be cut off 240 characters away from there."""
    first = begin = max(0, start - _BACK)
    for stop in _ENDS.compiled.finditer(text[begin:start]):
        first = begin + stop.start() + 1
    close = _ENDS.compiled.search(text[end : end + _AHEAD])
    last = end + close.start() if close else min(len(text), end + _AHEAD)
    return Sentence(text[first:last], first, last, text[last : last + 1].strip())


def is_story(text: str, start: int, end: int) -> bool:
    """Words near the place speak of a book, a film, a play or of history."""
    return _STORY.compiled.search(text[max(0, start - _BACK) : end + _AHEAD]) is not None
