"""What a bundle is made from, and what its parts are. Nothing here knows an original: only what may leave.

Everything in a bundle follows from `Contents`, so the same inputs give the same bytes: no part asks the clock, the
network, or the order of a set.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from social_archive.foia.dispositions import Reviewed, ShownItem

if TYPE_CHECKING:
    from social_archive.config import Agency
    from social_archive.foia.clock import Due
    from social_archive.foia.exemptions import Exemptions
    from social_archive.foia.request_file import Event
    from social_archive.foia.requests import Request
    from social_archive.law_foia import FoiaLaw


@dataclass(frozen=True)
class File:
    """One file of the bag's payload: its path under `data/` (ASCII, made from control numbers only) and its bytes, or
    the local file that has them. `sha256` (hex): what they must hash to, where that is known. `looked_into`: a gate has
    found no word in it that must not leave."""

    path: str
    body: bytes | Path = field(repr=False)
    sha256: str | None = None
    looked_into: bool = False

    @property
    def size(self) -> int:
        return len(self.body) if isinstance(self.body, bytes) else self.body.stat().st_size


@dataclass(frozen=True)
class Options:
    """`load_files`: Concordance DAT/OPT and EDRM XML too."""

    load_files: bool = False


@dataclass(frozen=True)
class Evidence:
    """The ledger as it was when the review was confirmed: what every proof of the bundle stands under.

    `search`: the frozen search, byte for byte as the archive holds it. `search_entry`: that of the ledger which took it
    in, with its place in the tree. `records`: the proof lines, one per version of every hit that is in the archive.
    """

    origin: str
    size: int
    root: bytes
    checkpoint: str = field(repr=False)
    vkey: str
    search: bytes = field(repr=False)
    search_entry: bytes = field(repr=False)
    records: bytes | Path = field(repr=False)


@dataclass(frozen=True)
class Contents:
    """Everything that a bundle is made from.

    `at`: the moment that all of its documents are dated (UTC, whole seconds): when the review was confirmed.
    `confirmed`: that event. `letter`: the response letter's PDF as it was approved, None while there is none.
    `coverage`: file name -> bytes of the coverage statements, as they were made when the search was frozen.
    `evidence`: what proves it. `due`: when the request's period ends, `law`: what the law says of requests,
    `exemptions`: what the codes stand for; None where nobody has written it down. `shared`: what a writer has worked
    out that another needs too.
    """

    agency: Agency
    request: Request
    reviewed: Reviewed
    items: Sequence[ShownItem] = field(repr=False)
    at: datetime
    confirmed: Event
    options: Options
    evidence: Evidence
    letter: bytes | None = field(default=None, repr=False)
    coverage: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    due: Due | None = None
    law: FoiaLaw | None = field(default=None, repr=False)
    exemptions: Exemptions | None = field(default=None, repr=False)
    shared: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """What the bag's folder and file are called."""
        return f"records-{self.request.number}"


class Part(Protocol):
    """Writes some files of the payload."""

    def __call__(self, contents: Contents) -> Iterable[File]: ...
