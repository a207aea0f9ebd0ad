"""The check as a whole: what is read, what is written where, and that nothing is said twice. On the real store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from social_archive import companions
from social_archive.archive import Archive
from social_archive.config import StoreConfig
from social_archive.policy import check, findings
from social_archive.retention import consolidation, proposal
from tests.social_archive.retention.scenes import LONG_AGO, another, comment, comments, library, take_in

pytestmark = pytest.mark.slow

ASKS = "Under FOIA I request all invoices (invented)"


@pytest.fixture
def archive(tmp_path: Path, buckets: StoreConfig) -> Archive:
    return library(tmp_path, buckets.bucket)


def test_a_finding_lies_in_the_folder_of_its_record_and_points_at_its_words(archive: Archive) -> None:
    take_in(archive, [comment(1, f"\u200b{ASKS}"), comment(2, "What a nice day")])
    (done,) = check.run(archive)
    assert (done.records, done.findings, done.by_criterion) == (2, 1, {"foia-request": 1})
    (found,) = findings.read(archive).to_pylist()
    assert f"\u200b{ASKS}"[found["start"] : found["end"]] == found["quote"]
    (mine,), (record,) = archive.catalog.objects("findings"), archive.catalog.objects("records")
    assert (mine.series, mine.cutoff, mine.account) == (record.series, record.cutoff, record.account)
    assert mine.retain_until == record.retain_until


def test_what_was_read_is_not_read_again_and_new_records_are(archive: Archive) -> None:
    take_in(archive, [comment(1, ASKS)])
    check.run(archive)
    assert check.pending(archive) == []
    take_in(archive, [comment(2, ASKS)])
    (done,) = check.run(archive)
    assert (done.records, done.findings) == (1, 1)


def test_new_rules_read_everything_again_and_say_nothing_twice(archive: Archive) -> None:
    take_in(archive, [comment(1, ASKS)])
    check.run(archive)
    before = findings.read(archive)
    policy = archive.agency.folder / "policy.yaml"
    policy.write_text("policy: {version: '2', title: Comments (invented), source: invented}\n")
    fresh = another(archive, archive.state)
    (done,) = check.run(fresh)
    assert (done.records, done.findings) == (1, 0)
    assert findings.read(fresh).equals(before), "findings of older rules stay as they are"


def test_consolidation_leaves_what_was_read_read(archive: Archive) -> None:
    comments(archive, 4, objects=4, text=ASKS)
    check.run(archive)
    consolidation.consolidate(archive)
    assert len(archive.catalog.objects("records")) == 1
    assert check.pending(archive) == []


def test_records_on_a_list_for_disposal_are_left_alone(archive: Archive) -> None:
    take_in(archive, [comment(1, ASKS, at=LONG_AGO)])
    assert proposal.propose(archive, by="it", via="cli") is not None
    assert check.run(archive) == []
    with pytest.raises(companions.SourceGone, match="list for disposal"):
        companions.require_sources(archive, [companions.place(o) for o in archive.catalog.objects("records")])


def test_another_host_sees_the_same_findings_and_the_ledger_holds_no_word_of_them(
    archive: Archive, tmp_path: Path
) -> None:
    take_in(archive, [comment(1, ASKS)])
    check.run(archive)
    other = another(archive, tmp_path)
    other.catalog.catch_up()
    assert findings.read(other).equals(findings.read(archive))
    (entry,) = (e for e in archive.ledger.entries() if e.header["what"] == check.WHAT)
    assert b"FOIA" not in b"".join(entry.leaves)
    leaf = json.loads(entry.leaves[1])
    (found,) = findings.read(archive).to_pylist()
    assert leaf == {"t": "finding", "i": found["id"], "c": found["commitment"].hex()}
    assert companions.recommit(findings.read(archive)) == [found["commitment"]]
