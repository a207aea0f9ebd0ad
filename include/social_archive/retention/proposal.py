"""What is due: from the cohorts whose time is over to a list that two people can approve.

A proposal names every object version that would be destroyed, and everything that would not be and why. Before it is
made, rows are where they belong (`assignment.settle`) and held rows lie in objects of their own, so that what is
listed can be destroyed whole. Its hash is what people approve; a list that changed is another list.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from social_archive import rewrite
from social_archive.accession import describe, seal
from social_archive.catalog import CatalogObject
from social_archive.crash import crash_point
from social_archive.law import DisposalLaw, load_disposal_law
from social_archive.leaves import COMPANIONS, TYPES
from social_archive.record import canonical
from social_archive.retention import assignment, clock, companion_places, consolidation, disposal, holds, schedules
from social_archive.retention.disposal import Disposal, NotAllowed
from social_archive.retention.gates import day_of, iso
from social_archive.retention.people import acting

if TYPE_CHECKING:
    from social_archive.archive import Archive

FORMAT: Final = "social-records-archive/proposal/v1"
WORKSHEET: Final = "social-records-archive/worksheet/v1"
CLASSES: Final = ("records", *COMPANIONS, "media", "quarantine", "import", "request", "bundle")
"""Classes of objects that lie in cohorts and go with them."""

_IMPORT: Final = "import:"


@dataclass(frozen=True)
class Excluded:
    """What is due and stays, and why: `code` for machines, a sentence for people."""

    what: str
    code: str
    reason: str
    objects: int
    records: int


@dataclass
class _Found:
    """The due objects, sorted into what goes and what stays."""

    going: list[CatalogObject]
    copies: list[CatalogObject]
    excluded: list[Excluded]


def propose(
    archive: Archive, *, by: str, via: str, exclude: Collection[str] = (), now: datetime | None = None
) -> Disposal | None:
    """Propose everything that is due; None if nothing is. The open disposal is returned, if there is one.

    `exclude`: series, or series/cut-off, that somebody sets aside this time. Raises ClockNotTrusted, NotAllowed.
    """
    if via != "airflow":  # whoever starts a run there has logged in
        by = acting(archive, by, NotAllowed, unattended=True)
    archive.catalog.catch_up()
    if (already := disposal.open_disposal(archive)) is not None:
        return already
    at = clock.trusted(archive, now).require()
    if not _due(archive, at):
        return None
    law = _require_authority(archive)
    assignment.settle(archive)
    _set_apart(archive, at)
    _set_companions_apart(archive, at, set(exclude))
    found = _found(archive, at, set(exclude))
    if not found.going:
        return None
    return _enter(archive, found, law, by=by, via=via, at=at)


def _require_authority(archive: Archive) -> DisposalLaw:
    law = load_disposal_law(archive.agency)
    if schedules.in_force(archive) is None:
        raise NotAllowed(
            "Records are past their time, but no schedule has been put in force, so nothing may be proposed.",
            remedy="See what it would do (`archive retention plan`), then `archive retention propose`.",
        )
    if law.application_required and not archive.schedule.retention.application_number:
        raise NotAllowed(
            f"The schedule in force has no application number. {law.approver} has to approve a schedule before "
            "anything under it may be destroyed.",
            remedy="Enter `application_number:` in retention.yaml as a new version.",
        )  # fmt: skip
    return law


# --------------------------------------------------------------------------- what is due


def _due(archive: Archive, at: datetime) -> list[CatalogObject]:
    """Live objects of cohorts whose retention is over at this moment."""
    schedule, moment = archive.schedule, int(at.timestamp() * 1_000_000)
    return [
        o for o in archive.catalog.objects()
        if o.cls in CLASSES and (until := schedule.until(o.series, o.cutoff)) is not None and until <= moment
    ]  # fmt: skip


def _set_apart(archive: Archive, at: datetime) -> None:
    """Give held rows, and rows whose imported file must stay, objects of their own."""
    due = _due(archive, at)
    rows = dict(holds.held(archive, due).items())
    staying = _files_that_stay(archive, due)
    for o in (o for o in due if o.cls == "records"):
        mine = rows[o.key].rows if o.key in rows else np.empty(0, dtype=np.int64)
        if mine is None:
            continue
        kept = np.union1d(mine, _rows_of_files(archive, o, staying)) if staying else mine
        if 0 < len(kept) < o.rows:
            consolidation.split(archive, o.key, kept)


def _set_companions_apart(archive: Archive, at: datetime, set_aside: set[str]) -> None:
    """Give what is about records that stay objects of their own, so that the rest can go with the records that go."""
    due = [o for o in _due(archive, at) if o.cls in COMPANIONS]
    if not due:
        return
    going = {o.key for o in _found(archive, at, set_aside).going}
    lying = companion_places.read(archive)
    staying, held = lying.rows(lying.elsewhere(going)), holds.held(archive, due)
    nothing = np.empty(0, dtype=np.int64)
    for o in due:
        mine = held[o.key].rows if o.key in held else nothing
        if mine is not None and 0 < len(kept := np.union1d(mine, staying.get(o.key, nothing))) < o.rows:
            consolidation.split(archive, o.key, kept)


def _found(archive: Archive, at: datetime, set_aside: set[str]) -> _Found:
    due = _due(archive, at)
    held = holds.held(archive, due)
    staying = _files_that_stay(archive, due)
    still_named = _media_still_named(archive, due, held)
    found = _Found([], [], [])
    why: dict[tuple[str, str, str], list[CatalogObject]] = defaultdict(list)
    for o in due:
        reason = _stays(archive, o, held, staying, still_named, set_aside)
        if reason is None:
            found.going.append(o)
        else:
            why[(f"{o.series}/{o.cutoff}", *reason)].append(o)
    for o in companion_places.about_others(archive, found.going):
        found.going.remove(o)
        reason = "record_stays", "findings and decisions about records that stay"
        why[(f"{o.series}/{o.cutoff}", *reason)].append(o)
    found.excluded = [
        Excluded(what, code, sentence, len(some), sum(o.rows for o in some if o.cls == "records"))
        for (what, code, sentence), some in sorted(why.items())
    ]
    going = {o.key for o in found.going}
    files = _files_quoted(archive, found.going)
    found.copies = sorted((o for o in files if o.key not in going), key=lambda o: o.key)
    found.going.sort(key=lambda o: o.key)
    return found


def _stays(
    archive: Archive, o: CatalogObject, held: Mapping[str, Any], staying: Mapping[str, CatalogObject],
    still_named: Collection[str], set_aside: Collection[str],
) -> tuple[str, str] | None:  # fmt: skip
    """(code, sentence) if a due object must not go this time."""
    if o.key in held:
        count = len(held[o.key].holds)
        return "on_hold", "under a hold" if count == 1 else f"under {count} holds"
    if {*set_aside} & {o.series, f"{o.series}/{o.cutoff}"}:
        return "set_aside", "set aside by the person who proposed"
    if o.key in still_named:
        return "still_named", "attachments that records with more time to run still show"
    if o.cls == "import" and o.sha256 in staying:
        return "file_stays", "an imported file that is on hold or locked"
    if o.cls == "records" and staying and len(_rows_of_files(archive, o, staying)):
        return "copy_stays", "an imported file that quotes them is on hold or locked"
    return None


# --------------------------------------------------------------------------- imported files: copies of records


def _files_quoted(archive: Archive, objects: Iterable[CatalogObject]) -> list[CatalogObject]:
    """The imported files that rows of these objects came from. They hold copies, so they go with the first of them."""
    files = {o.sha256: o for o in archive.catalog.objects("import")}
    if not files:
        return []
    quoted = {sha for o in objects if o.cls == "records" for sha in _files_of(archive, o)}
    return [o for sha, o in files.items() if sha in quoted]


def _files_that_stay(archive: Archive, due: Sequence[CatalogObject]) -> dict[str, CatalogObject]:
    """SHA-256 -> imported file that is quoted by due rows and cannot go: it is held, or under a COMPLIANCE lock."""
    files = {o.key: o for o in _files_quoted(archive, due)}
    held = holds.held(archive, list(files.values())) if files else {}
    return {
        o.sha256: o for o in files.values()
        if o.key in held or archive.store.lock_state(o.key, o.version_id).mode == "COMPLIANCE"
    }  # fmt: skip


def _rows_of_files(archive: Archive, o: CatalogObject, files: Collection[str]) -> np.ndarray[Any, Any]:
    named = pc.is_in(_file_hashes(archive, o), pa.array(sorted(files), type=pa.string()))
    return np.flatnonzero(named.to_numpy(zero_copy_only=False))


def _file_hashes(archive: Archive, o: CatalogObject) -> pa.Array:
    """For each row of a record object the SHA-256 of the file that it was imported from; null for a harvested one."""
    endpoints = pq.read_table(archive.mirror.path(o), columns=["endpoint"], partitioning=None).column(0)
    hashes = pc.utf8_slice_codeunits(endpoints, len(_IMPORT), len(_IMPORT) + 64)
    found = pc.if_else(pc.fill_null(pc.starts_with(endpoints, _IMPORT), False), hashes, None)
    return found.combine_chunks()


def _files_of(archive: Archive, o: CatalogObject) -> list[str]:
    return [sha for sha in pc.unique(_file_hashes(archive, o)).to_pylist() if sha]


def _media_still_named(archive: Archive, due: Sequence[CatalogObject], held: Mapping[str, Any]) -> set[str]:
    """Due media that a record which stays (not due, or held) shows as well."""
    media = {o.key for o in due if o.cls == "media"}
    going = {o.key for o in due if o.cls == "records" and o.key not in held}
    staying = [o for o in archive.catalog.objects("records") if o.key not in going]
    if not media or not staying:
        return set()
    paths = [str(path) for path in archive.mirror.paths(staying)]
    rows = duckdb.execute(
        "SELECT DISTINCT m.key FROM (SELECT unnest(media) AS m FROM read_parquet($paths, hive_partitioning = false))"
        " WHERE m.key IS NOT NULL",
        {"paths": paths},
    ).fetchall()
    return {current for (key,) in rows if (current := archive.catalog.gone.current(key)) in media}


# --------------------------------------------------------------------------- the list


def _enter(archive: Archive, found: _Found, law: DisposalLaw, *, by: str, via: str, at: datetime) -> Disposal:
    """Write proposal and worksheet, and the entry that proposes them."""
    from social_archive.documents import worksheet as pages

    disposal_id = uuid.uuid4().hex[:12]
    lines = _lines(archive, found)
    body = _proposal(archive, found, lines, law, disposal_id, by=by, at=at)
    encoded = canonical(body) + b"\n"
    sheet = _worksheet(archive, body, law)
    files = {
        "proposal.json": (encoded, "application/json"),
        "worksheet.json": (canonical(sheet) + b"\n", "application/json"),
        "worksheet.pdf": (pages.pdf(sheet), "application/pdf"),
    }  # fmt: skip
    objects = []
    for name, (content, kind) in files.items():
        ref = archive.store.put(f"disposals/{disposal_id}/{name}", content, content_type=kind)
        objects.append(describe(ref, cls="disposal", rows=0, retain_until=None))
    crash_point("proposal-written")
    totals = body["totals"]
    note = {"disposal": disposal_id, "plan": objects[0]["sha256"], "by": by, "via": via, **totals}

    def check() -> None:
        if (other := disposal.open_disposal(archive)) is not None and other.id != disposal_id:
            raise NotAllowed(f"Another run proposed disposal {other.id} meanwhile.")
        for o in (*found.going, *found.copies):
            now = archive.catalog.object(o.key)
            if now is None or now.version_id != o.version_id:
                raise rewrite.SourcesChanged("What was to be proposed was moved meanwhile. Nothing was changed.")
        companion_places.require_complete(archive, {o.key for o in found.going})

    entry = disposal.append(archive, "disposal.proposed", note, check=check, objects=objects)
    seal(archive, entry.header["objects"])
    return disposal.state(archive, disposal_id)


def _proposal(
    archive: Archive, found: _Found, lines: list[dict[str, Any]], law: DisposalLaw, disposal_id: str, *, by: str,
    at: datetime,
) -> dict[str, Any]:  # fmt: skip
    version = schedules.in_force(archive)
    assert version is not None
    copies, quoting = {o.key for o in found.copies}, _quoting(archive, found)
    objects: list[dict[str, Any]] = [
        {"key": o.key, "version": o.version_id, "class": o.cls, "size": o.size, "sha256": o.sha256, "rows": o.rows,
         "series": o.series, "cutoff": o.cutoff,
         **({"copy": True, "with": quoting[o.sha256]} if o.key in copies else {})}
        for o in sorted((*found.going, *found.copies), key=_in_turn)
    ]  # fmt: skip
    totals = {
        "records": sum(o["rows"] for o in objects if o["class"] == "records"), "objects": len(objects),
        "bytes": sum(o["size"] for o in objects),
    }  # fmt: skip
    return {
        "format": FORMAT, "disposal": disposal_id, "as_of": iso(at), "proposed_by": by, "lines": lines,
        "schedule": {"version": version.version, "sha256": version.sha256},
        "law": {"jurisdiction": law.jurisdiction, "sha256": law.sha256}, "totals": totals, "objects": objects,
        "excluded": [
            {"what": e.what, "code": e.code, "reason": e.reason, "objects": e.objects, "records": e.records}
            for e in found.excluded
        ],
    }  # fmt: skip


def _in_turn(o: CatalogObject) -> tuple[bool, str]:
    """Companions are destroyed last: if work is stopped between two batches, no record that stays has lost its own."""
    return o.cls in COMPANIONS, o.key


def _lines(archive: Archive, found: _Found) -> list[dict[str, Any]]:
    """One line for each item of the schedule, as the worksheet and the certificate have it."""
    by_series: dict[str, list[CatalogObject]] = defaultdict(list)
    for o in found.going:
        by_series[o.series].append(o)
    quoting = _quoting(archive, found)
    return [
        _line(archive, series, some, [c for c in found.copies if quoting.get(c.sha256) == series])
        for series, some in sorted(by_series.items())
    ]  # fmt: skip


def _line(
    archive: Archive, series: str, due: Sequence[CatalogObject], copies: Sequence[CatalogObject]
) -> dict[str, Any]:
    """A line from its due objects and the imported files that go along, which have no time of their own here."""
    zone, schedule = archive.agency.body.time_zone, archive.schedule
    item = schedule.item_of(series)
    assert item is not None
    objects, cutoffs = [*due, *copies], sorted(o.cutoff for o in due)
    ends = [until for cutoff in cutoffs if (until := schedule.until(series, cutoff)) is not None]
    classes = [o.cls for o in objects]
    first, last = _dates(archive, due)
    return {
        "item": item.id, "series": series, "title": item.title, "citation": item.citation, "period": item.period,
        "trigger": item.trigger, "cutoff_first": cutoffs[0], "cutoff_last": cutoffs[-1],
        "earliest": None if first is None else day_of(first, zone).isoformat(),
        "latest": None if last is None else day_of(last, zone).isoformat(),
        "eligible": day_of(max(ends), zone).isoformat(),
        "records": sum(o.rows for o in objects if o.cls == "records"),
        "quarantined": sum(o.rows for o in objects if o.cls == "quarantine"),
        "companions": sum(o.rows for o in objects if o.cls in COMPANIONS),
        "media": classes.count("media"), "imports": classes.count("import"), "objects": len(objects),
        "bytes": sum(o.size for o in objects), "format": _format(classes),
    }  # fmt: skip


def _format(classes: Collection[str]) -> str:
    said = {**dict.fromkeys(TYPES, "Parquet"), "media": "attachments as received", "import": "exports as received",
            "request": "requests as they were written", "bundle": "answers as given out"}  # fmt: skip
    return "electronic: " + ", ".join(dict.fromkeys(said.get(c, c) for c in sorted(set(classes))))


def _dates(archive: Archive, objects: Sequence[CatalogObject]) -> tuple[int | None, int | None]:
    """When the first and the last of these records was posted (or first seen, if it has no date)."""
    some = [o for o in objects if o.cls == "records"]
    if not some:
        return None, None
    paths = [str(path) for path in archive.mirror.paths(some)]
    row = duckdb.execute(
        "SELECT epoch_us(min(coalesce(created_at, observed_at))), epoch_us(max(coalesce(created_at, observed_at)))"
        " FROM read_parquet($paths, hive_partitioning = false)",
        {"paths": paths},
    ).fetchone()
    return row if row else (None, None)


def _quoting(archive: Archive, found: _Found) -> dict[str, str]:
    """SHA-256 of an imported file -> the first series whose due records it quotes."""
    series: dict[str, str] = {}
    if found.copies:
        for o in (o for o in found.going if o.cls == "records"):
            for sha in _files_of(archive, o):
                series[sha] = min(o.series, series.get(sha, o.series))
    return series


def _worksheet(archive: Archive, proposal: Mapping[str, Any], law: DisposalLaw) -> dict[str, Any]:
    """Every field of the authority's form, from what is known; what is not stays open."""
    body, person = archive.agency.body, archive.agency.person(proposal["proposed_by"])
    fields = ("item", "series", "title", "records", "objects", "bytes", "format", "period", "citation",
              "cutoff_first", "cutoff_last", "eligible")  # fmt: skip
    return {
        "format": WORKSHEET, "disposal": proposal["disposal"], "plan": _plan(proposal),
        "body": {"name": body.name, "county": body.county, "address": body.address, "phone": body.contact_phone,
                 "email": body.contact_email},
        "authority": {
            "name": law.approver, "application_number": archive.schedule.retention.application_number,
            "citation": law.citations.get("prior_approval"), "file_days_before": law.file_days_before,
            "sentence": law.worksheet_notice,
        },
        "prepared": {"by": person.name if person else "the scheduled run", "at": iso(datetime.now(UTC))},
        "proposed_date": _proposed_date(archive, law),
        "lines": [
            {**{name: line[name] for name in fields}, "inclusive_from": line["earliest"],
             "inclusive_to": line["latest"]} for line in proposal["lines"]
        ],
        "excluded": [{"what": e["what"], "records": e["records"], "reason": e["reason"]} for e in proposal["excluded"]],
        "totals": proposal["totals"],
    }  # fmt: skip


def _plan(proposal: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical(dict(proposal)) + b"\n").hexdigest()


def _proposed_date(archive: Archive, law: DisposalLaw) -> str:
    """The first day on which it may be carried out, if the form is filed today."""
    today = datetime.now(UTC).astimezone(ZoneInfo(archive.agency.body.time_zone)).date()
    return (today + timedelta(days=law.file_days_before)).isoformat()


__all__ = ["CLASSES", "Excluded", "propose"]
