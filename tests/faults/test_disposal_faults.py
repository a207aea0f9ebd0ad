"""Disposals that are killed, lied to by the store, or overtaken by a hold."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from social_archive.archive import Archive
from social_archive.completeness import check
from social_archive.config import StoreConfig
from social_archive.retention import certificate, disposal, execution, holds, proposal
from social_archive.retention.execution import StillThere
from social_archive.retention.gates import Blocked
from social_archive.retention.hold_scope import Scope
from social_archive.retention.holds import Placed
from social_archive.stack.seaweed import Seaweed
from social_archive.store import Store
from tests.faults.dispose_once import dispose_once
from tests.faults.tcp_proxy import Fault, proxied
from tests.forks import FORKS
from tests.social_archive.companion_scene import decide, find
from tests.social_archive.retention import scenes
from tests.social_archive.retention.scenes import approved, carried_out, comment, comments, take_in
from tests.stores import fresh_buckets

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
CHICAGO = ZoneInfo("America/Chicago")


@pytest.fixture
def archive(tmp_path: Path, buckets: StoreConfig) -> Archive:
    return scenes.library(tmp_path, buckets.bucket)


def rid_of(archive: Archive, native_id: str) -> str:
    return archive.catalog.latest(*scenes.MASTODON, [native_id])[native_id].rid


def place(archive: Archive, scope: Scope) -> Placed:
    about = {"matter": "Invented v. Larkspur (invented)", "mandate": "counsel (invented)"}
    review = date(2099, 1, 1)
    return holds.place(archive, kind="litigation", scope=scope, by="records", via="cli", review=review, **about)


# --------------------------------------------------------------------------- a hold against a disposal


def test_a_hold_after_the_approval_blocks_it(archive):
    comments(archive, 6, objects=3)
    d = approved(archive)
    place(archive, Scope(ids=(rid_of(archive, "c3"),)))

    with pytest.raises(Blocked, match="under a hold"):
        execution.execute(archive, d.id, by="it")

    assert disposal.state(archive, d.id).status == "blocked"
    assert sum(o.rows for o in archive.catalog.objects("records")) == 6


def test_the_next_proposal_leaves_the_held_rows_out_and_says_so(archive):
    comments(archive, 6)
    place(archive, Scope(ids=(rid_of(archive, "c3"),)))

    d = proposal.propose(archive, by="it", via="cli")

    assert d.proposal["totals"]["records"] == 5
    assert [(e["code"], e["records"]) for e in d.proposal["excluded"]] == [("on_hold", 1)]
    made = carried_out(archive, _approve(archive, d))
    assert made.records == 5
    assert list(archive.catalog.latest(*scenes.MASTODON, [f"c{i}" for i in range(6)])) == ["c3"]
    assert check(archive).ok


def _approve(archive, d):
    disposal.returned(archive, d.id, outcome="approved", reference="r", on=datetime.now(UTC).date(), by="records",
                      via="cli")  # fmt: skip
    disposal.approve(archive, d.id, plan=d.plan, by="records", via="cli", place=1)
    return disposal.approve(archive, d.id, plan=d.plan, by="director", via="cli", place=2)


def test_a_hold_between_two_batches_keeps_the_rest_and_the_certificate_tells(archive):
    comments(archive, 6, objects=6)
    d = approved(archive)
    last = d.proposal["objects"][-1]["key"]
    rid = next(rid_of(archive, f"c{i}") for i in range(6)
               if archive.catalog.where(rid_of(archive, f"c{i}"))[0][3] == last)  # fmt: skip

    def hold_now(done: int, _total: int) -> None:
        if done == 2:
            place(scenes.another(archive, archive.state), Scope(ids=(rid,)))

    with pytest.raises(Blocked):
        execution.execute(archive, d.id, by="it", batch=2, progress=hold_now)

    while not execution.verify(archive, d.id).done:
        pass
    made = certificate.certify(archive, d.id)
    folder = archive.state / "stranger"
    folder.mkdir()
    for name, ending in zip(certificate.FILES, ("json", "note.txt", "pdf"), strict=True):
        (folder / f"c.{ending}").write_bytes(certificate.read(archive, made.number, name))
    page = Path(__file__).parents[2] / "docs" / "verify_certificate_standalone.py"
    command = [sys.executable, str(page), str(folder / "c.json"), archive.signer.vkey]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    told = json.loads(certificate.read(archive, made.number, "certificate.json"))
    assert (made.records, [(e["code"], e["objects"]) for e in told["exceptions"] if e["code"] != "not_verifiable"]) == (
        2, [("not_carried_out", 4)],
    )  # fmt: skip
    assert len(archive.catalog.where(rid)) == 1
    assert check(archive).ok


def test_a_hundred_holds_race_a_hundred_disposals(weed, object_store, tmp_path):
    """Never both acknowledged and gone: what a hold says it holds is there, and what is gone it says is gone.

    In five libraries one after the other: each race asks about everything that the races before it left lying.
    """
    outcomes: Counter[str] = Counter()
    dice = Random(4)
    for number in range(5):
        folder = tmp_path / f"library-{number}"
        archive = scenes.library(folder, fresh_buckets(weed, object_store).bucket)
        outcomes += _races(archive, scenes.another(archive, folder), dice, rounds=20)
    assert outcomes.total() == 100
    assert set(outcomes) == {"held", "gone"}, outcomes


def _races(archive: Archive, officer: Archive, dice: Random, rounds: int) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    for number in range(rounds):
        month = scenes.LONG_AGO - timedelta(days=31 * number)
        take_in(archive, [comment(2 * number, "wanted", at=month), comment(2 * number + 1, "other", at=month)])
        rid = rid_of(archive, f"c{2 * number}")
        (source,) = [o for o in archive.catalog.objects("records") if o.cutoff == f"{month.astimezone(CHICAGO):%Y-%m}"]
        d = scenes.approved_by_hand(archive, [source])
        placed = _race(archive, officer, d.id, rid, dice.uniform(0, 0.12))
        archive.catalog.catch_up()
        there = archive.catalog.where(rid)
        acknowledged = placed.records == 1
        assert acknowledged == bool(there), (number, placed)
        if there:
            located = archive.catalog.object(there[0][3])
            assert archive.store.lock_state(located.key, located.version_id).hold
        else:
            assert sum(lost.objects for lost in placed.gone) >= 1
        outcomes["held" if there else "gone"] += 1
        holds.lift(archive, placed.hold.id, by="records", via="cli", reason="the round is over")
    assert check(archive).ok
    archive.close()
    officer.close()
    return outcomes


def _race(archive: Archive, other: Archive, disposal_id: str, rid: str, head_start: float) -> Placed:
    """Execute and hold at once, each on a host of its own; go on with the execution until it is through or closed."""
    other.catalog.catch_up()
    barrier = threading.Barrier(2)
    placed: list[Placed] = []

    def hold() -> None:
        barrier.wait()
        threading.Event().wait(head_start)
        placed.append(place(other, Scope(ids=(rid,))))

    thread = threading.Thread(target=hold)
    thread.start()
    barrier.wait()
    with contextlib.suppress(Blocked):
        execution.execute(archive, disposal_id, by="it")
    thread.join(60)
    d = disposal.state(archive, disposal_id)
    if d.unresolved is not None or (d.claims and d.remaining and not d.blocked):
        execution.execute(archive, disposal_id, by="it")
    assert len(placed) == 1
    return placed[0]


# --------------------------------------------------------------------------- killed


@pytest.mark.parametrize(
    "point",
    ["disposal-claimed", "disposal-deleted-one", "disposal-deleted-one:57", "disposal-deleted", "disposal-deleted:2",
     "disposal-reported:2"],
)  # fmt: skip
def test_killed_among_a_hundred_deletions_it_goes_on_and_the_certificate_lists_each_once(archive, point):
    # one object each, for each is of a month of its own: taken in at once, where a hundred batches take five seconds
    take_in(archive, [comment(n, f"remark {n}", at=scenes.LONG_AGO - timedelta(days=31 * n)) for n in range(100)])
    d = approved(archive)
    assert len(d.proposal["objects"]) == 100
    store = {name: value for name, value in os.environ.items() if name.startswith("ARCHIVE_S3_")}
    process = FORKS.Process(
        target=dispose_once, args=(str(archive.agency.folder), str(archive.state), d.id, point, store)
    )
    process.start()
    process.join(120)
    assert process.exitcode == 137
    assert disposal.state(archive, d.id).status == "executing"  # what is partly done is seen as such

    made = carried_out(archive, d)

    told = json.loads(certificate.read(archive, made.number, "certificate.json"))
    assert Counter(o["key"] for o in told["objects"]) == Counter(o["key"] for o in d.proposal["objects"])
    assert all(o["lock"]["hold"] for o in told["objects"])
    assert check(archive).ok


# --------------------------------------------------------------------------- a store that lies


def test_a_store_that_says_deleted_and_keeps_it_withholds_the_certificate(archive, weed):
    comments(archive, 3, objects=3)
    d = approved(archive)
    with proxied(weed.endpoint) as proxy:
        proxy.faults.append(Fault("answer", "DELETE", "/records/", status=204, times=2))
        keys = weed.identities["disposer"]
        config = archive.agency.store.model_copy(update={"endpoint_url": proxy.endpoint})
        archive.__dict__["disposer"] = Store.connect(
            config.model_copy(update={"access_key": keys.access_key, "secret_key": keys.secret_key})
        )
        with pytest.raises(StillThere, match="2 of 3"):
            execution.execute(archive, d.id, by="it")
    del archive.__dict__["disposer"]

    with pytest.raises(disposal.NotAllowed, match="executing"):
        certificate.certify(archive, d.id)
    assert carried_out(archive, d).objects == 3


def test_a_version_that_comes_back_keeps_it_pending(archive):
    """Zombie entries came back in a test of the store; a later look must find them."""
    comments(archive, 3)
    (o,) = archive.catalog.objects("records")
    body = archive.store.get(o.key, o.version_id)
    d = approved(archive)
    execution.execute(archive, d.id, by="it")
    assert execution.verify(archive, d.id).pending == []
    ref = archive.store.put(o.key, body)

    found = execution.verify(archive, d.id)

    assert [look.place for look in found.pending] == ["store"]
    with pytest.raises(disposal.NotAllowed, match="pending until"):
        certificate.certify(archive, d.id)
    archive.store.delete_version(ref.key, ref.version_id)
    while not execution.verify(archive, d.id).done:
        pass
    assert certificate.certify(archive, d.id).records == 3


def test_after_disposal_and_vacuum_the_words_are_nowhere_on_the_disk(tmp_path, buckets, weed, monkeypatch):
    monkeypatch.setenv("ARCHIVE_EMBEDDED_STORE", str(weed.state))
    archive = scenes.library(tmp_path, buckets.bucket)
    canary = os.urandom(600)
    body = b"\x89PNG" + canary  # not compressible: it lies in the volume as it is
    ref = archive.store.put(f"media/series=comments/cutoff={scenes.LONG_AGO:%Y-%m}/{'ab' * 16}", body)
    from social_archive.accession import describe
    from social_archive.record import Media

    cohort = archive.schedule.cohort_of(comment(1, "x"))
    medium = Media(id="m1", url="https://social.example/m1", key=ref.key, sha256=ref.sha256, bytes=ref.size,
                   outcome="stored")  # fmt: skip
    take_in(archive, [comment(1, f"{canary.hex()}", media=[medium])],
            media=[describe(ref, cls="media", rows=0, retain_until=cohort.retain_until)])  # fmt: skip
    find(archive, {"c1": canary.hex()[:500]})
    decide(archive, "c1", f"It says {canary.hex()} and breaks no clause (invented)")
    stored = [o for cls in ("records", "findings", "decisions") for o in archive.catalog.objects(cls)]
    packed = [archive.store.get(o.key, o.version_id)[4:200] for o in stored]  # as it lies in the volume: compressed
    assert len(packed) == 3
    assert all(_on_disk(weed, needle) for needle in (canary, *packed))

    made = carried_out(archive)

    assert made.objects == 4
    assert not [needle for needle in (canary, *packed) if _on_disk(weed, needle)]
    for folder in (archive.state, weed.state):
        assert not [p for p in folder.rglob("*") if p.is_file() and canary.hex().encode() in p.read_bytes()]


def _on_disk(weed: Seaweed, needle: bytes) -> list[str]:
    data = weed.state / "seaweed" / "data"
    return [p.name for p in data.rglob("*") if p.is_file() and needle in p.read_bytes()]
