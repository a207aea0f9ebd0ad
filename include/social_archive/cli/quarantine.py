"""`archive quarantine`: what could not become a record, why, and another attempt."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.padding import Padding
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.settings import Json, opened, settings

group = typer.Typer(
    invoke_without_command=True, rich_markup_mode=None,
    help="Items that failed validation: kept with their bytes and the reasons. Without a command: list them.",
    epilog="Examples:  archive quarantine   ·   archive quarantine show 9c1f03aa   ·   archive quarantine retry",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="quarantine")


@group.callback()
def _quarantine(ctx: typer.Context, _json: Json = False) -> None:
    if ctx.invoked_subcommand is None:
        list_items()


@group.command("list", epilog="Example:  archive quarantine list --all")
def list_items(
    every: Annotated[bool, typer.Option("--all", help="Resolved ones too.")] = False, _json: Json = False
) -> None:
    """List what is in quarantine, with reasons. Quotes nothing."""
    from social_archive import second_look

    with opened() as archive:
        rows = second_look.items(archive, unresolved_only=not every)
        zone = archive.agency.body.time_zone
    if settings.as_json:
        output.print_json({"items": [output.row_json(row) for row in rows]})
        return
    out = output.console()
    if not rows:
        out.print(Text("Nothing is in quarantine.", style="green"))
        return
    made = output.table("id", "captured", "account", "kind", "reasons")
    for row in rows:
        reasons = output.safe(", ".join(row["reasons"]), limit=160)
        if row["resolved"]:
            reasons.append("  resolved", style="green")
        account = f"{row['platform']}/{row['account']}"
        made.add_row(
            row["qid"][:12], output.local(row["observed_at"], zone), account, output.safe(row["kind"] or "?"), reasons
        )
    out.print(made)
    out.print(
        Text("One of them: archive quarantine show ID   Another attempt at all: archive quarantine retry", style="dim")
    )


@group.command(epilog="Example:  archive quarantine show 9c1f03aa")
def show(
    qid: Annotated[str, typer.Argument(metavar="ID", help="Its id; 8 characters do.")], _json: Json = False
) -> None:
    """One item: the reasons, where it came from, and its bytes as received."""
    from social_archive import second_look

    with opened() as archive:
        row = second_look.item(archive, qid)
        zone = archive.agency.body.time_zone
    if settings.as_json:
        output.print_json(output.row_json(row))
        return
    out = output.console()
    out.print(Text("Quarantined " + ("item, resolved" if row["resolved"] else "item"), style="bold"))
    out.print(output.facts(_facts(row, zone)))
    out.print(Text("\nAs received", style="bold"))
    out.print(Padding(output.safe(row["native"].decode("utf-8", "replace"), limit=6_000), (0, 2)))


def _facts(row: dict[str, Any], zone: str) -> list[tuple[str, Text | str | None]]:
    return [
        ("reasons", output.safe(", ".join(row["reasons"]))),
        ("detail", output.safe(row["detail"]) if row["detail"] else None),
        ("id", row["qid"]),
        ("account", f"{row['platform']}/{row['account']}"),
        ("kind", output.safe(row["kind"]) if row["kind"] else None),
        ("platform's id", output.safe(row["native_id"]) if row["native_id"] else None),
        ("captured", output.local(row["observed_at"], zone, seconds=True)),
        ("read from", output.safe(row["endpoint"]) if row["endpoint"] else None),
        ("adapter", row["adapter"]),
        ("sha256", row["native_sha256"]),
    ]


@group.command(epilog="Examples:  archive quarantine retry   ·   archive quarantine retry 9c1f03aa")
def retry(
    qids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]…", help="Items; none given: all that are open.")
    ] = None,
    _json: Json = False,
) -> None:
    """Read items again with today's adapter and take in what passes. What still fails stays where it is."""
    from social_archive import second_look

    with opened(write=True) as archive:
        wanted = None if not qids else {second_look.item(archive, qid)["qid"] for qid in qids}
        with output.working("Reading again"):
            outcomes = second_look.retry(archive, wanted)
    accepted = sum(outcome.accepted for outcome in outcomes)
    if settings.as_json:
        output.print_json({"accepted": accepted, "items": [
            {"qid": o.qid, "accepted": o.accepted, "reasons": list(o.reasons)} for o in outcomes
        ]})  # fmt: skip
        return
    out = output.console()
    for outcome in outcomes:
        became = ("now a record", "green") if outcome.accepted else ("stays: " + ", ".join(outcome.reasons), "yellow")
        out.print(Text.assemble((outcome.qid[:12] + "  ", "cyan"), became))
    out.print(Text(f"{accepted} of {output.plural(len(outcomes), 'item')} taken in.", style="bold"))
