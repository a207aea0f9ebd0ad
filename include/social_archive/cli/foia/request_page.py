"""`archive foia show`: everything about one request, as a records officer sees it every day."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.padding import Padding
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.foia.seen import STATUS, Number, Seen, who
from social_archive.cli.settings import Json, opened, settings

if TYPE_CHECKING:
    from rich.console import Console

    from social_archive.archive import Archive
    from social_archive.foia.classification import Counted
    from social_archive.foia.correspondence import Artefact
    from social_archive.foia.requests import Request

LONGEST = 3_000
"""Characters of a request's words that are shown."""

_MARKS = {"there": ("✓", "green"), "due": ("·", "yellow"), "none": ("–", "dim"), "missing": ("!", "bold red")}


def register(group: typer.Typer) -> None:
    group.command(epilog="Examples:  archive foia show 2026-001   ·   archive foia show 2026-001 --save papers")(show)


def show(
    number: Number,
    save: Annotated[Path | None, typer.Option(metavar="DIR", help="Write the papers of its file there.")] = None,
    _json: Json = False,
) -> None:
    """Everything about a request: its clock step by step, the four things of its file, what happened, what is next."""
    from social_archive.foia import classification, closing, correspondence, history, requests

    with opened() as archive:
        request = requests.load(archive, number)
        seen = Seen.of(archive, request)
        counts = classification.counts(archive, request) if not request.file.gone else ()
        end = closing.destroyed(archive, request.file)
        totals = _totals(archive, request)
        kept, zone = _kept(archive, request), archive.agency.body.time_zone
        papers = [] if save is None else _save(request, save)
    things = correspondence.artefacts(request)
    if settings.as_json:
        output.print_json({
            **seen.to_dict(), **_file_json(request),
            "counts": [{**vars(one), "reached": one.reached} for one in counts],
            "artefacts": [{"name": one.name, "state": one.state, "remark": one.remark,
                           "events": [event.id for event in one.events]} for one in things],
            "totals": totals, "destroyed_under": None if end is None else vars(end), "saved": papers,
        })  # fmt: skip
        return
    out = output.console()
    out.print(Text.assemble((f"Request {request.number}", "bold"), f"   {request.kind}   ",
                            (request.status, STATUS[request.status])))  # fmt: skip
    if end is not None:
        out.print(Text(f"{end.sentence} What follows is all that the ledger still says.", style="yellow"))
    else:
        out.print(seen.heading())
        _print_request(out, seen, counts, totals, kept)
    _print_clock(out, seen)
    if end is None:
        _print_things(out, things)
    _print_events(out, request, zone)
    if papers:
        out.print(Text(f"\n{output.plural(len(papers), 'paper')} written to {save}.", style="green"))
    step = history.next_step(request)
    if step is not None:
        out.print(Text.assemble(("\nNext  ", "bold"), step[0], ("   " + step[1], "dim")))


def _totals(archive: Archive, request: Request) -> dict[str, int] | None:
    """What became of the hits so far; None if nothing was searched, or the file was destroyed."""
    from social_archive.foia.review import review

    if request.file.gone or request.file.last("searched") is None:
        return None
    return review(archive, request.id).totals


def _said(totals: dict[str, int] | None) -> str | None:
    if totals is None:
        return None
    parts = [f"{count:,} {name}" for name, count in totals.items() if name != "hits" and count]
    return f"{totals['hits']:,}" + (f": {', '.join(parts)}" if parts else "")


def _kept(archive: Archive, request: Request) -> str | None:
    """Until when the file of a closed request is kept, and by which item of the schedule."""
    from social_archive.foia import closing

    if not request.file.closed or request.file.gone:
        return None
    cohort = closing.cohort_of(archive, request.file)
    item = archive.schedule.item_of(cohort.series)
    if item is None or cohort.retain_until is None:
        return f"without an end: {item.period if item else 'no item of the schedule'}"
    until = output.day(cohort.retain_until, archive.agency.body.time_zone)
    return f"until {until}: item {item.id}, {item.title}, {item.period}"


def _file_json(request: Request) -> dict[str, Any]:
    return {
        "requester": vars(request.requester), "text": request.text, "comment": request.comment,
        "kind_reason": request.kind_reason,
        "events": [{"what": e.what, "id": e.id, "n": e.n, "time": e.time, "by": e.by, "via": e.via,
                    "told": dict(e.told), "details": e.details,
                    "files": [{"name": f.name, "mime": f.mime, "bytes": len(f.body)} for f in e.attachments]}
                   for e in request.file.events],
    }  # fmt: skip


def _print_request(
    out: Console, seen: Seen, counts: Sequence[Counted], totals: dict[str, int] | None, kept: str | None
) -> None:
    from social_archive.foia import history

    request = seen.request
    often = ", ".join(f"{one.count} in {one.window}" + (f" (the law says {one.threshold})" if one.reached else "")
                      for one in counts if one.count > 1)  # fmt: skip
    reason = request.kind_reason and output.safe(f"{request.kind}: {request.kind_reason}", limit=500)
    if seen.late:
        out.print(output.safe(f"Too late: {seen.late}.", style="red"))
    out.print()
    out.print(output.facts([
        ("from", who(request)), ("came", f"{history.how(request)}, {request.received:%A %Y-%m-%d}"),
        ("kind", reason), ("same requester", often), ("comment", request.comment),
        ("hits", _said(totals)), ("kept", kept),
    ]))  # fmt: skip
    out.print(Padding(output.safe(request.text, limit=LONGEST), (1, 2)))


def _print_clock(out: Console, seen: Seen) -> None:
    if seen.due is None:
        return
    from social_archive.law import VERIFY

    made = output.table("clock", "surely until", "else until", "law")
    for step in seen.due.steps:
        later = f"{step.date:%a %Y-%m-%d}" if step.date != step.safe else ""
        cited = step.citation if step.known else f"{step.citation} ({VERIFY})"
        made.add_row(output.safe(step.what), f"{step.safe:%a %Y-%m-%d}", later, output.safe(cited, style="dim"))
    out.print(made)
    notice, extended = seen.due.notice, seen.request.file.last("extended")
    if seen.runs and seen.due.owed == "answer" and notice is not None and extended is None:
        until = f"{notice.safe:%A %Y-%m-%d}"
        out.print(Text(f"{notice.what}: {until} at the latest", style="dim" if notice.date >= seen.today else "red"))


def _print_things(out: Console, things: Sequence[Artefact]) -> None:
    made = output.table("", "the file holds", "", "")
    out.print()
    for one in things:
        mark, colour = _MARKS[one.state]
        count = output.plural(len(one.events), "entry", "entries") if one.events else one.state
        made.add_row(Text(mark, style=colour), one.title, count, output.safe(one.remark, style="dim"))
    out.print(made)


def _print_events(out: Console, request: Request, zone: str) -> None:
    from social_archive.foia import history
    from social_archive.record import micros

    made = output.table("when", "by", "what happened", "")
    out.print()
    for event in request.file.events:
        words = str(event.details.get("text") or event.details.get("reason") or "") if event.what != "received" else ""
        what = output.safe(history.sentence(event))
        if words:
            what.append("\n").append_text(output.safe(words, one_line=True, limit=160, style="dim"))
        files = len(event.attachments)
        made.add_row(output.local(micros(event.time), zone), event.by, what,
                     Text(output.plural(files, "file") if files else "", style="dim"))  # fmt: skip
    out.print(made)


def _save(request: Request, folder: Path) -> list[str]:
    """Write the papers under names of our own: what a sender calls a file is no name on this disk."""
    folder.mkdir(parents=True, exist_ok=True)
    kinds = {"message/rfc822": "eml", "text/plain": "txt", "application/pdf": "pdf", "application/json": "json"}
    written = []
    for place, event in enumerate(request.file.events, 1):
        for n, one in enumerate(event.attachments, 1):
            name = f"{place:03d}-{event.what}-{n}.{kinds.get(one.mime, 'bin')}"
            (folder / name).write_bytes(one.body)
            written.append(name)
    return written
