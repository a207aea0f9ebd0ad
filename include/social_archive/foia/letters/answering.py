"""A letter that becomes part of a request's file, and the one that answers the request.

`enter` keeps what was written; `answer` says that it went out. Neither sends anything: a person does that.
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from social_archive.foia import request_file
from social_archive.foia.letters import denied
from social_archive.foia.letters.model import KINDS, Letter, Outcome
from social_archive.foia.request_file import Attachment, Event, RequestFile, RequestRefused
from social_archive.foia.requests import require_open, today

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.foia.requests import Request

PDF: Final = "letter.pdf"
TEXT: Final = "letter.txt"
PUBLIC: Final = "letter-public.pdf"
"""The names of the attachments of an event `letter`. `PUBLIC`: a denial's copy for the file that anybody may see."""


def enter(archive: Archive, request: Request, letter: Letter, *, by: str, via: str, id: str | None = None) -> Event:
    """Keep a letter in the request's file, also one that still lacks something: then it cannot be the answer."""
    files = [Attachment(PDF, "application/pdf", letter.pdf), Attachment(TEXT, "text/plain", letter.text.encode())]
    if letter.public is not None:
        files.append(Attachment(PUBLIC, "application/pdf", letter.public))
    return request_file.append(
        archive, request.id, "letter", by=by, via=via, id=id, files=files, check=require_open,
        told={"letter": letter.kind, "sha256": hashlib.sha256(letter.pdf).hexdigest(), "missing": len(letter.missing),
              "plan": letter.data.get("plan")},
        details={"data": letter.data, "missing": list(letter.missing), "verify": list(letter.verify)},
    )  # fmt: skip


def answer(
    archive: Archive, request: Request, *, outcome: Outcome, letter: Event, by: str, via: str, sent: date,
    id: str | None = None,
) -> Event:  # fmt: skip
    """Say that the request was answered: this letter went out on this day. Raises RequestRefused: nothing was written.

    What the ledger keeps of a denial (codes, types of record, counts) outlives the request: the central file of denials
    still has it when the request itself was destroyed on schedule.
    """
    kind = str(letter.told["letter"])
    if letter.what != "letter" or letter.request != request.id:
        raise RequestRefused("This is no letter of this request.")
    if KINDS[kind].outcome != outcome:
        said = KINDS[kind].outcome
        raise RequestRefused(f"A letter {kind!r} does not say {outcome!r}.",
                             remedy=f"It says {said!r}." if said else "It is no answer.")  # fmt: skip
    if missing := letter.details.get("missing"):
        raise RequestRefused(f"This letter cannot be sent. Missing: {'; '.join(missing)}.",
                             remedy="Complete what is named, and write the letter again.")  # fmt: skip
    if not request.received <= sent <= today(archive):
        raise RequestRefused("An answer goes out after its request came, and is entered when it has gone.",
                             remedy="Give the day on which it went out.")  # fmt: skip
    denials = letter.details.get("data", {}).get("denials", [])
    told = {"outcome": outcome, "letter": letter.id, "sha256": letter.told["sha256"], "sent": sent.isoformat(),
            "denials": denied.told(denials)}  # fmt: skip

    def check(file: RequestFile) -> None:
        require_open(file)
        if all(event.id != letter.id for event in file.events):
            raise RequestRefused("This letter is not in the request's file.")
        _require_confirmed(file, letter.told.get("plan"))
        require_not_sent(file, letter.told["sha256"])

    return request_file.append(archive, request.id, "answered", by=by, via=via, id=id, told=told, check=check,
                               details={"outcome": outcome, "sent": sent.isoformat()})  # fmt: skip


def require_not_sent(file: RequestFile, sha256: str) -> None:
    """Raises RequestRefused for a letter that has answered the request already: the central file has each once."""
    if any(event.told["sha256"] == sha256 for event in file.all("answered")):
        raise RequestRefused(f"Request {file.number} was answered with this very letter. Nothing was written.",
                             remedy="Write another one if there is more to say.")  # fmt: skip


_REVIEW: Final = ("searched", "disposition", "undone", "redone", "confirmed")


def _require_confirmed(file: RequestFile, plan: str | None) -> None:
    """A letter that tells of a review goes out only while that very review stands, seen by a second person."""
    if not _is_confirmed(file, plan):
        raise RequestRefused("The review that this letter tells of is not confirmed, or was changed since.",
                             remedy="Have it confirmed, and write the letter again.")  # fmt: skip


def _is_confirmed(file: RequestFile, plan: str | None) -> bool:
    """Also true of a letter that tells of no review."""
    last = file.last(*_REVIEW)
    return plan is None or (last is not None and last.what == "confirmed" and last.told.get("plan") == plan)


def answer_letter(file: RequestFile) -> bytes | None:
    """The PDF of `answering_letter`, for the bundle."""
    event = answering_letter(file)
    return None if event is None else attached(event, PDF)


def answering_letter(file: RequestFile) -> Event | None:
    """The last complete letter that answers a request. One that tells of a review which is not the confirmed one (any
    more) is none."""
    for event in reversed(file.all("letter")):
        answers = KINDS[event.told["letter"]].outcome is not None and not event.gone and not event.details["missing"]
        if answers and _is_confirmed(file, event.told.get("plan")):
            return event
    return None


def attached(event: Event, name: str) -> bytes | None:
    return next((one.body for one in event.attachments if one.name == name), None)


def letters(file: RequestFile) -> list[dict[str, Any]]:
    """The letters of a request, oldest first, for a list."""
    return [{"event": event.id, "letter": event.told["letter"], "date": event.details.get("data", {}).get("date"),
             "by": event.by, "missing": event.told["missing"]} for event in file.all("letter")]  # fmt: skip
