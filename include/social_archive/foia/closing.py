"""The end of a request: its file is closed, what it held is let go, and the clock of its own retention begins.

Closing is one event. What follows from it can be repeated at any time and is done once: the hold on the records that it
asked for is lifted, and everything that belongs to the request moves to the cohort of the month of its closing. Events
find their object by its SHA-256, so the file reads the same before, during and after. When that cohort is due it is
proposed, approved by two people and certified like any other; then only what the ledger says is left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, Literal

from social_archive import rewrite
from social_archive.crash import crash_point
from social_archive.errors import NotFound
from social_archive.foia import periods, request_file, requests
from social_archive.foia.request_file import KIND, RequestFile, RequestRefused
from social_archive.foia.requests import Request
from social_archive.record import micros
from social_archive.retention import answers, holds
from social_archive.rewrite import Copied, SourcesChanged
from social_archive.series import Cohort, Facts

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.catalog import CatalogObject

Reason = Literal["answered", "withdrawn", "no_reply", "not_narrowed", "not_paid", "duplicate", "not_ours"]

REASONS: Final[dict[Reason, str]] = {
    "answered": "answered",
    "withdrawn": "withdrawn by the requester",
    "no_reply": "no reply to what the requester was asked",
    "not_narrowed": "the requester did not narrow it",
    "not_paid": "the fee was not paid",
    "duplicate": "the same request is answered under another number",
    "not_ours": "for another public body, to which the requester was sent",
}

LIFTED: Final = "The request for which it was placed is closed."
_EACH: Final = 200
"""Objects that move with one entry of the ledger."""


@dataclass(frozen=True)
class Completed:
    """What following up a closing did this time. `moved`: objects; `left`: old versions that the store still keeps (a
    lock of theirs has not ended; the audit removes them); `waiting`: objects that a disposal has claimed."""

    lifted: int = 0
    moved: int = 0
    left: int = 0
    waiting: int = 0


@dataclass(frozen=True)
class Destroyed:
    """Under which disposal the file of a request was destroyed. `certificate` None: it is pending."""

    disposal: str
    certificate: str | None

    @property
    def sentence(self) -> str:
        if self.certificate is None:
            return f"Destroyed on schedule under disposal {self.disposal}; its certificate is pending."
        return f"Destroyed on schedule under certificate {self.certificate}."


# --------------------------------------------------------------------------- closing


def close(
    archive: Archive, reference: str, *, reason: Reason, by: str, via: str, text: str = "", on: date | None = None,
    id: str | None = None,
) -> Request:  # fmt: skip
    """Close a request, and do what follows. A second call for a closed one completes what the first began.

    Any reason but `answered` needs a sentence, which is kept in the file. Raises RequestRefused: nothing was written.
    """
    if reason not in REASONS:
        raise RequestRefused("There is no such reason to close a request.", remedy=f"One of {', '.join(REASONS)}.")
    archive.catalog.catch_up()
    requests.require_officer(archive, by)
    file = request_file.read(archive, reference)
    closed = file.last("closed")
    if closed is None:
        day = requests.day(archive, on)
        requests.require_after_receipt(file, day)
        said = requests.words(text, optional=reason == "answered")
        request_file.append(
            archive, file.id, "closed", by=by, via=via, told={"reason": reason, "on": day.isoformat()},
            details={"text": said}, id=id, check=lambda now: _may_close(now, reason),
        )  # fmt: skip
    elif (closed.told["reason"], closed.by) != (reason, by):
        raise RequestRefused(f"Request {file.number} is closed already: {REASONS[closed.told['reason']]}.",
                             remedy=f"`archive foia show {file.number}` says by whom.")  # fmt: skip
    complete(archive, file.id)
    return requests.load(archive, file.id)


def _may_close(file: RequestFile, reason: Reason) -> None:
    requests.require_open(file)
    if reason == "answered" and file.last("answered") is None:
        raise RequestRefused(
            "This request has not been answered.",
            remedy="Send the letter first (`archive foia letter`), or give another reason.",
        )


def reviewable_until(archive: Archive, request: Request) -> date | None:
    """Until when the requester may ask the authority to review a denial; None if nothing was denied, or no law says so.

    Closing lifts the hold on the records: whoever closes earlier should know.
    """
    answered, law = request.file.last("answered"), periods.law_of(archive, request.received)
    if (
        answered is None
        or law is None
        or law.review.days is None
        or answered.told.get("outcome") in ("granted", "none")
    ):
        return None
    sent = answered.told.get("sent")
    return (date.fromisoformat(sent) if sent else answered.time.date()) + timedelta(days=law.review.days)


# --------------------------------------------------------------------------- what follows


def settle(archive: Archive) -> Completed:
    """`complete` every closed request: what a killed run left behind, and what another schedule puts elsewhere."""
    archive.catalog.catch_up()
    done = [_complete(archive, file) for file in request_file.every(archive) if file.closed and not file.gone]
    return Completed(*(sum(getattr(one, name) for one in done) for name in ("lifted", "moved", "left", "waiting")))


def complete(archive: Archive, reference: str) -> Completed:
    """Lift the hold of a closed request and move its file to the cohort of its closing. Idempotent.

    Raises RequestRefused for an open one.
    """
    archive.catalog.catch_up()
    file = request_file.read(archive, reference)
    if not file.closed:
        raise RequestRefused(f"Request {file.number} is open.", remedy="Close it first: `archive foia close`.")
    return Completed() if file.gone else _complete(archive, file)


def _complete(archive: Archive, file: RequestFile) -> Completed:
    lifted = _lift(archive, file)
    crash_point("request-closing-lifted")
    cohort = cohort_of(archive, file)
    stray = [
        o for o in request_file.objects_of(archive, file) if (o.series, o.cutoff) != (cohort.series, cohort.cutoff)
    ]
    claimed = archive.catalog.gone.claimed([o.key for o in stray])
    moving = [o for o in stray if o.key not in claimed]
    done = Completed(lifted=lifted, waiting=len(claimed))
    for start in range(0, len(moving), _EACH):
        done = _move(archive, moving[start : start + _EACH], cohort, done)
    return done


def cohort_of(archive: Archive, file: RequestFile) -> Cohort:
    """Where the file of a closed request belongs: counted from the entry that closed it, whatever its item's trigger.

    It was no finished record before, so an item that counts from the creation counts from then, too.
    """
    closed = file.last("closed")
    assert closed is not None
    at = micros(closed.time)
    return archive.schedule.assign(Facts("", "", KIND, at, request_closed=at)).cohort


def _move(archive: Archive, objects: list[CatalogObject], cohort: Cohort, done: Completed) -> Completed:
    copies = [Copied(o, f"{request_file.AREAS[o.cls]}series={cohort.series}/cutoff={cohort.cutoff}/",
                     cohort.retain_until) for o in objects]  # fmt: skip
    try:
        made = rewrite.rewrite(archive, (), (), why="settle", copies=copies)
    except SourcesChanged:  # another run was faster, or a disposal claimed them meanwhile
        return Completed(done.lifted, done.moved, done.left, done.waiting + len(objects))
    return Completed(done.lifted, done.moved + len(objects), done.left + made.left, done.waiting)


def holds_of(file: RequestFile) -> list[str]:
    """The ids of the holds that were placed for what a request asked for."""
    found = [hold for event in file.all("searched") for hold in (event.told.get("hold"), *event.told.get("holds", ()))]
    return list(dict.fromkeys(hold for hold in found if hold))


def _lift(archive: Archive, file: RequestFile) -> int:
    closed = file.last("closed")
    assert closed is not None
    lifted = 0
    for hold in _in_force(archive, file):
        via: holds.Via = "airflow" if closed.via == "airflow" else "cli"
        holds.lift(archive, hold.id, by=closed.by, via=via, reason=LIFTED)
        lifted += 1
    return lifted


def _in_force(archive: Archive, file: RequestFile) -> Iterator[holds.Hold]:
    for id in holds_of(file):
        try:
            hold = holds.find(archive, id)
        except NotFound:  # the search was frozen by a run that was killed before it placed its hold
            continue
        if hold.in_force:
            yield hold


# --------------------------------------------------------------------------- what is left


def destroyed(archive: Archive, file: RequestFile) -> Destroyed | None:
    """Under which disposal the file of a request was destroyed; None if it is still there. Reads the ledger."""
    if not file.gone:
        return None
    first = file.events[0]
    for described in archive.ledger.read(first.n).header["objects"]:
        gone = archive.catalog.gone.get(archive.catalog.gone.current(described["key"]))
        if described["sha256"] == first.sha256 and gone is not None and gone.disposal:
            return Destroyed(gone.disposal, answers.certificates(archive).get(gone.disposal))
    return None
