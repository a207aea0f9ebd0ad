"""What the law gives a letter, and which of it nobody has read in a source.

All of it comes from the pack of the jurisdiction. Where there is none, letters can be drafted, and those that owe
something to the law cannot be sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from social_archive.errors import ConfigError

if TYPE_CHECKING:
    from social_archive.config import Agency
    from social_archive.law_foia import FoiaLaw, KindLaw

KIND_WORDS: Final[Mapping[str, str]] = {
    "ordinary": "an ordinary request", "commercial": "a request for a commercial purpose",
    "recurrent": "the request of a recurrent requester", "voluminous": "a voluminous request",
}  # fmt: skip


def load(agency: Agency, day: date) -> FoiaLaw | None:
    """The law on requests as it was on a day; None if the jurisdiction has none. Raises ConfigError if it is wrong."""
    from social_archive.law import find_pack
    from social_archive.law_foia import LAW_FILE, load_foia_law

    if find_pack(agency, LAW_FILE) is None:
        return None
    return load_foia_law(agency, day)


def name_of(law: FoiaLaw | None) -> str:
    """The law's own name: its pack is called "Jurisdiction, Name of the Act"."""
    return law.title.rpartition(", ")[2] if law is not None else ""


def kind_law(law: FoiaLaw | None, kind: str) -> KindLaw | None:
    if law is None:
        return None
    try:
        return law.kind(kind)
    except ConfigError:
        return None


def citation(law: FoiaLaw | None, *fields: str) -> str:
    """Where the law says the first of these that it says; as it stands, for a letter."""
    return next((law.citations[name] for name in fields if name in law.citations), "") if law is not None else ""


def review(law: FoiaLaw | None, kind: str) -> dict[str, Any]:
    """Who reviews a denial, as a letter gives it."""
    if law is None:
        none: dict[str, Any] = dict.fromkeys(("name", "address", "phone", "how", "limits", "citation"), "")
        return none | {"days": None, "lines": []}
    found = law.review
    lines = [found.name, found.office, *(found.address or "").splitlines(), found.phone, found.email]
    return {
        "name": found.name or "", "address": found.address or "", "phone": found.phone or "", "days": found.days,
        "how": found.how or "", "limits": (found.limits or "") if kind == "commercial" else "",
        "lines": [line.strip() for line in lines if line and line.strip()], "citation": citation(law, "review.name"),
    }  # fmt: skip


def court(law: FoiaLaw | None) -> dict[str, str]:
    return {"text": (law.court.text or "") if law is not None else "", "citation": citation(law, "court.text")}


_DENIAL: Final = {
    "review.name": "who reviews a denial", "review.office": "the reviewing authority's office",
    "review.address": "the reviewing authority's address", "review.phone": "the reviewing authority's telephone number",
    "review.email": "the reviewing authority's e-mail address", "review.days": "the days for asking for a review",
    "review.how": "how a review is asked for", "court.text": "the right to judicial review",
    "denial.contains": "what a denial must contain",
}  # fmt: skip
_USED: Final[Mapping[str, Mapping[str, str]]] = {
    "extension": {"extension.days": "by how much the period may be extended",
                  "extension.reasons": "the reasons for an extension"},
    "clarification": {"clarification.pauses": "whether a question stops the clock"},
    "fees": {"fees.waiver": "when fees are reduced"},
    "confer": {"burden.conditions": "when a request is unduly burdensome"},
    "burdensome": {"burden.conditions": "when a request is unduly burdensome", **_DENIAL},
    "partial_denial": _DENIAL, "denial": _DENIAL,
    **{kind: {f"{kind}.definition": "the law's definition", f"{kind}.days": "the days for the response",
              f"{kind}.amend_days": "the days for amending the request", f"{kind}.answers": "the possible responses"}
       for kind in ("commercial", "recurrent", "voluminous")},
}  # fmt: skip


def to_verify(law: FoiaLaw | None, kind: str) -> list[str]:
    """What a letter of this kind takes from the law that nobody has read there."""
    if law is None:
        return []
    return [f"{words} ({law.citations[field]})" for field, words in _USED.get(kind, {}).items()
            if field in law.citations and not law.known(field)]  # fmt: skip


def denial_file(law: FoiaLaw | None) -> str:
    """What the law says of the central file of denials, with its citation."""
    if law is None or not law.denial.file:
        return ""
    said = law.denial.file
    return f"The law asks for {said} ({citation(law, 'denial.file')})."
