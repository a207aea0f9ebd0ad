"""Whether a letter may be sent: what the law, and common sense, want in it, and what of that is not there.

What a denial must contain is the law's own list (`foia.yaml`). Each of its entries has a check here; an entry that has
none cannot be checked, so it is reported as missing instead of being passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from social_archive.foia.letters.model import KINDS

if TYPE_CHECKING:
    from social_archive.law_foia import FoiaLaw

Data = Mapping[str, Any]


def required(kind: str, data: Data, law: FoiaLaw | None) -> list[str]:
    """What is missing before this letter may be sent, in words for a person. Empty: nothing."""
    found = [*_of_every_letter(data), *_of_kind(kind, data), *_not_given(kind, data, law), *_too_late(kind, data, law)]
    if KINDS[kind].denies:
        found += _of_denial(kind, data, law)
    return list(dict.fromkeys(found))


def _of_every_letter(data: Data) -> Iterator[str]:
    if not data["body"]["address"]:
        yield "the body's address: `address` in agency.yaml"
    if not data["signer"]["name"]:
        yield "who signs: name and title under `people` in agency.yaml"
    if not data["to"]:
        yield "to whom it goes"
    if not data["law"]["title"]:
        yield "the law on requests: the jurisdiction has no foia.yaml"


def _of_kind(kind: str, data: Data) -> Iterator[str]:
    for name, words in _OWED.get(kind, {}).items():
        if not data.get(name):
            yield words
    if kind in ("commercial", "recurrent", "voluminous") and data["request_kind"] != kind:
        yield f"the decision that it is one: `archive foia classify` it as {kind} first"
    if kind == "extension" and not data["agreed"] and not data["reasons"]:
        yield "a reason that the law permits for an extension (--reason CODE)"


def _not_given(kind: str, data: Data, law: FoiaLaw | None) -> Iterator[str]:
    """What the law does not give a body for this kind of request."""
    if kind != "extension" or law is None or data["agreed"]:
        return
    treated = data["request_kind"]
    if law.kind(treated).extension_days is None:
        yield (f"the right to extend: the law gives no extension for {treated} requests; a longer period can be agreed "
               "on in writing (archive foia agree)")  # fmt: skip


def _too_late(kind: str, data: Data, law: FoiaLaw | None) -> Iterator[str]:
    """What the law takes from a body that did not answer in time."""
    if law is None or not data["late"]:
        return
    if kind in ("confer", "burdensome") and not law.burden.after_late:
        yield f"the right to call it a burden: the period ended on {data['due']}, and after that the law has none"
    if kind == "fees" and not law.fees.after_late:
        yield f"the right to charge anything: the period ended on {data['due']}, and after that the law has none"
    if kind == "extension":
        yield f"the time for it: the period ended on {data['due']}"


_OWED: Final[Mapping[str, Mapping[str, str]]] = {
    "extension": {"until": "the new day (--set until=DATE)", "due": "the original day (--set due=DATE)"},
    "clarification": {"questions": "what is to be clarified (--set question=…)"},
    "commercial": {"reasons": "why it is a commercial request (--reason)", "due": "the day of the response"},
    "recurrent": {"reasons": "why it is a recurrent requester's (--reason)", "due": "the day of the response",
                  "possible": "the possible responses: the law's data does not have them"},
    "voluminous": {"reasons": "why it is voluminous (--reason)",
                   "amend_by": "until when it may be amended (--set amend_by=DATE)",
                   "consequences": "what follows if it is not amended, fees included (--set consequences=…)"},
    "fees": {"fees": "the estimate of fees", "total": "the total of the fees"},
    "confer": {"reasons": "why, and to what extent, it is a burden (--reason)"},
    "burdensome": {"conferred": "when conferring was offered, and what came of it (--set conferred=…)"},
    "response": {"found": "what was found: a review of the request, or --set found=…"},
    "partial_denial": {"found": "what was found: a review of the request, or --set found=…"},
    "no_records": {"search": "what was searched (--set search=…, or a frozen search)"},
    "disposed": {"disposed": "the certificate of destruction: a review of the request"},
}  # fmt: skip


# --------------------------------------------------------------------------- denials


def _of_denial(kind: str, data: Data, law: FoiaLaw | None) -> Iterator[str]:
    if law is None or not law.denial.contains:
        yield "what a denial must contain: the law's data does not say it"
        return
    for element in law.denial.contains:
        check = CHECKS.get(element.code)
        if check is None:
            yield f"{element.text}: the law's data asks for it, and no letter can be checked for it"
        else:
            yield from check(kind, data)


def _nothing(kind: str, data: Data) -> Iterator[str]:
    """True of every letter of this kind by its form."""
    yield from ()


def _reasons(kind: str, data: Data) -> Iterator[str]:
    if kind == "burdensome":
        if not data["reasons"]:
            yield "why, and to what extent, it is a burden (--reason)"
    elif not data["exemptions"]:
        yield "an exemption: nothing says why the records are withheld"


def _basis(kind: str, data: Data) -> Iterator[str]:
    yield from (f"the factual basis for {one['code']}" for one in data["exemptions"] if not one["basis"])


def _authority(kind: str, data: Data) -> Iterator[str]:
    yield from (f"the legal authority for {one['code']}" for one in data["exemptions"] if not one["citation"])


def _exemptions(kind: str, data: Data) -> Iterator[str]:
    if kind != "burdensome" and not data["exemptions"]:
        yield "an exemption: nothing says why the records are withheld"


def _responsible(kind: str, data: Data) -> Iterator[str]:
    if not data["responsible"]:
        yield "who is responsible for the denial"
    yield from (f"the title of {one['name']}: under `people` in agency.yaml" for one in data["responsible"]
                if not one["title"])  # fmt: skip


def _review(kind: str, data: Data) -> Iterator[str]:
    for name, words in (("name", "name"), ("address", "address"), ("phone", "telephone number")):
        if not data["review"][name]:
            yield f"the {words} of the authority that reviews a denial: the law's data does not have it"


def _court(kind: str, data: Data) -> Iterator[str]:
    if not data["court"]["text"]:
        yield "the right to judicial review: the law's data does not have it"


CHECKS: Final[Mapping[str, Callable[[str, Data], Iterator[str]]]] = {
    "writing": _nothing, "decision": _nothing, "reasons": _reasons, "exemption": _exemptions, "authority": _authority,
    "factual_basis": _basis, "persons": _responsible, "review": _review, "court": _court,
}  # fmt: skip
"""The elements of a denial that a law may ask for, by the names that the packs of law use."""
