"""`archive foia alerts` and `answer`: comments and messages that may be requests for public records."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.padding import Padding
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.foia.due import due_json
from social_archive.cli.settings import Json, opened, settings

if TYPE_CHECKING:
    from social_archive.foia.alerts import Alert

EXAMPLES = (
    "Examples:  archive foia alerts   ·   archive foia answer 9c1f03aa --is-request --number 26-014 --by records "
    '--reason "Asks for the invoices of May"'
)

LONGEST = 1_500
"""Characters of a comment that are shown: enough to judge what it asks for."""

def register(group: typer.Typer) -> None:
    group.command(epilog="Examples:  archive foia alerts   ·   archive foia alerts --all --json")(alerts)
    group.command(epilog=EXAMPLES)(answer)


# --------------------------------------------------------------------------- alerts


def alerts(
    every: Annotated[bool, typer.Option("--all", help="Answered ones too.")] = False, _json: Json = False
) -> None:
    """Comments and messages that may be requests, what is due first on top. A person says whether they are."""
    from contextlib import closing

    from social_archive.foia import alerts as foia_alert
    from social_archive.search import Search

    with opened() as archive:
        found = [one for one in foia_alert.of_archive(archive) if every or one.status == "open"]
        with closing(Search.of(archive)) as search:
            texts = {one.rid: search.thing(one.rid)["body"] or one.quote for one in found}
        today = datetime.now(ZoneInfo(archive.agency.body.time_zone)).date()
    if settings.as_json:
        listed = [{**_alert_json(one, today), "text": texts[one.rid]} for one in found]
        output.print_json({"today": today, "alerts": listed})
        return
    out = output.console()
    if not found:
        out.print(Text("Nothing waits for an answer.", style="green"))
        return
    for one in found:
        out.print(_heading(one, today))
        out.print(Padding(output.safe(texts[one.rid], limit=LONGEST), (0, 2)))
        out.print(output.facts([
            ("finding", one.finding[:12]), ("record", one.rid),
            ("received", f"{one.received}, when it was posted; first archived {one.first_seen}"),
            ("", one.explanation), *_answer_facts(one),
        ]))  # fmt: skip
    hint = ("The whole thread: archive show RECORD   It is a request: archive foia receive --comment RECORD\n"
            "It is none: archive foia answer FINDING --help")  # fmt: skip
    out.print(Text(hint, style="dim"))


def _heading(one: Alert, today: date) -> Text:
    where = (f"\n{one.platform}/{one.account}  ", "bold")
    if one.status != "open":
        return Text.assemble(where, ("a request" if one.status == "request" else "no request", "green"))
    left = one.days_left(today)
    if one.due is None or left is None:
        return Text.assemble(where, ("open; the law's period is not written down", "yellow"))
    later = f" (by {one.due.date} if every holiday counts)" if one.due.is_disputed else ""
    days = output.plural(abs(left), "day")
    when = "today" if left == 0 else f"in {days}" if left > 0 else f"{days} ago"
    return Text.assemble(where, (f"answer by {one.due.safe}{later}, {when}", "bold red" if left < 0 else "yellow"))


def _answer_facts(one: Alert) -> list[tuple[str, Text | str | None]]:
    if one.answer is None:
        return []
    by = f"{one.answer['name'] or one.answer['by']}, {one.answer['answered_at']:%Y-%m-%d}"
    return [("number", output.safe(one.answer["number"])), ("reason", output.safe(one.answer["reason"])),
            ("answered by", output.safe(by))]  # fmt: skip


def _alert_json(one: Alert, today: date) -> dict[str, Any]:
    answer = one.answer and {name: one.answer[name] for name in ("id", "verdict", "number", "reason", "by", "via")}
    return {
        "finding": one.finding, "rid": one.rid, "version": one.version, "account": f"{one.platform}/{one.account}",
        "kind": one.kind, "status": one.status, "strength": one.strength, "quote": one.quote,
        "explanation": one.explanation, "received": one.received, "first_seen": one.first_seen,
        "posted_at": output.iso(one.seen.created), "first_observed_at": output.iso(one.seen.observed),
        "due": due_json(one.due) if one.due else None, "days_left": one.days_left(today), "answer": answer,
    }  # fmt: skip


# --------------------------------------------------------------------------- answering


def answer(
    finding: Annotated[str, typer.Argument(metavar="FINDING", help="Its id, or the first characters of it.")],
    by: Annotated[str, typer.Option(help="Your user name, as in agency.yaml.")],
    reason: Annotated[str, typer.Option(help="Why. Kept with the record, not in the ledger.")],
    is_request: Annotated[
        bool | None, typer.Option("--is-request/--is-no-request", help="What it is.", show_default=False)
    ] = None,
    number: Annotated[str | None, typer.Option(help="Its number in your log of requests; needed if it is one.")] = None,
    _json: Json = False,
) -> None:
    """Say whether a possible request is one. A later answer replaces an earlier one; both are kept."""
    from social_archive.foia import answers as foia_answers

    if is_request is None:
        raise typer.BadParameter("say --is-request or --is-no-request", param_hint="--is-request")
    with opened(write=True) as archive:
        done = foia_answers.answer(
            archive, finding, verdict="request" if is_request else "no_request", by=by, reason=reason, number=number,
            via="cli",
        )  # fmt: skip
        today = datetime.now(ZoneInfo(archive.agency.body.time_zone)).date()
    if settings.as_json:
        output.print_json(_alert_json(done, today))
        return
    out = output.console()
    if done.status == "no_request":
        out.print(Text("Kept: no request."))
        return
    due = f" An answer is due by {done.due.safe}." if done.due else ""
    out.print(Text(f"Kept: a request, received {done.received}.{due}", style="bold"))
