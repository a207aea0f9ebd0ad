"""How a text names a person: by shape alone, never by which name it is.

Two or more capitalised words, a title and a name, or a handle. A single name, a role ("the director") and a name in a
script without capitals are not told from other words, and are not found. An organisation that is named by two
capitalised words looks the same and is treated the same.
"""

from __future__ import annotations

import re
from typing import Final

# Diacritics are folded away before. Ranges instead of \p{Lu}: the automaton of these stays small.
_UPPER: Final = "A-ZÆŒØŁĐÞΑ-ΩА-ЯҐЄІЇ"
_LOWER: Final = "a-zæœøłđþßıα-ωа-яґєії"
NAME_WORD: Final = rf"[{_UPPER}](?:[{_LOWER}]|['-][{_UPPER}])[{_UPPER}{_LOWER}]*(?:['-][{_UPPER}][{_UPPER}{_LOWER}]+)*"
_SUFFIX: Final = r"(?: (?:II|III|IV|Jr|Sr)\b)?"
_INITIAL: Final = rf"[{_UPPER}]\."
_PARTICLE: Final = r"(?:van|von|der|den|de|del|della|di|da|das|do|dos|du|des|zu|la|le|bin|ibn|al|el|y|st\.|ter|ten)"
_TITLE: Final = (
    r"(?i:mr|mrs|ms|mx|miss|dr|prof|professor|mayor|director|trustee|president|chair|chairman|chairwoman|chairperson|"
    r"treasurer|secretary|superintendent|principal|coach|officer|deputy|sheriff|chief|captain|sergeant|detective|judge|"
    r"justice|commissioner|alderman|alderwoman|councilman|councilwoman|councilmember|councillor|supervisor|clerk|"
    r"assessor|governor|senator|sen|rep|representative|congressman|congresswoman|candidate|pastor|father|sister|"
    r"brother|rabbi|imam|reverend|rev|bishop|deacon|librarian|teacher|manager|patron|nurse|attorney|neighbor|resident|"
    r"uncle|aunt)"
)

NAMED: Final = (
    rf"(?:(?:\b{_TITLE}\.? )?{NAME_WORD}(?: {{1,2}}(?:{_PARTICLE} ){{0,2}}(?:{NAME_WORD}|{_INITIAL}))"
    rf"{{1,3}}{_SUFFIX}|\b{_TITLE}\.? {NAME_WORD}|\B@\w[\w.]{{1,38}}\w)"
)
"""A person's name (RE2's word boundary knows only ASCII, so none stands before it). To be used in a pattern whose "
"case matters (`Pattern(..., case=True)`); check it by `name_in`."""

# No word that is also somebody's name: "An", "Do", "He", "So", "Will", "April" stay, and now and then one is too many.
_NO_NAME: Final = frozenset(
    """a about after again all also and another any apparently are as at because before both but by can could did does
    dear each every finally first for from had has have hello here hey hi how however i if in is it its just last let
    like look maybe meanwhile monday more most never next no nobody not note now of oh ok okay on one only or our
    perhaps please remember sad same see she since some someone somebody sorry still sure thank thanks that the their
    them then there these they this those though to today tomorrow tonight tuesday under until unless update very was
    wednesday we well were what when where whether which while who why with wow yes yesterday yet your thursday friday
    saturday sunday january february september october november december news breaking clearly everyone everybody
    people honestly actually seriously whose him his""".split()  # noqa: SIM905
)
_NO_SUBJECT: Final = frozenset(
    "in at from near around outside inside of to with about behind on for over across between than like by".split()  # noqa: SIM905
)


def is_subject(text: str, start: int) -> bool:
    """No preposition stands before the name at `start`: in "somebody in Port Ames stole" the town has done nothing."""
    before = text[max(0, start - 16) : start].split()
    return not before or before[-1].lower() not in _NO_SUBJECT


def name_in(text: str) -> tuple[int, int] | None:
    """Where the name is in what NAMED matched, without words that only stand first in a sentence; None: no name left.

    "Yesterday Ann Lee" is "Ann Lee"; "The Board" is no name.
    """
    if text.startswith("@"):
        return 0, len(text)
    words = [(m.start(), m.group()) for m in re.finditer(r"\S+", text)]
    while words and words[0][1].lower() in _NO_NAME:
        words.pop(0)
    if not words or (len(words) < 2 and not _is_title(text.split(maxsplit=1)[0])):
        return None
    if all(word.lower().rstrip(".") in _NO_NAME for _, word in words[1:]):
        return None
    return words[0][0], len(text)


def _is_title(word: str) -> bool:
    return re.fullmatch(_TITLE, word.rstrip(".")) is not None
