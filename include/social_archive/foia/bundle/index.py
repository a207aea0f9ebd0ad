"""The index: one row per version of every hit, as CSV and as a workbook. What is withheld has its row and its code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from social_archive.foia.bundle import cells
from social_archive.foia.bundle.model import Contents, File
from social_archive.foia.bundle.native import media_path, native_path
from social_archive.foia.bundle.workbook import Sheets
from social_archive.foia.dispositions import ShownItem, ShownVersion

COLUMNS: Final = (
    "control", "version", "outcome", "codes", "platform", "account", "kind", "posted (local)", "posted (UTC)",
    "captured (UTC)", "author", "text", "permalink", "media", "native file", "rid",
)  # fmt: skip
WIDTHS: Final = (20, 8, 11, 14, 12, 16, 10, 24, 21, 21, 24, 80, 40, 30, 36, 34)
_WRAPPED: Final = frozenset({"text"})
_CONTINUES: Final = " [the rest stands in 4-index.csv]"


def write(contents: Contents) -> Iterable[File]:
    listed = list(rows(contents))
    yield File("4-index.csv", cells.csv_of(COLUMNS, listed))
    made = contents.at.astimezone(UTC).replace(tzinfo=None)
    sheets = Sheets(f"Index of {contents.name}", contents.agency.body.name, made, COLUMNS, WIDTHS, _WRAPPED, _CONTINUES)
    yield File("4-index.xlsx", sheets.book(listed))


def rows(contents: Contents) -> Iterator[tuple[str, ...]]:
    """The rows, in the order of the search."""
    zone = ZoneInfo(contents.agency.body.time_zone)
    for one in contents.items:
        item = one.item
        ended = (item.outcome, "; ".join(sorted(item.codes)))
        if not one.versions:
            for version in item.hit.versions:
                yield (item.control, str(version), *ended, *[""] * 11, item.hit.rid)
        for shown in one.versions:
            yield (item.control, str(shown.version), *ended, *_shown(one, shown, zone), item.hit.rid)


def _shown(one: ShownItem, shown: ShownVersion, zone: ZoneInfo) -> Iterator[str]:
    row = shown.row
    posted = _moment(row.get("created_at"))
    yield from (row.get("platform") or "", row.get("account") or "", row.get("kind") or "")
    yield _local(posted, zone)
    yield _utc(posted)
    yield _utc(_moment(row.get("observed_at")))
    yield " ".join(filter(None, (row.get("author_name"), _handle(row.get("author_handle")))))
    yield row.get("body") or ""
    yield row.get("permalink") or ""
    yield ", ".join(filter(None, (media_path(one.item, shown, media) for media in shown.media)))
    yield native_path(one.item, shown)


def _handle(handle: str | None) -> str:
    return "" if not handle else handle if handle.startswith(("@", "[")) else f"@{handle}"


def _moment(value: datetime | int | None) -> datetime | None:
    return datetime.fromtimestamp(value // 1_000_000, UTC) if isinstance(value, int) else value


def _local(moment: datetime | None, zone: ZoneInfo) -> str:
    if moment is None:
        return ""
    there = moment.astimezone(zone)
    return f"{there.isoformat(' ', 'seconds')[:19]} {there.tzname()}"


def _utc(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC).isoformat('T', 'seconds')[:19]}Z" if moment else ""
