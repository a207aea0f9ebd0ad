"""The files that a search reads, and how it goes on when they are rewritten under it.

A consolidation moves rows into another object and drops the copies of the old ones. A search that stumbles over one of
them takes the files that there are by then and asks again: an answer never misses a row, and never fails for that.
"""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec, TypeVar

if TYPE_CHECKING:
    from social_archive.archive import Archive

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S", bound="Moving")

_TRIES: Final = 5


@dataclass(frozen=True)
class Files:
    """What is searched: local copies, the ids of resolved quarantined items, and the ledger's length behind it all."""

    records: Sequence[Path]
    quarantine: Sequence[Path] = ()
    resolved: frozenset[str] = frozenset()
    position: int = 0

    @classmethod
    def of(cls, archive: Archive) -> Files:
        """As the catalog knows the archive now. Raises NotFound if an object was moved in the meantime."""
        catalog = archive.catalog
        position = catalog.head.n if catalog.head else 0
        open_items = {qid for qid, _ in catalog.quarantine_items()}
        every = {qid for qid, _ in catalog.quarantine_items(unresolved_only=False)}
        records, quarantine = (archive.mirror.paths(catalog.objects(cls)) for cls in ("records", "quarantine"))
        return cls(records, quarantine, frozenset(every - open_items), position)


class Moving(ABC):
    """Something that reads `Files` through DuckDB. `follow` tells which there are by now; None: always the same."""

    follow: Callable[[], Files] | None = None
    position = 0
    """The number of ledger entries behind the answers."""

    @abstractmethod
    def _look_at(self, files: Files) -> None:
        """Read these files from now on. Raises duckdb.IOException if one of them is gone."""

    def look_at_what_is_there(self) -> None:
        """Take the files that there are by now; those that go away at once are looked for anew, a few times."""
        import duckdb

        for tries_left in reversed(range(_TRIES)):
            try:
                self._look_at(self.follow() if self.follow else Files(()))
                return
            except duckdb.IOException:
                if not tries_left:
                    raise


def again(ask: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
    """Ask once more where a file went away."""

    @functools.wraps(ask)
    def asked(search: S, /, *arguments: P.args, **named: P.kwargs) -> T:
        import duckdb

        for tries_left in reversed(range(_TRIES)):
            try:
                return ask(search, *arguments, **named)
            except duckdb.IOException:
                if search.follow is None or not tries_left:
                    raise
                search.look_at_what_is_there()
        raise AssertionError("the last try answers or raises")

    return asked
