"""One disposal from its proposal to its certificate, as the ledger tells it; and what people decide about it.

    proposed → filed → returned → approved (two people) → claimed, destroyed (batch by batch) → verified → certified
                                       └── withdrawn, or blocked when a gate no longer holds

Nothing here is kept anywhere else: any worker comes to the same state. Only one disposal is open at a time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final, Literal

from social_archive.errors import ArchiveError, NotFound
from social_archive.ledger import EMPTY, Draft, Entry, HeadMoved
from social_archive.retention.people import acting

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.law import DisposalLaw

Note = dict[str, Any]
Status = Literal["proposed", "approved", "executing", "destroyed", "verified", "certified", "withdrawn", "blocked"]
Place = Literal[1, 2]

OPEN: Final = ("proposed", "approved", "executing", "destroyed", "verified")
_STEPS: Final = (
    "proposed", "filed", "returned", "approved", "withdrawn", "blocked", "claimed", "destroyed", "verified",
    "certified",
)  # fmt: skip
RETURNED: Final = ("approved", "amended", "deferred")


class NotAllowed(ArchiveError):
    """A rule of disposal forbids this step. Nothing was changed."""

    remedy = "See `archive disposal show` for what the disposal waits for."


@dataclass(frozen=True)
class Approval:
    by: str
    place: int
    at: datetime
    via: str
    n: int


@dataclass
class Disposal:
    """What the ledger says of one disposal. Its list (`proposal`) is read from the archive when it is asked for."""

    id: str
    plan: str
    proposed: Note
    filed: Note | None = None
    returned: Note | None = None
    approvals: list[Approval] = field(default_factory=list)
    withdrawn: Note | None = None
    blocked: Note | None = None
    claims: list[Note] = field(default_factory=list)
    destroyed: list[Note] = field(default_factory=list)
    rounds: list[Note] = field(default_factory=list)
    certified: Note | None = None
    load: Callable[[], bytes] = field(default=lambda: b"{}", repr=False)

    @cached_property
    def proposal(self) -> dict[str, Any]:
        """The list, as it was written."""
        body: dict[str, Any] = json.loads(self.load())
        return body

    @property
    def gone(self) -> dict[str, Note]:
        """key -> what the ledger says of its destruction."""
        return {one["key"]: one for note in self.destroyed for one in note["objects"]}

    @property
    def released(self) -> set[str]:
        """Keys that were claimed and are records after all: a hold was faster."""
        return {key for note in self.destroyed for key in note["released"]}

    @property
    def unresolved(self) -> Note | None:
        """The claim that was not reported on yet: a crash, or it is being carried out now."""
        done = {note["batch"] for note in self.destroyed}
        return next((claim for claim in self.claims if claim["batch"] not in done), None)

    @property
    def remaining(self) -> list[dict[str, Any]]:
        """The proposal's objects that are neither destroyed nor released."""
        done = self.gone.keys() | self.released
        return [one for one in self.proposal["objects"] if one["key"] not in done]

    @property
    def status(self) -> Status:
        if self.certified:
            return "certified"
        if self.withdrawn:
            return "withdrawn"
        at_rest = self.unresolved is None and (self.blocked is not None or (self.claims and not self.remaining))
        if at_rest and not self.gone:
            return "blocked"
        if at_rest:
            return "verified" if self.rounds and self.rounds[-1]["done"] else "destroyed"
        if self.claims:
            return "executing"
        return "approved" if {1, 2} <= {a.place for a in self.approvals} else "proposed"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def proposed_by(self) -> str:
        return str(self.proposed["by"])

    def waits_for(self, law: DisposalLaw) -> str:
        """In a sentence, what must happen next."""
        if self.status != "proposed":
            return {
                "approved": "It is approved by two people and may be carried out.",
                "executing": "It is being carried out; the same command goes on where it stopped.",
                "destroyed": "Its destruction has to be verified, twice.",
                "verified": "Everything is shown gone; the certificate may be issued.",
                "certified": "It is done.", "withdrawn": "It was withdrawn. Nothing was destroyed.",
                "blocked": "It was stopped before anything was destroyed. A new proposal will be made.",
            }[self.status]  # fmt: skip
        if law.prior_approval and not self.approved_by_authority:
            return f"It waits for what {law.approver} returns."
        missing = [place for place in (1, 2) if place not in {a.place for a in self.approvals}]
        return f"It waits for the {'first' if missing[0] == 1 else 'second'} approval."

    @property
    def approved_by_authority(self) -> bool:
        return self.returned is not None and self.returned["outcome"] in ("approved", "amended")


# --------------------------------------------------------------------------- reading


def all_disposals(archive: Archive) -> list[Disposal]:
    """Every disposal that was ever proposed, oldest first, as far as the catalog has followed the ledger."""
    found: dict[str, Disposal] = {}
    notes = sorted(
        ((note["n"], step, note) for step in _STEPS for note in archive.catalog.walks.notes(f"disposal.{step}")),
        key=lambda one: one[0],
    )
    for _, step, note in notes:
        if step == "proposed":
            load = partial(read, archive, note["disposal"], "proposal.json")
            found[note["disposal"]] = Disposal(note["disposal"], note["plan"], note, load=load)
        elif (disposal := found.get(note["disposal"])) is not None:
            _take(disposal, step, note)
    return list(found.values())


def _take(disposal: Disposal, step: str, note: Note) -> None:
    if step == "approved":
        at = datetime.fromisoformat(note["time"])
        disposal.approvals.append(Approval(note["by"], note["place"], at, note["via"], note["n"]))
    elif step == "claimed":
        disposal.claims.append(note)
    elif step == "destroyed":
        disposal.destroyed.append(note)
    elif step == "verified":
        disposal.rounds.append(note)
    else:
        setattr(disposal, step, note)


def state(archive: Archive, disposal_id: str) -> Disposal:
    """One disposal by its id (or the first characters of it), or by its certificate's number. Raises NotFound."""
    archive.catalog.catch_up()
    found = [
        d for d in all_disposals(archive)
        if d.id.startswith(disposal_id) or (d.certified and d.certified["certificate"] == disposal_id)
    ]  # fmt: skip
    if len(found) != 1 or not disposal_id:
        raise NotFound(
            "There is no such disposal." if not found else "More than one disposal fits this id.",
            remedy="`archive disposal list` shows them.",
        )
    return found[0]


def open_disposal(archive: Archive) -> Disposal | None:
    """The one that is under way, if any."""
    return next((d for d in all_disposals(archive) if d.is_open), None)


def reserved(archive: Archive) -> set[str]:
    """Keys of objects that stand in an open proposal: nobody else may move them, or the approvals would be void."""
    disposal = open_disposal(archive)
    return {one["key"] for one in disposal.remaining} if disposal else set()


def read(archive: Archive, disposal_id: str, name: str) -> bytes:
    """One file of a disposal: proposal.json, worksheet.json or worksheet.pdf."""
    located = archive.catalog.object(f"disposals/{disposal_id}/{name}")
    if located is None:
        raise NotFound(f"The archive has no {name} of disposal {disposal_id}.")
    return archive.mirror.path(located).read_bytes()


# --------------------------------------------------------------------------- writing


def append(
    archive: Archive, what: str, note: Note, *, check: Callable[[], None] | None = None, leaves: Sequence[bytes] = (),
    objects: Sequence[dict[str, Any]] = (), tables: Sequence[Any] = (),
) -> Entry:  # fmt: skip
    """Append one entry about a disposal at a head at which `check` raised nothing; once, however often it is called."""
    parts = json.dumps(note, sort_keys=True)
    draft = Draft(what, archive.txn(what, parts), list(leaves), list(objects), note=note)
    began = (archive.catalog.head or EMPTY).n
    while True:
        head = archive.catalog.catch_up()
        if check is not None:
            check()
        try:
            entry = archive.ledger.append(draft, head or EMPTY, since=began)
        except HeadMoved:
            continue
        archive.catalog.catch_up()
        return entry


def filed(archive: Archive, disposal_id: str, *, on: date, by: str, via: str) -> Disposal:
    """The official form was sent to the authority on this day. Raises NotAllowed."""
    acting(archive, by, NotAllowed)

    def check() -> None:
        disposal = _require_status(archive, disposal_id, "proposed")
        if disposal.filed is not None:
            raise NotAllowed(f"It was filed on {disposal.filed['on']} already.")
        _require_past(on)

    note = {"disposal": _full(archive, disposal_id), "on": on.isoformat(), "by": by, "via": via}
    append(archive, "disposal.filed", note, check=check)
    return state(archive, disposal_id)


def returned(archive: Archive, disposal_id: str, *, outcome: str, reference: str, on: date, by: str,
             via: str) -> Disposal:  # fmt: skip
    """What the authority returned: `approved`, `amended` or `deferred`, with its reference and date.

    A deferred one is withdrawn with it. `amended`: if lines were struck, withdraw and propose again without them.
    """
    acting(archive, by, NotAllowed)
    if outcome not in RETURNED:
        raise NotAllowed(f"An authority returns one of {', '.join(RETURNED)}, not {outcome!r}.")
    if not reference.strip():
        raise NotAllowed("The returned copy has a reference (its number or file mark); the certificate needs it.")

    def check() -> None:
        disposal = _require_status(archive, disposal_id, "proposed")
        if disposal.returned is not None:
            raise NotAllowed("What the authority returned is on record already.")
        _require_past(on)

    full = _full(archive, disposal_id)
    note = {"disposal": full, "outcome": outcome, "reference": reference.strip()[:200], "on": on.isoformat(),
            "by": by, "via": via}  # fmt: skip
    append(archive, "disposal.returned", note, check=check)
    if outcome == "deferred":
        return withdraw(archive, full, by=by, via=via, reason="deferred by the authority")
    return state(archive, disposal_id)


def approve(archive: Archive, disposal_id: str, *, plan: str, by: str, via: str, place: Place,
            reason: str | None = None) -> Disposal:  # fmt: skip
    """One of the two approvals. `plan` is the hash of the list that the person saw. Raises NotAllowed."""
    person_of(archive, by, place)

    def check() -> None:
        disposal = _require_status(archive, disposal_id, "proposed")
        if plan != disposal.plan:
            raise NotAllowed("The list that was approved is not the list that is proposed.")
        if by == disposal.proposed_by:
            raise NotAllowed(f"{by} proposed this disposal and cannot approve it.")
        if any(a.by == by for a in disposal.approvals):
            raise NotAllowed(f"{by} has approved it already; the other approval takes another person.")
        if any(a.place == place for a in disposal.approvals):
            raise NotAllowed("This approval has been given already.")
        if place == 2 and not any(a.place == 1 for a in disposal.approvals):
            raise NotAllowed("The first approval comes first.")
        _require_authority(archive, disposal)

    note = {"disposal": _full(archive, disposal_id), "plan": plan, "by": by, "via": via, "place": place,
            **({"reason": reason[:500]} if reason else {})}  # fmt: skip
    append(archive, "disposal.approved", note, check=check)
    return state(archive, disposal_id)


def withdraw(archive: Archive, disposal_id: str, *, by: str, via: str, reason: str) -> Disposal:
    """Stop a disposal of which nothing was destroyed yet: rejected, deferred, or its list is out of date."""
    acting(archive, by, NotAllowed, unattended=True)

    def check() -> None:
        _require_status(archive, disposal_id, "proposed", "approved")

    note = {"disposal": _full(archive, disposal_id), "by": by, "via": via, "reason": reason[:500]}
    append(archive, "disposal.withdrawn", note, check=check)
    return state(archive, disposal_id)


# --------------------------------------------------------------------------- rules


def person_of(archive: Archive, by: str, place: Place) -> None:
    """Raises NotAllowed unless agency.yaml names `by` as an approver of this place."""
    config = archive.agency.disposal
    allowed = config.first_approvers if place == 1 else config.second_approvers
    if not allowed:
        raise NotAllowed(
            f"agency.yaml names nobody who may give the {'first' if place == 1 else 'second'} approval.",
            remedy="Add `people:` and `disposal: {first_approvers: […], second_approvers: […]}` to agency.yaml.",
        )
    if by not in allowed:
        raise NotAllowed(f"{by} may not give this approval; agency.yaml names {', '.join(allowed)}.")


def approvals_expire(archive: Archive, disposal: Disposal) -> datetime | None:
    """When the approvals lapse: so many days after the first of them; None before there is one."""
    if not disposal.approvals:
        return None
    return min(a.at for a in disposal.approvals) + timedelta(days=archive.agency.disposal.approval_days)


def file_wait_ends(disposal: Disposal, law: DisposalLaw) -> date | None:
    """The first day on which a filed disposal may be carried out; None if it was not filed."""
    if disposal.filed is None:
        return None
    return date.fromisoformat(disposal.filed["on"]) + timedelta(days=law.file_days_before)


def _require_authority(archive: Archive, disposal: Disposal) -> None:
    from social_archive.law import load_disposal_law

    law = load_disposal_law(archive.agency)
    if law.prior_approval and not disposal.approved_by_authority:
        raise NotAllowed(
            f"{law.approver} has not approved this disposal. Without its approval nothing may be destroyed.",
            remedy="File the form (the worksheet has its fields), then enter what comes back: "
            f"archive disposal returned {disposal.id} --outcome approved --reference … --on …",
        )


def _require_status(archive: Archive, disposal_id: str, *wanted: Status) -> Disposal:
    disposal = state(archive, disposal_id)
    if disposal.status not in wanted:
        raise NotAllowed(f"Disposal {disposal.id} is {disposal.status}; this step is for one that is {wanted[0]}.")
    return disposal


def _require_past(on: date) -> None:
    if on > datetime.now(UTC).date() + timedelta(days=1):
        raise NotAllowed(f"{on} lies in the future.")


def _full(archive: Archive, disposal_id: str) -> str:
    return state(archive, disposal_id).id
