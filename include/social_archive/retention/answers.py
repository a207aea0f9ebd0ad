"""What the archive says of a record that it has destroyed: under which certificate, with proof, and nothing else.

All that remains of such a record is a random id, its series, its item, its month and the disposal. The ledger's own
leaves say it: no copy of the id is kept beside them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from social_archive.entry import Entry, next_key
from social_archive.errors import NotFound
from social_archive.retention import disposed_proof
from social_archive.series import Schedule, later, start_of_day

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.catalog_gone import DisposedCohort, Gone
    from social_archive.search import Query

_ID: Final = re.compile(r"[0-9a-f]{8,32}")
_MONTH: Final = re.compile(r"\d{4}-\d{2}")


@dataclass(frozen=True)
class Disposed:
    """The stub of a record that was destroyed. `certificate` None: pending. `month` is the folder's cut-off month.

    `leaf` is the index of its latest version's leaf; `item` None if no schedule at hand knows the series.
    """

    rid: str
    version: int
    series: str
    item: str | None
    month: str
    disposal: str
    certificate: str | None
    leaf: int

    @property
    def sentence(self) -> str:
        if self.certificate is None:
            return f"Disposed of under disposal {self.disposal}; its certificate is pending."
        return f"Disposed of under certificate {self.certificate}."

    def stub(self) -> dict[str, str | None]:
        return {"rid": self.rid, "series": self.series, "item": self.item, "month": self.month,
                "disposal": self.disposal}  # fmt: skip


@dataclass(frozen=True)
class DisposedFolder:
    """Records of one account and cut-off month that were destroyed; `records` counts versions."""

    platform: str
    account: str
    series: str
    month: str
    records: int
    disposal: str
    certificate: str | None

    def to_dict(self) -> dict[str, Any]:
        return {"platform": self.platform, "account": self.account, "series": self.series, "month": self.month,
                "records": self.records, "disposal": self.disposal, "certificate": self.certificate}  # fmt: skip


def disposed(archive: Archive, reference: str, *, version: int | None = None) -> Disposed | None:
    """The answer for a record that was destroyed, by its id or the first eight characters of it; None if none was.

    Reads the ledger. Raises SearchError if several ids fit.
    """
    found = _look(archive, reference, version)
    return found[0] if found else None


def prove(archive: Archive, reference: str, *, version: int | None = None) -> dict[str, Any]:
    """The proof that goes with `disposed`. Raises NotFound, LedgerError."""
    found = _look(archive, reference, version)
    if found is None:
        raise NotFound("Nothing in the archive has this id or address.")
    answer, trail = found
    line = next(line for leaf, line in trail.leaves if leaf == answer.leaf)
    entry = trail.naming(answer)
    return disposed_proof.make(line, answer.leaf, entry.leaves[0], entry.first_leaf, bytes(trail.hashes),
                               trail.checkpoint, trail.vkey)  # fmt: skip


# --------------------------------------------------------------------------- one record


@dataclass
class _Trail:
    """What one reading of the ledger finds of an id: its leaves, the entries that name disposals, the tree."""

    wanted: bytes
    leaves: list[tuple[int, bytes]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    hashes: bytearray = field(default_factory=bytearray)
    checkpoint: str = ""
    vkey: str = ""
    _next: str = ""

    def take(self, entry: Entry) -> None:
        self.vkey = self._next or str(entry.header["vkey"])
        self._next = next_key(entry, self.vkey)
        self.checkpoint = entry.checkpoint
        self.hashes += b"".join(entry.hashes)
        if entry.header["what"] in (disposed_proof.CERTIFIED, disposed_proof.DESTROYED):
            self.entries.append(entry)
        for index, line in enumerate(entry.leaves[1:], entry.first_leaf + 1):
            if self.wanted in line and line.startswith(b'{"c":') and b'"t":"record"' in line:
                self.leaves.append((index, line))

    def naming(self, answer: Disposed) -> Entry:
        """The entry that names the certificate; while that is pending, the one that reports the destruction."""
        what = disposed_proof.DESTROYED if answer.certificate is None else disposed_proof.CERTIFIED
        for entry in self.entries:
            note = entry.header["note"]
            parts = disposed_proof.covered(note)
            if entry.header["what"] == what and any(first <= answer.leaf <= last for first, last in parts):
                return entry
        raise NotFound("The ledger has no entry that names this record's disposal.")


def _look(archive: Archive, reference: str, version: int | None) -> tuple[Disposed, _Trail] | None:
    reference = reference.strip()
    if not _ID.fullmatch(reference) or not archive.catalog.gone.disposed_ranges():
        return None
    trail = _Trail(b'"rid":"' + reference.encode())
    for entry in archive.ledger.entries():
        trail.take(entry)
    gone = {leaf: where for leaf, _ in trail.leaves if (where := archive.catalog.gone.destroyed_with(leaf)) is not None}
    known = [(json.loads(line), leaf) for leaf, line in trail.leaves if leaf in gone]
    known = [(told, leaf) for told, leaf in known if version in (None, told["ver"])]
    if not known:
        return None
    _require_one(sorted({told["rid"] for told, _ in known}))
    told, leaf = max(known, key=lambda one: one[0]["ver"])
    return _stub(archive, told, leaf, gone[leaf]), trail


def _require_one(rids: list[str]) -> None:
    from social_archive.search import SearchError

    if len(rids) > 1:
        raise SearchError(f"{len(rids)} records or more that were disposed of fit this id: {', '.join(rids[:10])}.",
                          remedy="Ask again with one of these ids.")  # fmt: skip


def _stub(archive: Archive, told: dict[str, Any], leaf: int, gone: Gone) -> Disposed:
    disposal = gone.disposal or ""
    certificate = certificates(archive).get(disposal)
    return Disposed(told["rid"], told["ver"], gone.series, _item(archive, gone.series, disposal), gone.cutoff,
                    disposal, certificate, leaf)  # fmt: skip


def _item(archive: Archive, series: str, disposal: str) -> str | None:
    """The number of the schedule's item: as the certificate has it, else as the schedule in force has it."""
    sha256 = {note["disposal"]: note["sha256"] for note in _certified(archive)}.get(disposal)
    for located in archive.catalog.objects("certificate"):
        if located.sha256 == sha256:
            lines = json.loads(archive.mirror.path(located).read_bytes()).get("lines") or []
            return next((str(line["item"]) for line in lines if line.get("series") == series), None)
    item = archive.schedule.item_of(series)
    return item.id if item else None


def certificates(archive: Archive) -> dict[str, str]:
    """disposal -> number of its certificate, of all that have one."""
    return {note["disposal"]: str(note["certificate"]) for note in _certified(archive)}


def _certified(archive: Archive) -> list[dict[str, Any]]:
    return archive.catalog.walks.notes(disposed_proof.CERTIFIED)


# --------------------------------------------------------------------------- what a search cannot see


def cohorts(archive: Archive, query: Query) -> list[DisposedFolder]:
    """Folders that were disposed of and may have held what a query asks for: same platform, account and span.

    Their words are gone, so nothing else of the query can be judged.
    """
    found = archive.catalog.gone.disposed_cohorts()
    if not found:
        return []
    numbers, schedule = certificates(archive), archive.schedule
    zone = ZoneInfo(archive.agency.body.time_zone)
    return [
        DisposedFolder(c.platform, c.account, c.series, c.cutoff, c.records, c.disposal, numbers.get(c.disposal))
        for c in found
        if query.platform in (None, c.platform) and query.account in (None, c.account)
        and _overlaps(c, query, schedule, zone)
    ]  # fmt: skip


def _overlaps(c: DisposedCohort, query: Query, schedule: Schedule, zone: ZoneInfo) -> bool:
    if query.by_observation or not _MONTH.fullmatch(c.cutoff):
        return True
    first, after = _span(c, schedule, zone)
    too_late = query.since is not None and after is not None and query.since >= after
    too_early = query.until is not None and first is not None and query.until <= first
    return not (too_late or too_early)


def _span(c: DisposedCohort, schedule: Schedule, zone: ZoneInfo) -> tuple[int | None, int | None]:
    """When the records of a folder were made, [first, after), microseconds UTC; None where the schedule cannot tell.

    A yearly cut-off collects twelve months. Where the clock starts later than with its creation, a record may be of
    any time before.
    """
    month = date(int(c.cutoff[:4]), int(c.cutoff[5:]), 1)
    after = start_of_day(later(month, months=1), zone)
    item = schedule.item_of(c.series)
    if item is None or item.trigger != "created":
        return None, after
    first = month if item.cutoff == "month" else later(month, months=-11)
    return start_of_day(first, zone), after


def began(archive: Archive, platform: str, account: str) -> int | None:
    """The first moment (microseconds UTC) of the earliest cut-off month of an account that was disposed of."""
    zone = ZoneInfo(archive.agency.body.time_zone)
    months = [
        date(int(c.cutoff[:4]), int(c.cutoff[5:]), 1) for c in archive.catalog.gone.disposed_cohorts()
        if (c.platform, c.account) == (platform, account) and _MONTH.fullmatch(c.cutoff)
    ]  # fmt: skip
    return start_of_day(min(months), zone) if months else None


def together(folders: list[DisposedFolder]) -> Iterator[tuple[DisposedFolder, list[DisposedFolder]]]:
    """Folders of one account under one certificate: (the first of them, all of them), in order."""
    groups: dict[tuple[str, str, str], list[DisposedFolder]] = {}
    for folder in sorted(folders, key=lambda f: (f.platform, f.account, f.disposal, f.month)):
        groups.setdefault((folder.platform, folder.account, folder.disposal), []).append(folder)
    for some in groups.values():
        yield some[0], some
