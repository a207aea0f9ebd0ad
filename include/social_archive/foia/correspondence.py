"""What is written in the course of a request, besides the letters: notes of calls and mails, fees, an offer to confer.

The file of a request holds four things: the request itself, the answer, what was written with the requester, and what
was written with others about it. `artefacts` says which of them are there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, Literal

from social_archive.foia import request_file, requests
from social_archive.foia.request_file import Attachment, Event, RequestFile, RequestRefused
from social_archive.foia.requests import Request

if TYPE_CHECKING:
    from social_archive.archive import Archive

Whom = Literal["requester", "other"]
WHOM: Final[tuple[Whom, ...]] = ("requester", "other")
Direction = Literal["in", "out"]
DIRECTIONS: Final[tuple[Direction, ...]] = ("in", "out")
Step = Literal["offered", "answered"]


# --------------------------------------------------------------------------- what is written


def note(
    archive: Archive, reference: str, text: str, *, whom: Whom, direction: Direction, by: str, via: str,
    on: date | None = None, files: Sequence[Attachment] = (), id: str | None = None,
) -> Request:  # fmt: skip
    """Keep a written communication, or the record of a spoken one. Also of a closed request: it may have a sequel."""
    if whom not in WHOM or direction not in DIRECTIONS:
        raise RequestRefused("It must be said with whom this was, and who wrote it.",
                             remedy="`requester` or `other`; `in` (to us) or `out` (from us).")  # fmt: skip
    file, day = request_file.read(archive, reference), requests.day(archive, on)
    requests.require_after_receipt(file, day)
    told = {"with": whom, "direction": direction, "on": day.isoformat()}
    details = {"text": requests.words(text, optional=bool(files))}
    return _append(archive, file, "communication", told, details, by, via, files, id, closed_too=True)


def offer_to_confer(
    archive: Archive, reference: str, text: str, *, by: str, via: str, on: date | None = None,
    files: Sequence[Attachment] = (), id: str | None = None,
) -> Request:  # fmt: skip
    """Offer the requester to narrow a request that would be an undue burden. Only before its answer."""
    return _confer(archive, reference, "offered", text, by, via, on, files, id)


def conferred(
    archive: Archive, reference: str, text: str, *, by: str, via: str, on: date | None = None,
    files: Sequence[Attachment] = (), id: str | None = None,
) -> Request:  # fmt: skip
    """What the requester said to the offer. Raises RequestRefused if nothing was offered."""
    return _confer(archive, reference, "answered", text, by, via, on, files, id)


def _confer(
    archive: Archive, reference: str, step: Step, text: str, by: str, via: str, on: date | None,
    files: Sequence[Attachment], id: str | None,
) -> Request:  # fmt: skip
    file, day = request_file.read(archive, reference), requests.day(archive, on)
    requests.require_after_receipt(file, day)

    def check(now: RequestFile) -> None:
        last = now.last("conferred")
        offered = last is not None and last.told["step"] == "offered"
        if step == "offered" and offered:
            raise RequestRefused("An offer to confer is open already.", remedy="Enter the requester's answer first.")
        if step == "answered" and not offered:
            raise RequestRefused("No offer to confer is open.", remedy="Enter the offer first: --offer.")

    told, details = {"step": step, "on": day.isoformat()}, {"text": requests.words(text)}
    return _append(archive, file, "conferred", told, details, by, via, files, id, check=check)


def estimate_fees(
    archive: Archive, reference: str, lines: Sequence[tuple[str, str]], *, by: str, via: str, on: date | None = None,
    id: str | None = None,
) -> Request:  # fmt: skip
    """Enter what an answer will cost: (for what, amount) of each line. A later estimate replaces an earlier one."""
    file, day = request_file.read(archive, reference), requests.day(archive, on)
    requests.require_after_receipt(file, day)
    amounts = [_amount(amount) for _, amount in lines]
    if not lines:
        raise RequestRefused("An estimate has at least one line.", remedy="--line 'What for' 1.50")
    told = {"total": str(sum(amounts, Decimal())), "on": day.isoformat()}
    named = [{"what": requests.words(what), "amount": str(amount)}
             for (what, _), amount in zip(lines, amounts, strict=True)]  # fmt: skip
    return _append(archive, file, "fees", told, {"lines": named}, by, via, (), id)


def _amount(text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0 or amount > 1_000_000:
        raise RequestRefused("An amount is a number such as 12.50.", remedy="Write --line 'Recording medium=4.50'.")
    return amount.quantize(Decimal("0.01"))


def _append(
    archive: Archive, file: RequestFile, what: str, told: dict[str, Any], details: dict[str, Any], by: str, via: str,
    files: Sequence[Attachment], id: str | None, *, check: Any = None, closed_too: bool = False,
) -> Request:  # fmt: skip
    if what != "communication":
        requests.require_officer(archive, by)

    def allowed(now: RequestFile) -> None:
        if not closed_too:
            requests.require_open(now)
        if check is not None:
            check(now)

    request_file.append(archive, file.id, what, by=by, via=via, told=told, details=details, files=files, id=id,
                        check=allowed)  # fmt: skip
    return requests.load(archive, file.id)


# --------------------------------------------------------------------------- the four things of a file

Name = Literal["request", "response", "requester", "others"]


@dataclass(frozen=True)
class Artefact:
    """One of the four. `state`: `there`; `due` (not yet, and it will have to be); `none` (there was nothing); `missing`
    (it must be there by now). `events`: what holds it. `remark`: what a person should know.
    """

    name: Name
    title: str
    state: Literal["there", "due", "none", "missing"]
    events: tuple[Event, ...]
    remark: str = ""


RESPONSES: Final = ("response", "partial_denial", "denial", "burdensome", "no_records", "disposed")
"""Kinds of letters that answer a request."""


def artefacts(request: Request) -> tuple[Artefact, ...]:
    """The four things that the file of a request must hold, in the order of the law. See its rule on receipt."""
    file = request.file
    with_requester = [e for e in file.events if _with_requester(e)]
    others = [e for e in file.all("communication") if e.told.get("with") == "other"]
    return (
        _original(file), _response(request),
        Artefact("requester", "Written communications with the requester", "there" if with_requester else "none",
                 tuple(with_requester)),
        Artefact("others", "Other communications", "there" if others else "none", tuple(others)),
    )  # fmt: skip


def _original(file: RequestFile) -> Artefact:
    first = file.events[0]
    title = "The original request"
    if file.gone:
        return Artefact("request", title, "none", (first,), "destroyed on schedule")
    if first.attachments:
        return Artefact("request", title, "there", (first,))
    if first.told["how"] == "comment":
        return Artefact("request", title, "there", (first,), "a comment; the record itself is in the archive")
    remark = "its words were entered by hand; if there is a paper or a message, add it with `archive foia note`"
    return Artefact("request", title, "there", (first,), remark)


def _response(request: Request) -> Artefact:
    title, file = "A copy of the response", request.file
    answered = file.last("answered")
    letters = [e for e in file.all("letter") if e.told.get("letter") in RESPONSES]
    if answered is not None:
        return Artefact("response", title, "there" if letters or file.gone else "missing", (*letters, answered))
    closed = file.last("closed")
    if closed is not None and closed.told.get("reason") != "answered":
        return Artefact("response", title, "none", (), "closed without an answer")
    return Artefact("response", title, "due", tuple(letters), "drafted, not sent" if letters else "")


def _with_requester(event: Event) -> bool:
    if event.what == "communication":
        return bool(event.told.get("with") == "requester")
    if event.what == "letter":
        return event.told.get("letter") not in RESPONSES
    return event.what in ("agreed", "asked", "clarified", "conferred")
