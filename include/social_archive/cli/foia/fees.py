"""`archive foia fees`: what an answer may cost by the law's figures. An estimate; nothing is written."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.foia.due import KINDS
from social_archive.cli.settings import Json, load_environment, settings

if TYPE_CHECKING:
    from social_archive.foia.fees import Fees
    from social_archive.law_foia import FoiaLaw

EXAMPLES = (
    "Examples:  archive foia fees --pages 80   ·   archive foia fees --kind commercial --hours 11.5 --json   ·   "
    "archive foia fees --kind voluminous --pdf-mb 95"
)


def register(group: typer.Typer) -> None:
    group.command(epilog=EXAMPLES)(fees)


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise typer.BadParameter(f"{text!r} is no number") from None


def fees(
    kind: Annotated[str, typer.Option(help="ordinary, commercial, recurrent or voluminous.")] = "ordinary",
    pages: Annotated[int, typer.Option(help="Black-and-white pages on paper.")] = 0,
    colour: Annotated[
        Decimal, typer.Option("--color-cost", parser=_number, metavar="SUM", help="Actual cost of other pages.")
    ] = Decimal(0),
    medium: Annotated[
        Decimal, typer.Option("--medium-cost", parser=_number, metavar="SUM", help="Actual cost of the medium.")
    ] = Decimal(0),
    hours: Annotated[
        Decimal, typer.Option(parser=_number, metavar="HOURS", help="Of personnel, for a commercial request.")
    ] = Decimal(0),
    pdf_mb: Annotated[
        Decimal | None, typer.Option(parser=_number, metavar="MB", help="Size of PDFs, of a voluminous request.")
    ] = None,
    other_mb: Annotated[
        Decimal | None, typer.Option(parser=_number, metavar="MB", help="Size of other electronic records.")
    ] = None,
    certified: Annotated[int, typer.Option(help="Records to be certified.")] = 0,
    waived: Annotated[bool, typer.Option("--waived", help="You waive the fees.")] = False,
    late: Annotated[bool, typer.Option("--late", help="The answer did not come in time.")] = False,
    _json: Json = False,
) -> None:
    """Estimate what an answer may cost, line by line, with the citation of each. Nothing is written."""
    from social_archive.archive import default_agency
    from social_archive.config import load_agency
    from social_archive.foia.fees import FeeFacts, estimate
    from social_archive.law_foia import load_foia_law

    if kind not in KINDS:
        raise typer.BadParameter(f"there are {', '.join(KINDS)}", param_hint="--kind")
    load_environment()
    law = load_foia_law(load_agency(default_agency()))
    found = estimate(law, FeeFacts(
        kind, pages, colour_pages_cost=colour, medium_cost=medium, hours=hours, pdf_mb=pdf_mb, other_mb=other_mb,
        certified=certified, waived=waived, late=late,
    ))  # fmt: skip
    if settings.as_json:
        output.print_json({**fees_json(found), "jurisdiction": law.jurisdiction, "invented": law.invented})
    else:
        _print(found, law)


def _print(found: Fees, law: FoiaLaw) -> None:
    from social_archive.law import VERIFY

    out = output.console()
    out.print(Text.assemble((f"{found.currency}{found.total}", "bold"), f"   an estimate, {law.title}"))
    if law.invented:
        out.print(Text("Invented for the sample: nobody's law.", style="yellow"))
    made = output.table("", "what", "fee", "why", "citation", right=("fee",))
    for one in found.lines:
        made.add_row(Text("" if one.known else "!", style="bold yellow"), output.safe(one.what),
                     f"{found.currency}{one.amount}", output.safe(one.why),
                     output.safe(one.citation, style="dim"))  # fmt: skip
    if made.row_count:
        out.print(made)
    else:
        out.print(Text("Nothing that costs anything was named; see `archive foia fees --help`.", style="dim"))
    for note in found.notes:
        out.print(output.safe(f"{note[0].upper()}{note[1:]}."))
    if not found.known:
        out.print(Text(f"! was not read in a source: {VERIFY}.", style="yellow"))


def fees_json(found: Fees) -> dict[str, Any]:
    """Sums as text, since a number in JSON is not exact."""
    lines = [{"what": one.what, "amount": str(one.amount), "why": one.why, "citation": one.citation,
              "verify_with_counsel": not one.known} for one in found.lines]  # fmt: skip
    return {"total": str(found.total), "currency": found.currency, "lines": lines, "notes": list(found.notes)}
