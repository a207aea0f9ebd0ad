"""Clause 1, first part: vulgar words for sexual or excretory things, and explicit sexual phrases.

The words stand in `policy/lexicons/obscene.yaml`. A vulgar word is not obscenity: that is a legal test of the whole
work (Miller v. California, 413 U.S. 15 (1973)), which no list decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from social_archive.policy.batch import LOOKED_AT, Batch, Match, Pattern
from social_archive.policy.criterion import Criterion, Hit, Rule, bounded
from social_archive.policy.speech.lexicon import lexicon

_WORDS: Final = lexicon("obscene")

WORD = Rule(
    "obscene.word", _WORDS.version, "strong",
    "Holds a vulgar word ({kind}); profanity alone is not obscenity.",
)  # fmt: skip
AMBIGUOUS = Rule(
    "obscene.ambiguous-word", _WORDS.version, "weak",
    "Holds a word that is sometimes meant as a vulgar one ({kind}) and often is not.",
)  # fmt: skip
DISGUISED = Rule(
    "obscene.disguised-word", _WORDS.version, "moderate",
    "Holds what looks like a vulgar word ({kind}) with letters replaced, masked or spaced out.",
)  # fmt: skip
EXPLICIT = Rule(
    "obscene.explicit-phrase", 1, "moderate",
    "Holds a phrase that describes or asks for a sexual act in vulgar words.",
)  # fmt: skip

_FILLER = r"(?:(?:on|out|my|me|your|his|her|their|this|that|these|those|the|some|big|fat|hard|wet|tight|huge) ){0,4}"
_ANATOMY = r"(?:cocks?|dicks?|puss(?:y|ies)|tits|titties|boobs|cunts?|penis|vagina|balls)"
_EXPLICIT = Pattern(
    rf"\b(?:(?:suck|lick|stroke|rid(?:e|es|ing)|jerk|jack|eat)(?:s|ed|ing)? (?:off )?{_FILLER}{_ANATOMY}"
    r"|(?:send|show|trade|post)(?:ing)? (?:me |us )?(?:(?:your|some|more) )?(?:nudes|tits|titties|boobs|dick pics?)"
    r"|(?:cum|cums|cumming) (?:in|on|inside|all over) (?:my|your|his|her|their|me|you)"
    r"|fuck (?:you|her|him|me|them) (?:hard|raw|senseless|in the|up the)|dick pics?)\b"
)
_AROUND: Final = 24  # characters beside a word in which a phrase can begin or end that means something else


class Obscene(Criterion):
    """Vulgar words and explicit phrases; no insults, no slurs, no topics."""

    name = "obscene"
    title = "Vulgar or sexually explicit words (1a: obscene)"
    clause = "obscene-defamatory-invasive-disparaging"
    note = (
        "Profanity is not obscenity. A text is obscene only under the three-part test of Miller v. California (1973): "
        "prurient interest, patently offensive sexual conduct, and no serious value, taken as a whole. Vulgar "
        "criticism of a public body is protected speech (Cohen v. California, 1971), and giving offence is a viewpoint "
        "(Matal v. Tam, 2017). A word shown here is a reason to read the comment, not a reason to remove it."
    )
    rules = (WORD, AMBIGUOUS, DISGUISED, EXPLICIT)

    def find(self, batch: Batch) -> Iterator[Hit]:
        return bounded(_hits(batch))


def _hits(batch: Batch) -> Iterator[Hit]:
    for strength, pattern in _WORDS.plain.items():
        rule = WORD if strength == "strong" else AMBIGUOUS
        for match in batch.find(pattern, most=LOOKED_AT):
            if not _is_meant_otherwise(batch, match):
                yield Hit(match.row, rule, match.start, match.end, {"kind": _kind(match)})
    for match in batch.find(_WORDS.in_disguise, most=LOOKED_AT):
        if _is_disguised(match.text):
            yield Hit(match.row, DISGUISED, match.start, match.end, {"kind": _kind(match)})
    for match in batch.find(_EXPLICIT):
        yield Hit(match.row, EXPLICIT, match.start, match.end)


def _kind(match: Match) -> str:
    return next(kind for kind, text in match.groups.items() if text is not None)


def _is_meant_otherwise(batch: Batch, match: Match) -> bool:
    begin = max(0, match.start - _AROUND)
    nearby = batch.folded[match.row].text[begin : match.end + _AROUND]
    return any(
        begin + phrase.start() <= match.start and match.end <= begin + phrase.end()
        for phrase in _WORDS.exceptions.compiled.finditer(nearby)
    )


def _is_disguised(text: str) -> bool:
    """Not the plain word, and not a code such as T175: two letters at least, or stars."""
    if text.isalpha() or _WORDS.plain["strong"].compiled.fullmatch(text):
        return False
    return "*" in text or sum(char.isalpha() for char in text) >= 2
