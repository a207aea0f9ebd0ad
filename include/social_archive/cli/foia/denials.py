"""`archive foia denials`: the central file of denials, which anybody may see."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.settings import Json, opened, settings

EXAMPLES = (
    "Examples:  archive foia denials   ·   archive foia denials --exemption '7(1)(c)' -o denials.csv   ·   "
    "archive foia denials -o denials.pdf --notices copies/"
)


def register(group: typer.Typer) -> None:
    group.command(epilog=EXAMPLES)(denials)


def denials(
    exemption: Annotated[str | None, typer.Option(metavar="CODE", help="Only those under this exemption.")] = None,
    record_type: Annotated[
        str | None, typer.Option(metavar="TYPE", help="Only this type: post, comment, profile, mixed.")
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Write it to a .pdf, .csv or .json file.")] = None,
    notices: Annotated[
        Path | None, typer.Option(help="Write copies of the notices into this folder, requesters left out.")
    ] = None,
    _json: Json = False,
) -> None:
    """Every denial and partial denial by exemption and type of record. Has no personal data: it may be published."""
    from social_archive.foia import denial_index, requests
    from social_archive.foia.letters.denied import TYPES

    if record_type is not None and record_type not in TYPES:
        raise typer.BadParameter(f"one of {', '.join(TYPES)}", param_hint="--record-type")
    if out is not None and out.suffix not in (".pdf", ".csv", ".json"):
        raise typer.BadParameter("a file that ends in .pdf, .csv or .json", param_hint="-o")
    with opened() as archive:
        found = denial_index.rows(archive, exemption=exemption, record_type=record_type)
        if out is not None:
            out.write_bytes(
                denial_index.to_pdf(archive, found, day=requests.today(archive)) if out.suffix == ".pdf"
                else denial_index.to_csv(found) if out.suffix == ".csv" else denial_index.to_json(found)
            )  # fmt: skip
        copies = 0
        if notices is not None:
            notices.mkdir(parents=True, exist_ok=True)
            for name, body in denial_index.notices(archive):
                (notices / name).write_bytes(body)
                copies += 1
    if settings.as_json:
        output.print_json({"denials": [asdict(row) for row in found], "file": out and str(out), "notices": copies})
        return
    _print(found, out, notices, copies)


def _print(found: list[Any], out: Path | None, notices: Path | None, copies: int) -> None:
    screen = output.console()
    if not found:
        screen.print(Text("No request was denied, neither in whole nor in part.", style="green"))
    else:
        made = output.table("exemption", "type", "records", "request", "answered", "decision", right=("records",))
        for row in sorted(found, key=lambda row: (row.code, row.record_type)):
            records = f"{row.records:,}" if row.records else "–"
            made.add_row(output.safe(row.code, style="bold"), row.record_type, records, output.safe(row.number),
                         row.answered, row.decision)  # fmt: skip
        screen.print(made)
    if out is not None:
        screen.print(Text(f"Written: {out}"))
    if notices is not None:
        screen.print(Text(f"{output.plural(copies, 'notice')} in {notices}"))
