"""`archive foia due`: the clock that the law starts, asked about any day and any kind of request."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.settings import Json, load_environment, settings

if TYPE_CHECKING:
    from social_archive.foia.clock import Asked, Closed, Due, Facts, Step
    from social_archive.law_foia import FoiaLaw

EXAMPLES = (
    "Examples:  archive foia due 2026-11-20   ·   archive foia due 2026-11-20 --extended   ·   "
    "archive foia due 2026-11-20 --kind commercial --json"
)
KINDS = ("ordinary", "commercial", "recurrent", "voluminous")


def register(group: typer.Typer) -> None:
    group.command(epilog=EXAMPLES)(due)


def due(
    received: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], metavar="DATE", help="The day of receipt.")],
    kind: Annotated[str, typer.Option(help="ordinary, commercial, recurrent or voluminous.")] = "ordinary",
    extended: Annotated[bool, typer.Option("--extended", help="You extended it yourselves.")] = False,
    agreed: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="Until when you agreed with the requester in writing."),
    ] = None,
    asked: Annotated[
        list[str] | None,
        typer.Option(metavar="DATE[..DATE]", help="You asked the requester then [and had the answer then]."),
    ] = None,
    sent: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="You told the requester then that it is voluminous."),
    ] = None,
    amended: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="The requester answered that notice then."),
    ] = None,
    _json: Json = False,
) -> None:
    """By when a request must be answered, why, which days were not counted, and what is disputed. No advice."""
    from social_archive.archive import default_agency
    from social_archive.config import load_agency
    from social_archive.foia.clock import Clock, Facts, deadline
    from social_archive.law_foia import load_foia_law

    if kind not in KINDS:
        raise typer.BadParameter(f"there are {', '.join(KINDS)}", param_hint="--kind")
    load_environment()
    law = load_foia_law(load_agency(default_agency()), received.date())
    facts = Facts(
        received.date(), kind, extended=extended, agreed=agreed and agreed.date(),
        asked=tuple(_asked(one) for one in asked or ()), sent=sent and sent.date(), amended=amended and amended.date(),
    )  # fmt: skip
    found = deadline(Clock.of(law), facts)
    if settings.as_json:
        output.print_json({**due_json(found), "jurisdiction": law.jurisdiction, "invented": law.invented})
    else:
        _print(found, law, facts)


def _asked(text: str) -> Asked:
    from social_archive.foia.clock import Asked

    first, _, last = text.partition("..")
    try:
        return Asked(date.fromisoformat(first.strip()), date.fromisoformat(last.strip()) if last else None)
    except ValueError:
        raise typer.BadParameter("give a day such as 2026-11-23, or 2026-11-23..2026-11-25",
                                 param_hint="--asked") from None  # fmt: skip


def _print(found: Due, law: FoiaLaw, facts: Facts) -> None:
    out = output.console()
    what = "Tell the requester" if found.owed == "notice" else "Answer"
    out.print(Text.assemble((f"{what} by {found.safe:%A %Y-%m-%d}", "bold"), f"   {law.title}"))
    if law.invented:
        out.print(Text("Invented for the sample: nobody's law.", style="yellow"))
    if found.paused_since is not None:
        since = f"The clock stands still since {found.paused_since}; the dates hold if the answer comes that day."
        out.print(Text(since, style="yellow"))
    later = f"{found.date:%A %Y-%m-%d}" if found.is_disputed else None
    counted = f"{found.days} {law.kind(found.kind).counted_as}, {found.citation}"
    out.print(output.facts([
        ("received", f"{found.received:%A %Y-%m-%d}"), ("kind", found.kind), ("day 1", _day_one(found)),
        ("period", counted), ("if all below count", later), ("to extend, say so by", _notice(found, facts)),
    ]))  # fmt: skip
    print_steps(found.steps)
    _print_holidays(found)


def _day_one(found: Due) -> str:
    sooner = min((one.day for one in found.disputed if found.received < one.day < found.day_one), default=None)
    return f"{found.day_one:%A %Y-%m-%d}" + (f", or {sooner:%A %Y-%m-%d}: see ! below" if sooner else "")


def _notice(found: Due, facts: Facts) -> str | None:
    if found.kind != "ordinary" or found.notice is None or facts.extended or facts.agreed is not None:
        return None
    return f"{found.notice.safe:%A %Y-%m-%d}, {found.notice.citation}"


def print_steps(steps: tuple[Step, ...]) -> None:
    """How a date came about; a single step says no more than the lines above it."""
    from social_archive.law import VERIFY

    if len(steps) < 2:
        return
    made = output.table("", "how it came about", "last day", "safe", "citation")
    for one in steps:
        safe = "" if one.safe == one.date else f"{one.safe:%a %Y-%m-%d}"
        cited = Text(one.citation, style="dim")
        if not one.known:
            cited.append(f"; {VERIFY}", style="yellow")
        made.add_row(Text("" if one.known else "!", style="bold yellow"), output.safe(one.what),
                     f"{one.date:%a %Y-%m-%d}", safe, cited)  # fmt: skip
    out = output.console()
    out.print()
    out.print(made)


def _print_holidays(found: Due) -> None:
    out = output.console()
    made = output.table("", "day", "holiday", "counted as", "citation")
    for one in sorted({*found.skipped, *found.disputed}, key=lambda one: one.day):
        made.add_row(Text("!" if one.holiday.disputed else "", style="bold yellow"), f"{one.day:%a %Y-%m-%d}",
                     output.safe(one.holiday.name), "no business day" if one.holiday.counts else "a business day",
                     output.safe(one.holiday.citation, style="dim"))  # fmt: skip
    if made.row_count:
        out.print()
        out.print(made)
    if found.disputed:
        out.print(Text("! is disputed. The date above holds even if none of them is a holiday.", style="yellow"))


def due_json(found: Due) -> dict[str, Any]:
    return {
        "received": found.received, "kind": found.kind, "day_one": found.day_one, "due": found.date,
        "safe": found.safe, "owed": found.owed, "days": found.days, "citation": found.citation,
        "paused_since": found.paused_since, "notice": found.notice and step_json(found.notice),
        "steps": [step_json(one) for one in found.steps],
        "skipped": [_closed_json(one) for one in found.skipped],
        "disputed": [_closed_json(one) for one in found.disputed],
    }  # fmt: skip


def step_json(one: Step) -> dict[str, Any]:
    return {"what": one.what, "date": one.date, "safe": one.safe, "citation": one.citation,
            "verify_with_counsel": not one.known}  # fmt: skip


def _closed_json(one: Closed) -> dict[str, Any]:
    return {"day": one.day, "id": one.holiday.id, "name": one.holiday.name, "counts": one.holiday.counts,
            "citation": one.holiday.citation, "confidence": one.holiday.confidence}  # fmt: skip
