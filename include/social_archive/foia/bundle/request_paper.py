"""The request, word for word, with the notation of the day on which its period ends and how that day was found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final
from zoneinfo import ZoneInfo

from social_archive.documents import typesetting
from social_archive.foia.bundle.model import Contents, File
from social_archive.foia.bundle.pieces import pieces
from social_archive.foia.bundle.reading import moment
from social_archive.foia.clock import Due
from social_archive.law import VERIFY

PATH: Final = "2-request.pdf"
TEMPLATE: Final = "foia/request.typ"

_HOW: Final = {
    "form": "on the form", "email": "by e-mail", "mail": "by mail", "in_person": "in person", "fax": "by fax",
    "comment": "as a comment on one of the accounts", "other": "in another way",
}  # fmt: skip


def write(contents: Contents) -> Iterable[File]:
    """`2-request.pdf`."""
    yield File(PATH, typesetting.pdf(TEMPLATE, content(contents), at=contents.at))


def content(contents: Contents) -> dict[str, Any]:
    request, due = contents.request, contents.due
    receipt = request.file.events[0]
    entered = moment(receipt.time, ZoneInfo(contents.agency.body.time_zone))
    return {
        "title": f"Request {request.number}",
        "body": contents.agency.body.name,
        "number": request.number,
        "received": str(request.received),
        "due": str(due.date) if due else "not computed",
        "safe": str(due.safe) if due and due.is_disputed else "",
        "facts": [[label, pieces(value, ())] for label, value in [
            ("received", f"{request.received}, {_HOW.get(request.how, request.how)}"),
            ("entered by", f"{_person(contents, receipt.by)}, {' · '.join(entered)}"),
            ("kind", _kind(contents)),
        ] if value],
        "from": [[label, pieces(value, ())] for label, value in _requester(contents) if value],
        "steps": [[pieces(what, ()), day, pieces(under, ())] for what, day, under in _steps(contents, due)],
        "words": pieces(request.text, ()),
        "files": [[pieces(file.name, ()), file.mime] for file in receipt.attachments],
    }  # fmt: skip


def _requester(contents: Contents) -> Iterator[tuple[str, str | None]]:
    who = contents.request.requester
    yield from (("name", who.name), ("organisation", who.organisation), ("address", who.address),
                ("e-mail", who.email), ("telephone", who.phone))  # fmt: skip


def _kind(contents: Contents) -> str:
    request = contents.request
    return f"{request.kind}: {request.kind_reason}" if request.kind_reason else request.kind


def _person(contents: Contents, user: str) -> str:
    person = contents.agency.person(user)
    return f"{person.name}, {person.title}" if person else user


def _steps(contents: Contents, due: Due | None) -> Iterator[tuple[str, str, str]]:
    """How the day was found, so that anybody can count again: (what, day, under what)."""
    yield "The request was received.", str(contents.request.received), ""
    if due is None:
        yield "No law on requests is written down for this jurisdiction, so no day was computed.", "", ""
        return
    yield "The first day that counts.", str(due.day_one), contents.law.cite("first_day") if contents.law else ""
    for closed in due.skipped:
        yield f"Not counted: {closed.holiday.name}.", str(closed.day), closed.holiday.citation
    for closed in due.disputed:
        yield f"Somebody may see this day differently: {closed.holiday.name}.", str(closed.day), closed.holiday.citation
    for step in due.steps:
        days = str(step.date) if step.safe == step.date else f"{step.date}, safe {step.safe}"
        yield f"{step.what}.", days, step.citation if step.known else f"{step.citation} ({VERIFY})"
    if due.paused_since is not None:
        yield "The clock stands still until the requester answers a question.", str(due.paused_since), ""
    owed = "the answer is due" if due.owed == "answer" else "the notice of how it is treated is due"
    yield f"The period ends: {owed}.", str(due.date), due.citation
    if due.is_disputed:
        yield "The safe date: the end if no disputed day were a holiday.", str(due.safe), ""
