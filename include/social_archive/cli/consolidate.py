"""`archive consolidate`: the small objects of closed months become one each."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.settings import Json, opened, settings

if TYPE_CHECKING:
    from social_archive.retention.consolidation import Consolidated

_REASONS: Final = {
    "compliance_lock": "under a lock that nobody may lift before it ends",
    "claimed": "about to be disposed of",
    "left": "held",
    "changed": "moved by another run meanwhile",
}


def register(app: typer.Typer) -> None:
    app.command(epilog="Examples:  archive consolidate --dry-run   ·   archive consolidate   ·   "
                       "archive consolidate --json")(consolidate)  # fmt: skip


def consolidate(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    _json: Json = False,
) -> None:
    """Put the small objects of closed months together, for faster search. Records, proofs and answers stay the same."""
    from social_archive.retention import consolidation, disposal

    with opened(write=not dry_run) as archive, output.counting("Putting objects together") as tell:
        done = consolidation.consolidate(
            archive, leave=disposal.reserved(archive), progress=tell, dry_run=dry_run
        )
    if settings.as_json:
        output.print_json({"dry_run": dry_run, **asdict(done)})
    else:
        _print(done, dry_run)


def _print(done: Consolidated, dry_run: bool) -> None:
    out = output.console()
    if done.folders:
        verb = "would become" if dry_run else "became"
        before = output.plural(done.objects_before, "object")
        where = output.plural(done.folders, "folder")
        out.print(Text(f"{before} in {where} {verb} {done.objects_after:,}.", style="bold"))
        size = f"{done.bytes_before:,} bytes" + (f", now {done.bytes_after:,}" if done.bytes_after is not None else "")
        out.print(output.facts([("records", f"{done.rows:,}"), ("stored", size)]))
    else:
        out.print(Text("There is nothing to put together.", style="green"))
    for reason, count in sorted(done.skipped.items()):
        out.print(Text(f"{output.plural(count, 'object')} left alone: {_REASONS[reason]}", style="yellow"))
    if done.left_behind:
        what = output.plural(done.left_behind, "old version")
        out.print(Text(f"{what} could not be removed yet; the audit tries again.", style="yellow"))
