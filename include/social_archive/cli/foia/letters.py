"""`archive foia letter`: what the body writes to a requester, drafted, and kept in the request's file."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.settings import Json, load_environment, opened, settings

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.foia.dispositions import Reviewed
    from social_archive.foia.letters import Letter
    from social_archive.foia.request_file import Event
    from social_archive.foia.requests import Request

EXAMPLES = (
    "Examples:  archive foia letter 2026-014 acknowledgement --by records -o letter.pdf   ·   "
    "archive foia letter 2026-014 extension --by records --reason ii --reason v --enter   ·   "
    "archive foia letter 2026-014 partial_denial --by records -o answer.pdf --send 2026-12-01   ·   "
    "archive foia letter templates --copy agency/letters"
)

_KINDS = (
    "acknowledgement, extension, clarification, commercial, recurrent, voluminous, fees, confer, burdensome, response, "
    "partial_denial, denial, no_records or disposed"
)


def register(group: typer.Typer) -> None:
    group.command(epilog=EXAMPLES)(letter)


def letter(
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="Of the request; or the word `templates`.")],
    kind: Annotated[
        str | None, typer.Argument(metavar="KIND", help=f"{_KINDS}. Leave it out for the answer that fits.")
    ] = None,
    by: Annotated[str, typer.Option(help="Your user name, as in agency.yaml.")] = "",
    reason: Annotated[list[str] | None, typer.Option(help="Why; of an extension the law's code. Repeatable.")] = None,
    given: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A fact, such as question=… Repeatable.")
    ] = None,
    deny: Annotated[
        list[str] | None, typer.Option(metavar="CODE=BASIS", help="An exemption, where nothing was reviewed.")
    ] = None,
    day: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="The letter's date. Default: today.")
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Write it to a .pdf or .txt file.")] = None,
    enter: Annotated[bool, typer.Option("--enter", help="Keep it in the request's file.")] = False,
    send: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="Enter it, and that it answered the request that day."),
    ] = None,
    copy: Annotated[Path | None, typer.Option(help="With `templates`: write ours into this folder.")] = None,
    _json: Json = False,
) -> None:
    """Write a letter: a draft that says what it lacks, until it is entered. Nothing is sent from here."""
    if number == "templates":
        _templates(copy)
        return
    from social_archive.foia import letters, requests

    if not by:
        raise typer.BadParameter("say who writes", param_hint="--by")
    if out is not None and out.suffix not in (".pdf", ".txt"):
        raise typer.BadParameter("a file that ends in .pdf or .txt", param_hint="-o")
    with opened(write=enter or send is not None) as archive:
        request = requests.load(archive, number)
        reviewed = _reviewed(archive, request)
        chosen = kind or (letters.response_kind(reviewed) if reviewed is not None else None)
        if kind is None and reviewed is None:
            raise requests.RequestRefused(
                f"Nothing was searched for request {request.number}, so no answer can be chosen for it.",
                remedy=f"Search first: archive foia search {request.number} --help. Or name the letter: "
                       f"{', '.join(letters.KINDS)}.",
            )  # fmt: skip
        if chosen is None or chosen not in letters.KINDS:
            raise typer.BadParameter(f"one of {', '.join(letters.KINDS)}", param_hint="KIND")
        if send is not None and letters.KINDS[chosen].outcome is None:
            raise typer.BadParameter(f"{chosen!r} does not answer a request; use --enter", param_hint="--send")
        written = day or send
        facts = _facts(given or [], reason or [], deny or [], written.date() if written else requests.today(archive))
        made = letters.draft(archive, request, chosen, by=by, facts=facts,
                             reviewed=reviewed if letters.KINDS[chosen].outcome else None)  # fmt: skip
        entered = _enter(archive, request, made, by, enter, send.date() if send else None)
    if out is not None:
        _write(out, made, final=entered is not None)
    _report(made, entered, out, send is not None)


def _reviewed(archive: Archive, request: Request) -> Reviewed | None:
    """The review of a request's search, if it was searched."""
    if request.file.last("searched") is None:
        return None
    from social_archive.foia import review

    return review.review(archive, request.id)


def _facts(given: Sequence[str], reasons: Sequence[str], deny: Sequence[str], day: date) -> dict[str, Any]:
    from social_archive.foia.letters import FACTS, SEVERAL

    facts: dict[str, Any] = {"date": day.isoformat()}
    for one in [*given, *(f"reason={said}" for said in reasons)]:
        name, equals, value = one.partition("=")
        if not equals or name not in FACTS:
            names = "\n".join(f"  {fact}: {about}" for fact, about in FACTS.items())
            raise typer.BadParameter(f"write NAME=VALUE with one of these names:\n{names}", param_hint="--set")
        if name in SEVERAL:
            facts.setdefault(name, []).append(value)
        else:
            facts[name] = value
    if deny:
        split = [one.partition("=") for one in deny]
        facts["denials"] = [{"code": code.strip(), "basis": basis.strip()} for code, _, basis in split]
    return facts


def _enter(archive: Archive, request: Request, made: Letter, by: str, enter: bool, sent: date | None) -> Event | None:
    from social_archive.errors import ArchiveError
    from social_archive.foia import letters

    if sent is not None and made.missing:
        raise ArchiveError(f"This letter cannot be sent. Missing: {'; '.join(made.missing)}.",
                           remedy="Complete what is named. Nothing was entered.")  # fmt: skip
    if not enter and sent is None:
        return None
    if sent is not None:
        letters.require_not_sent(request.file, hashlib.sha256(made.pdf).hexdigest())
    event = letters.enter(archive, request, made, by=by, via="cli")
    outcome = letters.KINDS[made.kind].outcome
    if sent is not None and outcome is not None:
        letters.answer(archive, request, outcome=outcome, letter=event, by=by, via="cli", sent=sent)
    return event


def _write(out: Path, made: Letter, *, final: bool) -> None:
    body = made.text.encode() if out.suffix == ".txt" else made.pdf if final else made.draft
    out.write_bytes(body)


def _report(made: Letter, entered: Event | None, out: Path | None, sent: bool) -> None:
    if settings.as_json:
        output.print_json({"letter": made.kind, "missing": made.missing, "verify": made.verify, "sent": sent,
                           "event": entered and entered.id, "sha256": entered and entered.told["sha256"],
                           "file": out and str(out), "text": made.text})  # fmt: skip
        return
    screen = output.console()
    if out is None and entered is None:
        screen.print(output.safe(made.text))
    for one in made.missing:
        screen.print(Text.assemble(("missing  ", "bold red"), one))
    for one in made.verify:
        screen.print(Text.assemble(("verify with counsel  ", "yellow"), one))
    if out is not None:
        screen.print(Text(f"Written: {out}{'' if entered else ' (a draft)' if made.missing or made.verify else ''}"))
    if sent:
        screen.print(Text("Entered: the request is answered with this letter.", style="bold green"))
    elif entered is not None:
        screen.print(Text("Kept in the request's file.", style="bold"))
    elif not made.missing:
        hint = "Nothing is missing. Keep it with --enter; an answer that went out, with --send DATE."
        screen.print(Text(hint, style="dim"))


def _templates(folder: Path | None) -> None:
    from social_archive.archive import default_agency
    from social_archive.config import load_agency
    from social_archive.foia.letters import typeset

    load_environment()
    agency = load_agency(default_agency())
    if folder is not None:
        copied = typeset.copy(agency, folder)
        if settings.as_json:
            output.print_json({"copied": [str(path) for path in copied]})
            return
        used = f"Those in {agency.folder / typeset.OWN} are used; what you delete there is ours again."
        output.console().print(Text(f"{output.plural(len(copied), 'template')} written to {folder}. {used}"))
        return
    found = typeset.templates(agency)
    own = {name: typeset.is_own(agency, path) for name, path in found.items()}
    if settings.as_json:
        output.print_json({"templates": [{"name": name, "own": own[name]} for name in found]})
        return
    made = output.table("template", "whose", "what it says")
    for name, path in found.items():
        head = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("//").strip().partition("   ")[0]
        made.add_row(name, Text("yours" if own[name] else "ours", style="green" if own[name] else "dim"),
                     output.safe(head, limit=90))  # fmt: skip
    output.console().print(made)
    output.console().print(Text("Edit one: archive foia letter templates --copy DIR", style="dim"))
