"""The index: one row per version of every hit, as CSV and as a workbook. What is withheld has its row and its code."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from social_archive.foia.bundle import cells
from social_archive.foia.bundle.model import Contents, File
from social_archive.foia.bundle.native import media_path, native_path
from social_archive.foia.dispositions import ShownItem, ShownVersion

COLUMNS: Final = (
    "control", "version", "outcome", "codes", "platform", "account", "kind", "posted (local)", "posted (UTC)",
    "captured (UTC)", "author", "text", "permalink", "media", "native file", "rid",
)  # fmt: skip
WIDTHS: Final = (20, 8, 11, 14, 12, 16, 10, 24, 21, 21, 24, 80, 40, 30, 36, 34)
LONGEST_CELL: Final = 32_767
"""UTF-16 units that a cell of a workbook can hold."""

ROWS_OF_A_SHEET: Final = 1_000_000
_CONTINUES: Final = " [the rest stands in 4-index.csv]"


def write(contents: Contents) -> Iterable[File]:
    listed = list(rows(contents))
    yield File("4-index.csv", cells.csv_of(COLUMNS, listed))
    yield File("4-index.xlsx", _workbook(contents, listed))


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
    yield f"{posted.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}" if posted else ""
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


def _utc(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if moment else ""


# --------------------------------------------------------------------------- workbook


def _workbook(contents: Contents, listed: list[tuple[str, ...]]) -> bytes:
    """Every cell is text: nothing that anybody wrote is a formula, a number or a link."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
                                     "strings_to_numbers": False})  # fmt: skip
    made = contents.at.astimezone(UTC).replace(tzinfo=None)
    book.set_properties({"title": f"Index of {contents.name}", "author": contents.agency.body.name, "created": made})
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    top = book.add_format({"valign": "top"})
    for start in range(0, max(1, len(listed)), ROWS_OF_A_SHEET):
        part = listed[start : start + ROWS_OF_A_SHEET]
        sheet = book.add_worksheet(f"Records {start // ROWS_OF_A_SHEET + 1}")
        sheet.freeze_panes(1, 1)
        for column, width in enumerate(WIDTHS):
            sheet.set_column(column, column, width)
        for column, name in enumerate(COLUMNS):
            sheet.write_string(0, column, name, bold)
        for number, row in enumerate(part, 1):
            for column, cell in enumerate(row):
                if cell:
                    sheet.write_string(number, column, _fitting(cell), wrapped if column == _TEXT else top)
        sheet.autofilter(0, 0, len(part), len(COLUMNS) - 1)
    book.close()
    return out.getvalue()


_TEXT: Final = COLUMNS.index("text")


def _fitting(text: str) -> str:
    plain = cells.shown(text)
    if len(plain) < LONGEST_CELL // 2:
        return plain
    encoded = plain.encode("utf-16-le")
    if len(encoded) <= 2 * LONGEST_CELL:
        return plain
    return encoded[: 2 * (LONGEST_CELL - len(_CONTINUES))].decode("utf-16-le", "ignore") + _CONTINUES
