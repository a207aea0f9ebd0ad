"""What happened to a request, in words, and what a person does next. From the ledger's notes and the file's events.

Everything said here is said of a destroyed file, too, as far as the ledger's notes hold it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from social_archive.foia.closing import REASONS
from social_archive.foia.request_file import Event
from social_archive.foia.requests import Request

_HOWS: Final = {
    "form": "through the form", "email": "by e-mail", "mail": "by mail", "in_person": "in person", "fax": "by fax",
    "comment": "as a comment", "other": "by other means",
}  # fmt: skip


def how(request: Request) -> str:
    """By what means it came."""
    return _HOWS[request.how]


def sentence(event: Event) -> str:
    """One event in a few words, without anybody's own words and without personal data."""
    told = event.told
    said = _SENTENCES.get(event.what)
    return said(told) if said else event.what.replace("_", " ").capitalize()


def _count(told: Mapping[str, Any], name: str, one: str) -> str:
    n = int(told.get(name) or 0)
    return f"{n:,} {one}{'' if n == 1 else 's'}"


def _communication(told: Mapping[str, Any]) -> str:
    whom = "the requester" if told.get("with") == "requester" else "others"
    return f"Communication {'from' if told.get('direction') == 'in' else 'to'} {whom}, {told.get('on', '')}"


def _classified(told: Mapping[str, Any]) -> str:
    notified = f"; the requester was told on {told['notified']}" if "notified" in told else ""
    return f"Classified as {told['kind']}{notified}"


def _totals(told: Mapping[str, Any]) -> str:
    """The figures of a review, where a note has them, as it is or under `totals`."""
    found = told.get("totals") if isinstance(told.get("totals"), dict) else told
    names = ("released", "redacted", "withheld", "disposed", "undecided")
    parts = [f"{found[name]:,} {name}" for name in names if found and found.get(name)]
    return f": {', '.join(parts)}" if parts else ""


_OUTCOMES: Final = {
    "granted": "granted", "partial": "granted in part", "denied": "denied", "none": "there are no records",
}  # fmt: skip
_ACTIONS: Final = {
    "release": "released", "withhold": "withheld", "restore": "shown again", "adopt": "as was determined before",
    "words": "words taken out", "term": "a term taken out of all", "kind": "a kind of words taken out of all",
    "person": "a person taken out of all", "media": "an attachment withheld",
    "media_seen": "an attachment let go after a look at it",
}  # fmt: skip


def _under(told: Mapping[str, Any]) -> str:
    """How many records a decision is about, and under which exemptions."""
    hits, codes = int(told.get("hits") or 0), told.get("codes") or ()
    return (f", {_count(told, 'hits', 'record')}" if hits else "") + (f"  {', '.join(codes)}" if codes else "")


_SENTENCES: Final[dict[str, Callable[[Mapping[str, Any]], str]]] = {
    "received": lambda t: f"Received on {t['received']} as {t['number']}",
    "classified": _classified,
    "extended": lambda t: f"Extended until {t['until']} by the notice of {t['on']}, reason {', '.join(t['reasons'])}",
    "agreed": lambda t: f"Agreed in writing on a longer period, until {t['until']}",
    "asked": lambda t: f"The requester was asked what is meant, {t['on']}",
    "clarified": lambda t: f"The requester said what is meant, {t['on']}",
    "conferred": lambda t: f"Conferring {'offered' if t['step'] == 'offered' else 'answered'}, {t['on']}",
    "fees": lambda t: f"Fees estimated at {t['total']}",
    "communication": _communication,
    "letter": lambda t: f"Letter written: {str(t.get('letter', '')).replace('_', ' ')}",
    "answered": lambda t: f"Answered: {_OUTCOMES.get(str(t.get('outcome')), t.get('outcome', ''))}".removesuffix(": "),
    "searched": lambda t: f"Search frozen: {_count(t, 'hits', 'hit')}",
    "coverage": lambda t: "Coverage statements made",
    "disposition": lambda t: f"Decided: {_ACTIONS.get(str(t.get('action')), 'records')}" + _under(t),
    "undone": lambda t: "A decision was undone",
    "redone": lambda t: "A decision was done again",
    "confirmed": lambda t: "Review confirmed by a second person" + _totals(t),
    "built": lambda t: "Bundle built" + _totals(t),
    "approved": lambda t: "Release approved",
    "refused": lambda t: "Release refused",
    "delivered": lambda t: f"Delivered: {t.get('how', '')}".removesuffix(": "),
    "closed": lambda t: f"Closed on {t['on']}: {REASONS.get(t['reason'], t['reason'])}",
}  # fmt: skip


# --------------------------------------------------------------------------- what is next


def next_step(request: Request) -> tuple[str, str] | None:
    """(what a person does next, the command for it); None for a closed request."""
    file, n = request.file, request.number
    if request.status == "closed":
        return None
    if request.status == "waiting":
        return "Enter the answer", f"archive foia clarified {n} --help"
    if request.status == "answered":
        if file.last("built") is not None and file.last("delivered") is None:
            return _towards_delivery(request)
        return "Close it", f"archive foia close {n} --reason answered --by USER"
    if file.last("searched") is None:
        return "Search", f"archive foia search {n} --help"
    decided, confirmed = file.last("disposition", "undone", "redone", "searched"), file.last("confirmed")
    if confirmed is None or (decided is not None and decided.n > confirmed.n):
        return "Review the hits", f"archive foia review {n}"
    letter = file.last("letter")
    if letter is None or letter.n < confirmed.n:
        return "Write the answer", f"archive foia letter {n} --help"
    return _towards_delivery(request)


def _towards_delivery(request: Request) -> tuple[str, str]:
    file, n = request.file, request.number
    built, verdict, confirmed = file.last("built"), file.last("approved", "refused"), file.last("confirmed")
    if built is None or (confirmed is not None and built.n < confirmed.n):
        return "Build the bundle", f"archive foia bundle {n} --by USER"
    if verdict is None or verdict.n < built.n:
        return "Have its release approved", f"archive foia approve {n} --by USER"
    if verdict.what == "refused":
        return "Look at it again: release was refused", f"archive foia review {n}"
    if file.last("delivered") is None:
        return "Deliver it", f"archive foia deliver {n} --help"
    return "Send the answer", f"archive foia letter {n} --help"
