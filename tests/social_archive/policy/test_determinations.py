"""Determinations: two answers, both revisable, with a presumption; and none changes how a record is kept."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from social_archive import audit, companions
from social_archive.archive import Archive
from social_archive.config import StoreConfig
from social_archive.errors import NotFound
from social_archive.policy import class_determinations, determinations
from social_archive.policy.class_determinations import RecordClass
from social_archive.policy.determinations import Answer, DeterminationRefused, Span
from social_archive.record import Media, new_rid
from social_archive.retention import assignment, holds, proposal, why
from social_archive.search import Query, Search
from tests.social_archive.policy.deciding import policy, rid_of
from tests.social_archive.retention.scenes import LONG_AGO, another, comment, library, take_in

pytestmark = pytest.mark.slow

BY = {"by": "records", "via": "cli"}
BASIS = "It answers a question of the library on its own page (invented)."
LAW = {"codes": ("7(1)(b)",), "authority": "5 ILCS 140/7(1)(b)"}
SAID = "Call me: 555-0101 (invented). Really, 555-0101."


@pytest.fixture
def archive(tmp_path: Path, buckets: StoreConfig) -> Archive:
    made = policy(library(tmp_path, buckets.bucket))
    recent = datetime.now(UTC) - timedelta(days=20)
    take_in(made, [comment(1, SAID, at=recent, media=[Media("m", "https://x.example/1", alt="555-0101 on a poster")])])
    return made


@pytest.fixture
def rid(archive: Archive) -> str:
    return rid_of(archive, "c1")


def stands(archive: Archive, rid: str) -> dict[str, tuple[str, bool]]:
    return {question: (one.answer, one.default)
            for question, one in class_determinations.of_record(archive, rid).items()}  # fmt: skip


def test_where_nobody_has_answered_it_is_presumed_to_be_a_record_and_public(archive: Archive, rid: str) -> None:
    assert stands(archive, rid) == {"local_records": ("record", True), "foia": ("public", True)}
    with pytest.raises(NotFound):
        class_determinations.of_record(archive, new_rid())


def test_the_two_answers_are_independent_and_each_can_be_revised(archive: Archive, rid: str) -> None:
    first, entry = determinations.determine(archive, rid, "local_records", Answer("non_record", BASIS), **BY)
    assert entry is not None
    assert stands(archive, rid) == {"local_records": ("non_record", False), "foia": ("public", True)}
    exempt = Answer("exempt", BASIS, reviewer="director", **LAW)  # type: ignore[arg-type]
    determinations.determine(archive, rid, "foia", exempt, **BY)
    second, _ = determinations.determine(archive, rid, "local_records", Answer("record", BASIS), by="it", via="airflow")
    assert stands(archive, rid) == {"local_records": ("record", False), "foia": ("exempt", False)}
    assert determinations.history(archive, rid, "local_records") == [first, second]
    assert (second.supersedes, second.item, second.name, second.title) == (
        first.id, "comments", "Ida Tran (invented)", "IT",
    )  # fmt: skip
    (foia,) = determinations.history(archive, rid, "foia")
    assert (foia.codes, foia.codes_verified, foia.authority, foia.reviewer, foia.spans) == (
        ("7(1)(b)",), False, "5 ILCS 140/7(1)(b)", "director", (),
    )  # fmt: skip


def test_a_code_that_the_pack_lists_is_verified_and_written_as_the_law_writes_it(archive: Archive, rid: str) -> None:
    for codes, kept, verified in ((("lor 4 (A)",), ("LOR 4(a)",), True), (("LOR 5-1",), ("LOR 5-1",), False),
                                  (("LOR 4(a)", "LOR 9"), ("LOR 4(a)", "LOR 9"), False)):  # fmt: skip
        answer = Answer("exempt", BASIS, codes=codes, authority="the ordinance (invented)")
        made, _ = determinations.determine(archive, rid, "foia", answer, **BY)
        assert (made.codes, made.codes_verified) == (kept, verified)


def test_the_ledger_knows_who_answered_which_way_and_not_on_what_basis(archive: Archive, rid: str) -> None:
    spans = determinations.spans_of(archive, rid, ["555-0101"])
    answer = Answer("exempt", BASIS, spans=spans, **LAW)  # type: ignore[arg-type]
    made, n = determinations.determine(archive, rid, "foia", answer, **BY)
    assert n is not None
    entry = archive.ledger.read(n)
    assert entry.header["note"] == {
        "determination": made.id, "rid": rid, "question": "foia", "answer": "exempt", "by": "records", "via": "cli",
    }  # fmt: skip
    assert not [word for word in ("7(1)", "question of the", "Rosa") if word in repr(entry.header) + repr(entry.leaves)]
    (leaf,) = entry.leaves[1:]
    assert (json.loads(leaf)["t"], json.loads(leaf)["i"]) == ("determination", made.id)
    table = determinations.read(archive)
    assert companions.recommit(table) == table.column("commitment").to_pylist()
    (mine,), (record,) = archive.catalog.objects("determinations"), archive.catalog.objects("records")
    assert (mine.series, mine.cutoff, mine.retain_until) == (record.series, record.cutoff, record.retain_until)


def test_exempt_words_are_found_wherever_they_stand_and_must_stand_there(archive: Archive, rid: str) -> None:
    spans = determinations.spans_of(archive, rid, ["555-0101"])
    assert [(span.field, span.start) for span in spans] == [("body", 9), ("body", 38), ("alt:0", 0)]
    assert {SAID[span.start : span.end] for span in spans if span.field == "body"} == {"555-0101"}
    with pytest.raises(DeterminationRefused, match="do not stand"):
        determinations.spans_of(archive, rid, ["555-0102"])
    for wrong in (Span(1, "body", 5, 5), Span(1, "body", 0, 500), Span(9, "body", 0, 1), Span(1, "alt:7", 0, 1),
                  Span(1, "native", 0, 1)):  # fmt: skip
        answer = Answer("exempt", BASIS, spans=(wrong,), **LAW)  # type: ignore[arg-type]
        with pytest.raises(DeterminationRefused, match="has no characters"):
            determinations.determine(archive, rid, "foia", answer, **BY)


def test_what_is_not_in_order_is_refused_and_nothing_is_written(archive: Archive, rid: str) -> None:
    head = archive.catalog.head
    wrong: list[tuple[Any, Answer, str, str]] = [
        ("local_records", Answer("non-record", BASIS), "records", "did you mean 'non_record'"),
        ("foia", Answer("record", BASIS), "records", "no answer"),
        ("foia", Answer("exempt", BASIS), "records", "needs its code"),
        ("foia", Answer("exempt", BASIS, codes=("7(1)(b)",)), "records", "needs its code"),
        ("foia", Answer("public", BASIS, codes=("7(1)(b)",)), "records", "Only an exemption"),
        ("foia", Answer("exempt", BASIS, codes=("x" * 61,), authority="law"), "records", "1 to 60 characters"),
        ("local_records", Answer("non_record", BASIS, item="posts"), "records", "Only a record belongs"),
        ("local_records", Answer("record", BASIS, item="post"), "records", "did you mean 'posts'"),
        ("local_records", Answer("record", "  so  "), "records", "basis has 2 characters"),
        ("local_records", Answer("record", BASIS), "nobody", "nobody 'nobody'"),
        ("local_records", Answer("record", BASIS, reviewer="records"), "records", "somebody else"),
        ("local_records", Answer("record", BASIS, reviewer="nobody"), "records", "nobody 'nobody'"),
    ]
    for question, answer, by, message in wrong:
        with pytest.raises(DeterminationRefused, match=message):
            determinations.determine(archive, rid, question, answer, by=by, via="cli")
    for of, answer, message in (
        (RecordClass(), Answer("undecided", BASIS), "name one"),
        (RecordClass(kind="commment"), Answer("undecided", BASIS), "did you mean 'comment'"),
        (RecordClass(account="larkspurr"), Answer("undecided", BASIS), "did you mean 'larkspur'"),
        (RecordClass(kind="comment"), Answer("record", BASIS), "to which item"),
        (RecordClass(kind="comment"), Answer("undecided", BASIS, spans=(Span(1, "body", 0, 1),)), "a class has none"),
    ):
        with pytest.raises(DeterminationRefused, match=message):
            class_determinations.determine(archive, of, "local_records", answer, **BY)
    assert archive.catalog.catch_up() == head
    assert not [*archive.store.versions("determinations/"), *archive.store.versions(class_determinations.AREA)]


def test_of_what_was_said_about_classes_the_narrower_goes_first_then_the_later_and_the_record_itself_before_all(
    archive: Archive, rid: str
) -> None:
    def said(of: RecordClass, answer: str) -> class_determinations.ClassDetermination:
        return class_determinations.determine(archive, of, "local_records", Answer(answer, BASIS), **BY)

    said(RecordClass(kind="post"), "non_record")
    assert stands(archive, rid)["local_records"] == ("record", True), "another class says nothing about it"
    narrow = RecordClass(series="comments", account="larkspur")
    first = said(narrow, "undecided")
    said(RecordClass(kind="comment"), "non_record")
    found = class_determinations.of_record(archive, rid)["local_records"]
    assert (found.answer, found.default, found.of) == ("undecided", False, narrow)
    again = said(narrow, "record")
    assert (again.said.supersedes, again.said.item) == (first.said.id, "comments")
    assert stands(archive, rid)["local_records"] == ("record", False)
    assert [one.said.id for one in class_determinations.standing(archive) if one.of == narrow] == [again.said.id]
    assert len(class_determinations.every(archive)) == 4
    determinations.determine(archive, rid, "local_records", Answer("non_record", BASIS), **BY)
    assert stands(archive, rid)["local_records"] == ("non_record", False)


def test_what_was_said_about_a_class_is_kept_for_ever_on_every_host_and_once(archive: Archive, tmp_path: Path) -> None:
    same = new_rid()
    of = RecordClass(kind="comment")
    made = [class_determinations.determine(archive, of, "foia", Answer("public", BASIS), id=same, **BY) for _ in "12"]
    assert made[0] == made[1]
    (o,) = archive.catalog.objects(class_determinations.CLASS)
    assert (o.series, o.retain_until, audit.lock_state(archive, o, archive.schedule)) == ("", None, "sealed")
    swept = audit.sweep(archive, now=datetime.now(UTC) + timedelta(days=9))
    assert (swept["missing"], swept["orphans_removed"]) == ([], 0)
    other = another(archive, tmp_path)
    other.catalog.catch_up()
    assert class_determinations.every(other) == [made[0]]
    entry = archive.ledger.read(made[0].n)
    assert BASIS[:10] not in repr(entry.header)
    archive.store.put(f"{class_determinations.AREA}{new_rid()}.json", b"{}")  # as a crash before the entry leaves it
    assert audit.sweep(archive, now=datetime.now(UTC) + timedelta(days=9))["orphans_removed"] == 1


@pytest.mark.parametrize("point", ["class-determination-written", "class-determination-made"])
def test_a_determination_about_a_class_survives_a_crash_and_is_made_once(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    def crash(name: str) -> None:
        if name == point:
            raise KeyboardInterrupt

    said = (archive, RecordClass(kind="comment"), "foia", Answer("public", BASIS))
    same = new_rid()
    with monkeypatch.context() as crashing:
        crashing.setattr(class_determinations, "crash_point", crash)
        with pytest.raises(KeyboardInterrupt):
            class_determinations.determine(*said, id=same, **BY)  # type: ignore[arg-type]
    made = class_determinations.determine(*said, id=same, **BY)  # type: ignore[arg-type]
    assert class_determinations.every(archive) == [made]
    swept = audit.sweep(archive, now=datetime.now(UTC) + timedelta(days=9))
    written = point == "class-determination-written"
    assert (swept["orphans_removed"], swept["sealed_again"]) == ((1, 0) if written else (0, 1))


def test_non_record_changes_nothing_about_how_a_record_is_kept_found_and_shown(archive: Archive, rid: str) -> None:
    def everything() -> tuple[bytes, ...]:
        assignment.settle(archive)
        with closing(Search.of(archive)) as search:
            found = search.find(Query(text="555")), search.versions(rid, native=True), search.thread(rid)
        objects = [(o, archive.store.lock_state(o.key, o.version_id)) for o in archive.catalog.objects("records")]
        return tuple(repr(one).encode() for one in (found, why.why(archive, rid), objects))

    before = everything()
    determinations.determine(archive, rid, "local_records", Answer("non_record", BASIS), **BY)
    determinations.determine(archive, rid, "foia", Answer("not_public_record", BASIS), **BY)
    class_determinations.determine(archive, RecordClass(series="comments"), "local_records",
                                   Answer("non_record", BASIS), **BY)  # fmt: skip
    assert everything() == before
    assert proposal.propose(archive, by="it", via="cli") is None, "it is not due one day earlier"


def test_non_record_does_not_get_a_record_past_a_hold(archive: Archive) -> None:
    take_in(archive, [comment(2, "Due (invented)", at=LONG_AGO)])
    due = rid_of(archive, "c2")
    holds.place(archive, kind="litigation", matter="Roe v. Library (invented)", mandate="Counsel (invented)", **BY,
                scope=holds.Scope(ids=(due,)), review=date.today() + timedelta(days=9))  # type: ignore[arg-type]  # fmt: skip
    determinations.determine(archive, due, "local_records", Answer("non_record", BASIS), **BY)
    class_determinations.determine(archive, RecordClass(kind="comment"), "local_records",
                                   Answer("non_record", BASIS), **BY)  # fmt: skip
    assert [hold.kind for hold in holds.of_record(archive, due)] == ["litigation"]
    listed = proposal.propose(archive, by="it", via="cli")
    of_records = [] if listed is None else [o for o in listed.proposal["objects"] if o["class"] == "records"]
    assert of_records == []


def test_a_record_on_a_list_for_disposal_is_refused(archive: Archive) -> None:
    take_in(archive, [comment(2, "Due (invented)", at=LONG_AGO)])
    due = rid_of(archive, "c2")
    assert proposal.propose(archive, by="it", via="cli") is not None
    with pytest.raises(companions.SourceGone, match="list for disposal"):
        determinations.determine(archive, due, "foia", Answer("public", BASIS), **BY)
