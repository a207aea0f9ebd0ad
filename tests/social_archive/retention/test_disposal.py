"""A disposal from the list that is due to the certificate, on a real store."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from social_archive.accession import Batch, commit, describe
from social_archive.archive import Archive
from social_archive.completeness import check
from social_archive.config import StoreConfig
from social_archive.retention import (
    answers,
    certificate,
    certificate_note,
    disposal,
    disposed_proof,
    execution,
    holds,
    proposal,
    schedules,
)
from social_archive.retention.clock import ClockNotTrusted
from social_archive.retention.disposal import NotAllowed
from social_archive.retention.gates import Blocked
from social_archive.retention.hold_scope import Scope
from social_archive.stack.seaweed import Seaweed
from social_archive.store import Store, ensure_buckets
from tests.social_archive.retention import scenes
from tests.social_archive.retention.scenes import approved, carried_out, comment, comments, take_in

pytestmark = pytest.mark.slow
TODAY = datetime.now(UTC).date()


@pytest.fixture
def archive(tmp_path: Path, buckets: StoreConfig) -> Archive:
    return scenes.library(tmp_path, buckets.bucket)


def test_from_due_to_certificate(archive: Archive, weed: Seaweed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHIVE_EMBEDDED_STORE", str(weed.state))  # its disk is looked at too
    comments(archive, 20, objects=4)
    take_in(archive, [comment(900, "a new remark", at=datetime.now(UTC) - timedelta(days=3))])
    rid = archive.catalog.latest(*scenes.MASTODON, ["c7"])["c7"].rid

    made = carried_out(archive)

    assert (made.records, made.objects) == (20, 4)
    files = {name: certificate.read(archive, made.number, name) for name in certificate.FILES}
    report = certificate_note.verify(
        files["certificate.json"], files["certificate.note.txt"].decode(), pdf=files["certificate.pdf"],
        vkey=archive.signer.vkey,
    )  # fmt: skip
    assert report.problems == []
    assert [(line["item"], line["records"]) for line in report.certificate["lines"]] == [("20", 20)]
    assert {p["place"]: p["rounds"][-1]["result"] for p in report.certificate["places"]} == {
        "store": "gone", "caches": "gone", "staging": "gone", "disk": "gone",
    }  # fmt: skip
    assert [row[4] for row in archive.catalog.totals()] == [1]
    told = disposed_proof.verify(answers.prove(archive, rid), archive.signer.vkey)
    assert (told.problems, told.certificate) == ([], made.number)
    assert check(archive).ok
    assert archive.ledger.verify().ok


def test_nothing_due_is_no_proposal(archive):
    take_in(archive, [comment(1, "new", at=datetime.now(UTC) - timedelta(days=3))])

    assert proposal.propose(archive, by="it", via="cli") is None


def test_a_second_proposal_is_the_open_one(archive):
    comments(archive, 3)

    first, second = (proposal.propose(archive, by="it", via="cli") for _ in range(2))

    assert first.id == second.id


# --------------------------------------------------------------------------- who may decide


def _returned(archive, d, outcome="approved"):
    return disposal.returned(archive, d.id, outcome=outcome, reference="LRC 1", on=TODAY, by="records", via="cli")


def test_nobody_approves_before_the_authority_has(archive):
    comments(archive, 3)
    d = proposal.propose(archive, by="it", via="cli")

    with pytest.raises(NotAllowed, match="has not approved"):
        disposal.approve(archive, d.id, plan=d.plan, by="records", via="cli", place=1)


@pytest.mark.parametrize(
    ("approvals", "refusal"),
    [
        ([("director", 1)], "may not give this approval"),
        ([("records", 2)], "may not give this approval"),
        ([("director", 2)], "first approval comes first"),
        ([("records", 1), ("records", 1)], "approved it already"),
        ([("nobody", 1)], "may not give this approval"),
    ],
)
def test_an_approval_that_the_rules_forbid(archive, approvals, refusal):
    comments(archive, 3)
    d = _returned(archive, proposal.propose(archive, by="it", via="cli"))

    *before, (by, place) = approvals
    for who, where in before:
        disposal.approve(archive, d.id, plan=d.plan, by=who, via="cli", place=where)
    with pytest.raises(NotAllowed, match=refusal):
        disposal.approve(archive, d.id, plan=d.plan, by=by, via="cli", place=place)
    with pytest.raises(NotAllowed, match="only an approved one"):
        execution.execute(archive, d.id, by="it")


def test_the_proposer_cannot_approve(archive):
    comments(archive, 3)
    d = _returned(archive, proposal.propose(archive, by="records", via="cli"))

    with pytest.raises(NotAllowed, match="proposed this disposal"):
        disposal.approve(archive, d.id, plan=d.plan, by="records", via="cli", place=1)


def test_an_approval_of_another_list_is_refused(archive):
    comments(archive, 3)
    d = _returned(archive, proposal.propose(archive, by="it", via="cli"))

    with pytest.raises(NotAllowed, match="not the list"):
        disposal.approve(archive, d.id, plan="0" * 64, by="records", via="cli", place=1)


def test_what_the_authority_defers_is_withdrawn_and_proposed_again_later(archive):
    comments(archive, 3)
    first = proposal.propose(archive, by="it", via="cli")

    assert _returned(archive, first, "deferred").status == "withdrawn"
    assert proposal.propose(archive, by="it", via="cli").id != first.id


def test_lapsed_approvals_void_it(tmp_path, buckets):
    archive = scenes.library(tmp_path, buckets.bucket, more=", approval_days: 1")
    comments(archive, 3)
    d = approved(archive)

    with pytest.raises(Blocked, match="lapsed"):
        execution.execute(archive, d.id, by="it", now=datetime.now(UTC) + timedelta(hours=25))
    assert disposal.state(archive, d.id).status == "blocked"
    assert len(archive.catalog.objects("records")) == 1


# --------------------------------------------------------------------------- what stops it


def test_a_clock_eight_years_ahead_destroys_nothing(archive):
    comments(archive, 3)
    d = approved(archive)
    ahead = datetime.now(UTC) + timedelta(days=8 * 365)

    with pytest.raises(Blocked, match="Nobody but this host has told the time"):
        execution.execute(archive, d.id, by="it", now=ahead)
    assert disposal.state(archive, d.id).status == "approved"
    assert len(archive.catalog.objects("records")) == 1


def test_a_clock_eight_years_ahead_proposes_nothing(archive):
    take_in(archive, [comment(1, "new", at=datetime.now(UTC) - timedelta(days=3))])

    with pytest.raises(ClockNotTrusted, match="Nothing was changed"):
        proposal.propose(archive, by="it", via="cli", now=datetime.now(UTC) + timedelta(days=8 * 365))


def test_another_schedule_in_force_voids_it(archive):
    comments(archive, 3)
    d = approved(archive)
    longer = archive.agency.retention.model_copy(update={"version": "2"})
    archive.agency = archive.agency.model_copy(update={"retention": longer})
    scenes.put_in_force(archive)

    with pytest.raises(Blocked, match="schedule in force is not the one"):
        execution.execute(archive, d.id, by="it")
    assert disposal.state(archive, d.id).status == "blocked"
    assert schedules.in_force(archive).version == "2"


def test_a_lock_that_somebody_took_off_stops_it_until_the_audit_has_looked(archive, weed):
    comments(archive, 3)
    d = approved(archive)
    (o,) = archive.catalog.objects("records")
    archive.disposer.lift_hold(o.key, o.version_id)

    with pytest.raises(Blocked, match="not sealed"):
        execution.execute(archive, d.id, by="it")
    from social_archive.audit import sweep

    sweep(archive)
    assert execution.execute(archive, d.id, by="it").status == "destroyed"


# --------------------------------------------------------------------------- copies


def test_a_replica_is_cleared_too(tmp_path, buckets, weed, object_store):
    other = buckets.model_copy(update={"bucket": f"{buckets.bucket}-copy"})
    ensure_buckets(other, client=weed.client("admin"))
    keys = 'access_key: "env:ARCHIVE_S3_DISPOSER_ACCESS_KEY", secret_key: "env:ARCHIVE_S3_DISPOSER_SECRET_KEY"'
    replica = f'replicas: [{{name: vault, bucket: {other.bucket}, endpoint_url: "env:ARCHIVE_S3_ENDPOINT", {keys}}}]'
    archive = scenes.library(tmp_path, buckets.bucket, store=f", {replica}")
    comments(archive, 4, objects=2)
    vault = Store.connect(other)
    for o in archive.catalog.objects("records"):
        vault.put(o.key, archive.store.get(o.key, o.version_id))
        vault.put(o.key, archive.store.get(o.key, o.version_id))  # a second version of the same

    made = carried_out(archive)

    assert list(vault.versions("records/")) == []
    told = json.loads(certificate.read(archive, made.number, "certificate.json"))
    assert {p["place"]: p["rounds"][-1]["result"] for p in told["places"]}["replica-vault"] == "gone"


def test_an_imported_file_goes_with_the_first_of_its_records_that_is_due(archive):
    """It quotes them, so it is a copy; records of it that have more time to run stay."""
    sha256 = _import(archive, old=[1, 2], new=[3])

    made = carried_out(archive)

    assert (made.records, made.objects) == (2, 2)
    assert archive.catalog.kept_import(sha256) is None
    assert list(archive.catalog.latest(*scenes.MASTODON, ["c1", "c2", "c3"])) == ["c3"]


def test_records_whose_imported_file_is_on_hold_wait_for_it(archive):
    _import(archive, old=[1, 2], new=[3])
    take_in(archive, [comment(50, "not from the file")])
    rid = archive.catalog.latest(*scenes.MASTODON, ["c3"])["c3"].rid
    about = {"matter": "m (invented)", "mandate": "n (invented)", "by": "records", "via": "cli"}
    holds.place(archive, kind="audit", scope=Scope(ids=(rid,)), review=TODAY + timedelta(days=9), **about)

    d = proposal.propose(archive, by="it", via="cli")

    assert d.proposal["totals"]["records"] == 1
    assert {(e["code"], e["records"]) for e in d.proposal["excluded"]} == {("copy_stays", 2)}


def _import(archive, *, old, new):
    """Records out of one imported file, which lies in the cohort of its longest-lived record."""
    body = os.urandom(2_000)
    sha256 = hashlib.sha256(body).hexdigest()
    recent = datetime.now(UTC) - timedelta(days=3)
    items = [comment(i, f"old {i}") for i in old] + [comment(i, f"new {i}", at=recent) for i in new]
    for item in items:
        item.endpoint, item.adapter = f"import:{sha256}!comments.json", "import.mastodon.1"
    cohort = archive.schedule.cohort_of(items[-1])
    ref = archive.store.put(f"{cohort.prefix('imports', *scenes.MASTODON)}{'cd' * 16}", body)
    kept = describe(ref, cls="import", rows=0, retain_until=cohort.retain_until)
    commit(archive, Batch(*scenes.MASTODON, "import", items, imported=True, kept=[kept]))
    return sha256


def test_a_post_that_still_stands_is_not_taken_in_again_after_its_cohort_was_disposed_of(archive):
    comments(archive, 3)
    carried_out(archive)
    before = archive.ledger.head().n

    take_in(archive, [comment(1, "remark 1")])

    assert archive.ledger.head().n == before
    assert archive.catalog.latest(*scenes.MASTODON, ["c1"]) == {}
