"""What a request is at this moment: the sum of the events of its file; and the receipt that begins it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, Literal
from zoneinfo import ZoneInfo

from social_archive.config import REQUEST_NUMBER
from social_archive.foia import request_file
from social_archive.foia.request_file import Attachment, Event, RequestFile, RequestRefused
from social_archive.record import new_rid

if TYPE_CHECKING:
    from social_archive.archive import Archive

Kind = Literal["ordinary", "commercial", "recurrent", "voluminous"]
KINDS: Final[tuple[Kind, ...]] = ("ordinary", "commercial", "recurrent", "voluminous")

How = Literal["form", "email", "mail", "in_person", "fax", "comment", "other"]
HOWS: Final[tuple[How, ...]] = ("form", "email", "mail", "in_person", "fax", "comment", "other")

Status = Literal["open", "waiting", "answered", "closed"]
"""`waiting`: for the requester, who was asked for a clarification; `answered`: the last letter has gone out."""

LONGEST: Final = 100_000
"""Characters of a request's own words."""


LONGEST_NOTE: Final = 20_000
"""Characters of a reason or a note."""


class NumberTaken(RequestRefused):
    """Another request has this number. Nothing was written."""


@dataclass(frozen=True)
class Requester:
    """Who asks, as he or she wrote it. Lies in the request's own object and nowhere else."""

    name: str = field(repr=False)
    email: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    organisation: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Incoming:
    """A request as it came. `received`: the day on which the body received it, on its own calendar. `text`: its words.

    `files`: the original and what came with it. `comment`: the record that it is, if it was a comment.
    """

    received: date
    how: How
    requester: Requester
    text: str = field(repr=False)
    files: tuple[Attachment, ...] = ()
    comment: str | None = None


@dataclass(frozen=True)
class Request:
    """One request as it stands now. Everything follows from `file`."""

    file: RequestFile
    received: date
    how: How
    requester: Requester
    text: str = field(repr=False)
    kind: Kind
    kind_reason: str
    status: Status
    comment: str | None = None

    @property
    def id(self) -> str:
        return self.file.id

    @property
    def number(self) -> str:
        return self.file.number


# --------------------------------------------------------------------------- asking


def load(archive: Archive, reference: str) -> Request:
    """A request by number or id. Raises NotFound."""
    return of_file(request_file.read(archive, reference))


def every(archive: Archive) -> list[Request]:
    """All requests in the order of their receipt, destroyed ones too, as far as the catalog has followed the ledger."""
    return [of_file(file) for file in request_file.every(archive)]


def of_file(file: RequestFile) -> Request:
    """The state that the events of a file add up to. Of one that was destroyed on schedule, what the ledger says."""
    first = file.events[0]
    told, details = first.told, first.details
    classified = file.last("classified")
    return Request(
        file=file, received=date.fromisoformat(told["received"]), how=told["how"],
        requester=Requester(**details.get("requester", {"name": ""})), text=details.get("text", ""),
        kind=classified.told["kind"] if classified else "ordinary",
        kind_reason=classified.details.get("reason", "") if classified else "", status=_status(file),
        comment=details.get("comment"),
    )  # fmt: skip


def _status(file: RequestFile) -> Status:
    if file.closed:
        return "closed"
    if file.last("answered") is not None:
        return "answered"
    waiting = file.last("asked", "clarified")
    return "waiting" if waiting is not None and waiting.what == "asked" else "open"


# --------------------------------------------------------------------------- receiving


def receive(
    archive: Archive, incoming: Incoming, *, by: str, via: str, number: str | None = None, id: str | None = None
) -> Request:
    """Open the file of a request. `id` (32 hex digits) makes a second call with it answer with the first one's.

    Raises RequestRefused: then nothing was written.
    """
    text, name = incoming.text.strip(), incoming.requester.name.strip()
    if not text or len(text) > LONGEST:
        raise RequestRefused(f"A request has between 1 and {LONGEST:,} characters.",
                             remedy="Enter what was asked for, word for word.")  # fmt: skip
    if incoming.how not in HOWS:
        raise RequestRefused("It must be said how it came.", remedy=f"One of {', '.join(HOWS)}.")
    if incoming.received > today(archive):
        raise RequestRefused("The day of receipt lies in the future.", remedy="Give the day on which it came.")
    if number is not None:
        _require_number(number)
    identity = id or new_rid()
    archive.catalog.catch_up()
    requester = {k: v for k, v in vars(incoming.requester).items() if v is not None} | {"name": name}
    details = {"requester": requester, "text": text, "comment": incoming.comment}
    told = {"received": incoming.received.isoformat(), "how": incoming.how}
    while True:
        given = _next_number(archive) if number is None else number

        def still_free(given: str = given) -> None:
            if given in request_file.numbers(archive):
                raise NumberTaken(
                    f"There is a request {given} already.", remedy="Leave out the number for the next one."
                )

        try:
            event = request_file.append(
                archive, identity, request_file.RECEIVED, by=by, via=via, id=identity, files=incoming.files,
                told={"number": given, **told}, details=details, may=still_free,
            )  # fmt: skip
        except NumberTaken:
            if number is not None:
                raise
            continue  # somebody else received one at this moment
        return load(archive, event.request)


def today(archive: Archive) -> date:
    return datetime.now(ZoneInfo(archive.agency.body.time_zone)).date()


def day(archive: Archive, on: date | None) -> date:
    """The day on which something happened: as given, else today. Raises RequestRefused for one in the future."""
    now = today(archive)
    if on is not None and on > now:
        raise RequestRefused("This day lies in the future.", remedy="Enter it when it has happened.")
    return on or now


def words(text: str, *, optional: bool = False) -> str:
    """What somebody entered, without the space around it. Raises RequestRefused for nothing, or for a book."""
    said = text.strip()
    if (not said and not optional) or len(said) > LONGEST_NOTE:
        raise RequestRefused(f"What was said is missing (--text), or longer than {LONGEST_NOTE:,} characters.",
                             remedy="Say it in a few sentences; add longer papers as files.")  # fmt: skip
    return said


def _require_number(number: str) -> None:
    if not REQUEST_NUMBER.fullmatch(number):
        raise RequestRefused(
            "A request's number has 1 to 40 letters, digits, dots, hyphens and underscores, begins with a letter or a "
            "digit and does not end in a dot. Nothing was written.",
            remedy="Give another one, as 2026-014, or leave it out for the next one.",
        )


def _next_number(archive: Archive) -> str:
    pattern, year = archive.agency.foia.number, today(archive).year
    taken = set(request_file.numbers(archive))
    n = 1
    while (number := pattern.format(year=year, n=n)) in taken:
        n += 1
    _require_number(number)
    return number


def require_open(file: RequestFile) -> None:
    """For `append(check=…)`: raises RequestRefused for a request that is closed."""
    if file.closed:
        raise RequestRefused(f"Request {file.number} is closed. Nothing was written.")


def require_officer(archive: Archive, by: str) -> None:
    """Who keeps the files of requests is one of `foia.officers`, if any are named. Raises RequestRefused."""
    officers = archive.agency.foia.officers
    if officers and by.strip() not in officers:
        raise RequestRefused(
            "Only a FOIA officer does this. Nothing was written.",
            remedy=f"agency.yaml names them under `foia.officers`: {', '.join(officers)}.",
        )


def require_unanswered(file: RequestFile) -> None:
    """For `append(check=…)`: raises RequestRefused for a request that is answered or closed."""
    require_open(file)
    if file.last("answered") is not None:
        raise RequestRefused(f"Request {file.number} has been answered. Nothing was written.")


def require_after_receipt(file: RequestFile, day: date) -> None:
    """Nothing happens to a request before it is there. Raises RequestRefused."""
    received = date.fromisoformat(file.events[0].told["received"])
    if day < received:
        raise RequestRefused(f"This day lies before the receipt of the request, {received}.")


def events(request: Request, *whats: str) -> Sequence[Event]:
    return request.file.all(*whats)


def detail(event: Event | None, name: str) -> Any:
    """A detail of an event; None if there is no such event, or it was destroyed."""
    return None if event is None else event.details.get(name)
