"""Determinations about a class of records (a series, an account, a kind), and which answer holds for one record.

An answer about a class quotes no record, so it belongs to no cohort: it is an object of its own, kept for ever, with
the ledger entry that makes it count. What was said about a record itself goes before what was said about its class; of
two classes the narrower one goes first, then the later answer.
"""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from social_archive.accession import describe, seal
from social_archive.crash import crash_point
from social_archive.errors import LedgerError
from social_archive.ledger import EMPTY, Draft, Entry, HeadMoved
from social_archive.policy import revisions
from social_archive.policy.determinations import (
    PRESUMED,
    QUESTIONS,
    Answer,
    Determination,
    DeterminationRefused,
    Question,
    checked,
    history,
    read,
)
from social_archive.record import KINDS, canonical, micros, new_rid
from social_archive.yaml_lines import suggestion

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.search import Row

WHAT: Final = "determination.class"
CLASS: Final = "class-determination"
AREA: Final = "class-determinations/"
FORMAT: Final = "social-records-archive/class-determination/v1"


@dataclass(frozen=True)
class RecordClass:
    """Records for which all of this holds; at least one must be given. `series`: in which a record lies now."""

    series: str | None = None
    platform: str | None = None
    account: str | None = None
    kind: str | None = None

    def to_dict(self) -> dict[str, str]:
        """What is given."""
        return {one.name: value for one in fields(self) if (value := getattr(self, one.name)) is not None}

    def has(self, record: Row) -> bool:
        return all(record[name] == value for name, value in self.to_dict().items())

    @property
    def narrowness(self) -> int:
        return len(self.to_dict())


@dataclass(frozen=True)
class ClassDetermination:
    """One answer about a class, made in ledger entry `n`."""

    of: RecordClass
    said: Determination
    n: int


@dataclass(frozen=True)
class Standing:
    """The answer that holds for one record. `default`: nobody has answered, so it is presumed.

    `of`: the class about which it was said; None: about the record itself, or about nothing.
    """

    question: Question
    answer: str
    default: bool
    said: Determination | None = None
    of: RecordClass | None = None


# --------------------------------------------------------------------------- asking


def every(archive: Archive) -> list[ClassDetermination]:
    """All answers about classes in ledger order, superseded ones too; as far as the catalog has followed the ledger."""
    objects = {o.n: o for o in archive.catalog.objects(CLASS)}
    before: dict[tuple[str, RecordClass], str] = {}
    found = []
    for note in archive.catalog.walks.notes(WHAT):
        located = objects.get(note["n"])
        if located is None:
            raise LedgerError("The ledger names a determination whose object it does not hold.")
        body = json.loads(archive.mirror.path(located).read_bytes())
        of = RecordClass(**body["class"])
        key = (body["question"], of)
        at = micros(datetime.fromisoformat(note["time"]))
        said = Determination.of({**body, "supersedes": before.get(key), "decided_at": at})
        before[key] = said.id
        found.append(ClassDetermination(of, said, note["n"]))
    return found


def standing(archive: Archive) -> list[ClassDetermination]:
    """The answers about classes that hold: the last one about each, by question and class."""
    last = {(one.said.question, one.of): one for one in every(archive)}
    return sorted(last.values(), key=lambda one: (one.said.question, sorted(one.of.to_dict().items())))


def of_record(archive: Archive, rid: str) -> dict[Question, Standing]:
    """Both answers about one record: its own, else that about the narrowest class that has it, else what is presumed.

    Raises NotFound.
    """
    from social_archive.search import Search

    with closing(Search.of(archive)) as search:
        record = search.thing(rid)
    classes = [one for one in standing(archive) if one.of.has(record)]
    return {question: _stands(question, history(archive, rid, question), classes) for question in QUESTIONS}


def of_records(archive: Archive, records: Sequence[Row], question: Question) -> dict[str, Standing]:
    """rid -> the answer to one question that holds for each of many records (rows of any version)."""
    own: dict[str, list[Determination]] = {}
    for row in revisions.in_order(revisions.micros_of(read(archive))):
        if row["question"] == question:
            own.setdefault(row["rid"], []).append(Determination.of(row))
    classes = standing(archive)
    return {record["rid"]: _stands(question, own.get(record["rid"], []), [one for one in classes if one.of.has(record)])
            for record in records}  # fmt: skip


def _stands(question: Question, own: list[Determination], classes: list[ClassDetermination]) -> Standing:
    if own:
        return Standing(question, own[-1].answer, False, own[-1])
    about = [one for one in classes if one.said.question == question]
    if about:
        best = max(about, key=lambda one: (one.of.narrowness, one.n))
        return Standing(question, best.said.answer, False, best.said, best.of)
    return Standing(question, PRESUMED[question], True)


# --------------------------------------------------------------------------- answering


def determine(
    archive: Archive, of: RecordClass, question: Question, answer: Answer, *, by: str, via: str, id: str | None = None
) -> ClassDetermination:
    """Record an answer about a class. Its basis is kept for ever, so it must name nobody of the public.

    `id` (32 hex digits): a second call with it writes nothing. Raises DeterminationRefused: then nothing was written.
    """
    archive.catalog.catch_up()
    _check(archive, of, answer)
    said = checked(archive, question, answer, by=by, lies_in=of.series) | {"via": via}
    identity = id or new_rid()
    if not _noted(archive, identity):
        _append(archive, identity, of, said)
    return next(one for one in every(archive) if one.said.id == identity)


def _check(archive: Archive, of: RecordClass, answer: Answer) -> None:
    if not of.to_dict():
        raise DeterminationRefused("A class of records is a series, an account, a platform or a kind: name one.")
    if answer.spans:
        raise DeterminationRefused("Exempt words are words of one record; a class has none. Nothing was written.")
    held = archive.catalog.objects("records")
    for what, given, known in (
        ("kind", of.kind, set(KINDS)),
        ("series", of.series, {i.series for i in archive.schedule.retention.items} | {o.series for o in held}),
        ("platform", of.platform, {a.platform for a in archive.agency.accounts} | {o.platform for o in held}),
        ("account", of.account, {a.name for a in archive.agency.accounts} | {o.account for o in held}),
    ):
        if given is not None and given not in known:
            raise DeterminationRefused(f"There is no {what} {given!r}{suggestion(given, known)}. Nothing was written.",
                                       remedy=f"There are {', '.join(sorted(known))}.")  # fmt: skip


def _append(archive: Archive, identity: str, of: RecordClass, said: Row) -> None:
    """The answer as an object, then the entry that names it, then its lock. Who knows its hash can guess no basis."""
    body: dict[str, Any] = {"format": FORMAT, "id": identity, "class": of.to_dict(), **said,
                            "nonce": secrets.token_hex(32)}  # fmt: skip
    ref = archive.store.put(f"{AREA}{uuid.uuid4().hex}.json", canonical(body), content_type="application/json")
    crash_point("class-determination-written")
    described = describe(ref, cls=CLASS, rows=0, retain_until=None)
    told = {name: said[name] for name in ("question", "answer", "by", "reviewer", "via") if said[name] is not None}
    draft = Draft(WHAT, archive.txn(WHAT, identity), objects=[described], note={"determination": identity, **told})
    entry = _appended(archive, draft)
    crash_point("class-determination-made")
    seal(archive, entry.header["objects"])


def _appended(archive: Archive, draft: Draft) -> Entry:
    began = (archive.catalog.head or EMPTY).n
    while True:
        head = archive.catalog.catch_up()
        try:
            entry = archive.ledger.append(draft, head or EMPTY, since=began)
        except HeadMoved:
            continue
        archive.catalog.catch_up()
        return entry


def _noted(archive: Archive, identity: str) -> bool:
    return any(note["determination"] == identity for note in archive.catalog.walks.notes(WHAT))
