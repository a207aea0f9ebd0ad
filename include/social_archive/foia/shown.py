"""From a review to what may leave of every hit: the only view of records that a bundle's writers get."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from social_archive.errors import ArchiveError
from social_archive.foia.dispositions import Item, Reviewed, Row, ShownItem
from social_archive.foia.matching import Matcher
from social_archive.foia.media import Attachments
from social_archive.foia.redaction import everything, show
from social_archive.foia.screening import suspects
from social_archive.record import SCHEMA

if TYPE_CHECKING:
    from social_archive.archive import Archive

Progress = Callable[[int, int], None]
"""Called with (done, all) while it works."""

_OFTEN: Final = 500


class NotAllThere(ArchiveError):
    """A hit of the search, or one of its versions, is not in the archive, and no disposal says why."""

    remedy = "Run `archive ledger verify`; then freeze the search again. Nothing was released."


def shown_items(archive: Archive, reviewed: Reviewed, progress: Progress | None = None) -> list[ShownItem]:
    """What may leave, in the order of the search. Of a withheld hit only the stored rows are there, for its proof.

    Raises NotAllThere, NothingToFind, CutDoesNotFit.
    """
    rows = stored_rows(archive, [item for item in reviewed.items if item.outcome != "disposed"])
    places = copies(archive, (medium for found in rows.values() for row in found for medium in row["media"] or ()))
    matcher = Matcher(reviewed.terms)
    answered = _answered(reviewed.items, rows)
    suspect = _suspect(matcher, [row for item in reviewed.items if item.outcome != "withheld"
                                 for row in rows.get(item.hit.rid, ())])  # fmt: skip
    with Attachments(places, matcher) as media:
        shown = []
        for number, item in enumerate(reviewed.items, 1):
            versions = rows.get(item.hit.rid, ())
            if item.outcome == "withheld":
                shown.append(ShownItem(item, (), tuple(versions), answered.get(item.hit.rid)))
            else:
                parts = tuple(show(row, item, matcher, media, suspect=_place(row) in suspect) for row in versions)
                shown.append(ShownItem(item, parts, answers=answered.get(item.hit.rid)))
            if progress and (number % _OFTEN == 0 or number == len(reviewed.items)):
                progress(number, len(reviewed.items))
    return shown


def _suspect(matcher: Matcher, rows: Sequence[Row]) -> set[tuple[str, int]]:
    """Which of some rows may hold a word that must not leave."""
    return {_place(rows[at]) for at in suspects(matcher, map(everything, rows))}


def _place(row: Row) -> tuple[str, int]:
    return row["rid"], row["version"]


def stored_rows(archive: Archive, items: Sequence[Item]) -> dict[str, list[Row]]:
    """rid -> the stored rows of the versions that the search froze, oldest first; times in microseconds."""
    found = archive.catalog.reading(lambda: _rows(archive, {item.hit.rid for item in items}))
    rows = {}
    for item in items:
        versions = found.get(item.hit.rid, {})
        if missing := [version for version in item.hit.versions if version not in versions]:
            raise NotAllThere(f"Version {missing[0]} of {item.control} is not in the archive any more.")
        rows[item.hit.rid] = [versions[version] for version in sorted(item.hit.versions)]
    return rows


def copies(archive: Archive, media: Iterable[Row]) -> dict[str, Path]:
    """Key -> where the archived files of attachments are on this machine."""
    keys = sorted({medium["key"] for medium in media if medium["key"]})
    return archive.catalog.reading(lambda: _copies(archive, keys)) if keys else {}


def _rows(archive: Archive, rids: set[str]) -> dict[str, dict[int, Row]]:
    wanted = pa.array(sorted(rids), pa.string())
    found: dict[str, dict[int, Row]] = defaultdict(dict)
    for path in archive.mirror.paths(archive.catalog.objects("records")):
        for row in _of_file(path, wanted):
            found[row["rid"]][row["version"]] = row
    return found


def _of_file(path: Path, wanted: pa.Array) -> Iterator[Row]:
    """The wanted rows of one object; of an object that holds none of them only the ids are read."""
    with pq.ParquetFile(path) as file:
        here = pc.is_in(file.read(columns=["rid"]).column("rid"), wanted)
        if not pc.any(here).as_py():
            return
        table = file.read(columns=SCHEMA.names).filter(here)
    for index, column in enumerate(table.schema):
        if pa.types.is_timestamp(column.type):
            table = table.set_column(index, column.name, table.column(index).cast(pa.int64()))
    yield from table.to_pylist()


def _copies(archive: Archive, keys: Iterable[str]) -> dict[str, Path]:
    objects = [located for key in keys if (located := archive.catalog.object(key)) is not None]
    return dict(zip((located.key for located in objects), archive.mirror.paths(objects), strict=True))


def _answered(items: Sequence[Item], rows: dict[str, list[Row]]) -> dict[str, str]:
    """rid -> the control number of the hit that it answers: so a thread stays one where the platform's ids are cut."""
    latest = {item.hit.rid: (item, found[-1]) for item in items if (found := rows.get(item.hit.rid))}
    controls = {_thing(row, row["native_id"]): item.control for item, row in latest.values()}
    answers = ((rid, controls.get(_thing(row, row["parent_native_id"]))) for rid, (_, row) in latest.items())
    return {rid: control for rid, control in answers if control}


def _thing(row: Row, native_id: str | None) -> tuple[str, str, str | None]:
    return row["platform"], row["account"], native_id
