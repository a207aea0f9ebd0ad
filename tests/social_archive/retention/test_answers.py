"""What is said of a record that was destroyed: the disposal, the certificate, a proof; and nothing that it said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from social_archive.archive import Archive
from social_archive.config import StoreConfig
from social_archive.coverage import Asked, Statements, encode
from social_archive.note import Signer
from social_archive.rebuild import rebuild
from social_archive.retention import disposed_proof
from social_archive.retention.answers import Disposed, cohorts, disposed, prove
from social_archive.search import Query, Search
from tests.social_archive.retention import disposals
from tests.social_archive.retention.stocked import AUGUST, MAY, OF_MAY, at, of_month, rid_of, stocked_archive
from tests.social_archive.test_completeness import consolidate

pytestmark = pytest.mark.slow


@pytest.fixture
def archive(buckets: StoreConfig, tmp_path: Path) -> Archive:
    return stocked_archive(tmp_path, buckets.bucket)


def answer(archive: Archive, reference: str, **more: Any) -> Disposed:
    found = disposed(archive, reference, **more)
    assert found is not None
    return found


# --------------------------------------------------------------------------- one record


def test_a_record_that_was_disposed_of_is_answered_by_its_id(archive: Archive) -> None:
    rid = rid_of(archive, "c1")
    places = archive.catalog.where(rid)
    assert disposed(archive, rid) is None
    disposals.dispose(archive, "d1", of_month(archive, MAY))

    found = answer(archive, rid)
    assert found == Disposed(rid, 2, "social-media", "10", MAY, "d1", "2026-0001", places[-1][2])
    assert found.stub() == {
        "rid": rid, "series": "social-media", "item": "10", "month": MAY, "disposal": "d1",
    }  # fmt: skip
    assert found.sentence == "Disposed of under certificate 2026-0001."
    assert answer(archive, rid[:8]) == found
    assert answer(archive, rid, version=1).leaf == places[0][2]


def test_what_was_never_there_and_what_is_still_there_is_not_disposed_of(archive: Archive) -> None:
    kept = rid_of(archive, "r1")
    disposals.dispose(archive, "d1", of_month(archive, MAY))
    for reference in (kept, "0" * 32, "p1", "https://social.example/p1", "", "xyz"):
        assert disposed(archive, reference) is None


def test_a_pending_certificate_is_said_to_be_pending(archive: Archive) -> None:
    rid = rid_of(archive, "p1")
    disposals.dispose(archive, "d1", of_month(archive, MAY), number=None)
    found = answer(archive, rid)
    assert (found.certificate, found.item) == (None, "10")
    assert found.sentence == "Disposed of under disposal d1; its certificate is pending."
    report = disposed_proof.verify(prove(archive, rid))
    assert (report.ok, report.certificate, report.disposal) == (True, None, "d1")


@pytest.mark.parametrize("consolidated", [False, True])
def test_the_answer_comes_from_the_ledger_alone(archive: Archive, consolidated: bool) -> None:
    rid = rid_of(archive, "c1")
    if consolidated:
        consolidate(archive)
    disposals.dispose(archive, "d1", of_month(archive, MAY))
    before = answer(archive, rid)
    proof = prove(archive, rid)
    rebuild(archive)
    assert answer(archive, rid) == before
    assert prove(archive, rid) == proof


def test_neither_answer_nor_caches_hold_anything_that_it_said(archive: Archive) -> None:
    rid = rid_of(archive, "c1")
    disposals.dispose(archive, "d1", of_month(archive, MAY))
    told = json.dumps([answer(archive, rid).stub(), prove(archive, rid)])
    for words in ("CANARY", "canary", "Lovely", '"c1"'):
        assert words not in told


# --------------------------------------------------------------------------- the proof


def test_the_proof_holds_anywhere_with_the_published_key(archive: Archive) -> None:
    rid = rid_of(archive, "c1")
    disposals.dispose(archive, "d1", of_month(archive, MAY))
    disposals.append(archive, "tag", {"by": "records"})
    proof = json.loads(json.dumps(prove(archive, rid)))
    report = disposed_proof.verify(proof, archive.signer.vkey)
    assert (report.problems, report.rid, report.version, report.certificate) == ([], rid, 2, "2026-0001")
    assert (report.size, report.key_given) == (archive.ledger.head().size, True)
    assert not disposed_proof.verify(proof, Signer.generate(archive.ledger.origin).vkey).ok


FORGED: dict[str, Callable[[dict[str, Any]], object]] = {
    "another record": lambda p: p["record"].update(rid="0" * 32),
    "another version": lambda p: p["record"].update(ver=1),
    "another disposal": lambda p: p.update(disposal="d2"),
    "another certificate": lambda p: p.update(certificate="2026-0002"),
    "no certificate": lambda p: p.update(certificate=None),
    "another leaf": lambda p: p.update(leaf=p["leaf"].replace('"ver":2', '"ver":3'), record={**p["record"], "ver": 3}),
    "another place": lambda p: p.update(leaf_index=p["leaf_index"] + 1),
    "another entry's place": lambda p: p["entry"].update(leaf_index=p["entry"]["leaf_index"] - 1),
    "a forged entry": lambda p: p["entry"].update(leaf=p["entry"]["leaf"].replace("2026-0001", "2026-0009"),
                                                  ) or p.update(certificate="2026-0009"),
    "an entry of another kind": lambda p: p["entry"].update(leaf='{"n":0,"t":"entry","what":"accession"}'),
    "an entry that is a record": lambda p: p["entry"].update(leaf=p["leaf"]),
    "no entry": lambda p: p.pop("entry"),
    "no checkpoint": lambda p: p.pop("checkpoint"),
    "another format": lambda p: p.update(format="social-records-archive/proof/v1"),
    "a short path": lambda p: p["inclusion"].pop(),
}  # fmt: skip


def test_a_forged_proof_does_not_hold(archive: Archive) -> None:
    rid = rid_of(archive, "c1")
    disposals.dispose(archive, "d1", of_month(archive, MAY))
    proof = prove(archive, rid)
    for what, forge in FORGED.items():
        other = json.loads(json.dumps(proof))
        forge(other)
        assert disposed_proof.verify(other, archive.signer.vkey).problems, what


@pytest.mark.parametrize("junk", [None, [], 7, "proof", {}, {"format": disposed_proof.FORMAT, "entry": {}},
                                  {"format": disposed_proof.FORMAT, "entry": {"leaf": "{"}, "leaf": "{"}])  # fmt: skip
def test_what_is_no_proof_is_refused_and_nothing_raises(junk: Any) -> None:
    assert disposed_proof.verify(junk).problems


def test_a_record_that_the_disposal_does_not_cover_is_not_proved_by_it(archive: Archive) -> None:
    """Both leaves are in the tree, but the certificate's ranges do not reach the record."""
    kept, gone = rid_of(archive, "r1"), rid_of(archive, "c1")
    (_, n, leaf, _key), = archive.catalog.where(kept)  # fmt: skip
    entry = archive.ledger.read(n)
    disposals.dispose(archive, "d1", of_month(archive, MAY))
    disposals.dispose(archive, "d2", of_month(archive, AUGUST), number="2026-0002")
    one, other = prove(archive, gone), prove(archive, kept)
    mixed = {**other, "entry": one["entry"], "disposal": "d1", "certificate": "2026-0001"}
    assert mixed["leaf"].encode() == entry.leaves[leaf - entry.first_leaf]
    assert disposed_proof.verify(mixed).problems == ["the record is not among those that this disposal covers"]


# --------------------------------------------------------------------------- searches and statements


SPANS: list[tuple[Query, list[str]]] = [
    (Query(), [MAY, AUGUST]),
    (Query(text="anything at all"), [MAY, AUGUST]),
    (Query(platform="mastodon", account="larkspur"), [MAY, AUGUST]),
    (Query(platform="bluesky"), []),
    (Query(account="another"), []),
    (Query(since=at("2023-06-01T05:00:00")), [AUGUST]),
    (Query(since=at("2023-06-01T04:59:59")), [MAY, AUGUST]),  # still May in Chicago
    (Query(until=at("2023-05-01T05:00:00")), []),
    (Query(until=at("2023-05-01T05:00:01")), [MAY]),
    (Query(since=at("2023-07-01T00:00:00"), until=at("2024-01-01T00:00:00")), []),
    (Query(since=at("2026-01-01T00:00:00"), by_observation=True), [MAY, AUGUST]),
]


def test_a_search_names_the_disposals_that_overlap_it(archive: Archive) -> None:
    disposals.dispose(archive, "d1", of_month(archive, MAY))
    disposals.dispose(archive, "d2", of_month(archive, AUGUST), number=None)
    for query, months in SPANS:
        assert [folder.month for folder in cohorts(archive, query)] == months, query
    search = Search.of(archive)
    may, august = search.find(Query(text="lovely")).disposed
    search.close()
    assert (may.records, may.disposal, may.certificate) == (OF_MAY, "d1", "2026-0001")
    assert (august.records, august.disposal, august.certificate) == (1, "d2", None)


def test_an_archive_without_disposals_names_none(archive: Archive) -> None:
    search = Search.of(archive)
    assert search.find(Query()).disposed == []
    search.close()


def test_a_statement_says_what_of_its_period_was_disposed_of(archive: Archive) -> None:
    disposals.dispose(archive, "d1", [*of_month(archive, MAY), *of_month(archive, MAY, "media")])
    statements = Statements(archive)
    account = archive.account("larkspur")
    during = statements.of(account, Asked(since=at("2023-01-01T00:00:00"), until=at("2024-01-01T00:00:00")))
    after = statements.of(account, Asked(since=at("2024-01-01T00:00:00")))
    statements.close()
    assert during["disposed"] == [
        {"series": "social-media", "month": MAY, "records": OF_MAY, "disposal": "d1", "certificate": "2026-0001"}
    ]
    sentence = "Not counted here: 4 records of months in this period, disposed of under certificate 2026-0001."
    assert sentence in during["claim"]["cannot"]
    assert after["disposed"] == []
    assert json.loads(encode(during)) == during
