"""Writing a letter: from a request, the law, a review and the facts that a person gives, to a draft.

Nothing is asked of the clock: the letter's date is one of the facts, so the same facts give the same bytes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from social_archive.documents.figures import counted
from social_archive.foia.dispositions import Reviewed
from social_archive.foia.letters import denied, known, legal, private, required, says, typeset
from social_archive.foia.letters.facts import FACTS, FROM_ELSEWHERE, Facts, Ground, as_date, clean, written
from social_archive.foia.letters.model import KINDS, Letter
from social_archive.foia.periods import Laws
from social_archive.foia.request_file import RequestRefused

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.foia.requests import Request, Requester

SHOWN: Final = 600
"""Characters of the request that a letter repeats."""


def draft(
    archive: Archive, request: Request, kind: str, *, by: str, facts: Facts, reviewed: Reviewed | None = None
) -> Letter:
    """Write one letter. Nothing is entered. Raises RequestRefused for a letter that the review contradicts."""
    if kind not in KINDS:
        raise RequestRefused(f"There is no letter called {kind!r}.", remedy=f"One of {', '.join(KINDS)}.")
    if unknown := sorted(set(facts) - set(FACTS) - FROM_ELSEWHERE):
        raise RequestRefused(f"A letter has no fact called {unknown[0]!r}.", remedy=f"There are {', '.join(FACTS)}.")
    _require_review(kind, reviewed)
    laws = Laws(archive)
    law = laws.on(request.received)
    taken = denied.of_review(archive, reviewed) if reviewed is not None and KINDS[kind].denies else []
    taken += denied.given(archive, facts.get("denials") or ())
    facts = known.completed(archive, request, kind, facts, laws)
    ground = Ground(archive, request, kind, by, facts, law, reviewed, taken, as_date(facts["date"], "date"))
    data = _data(ground)
    missing, verify = tuple(required.required(kind, data, law)), tuple(_to_verify(ground))
    return _typeset(ground, data, missing, verify)


def _typeset(ground: Ground, data: dict[str, Any], missing: tuple[str, ...], verify: tuple[str, ...]) -> Letter:
    agency, template = ground.archive.agency, KINDS[ground.kind].template
    text = typeset.text(agency, template, data)
    if ground.reviewed is not None and (leaked := private.leaks(text, data, ground.reviewed)):
        missing += (f"other words for {counted(leaked, 'name or number', 'names or numbers')} that the review removes",)
    marked = data | {"draft": {"missing": list(missing), "verify": list(verify)}}
    drafted = typeset.pdf(agency, template, marked if missing or verify else data, day=ground.day)
    clean_copy = drafted if missing or not verify else typeset.pdf(agency, template, data, day=ground.day)
    public = None
    if KINDS[ground.kind].denies and not missing:
        nobody = private.without_requester(data, ground.request.requester)
        public = typeset.pdf(agency, template, nobody, day=ground.day)
    kept = data | {"denials": denied.to_json(ground.denied)}
    if ground.reviewed is not None:
        kept["plan"] = ground.reviewed.plan
    return Letter(ground.kind, clean_copy, text, drafted, kept, missing, verify, public)


def _require_review(kind: str, reviewed: Reviewed | None) -> None:
    if reviewed is None or KINDS[kind].outcome is None:
        return
    if reviewed.count("undecided"):
        left = counted(reviewed.count("undecided"), "record")
        raise RequestRefused(f"Not yet decided in request {reviewed.number}: {left}.",
                             remedy=f"Decide first: archive foia review {reviewed.number} --undecided")  # fmt: skip
    fitting = denied.response_kind(reviewed)
    gone = kind == "disposed" and fitting == "no_records" and bool(reviewed.search.disposed)
    if kind not in (fitting, "burdensome") and not gone:
        raise RequestRefused(f"The review does not fit a letter {kind!r}: {_standing(reviewed)}.",
                             remedy=f"Write the letter {fitting!r}, or change the review.")  # fmt: skip


def _standing(reviewed: Reviewed) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in reviewed.totals.items())


# --------------------------------------------------------------------------- what every letter says


def _data(ground: Ground) -> dict[str, Any]:
    body, request = ground.archive.agency.body, ground.request
    signer = ground.archive.agency.person(ground.words("signer") or ground.by)
    contact = [part for part in (body.address, body.contact_phone, body.contact_email, _site(body.website)) if part]
    common = {
        "title": KINDS[ground.kind].title,
        "body": {"name": body.name, "address": body.address or "", "contact": contact},
        "number": request.number, "date": written(ground.day), "received": written(request.received),
        "due": _due(ground), "late": _late(ground), "request_kind": request.kind,
        "to": addressee(request.requester),
        "greeting": f"Dear {clean(request.requester.name)}:" if request.requester.name else "To whom it may concern:",
        "request": shortened(request.text), "note": ground.words("note") or None, "draft": None,
        "signer": {"name": signer.name if signer else "", "title": signer.title if signer else ""},
        "law": {"title": legal.name_of(ground.law), "invented": ground.law is not None and ground.law.invented},
    }  # fmt: skip
    return common | says.SAYS[ground.kind](ground)


def _due(ground: Ground) -> str | None:
    """Nobody is promised an answer by a day that is past."""
    promised = ground.kind in ("acknowledgement", "clarification")
    return None if promised and _late(ground) else ground.day_of("due")


def _late(ground: Ground) -> bool:
    due = ground.facts.get("due")
    return bool(due) and ground.day > as_date(due, "due")


def _site(website: str | None) -> str:
    return (website or "").removeprefix("https://").removeprefix("http://").rstrip("/")


def _to_verify(ground: Ground) -> list[str]:
    """What this letter says from memory: a person has to look at it before it goes."""
    said = legal.to_verify(ground.law, ground.kind)
    return [*said, *(f"the exemption {one.code}" for one in ground.denied if not one.verified)]


def addressee(requester: Requester) -> list[str]:
    address = [part.strip() for part in (requester.address or "").splitlines()]
    lines = [requester.name, requester.organisation, *address, requester.email]
    return [clean(line)[:120] for line in lines if line and line.strip()][:9]


def shortened(text: str) -> str:
    """The request's own words, as far as a letter repeats them."""
    said = re.sub(r"\n{3,}", "\n\n", clean(text)).strip()
    if len(said) <= SHOWN:
        return said
    return said[:SHOWN].rsplit(None, 1)[0] + " …"
