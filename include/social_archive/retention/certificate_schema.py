"""What a certificate of destruction holds, as types; and what the ledger's entries say of a disposal.

Reading a file into these refuses what lacks something or has it in another shape. Unknown fields are allowed: they are
signed like all others, and a later version may say more. Times are moments with a zone, sizes are bytes.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct, field

FORMAT: Final = "social-records-archive/certificate/v1"

Count = Annotated[int, Meta(ge=0)]
Moment = Annotated[datetime, Meta(tz=True)]
OneLine = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+\Z")]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Named = tuple[str, str]
"""One object version: key and version id."""


class Part(Struct, frozen=True, kw_only=True):
    """A piece of the certificate."""


# --------------------------------------------------------------------------- the certificate


class Body(Part, frozen=True, kw_only=True):
    """The public body whose records they were."""

    name: str
    county: str | None
    address: str | None
    jurisdiction: str


class ScheduleVersion(Part, frozen=True, kw_only=True):
    version: str
    sha256: Sha256


class Returned(Part, frozen=True, kw_only=True):
    """What came back from the approving authority."""

    outcome: Literal["approved", "amended", "deferred"]
    reference: str | None
    on: date


class Authority(Part, frozen=True, kw_only=True):
    """Under whose law. `required`: nothing may be destroyed before the authority has approved it."""

    name: str
    application_number: str | None
    required: bool
    filed: date | None
    returned: Returned | None
    citation: str | None


class Line(Part, frozen=True, kw_only=True):
    """One item of the schedule. `records`, `quarantined` and `companions` are rows; `media`, `imports`, `objects` are
    objects. `companions`: findings, decisions and determinations about the records; absent where there were none yet.

    `earliest`, `latest`: the inclusive dates, null if nothing has a date. `eligible`: the first day to be destroyed on.
    """

    item: str
    series: str
    title: str
    citation: str | None
    period: str | None
    trigger: str | None
    cutoff_first: str | None
    cutoff_last: str | None
    earliest: date | None
    latest: date | None
    eligible: date
    format: str
    records: Count
    quarantined: Count
    companions: Count = 0
    media: Count
    imports: Count
    objects: Count
    bytes: Count


class Totals(Part, frozen=True, kw_only=True):
    records: Count
    objects: Count
    bytes: Count


class Span(Part, frozen=True, kw_only=True):
    """When the first and the last object went."""

    begin: Moment = field(name="from")
    end: Moment = field(name="to")


class Position(Part, frozen=True, kw_only=True):
    """A position of the ledger: `n` entries, `size` leaves."""

    at: Moment
    n: Count
    size: Count


class Checked(Part, frozen=True, kw_only=True):
    """The statement on litigation, requests and audits, and the ledger positions at which it was checked."""

    text: str
    checked: list[Position]
    holds_active: Count


class Person(Part, frozen=True, kw_only=True):
    by: str
    at: Moment
    via: str


class Approver(Person, frozen=True, kw_only=True):
    place: Literal[1, 2]


class Executor(Part, frozen=True, kw_only=True):
    by: str
    at: Moment
    software: str


class People(Part, frozen=True, kw_only=True):
    proposed: Person
    approved: list[Approver]
    executed: Executor


class Lock(Part, frozen=True, kw_only=True):
    """An object version's lock before it was released for destruction."""

    mode: str | None
    until: Moment | None
    hold: bool


class Object(Part, frozen=True, kw_only=True):
    """One object version that was destroyed."""

    key: str
    version: str
    cls: str = field(name="class")
    size: Count
    sha256: Sha256
    rows: Count
    lock: Lock
    request_id: str | None
    destroyed_at: Moment


class Found(Part, frozen=True, kw_only=True):
    """What was found at one place. `checked`: how many copies were looked for."""

    result: Literal["gone", "pending", "not_verifiable"]
    checked: Any
    detail: Any


class Look(Found, frozen=True, kw_only=True):
    """One round of verification at one place."""

    at: Moment


class Place(Part, frozen=True, kw_only=True):
    """A class of copies, and what each round of verification found there."""

    place: str
    title: str
    rounds: list[Look]


class Exempted(Part, frozen=True, kw_only=True):
    """What did not go as planned. Codes that are checked: `released`, `not_carried_out`, `not_verifiable`."""

    code: str
    sentence: str
    objects: Count
    records: Count


class LedgerPosition(Part, frozen=True, kw_only=True):
    origin: str
    vkey: str
    size: Count
    root: Sha256
    checkpoint: str


class Evidence(Part, frozen=True, kw_only=True):
    """One entry of the ledger: its own first line, and the proof that it is a leaf of the tree."""

    n: Count
    what: str
    leaf: str
    leaf_index: Count
    inclusion: list[Sha256]


class Certificate(Part, frozen=True, kw_only=True):
    format: Literal["social-records-archive/certificate/v1"]
    number: OneLine
    disposal: OneLine
    body: Body
    authority: Authority
    schedule: ScheduleVersion
    lines: list[Line]
    totals: Totals
    destroyed: Span
    method: list[str]
    statement: Checked
    people: People
    plan: Sha256
    objects: list[Object]
    places: list[Place]
    leaves: list[tuple[Count, Count]]
    exceptions: list[Exempted]
    ledger: LedgerPosition
    evidence: list[Evidence]


# --------------------------------------------------------------------------- the entries of the ledger


class EntryLine(Struct, frozen=True, kw_only=True):
    """An entry's own line. See `entry.py`."""

    t: Literal["entry"]
    n: Count
    what: str
    time: Moment
    objects: list[dict[str, Any]]
    note: dict[str, Any] | None


class Note(Struct, frozen=True, kw_only=True):
    """What every entry about a disposal notes."""

    disposal: str


class Proposed(Note, frozen=True, kw_only=True):
    plan: str
    by: str
    via: str
    records: Count
    objects: Count
    bytes: Count


class Filed(Note, frozen=True, kw_only=True):
    on: date


class ReturnedNote(Note, frozen=True, kw_only=True):
    outcome: Literal["approved", "amended", "deferred"]
    reference: str | None = None
    on: date


class Approved(Note, frozen=True, kw_only=True):
    plan: str
    by: str
    via: str
    place: Literal[1, 2]


class Claimed(Note, frozen=True, kw_only=True):
    plan: str
    batch: int
    objects: list[Named]


class Gone(Part, frozen=True, kw_only=True):
    """One object version as the executor recorded its end."""

    key: str
    version: str
    lock: Lock
    request_id: str | None
    at: Moment


class Destroyed(Note, frozen=True, kw_only=True):
    batch: int
    objects: list[Gone]
    released: list[str]


class Seen(Found, frozen=True, kw_only=True):
    """The same as the ledger has it: a list of places in each round, one time for all."""

    place: str


class Verified(Note, frozen=True, kw_only=True):
    round: int
    at: Moment
    places: list[Seen]


class Blocked(Note, frozen=True, kw_only=True):
    """Work was stopped; so many objects and records of the list were left."""

    objects: Count
    records: Count
