"""`archive ledger`: replay it, name its head, look at one entry."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.settings import Json, opened, settings

VERIFICATION_FAILED = 3

group = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="The tamper-evident ledger of everything that was taken in.",
    epilog="Examples:  archive ledger verify   ·   archive ledger head --json   ·   archive ledger show 12",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="ledger")


@group.command(
    epilog="Examples:  archive ledger verify   ·   archive ledger verify --since checkpoint.txt   "
    "(exit code 3 if anything is wrong)"
)
def verify(
    since: Annotated[
        Path | None, typer.Option(help="A checkpoint that was kept: the ledger must be its continuation.")
    ] = None,
    _json: Json = False,
) -> None:
    """Replay every entry and name what was forged, changed, removed or reordered."""
    kept = since.read_text() if since else None
    with opened(catch_up=False) as archive, output.counting("Replaying the ledger") as tell:
        report = archive.ledger.verify(kept, progress=tell)
    found = {
        "ok": report.ok, "entries": report.entries, "leaves": report.leaves, "root": report.head.root.hex(),
        "checkpoint": report.checkpoint, "findings": [finding.to_dict() for finding in report.findings],
    }  # fmt: skip
    if settings.as_json:
        output.print_json(found)
    else:
        out = output.console()
        for finding in report.findings:
            style = "bold red" if finding.severity == "error" else "yellow"
            where = "" if finding.n is None else f"entry {finding.n}: "
            out.print(Text.assemble((f"{finding.code}  ", style), where, output.safe(finding.message)))
        size = f"{output.plural(report.entries, 'entry', 'entries')}, {report.leaves:,} leaves"
        if report.ok:
            out.print(Text.assemble(("The ledger verifies: ", "bold green"), size))
        else:
            wrong = sum(finding.severity == "error" for finding in report.findings)
            out.print(
                Text(f"The ledger does not verify: {output.plural(wrong, 'finding')} in {size}.", style="bold red")
            )
            out.print("Stop harvests, keep the bucket as it is, and give these lines to whoever investigates.")
    raise typer.Exit(0 if report.ok else VERIFICATION_FAILED)


@group.command(epilog="Example:  archive ledger head   (give the checkpoint to somebody you trust, and to the public)")
def head(_json: Json = False) -> None:
    """The ledger's newest state and its signed checkpoint."""
    with opened(catch_up=False) as archive, output.working("Reading the ledger"):
        state = archive.ledger.head()
        entry = archive.ledger.read(state.n - 1) if state.n else None
    if settings.as_json:
        output.print_json({
            "entries": state.n, "leaves": state.size, "root": state.root.hex(), "time": state.time or None,
            "checkpoint": entry.checkpoint if entry else None,
        })  # fmt: skip
        return
    out = output.console()
    out.print(output.facts([("entries", f"{state.n:,}"), ("leaves", f"{state.size:,}"), ("root", state.root.hex()),
                            ("last entry", state.time)]))  # fmt: skip
    if entry:
        out.print(Text("\nCheckpoint", style="bold"))
        out.print(output.safe(entry.checkpoint.rstrip("\n")), soft_wrap=True)  # whole lines: it is to be copied


@group.command(epilog="Example:  archive ledger show 12")
def show(n: Annotated[int, typer.Argument(min=0, help="The entry's number.")], _json: Json = False) -> None:
    """One entry: what it took in, the objects it names, its leaves."""
    with opened(catch_up=False) as archive:
        entry = archive.ledger.read(n)
    leaves = [json.loads(line) for line in entry.leaves[1:]]
    if settings.as_json:
        output.print_json({"n": n, "key": entry.key, "sha256": entry.sha256, "first_leaf": entry.first_leaf,
                           "header": entry.header, "leaves": leaves, "checkpoint": entry.checkpoint})  # fmt: skip
        return
    out = output.console()
    header = entry.header
    out.print(Text(f"Entry {n}: {header['what']}", style="bold"))
    counted = Counter(leaf["t"] for leaf in leaves)
    holds = ", ".join(output.plural(many, kind) for kind, many in sorted(counted.items()))
    out.print(output.facts([
        ("time", header["time"]), ("harvest", header.get("harvest")), ("sha256", entry.sha256),
        ("previous", header["prev"] or "none, the first"), ("leaves", f"{entry.first_leaf} to {entry.head.size - 1}"),
        ("holds", holds or "nothing but itself"),
    ]))  # fmt: skip
    if header["objects"]:
        made = output.table("class", "rows", "bytes", "object", right=["rows", "bytes"])
        for item in header["objects"]:
            made.add_row(item["class"], f"{item['rows']:,}", f"{item['size']:,}", item["key"])
        out.print()
        out.print(made)
