"""`archive audit`: does every leaf of the ledger open, or is it covered by exactly one certificate?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.settings import Json, opened, settings

if TYPE_CHECKING:
    from rich.console import Console

    from social_archive.completeness import Completeness, Finding

VERIFICATION_FAILED = 3
EPILOG = "Examples:  archive audit   ·   archive audit --quick --json   (exit code 3 if anything is wrong)"
SHOWN = 50
RANGES = 4


def register(app: typer.Typer) -> None:
    app.command(epilog=EPILOG)(audit)


def audit(
    quick: Annotated[
        bool, typer.Option("--quick", help="Ask the store for each object instead of reading every record anew.")
    ] = False,
    _json: Json = False,
) -> None:
    """Account for every leaf of the ledger: it opens, or exactly one disposal with a certificate covers it.

    Replays the ledger and reads every object from the store; no cache is asked. Exit code 3 if anything is wrong.
    """
    from social_archive.completeness import check

    with opened(catch_up=False) as archive, output.counting("Reading every object") as tell:
        found = check(archive, deep=not quick, progress=tell)
    if settings.as_json:
        output.print_json(found.to_dict())
    else:
        _print(output.console(), found)
    raise typer.Exit(0 if found.ok else VERIFICATION_FAILED)


def _print(out: Console, found: Completeness) -> None:
    for finding in found.findings[:SHOWN]:
        _print_finding(out, finding)
    if (more := len(found.findings) - SHOWN) > 0:
        out.print(Text(f"… and {output.plural(more, 'finding')} more: --json lists them", style="dim"))
    if found.findings:
        out.print()
    made = output.table("leaves", "are", right=["leaves"])
    for count, what in _sums(found):
        if count:
            made.add_row(f"{count:,}", what)
    out.print(made)
    how = "every row hashed anew" if found.deep else "every object asked for, no row read"
    size = f"{output.plural(found.entries, 'entry', 'entries')}, {found.leaves:,} leaves"
    objects = f"{output.plural(found.objects, 'object')}, {found.bytes:,} bytes; {how}"
    out.print(output.facts([("ledger", size), ("store", objects), ("named by no entry", _unnamed(found))]))
    if found.ok:
        out.print(Text("\nEvery leaf is accounted for.", style="bold green"))
        return
    wrong = sum(finding.severity == "error" for finding in found.findings)
    out.print(Text(f"\nNot every leaf is accounted for: {output.plural(wrong, 'finding')}.", style="bold red"))
    out.print("Stop disposals, keep the bucket as it is, and give these lines to whoever investigates.")


def _sums(found: Completeness) -> list[tuple[int, str]]:
    """How many leaves are what. They add up to all leaves if nothing is wrong."""
    covered = [
        (one.leaves, f"destroyed, certificate {one.certificate}" if one.certificate
         else f"destroyed, certificate pending (disposal {one.disposal})")
        for one in found.covered
    ]  # fmt: skip
    named = found.itself + found.records + found.quarantined + found.companions + sum(count for count, _ in covered)
    return [
        (found.itself, "entries and notes, which open by themselves"),
        (found.records, "records that open"),
        (found.quarantined, "items in quarantine that open"),
        (found.companions, "findings, decisions and determinations that open"),
        *covered,
        (max(found.leaves - named, 0), "none of these; see above"),
    ]


def _unnamed(found: Completeness) -> str | None:
    if not found.unnamed:
        return None
    return f"{output.plural(found.unnamed, 'object version')}: of a harvest that is running, or garbage of a crash"


def _print_finding(out: Console, finding: Finding) -> None:
    style = "bold red" if finding.severity == "error" else "yellow"
    out.print(Text.assemble((f"{finding.code}  ", style), output.safe(finding.message)))
    where = [
        ("entry", str(finding.n) if finding.n is not None else None),
        ("leaves", _leaves(finding.leaves)),
        ("disposal", output.safe(finding.disposal) if finding.disposal else None),
        ("to do", finding.remedy),
    ]
    if finding.key:  # whole: it is to be copied
        out.print(Text.assemble(("  object    ", "dim"), output.safe(finding.key, one_line=True)), soft_wrap=True)
    out.print(output.facts([(f"  {name:<8}", value) for name, value in where]))


def _leaves(ranges: list[list[int]]) -> str | None:
    """The first ranges, and how many leaves there are in all."""
    if not ranges:
        return None
    some = ", ".join(f"{first:,}" if first == last else f"{first:,} to {last:,}" for first, last in ranges[:RANGES])
    count = sum(last - first + 1 for first, last in ranges)
    return f"{some}{', …' if len(ranges) > RANGES else ''} ({count:,})"
