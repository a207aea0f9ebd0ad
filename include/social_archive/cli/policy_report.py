"""`archive policy report`: the month as counts, as a PDF, a page and a file of figures."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.settings import Json, opened, settings

EPILOG = (
    "Examples:  archive policy report --month 2026-11 --out reports   ·   "
    "archive policy report --since 2026-07-01 --until 2026-09-30"
)


def report(
    month: Annotated[str | None, typer.Option(help="The month, such as 2026-11. Default: the last whole one.")] = None,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Instead: the first day.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="And the last day, included.")] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the files; made if it is not there.")] = Path(),
    made: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%dT%H:%M:%SZ"], help="State this time of making (UTC), to make it once more."),
    ] = None,
    _json: Json = False,
) -> None:
    """Write the comment policy report of a month: PDF/A, one HTML page, and the figures as JSON. Counts only."""
    from social_archive.documents import policy_page, policy_report
    from social_archive.policy.report import figures
    from social_archive.record import canonical

    at = made.replace(tzinfo=UTC) if made else datetime.now(UTC).replace(microsecond=0)
    with opened() as archive:
        first, after = span(month, since, until, today=at.astimezone(ZoneInfo(archive.agency.body.time_zone)).date())
        with output.working("Counting"):
            found = figures(archive, first, after, at=at)
    name = f"policy-report-{found['period']['from']}-to-{found['period']['to']}"
    with output.working("Typesetting"):
        shown = policy_report.content(found, made=at)
        files = {
            "pdf": policy_report.pdf(shown, made=at), "html": policy_page.html(shown).encode(),
            "json": canonical(found) + b"\n",
        }  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    written = {kind: out / f"{name}.{kind}" for kind in files}
    for kind, body in files.items():
        written[kind].write_bytes(body)
    _print(json.loads(files["json"]), written, policy_report.period(found))


def span(month: str | None, since: datetime | None, until: datetime | None, *, today: date) -> tuple[date, date]:
    """[first day, day after the last). Raises a usage error for what is no period."""
    if since or until:
        if month or not (since and until):
            raise typer.BadParameter("Give --month, or --since together with --until.")
        return since.date(), date.fromordinal(until.date().toordinal() + 1)
    if month is None:
        last = date.fromordinal(today.replace(day=1).toordinal() - 1)
        month = f"{last:%Y-%m}"
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise typer.BadParameter(f"{month!r} is not a month; write 2026-11.")
    year, number = int(month[:4]), int(month[5:])
    return date(year, number, 1), date(year + number // 12, number % 12 + 1, 1)


def _print(found: dict[str, object], written: dict[str, Path], period: str) -> None:
    if settings.as_json:
        output.print_json({"figures": found, "files": {kind: str(path) for kind, path in written.items()}})
        return
    out = output.console()
    out.print(Text(f"Comment policy report, {period}", style="bold"))
    out.print(output.facts([(kind, output.safe(str(path))) for kind, path in written.items()]))
