"""Tags on records: what a person knows of a record and a rule of the schedule may ask for (`tag: local-history`).

A tag is a ledger entry with one leaf a record: who put it there, when and why. It takes effect with the next
`assignment.settle`. A tag belongs to the thing, so to all of its versions, later ones too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from social_archive.errors import ArchiveError, NotFound
from social_archive.ledger import EMPTY, Draft, HeadMoved
from social_archive.record import canonical
from social_archive.retention.people import acting

if TYPE_CHECKING:
    from social_archive.archive import Archive

WHAT: Final = "tag"
_TAG: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")  # what a rule of retention.yaml can name
_REASON: Final = 500  # characters
_SAY_WHY: Final = "Add --reason TEXT. It stays in the ledger, so name nobody of the public in it."


class TagRefused(ArchiveError):
    """The request itself is not in order. Nothing was written."""

    remedy = "See `archive tag --help` for examples."


@dataclass(frozen=True)
class Tagged:
    """What a request did. `entry` is None if every record was as asked already; `changed` are rids, sorted."""

    entry: int | None
    changed: tuple[str, ...]


@dataclass(frozen=True)
class TagChange:
    """One tag put on a record or taken off it, in ledger entry `n` at `time` (ISO 8601 UTC)."""

    n: int
    time: str
    tag: str
    on: bool
    by: str
    reason: str
    via: str


def add(archive: Archive, rids: Sequence[str], tag: str, *, by: str, reason: str, via: str = "cli") -> Tagged:
    """Put a tag on records. Idempotent: what has it already is left alone. Raises NotFound, TagRefused."""
    return _change(archive, rids, tag, on=True, by=by, reason=reason, via=via)


def remove(archive: Archive, rids: Sequence[str], tag: str, *, by: str, reason: str, via: str = "cli") -> Tagged:
    """Take a tag off records. Idempotent like `add`. Raises NotFound, TagRefused."""
    return _change(archive, rids, tag, on=False, by=by, reason=reason, via=via)


def listed(archive: Archive) -> dict[str, list[str]]:
    """tag -> rids that have it now, both sorted; as far as the catalog has followed the ledger."""
    found: dict[str, list[str]] = {}
    for rid, tags in archive.catalog.gone.tags().items():
        for tag in tags:
            found.setdefault(tag, []).append(rid)
    return {tag: sorted(rids) for tag, rids in sorted(found.items())}


def history(archive: Archive, rid: str) -> list[TagChange]:
    """Every tag that was put on a record or taken off it, oldest first. Reads the entries of all tags."""
    changes = []
    for note in archive.catalog.walks.notes(WHAT):
        for line in archive.ledger.read(note["n"]).leaves[1:]:
            leaf = json.loads(line)
            if leaf["rid"] == rid:
                changes.append(TagChange(note["n"], note["time"], leaf["tag"], leaf["on"], note["by"], note["reason"],
                                         note["via"]))  # fmt: skip
    return changes


def _change(archive: Archive, rids: Sequence[str], tag: str, *, on: bool, by: str, reason: str, via: str) -> Tagged:
    _check_words(tag, reason)
    note = {"by": acting(archive, by, TagRefused), "reason": reason.strip(), "via": via}
    head = archive.catalog.catch_up()
    began = (head or EMPTY).n
    while True:
        changed = _pending(archive, rids, tag, on)
        if not changed:
            return Tagged(None, ())
        leaves = [canonical({"t": WHAT, "rid": rid, "tag": tag, "on": on}) for rid in changed]
        txn = archive.txn(WHAT, tag, str(on), str(began), *changed)
        try:
            entry = archive.ledger.append(Draft(WHAT, txn, leaves=leaves, note=note), head or EMPTY, since=began)
        except HeadMoved:
            head = archive.catalog.catch_up()
            continue
        archive.catalog.catch_up()
        return Tagged(entry.n, changed)


def _pending(archive: Archive, rids: Sequence[str], tag: str, on: bool) -> tuple[str, ...]:
    """The records that are not as asked yet. Raises NotFound if one of them is none."""
    wanted = sorted(set(rids))
    known = archive.catalog.known_rids(wanted)
    missing = [rid for rid in wanted if rid not in known]
    if missing:
        raise NotFound(f"There is no record {missing[0]} in the archive. No record was tagged.")
    tags = archive.catalog.gone.tags()
    return tuple(rid for rid in wanted if (tag in tags.get(rid, ())) != on)


def _check_words(tag: str, reason: str) -> None:
    if not _TAG.fullmatch(tag):
        raise TagRefused("A tag may hold only small letters, digits and hyphens, and neither starts nor ends with one.",
                         remedy="Name it as the rule in retention.yaml does, such as local-history.")  # fmt: skip
    if not reason.strip():
        raise TagRefused("A tag needs a reason: it decides how long a record is kept.", remedy=_SAY_WHY)
    if len(reason.strip()) > _REASON:
        raise TagRefused(f"The reason is longer than {_REASON} characters.",
                         remedy="Say it in a sentence and name the file in which the rest stands.")  # fmt: skip
