"""What a hold is about: any combination of words, account, author, kinds, ids and a span, as a search understands them.

A scope is asked anew every time, so it covers what is taken in later. It may name people: it lies in the hold's own
object and nowhere else.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, get_args
from zoneinfo import ZoneInfo

from social_archive import wording
from social_archive.errors import ArchiveError
from social_archive.record import KINDS
from social_archive.search import Query
from social_archive.series import OPEN, UNDATED, end_of_retention

if TYPE_CHECKING:
    from collections.abc import Mapping

HoldKind = Literal["litigation", "claim", "audit", "records_request", "administrative_review"]
HOLD_KINDS: Final[tuple[str, ...]] = get_args(HoldKind)
"""What kind of matter a hold is for. An open request for records is one of them."""

_RID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
_CONTENT: Final = ("text", "author", "ids", "kinds", "since", "until")
_SELECTORS: Final = (*_CONTENT, "platform", "account")


class HoldError(ArchiveError):
    """A hold that cannot be placed, lifted or found as it was asked for. Nothing was changed."""

    remedy = "See `archive hold place --help` for examples."


class Folder(Protocol):
    """Anything that lies in the folder of a cohort: a live object, or one that is gone."""

    @property
    def cls(self) -> str: ...
    @property
    def series(self) -> str: ...
    @property
    def cutoff(self) -> str: ...
    @property
    def platform(self) -> str: ...
    @property
    def account(self) -> str: ...


@dataclass(frozen=True)
class Scope:
    """Everything that is given must hold. `since` is inclusive, `until` exclusive: microseconds UTC, of the posting.

    `text`, `author`: as `archive find` understands them, in any version of a record. `ids`: of records. `threads`:
    also everything under the same root as something that matches. Gaps are held too where no words, author or ids
    are asked for. `everything`: the whole archive; then nothing else is given.
    """

    text: str = field(default="", repr=False)  # what may name people is not printed by accident
    platform: str | None = None
    account: str | None = None
    author: str | None = field(default=None, repr=False)
    kinds: tuple[str, ...] = ()
    ids: tuple[str, ...] = field(default=(), repr=False)
    since: int | None = None
    until: int | None = None
    threads: bool = False
    everything: bool = False

    def check(self) -> None:
        """Raises HoldError for a scope that nobody can have meant. Quotes nothing of it."""
        given = [name for name in _SELECTORS if getattr(self, name) not in ("", None, ())]
        if self.everything and (given or self.threads):
            raise HoldError("A hold on everything has no other scope beside it.", remedy="Leave out one or the other.")
        if not self.everything and not given:
            raise HoldError("This hold has no scope.", remedy="Say what it is about, or ask for everything.")
        if self.text and not wording.terms(self.text):
            raise HoldError("There is nothing to look for in the text of this hold.")
        if self.author is not None and not wording.fold(self.author.strip().lstrip("@")):
            raise HoldError("The author of this hold is empty.")
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise HoldError("The span of this hold ends before it begins.")
        if any(kind not in KINDS for kind in self.kinds):
            raise HoldError("This hold names a kind of record that there is not.",
                            remedy=f"There are {', '.join(KINDS)}.")  # fmt: skip
        if not all(_RID.fullmatch(rid) for rid in self.ids):
            raise HoldError("This hold names an id that no record can have.", remedy="`archive find` shows ids.")

    def to_dict(self) -> dict[str, Any]:
        """What was given, for JSON."""
        plain = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}
        return {name: value for name, value in plain.items() if value not in ("", None, [], False)}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Scope:
        """Raises HoldError for a selector of a later version: what cannot be understood must not be ignored."""
        given: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in plain.items()}
        try:
            return cls(**given)
        except TypeError:
            raise HoldError(
                "A hold has a scope that this version does not understand, so nothing may be disposed of.",
                remedy="Update the archive to the version that placed it.",
            ) from None

    # ---------------------------------------------------------------- what it asks

    def query(self) -> Query:
        """As a search of records; ids and threads are beyond it."""
        return Query(
            text=self.text, account=self.account, platform=self.platform, author=self.author, since=self.since,
            until=self.until, kinds=self.kinds or KINDS,
        )  # fmt: skip

    @property
    def is_whole(self) -> bool:
        """Does it take every record of the platform and account that it names?"""
        return not any(getattr(self, name) not in ("", None, ()) for name in _CONTENT)

    @property
    def wants_gaps(self) -> bool:
        """Does it take in the spans that could not be seen? (They have no words, no author, and are no answer.)"""
        return not self.text and self.author is None and not self.ids and (not self.kinds or "gap" in self.kinds)

    def names_only(self, found: int) -> bool:
        """Does it name single records, all of which were found? Then nothing that is gone can be meant."""
        return bool(self.ids) and not self.threads and found >= len(set(self.ids))

    def reaches(self, folder: Folder) -> bool:
        """May what lies in this folder be of its platform and account?"""
        return self.platform in (None, folder.platform) and self.account in (None, folder.account)

    def spans(self, folder: Folder, zone: ZoneInfo, *, months: int | None = None) -> bool:
        """May what lies in this folder be of its span? By the cut-off alone, and in case of doubt yes.

        A record is made before its cut-off month ends. `months`: how many before that end it can be made at the
        earliest, None where that is not known (its clock started with something else than its creation).
        """
        if folder.cutoff in (OPEN, UNDATED):
            return True
        end = end_of_retention(folder.cutoff, 0, zone)
        if self.since is not None and end is not None and end <= self.since:
            return False
        if self.until is None or months is None:
            return True
        start = end_of_retention(_months_before(folder.cutoff, months), 0, zone)
        return start is None or start < self.until


def _months_before(cutoff: str, months: int) -> str:
    year, month = (int(part) for part in cutoff.split("-"))
    index = year * 12 + month - 1 - months
    return f"{index // 12:04d}-{index % 12 + 1:02d}"
