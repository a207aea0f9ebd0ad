"""What people read before they decide on a disposal: Markdown, made from the proposal as the ledger holds it.

Counts, dates, items of the schedule, hashes. Nobody's words and nobody's name but those of the people who act.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from social_archive.config import Agency
from social_archive.law import DisposalLaw
from social_archive.retention.disposal import Disposal, Place, file_wait_ends


def approval(agency: Agency, d: Disposal, law: DisposalLaw, place: Place) -> str:
    """What an approver is asked, with everything that the proposal says."""
    after = "then a second person is asked" if place == 1 else "then it is destroyed, without another question"
    days = agency.disposal.approval_days
    return "\n\n".join([
        f"**{agency.body.name}: {_total(d)} are to be destroyed. Nobody can bring them back.**",
        *_proposal(d),
        _list(
            f"**Approve** if this is right: {after}. It holds for {days} days; a hold or a changed list voids it.",
            "**Reject** withdraws the proposal, and nothing is destroyed.",
            _authority(d, law), _people(agency, d), _plan(d),
        ),
    ])  # fmt: skip


def returned_copy(agency: Agency, d: Disposal, law: DisposalLaw) -> str:
    """What the officer who holds the authority's answer is asked."""
    filed = f"It was filed on {d.filed['on']}." if d.filed else "It is not on record yet when it was filed."
    return "\n\n".join([
        f"**{agency.body.name}: {_total(d)} are past their time. {law.approver} has to approve first.**",
        *_proposal(d),
        _list(
            f"{law.worksheet_notice} The form's fields: `archive disposal worksheet {d.id}`.",
            f"{filed} When the copy comes back, enter its reference and date, and choose what it says.",
            "**Approved as amended**: if lines were struck, withdraw this disposal and propose again without them.",
            "**Deferred** withdraws it; it is proposed again while it is due.",
            _plan(d),
        ),
    ])  # fmt: skip


def _proposal(d: Disposal) -> list[str]:
    lines = [
        (line["item"], line["title"], _span(line["earliest"], line["latest"]), line["eligible"],
         f"{line['records']:,}", f"{line['objects']:,}", size(line["bytes"]))
        for line in d.proposal["lines"]
    ]  # fmt: skip
    page = [_table(("item", "series", "dates of the records", "due since", "records", "objects", "size"), lines)]
    if stays := [(e["what"], e["reason"], f"{e['records']:,}", f"{e['objects']:,}") for e in d.proposal["excluded"]]:
        page += ["Due as well, but these stay:", _table(("cohort", "why", "records", "objects"), stays)]
    return page


def _total(d: Disposal) -> str:
    totals = d.proposal["totals"]
    return f"{totals['records']:,} records in {totals['objects']:,} objects ({size(totals['bytes'])})"


def _authority(d: Disposal, law: DisposalLaw) -> str:
    if d.returned is None:
        return "The law asks for no approval by an authority beforehand."
    reference = _plain(d.returned["reference"])
    told = f"{law.approver}: {d.returned['outcome']} on {d.returned['on']}, reference {reference}."
    begins = file_wait_ends(d, law)
    return told if begins is None else f"{told} By the day of its filing it may be carried out from {begins} on."


def _people(agency: Agency, d: Disposal) -> str:
    zone = agency.body.time_zone
    said = [f"Proposed by {_plain(d.proposed_by)} on {_moment(d.proposed['time'], zone)}"]
    said += [f"approved by {_plain(a.by)} on {_moment(a.at, zone)}" for a in d.approvals]
    return ", ".join(said) + "."


def _plan(d: Disposal) -> str:
    shown = f"`archive disposal show {d.id} --objects`"
    return f"Disposal `{d.id}`, plan `{d.plan}`. The whole list, object by object: {shown}."


def _list(*points: str) -> str:
    return "\n".join(f"- {point}" for point in points)


def _span(first: str | None, last: str | None) -> str:
    return "" if first is None else f"{first} to {last}"


def _moment(value: str | datetime, zone: str) -> str:
    at = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M %Z}"


def size(count: int) -> str:
    """Bytes for people: 1 kB is a thousand."""
    for unit, each in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= each:
            return f"{count / each:,.1f} {unit}"
    return f"{count} B"


def _table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    cells = [[_plain(str(cell)) for cell in row] for row in rows]
    ruled = "|".join("---" for _ in heads)
    return "\n".join([f"| {' | '.join(heads)} |", f"|{ruled}|", *(f"| {' | '.join(row)} |" for row in cells)])


def _plain(text: str) -> str:
    """Text of a file or a form in Markdown: it stays text."""
    for mark in "\\`*_[]<>|#":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())
