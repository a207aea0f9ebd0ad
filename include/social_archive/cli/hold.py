"""`archive hold`: what must not be destroyed, whatever the schedule says."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.find import moment, one_of, platform_and_name, require_known
from social_archive.cli.settings import Json, opened, settings
from social_archive.record import KINDS, micros
from social_archive.retention.hold_scope import HOLD_KINDS, Scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from social_archive.archive import Archive
    from social_archive.retention.holds import Hold, Lost, Placed, Preview

EXAMPLES = (
    'Examples:  archive hold place --kind litigation --matter "Roe v. Library" --mandate "Counsel, 3 March" '
    '--by records --review 2027-03-01 --text "parking lot" --account larkspur --threads --dry-run   ·   '
    "archive hold list   ·   archive hold check RID"
)

group = typer.Typer(
    rich_markup_mode=None, epilog=EXAMPLES,
    help="Holds for a lawsuit, a claim, an audit, a request or a review: nothing that one covers can be disposed of.",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="hold")


@group.callback()
def _hold(_json: Json = False) -> None:
    """Takes `--json` before the command's name, as every group does."""


# --------------------------------------------------------------------------- placing


@group.command(epilog=EXAMPLES)
def place(
    kind: Annotated[str, typer.Option(help=f"One of {', '.join(HOLD_KINDS)}.")],
    matter: Annotated[str, typer.Option(help="What it is about. Kept with the hold, not in the ledger.")],
    mandate: Annotated[str, typer.Option(help="Who asked for it, and when. Kept with the hold, not in the ledger.")],
    by: Annotated[str, typer.Option(help="Your user name, as in agency.yaml.")],
    review: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="When somebody shall look at it again.")],
    text: Annotated[str | None, typer.Option(help='Words that must all occur; "…" inside for a phrase.')] = None,
    account: Annotated[str | None, typer.Option(help="NAME or PLATFORM/NAME as in accounts.yaml.")] = None,
    platform: Annotated[str | None, typer.Option(help="One platform.")] = None,
    author: Annotated[str | None, typer.Option(help="A handle, the platform's id, or part of a name.")] = None,
    ids: Annotated[
        list[str] | None, typer.Option("--id", metavar="RID", help="A record's id or address; may be repeated.")
    ] = None,
    record_kind: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(KINDS)}; may be repeated.")] = None,
    since: Annotated[str | None, typer.Option(help="Posted on or after: 2026, 2026-03 or 2026-03-01.")] = None,
    until: Annotated[str | None, typer.Option(help="Posted on or before; a month or year counts whole.")] = None,
    threads: Annotated[bool, typer.Option("--threads", help="Also the whole thread of whatever matches.")] = False,
    everything: Annotated[bool, typer.Option("--everything", help="The whole archive.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what it would cover; write nothing.")] = False,
    _json: Json = False,
) -> None:
    """Place a hold: on what matches now and on what will match later. Says what was gone already."""
    from social_archive.retention import holds

    (hold_kind,) = one_of([kind], HOLD_KINDS, "--kind")
    kinds = one_of(record_kind, KINDS, "--record-kind")
    with opened(write=not dry_run) as archive:
        zone = archive.agency.body.time_zone
        on, name = platform_and_name(account)
        scope = Scope(
            text=text or "", platform=platform or on, account=name, author=author, kinds=kinds,
            ids=_resolved(archive, ids), since=moment(since, zone), until=moment(until, zone, end=True),
            threads=threads, everything=everything,
        )  # fmt: skip
        scope.check()
        require_known(archive, scope.query())
        if dry_run:
            with output.working("Searching"):
                would = holds.preview(archive, scope)
            _print_preview(would)
            return
        with output.counting("Locking") as progress:
            placed = holds.place(
                archive, kind=hold_kind, matter=matter, mandate=mandate, scope=scope,  # type: ignore[arg-type]
                by=by, via="cli", review=review.date(), progress=progress,
            )  # fmt: skip
    _print_placed(placed)


def _resolved(archive: Archive, references: list[str] | None) -> tuple[str, ...]:
    """Record ids of what was named by id, by the beginning of one, or by address. Raises NotFound."""
    from contextlib import closing

    from social_archive.search import Search

    if not references:
        return ()
    with closing(Search.of(archive)) as search:
        return tuple(dict.fromkeys(search.resolve(reference) for reference in references))


def _print_preview(would: Preview) -> None:
    if settings.as_json:
        gone = [lost.to_dict() for lost in would.gone]
        output.print_json({**vars(would), "gone": gone, "dry_run": True})
        return
    out = output.console()
    out.print(Text("Nothing was written. A hold like this would cover now:", style="bold"))
    versions = output.plural(would.versions, "version")
    rows: list[tuple[str, Text | str | None]] = [("records", f"{would.records:,}, in {versions}")]
    rows += [(_CLASSES.get(cls, cls), f"{count:,}") for cls, count in would.objects.items() if cls != "records"]
    if would.claimed:
        rows.append(("in a disposal", f"{output.plural(would.claimed, 'object')}; they would be copied out of it"))
    out.print(output.facts(rows))
    _print_gone(out, would.gone)
    out.print(Text("And whatever is taken in later and matches.", style="dim"))


_CLASSES = {
    "media": "attachments", "quarantine": "quarantine files", "import": "imported files",
    "findings": "files of findings", "decisions": "files of decisions", "determinations": "files of determinations",
    "explanations": "files of explanations", "answers": "files of answers about requests",
}  # fmt: skip


def _print_placed(placed: Placed) -> None:
    if settings.as_json:
        output.print_json({
            "hold": placed.hold.id, "records": placed.records, "objects": placed.objects, "locked": placed.locked,
            "rescued": placed.rescued, "gone": [lost.to_dict() for lost in placed.gone],
        })  # fmt: skip
        return
    out = output.console()
    out.print(Text.assemble(("Held. ", "bold green"), ("Hold ", "dim"), (placed.hold.id, "cyan")))
    out.print(output.facts([
        ("records", f"{placed.records:,}"),
        ("locked", f"{output.plural(placed.locked, 'object')}, each looked at again"),
        ("rescued", f"{output.plural(placed.rescued, 'object')} out of a disposal that had begun"
         if placed.rescued else None),
    ]))  # fmt: skip
    _print_gone(out, placed.gone)
    out.print(Text(f"It covers what is taken in later too, until it is lifted: archive hold lift {placed.hold.id[:12]}",
                   style="dim"))  # fmt: skip


def _print_gone(out: Console, gone: Sequence[Lost]) -> None:
    if not gone:
        return
    out.print(Text("Gone before this hold:", style="bold yellow"))
    made = output.table("what", "series", "cut-off", "account", "files", "versions", "why", right=["files", "versions"])
    for lost in gone:
        account = f"{lost.platform}/{lost.account}" if lost.account else "any account"
        made.add_row(_CLASSES.get(lost.cls, lost.cls), lost.series, lost.cutoff, account, f"{lost.objects:,}",
                     f"{lost.rows:,}", _why_gone(lost))  # fmt: skip
    out.print(made)
    if not all(lost.matched for lost in gone):
        out.print(Text(
            "What was disposed of cannot be searched any more: it may have matched, or not. Only its account and "
            "month overlap this hold.", style="yellow",
        ))  # fmt: skip


def _why_gone(lost: Lost) -> str:
    matched = "it matched" if lost.matched else "may have matched"
    if lost.disposal is None:
        return f"missing from the store: archive ledger verify; {matched}"
    under = f"certificate {lost.certificate}" if lost.certificate else f"disposal {lost.disposal[:12]}"
    return f"{under}; {matched}"


# --------------------------------------------------------------------------- looking


@group.command("list", epilog="Example:  archive hold list --all")
def list_holds(
    every: Annotated[bool, typer.Option("--all", help="Lifted ones too.")] = False, _json: Json = False
) -> None:
    """List the holds in force, and which of them are to be reviewed."""
    from social_archive.retention import holds

    with opened() as archive:
        found = holds.every(archive) if every else holds.active(archive)
        zone = archive.agency.body.time_zone
    if settings.as_json:
        output.print_json({"holds": [_json_of(hold) for hold in found]})
        return
    out = output.console()
    if not found:
        out.print(Text("No hold is in force."))
        return
    made = output.table("id", "kind", "matter", "placed", "by", "review", "records", right=["records"])
    for hold in found:
        records = f"{hold.effective['records']:,}" if hold.effective else "?"
        made.add_row(hold.id[:12], hold.kind.replace("_", " "), output.safe(hold.matter, limit=80, one_line=True),
                     _day(hold.placed_at, zone), hold.by, _review(hold, zone), records)  # fmt: skip
    out.print(made)
    if any(hold.effective is None for hold in found):
        out.print(Text("? placed, but not locked to the end: archive hold reassert", style="yellow"))


@group.command(epilog="Example:  archive hold show 9c1f03aa")
def show(
    id: Annotated[str, typer.Argument(metavar="ID", help="Its id; 8 characters do.")], _json: Json = False
) -> None:
    """One hold: matter, mandate, scope, who, when, and what it covers now."""
    from social_archive.retention import holds

    with opened() as archive:
        hold = holds.find(archive, id)
        zone = archive.agency.body.time_zone
        with output.working("Searching"):
            now = holds.preview(archive, hold.scope) if hold.in_force else None
    if settings.as_json:
        covers = None if now is None else {"records": now.records, "versions": now.versions, "objects": now.objects}
        output.print_json({**_json_of(hold), "covers_now": covers})
        return
    out = output.console()
    out.print(Text(f"Hold {hold.id}", style="bold"))
    out.print(output.facts(_facts(hold, now, zone)))


def _facts(hold: Hold, now: Preview | None, zone: str) -> list[tuple[str, Text | str | None]]:
    placed = f"{output.local(micros(hold.placed_at), zone)} by {hold.by} ({hold.via}), ledger entry {hold.n}"
    unfinished = Text("not locked to the end: archive hold reassert", style="yellow")
    lifted = hold.lifted
    return [
        ("kind", hold.kind.replace("_", " ")),
        ("matter", output.safe(hold.matter)),
        ("mandate", output.safe(hold.mandate)),
        ("scope", output.safe(_scope(hold.scope, zone))),
        ("placed", placed),
        ("review", _review(hold, zone)),
        ("when placed", _counts(hold.effective) if hold.effective else unfinished),
        ("covers now", f"{output.plural(now.records, 'record')} in {output.plural(sum(now.objects.values()), 'object')}"
         if now else None),
        ("lifted", f"{output.local(micros(lifted.at), zone)} by {lifted.by} ({lifted.via})" if lifted else None),
        ("reason", output.safe(lifted.reason) if lifted else None),
    ]  # fmt: skip


def _counts(effective: dict[str, int]) -> str:
    said = f"{output.plural(effective['records'], 'record')}, {output.plural(effective['locked'], 'object')} locked"
    more = [f"{effective[name]:,} {name}" for name in ("rescued", "gone") if effective[name]]
    return ", ".join([said, *more])


def _scope(scope: Scope, zone: str) -> str:
    """In words, for the officer alone."""
    if scope.everything:
        return "the whole archive"
    since = output.local(scope.since, zone) if scope.since is not None else None
    until = output.local(scope.until, zone) if scope.until is not None else None
    given = (
        ("words", scope.text), ("platform", scope.platform), ("account", scope.account), ("author", scope.author),
        ("kinds", ", ".join(scope.kinds)), ("records", ", ".join(rid[:12] for rid in scope.ids)),
        ("posted from", since), ("posted before", until),
    )  # fmt: skip
    said = "; ".join(f"{name} {value}" for name, value in given if value)
    return f"{said}; with whole threads" if scope.threads else said


@group.command(epilog="Example:  archive hold check 3f2a9c01")
def check(
    reference: Annotated[str, typer.Argument(metavar="RID", help="A record's id, or its address.")],
    _json: Json = False,
) -> None:
    """Say which holds cover one record."""
    from social_archive.retention import holds

    with opened() as archive:
        (rid,) = _resolved(archive, [reference])
        found = holds.of_record(archive, rid)
        zone = archive.agency.body.time_zone
    if settings.as_json:
        output.print_json({"rid": rid, "held": bool(found), "holds": [_json_of(hold) for hold in found]})
        return
    out = output.console()
    if not found:
        out.print(Text("No hold covers this record.", style="bold"))
        return
    out.print(Text(f"Held by {output.plural(len(found), 'hold')}.", style="bold"))
    for hold in found:
        line = Text.assemble((f"  {hold.id[:12]}", "cyan"), f"  {hold.kind.replace('_', ' ')}  ")
        line.append_text(output.safe(hold.matter, limit=80, one_line=True))
        out.print(line.append(f"  placed {_day(hold.placed_at, zone)} by {hold.by}", style="dim"))


# --------------------------------------------------------------------------- ending and repairing


@group.command(epilog='Example:  archive hold lift 9c1f03aa --by records --reason "Settled; released by counsel"')
def lift(
    id: Annotated[str, typer.Argument(metavar="ID", help="Its id; 8 characters do.")],
    by: Annotated[str, typer.Option(help="Your user name, as in agency.yaml.")],
    reason: Annotated[str, typer.Option(help="Why. It stands in the ledger for ever: name nobody.")],
    _json: Json = False,
) -> None:
    """Lift a hold for good. What another hold covers stays held."""
    from social_archive.retention import holds

    with opened(write=True) as archive:
        hold = holds.lift(archive, id, by=by, via="cli", reason=reason)
    if settings.as_json:
        output.print_json(_json_of(hold))
        return
    output.console().print(Text(f"Hold {hold.id[:12]} is lifted. The schedule alone decides about what it covered, "
                                "unless another hold does.", style="bold"))  # fmt: skip


@group.command(epilog="Example:  archive hold reassert")
def reassert(_json: Json = False) -> None:
    """Lock again everything that is held, and finish holds whose placing broke off."""
    from social_archive.retention import holds

    with opened(write=True) as archive, output.working("Locking"):
        done = holds.reassert(archive)
    if settings.as_json:
        output.print_json(done)
        return
    out = output.console()
    said = f"{output.plural(done['holds'], 'hold')} in force, {output.plural(done['locked'], 'object')} locked."
    out.print(Text(said, style="bold"))
    if done["rescued"]:
        out.print(Text(f"{output.plural(done['rescued'], 'object')} copied out of a disposal that had begun."))


# --------------------------------------------------------------------------- shapes


def _json_of(hold: Hold) -> dict[str, Any]:
    lifted = hold.lifted
    return {
        "hold": hold.id, "kind": hold.kind, "matter": hold.matter, "mandate": hold.mandate,
        "scope": hold.scope.to_dict(), "by": hold.by, "via": hold.via, "review": hold.review.isoformat(),
        "placed_at": output.iso(micros(hold.placed_at)), "entry": hold.n, "effective": hold.effective,
        "lifted": None if lifted is None else {**vars(lifted), "at": output.iso(micros(lifted.at))},
    }  # fmt: skip


def _review(hold: Hold, zone: str) -> Text:
    overdue = hold.in_force and hold.review <= datetime.now(ZoneInfo(zone)).date()
    return Text(f"{hold.review}  due" if overdue else str(hold.review), style="yellow" if overdue else "")


def _day(at: datetime, zone: str) -> str:
    day: date = at.astimezone(ZoneInfo(zone)).date()
    return day.isoformat()
