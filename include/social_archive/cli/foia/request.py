"""`archive foia receive` and `list`: a request comes in, and which ones must be answered first."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.foia.seen import STATUS, By, Seen, bytes_of, day_of, who
from social_archive.cli.settings import Json, opened, settings

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.foia.intake import Taken
    from social_archive.foia.requests import Incoming

RECEIVE: str = (
    "Examples:  archive foia receive request.eml --by records   ·   archive foia receive --text 'All comments about "
    "parking' --name 'A. Reader' --how in_person --by records   ·   archive foia receive --comment RID --by records"
)


def register(group: typer.Typer) -> None:
    group.command(epilog=RECEIVE)(receive)
    group.command("list", epilog="Examples:  archive foia list   ·   archive foia list --all --json")(list_requests)


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

    asker = requests.Requester(name=name or "", email=email, address=address, phone=phone, organisation=organisation)
    if (file is None) == (text is None) and not (comment and file is None):
        raise typer.BadParameter("give one of a file, --text and --comment", param_hint="FILE")
    given, remark = day_of(received), ""
    with opened(write=True) as archive:
        incoming: Incoming
        if comment is not None:
            rid = _rid(archive, comment)
            incoming = intake.from_comment(archive, rid, text=text or "", received=given, requester=asker)
        elif file is not None:
            email_file = file.suffix.lower() == ".eml"
            taken = intake.take(archive, bytes_of(file), email=email_file, received=given, how=_how(how),
                                requester=asker)  # fmt: skip
            incoming, remark = taken.incoming, _remark(taken)
        else:
            incoming = requests.Incoming(given or requests.today(archive), _how(how) or "other", asker, text or "")
        made = requests.receive(archive, incoming, by=by, via="cli", number=number)
        told = comment is not None and intake.answer_alert(archive, made, by=by, via="cli")
        seen = Seen.of(archive, made)
    if settings.as_json:
        output.print_json(seen.to_dict())
        return
    out = output.console()
    out.print(Text(f"Request {made.number} is open.", style="bold"))
    out.print(seen.heading())
    out.print(output.facts([
        ("received", f"{made.received:%A %Y-%m-%d}"), ("from", who(made)),
        ("", Text(remark, style="yellow") if remark else None),
        ("comment", "its alert is answered: a request" if told else None),
    ]))  # fmt: skip
    out.print(Text(f"The whole file: archive foia show {made.number}", style="dim"))


def _how(how: str | None) -> Any:
    from social_archive.foia.requests import HOWS

    if how is not None and how not in HOWS:
        raise typer.BadParameter(f"one of {', '.join(HOWS)}", param_hint="--how")
    return how


def _rid(archive: Archive, reference: str) -> str:
    from contextlib import closing

    from social_archive.search import Search

    with closing(Search.of(archive)) as search:
        return search.resolve(reference)


def _remark(taken: Taken) -> str:
    said = []
    if taken.attached:
        said.append(f"{output.plural(taken.attached, 'attached file')} kept with the original, not opened.")
    if taken.day_from == "date":
        said.append("The day of receipt is the sender's own word. If it is wrong: close this one as a duplicate, and "
                    "enter it again with --received.")  # fmt: skip
    if taken.day_from == "today":
        said.append("The file does not say when it came: today was taken.")
    return " ".join(said)


# --------------------------------------------------------------------------- the list


def list_requests(
    every: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False, _json: Json = False
) -> None:
    """Requests that are open, what must be answered first on top."""
    from social_archive.foia import history, requests

    with opened() as archive:
        found = [Seen.of(archive, one) for one in requests.every(archive) if every or one.status != "closed"]
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
    made.columns[0].no_wrap = made.columns[1].no_wrap = True
    for one in found:
        when, colour = one.when
        next_step = history.next_step(one.request)
        said = "destroyed on schedule" if one.request.file.gone else next_step[0] if next_step else ""
        made.add_row(
            Text(one.request.number, style="bold"), Text(f"{one.due.safe:%a %Y-%m-%d}" if one.due and one.runs else "",
            style=colour), Text(when, style=colour), one.request.kind,
            Text(one.request.status, style=STATUS[one.request.status]), str(one.request.received),
            output.safe(one.request.requester.name, one_line=True, limit=30), Text(said, style="dim"),
        )  # fmt: skip
    out.print(made)
    late = sum((one.left or 0) < 0 for one in found)
    if late:
        out.print(Text(f"{output.plural(late, 'request')} past the date by which an answer is surely in time.",
                       style="bold red"))  # fmt: skip
