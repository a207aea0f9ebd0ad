"""A letter of the body to a requester: what it is, what it says, and what it still lacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Kind = Literal[
    "acknowledgement", "extension", "clarification", "commercial", "recurrent", "voluminous", "fees", "confer",
    "burdensome", "response", "partial_denial", "denial", "no_records", "disposed",
]  # fmt: skip
Outcome = Literal["granted", "partial", "denied", "none"]
RecordType = Literal["post", "comment", "profile", "mixed"]


@dataclass(frozen=True)
class KindOfLetter:
    """`title`: in its heading. `template`: its file, without `.typ`. `outcome`: of the request, if the letter ends it.
    `denies`: it owes everything that the law asks of a denial."""

    title: str
    template: str
    about: str
    outcome: Outcome | None = None
    denies: bool = False


KINDS: Final[Mapping[str, KindOfLetter]] = {
    "acknowledgement": KindOfLetter("We have received your request", "acknowledgement", "the request has come"),
    "extension": KindOfLetter("We need more time", "extension", "more time, with the law's reasons and the new day"),
    "clarification": KindOfLetter("A question about your request", "clarification", "what do you ask for?"),
    "commercial": KindOfLetter("Your request is for a commercial purpose", "treatment", "a commercial request"),
    "recurrent": KindOfLetter("You are a recurrent requester", "treatment", "a recurrent requester's request"),
    "voluminous": KindOfLetter("Your request is voluminous", "treatment", "a voluminous request"),
    "fees": KindOfLetter("What the answer will cost", "fees", "an estimate of fees"),
    "confer": KindOfLetter("Your request is too broad: let us talk", "confer", "too broad: an offer to confer"),
    "burdensome": KindOfLetter("Your request is denied", "burdensome", "too broad: denied", "denied", True),
    "response": KindOfLetter("Your request is granted", "response", "everything is given", "granted"),
    "partial_denial": KindOfLetter(
        "Your request is granted in part", "partial_denial", "some is withheld or redacted", "partial", True
    ),
    "denial": KindOfLetter("Your request is denied", "denial", "everything is withheld", "denied", True),
    "no_records": KindOfLetter("No records were found", "no_records", "nothing was found", "none"),
    "disposed": KindOfLetter("The records no longer exist", "disposed", "destroyed on schedule before", "none"),
}  # fmt: skip
"""In the order in which they are listed to a person."""


@dataclass(frozen=True)
class Denied:
    """What one exemption takes from an answer: how many records of what type, and how many deletions in them."""

    code: str
    title: str
    citation: str
    basis: str = field(repr=False)
    record_type: RecordType
    withheld: int
    redacted: int
    cuts: int
    verified: bool

    @property
    def records(self) -> int:
        return self.withheld + self.redacted


@dataclass(frozen=True)
class Letter:
    """A letter that was written. `pdf`, `text`: as it goes out. `draft`: the same with what is missing (`missing`) and
    what nobody has read in a source (`verify`) marked on it. `public`: a denial without the requester's private
    information, for the central file. `data`: all that the template got, and `denials`.

    While something is missing, `pdf` is the draft: there is no clean copy of what may not be sent.
    """

    kind: str
    pdf: bytes = field(repr=False)
    text: str = field(repr=False)
    draft: bytes = field(repr=False)
    data: dict[str, Any] = field(repr=False)
    missing: tuple[str, ...] = ()
    verify: tuple[str, ...] = ()
    public: bytes | None = field(default=None, repr=False)
