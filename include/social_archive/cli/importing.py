"""`archive import`: take in what an agency already holds of its accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.filesize import decimal
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.settings import Json, opened, settings

if TYPE_CHECKING:
    from social_archive.imports.intake import ImportReport

EPILOG = (
    "Examples:  archive import takeout.zip --account larkspur   ·   "
    "archive import vendor.csv --account facebook/larkspur --mapping vendor.yaml --dry-run"
)


def register(app: typer.Typer) -> None:
    app.command("import", epilog=EPILOG)(import_file)


def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A zip, .tar.gz, folder or file, as it was downloaded.")],
    account: Annotated[str, typer.Option("--account", metavar="NAME", help="The account of accounts.yaml it is of.")],
    format: Annotated[str | None, typer.Option("--format", help="Which format it is, if it is not recognised.")] = None,
    mapping: Annotated[
        Path | None, typer.Option("--mapping", metavar="FILE", help="What the columns of a table or JSON lines mean.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be taken in; store nothing.")] = False,
    no_keep: Annotated[
        bool, typer.Option("--no-keep", help="Do not keep the file itself, only its hash and what is in it.")
    ] = False,
    _json: Json = False,
) -> None:
    """Take an account's export into the archive. Running it twice adds nothing; after a crash, run it again."""
    from social_archive.imports import intake

    with opened(write=not dry_run) as archive, _progress() as tell:
        report = intake.run(
            archive, archive.account(account), file, format=format, mapping=mapping, keep=not no_keep,
            dry_run=dry_run, progress=tell,
        )  # fmt: skip
    if settings.as_json:
        output.print_json(_as_json(report))
    else:
        _print(report, archive.agency.body.time_zone)


def _as_json(report: ImportReport) -> dict[str, object]:
    times = {name: output.iso(getattr(report, name)) for name in ("first", "last", "made_at")}
    return {**report.to_dict(), **times}


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int | None], None]]:
    """A bar per stage on stderr: bytes while the file is checked and kept, a count while items are taken in."""
    err = output.errors()
    if settings.as_json or not err.is_terminal:
        yield lambda stage, done, total: None
        return
    columns = (
        TextColumn("{task.description}", markup=False), BarColumn(),
        TextColumn("{task.fields[amount]}", style="dim", markup=False), TimeElapsedColumn(),
    )  # fmt: skip
    with Progress(*columns, console=err, transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def tell(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(stage, total=total, amount="")
            amount = f"{done:,} items" if total is None else f"{decimal(done)} of {decimal(total)}"
            bar.update(tasks[stage], completed=done, total=total, amount=amount)

        yield tell


# --------------------------------------------------------------------------- the summary


def _print(report: ImportReport, zone: str) -> None:
    out = output.console()
    would = report.dry_run
    out.print(Text.assemble(
        ("Would be taken in" if would else "Taken in", "bold"), f" from {output.safe_str(report.file)} ",
        (f"({report.format}, made {output.day(report.made_at, zone)}, SHA-256 {report.sha256[:16]}…)", "dim"),
    ))  # fmt: skip
    found = [output.plural(count, *_KINDS.get(kind, (kind,))) for kind, count in report.found.items()]
    out.print(output.facts([
        ("in the file", ", ".join(found)),
        ("span", f"{output.day(report.first, zone)} to {output.day(report.last, zone)}" if report.first else None),
        ("new", f"{report.new:,}"),
        ("already there", f"{report.unchanged:,}"),
        ("changed", f"{report.changed:,}" if report.changed else None),
        ("quarantined", f"{report.quarantined:,}" if report.quarantined else None),
        ("attachments", _media(report)),
        ("the file", None if would else _kept(report)),
    ]))  # fmt: skip
    out.print(Text("\nWhat such a file cannot contain" + (":" if would else " (noted as a gap):"), style="bold"))
    for sentence in report.shortcomings:
        out.print(Text.assemble("  ", output.safe(sentence)))
    if report.quarantined and not would:
        out.print(Text("\nWhat was quarantined, and why: archive quarantine list", style="dim"))


_KINDS = {"reply": ("reply", "replies"), "story": ("story", "stories")}


def _media(report: ImportReport) -> str | None:
    if not report.media_stored and not report.media_missing:
        return None
    missing = f", {report.media_missing:,} named but not in the file" if report.media_missing else ""
    return f"{report.media_stored:,}{missing}"


def _kept(report: ImportReport) -> str:
    return {"yes": "kept, for as long as its last record", "already": "kept before"}.get(
        report.kept, "not kept: whoever holds it can show that it is the one, by its SHA-256"
    )
