"""`archive foia receive`, `list` and `show`: the file of a request, as a records officer sees it every day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.padding import Padding
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.settings import Json, opened, settings

if TYPE_CHECKING:
    from rich.console import Console

    from social_archive.archive import Archive
    from social_archive.foia.clock import Due
    from social_archive.foia.requests import Incoming, Request

RECEIVE: str = (
    "Examples:  archive foia receive request.eml --by records   ·   archive foia receive --text 'All comments about the "
    "parking lot' --name 'A. Reader' --how in_person --by records   ·   archive foia receive --comment RID --by records"
)
LONGEST = 3_000
"""Characters of a request's words that are shown."""

_STATUS = {"open": "yellow", "waiting": "cyan", "answered": "green", "closed": "dim"}
_MARKS = {"there": ("✓", "green"), "due": ("·", "yellow"), "none": ("–", "dim"), "missing": ("!", "bold red")}

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The request's number, or its id.")]
By = Annotated[str, typer.Option(help="Your user name, as in agency.yaml.")]
On = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="When that was; default today.")
]  # fmt: skip


def register(group: typer.Typer) -> None:
    group.command(epilog=RECEIVE)(receive)
    group.command("list", epilog="Examples:  archive foia list   ·   archive foia list --all --json")(list_requests)
    group.command(epilog="Examples:  archive foia show 2026-001   ·   archive foia show 2026-001 --save papers")(show)


# --------------------------------------------------------------------------- receiving


def receive(
    by: By,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="An e-mail (.eml) or a text file.")] = None,
    text: Annotated[str | None, typer.Option(help="What is asked for, word for word, if there is no file.")] = None,
    name: Annotated[str | None, typer.Option(help="Who asks; default: as the file has it.")] = None,
    email: Annotated[str | None, typer.Option(help="His or her address; default: as the file has it.")] = None,
    address: Annotated[str | None, typer.Option(help="Postal address.")] = None,
    phone: Annotated[str | None, typer.Option(help="Telephone.")] = None,
    organisation: Annotated[str | None, typer.Option(help="For whom he or she asks.")] = None,
    received: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="The day of receipt.")
    ] = None,
    how: Annotated[str | None, typer.Option(help="form, email, mail, in_person, fax, comment or other.")] = None,
    comment: Annotated[str | None, typer.Option(metavar="RID", help="The record that is the request.")] = None,
    number: Annotated[str | None, typer.Option(help="Its number, if not the next one.")] = None,
    _json: Json = False,
) -> None:
    """Open the file of a request and start its clock. The original is kept as it came; nothing attached is opened."""
    from social_archive.foia import intake, requests

    who = requests.Requester(name=name or "", email=email, address=address, phone=phone, organisation=organisation)
    if sum(given is not None for given in (file, text)) != (0 if comment and text is None else 1):
        raise typer.BadParameter("give one of a file, --text and --comment", param_hint="FILE")
    day, remark = _day(received), ""
    with opened(write=True) as archive:
        incoming: Incoming
        if comment is not None:
            incoming = intake.from_comment(archive, _rid(archive, comment), text=text or "", received=day, requester=who)
        elif file is not None:
            taken = intake.take(archive, _bytes(file), email=file.suffix.lower() == ".eml", received=day,
                                how=_how(how), requester=who)  # fmt: skip
            incoming, remark = taken.incoming, _remark(taken)
        else:
            incoming = requests.Incoming(day or requests.today(archive), _how(how) or "other", who, text or "")
        made = requests.receive(archive, incoming, by=by, via="cli", number=number)
        told = comment is not None and intake.answer_alert(archive, made, by=by, via="cli")
        seen = _Seen.of(archive, made)
    if settings.as_json:
        output.print_json(seen.to_dict())
        return
    out = output.console()
    out.print(Text(f"Request {made.number} is open.", style="bold"))
    out.print(seen.heading())
    out.print(output.facts([
        ("received", f"{made.received:%A %Y-%m-%d}"), ("from", _who(made)),
        ("", Text(remark, style="yellow") if remark else None),
        ("comment", "its alert is answered: a request" if told else None),
    ]))  # fmt: skip
    out.print(Text(f"The whole file: archive foia show {made.number}", style="dim"))


def _how(how: str | None) -> Any:
    from social_archive.foia.requests import HOWS

    if how is not None and how not in HOWS:
        raise typer.BadParameter(f"one of {', '.join(HOWS)}", param_hint="--how")
    return how


def _bytes(file: Path) -> bytes:
    from social_archive.foia.intake import LARGEST
    from social_archive.foia.request_file import RequestRefused

    try:
        with file.open("rb") as opened_file:
            return opened_file.read(LARGEST + 1)
    except OSError as error:
        raise RequestRefused(f"The file could not be read: {error.strerror or 'unknown error'}.",
                             remedy="Check its path and permissions.") from None  # fmt: skip


def _rid(archive: Archive, reference: str) -> str:
    from contextlib import closing

    from social_archive.search import Search

    with closing(Search.of(archive)) as search:
        return search.resolve(reference)


def _remark(taken: Any) -> str:
    attached = f"{output.plural(taken.attached, 'attached file')} kept with the original, not opened. "
    day = {"date": "The day of receipt is the sender's own word: check it, and if it is wrong, enter the request again "
                   "with --received.", "today": "The file does not say when it came: today was taken."}  # fmt: skip
    return (attached if taken.attached else "") + day.get(taken.day_from, "")


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


# --------------------------------------------------------------------------- what is seen of one


@dataclass(frozen=True)
class _Seen:
    """A request with its date, as it is printed."""

    request: Request
    due: Due | None
    today: date

    @classmethod
    def of(cls, archive: Archive, request: Request, laws: Any = None) -> _Seen:
        from social_archive.foia import periods, requests

        return cls(request, periods.deadline_of(archive, request, laws), requests.today(archive))

    @property
    def runs(self) -> bool:
        return self.request.status in ("open", "waiting")

    @property
    def left(self) -> int | None:
        return (self.due.safe - self.today).days if self.due is not None and self.runs else None

    @property
    def when(self) -> tuple[str, str]:
        """(how far the date is, its colour)."""
        if self.left is None:
            return "", "dim"
        if self.left == 0:
            return "today", "bold red"
        days = output.plural(abs(self.left), "day")
        if self.left < 0:
            return f"{days} ago", "bold red"
        return f"in {days}", "yellow" if self.left <= 2 else "green"

    def heading(self) -> Text:
        if not self.runs:
            return Text(self.request.status.capitalize(), style=_STATUS[self.request.status])
        if self.due is None:
            return Text("No law on this kind of request is written down: nobody can say by when it is due.",
                        style="yellow")  # fmt: skip
        when, colour = self.when
        later = f"   ({self.due.date:%A %Y-%m-%d} if every holiday counts)" if self.due.is_disputed else ""
        return Text.assemble((f"Answer by {self.due.safe:%A %Y-%m-%d}, {when}", colour), (later, "dim"))

    def to_dict(self) -> dict[str, Any]:
        one = self.request
        due = None if self.due is None else {
            "due": self.due.date, "safe": self.due.safe, "days_left": self.left,
            "steps": [{"what": s.what, "date": s.date, "safe": s.safe, "citation": s.citation} for s in self.due.steps],
        }  # fmt: skip
        return {"number": one.number, "id": one.id, "status": one.status, "kind": one.kind, "received": one.received,
                "how": one.how, "destroyed": one.file.gone, "clock": due}  # fmt: skip


def _who(request: Request) -> Text:
    who = request.requester
    return output.safe(", ".join(part for part in (who.name, who.organisation, who.email, who.phone, who.address)
                                 if part) or "not said", one_line=True)  # fmt: skip


# --------------------------------------------------------------------------- the list


def list_requests(
    every: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False, _json: Json = False
) -> None:
    """Requests that are open, what must be answered first on top."""
    from social_archive.foia import history, periods, requests

    with opened() as archive:
        laws = periods.Laws(archive)
        found = [_Seen.of(archive, one, laws) for one in requests.every(archive) if every or one.status != "closed"]
    found.sort(key=lambda one: (not one.runs, one.request.status == "closed",
                                one.due.safe if one.due and one.runs else one.request.received))  # fmt: skip
    if settings.as_json:
        output.print_json({"requests": [one.to_dict() for one in found]})
        return
    out = output.console()
    if not found:
        out.print(Text("No request is open.", style="green"))
        return
    made = output.table("request", "answer by", "", "kind", "status", "received", "from", "next")
    for one in found:
        when, colour = one.when
        next_step = history.next_step(one.request)
        said = "destroyed on schedule" if one.request.file.gone else next_step[0] if next_step else ""
        made.add_row(
            Text(one.request.number, style="bold"), Text(f"{one.due.safe:%a %Y-%m-%d}" if one.due and one.runs else "",
            style=colour), Text(when, style=colour), one.request.kind,
            Text(one.request.status, style=_STATUS[one.request.status]), str(one.request.received),
            output.safe(one.request.requester.name, one_line=True, limit=30), Text(said, style="dim"),
        )  # fmt: skip
    out.print(made)
    late = sum((one.left or 0) < 0 for one in found)
    if late:
        out.print(Text(f"{output.plural(late, 'request')} past the date by which an answer is surely in time.",
                       style="bold red"))  # fmt: skip


# --------------------------------------------------------------------------- one file


def show(
    number: Number,
    save: Annotated[Path | None, typer.Option(metavar="DIR", help="Write the papers of its file there.")] = None,
    _json: Json = False,
) -> None:
    """Everything about a request: its clock step by step, the four things of its file, what happened, what is next."""
    from social_archive.foia import classification, closing, correspondence, history, requests

    with opened() as archive:
        request = requests.load(archive, number)
        seen = _Seen.of(archive, request)
        counts = classification.counts(archive, request) if not request.file.gone else ()
        end = closing.destroyed(archive, request.file)
        zone = archive.agency.body.time_zone
        papers = [] if save is None else _save(request, save)
    things = correspondence.artefacts(request)
    if settings.as_json:
        output.print_json({
            **seen.to_dict(), "requester": vars(request.requester), "text": request.text, "comment": request.comment,
            "kind_reason": request.kind_reason, "counts": [{**vars(one), "reached": one.reached} for one in counts],
            "artefacts": [{"name": one.name, "state": one.state, "remark": one.remark,
                           "events": [event.id for event in one.events]} for one in things],
            "events": [{"what": e.what, "id": e.id, "n": e.n, "time": e.time, "by": e.by, "via": e.via,
                        "told": dict(e.told), "details": e.details,
                        "files": [{"name": f.name, "mime": f.mime, "bytes": len(f.body)} for f in e.attachments]}
                       for e in request.file.events],
            "destroyed_under": None if end is None else vars(end), "saved": papers,
        })  # fmt: skip
        return
    out = output.console()
    out.print(Text.assemble((f"Request {request.number}", "bold"), f"   {request.kind}   ",
                            (request.status, _STATUS[request.status])))  # fmt: skip
    if end is not None:
        out.print(Text(f"{end.sentence} What follows is all that the ledger still says.", style="yellow"))
    else:
        out.print(seen.heading())
        _print_request(out, request, counts)
    _print_clock(out, seen)
    _print_things(out, things)
    _print_events(out, request, zone)
    if papers:
        out.print(Text(f"\n{output.plural(len(papers), 'paper')} written to {save}.", style="green"))
    step = history.next_step(request)
    if step is not None:
        out.print(Text.assemble(("\nNext  ", "bold"), step[0], ("   " + step[1], "dim")))


def _print_request(out: Console, request: Request, counts: Any) -> None:
    from social_archive.foia import history

    often = ", ".join(f"{one.count} in {one.window}{' (the law says ' + str(one.threshold) + ')' if one.reached else ''}"
                      for one in counts if one.count > 1)  # fmt: skip
    out.print()
    out.print(output.facts([
        ("from", _who(request)), ("came", f"{history.how(request)}, {request.received:%A %Y-%m-%d}"),
        ("kind", output.safe(request.kind_reason and f"{request.kind}: {request.kind_reason}", limit=500)),
        ("same requester", often), ("comment", request.comment),
    ]))  # fmt: skip
    out.print(Padding(output.safe(request.text, limit=LONGEST), (1, 2)))


def _print_clock(out: Console, seen: _Seen) -> None:
    if seen.due is None:
        return
    made = output.table("clock", "until", "surely until", "law")
    for step in seen.due.steps:
        made.add_row(output.safe(step.what), f"{step.date:%a %Y-%m-%d}", f"{step.safe:%a %Y-%m-%d}",
                     output.safe(step.citation, style="dim"))  # fmt: skip
    out.print(made)


def _print_things(out: Console, things: Any) -> None:
    made = output.table("", "the file holds", "", "")
    for one in things:
        mark, colour = _MARKS[one.state]
        count = output.plural(len(one.events), "entry", "entries") if one.events else one.state
        made.add_row(Text(mark, style=colour), one.title, count, output.safe(one.remark, style="dim"))
    out.print(made)


def _print_events(out: Console, request: Request, zone: str) -> None:
    from social_archive.foia import history
    from social_archive.record import micros

    made = output.table("when", "by", "what happened", "")
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
