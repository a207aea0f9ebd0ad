"""`archive disposal`: what is due, who approved it, and carrying it out."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.settings import Json, opened, settings

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.retention.disposal import Disposal

group = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None,
    help="Destroying what is past its time: proposed, returned by the authority, approved by two people, verified.",
    epilog="Example:  archive disposal propose --by records, then `archive disposal show`.",
)  # fmt: skip

By = Annotated[str, typer.Option("--by", help="Your user name, as in `people:` of agency.yaml.")]
Id = Annotated[str, typer.Argument(metavar="DISPOSAL", help="Its id, or the first characters of it.")]
Day = Annotated[str, typer.Option("--on", help="The day, yyyy-mm-dd.")]


def register(app: typer.Typer) -> None:
    app.add_typer(group, name="disposal")


@group.callback()
def _disposal(_json: Json = False) -> None:
    """Takes `--json` before the command's name, as every group does."""


@group.command(epilog="Example:  archive disposal propose --by records --exclude children-programs/2031-02")
def propose(
    by: By,
    exclude: Annotated[list[str] | None, typer.Option(help="A series, or series/cut-off, to leave out.")] = None,
    _json: Json = False,
) -> None:
    """Find what is due and propose it. Nothing is destroyed by this. One proposal is open at a time."""
    from social_archive.retention import proposal

    with opened(write=True) as archive:
        with output.working("looking for what is due"):
            d = proposal.propose(archive, by=by, via="cli", exclude=exclude or ())
        if d is None:
            _say(None, "Nothing is due.")
        else:
            _print(archive, d)


@group.command("list", epilog="Example:  archive disposal list --json")
def list_(_json: Json = False) -> None:
    """Every disposal that was ever proposed."""
    from social_archive.retention import disposal

    with opened() as archive:
        archive.catalog.catch_up()
        found = disposal.all_disposals(archive)
        if settings.as_json:
            output.print_json([_as_json(archive, d) for d in found])
            return
        table = output.table("disposal", "proposed", "by", "records", "objects", "status", "certificate",
                             right=("records", "objects"))  # fmt: skip
        for d in found:
            number = d.certified["certificate"] if d.certified else ""
            table.add_row(d.id, d.proposed["time"][:10], d.proposed_by, f"{d.proposed['records']:,}",
                          f"{d.proposed['objects']:,}", d.status, number)  # fmt: skip
        output.console().print(table if found else Text("No disposal was ever proposed."))


@group.command(epilog="Example:  archive disposal show")
def show(
    disposal_id: Annotated[str, typer.Argument(metavar="[DISPOSAL]", help="Default: the open one.")] = "",
    objects: Annotated[bool, typer.Option("--objects", help="List every object version too.")] = False,
    _json: Json = False,
) -> None:
    """What one disposal would destroy, what it leaves out and why, who did what, and what it waits for."""
    with opened() as archive:
        d = _one(archive, disposal_id)
        if settings.as_json:
            listed = {"objects": d.proposal["objects"]} if objects else {}
            output.print_json({**_as_json(archive, d), **listed})
            return
        _print(archive, d)
        if objects:
            table = output.table("class", "object", "version", "rows", "bytes", right=("rows", "bytes"))
            for one in d.proposal["objects"]:
                table.add_row(one["class"], one["key"], one["version"], f"{one['rows']:,}", f"{one['size']:,}")
            output.console().print(table)


@group.command(epilog="Example:  archive disposal worksheet -o worksheet.pdf")
def worksheet(
    disposal_id: Annotated[str, typer.Argument(metavar="[DISPOSAL]", help="Default: the open one.")] = "",
    out: Annotated[Path, typer.Option("-o", "--out", help="Where to; the data goes beside it as .json.")] = Path(
        "worksheet.pdf"
    ),
    _json: Json = False,
) -> None:
    """Write the worksheet: every field of the authority's form, to be copied into the official one."""
    from social_archive.retention import disposal

    with opened() as archive:
        d = _one(archive, disposal_id)
        out.write_bytes(disposal.read(archive, d.id, "worksheet.pdf"))
        data = out.with_suffix(".json")
        data.write_bytes(disposal.read(archive, d.id, "worksheet.json"))
    _say({"pdf": str(out), "json": str(data)}, f"Written: {out} and {data}")


@group.command(epilog="Example:  archive disposal filed 3fa2 --on 2031-01-20 --by records")
def filed(disposal_id: Id, on: Day, by: By, _json: Json = False) -> None:
    """Enter the day on which the official form was sent to the authority."""
    from social_archive.retention import disposal

    with opened(write=True) as archive:
        _print(archive, disposal.filed(archive, disposal_id, on=_day(on), by=by, via="cli"))


@group.command(
    epilog="Example:  archive disposal returned 3fa2 --outcome approved --reference 31-118 --on 2031-02-18 --by records"
)
def returned(
    disposal_id: Id,
    outcome: Annotated[str, typer.Option(help="approved, amended or deferred.")],
    reference: Annotated[str, typer.Option(help="Number or file mark of the returned copy.")],
    on: Day,
    by: By,
    _json: Json = False,
) -> None:
    """Enter what the authority returned. Deferred: the disposal is withdrawn."""
    from social_archive.retention import disposal

    with opened(write=True) as archive:
        d = disposal.returned(archive, disposal_id, outcome=outcome, reference=reference, on=_day(on), by=by, via="cli")
        _print(archive, d)


@group.command(epilog="Example:  archive disposal approve 3fa2 --place 1 --plan 1d0c93… --by records")
def approve(
    disposal_id: Id,
    place: Annotated[int, typer.Option(min=1, max=2, help="1: first approval, 2: second.")],
    plan: Annotated[str, typer.Option(help="The plan's hash, as `show` prints it (the first 12 characters will do).")],
    by: By,
    reason: Annotated[str | None, typer.Option(help="Why, if there is something to say.")] = None,
    _json: Json = False,
) -> None:
    """Approve the list with this hash. Two different people, neither of them the proposer."""
    from social_archive.retention import disposal

    with opened(write=True) as archive:
        d = disposal.state(archive, disposal_id)
        whole = d.plan if len(plan) >= 12 and d.plan.startswith(plan) else plan
        place_: Any = place
        d = disposal.approve(archive, d.id, plan=whole, by=by, via="cli", place=place_, reason=reason)
        _print(archive, d)


@group.command(epilog="Example:  archive disposal withdraw 3fa2 --by records --reason 'one series is disputed'")
def withdraw(
    disposal_id: Id, by: By, reason: Annotated[str, typer.Option(help="Why.")], _json: Json = False
) -> None:
    """Stop a disposal of which nothing was destroyed yet."""
    from social_archive.retention import disposal

    with opened(write=True) as archive:
        _print(archive, disposal.withdraw(archive, disposal_id, by=by, via="cli", reason=reason))


@group.command(epilog="Example:  archive disposal execute 3fa2 --by it")
def execute(disposal_id: Id, by: By, _json: Json = False) -> None:
    """Destroy what two people approved. Every gate is asked again; a killed run goes on where it stopped."""
    from social_archive.retention import execution

    with opened(write=True) as archive:
        by = _person(archive, by)
        with output.counting("destroying") as progress:
            d = execution.execute(archive, disposal_id, by=by, progress=progress)
        _print(archive, d)


@group.command(epilog="Example:  archive disposal verify 3fa2")
def verify(disposal_id: Id, _json: Json = False) -> None:
    """Look at every place where a copy could be. Two rounds some time apart must find nothing."""
    from social_archive.retention import execution

    with opened(write=True) as archive:
        with output.working("looking at every place"):
            found = execution.verify(archive, disposal_id)
        if settings.as_json:
            output.print_json({"round": found.n, "done": found.done, "next_at": found.next_at,
                               "places": [look.note() for look in found.looks]})  # fmt: skip
            return
        table = output.table("place", "result", "looked for", "", right=("looked for",))
        for look in found.looks:
            style = {"gone": "green", "pending": "bold red"}.get(look.result, "yellow")
            result = Text(look.result.replace("_", " "), style=style)
            table.add_row(look.title, result, f"{look.checked:,}", look.detail)
        if found.looks:
            output.console().print(table)
        said = "Everything is shown gone." if found.done else (
            f"The next round may be at {found.next_at:%Y-%m-%d %H:%M} UTC." if found.next_at else "")  # fmt: skip
        output.console().print(Text(said))


@group.command(epilog="Example:  archive disposal certify 3fa2 --by records")
def certify(disposal_id: Id, by: By, _json: Json = False) -> None:
    """Issue the certificate of a verified disposal."""
    from social_archive.retention import certificate

    with opened(write=True) as archive, output.working("writing the certificate"):
        made = certificate.certify(archive, disposal_id, by=_person(archive, by))
    _say(
        {"certificate": made.number, "disposal": made.disposal, "sha256": made.sha256, "records": made.records,
         "objects": made.objects, "entry": made.n},
        f"Certificate {made.number}: {output.plural(made.records, 'record')}, "
        f"{output.plural(made.objects, 'object')}. Write its files: archive certificate show {made.number} -o DIR",
    )  # fmt: skip


# --------------------------------------------------------------------------- printing


def _person(archive: Archive, by: str) -> str:
    from social_archive.retention.disposal import NotAllowed
    from social_archive.retention.people import acting

    return acting(archive, by, NotAllowed)


def _one(archive: Archive, disposal_id: str) -> Disposal:
    from social_archive.errors import NotFound
    from social_archive.retention import disposal

    if disposal_id:
        return disposal.state(archive, disposal_id)
    archive.catalog.catch_up()
    found = disposal.open_disposal(archive)
    if found is None:
        raise NotFound("No disposal is open.", remedy="`archive disposal list` shows those that ended.")
    return found


def _as_json(archive: Archive, d: Disposal) -> dict[str, Any]:
    from social_archive.law import load_disposal_law

    return {
        "disposal": d.id, "status": d.status, "plan": d.plan, "proposed": d.proposed, "filed": d.filed,
        "returned": d.returned, "withdrawn": d.withdrawn, "blocked": d.blocked,
        "approvals": [{"by": a.by, "place": a.place, "at": a.at.isoformat(), "via": a.via} for a in d.approvals],
        "destroyed": len(d.gone), "released": len(d.released), "rounds": len(d.rounds),
        "certificate": d.certified["certificate"] if d.certified else None,
        "waits_for": d.waits_for(load_disposal_law(archive.agency)), "lines": d.proposal["lines"],
        "excluded": d.proposal["excluded"], "totals": d.proposal["totals"],
    }  # fmt: skip


def _print(archive: Archive, d: Disposal) -> None:
    from social_archive.law import load_disposal_law

    if settings.as_json:
        output.print_json(_as_json(archive, d))
        return
    out = output.console()
    out.print(Text(f"Disposal {d.id}", style="bold"), Text(d.status, style="cyan"))
    table = output.table("item", "series", "title", "from", "to", "records", "objects", "MB", "eligible",
                         right=("records", "objects", "MB"))  # fmt: skip
    for line in d.proposal["lines"]:
        table.add_row(line["item"], line["series"], output.safe(line["title"]), line["earliest"] or "",
                      line["latest"] or "", f"{line['records']:,}", f"{line['objects']:,}",
                      f"{line['bytes'] / 1e6:,.2f}", line["eligible"])  # fmt: skip
    out.print(table)
    for one in d.proposal["excluded"]:
        said = f"  stays: {one['what']}, {output.plural(one['records'], 'record')}, {one['reason']}"
        out.print(Text(said, style="yellow"))
    out.print(output.facts(_facts(d)))
    out.print(Text(d.waits_for(load_disposal_law(archive.agency)), style="bold"))


def _facts(d: Disposal) -> list[tuple[str, Text | str | None]]:
    approvals = "\n".join(f"{a.place}: {a.by} at {a.at:%Y-%m-%d %H:%M} UTC by {a.via}" for a in d.approvals)
    returned = d.returned
    return [
        ("plan", d.plan),
        ("proposed", f"by {d.proposed_by}, {d.proposed['time'][:16].replace('T', ' ')} UTC"),
        ("filed", d.filed["on"] if d.filed else None),
        ("returned", f"{returned['outcome']}, {returned['reference']}, {returned['on']}" if returned else None),
        ("approved", approvals),
        ("destroyed", f"{len(d.gone):,} of {d.proposed['objects']:,} objects" if d.claims else None),
        ("blocked", ", ".join(d.blocked["reasons"]) if d.blocked else None),
        ("withdrawn", output.safe(d.withdrawn["reason"]) if d.withdrawn else None),
        ("certificate", d.certified["certificate"] if d.certified else None),
    ]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day such as 2031-02-18") from None


def _say(data: Any, text: str) -> None:
    if settings.as_json:
        output.print_json(data)
    else:
        output.console().print(Text(text))
