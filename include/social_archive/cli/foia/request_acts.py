"""What is done with a request between its receipt and its answer, one command each: `archive foia classify`, …"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from social_archive.cli import output
from social_archive.cli.foia.seen import By, Number, On, Seen, bytes_of, day_of
from social_archive.cli.settings import Json, load_environment, opened, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from social_archive.archive import Archive
    from social_archive.foia.request_file import Attachment
    from social_archive.foia.requests import Request

Files = Annotated[
    list[Path] | None, typer.Option("--file", metavar="FILE", help="A paper that belongs to it; may be repeated.")
]  # fmt: skip
Words = Annotated[str, typer.Option("--text", help="What was written or said.")]


def register(group: typer.Typer) -> None:
    commands: tuple[tuple[Callable[..., None], str], ...] = (
        (classify, "archive foia classify 2026-001 commercial --reason 'Wants to sell a list' --by records"),
        (extend, "archive foia extend --reasons   ·   archive foia extend 2026-001 --reason ii --by records"),
        (agree, "archive foia agree 2026-001 2026-12-18 --file their-mail.eml --by records"),
        (clarify, "archive foia clarify 2026-001 --text 'Which parking lot is meant?' --by records"),
        (clarified, "archive foia clarified 2026-001 --file their-mail.eml --by records"),
        (confer, "archive foia confer 2026-001 --text 'We offered to narrow it to one month' --by records   ·   "
                 "archive foia confer 2026-001 --answer --text 'May only' --by records"),
        (estimate, "archive foia estimate 2026-001 --line 'Recording medium=4.50' --by records"),
        (note, "archive foia note 2026-001 --with requester --out --text 'Told her by phone' --by records"),
        (close, "archive foia close 2026-001 --reason answered --by records"),
    )  # fmt: skip
    for command, example in commands:
        group.command(epilog=f"Examples:  {example}")(command)


# --------------------------------------------------------------------------- kind and time


def classify(
    number: Number,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="ordinary, commercial, recurrent or voluminous.")],
    reason: Annotated[str, typer.Option(help="Why. Kept in the file, not in the ledger.")],
    by: By,
    notified: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="When the requester was told of it.")
    ] = None,
    on: On = None, _json: Json = False,
) -> None:  # fmt: skip
    """Say what kind of request it is; its clock follows. The counts of the same requester are kept as evidence."""
    from social_archive.foia import classification

    _do(lambda archive: classification.classify(archive, number, kind, reason=reason, by=by, via="cli",  # type: ignore[arg-type]
                                                on=day_of(on), notified=day_of(notified)))  # fmt: skip


def extend(
    number: Annotated[str | None, typer.Argument(metavar="[NUMBER]", help="The request's number, or its id.")] = None,
    reason: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="A reason of the law, by its code; may be repeated.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="Your user name, as in agency.yaml.")] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="An earlier date, if you promise one.")
    ] = None,
    text: Annotated[str, typer.Option(help="What else the notice says.")] = "",
    reasons: Annotated[bool, typer.Option("--reasons", help="Print the reasons that the law allows.")] = False,
    file: Files = None, on: On = None, _json: Json = False,
) -> None:  # fmt: skip
    """Extend the period: once, in time, for reasons that the law names. `--on` is the day of the notice."""
    from social_archive.foia import periods

    if reasons:
        _print_reasons()
        return
    if number is None or by is None:
        raise typer.BadParameter("give the request's NUMBER and --by", param_hint="NUMBER")
    _do(lambda archive: periods.extend(archive, number, reason or [], by=by, via="cli", until=day_of(until),
                                       on=day_of(on), text=text, files=_files(file)))  # fmt: skip


def _print_reasons() -> None:
    from social_archive.archive import default_agency
    from social_archive.config import load_agency
    from social_archive.law_foia import load_foia_law

    load_environment()
    law = load_foia_law(load_agency(default_agency()))
    if settings.as_json:
        output.print_json({"reasons": [{"code": one.code, "text": one.text} for one in law.extension.reasons],
                           "citation": law.cite("extension.reasons")})  # fmt: skip
        return
    out = output.console()
    out.print(output.facts([(one.code, one.text) for one in law.extension.reasons]))
    out.print(Text(f"{law.title}   {law.cite('extension.reasons')}", style="dim"))


def agree(
    number: Number,
    until: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], metavar="DAY", help="The day agreed on.")],
    by: By, file: Files = None,
    text: Annotated[str, typer.Option(help="What was agreed.")] = "",
    on: On = None, _json: Json = False,
) -> None:  # fmt: skip
    """Enter that the requester agreed in writing to a longer period. That writing is kept: --file."""
    from social_archive.foia import periods

    _do(lambda archive: periods.agree(archive, number, until.date(), by=by, via="cli", files=_files(file),
                                      on=day_of(on), text=text))  # fmt: skip


# --------------------------------------------------------------------------- talking with the requester


def clarify(number: Number, text: Words, by: By, file: Files = None, on: On = None, _json: Json = False) -> None:
    """Ask the requester what is meant. Whether the clock waits meanwhile, the law says; `show` tells."""
    from social_archive.foia import periods

    _do(lambda archive: periods.ask(archive, number, text, by=by, via="cli", on=day_of(on), files=_files(file)))


def clarified(
    number: Number, by: By, text: Annotated[str, typer.Option(help="What was answered.")] = "", file: Files = None,
    on: On = None, _json: Json = False,
) -> None:  # fmt: skip
    """Enter what the requester answered, or how he or she narrowed the request."""
    from social_archive.foia import periods

    _do(lambda archive: periods.clarified(archive, number, text, by=by, via="cli", on=day_of(on), files=_files(file)))


def confer(
    number: Number, text: Words, by: By,
    answer: Annotated[bool, typer.Option("--offer/--answer", help="Our offer, or the requester's answer.")] = True,
    file: Files = None, on: On = None, _json: Json = False,
) -> None:  # fmt: skip
    """Offer to narrow a request that would be an undue burden; then enter what the requester said to it."""
    from social_archive.foia import correspondence

    said = correspondence.offer_to_confer if answer else correspondence.conferred
    _do(lambda archive: said(archive, number, text, by=by, via="cli", on=day_of(on), files=_files(file)))


def estimate(
    number: Number,
    line: Annotated[list[str], typer.Option(metavar="WHAT=AMOUNT", help="For what, and how much; may be repeated.")],
    by: By, on: On = None, _json: Json = False,
) -> None:  # fmt: skip
    """Enter an estimate of the fees. What may be charged: `archive foia fees --help`."""
    from social_archive.foia import correspondence

    parts = [one.rpartition("=") for one in line]
    lines = [(what, amount) for what, _, amount in parts]
    _do(lambda archive: correspondence.estimate_fees(archive, number, lines, by=by, via="cli", on=day_of(on)))


def note(
    number: Number, by: By,
    whom: Annotated[str, typer.Option("--with", help="requester, or other.")],
    came: Annotated[bool, typer.Option("--in/--out", help="Written to us, or by us.")],
    text: Annotated[str, typer.Option(help="What was written or said.")] = "", file: Files = None, on: On = None,
    _json: Json = False,
) -> None:  # fmt: skip
    """Keep a letter, a mail or the note of a call. Also for a closed request: it may have a sequel."""
    from social_archive.foia import correspondence

    _do(lambda archive: correspondence.note(archive, number, text, whom=whom, direction="in" if came else "out",  # type: ignore[arg-type]
                                            by=by, via="cli", on=day_of(on), files=_files(file)))  # fmt: skip


# --------------------------------------------------------------------------- its end


def close(
    number: Number,
    reason: Annotated[
        str, typer.Option(help="answered, withdrawn, no_reply, not_narrowed, not_paid, duplicate or not_ours.")
    ],
    by: By,
    text: Annotated[str, typer.Option(help="More about it; needed unless it was answered.")] = "",
    on: On = None, _json: Json = False,
) -> None:  # fmt: skip
    """Close a request: its hold is lifted, and the period of its own retention begins. Safe to repeat."""
    from social_archive.foia import closing, requests

    reviewable: list[date] = []

    def act(archive: Archive) -> Request:
        done = closing.close(archive, number, reason=reason, by=by, via="cli", text=text, on=day_of(on))  # type: ignore[arg-type]
        until = closing.reviewable_until(archive, done)
        if until is not None and until >= requests.today(archive):
            reviewable.append(until)
        return done

    _do(act)
    if reviewable and not settings.as_json:
        said = (
            f"The requester may ask for a review of the denial until {reviewable[0]}, and the hold on the records is "
        )
        output.console().print(Text(said + "lifted. Place another if you expect that: archive hold place", "yellow"))


# --------------------------------------------------------------------------- shared


def _do(act: Callable[[Archive], Request]) -> None:
    """Do it, and print what the request is then."""
    from social_archive.foia import history

    with opened(write=True) as archive:
        seen = Seen.of(archive, act(archive))
    if settings.as_json:
        output.print_json(seen.to_dict())
        return
    out = output.console()
    last = seen.request.file.events[-1]
    out.print(Text.assemble((f"Request {seen.request.number}   ", "bold"), history.sentence(last)))
    if seen.runs:
        out.print(seen.heading())


_MIMES = {".eml": "message/rfc822", ".txt": "text/plain", ".pdf": "application/pdf", ".json": "application/json"}


def _files(paths: Sequence[Path] | None) -> list[Attachment]:
    """Papers under the last part of their own name."""
    from social_archive.foia.request_file import Attachment

    return [Attachment(path.name, _MIMES.get(path.suffix.lower(), "application/octet-stream"), bytes_of(path))
            for path in paths or ()]  # fmt: skip
