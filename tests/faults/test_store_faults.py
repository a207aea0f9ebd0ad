"""A store that loses answers, refuses for a while, dies, or is shared: a proxy in front of the real SeaweedFS."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from social_archive import audit
from social_archive.accession import Batch, commit
from social_archive.archive import open_archive
from social_archive.config import StoreConfig
from social_archive.errors import StoreError
from social_archive.harvest import HarvestReport, run
from social_archive.record import Observation, now_micros
from social_archive.stack import seaweed
from social_archive.stack.seaweed import Seaweed
from social_archive.store import Corrupt, ensure_buckets
from tests.agencies import ScriptedArchive, agency_folder, scripted_archive
from tests.faults.harvest_once import library_script
from tests.faults.soundness import assert_locked, assert_sound, latest
from tests.faults.tcp_proxy import Fault, Proxy, proxied

pytestmark = pytest.mark.slow

LATER = datetime.now(UTC) + timedelta(days=3)
THINGS = 8  # of the scripted library: two posts, a comment, four replies, the profile


@pytest.fixture
def proxy(weed: Seaweed) -> Iterator[Proxy]:
    with proxied(weed.endpoint) as running:
        yield running


@pytest.fixture
def archive(
    proxy: Proxy, buckets: StoreConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ScriptedArchive:
    """The scripted library's archive, every request to its store through the proxy."""
    monkeypatch.setenv("ARCHIVE_S3_ENDPOINT", proxy.endpoint)
    return scripted_archive(agency_folder(tmp_path / "agency", buckets.bucket), tmp_path / "state", library_script())


def harvest(archive: ScriptedArchive) -> HarvestReport:
    return run(archive, archive.account("larkspur"))


def assert_whole(archive: ScriptedArchive, tmp_path: Path) -> None:
    """Everything of the script is there once, sound and locked, and another harvest has nothing to add."""
    rows = assert_sound(archive, tmp_path / f"fresh-{now_micros()}")
    assert len(latest(rows)) == len(rows) == THINGS
    assert len(archive.catalog.quarantine_items()) == 1
    assert (again := harvest(archive)).entries == [], again
    assert_locked(archive)


# --------------------------------------------------------------------------- one harvest, broken wires


@pytest.mark.parametrize(
    "fault",
    [
        Fault("drop_reply", "PUT", "/entries/"),
        Fault("drop_request", "PUT", "/entries/"),
        Fault("answer", "PUT", "/entries/", status=409, times=2),
        Fault("answer_after", "PUT", "/entries/", status=500),
    ],
    ids=["lost-reply", "lost-request", "409", "500-though-done"],
)
def test_a_ledger_put_without_a_clear_answer_ends_in_one_entry(
    archive: ScriptedArchive, proxy: Proxy, tmp_path: Path, fault: Fault
) -> None:
    proxy.faults.append(fault)
    report = harvest(archive)
    assert (report.outcome, report.entries) == ("ok", [0])
    assert fault.times == 0
    assert archive.ledger.head().n == 1
    assert_whole(archive, tmp_path)


def test_lost_replies_to_object_puts_leave_garbage_that_is_collected(
    archive: ScriptedArchive, proxy: Proxy, tmp_path: Path
) -> None:
    """The PUT is repeated and makes a second version; the ledger names one, and the other goes."""
    proxy.faults.append(Fault("drop_reply", "PUT", "/records/", times=2))
    harvest(archive)
    written = len(list(archive.store.versions("records/")))
    named = len(archive.catalog.objects("records"))
    assert written == named + 2
    assert audit.sweep(archive, now=LATER)["orphans_removed"] == 2
    assert_whole(archive, tmp_path)


def test_a_short_storm_of_503_is_weathered(archive: ScriptedArchive, proxy: Proxy, tmp_path: Path) -> None:
    for method in ("PUT", "GET", "HEAD"):
        proxy.faults.append(Fault("answer", method, status=503, times=2))
    assert harvest(archive).outcome == "ok"
    assert_whole(archive, tmp_path)


@pytest.mark.parametrize("part", ["/records/", "/entries/"])
def test_a_store_that_stays_away_fails_the_harvest_and_the_next_completes_it(
    archive: ScriptedArchive, proxy: Proxy, tmp_path: Path, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("social_archive.ledger._PAUSES", (0.01, 0.02))
    storm = Fault("answer", "PUT", part, status=503, times=10_000)
    proxy.faults.append(storm)
    with pytest.raises(StoreError):
        harvest(archive)
    assert archive.ledger.head().n == 0
    assert archive.catalog.cursor("mastodon", "larkspur") is None
    storm.times = 0
    harvest(archive)
    assert_whole(archive, tmp_path)


def test_a_seal_that_the_store_refuses_is_made_up_for_by_the_sweeper(
    archive: ScriptedArchive, proxy: Proxy, tmp_path: Path
) -> None:
    """The records are in the ledger by then; the harvest says that something failed, and nothing is lost."""
    storm = Fault("answer", "PUT", "legal-hold", status=503, times=10_000)
    proxy.faults.append(storm)
    with pytest.raises(StoreError):
        harvest(archive)
    assert archive.ledger.head().n == 1
    storm.times = 0
    assert audit.sweep(archive)["sealed_again"] > 0
    assert_whole(archive, tmp_path)


def test_bytes_that_change_on_the_way_are_not_read_as_records(
    archive: ScriptedArchive, proxy: Proxy, tmp_path: Path
) -> None:
    harvest(archive)
    proxy.faults.append(Fault("flip", "GET", "/records/"))
    elsewhere = scripted_archive(archive.agency.folder, tmp_path / "elsewhere", archive.script)
    with pytest.raises(Corrupt):
        elsewhere.catalog.catch_up()
    elsewhere.catalog.catch_up()  # the wire is well again, and nothing of the bad copy was kept
    assert elsewhere.catalog.totals() == archive.catalog.totals()


# --------------------------------------------------------------------------- the store dies


def test_what_was_acknowledged_survives_a_kill_of_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """kill -9 between two harvests, and again in the middle of one."""
    weed = seaweed.start(tmp_path / "weed", s3_port=seaweed.free_port(), die_with_parent=True)
    try:
        who = weed.identities["archive"]
        monkeypatch.setenv("ARCHIVE_S3_ENDPOINT", weed.endpoint)
        monkeypatch.setenv("ARCHIVE_S3_ACCESS_KEY", who.access_key)
        monkeypatch.setenv("ARCHIVE_S3_SECRET_KEY", who.secret_key)
        config = StoreConfig(bucket="to-be-killed", endpoint_url=weed.endpoint)
        ensure_buckets(config, client=weed.client("admin"))
        archive = scripted_archive(agency_folder(tmp_path / "agency", config.bucket), tmp_path / "s", library_script())
        harvest(archive)
        before = archive.ledger.head()

        weed.kill()
        weed = seaweed.start(tmp_path / "weed", s3_port=weed.ports["s3.port"], die_with_parent=True)
        assert archive.ledger.head() == before
        assert len(assert_sound(archive, tmp_path / "after-first-kill")) == THINGS

        archive.script.say("c1", "Edited")
        killer = _when_the_ledger_is_written(archive, weed.kill)
        with pytest.raises(StoreError):
            harvest(archive)
        killer()
        weed = seaweed.start(tmp_path / "weed", s3_port=weed.ports["s3.port"], die_with_parent=True)
        harvest(archive)
        rows = assert_sound(archive, tmp_path / "after-second-kill")
        assert (len(rows), latest(rows)["c1"]["body"]) == (THINGS + 1, "Edited")
        assert_locked(archive)
    finally:
        seaweed.stop(tmp_path / "weed")


def _when_the_ledger_is_written(archive: ScriptedArchive, happens: Callable[[], None]) -> Callable[[], None]:
    """Let something happen right before the next append; returns what ends that."""
    ledger_type = type(archive.ledger)
    append = ledger_type.append

    def with_trouble(*arguments: object, **more: object) -> object:
        happens()
        return append(*arguments, **more)  # type: ignore[arg-type]

    patch = pytest.MonkeyPatch()
    patch.setattr(ledger_type, "append", with_trouble)
    patch.setattr("social_archive.ledger._PAUSES", (0.01, 0.02))
    return patch.undo


# --------------------------------------------------------------------------- the store is shared


def test_four_writers_with_overlapping_looks_take_each_version_in_once(buckets: StoreConfig, tmp_path: Path) -> None:
    """Two hosts, two writers each, one account: each takes in six looks at a world that changes under them."""
    agency = agency_folder(tmp_path / "agency", buckets.bucket)
    start = now_micros()
    looks = [_look(start + n, n) for n in range(24)]
    failures: list[BaseException] = []

    def work(writer: int) -> None:
        try:
            archive = open_archive(agency, state=tmp_path / f"host-{writer % 2}")
            for look in looks[writer::4]:
                commit(archive, Batch("mastodon", "larkspur", f"writer-{writer}", look))
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failures == []

    archive = open_archive(agency, state=tmp_path / "judge")
    rows = assert_sound(archive, tmp_path / "fresh")
    assert {row["native_id"] for row in rows} == {o.native_id for look in looks for o in look}
    by_thing: dict[str, list[tuple[int, datetime]]] = {}
    for row in rows:
        by_thing.setdefault(row["native_id"], []).append((row["version"], row["observed_at"]))
    assert all([at for _, at in sorted(some)] == sorted(at for _, at in some) for some in by_thing.values())
    assert len(by_thing["constant"]) == 1
    assert latest(rows)["changing"]["body"] == looks[-1][1].body


def _look(at: int, n: int) -> list[Observation]:
    """What a writer saw at moment `n`: one thing that never changes, one that always does, one that is new."""
    texts = {"constant": "the same", "changing": f"text {n}", f"new-{n}": "hello"}
    return [
        Observation(
            kind="comment", native_id=native_id, native=text.encode(), body=text, platform="mastodon", harvest_id="h",
            account="larkspur", root_native_id="p1", created_at=1_767_225_600_000_000, observed_at=at, adapter="test",
        )
        for native_id, text in texts.items()
    ]  # fmt: skip
