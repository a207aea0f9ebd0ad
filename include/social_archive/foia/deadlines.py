"""The letter to the FOIA officer: which requests must be answered soon, or should have been. Once a day for each.

It names numbers, kinds and dates, never who asks or for what. That it was sent is an entry of the ledger, so it is sent
once whichever worker runs.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import TYPE_CHECKING, Any, Final

from social_archive.foia import periods, requests
from social_archive.foia.requests import Kind
from social_archive.ledger import EMPTY, Draft, HeadMoved

if TYPE_CHECKING:
    from social_archive.archive import Archive

TOLD: Final = "foia.deadline_told"


@dataclass(frozen=True)
class Approaching:
    """An open request whose answer is due within `foia.warn_days`, or was. `left`: days until `safe`, negative: late.

    `date` is the day if every holiday counts, `safe` the one that holds in any case.
    """

    id: str
    number: str
    kind: Kind
    received: date
    safe: date
    date: date
    left: int

    @property
    def when(self) -> str:
        if self.left == 0:
            return "today"
        days = f"{abs(self.left)} day{'' if abs(self.left) == 1 else 's'}"
        return f"in {days}" if self.left > 0 else f"{days} late" if self.date < self.safe else f"{days} ago"


def approaching(archive: Archive, today: date | None = None) -> list[Approaching]:
    """Requests that must be answered soon, what is due first on top; as far as the catalog has followed the ledger.

    One whose clock stands still while its requester is asked is none of them.
    """
    now, warn = today or requests.today(archive), archive.agency.foia.warn_days
    found, laws = [], periods.Laws(archive)
    for request in requests.every(archive):
        if request.status not in ("open", "waiting"):
            continue
        due = periods.deadline_of(archive, request, laws)
        if due is not None and due.paused_since is None and (due.safe - now).days <= warn:
            found.append(Approaching(request.id, request.number, request.kind, request.received, due.safe, due.date,
                                     (due.safe - now).days))  # fmt: skip
    return sorted(found, key=lambda one: (one.safe, one.number))


# --------------------------------------------------------------------------- told once a day


def untold(archive: Archive, today: date | None = None) -> list[Approaching]:
    """Those that nobody was told of today."""
    archive.catalog.catch_up()
    now = today or requests.today(archive)
    told = _told(archive, now)
    return [one for one in approaching(archive, now) if _said(one) not in told]


def record(archive: Archive, some: Sequence[Approaching], today: date | None = None) -> None:
    """Write down that the officer was told of these today, however often this is called."""
    day = today or requests.today(archive)
    wanted = sorted(_said(one) for one in some)
    note: dict[str, Any] = {"day": day.isoformat(), "requests": [list(one) for one in wanted]}
    draft = Draft(TOLD, archive.txn(TOLD, day.isoformat(), *("/".join(one) for one in wanted)), note=note)
    began = (archive.catalog.catch_up() or EMPTY).n
    while not _told(archive, day).issuperset(wanted):
        with contextlib.suppress(HeadMoved):  # somebody else wrote first: look again whether it was this
            archive.ledger.append(draft, archive.catalog.head or EMPTY, since=began)
        archive.catalog.catch_up()


def _said(one: Approaching) -> tuple[str, str]:
    return one.id, one.safe.isoformat()


def _told(archive: Archive, day: date) -> set[tuple[str, str]]:
    return {(id, due) for note in archive.catalog.walks.notes(TOLD) if note["day"] == day.isoformat()
            for id, due in note["requests"]}  # fmt: skip


# --------------------------------------------------------------------------- the letter


def subject(some: Sequence[Approaching]) -> str:
    late = sum(one.left < 0 for one in some)
    what = f"{len(some):,} request{'' if len(some) == 1 else 's'} for records to answer by {min(o.safe for o in some)}"
    return f"{what}, {late:,} past {'its' if late == 1 else 'their'} date" if late else what


def html(archive: Archive, some: Sequence[Approaching]) -> str:
    """The letter. Its look stands in its tags, since mailboxes drop style sheets."""
    rows = "".join(
        f"<tr style='border-top:1px solid #ccc'><td><b>{escape(one.number)}</b></td><td>{one.kind}</td>"
        f"<td>{one.received}</td><td>{_date(one)}</td><td>{_when(one)}</td></tr>" for one in some
    )  # fmt: skip
    return (
        f"<h2>{escape(archive.agency.body.name)}: requests for records that must be answered</h2>"
        "<table cellpadding='6' style='border-collapse:collapse;text-align:left'>"
        f"<tr><th>request</th><th>kind</th><th>received</th><th>answer by</th><th></th></tr>{rows}</table>"
        "<p>A request and its clock: <code>archive foia show NUMBER</code>. More time, if the law gives it: "
        "<code>archive foia extend NUMBER --help</code>, within the first period. "
        "The dates are counted from the law as the archive has it, and are no legal advice.</p>"
    )


def _date(one: Approaching) -> str:
    return f"{one.safe}" + (f" ({one.date} if every holiday counts)" if one.date != one.safe else "")


def _when(one: Approaching) -> str:
    colour = "#b00020" if one.left < 0 else "#8a5a00"
    return f"<span style='color:{colour}'>{one.when}</span>"
