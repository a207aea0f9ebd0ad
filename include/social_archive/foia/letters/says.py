"""What each letter says, as its template gets it. The wording stands in the templates; here are figures and reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from social_archive.documents.figures import counted
from social_archive.foia.dispositions import FrozenSearch, Reviewed
from social_archive.foia.letters import denied, legal
from social_archive.foia.letters.facts import Ground, clean
from social_archive.foia.letters.model import KINDS
from social_archive.foia.request_file import RequestRefused
from social_archive.foia.terms import Terms


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
    enclosed = ground.words("enclosed") or "The records come with this letter."
    said = {"search": ground.words("search"), "enclosed": enclosed,
            "found": "", "given": "", "denied": "", "disposed": [], "gaps": "", **_owed(ground)}  # fmt: skip
    if ground.reviewed is None:
        return said | {"found": ground.words("found")}
    totals, search = ground.reviewed.totals, ground.reviewed.search
    given = totals["released"] + totals["redacted"]
    said["found"] = f"We found {counted(totals['hits'], 'record')}{_ours(totals)}."
    said["given"] = _given(totals)
    said["denied"] = _withheld(totals, given)
    said["disposed"] = _disposed(ground.reviewed)
    said["gaps"] = _gaps(len(search.gaps), search.quarantined)
    if not said["search"]:
        said["search"] = _searched(search)
    return said


def _searched(search: FrozenSearch) -> str:
    looked = f"We looked through {counted(search.searched, 'record')} of our social-media accounts"
    if not search.terms:
        return f"{looked}."
    sentence = Terms.from_dict(search.terms).sentence()
    return clean(f"{looked} for {sentence[0].lower()}{sentence[1:]}")


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
        everything = totals["withheld"] == totals["hits"]
        return "All of it is withheld." if everything else f"{_sentence(totals['withheld'])} withheld."
    return f"{_sentence(totals['withheld'])} withheld in full."


def _sentence(number: int) -> str:
    return f"{counted(number, 'record')} {'is' if number == 1 else 'are'}"


def _disposed(reviewed: Reviewed) -> list[str]:
    """What was destroyed on schedule before: hits whose end is known, and folders that may have held some."""
    hits = _by_certificate((item.certificate, 1) for item in reviewed.items if item.outcome == "disposed")
    folders = _by_certificate((one.get("certificate"), int(one.get("records", 0))) for one in reviewed.search.disposed)
    return [
        *(f"{counted(number, 'record')} had been destroyed on schedule under {_certificate(certificate)}."
          for certificate, number in hits),
        *(f"{counted(number, 'record')} of the accounts and the time that you ask about had been destroyed on schedule "
          f"under {_certificate(certificate)}. Whether something that you ask for was among them can no longer be said."
          for certificate, number in folders),
    ]  # fmt: skip


def _by_certificate(some: Iterable[tuple[str | None, int]]) -> list[tuple[str | None, int]]:
    sums: dict[str | None, int] = {}
    for certificate, number in some:
        sums[certificate] = sums.get(certificate, 0) + number
    return sorted(sums.items(), key=lambda one: one[0] or "")


def _certificate(number: str | None) -> str:
    return f"certificate of destruction {number}" if number else "a disposal whose certificate is pending"


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


SAYS: Final[Mapping[str, Callable[[Ground], dict[str, Any]]]] = {
    "acknowledgement": _acknowledgement, "extension": _extension, "clarification": _clarification,
    "commercial": _treatment, "recurrent": _treatment, "voluminous": _treatment, "fees": _fees, "confer": _confer,
    "burdensome": _burdensome, "response": _answer, "partial_denial": _answer, "denial": _answer, "no_records": _answer,
    "disposed": _answer,
}  # fmt: skip
