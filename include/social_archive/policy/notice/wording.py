"""Does a text tell the public that what is posted, or submitted for posting, is open to public disclosure?

Three parts, each with wordings that say it. They must stand together: a sentence that speaks of disclosure, or of
public records, with the sentence before and after it. Words that are scattered over a page are no notice.

The wordings were gathered from notices of Illinois bodies: the City of Des Plaines ("All comments, private messages,
and social media postings are subject to disclosure pursuant to the Illinois Freedom of Information Act"), Fountaindale
Public Library District ("may be a public record subject to disclosure under the Freedom of Information Act"), and the
policy of Westmont Public Library ("any content posted or submitted for posting are subject to public disclosure").
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from social_archive.config_policy import NOTICE_PARTS, CommentPolicy, NoticePart
from social_archive.policy.batch import Pattern
from social_archive.policy.text import Folded, fold

PARTS: Final = NOTICE_PARTS

MEANING: Final[Mapping[NoticePart, str]] = {
    "posted": "what is posted",
    "submitted": "what is submitted for posting (and perhaps never shown)",
    "disclosure": "that it is subject to public disclosure",
}

_LAW: Final = (
    r"(?:(?:the |a |an |our |state |illinois |local )*"
    r"(?:freedom of information|foia|(?:public|open) records? (?:act|law|request)))"
)
_SAID_OF: Final = r"(?:subject to|open to|available for|liable to)"

WORDINGS: Final[Mapping[NoticePart, tuple[str, ...]]] = {
    "disclosure": (
        rf"\b{_SAID_OF} (?:[\w,/-]+ ){{0,4}}?(?:disclosure|release|inspection)\b",
        rf"\b{_SAID_OF} {_LAW}",
        r"\bpublic disclosure\b",
        r"\bdisclosable\b",
        rf"\b(?:disclosed|released|made available) (?:to (?:the public|anyone|any person|third.part(?:y|ies))|publicly"
        rf"|(?:up)?on request|if requested|under {_LAW}|pursuant to {_LAW}|in response to)",
        r"\bmust disclose public records\b",
    ),
    "submitted": (
        r"\bsubmi(?:t(?:ted)?|ssions?) (?:for (?:posting|publication)|to (?:th(?:is|ese)|our|us)"
        r"|(?:for|to) the (?:library|page|site|account))\b",
        r"\b(?:post(?:s|ed|ing)?|write|written|made|sen[dt]|shared?|left|leave|published) (?:or|and|and/or|/) "
        r"submit(?:s|ted)?\b",
        r"\b(?:you|users?|visitors?|public) submits?\b",
        r"\bsubmitted (?:content|comments?|posts?|postings?|materials?)\b",
        r"\b(?:comments?|posts?|postings?|content|material)(?: that (?:is|are|was|were))?,? submitted\b",
        r"\b(?:sent|offered)(?: in)? for posting\b",
        r"\bpost(?:ed)? (?:here )?or (?:only )?(?:send|sent)\b",
        r"\bheld for (?:review|moderation|approval)\b",
        r"\bwhether or not (?:\w+ ){0,3}(?:shown|published|posted|approved|displayed|removed|deleted)\b",
        r"\beven (?:if|when|after) (?:\w+ ){0,4}(?:hidden|removed|deleted|rejected|not (?:shown|published|posted))\b",
    ),
    "posted": (
        r"\bpost(?:s|ed|ings?)?\b",
        r"\bcomments?\b",
        r"\breplies\b",
        r"\b(?:anything|everything|all|whatever|what) you (?:write|say|share|leave)\b",
        r"\bcontent (?:on|of) (?:this|our|the)\b",
        r"\bcommunications?\b",
    ),
}  # fmt: skip
"""Part -> patterns of RE2 over folded text; case does not matter, and a space stands for any white space."""

_RECORDS: Final = (r"\b(?:public records?|records? (?:retention|law)|retain(?:ed|s)?|preserved?|archived)\b",)
"""What makes words about posts a notice, though one that says nothing of disclosure."""

_NOT: Final = re.compile(r"\b(?:not|never|neither|nor|exempt from being)\s(?:\w{1,20}\s){0,2}$", re.IGNORECASE)
_SENTENCE_END: Final = Pattern(r"[.!?]+[\"')\]]*\s+|\n")

Span = tuple[int, int]


@dataclass(frozen=True)
class Requirement:
    """What one agency's profiles have to say, and in which words beside the ones of this file."""

    parts: tuple[NoticePart, ...]
    patterns: Mapping[NoticePart, Pattern]
    allow_local: bool = False

    @classmethod
    def of(cls, policy: CommentPolicy) -> Requirement | None:
        """All notices of a policy as one; None if it asks for none."""
        if not policy.notices:
            return None
        wanted = {part for notice in policy.notices for part in notice.required_parts}
        added = {part: [phrase for n in policy.notices for phrase in n.wordings.get(part, ())] for part in PARTS}
        patterns = {part: _any([*map(_phrase, added[part]), *WORDINGS[part]]) for part in PARTS}
        allow_local = any(notice.allow_local for notice in policy.notices)
        return cls(tuple(part for part in PARTS if part in wanted), patterns, allow_local)


def _any(patterns: Sequence[str]) -> Pattern:
    return Pattern("|".join(f"(?:{pattern})" for pattern in patterns).replace(" ", r"\s+"))


def _phrase(words: str) -> str:
    """A phrase of policy.yaml, whatever is special in it."""
    return " ".join(re.escape(word) for word in fold(words).text.split())


@dataclass(frozen=True)
class Reading:
    """What one text says. `quote` is the passage as it stands there, empty if there is no notice at all.

    `parts`: part -> the words that say it; `missing`: required parts that nothing says, in the order of PARTS.
    """

    quote: str = ""
    parts: dict[NoticePart, str] = field(default_factory=dict)
    missing: tuple[NoticePart, ...] = ()

    @property
    def is_whole(self) -> bool:
        return bool(self.quote) and not self.missing

    @property
    def is_notice(self) -> bool:
        return bool(self.quote)


def read(text: str, requirement: Requirement) -> Reading:
    """The passage of a text that says most of what is required; of several, the first."""
    folded = fold(text)
    said = {part: _said(folded.text, part, requirement.patterns[part]) for part in PARTS}
    best = Reading(missing=requirement.parts)
    for passage in _passages(folded.text, said["disclosure"]):
        found = {part: span for part in PARTS if (span := _inside(said[part], passage)) is not None}
        if not found or found.keys() == {"submitted"}:
            continue  # "public records" in a menu is no notice
        missing = tuple(part for part in requirement.parts if part not in found)
        if not best.is_notice or len(missing) < len(best.missing):
            words = {part: folded.text[slice(*span)] for part, span in found.items()}
            best = Reading(_original(text, folded, passage), words, missing)
        if not missing:
            break
    return best


def _said(text: str, part: NoticePart, pattern: Pattern) -> list[Span]:
    """Where a part is said, in order, but where it is denied ("not subject to disclosure")."""
    spans = (m.span() for m in pattern.compiled.finditer(text))
    return [span for span in spans if not _NOT.search(text, max(0, span[0] - 60), span[0])
            and not (part == "posted" and _is_for_posting(text, span))]  # fmt: skip


def _is_for_posting(text: str, span: Span) -> bool:
    """The "posting" of "submitted for posting", which says nothing of what is posted."""
    return text[max(0, span[0] - 4) : span[0]].lower() == "for "


def _passages(text: str, disclosures: Sequence[Span]) -> Iterator[Span]:
    """Each sentence that may be a notice: alone, since a short quotation is the better evidence; then with the sentence
    before and after it."""
    ends = [m.end() for m in _SENTENCE_END.compiled.finditer(text)]
    records = (m.start() for m in _RECORD_WORDS.compiled.finditer(text))
    bounds = [0, *ends, len(text)]
    for number in sorted({bisect_right(ends, start) for start in chain((s for s, _ in disclosures), records)}):
        yield bounds[number], bounds[number + 1]
        yield bounds[max(0, number - 1)], bounds[min(len(bounds) - 1, number + 2)]


_RECORD_WORDS: Final = _any(_RECORDS)


def _inside(spans: Sequence[Span], passage: Span) -> Span | None:
    """The first of these spans that lies in a passage."""
    at = bisect_left(spans, (passage[0], 0))
    return spans[at] if at < len(spans) and spans[at][1] <= passage[1] else None


def _original(text: str, folded: Folded, passage: Span) -> str:
    first, last = folded.span(*passage)
    return text[first:last].strip()
