"""`archive foia due`: the clock that the law starts, asked about any day."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.settings import Json, load_environment, settings

if TYPE_CHECKING:
    from social_archive.foia.clock import Closed, Due


def register(group: typer.Typer) -> None:
    group.command(epilog="Examples:  archive foia due 2026-11-20   ·   archive foia due 2026-11-20 --json")(due)


def due(
    received: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], metavar="DATE", help="The day of receipt.")],
    _json: Json = False,
) -> None:
    """By when an ordinary request must be answered, which days were not counted, and what is disputed. No advice."""
    from social_archive.archive import default_agency
    from social_archive.config import load_agency
    from social_archive.foia import clock
    from social_archive.law_foia import load_foia_law

    load_environment()
    law = load_foia_law(load_agency(default_agency()), received.date())
    found = clock.due(received.date(), law)
    if settings.as_json:
        output.print_json({**due_json(found), "jurisdiction": law.jurisdiction, "invented": law.invented})
        return
    out = output.console()
    out.print(Text.assemble((f"Answer by {found.safe:%A %Y-%m-%d}", "bold"), f"   {law.title}"))
    if law.invented:
        out.print(Text("Invented for the sample: nobody's law.", style="yellow"))
    later = f"{found.date:%A %Y-%m-%d}" if found.is_disputed else None
    out.print(output.facts([
        ("received", f"{found.received:%A %Y-%m-%d}"), ("day 1", f"{found.day_one:%A %Y-%m-%d}"),
        ("period", f"{found.days} {law.counting} days, {found.citation}"), ("if all below count", later),
    ]))  # fmt: skip
    made = output.table("", "day", "holiday", "counted as", "citation")
    for one in sorted({*found.skipped, *found.disputed}, key=lambda one: one.day):
        made.add_row(Text("!" if one.holiday.disputed else "", style="bold yellow"), f"{one.day:%a %Y-%m-%d}",
                     output.safe(one.holiday.name), "no business day" if one.holiday.counts else "a business day",
                     output.safe(one.holiday.citation, style="dim"))  # fmt: skip
    if made.row_count:
        out.print(made)
    if found.disputed:
        out.print(Text("! is disputed. The date above holds even if none of them is a holiday.", style="yellow"))


def due_json(found: Due) -> dict[str, Any]:
    return {
        "received": found.received, "day_one": found.day_one, "due": found.date, "safe": found.safe,
        "days": found.days, "citation": found.citation, "skipped": [_closed_json(one) for one in found.skipped],
        "disputed": [_closed_json(one) for one in found.disputed],
    }  # fmt: skip


def _closed_json(one: Closed) -> dict[str, Any]:
    return {"day": one.day, "id": one.holiday.id, "name": one.holiday.name, "counts": one.holiday.counts,
            "citation": one.holiday.citation, "confidence": one.holiday.confidence}  # fmt: skip
