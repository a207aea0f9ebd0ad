"""What a hold came too late for: destroyed under a disposal, or missing from the store.

What was disposed of cannot be searched any more, so only its folder can be compared with the scope: "may have matched"
is all that can be said, and it is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from social_archive.leaves import COMPANIONS
from social_archive.retention.hold_matches import HELD_CLASSES, WHOLE_FILES
from social_archive.series import OPEN

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.catalog import CatalogObject
    from social_archive.catalog_gone import Gone
    from social_archive.config_schedule import RetentionItem
    from social_archive.retention.hold_scope import Scope

CERTIFIED: Final = "disposal.certified"

_MONTHS: Final = {"month": 1, "calendar_year": 12, "fiscal_year": 12}


@dataclass(frozen=True)
class Lost:
    """What is gone out of one folder. `rows` counts record versions (or quarantined items, or companions).

    `disposal` None: the ledger names no disposal, the store lacks the object. `certificate`: its number, once there
    is one. `matched`: the hold covered it; else its folder overlaps the scope, and no more can be known.
    """

    disposal: str | None
    certificate: str | None
    cls: str
    series: str
    cutoff: str
    platform: str
    account: str
    matched: bool
    objects: int
    rows: int

    def to_dict(self) -> dict[str, Any]:
        return dict(vars(self))


@dataclass(frozen=True)
class Missing:
    """An object that the hold's own search found to be gone. `matched`: it was known to be covered."""

    object: CatalogObject
    matched: bool


_Folder = tuple[str | None, str, str, str, str, str, bool]


def losses(archive: Archive, scope: Scope, missing: Mapping[str, Missing], *, others: bool = True) -> list[Lost]:
    """What of a scope is gone, by disposal and folder. `missing`: what the scope covers and the store has no more.

    `others` False: everything that the scope can mean was found, so nothing that was disposed of belongs to it.
    """
    claims = archive.catalog.gone.claimed()
    folders: dict[_Folder, list[int]] = {}
    for key, one in missing.items():
        if archive.catalog.object(key) is not None:
            _count(folders, claims[key][0] if key in claims else None, one.object, matched=one.matched)
    for gone in _destroyed(archive, scope) if others else [g for g in _all_destroyed(archive) if g.key in missing]:
        known = missing.get(gone.key)
        _count(folders, gone.disposal, gone, matched=known is not None and known.matched)
    certificates = {note["disposal"]: str(note["certificate"]) for note in archive.catalog.walks.notes(CERTIFIED)}
    return [
        Lost(folder[0], certificates.get(folder[0] or ""), *folder[1:], objects=objects, rows=rows)
        for folder, (objects, rows) in sorted(folders.items(), key=repr)
    ]


def _count(folders: dict[_Folder, list[int]], disposal: str | None, o: CatalogObject | Gone, *, matched: bool) -> None:
    counts = folders.setdefault((disposal, o.cls, o.series, o.cutoff, o.platform, o.account, matched), [0, 0])
    counts[0] += 1
    counts[1] += o.rows


def _all_destroyed(archive: Archive) -> list[Gone]:
    return [gone for gone in archive.catalog.gone.all("disposal") if gone.cls in HELD_CLASSES]


def _destroyed(archive: Archive, scope: Scope) -> list[Gone]:
    """Destroyed objects whose folder overlaps the scope. Media lie in folders without an account: they follow the
    records of the same disposal and cohort."""
    zone = ZoneInfo(archive.agency.body.time_zone)
    schedule = archive.schedule
    every = [gone for gone in _all_destroyed(archive) if scope.everything or gone.cls not in WHOLE_FILES]
    found = [
        gone for gone in every
        if gone.cls != "media" and scope.reaches(gone)
        and scope.spans(gone, zone, months=_made_within(gone, schedule.item_of(gone.series)))
    ]  # fmt: skip
    cohorts = {(gone.disposal, gone.series, gone.cutoff) for gone in found}
    media = [g for g in every if g.cls == "media" and (g.disposal, g.series, g.cutoff) in cohorts]
    return found + media


def _made_within(gone: Gone, item: RetentionItem | None) -> int | None:
    """How many months before the end of its cut-off what lay in a folder was made at the earliest, if that is known."""
    if gone.cls not in ("records", *COMPANIONS) or item is None or item.trigger != "created" or gone.cutoff == OPEN:
        return None
    return _MONTHS[item.cutoff]
