"""Writing a letter: from a request, the law, a review and the facts that a person gives, to a draft.

Nothing is asked of the clock: the letter's date is one of the facts, so the same facts give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from social_archive.documents.figures import counted
from social_archive.foia.dispositions import Reviewed
from social_archive.foia.letters import denied, legal, required, typeset
from social_archive.foia.letters.model import KINDS, Denied, Letter
from social_archive.foia.request_file import RequestRefused

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.foia.requests import Request, Requester
    from social_archive.law_foia import FoiaLaw

SHOWN: Final = 700
"""Characters of the request that a letter repeats."""

LEFT_OUT: Final = "[left out]"
"""What stands in the public copy of a denial in place of the requester's private information."""

Facts = Mapping[str, Any]
FACTS: Final = {
    "date": "the letter's date",
    "due": "the day by which the answer is due",
    "until": "the new day, of an extension",
    "agreed": "yes: the requester agreed to it in writing",
    "question": "what is to be clarified (may be given more than once)",
    "reason": "why (an extension: the law's code; may be given more than once)",
    "narrow": "how the request could be narrowed (may be given more than once)",
    "answer_by": "by when the requester is asked to answer",
    "amend_by": "until when a voluminous request may be amended",
    "consequences": "what follows if it is not amended, fees included",
    "conferred": "when conferring was offered, and what came of it",
    "prepay": "yes: fees are to be paid first",
    "enclosed": "how the records come",
    "search": "what was searched, in words",
    "note": "a paragraph of your own",
    "signer": "user name of who signs (default: who writes)",
    "responsible": "user name of a person responsible for a denial (may be given more than once)",
}  # fmt: skip
"""The facts that a person may give, by name. (`fees`, `total` and `denials` come from other modules.)"""

SEVERAL: Final = ("question", "reason", "narrow", "responsible")


@dataclass(frozen=True)
class Ground:
    """What a letter is written from."""

    archive: Archive
    request: Request
    kind: str
    by: str
    facts: Facts = field(repr=False)
    law: FoiaLaw | None
    reviewed: Reviewed | None
    denied: Sequence[Denied]
    day: date

    def words(self, name: str) -> str:
        return clean(str(self.facts.get(name) or "")).strip()

    def every(self, name: str) -> list[str]:
        given = self.facts.get(name) or ()
        return [clean(one).strip() for one in ([given] if isinstance(given, str) else given)]

    def day_of(self, name: str) -> str | None:
        given = self.facts.get(name)
        return None if given in (None, "") else written(as_date(given, name))

    def yes(self, name: str) -> bool:
        return str(self.facts.get(name, "")).lower() in ("yes", "true", "1")


def draft(
    archive: Archive, request: Request, kind: str, *, by: str, facts: Facts, reviewed: Reviewed | None = None
) -> Letter:
    """Write one letter. Nothing is entered. Raises RequestRefused for a letter that the review contradicts."""
    if kind not in KINDS:
        raise RequestRefused(f"There is no letter called {kind!r}.", remedy=f"One of {', '.join(KINDS)}.")
    if unknown := sorted(set(facts) - set(FACTS) - {"fees", "total", "denials"}):
        raise RequestRefused(f"A letter has no fact called {unknown[0]!r}.", remedy=f"There are {', '.join(FACTS)}.")
    _require_review(kind, reviewed)
    law = legal.load(archive.agency, request.received)
    taken = denied.of_review(archive, reviewed) if reviewed is not None and KINDS[kind].denies else []
    taken += denied.given(archive, facts.get("denials") or ())
    ground = Ground(archive, request, kind, by, facts, law, reviewed, taken, as_date(facts.get("date"), "date"))
    data = _data(ground)
    missing, verify = tuple(required.required(kind, data, law)), tuple(_to_verify(ground))
    return _typeset(ground, data, missing, verify)


def _typeset(ground: Ground, data: dict[str, Any], missing: tuple[str, ...], verify: tuple[str, ...]) -> Letter:
    agency, template = ground.archive.agency, KINDS[ground.kind].template
    text = typeset.text(agency, template, data)
    if ground.reviewed is not None and (leaked := _leaks(text, data, ground.reviewed)):
        missing += (f"{counted(leaked, 'word or name', 'words or names')} that the review removes stand in the letter; say it in other words",)
    marked = data | {"draft": {"missing": list(missing), "verify": list(verify)}}
    drafted = typeset.pdf(agency, template, marked if missing or verify else data, day=ground.day)
    clean_copy = drafted if missing or not verify else typeset.pdf(agency, template, data, day=ground.day)
    public = None
    if KINDS[ground.kind].denies and not missing:
        public = typeset.pdf(agency, template, without_requester(data, ground.request.requester), day=ground.day)
    kept = data | {"denials": denied.to_json(ground.denied)}
    if ground.reviewed is not None:
        kept["plan"] = ground.reviewed.plan
    return Letter(ground.kind, clean_copy, text, drafted, kept, missing, verify, public)


def _require_review(kind: str, reviewed: Reviewed | None) -> None:
    if reviewed is None or KINDS[kind].outcome is None:
        return
    if reviewed.count("undecided"):
        raise RequestRefused(f"{counted(reviewed.count('undecided'), 'record')} of this request are undecided.",
                             remedy="Decide them first: `archive foia review`.")  # fmt: skip
    fitting = denied.response_kind(reviewed)
    if kind not in (fitting, "burdensome"):
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
        "due": ground.day_of("due"), "to": addressee(request.requester),
        "greeting": f"Dear {clean(request.requester.name)}:" if request.requester.name else "To whom it may concern:",
        "request": shortened(request.text), "note": ground.words("note") or None, "draft": None,
        "signer": {"name": signer.name if signer else "", "title": signer.title if signer else ""},
        "law": {"title": legal.name_of(ground.law), "invented": ground.law is not None and ground.law.invented},
    }  # fmt: skip
    return common | _SAYS[ground.kind](ground)


def _site(website: str | None) -> str:
    return (website or "").removeprefix("https://").removeprefix("http://").rstrip("/")


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


# --------------------------------------------------------------------------- what each letter says


def _acknowledgement(ground: Ground) -> dict[str, Any]:
    kind = ground.request.kind
    return {"kind_words": None if kind == "ordinary" else legal.KIND_WORDS[kind]}


def _extension(ground: Ground) -> dict[str, Any]:
    known = ground.law.extension.reasons if ground.law is not None else []
    codes = [code.strip().strip("().").lower() for code in ground.every("reason")]
    if unknown := [code for code in codes if code not in {one.code.lower() for one in known}]:
        there = "; ".join(f"{one.code}: {one.text}" for one in known)
        raise RequestRefused(f"The law permits no reason {unknown[0]!r} for an extension.",
                             remedy=there or "Write the law's reasons into its data first.")  # fmt: skip
    return {"reasons": [{"code": one.code, "text": one.text} for one in known if one.code.lower() in codes],
            "until": ground.day_of("until"), "agreed": ground.yes("agreed"),
            "citation": legal.citation(ground.law, "extension.days")}  # fmt: skip


def _clarification(ground: Ground) -> dict[str, Any]:
    return {"questions": ground.every("question"), "pauses": ground.law is not None and ground.law.clarification.pauses}


def _treatment(ground: Ground) -> dict[str, Any]:
    kind = legal.kind_law(ground.law, ground.kind)
    return {
        "kind_words": legal.KIND_WORDS[ground.kind], "definition": (kind.definition or "") if kind else "",
        "citation": legal.citation(ground.law, f"{ground.kind}.days"), "reasons": ground.every("reason"),
        "possible": list(kind.answers) if kind else [], "amend_by": ground.day_of("amend_by"),
        "amendable": kind is not None and kind.amend_days is not None, "consequences": ground.words("consequences"),
    }  # fmt: skip


def _fees(ground: Ground) -> dict[str, Any]:
    lines = [{"what": clean(one["what"]), "amount": clean(one["amount"]), "why": clean(one.get("why", ""))}
             for one in ground.facts.get("fees") or ()]  # fmt: skip
    return {"fees": lines, "total": clean(str(ground.facts.get("total") or "")), "prepay": ground.yes("prepay"),
            "waiver": (ground.law.fees.waiver or "") if ground.law is not None else ""}  # fmt: skip


def _confer(ground: Ground) -> dict[str, Any]:
    return {"reasons": ground.every("reason"), "narrow": ground.every("narrow"),
            "citation": legal.citation(ground.law, "burden.conditions"), "by": ground.day_of("answer_by")}  # fmt: skip


def _burdensome(ground: Ground) -> dict[str, Any]:
    return {"reasons": ground.every("reason"), "citation": legal.citation(ground.law, "burden.conditions"),
            "conferred": ground.words("conferred"), **_owed(ground)}  # fmt: skip


def _answer(ground: Ground) -> dict[str, Any]:
    said = {"search": ground.words("search"), "enclosed": ground.words("enclosed") or "The records come with this letter.",
            "found": "", "given": "", "denied": "", "disposed": [], "gaps": "", **_owed(ground)}  # fmt: skip
    if ground.reviewed is None:
        return said
    totals, search = ground.reviewed.totals, ground.reviewed.search
    given = totals["released"] + totals["redacted"]
    said["found"] = f"We found {counted(totals['hits'], 'record')}{_ours(totals)}."
    said["given"] = _given(totals)
    said["denied"] = _withheld(totals, given)
    said["disposed"] = _disposed(ground.reviewed)
    said["gaps"] = _gaps(len(search.gaps), search.quarantined)
    if not said["search"]:
        said["search"] = f"We searched {counted(search.searched, 'record')} of our social-media accounts."
    return said


def _ours(totals: Mapping[str, int]) -> str:
    if not totals["disposed"]:
        return ""
    return f", of which {totals['disposed']:,} had been destroyed on schedule"


def _given(totals: Mapping[str, int]) -> str:
    if not totals["released"]:
        return f"{_sentence(totals['redacted'])} released with deletions."
    if not totals["redacted"]:
        return f"{_sentence(totals['released'])} released in full."
    return f"{_sentence(totals['released'])} released in full and {totals['redacted']:,} with deletions."


def _withheld(totals: Mapping[str, int], given: int) -> str:
    if not totals["withheld"]:
        return "No record is withheld in full."
    if not given:
        return "All of it is withheld." if totals["withheld"] == totals["hits"] else f"{_sentence(totals['withheld'])} withheld."
    return f"{_sentence(totals['withheld'])} withheld in full."


def _sentence(number: int) -> str:
    return f"{counted(number, 'record')} {'is' if number == 1 else 'are'}"


def _disposed(reviewed: Reviewed) -> list[str]:
    by_certificate: dict[str | None, int] = {}
    for item in reviewed.items:
        if item.outcome == "disposed":
            by_certificate[item.certificate] = by_certificate.get(item.certificate, 0) + 1
    return [
        f"{counted(number, 'record')} had been destroyed on schedule under "
        f"{f'certificate of destruction {certificate}' if certificate else 'a disposal whose certificate is pending'}."
        for certificate, number in sorted(by_certificate.items(), key=lambda one: one[0] or "")
    ]


def _gaps(gaps: int, quarantined: int) -> str:
    parts = []
    if gaps:
        parts.append(f"In {counted(gaps, 'span')} of the time that you ask about our archive could not see an account, "
                     "so something may have been there that we do not have.")  # fmt: skip
    if quarantined:
        parts.append(f"{counted(quarantined, 'item')} could not be read and may belong to what you ask for.")
    return " ".join(parts)


def _owed(ground: Ground) -> dict[str, Any]:
    """What a denial owes, whichever it is."""
    return {
        "exemptions": [{"code": d.code, "title": d.title, "citation": d.citation, "basis": clean(d.basis),
                        "count": denied.in_words(d)} for d in ground.denied],
        "responsible": _responsible(ground) if KINDS[ground.kind].denies else [],
        "review": legal.review(ground.law, ground.request.kind), "court": legal.court(ground.law),
    }  # fmt: skip


def _responsible(ground: Ground) -> list[dict[str, str]]:
    """Name and title of each person who had a part in the denial. One whom agency.yaml does not name has none."""
    users = ground.every("responsible")
    if not users:
        acted = [event.by for event in ground.request.file.all("disposition", "undone", "redone", "confirmed")]
        users = [*acted, ground.words("signer") or ground.by]
    people = [(user, ground.archive.agency.person(user)) for user in dict.fromkeys(users)]
    return [{"name": one.name if one else user, "title": one.title if one else ""} for user, one in people]


_SAYS: Final[Mapping[str, Callable[[Ground], dict[str, Any]]]] = {
    "acknowledgement": _acknowledgement, "extension": _extension, "clarification": _clarification,
    "commercial": _treatment, "recurrent": _treatment, "voluminous": _treatment, "fees": _fees, "confer": _confer,
    "burdensome": _burdensome, "response": _answer, "partial_denial": _answer, "denial": _answer, "no_records": _answer,
    "disposed": _answer,
}  # fmt: skip


def _to_verify(ground: Ground) -> list[str]:
    """What this letter says from memory: a person has to look at it before it goes."""
    said = legal.to_verify(ground.law, ground.kind)
    return [*said, *(f"the exemption {one.code}" for one in ground.denied if not one.verified)]


# --------------------------------------------------------------------------- what must not be said


def _leaks(text: str, data: Mapping[str, Any], reviewed: Reviewed) -> int:
    """How many of the words that the review removes stand in a letter, but for the request's own words."""
    bare = _flat(text).replace(_flat(str(data["request"])), " ")
    return sum(re.search(rf"(?<!\w){re.escape(_flat(term.text))}(?!\w)", bare) is not None
               for term in reviewed.terms if len(term.text.strip()) >= 4)  # fmt: skip


def _flat(text: str) -> str:
    return " ".join(text.casefold().split())


def without_requester(data: Mapping[str, Any], requester: Requester) -> dict[str, Any]:
    """The data of the same letter for the public file: not to whom, not in the requester's words."""
    private = sorted({part.strip() for value in vars(requester).values() if value
                      for part in [value, *str(value).splitlines()] if len(part.strip()) > 2}, key=len, reverse=True)  # fmt: skip
    pattern = re.compile("|".join(map(re.escape, private)), re.IGNORECASE) if private else None

    def cut(value: Any) -> Any:
        if isinstance(value, str):
            return pattern.sub(LEFT_OUT, value) if pattern else value
        if isinstance(value, dict):
            return {name: cut(inner) for name, inner in value.items()}
        return [cut(inner) for inner in value] if isinstance(value, list) else value

    ours = {name: data[name] for name in ("body", "signer", "law", "number")}
    shown: dict[str, Any] = cut(dict(data)) | ours
    words = "[The requester's words are left out of this copy.]"
    return shown | {"to": ["The requester", LEFT_OUT], "greeting": "Dear requester:", "request": words}


# --------------------------------------------------------------------------- words

_STEERING: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def clean(text: str) -> str:
    """Somebody's words without characters that steer a screen or turn the direction of reading."""
    return _STEERING.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def written(day: date) -> str:
    """A day as a letter has it: December 1, 2026."""
    return f"{day:%B} {day.day}, {day.year}"


def as_date(given: Any, name: str) -> date:
    try:
        return given if isinstance(given, date) else date.fromisoformat(str(given))
    except ValueError:
        raise RequestRefused(f"{name}: {str(given)[:40]!r} is no day.", remedy="Write it as 2026-12-31.") from None
