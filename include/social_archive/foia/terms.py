"""What a request's search asks for: the words, accounts and days, as they were given, and the same as a sentence.

Everything that is given must hold of one and the same version of a record, whichever: an edit hides nothing that stood
there before. Records that were hidden or removed are searched like all others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from social_archive import wording
from social_archive.foia.request_file import RequestRefused
from social_archive.record import KINDS, STATES
from social_archive.retention.hold_scope import Scope
from social_archive.search import Query
from social_archive.series import start_of_day

MOST: Final = 20
"""Words of one kind in one search."""

SEARCHED_KINDS: Final = tuple(kind for kind in KINDS if kind != "gap")
_MANY: Final = {"post": "posts", "comment": "comments", "reply": "replies", "profile": "profiles", "story": "stories",
                "setting": "settings"}  # fmt: skip


@dataclass(frozen=True)
class Terms:
    """What is looked for. `accounts`: as `platform/name`. `since`, `until`: days on the agency's calendar (YYYY-MM-DD),
    both inclusive. `all`: words that must all stand there, `phrases`: word for word, `any`: of these at least one,
    `none`: records with one of these are taken out. `author`: a handle, an id, or part of a name. `ids`: of records.
    """

    accounts: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    all: tuple[str, ...] = field(default=(), repr=False)  # what may name people is not printed by accident
    any: tuple[str, ...] = field(default=(), repr=False)
    phrases: tuple[str, ...] = field(default=(), repr=False)
    none: tuple[str, ...] = field(default=(), repr=False)
    author: str | None = field(default=None, repr=False)
    kinds: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    ids: tuple[str, ...] = field(default=(), repr=False)

    def to_dict(self) -> dict[str, Any]:
        """What was given, for JSON."""
        plain = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: list(value) if isinstance(value, tuple) else value
                for name, value in plain.items() if value not in ((), None)}  # fmt: skip

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Terms:
        """Raises RequestRefused for something that this version does not know: it must not be ignored."""
        given: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in plain.items()}
        try:
            return cls(**given)
        except TypeError:
            raise RequestRefused("This search asks for something that this version does not understand.",
                                 remedy="Update the archive to the version that froze it.") from None  # fmt: skip

    def check(self) -> None:
        """Raises RequestRefused for what nobody can have meant. Quotes no words of it."""
        if not self.to_dict():
            raise RequestRefused("This search asks for nothing. Nothing was searched.",
                                 remedy="Say which account, which days, which words.")  # fmt: skip
        for given in (self.all, self.any, self.phrases, self.none):
            if len(given) > MOST or any(not wording.fold(_plain(one)) for one in given):
                raise RequestRefused(f"A search has up to {MOST} words of one kind, and none of them is empty.",
                                     remedy="Search in several steps, or leave the empty one out.")  # fmt: skip
        if len(self.all) + len(self.phrases) > MOST:
            raise RequestRefused(f"A search has up to {MOST} words that must stand there.")
        if self.author is not None and not wording.fold(self.author.strip().lstrip("@")):
            raise RequestRefused("The author of this search is empty.")
        for what, given, known in (("kind", self.kinds, SEARCHED_KINDS), ("state", self.states, STATES)):
            if unknown := [one for one in given if one not in known]:
                raise RequestRefused(f"There is no {what} of record {unknown[0]!r}.",
                                     remedy=f"There are {', '.join(known)}.")  # fmt: skip
        first, last = _day(self.since), _day(self.until)
        if first and last and last < first:
            raise RequestRefused("The last day of this search lies before its first.", remedy="Give them in order.")

    # ---------------------------------------------------------------- as searches

    def span(self, zone: ZoneInfo) -> tuple[int | None, int | None]:
        """[first moment, first moment after), microseconds UTC."""
        first, last = _day(self.since), _day(self.until)
        return (start_of_day(first, zone) if first else None,
                start_of_day(last + timedelta(days=1), zone) if last else None)  # fmt: skip

    def places(self) -> list[tuple[str | None, str | None]]:
        """(platform, account) of each part that is searched; None stands for every one."""
        if self.accounts:
            parts = (one.rpartition("/") for one in dict.fromkeys(self.accounts))
            return [(platform or None, name) for platform, _, name in parts
                    if not self.platforms or platform in self.platforms]  # fmt: skip
        return [(platform, None) for platform in dict.fromkeys(self.platforms)] or [(None, None)]

    def queries(self, zone: ZoneInfo) -> list[Query]:
        """One search of records for each place. `ids` are beyond it."""
        since, until = self.span(zone)
        return [
            Query(text=self._text(), platform=platform, account=account, author=self.author, since=since, until=until,
                  kinds=self.kinds or SEARCHED_KINDS, states=self.states, any_of=tuple(map(_plain, self.any)),
                  none_of=tuple(map(_plain, self.none)))
            for platform, account in self.places()
        ]  # fmt: skip

    def scope(self, zone: ZoneInfo) -> Scope | None:
        """The same as the scope of a hold; None if it cannot be said as one."""
        places = self.places()
        if self.any or self.none or self.states or len(places) != 1:
            return None
        since, until = self.span(zone)
        return Scope(text=self._text(), platform=places[0][0], account=places[0][1], author=self.author,
                     kinds=self.kinds, ids=self.ids, since=since, until=until)  # fmt: skip

    def _text(self) -> str:
        """For `wording.terms`: what has a space in it is a phrase."""
        return " ".join(f'"{_plain(one)}"' for one in (*self.all, *self.phrases))

    # ---------------------------------------------------------------- in words

    def sentence(self) -> str:
        """The search in words, for the person who asked and for a court."""
        said = [self._what(), self._where(), self._when(), self._words(), self._less()]
        return ", ".join(part for part in said if part) + "."

    def _what(self) -> str:
        what = _listed([_MANY[kind] for kind in self.kinds], "and") if self.kinds else "posts, comments and replies"
        states = _listed([state.replace("_", " ") for state in self.states], "or")
        shown = f", at some time {states}" if states else ", also hidden and removed ones, in every version kept"
        named = f" among {len(self.ids):,} records that were named" if self.ids else ""
        by = f" by authors whose name, handle or number fits “{self.author}”" if self.author else ""
        return f"{what[0].upper()}{what[1:]}{named}{by}{shown}"

    def _where(self) -> str:
        where = list(self.accounts) or [f"all accounts on {platform}" for platform in self.platforms]
        return f"on {_listed(where, 'and')}" if where else "on all accounts"

    def _when(self) -> str:
        if self.since and self.until:
            return f"posted from {self.since} to {self.until}"
        return f"posted on or after {self.since}" if self.since else f"posted up to {self.until}" if self.until else ""

    def _words(self) -> str:
        parts = []
        if self.all:
            parts.append(f"{'the words' if len(self.all) > 1 else 'the word'} {_quoted(self.all, 'and')}")
        if self.phrases:
            parts.append(f"{'the phrases' if len(self.phrases) > 1 else 'the phrase'} {_quoted(self.phrases, 'and')}")
        if self.any:
            parts.append(f"at least one of {_quoted(self.any, 'or')}" if len(self.any) > 1 else f"“{self.any[0]}”")
        where = "in the text, the author's name or a picture's description"
        return f"with {_listed(parts, 'and')} {where}" if parts else ""

    def _less(self) -> str:
        return f"without those in which {_quoted(self.none, 'or')} stands" if self.none else ""


def _plain(words: str) -> str:
    return words.translate({ord(mark): " " for mark in '"\u201c\u201d'}).strip()


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RequestRefused(f"{text!r} is not a day.", remedy="Write it as 2026-03-01.") from None


def _quoted(words: tuple[str, ...], last: str) -> str:
    return _listed([f"“{one}”" for one in words], last)


def _listed(words: list[str], last: str) -> str:
    return f" {last} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
