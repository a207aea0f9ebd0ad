"""The clock of one request: what lengthens it, what pauses it, and the date that follows from all that happened.

More time is had in two ways only: the body extends the period itself, once, in time, for a reason that the law names;
or the requester agrees in writing. Whether a question to the requester pauses the clock, the law's data say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from social_archive.errors import ConfigError
from social_archive.foia import request_file, requests
from social_archive.foia.clock import Asked, Clock, Due, Facts, Step, deadline
from social_archive.foia.request_file import Attachment, Event, RequestFile, RequestRefused
from social_archive.foia.requests import Request
from social_archive.law import find_pack
from social_archive.law_foia import LAW_FILE, FoiaLaw, load_foia_law

if TYPE_CHECKING:
    from social_archive.archive import Archive


# --------------------------------------------------------------------------- the date


@dataclass
class Laws:
    """The law on requests on any day, each day's read once. For whoever asks about many requests."""

    archive: Archive
    _known: dict[date, FoiaLaw | None] = field(default_factory=dict)

    def on(self, day: date) -> FoiaLaw | None:
        if day not in self._known:
            self._known[day] = law_of(self.archive, day)
        return self._known[day]


def law_of(archive: Archive, day: date) -> FoiaLaw | None:
    """The law on requests as it stood on a day; None if the jurisdiction's is not written down. Raises ConfigError for
    one that is wrong."""
    return None if find_pack(archive.agency, LAW_FILE) is None else load_foia_law(archive.agency, day)


def deadline_of(archive: Archive, request: Request, laws: Laws | None = None) -> Due | None:
    """By when a request must be answered, with every step that led there; None if no law is written down.

    By the law of the day of its receipt, from what the events of its file say. A destroyed file's notes suffice.
    """
    law = (laws or Laws(archive)).on(request.received)
    if law is None or request.kind not in law.kinds:
        return None
    return _promised(request, deadline(Clock.of(law), facts(request)))


def facts(request: Request) -> Facts:
    """What the clock needs to know, out of the events of a request."""
    file = request.file
    agreed, sent = file.last("agreed"), _sent(file)
    return Facts(
        received=request.received, kind=request.kind, extended=_extended(request) is not None,
        agreed=_day(agreed.told["until"]) if agreed else None, asked=_asked(file), sent=sent,
        amended=_amended(file, sent),
    )  # fmt: skip


def _day(told: str) -> date:
    return date.fromisoformat(told)


def _extended(request: Request) -> Event | None:
    """The extension, if the request is still of the kind that was extended: each kind has a period of its own."""
    extended = request.file.last("extended")
    return extended if extended is not None and extended.told["kind"] == request.kind else None


def _sent(file: RequestFile) -> date | None:
    """When the requester was told of the kind of this request, as the last classification has it."""
    last = file.last("classified")
    told = [e.told["notified"] for e in file.all("classified")
            if "notified" in e.told and last is not None and e.told["kind"] == last.told["kind"]]  # fmt: skip
    return _day(told[-1]) if told else None


def _amended(file: RequestFile, sent: date | None) -> date | None:
    """The requester's first answer after that."""
    if sent is None:
        return None
    return min((day for e in file.all("clarified") if (day := _day(e.told["on"])) >= sent), default=None)


def _asked(file: RequestFile) -> tuple[Asked, ...]:
    """Each question with its answer; the last one may be open."""
    found: list[Asked] = []
    for event in file.all("asked", "clarified"):
        day = _day(event.told["on"])
        if event.what == "asked":
            found.append(Asked(day))
        elif found and found[-1].answered is None:
            found[-1] = replace(found[-1], answered=day)
    return tuple(found)


def _promised(request: Request, due: Due) -> Due:
    """What people promised each other: the day that the notice of extension named, if it is earlier than the law's; and
    a day that was agreed on stands, whatever is asked meanwhile."""
    extended = _extended(request)
    if request.file.last("agreed") is not None:
        return replace(due, paused_since=None)
    if extended is None:
        return due
    until = _day(extended.told["until"])
    if until >= due.safe:
        return due
    step = Step("The date that the notice of extension promises", until, until, "")
    return replace(due, date=min(until, due.date), safe=until, steps=(*due.steps, step))


# --------------------------------------------------------------------------- more time


def extend(
    archive: Archive, reference: str, reasons: Sequence[str], *, by: str, via: str, until: date | None = None,
    on: date | None = None, text: str = "", files: Sequence[Attachment] = (), id: str | None = None,
) -> Request:  # fmt: skip
    """Extend the period for reasons that the law names (by their codes), by the notice of the day `on`.

    Once, in time, no longer than the law; `until` is the date that the notice gives, if it is an earlier one. Raises
    RequestRefused: nothing was written.
    """
    requests.require_officer(archive, by)
    request = requests.load(archive, reference)
    law, day = load_foia_law(archive.agency, request.received), requests.day(archive, on)
    requests.require_after_receipt(request.file, day)
    named = _named(law, reasons)
    said = requests.words(text, optional=True)

    def check(now: RequestFile) -> None:
        requests.require_unanswered(now)
        _require_extendable(law, requests.of_file(now), day)

    check(request.file)
    longest = deadline(Clock.of(law), replace(facts(request), extended=True))
    chosen = until or longest.safe
    before = deadline(Clock.of(law), facts(request))
    if not before.safe < chosen <= longest.date:
        raise RequestRefused(f"The law lets this period end on {longest.safe} at the latest"
                             f"{f' ({longest.date} if every holiday counts)' if longest.is_disputed else ''}.",
                             remedy="Leave out --until, or agree on a longer period in writing.")  # fmt: skip
    told = {"reasons": list(named), "on": day.isoformat(), "until": chosen.isoformat(), "kind": request.kind}
    request_file.append(archive, request.id, "extended", by=by, via=via, told=told, files=files, id=id, check=check,
                        details={"reasons": named, "text": said})  # fmt: skip
    return requests.load(archive, request.id)


def _named(law: FoiaLaw, reasons: Sequence[str]) -> dict[str, str]:
    """code -> what the law says, in the law's order. Raises RequestRefused for none, or one that it does not know."""
    allowed = ", ".join(one.code for one in law.extension.reasons)
    remedy = f"The law allows {allowed}: `archive foia extend --reasons` prints them." if allowed else ""
    found = [law.extension.reason(code) for code in reasons]
    if not found or None in found:
        raise RequestRefused("An extension needs a reason that the law names." if not found
                             else "The law does not name this reason for an extension.", remedy=remedy)  # fmt: skip
    codes = {one.code for one in found if one is not None}
    return {one.code: one.text for one in law.extension.reasons if one.code in codes}


def _require_extendable(law: FoiaLaw, request: Request, day: date) -> None:
    if _extended(request) is not None:
        raise RequestRefused(
            f"The period of request {request.number} was extended already; the law allows it once.",
            remedy="A longer period can be agreed on in writing: `archive foia agree`.",
        )
    try:
        kind = law.kind(request.kind)
    except ConfigError as error:
        raise RequestRefused(str(error)) from None
    if kind.extension_days is None:
        raise RequestRefused(
            f"The law gives no extension for {request.kind} requests.",
            remedy="A longer period can be agreed on in writing: `archive foia agree`.",
        )
    first = deadline(Clock.of(law), replace(facts(request), agreed=None))
    if first.owed == "notice":
        raise RequestRefused(
            "The requester must first be told how this request is treated.",
            remedy=f"Then: archive foia classify {request.number} {request.kind} --notified DAY",
        )
    last = min(first.date, first.notice.date) if request.kind == "ordinary" and first.notice else first.date
    if day > last:
        raise RequestRefused(
            f"The notice of an extension had to be given by {last}. Nothing was written.",
            remedy="Answer now, or agree on a longer period in writing: `archive foia agree`.",
        )


def agree(
    archive: Archive, reference: str, until: date, *, by: str, via: str, files: Sequence[Attachment],
    on: date | None = None, text: str = "", id: str | None = None,
) -> Request:  # fmt: skip
    """Enter that the requester agreed in writing to a longer period. `files`: that writing; there must be one."""
    if not files:
        raise RequestRefused("A longer period must be agreed on in writing.",
                             remedy="Add the requester's letter or message: --file agreement.eml")  # fmt: skip
    requests.require_officer(archive, by)
    request = requests.load(archive, reference)
    day, said = requests.day(archive, on), requests.words(text, optional=True)
    requests.require_after_receipt(request.file, day)

    def check(now: RequestFile) -> None:
        requests.require_unanswered(now)
        due = deadline_of(archive, requests.of_file(now))
        if due is not None and until <= due.safe:
            raise RequestRefused(f"This is no longer period: the answer is due on {due.safe} as it is.")

    check(request.file)
    told = {"on": day.isoformat(), "until": until.isoformat()}
    request_file.append(archive, request.id, "agreed", by=by, via=via, told=told, details={"text": said}, files=files,
                        id=id, check=check)  # fmt: skip
    return requests.load(archive, request.id)


# --------------------------------------------------------------------------- a question to the requester


def ask(
    archive: Archive, reference: str, text: str, *, by: str, via: str, on: date | None = None,
    files: Sequence[Attachment] = (), id: str | None = None,
) -> Request:  # fmt: skip
    """Ask the requester what is meant. The law's data say whether the clock waits meanwhile."""
    return _question(archive, reference, "asked", text, by, via, on, files, id)


def clarified(
    archive: Archive, reference: str, text: str, *, by: str, via: str, on: date | None = None,
    files: Sequence[Attachment] = (), id: str | None = None,
) -> Request:  # fmt: skip
    """What the requester answered. Also without a question: a requester may narrow a request at any time."""
    return _question(archive, reference, "clarified", text, by, via, on, files, id)


def _question(
    archive: Archive, reference: str, what: str, text: str, by: str, via: str, on: date | None,
    files: Sequence[Attachment], id: str | None,
) -> Request:  # fmt: skip
    requests.require_officer(archive, by)
    request, day = requests.load(archive, reference), requests.day(archive, on)
    requests.require_after_receipt(request.file, day)
    said = requests.words(text, optional=bool(files))

    def check(now: RequestFile) -> None:
        requests.require_unanswered(now)
        last = now.last("asked", "clarified")
        if last is not None and day < _day(last.told["on"]):
            raise RequestRefused(f"This lies before the last question or answer, of {last.told['on']}.")
        if what == "asked" and last is not None and last.what == "asked":
            raise RequestRefused("A question to the requester is open already.",
                                 remedy="Enter the answer first: `archive foia clarified`.")  # fmt: skip

    details: dict[str, Any] = {"text": said}
    request_file.append(archive, request.id, what, by=by, via=via, told={"on": day.isoformat()}, details=details,
                        files=files, id=id, check=check)  # fmt: skip
    return requests.load(archive, request.id)
