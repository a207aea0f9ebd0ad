"""From what a person types to what DuckDB matches: terms, and one regular expression per term.

A search finds "café" for `cafe`, "PARKING" for `parking`, a curly apostrophe for a straight one, and a word that
someone broke up with invisible characters. Each letter of a term becomes the class of its variants, so the text in
the archive is matched as it stands: 1 M comments in half a second, where folding each of them first takes four times
as long. RE2 (DuckDB's engine) runs in linear time whatever the term; no character of a term keeps a special meaning.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from functools import cache
from typing import Final

MAX_TERMS: Final = 20
MAX_TERM_LENGTH: Final = 200

# Soft hyphen, combining marks (Latin, Hebrew, Arabic, symbols), zero-width and bidi characters, variation selectors.
_INVISIBLE: Final = (
    r"\x{ad}\x{300}-\x{36f}\x{591}-\x{5bd}\x{5bf}\x{5c1}\x{5c2}\x{5c4}\x{5c5}\x{5c7}\x{610}-\x{61a}\x{64b}-\x{65f}"
    r"\x{670}\x{1ab0}-\x{1aff}\x{1dc0}-\x{1dff}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2069}\x{20d0}-\x{20ff}"
    r"\x{fe0e}\x{fe0f}\x{feff}"
)
_ALIKE: Final = {
    "'": "\u2018\u2019\u201a\u02bc\u2032\u0060\u00b4",
    '"': "\u201c\u201d\u201e\u2033\u00ab\u00bb",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2212",
    "o": "\u00f8", "l": "\u0142", "d": "\u0111", "i": "\u0131", "h": "\u0127", "t": "\u0167",
}  # fmt: skip
_BETWEEN: Final = f"[{_INVISIBLE}]*"
_LONGEST_EXACT: Final = 5
_PAIRS: Final = {"ss": "ß", "ae": "æ", "oe": "œ", "fi": "ﬁ", "fl": "ﬂ", "ff": "ﬀ", "th": "þ"}
_OF_PAIRS: Final = {form: pair for pair, char in _PAIRS.items() for form in (char, char.upper()) if len(form) == 1}
_IS_INVISIBLE: Final = re.compile("[" + re.sub(r"\\x\{(\w+)\}", lambda m: f"\\U{int(m[1], 16):08x}", _INVISIBLE) + "]")
_SCRIPTS: Final = ((0xA0, 0x250), (0x370, 0x530), (0x1E00, 0x2000), (0xFF01, 0xFF5F))


def terms(text: str) -> list[str]:
    """The words and "quoted phrases" of a search, each folded; without doubles, in order. May be empty."""
    parts = re.findall(r'"([^"]+)"|(\S+)', text.replace("\u201c", '"').replace("\u201d", '"'))
    folded = (fold(phrase or word) for phrase, word in parts)
    return list(dict.fromkeys(term for term in folded if term))[:MAX_TERMS]


def fold(text: str) -> str:
    """Without case, accents and invisible characters; runs of white space become one space."""
    kept = "".join(map(_folded, text))
    return " ".join(kept.split())[:MAX_TERM_LENGTH]


def _folded(char: str) -> str:
    """One character's plain form. What would fold to several stays as it is, but for the pairs that `pattern` knows."""
    if _IS_INVISIBLE.fullmatch(char):
        return ""
    if (pair := _OF_PAIRS.get(char)) is not None:
        return pair
    if any(first <= ord(char) < last for first, last in _SCRIPTS):
        base = _IS_INVISIBLE.sub("", unicodedata.normalize("NFKD", char)).casefold()
        if len(base) == 1 and not base.isspace():
            return base
    lower = char.casefold()
    return lower if len(lower) == 1 or lower in _PAIRS else char


def plain(term: str) -> str | None:
    """What a folded term looks like in lower-case ASCII text, if it can look in one way only; else None.

    A space stands for any white space and an apostrophe for a backtick too: those need the pattern.
    """
    return term if term.isascii() and " " not in term and "'" not in term else None


def pattern(term: str) -> str:
    """The RE2 pattern that finds a folded term in unfolded text."""
    parts = []
    at = 0
    while at < len(term):
        end = _end_of_pairs(term, at)
        if end > at:
            parts.append(_any_spelling(term[at:end]))
            at = end
        else:
            parts.append(r"[\s\x{a0}\x{2000}-\x{200b}\x{202f}\x{3000}]+" if term[at] == " " else _letter(term[at]))
            at += 1
    return "(?i)" + _BETWEEN.join(parts)


def _end_of_pairs(term: str, at: int) -> int:
    """Where a run of overlapping pairs ends that begins here ("ffi" is two); `at` if there is none."""
    end = at
    while term[max(end - 1, at) : max(end - 1, at) + 2] in _PAIRS:
        end = max(end - 1, at) + 2
    return end


def _any_spelling(run: str) -> str:
    """Letters that may stand in the text as they are or two by two as one character: "Strasse", "Straße"."""
    if len(run) > _LONGEST_EXACT:  # nobody writes so; a loose pattern finds it too
        chars = {*run, *(_PAIRS[run[i : i + 2]] for i in range(len(run) - 1))}
        return f"(?:[{''.join(sorted(map(_code, chars)))}]{_BETWEEN}){{{(len(run) + 1) // 2},{len(run)}}}"
    return f"(?:{'|'.join(_BETWEEN.join(parts) for parts in _spellings(run))})"


def _spellings(run: str) -> list[list[str]]:
    if not run:
        return [[]]
    spelled = [[_letter(run[0]), *rest] for rest in _spellings(run[1:])]
    if (one := _PAIRS.get(run[:2])) is not None:
        both = "".join(sorted({_code(c) for c in (one, one.upper()) if len(c) == 1}))
        spelled += [[f"[{both}]", *rest] for rest in _spellings(run[2:])]
    return spelled


def _letter(char: str) -> str:
    alike = {char, char.upper(), *_ALIKE.get(char, ""), *_variants().get(char, "")}
    return "[" + "".join(sorted(_code(c) for c in alike if len(c) == 1)) + "]"


def _code(char: str) -> str:
    return f"\\x{{{ord(char):x}}}"


@cache
def _variants() -> dict[str, str]:
    """Base letter → every accented, Greek, Cyrillic or full-width character that folds to it."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for first, last in _SCRIPTS:
        for code in range(first, last):
            base = fold(chr(code))
            if len(base) == 1 and base != chr(code):
                found[base].append(chr(code))
    return {base: "".join(chars) for base, chars in found.items()}
