"""Is it a record, and may it be disclosed? Two independent answers of a person about each record, both revisable.

`local_records`: is it a record under the law on local records, and of which item of the schedule? `foia`: is it a
public record under the freedom-of-information law, and is it, or a part of it, exempt? Each answer says who, when, and
on what basis; a later one supersedes an earlier one and both stay.

Where nobody has answered, it is a record and kept, and public: that is the presumption, and it is said to be one. No
answer changes anything by itself: "non-record" neither shortens retention nor lifts a hold, and "exempt" hides nothing.
What has to follow, people do elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import pyarrow as pa

from social_archive import companions
from social_archive.errors import ArchiveError
from social_archive.law_exemptions import load_exemptions
from social_archive.policy import revisions
from social_archive.policy.findings import text_in
from social_archive.record import UTC_MICROS
from social_archive.yaml_lines import suggestion

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.search import Row

CLASS: Final = "determinations"
WHAT: Final = "determination.made"

Question = Literal["local_records", "foia"]
QUESTIONS: Final[tuple[Question, ...]] = get_args(Question)
ANSWERS: Final[dict[Question, tuple[str, ...]]] = {
    "local_records": ("record", "non_record", "undecided"),
    "foia": ("public", "exempt", "not_public_record"),
}
PRESUMED: Final[dict[Question, str]] = {"local_records": "record", "foia": "public"}
"""What holds while nobody has answered."""

LEAST: Final = 10
"""Characters of a basis."""
_LONGEST_CODE: Final = 60
_MOST_SPANS: Final = 200

SPAN: Final = pa.struct(
    [pa.field("version", pa.int32()), pa.field("field", pa.string()), pa.field("start", pa.int64()),
     pa.field("end", pa.int64())]
)  # fmt: skip

SCHEMA: Final = companions.schema(
    pa.field("question", pa.string(), nullable=False),
    pa.field("answer", pa.string(), nullable=False),
    pa.field("item", pa.string()),  # a series of the schedule; only of a record
    pa.field("codes", pa.list_(pa.string()), nullable=False),  # of exemptions, as they were typed
    pa.field("codes_verified", pa.bool_(), nullable=False),  # listed by the pack of law, and read in a source?
    pa.field("spans", pa.list_(SPAN), nullable=False),  # what is exempt; empty: all of it
    pa.field("basis", pa.string(), nullable=False),  # the facts
    pa.field("authority", pa.string()),  # the law that it rests on
    pa.field("by", pa.string(), nullable=False),  # user name
    pa.field("name", pa.string()),  # as agency.yaml has it
    pa.field("title", pa.string()),
    pa.field("reviewer", pa.string()),  # user name of who looked at it as well
    pa.field("via", pa.string(), nullable=False),  # how the name is known: `cli` (declared), `airflow` (authenticated)
    pa.field("supersedes", pa.string()),
    pa.field("decided_at", UTC_MICROS, nullable=False),
)


class DeterminationRefused(ArchiveError):
    """The determination is not in order. Nothing was written."""

    remedy = "See `archive determine --help` for examples."


@dataclass(frozen=True)
class Span:
    """Words of one version of a record: [start, end) in characters of `field` (`body` or `alt:N`) as posted."""

    version: int
    field: str
    start: int
    end: int


@dataclass(frozen=True)
class Answer:
    """What a person answers to one question.

    `item`: the series of a record (default: where it lies). `codes`, `authority`: of an exemption; `spans`: the exempt
    words, none for all of it. `basis`: the facts that lead to the answer. `reviewer`: user name of a second person.
    """

    answer: str
    basis: str = field(repr=False)
    item: str | None = None
    codes: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()
    authority: str | None = None
    reviewer: str | None = None


@dataclass(frozen=True)
class Determination:
    """One answer that was given. `decided_at`: microseconds UTC. `codes_verified`: the pack of law lists
    the codes, and each was read in a source.
    """

    id: str
    question: Question
    answer: str
    item: str | None
    codes: tuple[str, ...]
    codes_verified: bool
    spans: tuple[Span, ...]
    basis: str = field(repr=False)
    authority: str | None
    by: str
    name: str | None
    title: str | None
    reviewer: str | None
    via: str
    supersedes: str | None
    decided_at: int

    @classmethod
    def of(cls, row: Row) -> Determination:
        """From a row of SCHEMA whose times are integers, or the like of one."""
        said = {name: row[name] for name in cls.__dataclass_fields__}
        return cls(**said | {"codes": tuple(row["codes"]), "spans": tuple(Span(**one) for one in row["spans"])})


# --------------------------------------------------------------------------- asking


def read(archive: Archive, *, rid: str | None = None) -> pa.Table:
    """Determinations about records in SCHEMA, superseded ones too; as far as the catalog has followed the ledger."""
    return companions.table(archive, CLASS, SCHEMA, rid=rid)


def history(archive: Archive, rid: str, question: Question) -> list[Determination]:
    """Every answer to one question about one record, oldest first; the last one stands. Not those about its class."""
    return [Determination.of(row) for row in _chain(archive, rid, question)]


def _chain(archive: Archive, rid: str, question: Question) -> list[Row]:
    rows = revisions.micros_of(read(archive, rid=rid))
    return revisions.in_order(row for row in rows if row["question"] == question)


def spans_of(archive: Archive, rid: str, words: Sequence[str]) -> tuple[Span, ...]:
    """Where these words stand in the last text of a record that was seen. Raises DeterminationRefused, NotFound."""
    version = _last_with_text(_versions(archive, rid))
    found = [span for one in words for span in _occurrences(version, one)]
    return tuple(dict.fromkeys(found))


def last_text(archive: Archive, rid: str) -> int:
    """The version of a record in which there was a text last. Raises NotFound."""
    return int(_last_with_text(_versions(archive, rid))["version"])


def texts(archive: Archive, rid: str, spans: Sequence[Span]) -> dict[tuple[int, str], str]:
    """(version, field) -> the text in which spans stand; what is not in the archive any more is left out."""
    versions = {row["version"]: row for row in _versions(archive, rid)} if spans else {}
    wanted = dict.fromkeys((span.version, span.field) for span in spans)
    found = {(n, name): text_in(versions[n], name) for n, name in wanted if n in versions}
    return {where: text for where, text in found.items() if text is not None}


def _occurrences(version: Row, words: str) -> list[Span]:
    fields = ["body", *(f"alt:{number}" for number in range(len(version["media"] or ())))]
    found = []
    for name in fields:
        text, at = text_in(version, name) or "", 0
        while words and (at := text.find(words, at)) >= 0:
            found.append(Span(version["version"], name, at, at + len(words)))
            at += len(words)
    if not found:
        raise DeterminationRefused("These words do not stand in the record like this. Nothing was written.",
                                   remedy="Copy them from `archive show RID --all`, capitals and all.")  # fmt: skip
    return found


def _versions(archive: Archive, rid: str) -> list[Row]:
    from social_archive.search import Search

    companions.place_of(archive, rid)  # raises NotFound
    with closing(Search.of(archive)) as search:
        return search.versions(rid)


def _last_with_text(versions: Sequence[Row]) -> Row:
    return next((row for row in reversed(versions) if row["body"] or row["media"]), versions[-1])


# --------------------------------------------------------------------------- answering


def determine(
    archive: Archive, rid: str, question: Question, answer: Answer, *, by: str, via: str, id: str | None = None
) -> tuple[Determination, int | None]:
    """Record an answer about one record: (the determination, its ledger entry).

    The ledger is told who answered which way, never on what basis. `id` (32 hex digits): a second call with it writes
    nothing and answers None for the entry. Raises DeterminationRefused, NotFound, or SourceGone for a record on a list
    for disposal; then nothing was written.
    """
    archive.catalog.catch_up()
    _, place = companions.place_of(archive, rid)
    said = checked(archive, question, answer, by=by, lies_in=place.series)
    if answer.spans:
        _check_spans(answer.spans, {row["version"]: row for row in _versions(archive, rid)})
    row, entry = revisions.revise(
        archive, CLASS, SCHEMA, rid, {**said, "via": via}, chain=lambda: _chain(archive, rid, question), what=WHAT,
        note=_note, id=id,
    )  # fmt: skip
    return Determination.of(row), entry


def _note(row: Row) -> dict[str, Any]:
    told = ("rid", "question", "answer", "by", "reviewer", "via")
    return {"determination": row["id"], **{name: row[name] for name in told if row[name] is not None}}


def checked(archive: Archive, question: Question, answer: Answer, *, by: str, lies_in: str | None) -> Row:
    """The columns of an answer that is in order, without spans unchecked. Raises DeterminationRefused.

    `lies_in`: the series in which what it is about lies now, if it is one.
    """
    if question not in QUESTIONS or answer.answer not in ANSWERS[question]:
        known = ANSWERS.get(question, ())
        raise DeterminationRefused(f"There is no answer {answer.answer!r}{suggestion(answer.answer, known)}.",
                                   remedy=f"There are {', '.join(known)}.")  # fmt: skip
    return {
        "question": question, "answer": answer.answer,
        "item": _item(archive, answer, lies_in) if question == "local_records" else None,
        **_exemption(archive, question, answer), "spans": [vars(span) for span in answer.spans],
        "basis": revisions.words(answer.basis, "basis", LEAST, DeterminationRefused),
        **revisions.decider(archive, by, DeterminationRefused), "reviewer": _reviewer(archive, answer.reviewer, by),
    }  # fmt: skip


def _item(archive: Archive, answer: Answer, lies_in: str | None) -> str | None:
    """The series that the answer names, or the one in which it lies."""
    if answer.answer != "record":
        if answer.item is not None:
            raise DeterminationRefused("Only a record belongs to an item of the schedule. Nothing was written.")
        return None
    series = answer.item or lies_in
    known = [item.series for item in archive.schedule.retention.items]
    if series is None:
        raise DeterminationRefused("It must be said to which item of the schedule such records belong.",
                                   remedy=f"Add --item SERIES: {', '.join(known)}.")  # fmt: skip
    if answer.item is not None and series not in known:
        raise DeterminationRefused(f"The schedule in force has no series {series!r}{suggestion(series, known)}.",
                                   remedy=f"There are {', '.join(known)}.")  # fmt: skip
    return series


def _exemption(archive: Archive, question: Question, answer: Answer) -> Row:
    """Code and authority: both are owed with an exemption, and are out of place without one.

    A code that the pack of law does not list may be right, since no pack is complete; it stays unverified.
    """
    exempt = question == "foia" and answer.answer == "exempt"
    codes, verified = list(dict.fromkeys(code.strip() for code in answer.codes)), False
    authority = (answer.authority or "").strip() or None
    if exempt and not (codes and authority):
        raise DeterminationRefused("An exemption needs its code and the law that it rests on. Nothing was written.",
                                   remedy="Add --code and --authority, as the law of your jurisdiction has them.")
    if not exempt and (codes or answer.spans):
        raise DeterminationRefused("Only an exemption has codes and exempt words. Nothing was written.")
    if any(not 1 <= len(code) <= _LONGEST_CODE for code in codes) or len(authority or "") > revisions.LONGEST:
        raise DeterminationRefused(f"A code has 1 to {_LONGEST_CODE} characters. Nothing was written.")
    if codes:
        codes, verified = load_exemptions(archive.agency).checked(codes)
    return {"codes": codes, "codes_verified": verified, "authority": authority}


def _reviewer(archive: Archive, reviewer: str | None, by: str) -> str | None:
    if reviewer is None:
        return None
    user = str(revisions.decider(archive, reviewer, DeterminationRefused)["by"])
    if user == by.strip():
        raise DeterminationRefused("Who reviews a determination is somebody else than who makes it.")
    return user


def _check_spans(spans: Sequence[Span], versions: dict[int, Row]) -> None:
    if len(spans) > _MOST_SPANS:
        raise DeterminationRefused(f"More than {_MOST_SPANS} places are marked. Nothing was written.",
                                   remedy="If most of it is exempt, name no words: then all of it is.")  # fmt: skip
    for span in spans:
        version = versions.get(span.version)
        text = "" if version is None else text_in(version, span.field) or ""
        if not 0 <= span.start < span.end <= len(text):
            raise DeterminationRefused(
                f"Version {span.version} of the record has no characters {span.start} to {span.end} there.",
                remedy="Count in the text as `archive show RID --json` prints it, or give the words themselves.",
            )
