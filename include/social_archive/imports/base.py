"""What an importer owes the archive.

An importer only parses: no network, no clock, nothing of what was seen before. `intake.py` drives it, keeps the file,
and attaches the media that lie in the export.
"""

from __future__ import annotations

import abc
import hashlib
from collections.abc import Iterator
from typing import ClassVar

from social_archive.config import Account
from social_archive.imports.source import Source
from social_archive.record import Observation, Unreadable

Item = Observation | Unreadable


class Importer(abc.ABC):
    """One export format. Subclasses are found by import (see `imports/__init__.py`)."""

    name: ClassVar[str]  # of the format, for `--format`
    title: ClassVar[str]  # for people: what the download is called where one asks for it
    platform: ClassVar[str]  # whose accounts it belongs to; "" for any
    version: ClassVar[str] = "1"  # stored with every record as `import.<name>/<version>`
    looks_for: ClassVar[str]  # what it recognises an export by, as the end of "looked for …"
    shortcomings: ClassVar[tuple[str, ...]]  # what the format cannot contain, as sentences; they become a gap

    @property
    def adapter(self) -> str:
        return f"import.{self.name}/{self.version}"

    @abc.abstractmethod
    def recognises(self, source: Source) -> bool:
        """Is this such an export? By names and first bytes; cheap, and never an error."""

    @abc.abstractmethod
    def records(self, source: Source, account: Account) -> Iterator[Item]:
        """Everything in it. Pure. One bad item never hides the others.

        * Each item goes through `source.stamp(item, member)`.
        * Own items have `author_is_account` and the platform's `native_id`; where the export names none, that of
          `joining.idless_id`, and the item joins what a harvest finds later.
        * `media` names files by their path in the export (`url`), `outcome` still `pending`.
        * Several versions of one thing come oldest first, the earlier ones with `observed_at` -2, -1 (microseconds
          before the export was made); 0, the default, is the export's own moment.
        * The caller fills platform, account, harvest id, adapter, the flag `imported`, and media outcomes.
        """

    def made_at(self, source: Source) -> int | None:
        """When the export was made, if it says so (microseconds UTC); else the date of its newest file counts."""
        return None


def unreadable(source: Source, member: str, native: bytes, reason: str, detail: str = "") -> Unreadable:
    """An item for quarantine, stamped. `detail` holds no content."""
    item = Unreadable(native=native or b"(empty)", reason=reason, detail=detail)
    source.stamp(item, member)
    return item


def whole(source: Source, member: str, body: bytes, reason: str) -> Unreadable:
    """A document that cannot be cut into items: all of it goes to quarantine (its bytes, if they are few)."""
    if len(body) <= 1 << 20:
        return unreadable(source, member, body, reason)
    digest = hashlib.sha256(body).hexdigest()
    return unreadable(source, member, f"{member} sha256 {digest}".encode(), reason, "the file is kept as imported")
