"""The ledger: exactly once whatever the wire does, and everything that was done to it is named."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from social_archive import merkle
from social_archive.config import StoreConfig
from social_archive.entry import BadEntry, compose, parse
from social_archive.errors import ConfigError, LedgerError
from social_archive.ledger import EMPTY, Draft, Head, HeadMoved, Ledger, OutcomeUnknown, entry_key
from social_archive.note import Signer, open_checkpoint
from social_archive.stack.seaweed import Seaweed
from social_archive.store import COMPLIANCE, LockState, Store
from tests.faults.memory_store import Bucket, Crash, MemoryStore, Stored
from tests.faults.tcp_proxy import Fault, Proxy, proxied

ORIGIN = "larkspur.example/social-records"
LOCK = LockState(COMPLIANCE, datetime(2099, 1, 1, tzinfo=UTC), False)


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer.generate(ORIGIN)


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


def over(bucket: Bucket, signer: Signer | None, *plan: str, **options: Any) -> Ledger:
    return Ledger(MemoryStore(bucket, list(plan)), signer, ORIGIN, sleep=lambda _: None, **options)


def draft(name: str, leaves: int = 2) -> Draft:
    line = b'{"c":"%064x","rid":"%s","series":"s","t":"record","ver":1}'
    lines = [line % (i, name.encode()) for i in range(leaves)]
    objects = [{"key": f"records/{name}"}]
    return Draft("accession", f"txn-{name}", lines, objects=objects, cursor={"value": {"at": name}})


def filled(bucket: Bucket, signer: Signer, count: int = 4) -> Head:
    """A ledger of `count` entries."""
    ledger, head = over(bucket, signer), EMPTY
    for i in range(count):
        head = ledger.append(draft(f"e{i}"), head).head
    return head


def codes(report: object) -> list[tuple[int | None, str]]:
    return [(f.n, f.code) for f in report.findings]  # type: ignore[attr-defined]


# --------------------------------------------------------------------------- form


def test_every_line_but_the_last_is_a_leaf_hashed_as_it_stands(bucket: Bucket, signer: Signer) -> None:
    head = filled(bucket, signer, 3)
    lines: list[bytes] = []
    for n in range(3):
        body = bucket.versions[entry_key(n)][0].body
        assert body.endswith(b"\n")
        lines += body.split(b"\n")[:-2]
    assert merkle.root(lines) == head.root
    assert len(lines) == head.size == 9


def test_an_entry_carries_its_cursor_objects_and_chain(bucket: Bucket, signer: Signer) -> None:
    filled(bucket, signer, 2)
    first, second = (bucket.versions[entry_key(n)][0].body for n in range(2))
    header = json.loads(second.split(b"\n")[0])
    assert header["prev"] == hashlib.sha256(first).hexdigest()
    assert header["cursor"] == {"value": {"at": "e1"}}
    assert header["objects"] == [{"key": "records/e1"}]
    assert (header["n"], header["leaves"], header["txn"]) == (1, 2, "txn-e1")
    last = json.loads(second.split(b"\n")[-2])
    checkpoint = open_checkpoint(last["checkpoint"], signer.vkey)
    assert (checkpoint.origin, checkpoint.size, checkpoint.root.hex()) == (ORIGIN, 6, last["root"])
    assert json.loads(first.split(b"\n")[0])["vkey"] == signer.vkey


def test_what_is_read_is_what_was_appended(bucket: Bucket, signer: Signer) -> None:
    ledger = over(bucket, signer)
    entry = ledger.append(draft("a", 3), ledger.head())
    read = over(bucket, None).read(0)
    assert read == entry
    assert read.leaves[1:] == draft("a", 3).leaves
    assert read.hashes == merkle.leaf_hashes(read.leaves)


def test_entries_are_locked_under_compliance_for_the_days_asked(bucket: Bucket, signer: Signer) -> None:
    over(bucket, signer, lock_days=90).append(draft("a"), EMPTY)
    lock = bucket.versions[entry_key(0)][0].lock
    assert lock.mode == COMPLIANCE
    assert lock.retain_until is not None
    assert timedelta(days=89) < lock.retain_until - datetime.now(UTC) <= timedelta(days=90)


def test_a_leaf_that_is_no_line_is_refused(signer: Signer, bucket: Bucket) -> None:
    for leaf in (b"", b"two\nlines"):
        with pytest.raises(ValueError, match="one non-empty line"):
            over(bucket, signer).append(Draft("x", "t", [leaf]), EMPTY)
    assert not bucket.versions


def test_a_head_survives_being_kept_as_json(bucket: Bucket, signer: Signer) -> None:
    head = filled(bucket, signer)
    assert Head.from_dict(json.loads(json.dumps(head.to_dict()))) == head


# --------------------------------------------------------------------------- the tail


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_the_head_is_found_by_listing(bucket: Bucket, signer: Signer, count: int) -> None:
    head = filled(bucket, signer, count)
    ledger = over(bucket, signer)
    assert ledger.head() == head
    assert ledger.head(after=head) == head


def test_the_head_is_found_from_an_older_one(bucket: Bucket, signer: Signer) -> None:
    older = filled(bucket, signer, 2)
    ledger = over(bucket, signer)
    newer = ledger.append(draft("x"), older).head
    assert over(bucket, signer).head(after=older) == newer


def test_a_long_tail_is_searched_not_paged(bucket: Bucket, signer: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("social_archive.ledger._PAGE", 4)
    for count in (3, 4, 5, 30):
        fresh = Bucket()
        head = filled(fresh, signer, count)
        assert over(fresh, signer).head() == head
    del fresh.versions[entry_key(7)]  # a gap must not hide what follows it
    assert over(fresh, signer).head().n == 30


def test_a_delete_marker_on_the_tail_does_not_hide_it(bucket: Bucket, signer: Signer) -> None:
    head = filled(bucket, signer)
    bucket.add(entry_key(3), b"", LOCK, if_absent=False, marker=True)
    bucket.add(entry_key(4), b"", LOCK, if_absent=False, marker=True)  # nor does one where nothing was
    assert over(bucket, signer).head() == head
    assert over(bucket, signer).append(draft("next"), head).n == 4


def test_a_forged_newer_version_of_the_tail_is_not_read(bucket: Bucket, signer: Signer) -> None:
    head = filled(bucket, signer)
    forged, _ = compose(draft("forged"), over(bucket, signer).read(2).head, signer, datetime.now(UTC))
    bucket.add(entry_key(3), b"", LOCK, if_absent=False, marker=True)
    assert bucket.add(entry_key(3), forged, LOCK, if_absent=True), "the marker made the conditional PUT succeed"
    assert over(bucket, signer).head() == head
    assert [e.txn for e in over(bucket, signer).entries()] == [f"txn-e{i}" for i in range(4)]
    assert codes(over(bucket, signer).verify()) == [(3, "delete_marker"), (3, "overwritten")]


def test_a_tail_that_somebody_else_signed_stops_all_writing(bucket: Bucket, signer: Signer) -> None:
    head = filled(bucket, signer)
    forged, _ = compose(draft("forged"), head, Signer.generate(ORIGIN), datetime.now(UTC))
    bucket.add(entry_key(4), forged, LOCK, if_absent=True)
    with pytest.raises(LedgerError, match="not signed by the ledger's key"):
        over(bucket, signer).head()


def test_a_tail_that_went_away_is_noticed(bucket: Bucket, signer: Signer) -> None:
    head = filled(bucket, signer)
    del bucket.versions[entry_key(3)]
    with pytest.raises(LedgerError, match="gone"):
        over(bucket, signer).head(after=head)


# --------------------------------------------------------------------------- appending


@pytest.mark.parametrize("plan", [
    (), ("lost_reply",), ("lost_request",), ("conflict",), ("conflict", "conflict", "lost_reply"),
    ("lost_reply", "stale"), ("lost_reply", "stale", "conflict"), ("late",), ("late", "down", "lost_reply", "down"),
])  # fmt: skip
def test_an_append_is_one_entry_whatever_the_wire_does(bucket: Bucket, signer: Signer, plan: tuple[str, ...]) -> None:
    entry = over(bucket, signer, *plan).append(draft("a"), EMPTY)
    bucket.arrive()
    assert [e.txn for e in over(bucket, signer).entries()] == ["txn-a"]
    assert over(bucket, signer).read(0) == entry
    assert over(bucket, signer).verify().ok


def test_an_append_is_one_put_when_all_is_well(bucket: Bucket, signer: Signer) -> None:
    ledger = over(bucket, signer)
    head = ledger.append(draft("a"), EMPTY).head
    head = ledger.append(draft("b"), head).head
    store = ledger.store
    assert isinstance(store, MemoryStore)
    assert store.puts == 2


def test_another_writers_entry_moves_the_head(bucket: Bucket, signer: Signer) -> None:
    over(bucket, signer).append(draft("theirs"), EMPTY)
    ledger = over(bucket, signer)
    with pytest.raises(HeadMoved):
        ledger.append(draft("ours"), EMPTY)
    entry = ledger.append(draft("ours"), ledger.head())
    assert (entry.n, entry.header["prev"]) == (1, over(bucket, signer).read(0).sha256)


def test_a_rerun_is_given_what_the_first_run_committed(bucket: Bucket, signer: Signer) -> None:
    with pytest.raises(Crash):
        over(bucket, signer, "crash_after").append(draft("a"), EMPTY)
    again = draft("a")
    again.objects = [{"key": "records/other-random-key"}]
    for head in (EMPTY, over(bucket, signer).head()):
        entry = over(bucket, signer).append(again, head)
        assert (entry.n, entry.header["objects"]) == (0, [{"key": "records/a"}])
    assert len(bucket.versions) == 1


def test_a_rerun_finds_its_entry_behind_those_of_others(bucket: Bucket, signer: Signer) -> None:
    with pytest.raises(Crash):
        over(bucket, signer, "crash_after").append(draft("a"), EMPTY)
    others = over(bucket, signer)
    head = others.append(draft("b"), others.head()).head
    head = others.append(draft("c"), head).head
    assert over(bucket, signer).append(draft("a"), head, since=0).n == 0
    assert len(bucket.versions) == 3


def test_a_silent_store_leaves_the_outcome_open_and_a_rerun_settles_it(bucket: Bucket, signer: Signer) -> None:
    with pytest.raises(OutcomeUnknown) as unknown:
        over(bucket, signer, *(["lost_reply"] + ["down", "conflict"] * 9)).append(draft("a"), EMPTY)
    assert "Run the same command again" in unknown.value.remedy
    assert over(bucket, signer).append(draft("a"), EMPTY).n == 0
    assert len(bucket.versions[entry_key(0)]) == 1


def test_nothing_is_appended_to_a_head_that_is_not_the_ledgers(bucket: Bucket, signer: Signer) -> None:
    filled(bucket, signer, 2)
    other = Bucket()
    elsewhere = over(other, signer)
    wrong = elsewhere.append(draft("y"), elsewhere.append(draft("x"), EMPTY).head).head
    with pytest.raises(LedgerError, match="not the one that this run knows"):
        over(bucket, signer).append(draft("x"), wrong)
    assert len(bucket.versions) == 2


def test_a_clock_that_went_back_writes_nothing(bucket: Bucket, signer: Signer) -> None:
    head = filled(bucket, signer, 1)
    late = over(bucket, signer, now=lambda: datetime.now(UTC) - timedelta(hours=1))
    with pytest.raises(LedgerError, match="clock"):
        late.append(draft("x"), head)
    assert len(bucket.versions) == 1


def test_a_reader_does_not_write(bucket: Bucket) -> None:
    with pytest.raises(ConfigError):
        over(bucket, None).append(draft("x"), EMPTY)


def test_a_key_of_another_ledger_is_refused(bucket: Bucket) -> None:
    with pytest.raises(ConfigError, match=r"elsewhere\.example"):
        over(bucket, Signer.generate("elsewhere.example/log"))


def test_a_new_key_is_named_by_the_old_one(bucket: Bucket, signer: Signer) -> None:
    ledger = over(bucket, signer)
    head = filled(bucket, signer, 2)
    new = Signer.generate(ORIGIN)
    head = ledger.rotate(new, head).head
    head = ledger.append(draft("after"), head).head
    for reader in (over(bucket, None), over(bucket, None, vkey=signer.vkey), over(bucket, new)):
        assert reader.head() == head
        assert [e.n for e in reader.entries(1)] == [1, 2, 3]
        report = reader.verify()
        assert report.findings == []
        assert report.keys == [(0, signer.vkey), (3, new.vkey)]
    assert [e.n for e in over(bucket, new).entries()] == [0, 1, 2, 3]
    assert codes(over(bucket, signer).verify()) == [(None, "wrong_key")], "the old key no longer signs here"
    late = over(bucket, signer)
    with pytest.raises(ConfigError, match="has the old one"):
        late.append(draft("by the old key"), late.head())


# --------------------------------------------------------------------------- reading a damaged ledger


def resigned(bucket: Bucket, n: int, signer: Signer, change: Callable[[bytes], bytes]) -> None:
    stored = bucket.versions[entry_key(n)][0]
    bucket.versions[entry_key(n)][0] = Stored(stored.version_id, change(stored.body), stored.lock)


def header_changed(**fields: object) -> Callable[[bytes], bytes]:
    def change(body: bytes) -> bytes:
        first, _, rest = body.partition(b"\n")
        text = json.dumps(json.loads(first) | fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return text.encode() + b"\n" + rest

    return change


def without_line(at: int) -> Callable[[bytes], bytes]:
    def change(body: bytes) -> bytes:
        lines = body.split(b"\n")
        return b"\n".join(lines[:at] + lines[at + 1 :])

    return change


DAMAGE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "garbage": (lambda _: b"garbage", "not_an_entry"),
    "empty": (lambda _: b"", "not_an_entry"),
    "cut off": (lambda b: b[:-30], "not_an_entry"),
    "not JSON": (lambda b: b"{" + b, "not_an_entry"),
    "deep JSON": (lambda b: b"[" * 100_000 + b"\n" + b, "not_an_entry"),
    "white space": (lambda b: b.replace(b'"what":', b'"what": ', 1), "not_an_entry"),
    "duplicate key": (lambda b: b.replace(b"{", b'{"t":"entry",', 1), "not_an_entry"),
    "no newline": (lambda b: b[:-1], "not_an_entry"),
    "cursor": (header_changed(cursor={"value": 0}), "wrong_root"),
    "number": (header_changed(n=9), "wrong_number"),
    "leaf gone": (without_line(1), "wrong_leaf_count"),
    "leaf changed": (lambda b: b.replace(b'"ver":1', b'"ver":2', 1), "wrong_root"),
    "root": (lambda b: b.replace(b'"root":"', b'"root":"00', 1), "wrong_root"),
    "size": (lambda b: b.replace(b'"size":', b'"size":1', 1), "wrong_size"),
    "time": (header_changed(time="yesterday"), "not_an_entry"),
    "signature": (lambda b: b.replace(b"social-records ", b"social-records B", 1), "bad_signature"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_entry_is_named_and_stops_readers(bucket: Bucket, signer: Signer, name: str) -> None:
    filled(bucket, signer)
    change, code = DAMAGE[name]
    resigned(bucket, 1, signer, change)
    report = over(bucket, signer).verify()
    assert not report.ok
    assert (1, code) in codes(report)
    assert {n for n, _ in codes(report)} <= {1, 2}, "the entries after it are judged on their own"
    with pytest.raises(LedgerError, match="Entry 1 "):
        list(over(bucket, signer).entries())


def test_each_byte_of_the_tail_is_protected(bucket: Bucket, signer: Signer) -> None:
    """The tail has no successor whose `prev` would betray a change: its signature and canonical form must."""
    filled(bucket, signer, 2)
    body = bucket.versions[entry_key(1)][0].body
    for i in range(len(body)):
        altered = body[:i] + bytes([body[i] ^ 1]) + body[i + 1 :]
        bucket.versions[entry_key(1)][0].body = altered
        assert not over(bucket, signer).verify().ok, f"byte {i} of {len(body)}: {altered[max(0, i - 20) : i + 20]!r}"


def test_a_missing_entry_is_named(bucket: Bucket, signer: Signer) -> None:
    filled(bucket, signer, 6)
    for n in (2, 3):
        del bucket.versions[entry_key(n)]
    report = over(bucket, signer).verify()
    assert codes(report) == [(2, "missing")]
    assert "Entries 2 to 3" in report.findings[0].message
    with pytest.raises(LedgerError, match="Entry 2 of the ledger is missing"):
        list(over(bucket, signer).entries())


def test_a_missing_first_entry_is_named(bucket: Bucket, signer: Signer) -> None:
    filled(bucket, signer, 3)
    del bucket.versions[entry_key(0)]
    assert (0, "missing") in codes(over(bucket, signer, vkey=signer.vkey).verify())
    assert (0, "missing") in codes(over(bucket, None).verify())


def test_exchanged_entries_are_named(bucket: Bucket, signer: Signer) -> None:
    filled(bucket, signer)
    one, two = bucket.versions[entry_key(1)], bucket.versions[entry_key(2)]
    bucket.versions[entry_key(1)], bucket.versions[entry_key(2)] = two, one
    assert codes(over(bucket, signer).verify()) == [(1, "wrong_number"), (2, "wrong_number")]


def test_a_rewritten_entry_with_the_stolen_key_breaks_the_chain(bucket: Bucket, signer: Signer) -> None:
    filled(bucket, signer)
    before = over(bucket, signer).read(0).head
    forged, _ = compose(draft("forged"), before, signer, datetime.now(UTC))
    resigned(bucket, 1, signer, lambda _: forged)
    assert codes(over(bucket, signer).verify()) == [(2, "wrong_prev"), (2, "wrong_root")]


def test_a_whole_rewritten_ledger_is_caught_by_a_kept_checkpoint_only(bucket: Bucket, signer: Signer) -> None:
    head = filled(bucket, signer)
    kept = over(bucket, signer).read(2).checkpoint
    forged = Bucket()
    ledger, after = over(forged, signer), EMPTY
    for i in range(5):
        after = ledger.append(draft(f"forged{i}"), after).head
    assert over(forged, signer).verify().ok
    for since in (kept, head):
        assert codes(over(bucket, signer).verify(since)) == []
        assert codes(over(forged, signer).verify(since)) == [(None, "fork")]


def test_a_shortened_ledger_is_caught_by_a_kept_checkpoint(bucket: Bucket, signer: Signer) -> None:
    head = filled(bucket, signer)
    kept = over(bucket, signer).read(3).checkpoint
    del bucket.versions[entry_key(3)]
    assert over(bucket, signer).verify().ok
    for since in (kept, head):
        assert codes(over(bucket, signer).verify(since)) == [(None, "truncated")]


def test_a_checkpoint_of_somebody_else_is_no_yardstick(bucket: Bucket, signer: Signer) -> None:
    filled(bucket, signer)
    other = Bucket()
    filled(other, Signer.generate(ORIGIN), 1)
    foreign = json.loads(other.versions[entry_key(0)][0].body.split(b"\n")[-2])["checkpoint"]
    for since in (foreign, "no note at all"):
        assert codes(over(bucket, signer).verify(since)) == [(None, "bad_checkpoint")]


def test_a_ledger_of_another_key_is_named(bucket: Bucket, signer: Signer) -> None:
    filled(bucket, signer)
    other = Signer.generate(ORIGIN)
    assert (0, "wrong_key") in codes(over(bucket, None, vkey=other.vkey).verify())
    assert (None, "wrong_key") in codes(over(bucket, other).verify())


def test_time_that_goes_back_is_named(bucket: Bucket, signer: Signer) -> None:
    head = filled(bucket, signer, 2)
    early, entry = compose(draft("early"), head, signer, datetime.now(UTC) - timedelta(hours=2))
    bucket.add(entry.key, early, LOCK, if_absent=True)
    assert codes(over(bucket, signer).verify()) == [(2, "time_back")]


def test_a_missing_lock_is_a_warning_and_no_more(bucket: Bucket, signer: Signer) -> None:
    filled(bucket, signer)
    bucket.versions[entry_key(1)][0].lock = LockState(None, None, False)
    bucket.versions[entry_key(2)][0].lock = LockState(COMPLIANCE, datetime(2020, 1, 1, tzinfo=UTC), False)
    report = over(bucket, signer).verify()
    assert [(f.n, f.code, f.severity) for f in report.findings] == [
        (1, "not_locked", "warning"),
        (2, "lock_ended", "warning"),
    ]
    assert report.ok


def test_what_does_not_belong_there_is_named(bucket: Bucket, signer: Signer) -> None:
    head = filled(bucket, signer)
    for key in ("entries/readme.txt", "entries/1.jsonl", "entries/00000000000000000009.jsonl.bak"):
        bucket.add(key, b"x", LOCK, if_absent=True)
    report = over(bucket, signer).verify()
    assert [f.code for f in report.findings] == ["foreign_key"] * 3
    assert over(bucket, signer).head() == head
    assert len(list(over(bucket, signer).entries())) == 4


def test_an_empty_ledger_is_in_order(bucket: Bucket, signer: Signer) -> None:
    report = over(bucket, signer).verify()
    assert (report.ok, report.entries, report.leaves, report.head) == (True, 0, 0, EMPTY)


def test_an_announced_rotation_without_its_key_does_not_pass(bucket: Bucket, signer: Signer) -> None:
    """A forger who has only a new key cannot name it himself."""
    head = filled(bucket, signer, 2)
    thief = Signer.generate(ORIGIN)
    forged, _ = compose(Draft("key.rotated", "t", vkey=thief.vkey), head, thief, datetime.now(UTC))
    bucket.add(entry_key(2), forged, LOCK, if_absent=True)
    assert codes(over(bucket, None).verify()) == [(2, "wrong_key")]


def test_parse_never_raises_anything_but_badentry(signer: Signer) -> None:
    body, _ = compose(draft("a"), EMPTY, signer, datetime.now(UTC))
    for end in range(len(body)):
        with pytest.raises(BadEntry):
            parse(body[:end], 0, ORIGIN)


# --------------------------------------------------------------------------- on the real store


@pytest.fixture
def proxy(weed: Seaweed) -> Iterator[Proxy]:
    with proxied(weed.endpoint) as running:
        yield running


def real(buckets: StoreConfig, signer: Signer | None, proxy: Proxy | None = None) -> Ledger:
    config = buckets.model_copy(update={"endpoint_url": proxy.endpoint}) if proxy else buckets
    return Ledger(Store.connect(config, config.ledger_bucket), signer, ORIGIN)


@pytest.mark.slow
@pytest.mark.parametrize("faults", [
    [Fault("drop_reply")], [Fault("drop_request")], [Fault("answer", status=409)], [Fault("answer_after", status=503)],
    [Fault("drop_reply"), Fault("answer", method="GET", status=503, times=9)],
], ids=["lost reply", "lost request", "409", "503 though done", "lost reply, then no listing"])  # fmt: skip
def test_a_broken_wire_to_the_real_store_gives_one_entry(
    buckets: StoreConfig, signer: Signer, proxy: Proxy, faults: list[Fault]
) -> None:
    paths = {"PUT": "/entries/", "GET": "versions"}
    proxy.faults += [Fault(f.action, f.method, paths[f.method], f.status, times=f.times) for f in faults]
    entry = real(buckets, signer, proxy).append(draft("a"), EMPTY)
    assert all(f.times == 0 for f in proxy.faults if f.method == "PUT"), "the fault must have happened"
    report = real(buckets, signer).verify()
    assert (report.findings, report.entries, report.head) == ([], 1, entry.head)


@pytest.mark.slow
def test_writers_at_the_same_time_all_get_in_once(buckets: StoreConfig, signer: Signer, tmp_path: Path) -> None:
    store = Store.connect(buckets, buckets.ledger_bucket)

    def write(name: str) -> None:
        ledger = Ledger(store, signer, ORIGIN, lock_file=tmp_path / "run" / "ledger.lock" if name < "c" else None)
        head = ledger.head()
        for i in range(3):
            while True:
                try:
                    head = ledger.append(draft(f"{name}{i}"), head).head
                    break
                except HeadMoved:
                    head = ledger.head(after=head)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ledger = real(buckets, signer)
    assert sorted(e.txn for e in ledger.entries()) == [f"txn-{name}{i}" for name in "abcd" for i in range(3)]
    assert ledger.verify().findings == []


@pytest.mark.slow
def test_the_auditor_verifies_what_the_archive_wrote(buckets: StoreConfig, signer: Signer, weed: Seaweed) -> None:
    writer, head = real(buckets, signer), EMPTY
    for i in range(3):
        head = writer.append(draft(f"e{i}"), head).head
    auditor = Ledger(Store(weed.client("auditor"), buckets.ledger_bucket), None, ORIGIN, vkey=signer.vkey)
    assert auditor.head() == head
    assert auditor.verify(since=head).findings == []
    assert [e.n for e in auditor.entries(after=writer.read(0).head)] == [1, 2]


@pytest.mark.slow
def test_locks_are_renewed_before_they_end_and_never_shortened(buckets: StoreConfig, signer: Signer) -> None:
    store = Store.connect(buckets, buckets.ledger_bucket)
    head = Ledger(store, signer, ORIGIN, lock_days=1).append(draft("a"), EMPTY).head
    ledger = Ledger(store, signer, ORIGIN, lock_days=30)
    ledger.append(draft("b"), head)
    assert [ledger.keep_locked(), ledger.keep_locked()] == [1, 0]
    assert Ledger(store, signer, ORIGIN, lock_days=1).keep_locked() == 0
    for n in range(2):
        lock = store.lock_state(entry_key(n))
        assert lock.mode == COMPLIANCE
        assert lock.retain_until is not None
        assert lock.retain_until > datetime.now(UTC) + timedelta(days=29)
    assert ledger.verify().findings == []


@pytest.mark.slow
def test_forgery_on_the_real_store_is_named(buckets: StoreConfig, signer: Signer, weed: Seaweed) -> None:
    """With the policy gone, markers and later versions can be laid over locked entries; the truth stays readable."""
    head = EMPTY
    for i in range(3):
        head = real(buckets, signer).append(draft(f"e{i}"), head).head
    admin = weed.client("admin")
    admin.delete_bucket_policy(Bucket=buckets.ledger_bucket)
    admin.delete_object(Bucket=buckets.ledger_bucket, Key=entry_key(1))
    admin.put_object(Bucket=buckets.ledger_bucket, Key=entry_key(2), Body=b"forged")
    admin.put_object(Bucket=buckets.ledger_bucket, Key=entry_key(4), Body=b"forged")
    report = real(buckets, signer).verify()
    assert [(f.n, f.code) for f in report.findings if f.severity == "error"] == [
        (1, "delete_marker"), (2, "overwritten"), (3, "missing"), (4, "not_an_entry"),
    ]  # fmt: skip
    assert [f.code for f in report.findings if f.severity == "warning"] == ["not_locked"]
    assert report.head == head
