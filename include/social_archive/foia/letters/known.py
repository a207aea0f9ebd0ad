"""What the file of a request and the law's clock say already, so that nobody types it twice, or wrongly.

What a person gives goes before it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from social_archive.foia import periods
from social_archive.foia.clock import Clock, WrongDays, deadline
from social_archive.foia.letters.facts import Facts, as_date, written

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.foia.periods import Laws
    from social_archive.foia.requests import Request
    from social_archive.law_foia import FoiaLaw


def completed(archive: Archive, request: Request, kind: str, facts: Facts, laws: Laws) -> dict[str, Any]:
    """The facts that were given, and for those that were not, what is known."""
    law = laws.on(request.received)
    day = as_date(facts.get("date"), "date")
    known: dict[str, Any] = {} if law is None else dict(_dates(archive, request, kind, day, laws))
    known |= _written(request, kind, law)
    return {**known, **{name: value for name, value in facts.items() if value not in (None, "", [])}}


# --------------------------------------------------------------------------- the clock


def _dates(archive: Archive, request: Request, kind: str, day: date, laws: Laws) -> dict[str, date]:
    """`due`, and what a letter of this kind announces. The safe dates: an answer by them is never late."""
    law, now = laws.on(request.received), periods.deadline_of(archive, request, laws)
    if law is None or now is None:
        return {}
    clock, happened = Clock.of(law), periods.facts(request)
    if kind == "extension":
        before = replace(happened, extended=False, agreed=None)
        longer = before != happened or law.kind(request.kind).extension_days is not None
        until = now if before != happened else _extended(clock, replace(happened, extended=True)) if longer else None
        return {"due": deadline(clock, before).safe, **({"until": until.safe} if until is not None else {})}
    if kind == "voluminous" and now.owed == "notice" and day >= request.received:
        first = clock.answered_notice(now, day)
        wait = first.steps[len(now.steps)]  # until when it may be amended: to the requester the later reading
        return {"due": first.safe, "amend_by": wait.date}
    return {"due": now.safe}


def _extended(clock: Clock, happened: Any) -> Any:
    try:
        return deadline(clock, happened)
    except WrongDays:
        return None


# --------------------------------------------------------------------------- what was entered before


def _written(request: Request, kind: str, law: FoiaLaw | None) -> dict[str, Any]:
    file = request.file
    if kind == "extension":
        last = file.last("extended", "agreed")
        if last is None:
            return {}
        return {"agreed": "yes"} if last.what == "agreed" else {"reason": list(last.told["reasons"])}
    if kind == "clarification":
        asked = file.last("asked")
        return {"question": [asked.details["text"]]} if asked is not None and asked.details.get("text") else {}
    if kind == "fees":
        return _fees(request, law.fees.currency if law is not None else "")
    if kind == "burdensome":
        return _conferred(request)
    if kind in ("commercial", "recurrent", "voluminous") and request.kind == kind and request.kind_reason:
        return {"reason": [request.kind_reason]}
    return {}


def _fees(request: Request, currency: str) -> dict[str, Any]:
    fees = request.file.last("fees")
    if fees is None:
        return {}
    lines = [{**line, "amount": f"{currency}{line['amount']}"} for line in fees.details.get("lines", [])]
    return {"fees": lines, "total": f"{currency}{fees.told['total']}"}


def _conferred(request: Request) -> dict[str, Any]:
    offers = [event for event in request.file.all("conferred") if event.told.get("step") == "offered"]
    if not offers:
        return {}
    said = f"On {_day(offers[-1].told['on'])} we offered to confer with you"
    last = request.file.last("conferred")
    if last is None or last.told.get("step") != "answered":
        return {"conferred": f"{said}; we have had no answer."}
    return {"conferred": f"{said}; your answer of {_day(last.told['on'])} did not bring the request to a size that "
                         "we can manage."}  # fmt: skip


def _day(told: str) -> str:
    return written(date.fromisoformat(told))
