"""The reviewer's letter: how many findings of the policy check wait, at most once a day. Counts only, no content.

That it was sent is an entry of the ledger, so every worker knows.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from social_archive.ledger import EMPTY, Draft, HeadMoved
from social_archive.policy import check, decisions, findings
from social_archive.policy.criteria import registry

if TYPE_CHECKING:
    from social_archive.archive import Archive

TOLD: Final = "policy.told"


@dataclass(frozen=True)
class Waiting:
    """Findings that no decision covers: how many of each criterion, and how many came since the last letter."""

    day: str  # on the body's calendar
    through: int  # the last ledger entry that was counted
    new: int
    by_criterion: dict[str, int]
    records: int

    @property
    def total(self) -> int:
        return sum(self.by_criterion.values())


def waiting(archive: Archive, *, now: datetime | None = None) -> Waiting:
    """What waits for a person now. Writes nothing."""
    head = archive.catalog.catch_up()
    zone = ZoneInfo(archive.agency.body.time_zone)
    told = archive.catalog.walks.notes(TOLD)
    since = told[-1]["through"] if told else -1
    decided = {i for ids in decisions.read(archive).column("findings").to_pylist() for i in ids}
    open_ones = findings.read(archive).select(["id", "rid", "criterion"])
    if decided:
        covered = pc.is_in(open_ones.column("id"), pa.array(sorted(decided), type=pa.string()))
        open_ones = open_ones.filter(pc.invert(covered))
    return Waiting(
        day=f"{(now or datetime.now(UTC)).astimezone(zone):%Y-%m-%d}",
        through=(head.n - 1) if head else -1,
        new=sum(note["findings"] for note in archive.catalog.walks.notes(check.WHAT) if note["n"] > since),
        by_criterion=dict(sorted(Counter(open_ones.column("criterion").to_pylist()).items())),
        records=pc.count_distinct(open_ones.column("rid")).as_py(),
    )  # fmt: skip


def is_due(archive: Archive, found: Waiting) -> bool:
    """Is there anything new, and was no letter sent on this day yet?"""
    told_today = any(note["day"] == found.day for note in archive.catalog.walks.notes(TOLD))
    return found.new > 0 and found.total > 0 and not told_today


def record(archive: Archive, sent: Waiting) -> None:
    """Write down that this letter was sent: one entry a day, however often this is called."""
    draft = Draft(TOLD, archive.txn(TOLD, sent.day), note={"day": sent.day, "through": sent.through, "new": sent.new})
    began = (archive.catalog.catch_up() or EMPTY).n
    while all(note["day"] != sent.day for note in archive.catalog.walks.notes(TOLD)):
        with contextlib.suppress(HeadMoved):
            archive.ledger.append(draft, archive.catalog.head or EMPTY, since=began)
        archive.catalog.catch_up()


def subject(found: Waiting) -> str:
    return f"Social records: {found.new:,} new finding{'' if found.new == 1 else 's'} to look at"


def html(archive: Archive, found: Waiting) -> str:
    """The letter. Its look stands in its tags, since mailboxes drop style sheets."""
    titles = {name: cls.title for name, cls in registry().items()}
    rows = "".join(
        f"<tr style='border-top:1px solid #ccc'><td>{escape(titles.get(name, name))}</td>"
        f"<td style='text-align:right'>{count:,}</td></tr>"
        for name, count in found.by_criterion.items()
    )
    return (
        f"<h2>{escape(archive.agency.body.name)}: comment policy</h2>"
        f"<p>{found.total:,} findings about {found.records:,} records wait for a person; {found.new:,} are new.</p>"
        f"<table cellpadding='6' style='border-collapse:collapse'>{rows}</table>"
        "<p>A finding shows words that a clause may be about. It is no verdict: nothing was hidden, and "
        "nothing will be unless a person does it.</p><p>Look at them: <code>archive review list</code>.</p>"
    )
