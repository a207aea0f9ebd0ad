"""The object store as the archive uses it, against a real SeaweedFS and through a proxy that breaks the wire."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from social_archive.config import StoreConfig
from social_archive.errors import NotFound, PreconditionFailed, StoreError, StoreUnfit
from social_archive.stack.seaweed import Seaweed
from social_archive.store import (
    COMPLIANCE,
    Corrupt,
    DestroyUnverified,
    LockState,
    ObjectRef,
    Refused,
    Store,
    ensure_buckets,
)
from tests.faults.tcp_proxy import Fault, Proxy, proxied

pytestmark = pytest.mark.slow


@pytest.fixture
def store(buckets: StoreConfig) -> Store:
    return Store.connect(buckets)


@pytest.fixture
def proxy(weed: Seaweed) -> Iterator[Proxy]:
    with proxied(weed.endpoint) as running:
        yield running


@pytest.fixture
def through(proxy: Proxy, buckets: StoreConfig) -> Store:
    """The same bucket, seen through the proxy."""
    return Store.connect(buckets.model_copy(update={"endpoint_url": proxy.endpoint}))


def as_identity(weed: Seaweed, buckets: StoreConfig, name: str, bucket: str | None = None) -> Store:
    return Store(weed.client(name), bucket or buckets.bucket)


def in_days(days: int) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(days=days)


# --------------------------------------------------------------------------- put and get


def test_what_is_put_comes_back_with_its_hash(store: Store) -> None:
    ref = store.put("records/a", b"bytes")
    assert (ref.size, ref.sha256) == (5, hashlib.sha256(b"bytes").hexdigest())
    assert store.get("records/a", ref.version_id, sha256=ref.sha256) == b"bytes"


def test_an_overwritten_version_stays_readable(store: Store) -> None:
    first = store.put("k", b"one")
    second = store.put("k", b"two")
    assert store.get("k", first.version_id) == b"one"
    assert [v.version_id for v in store.versions("k")] == [second.version_id, first.version_id]
    assert [v.is_latest for v in store.versions("k")] == [True, False]


def test_a_delete_marker_is_listed_first_and_hides_the_key(store: Store) -> None:
    store.put("k", b"one")
    store.delete_plain("k")
    assert [v.delete_marker for v in store.versions("k")] == [True, False]
    assert list(store.keys("k")) == []


def test_other_bytes_than_the_committed_ones_are_refused(store: Store) -> None:
    ref = store.put("k", b"bytes")
    with pytest.raises(Corrupt):
        store.get("k", ref.version_id, sha256="0" * 64)


def test_a_byte_flipped_on_the_way_is_noticed(through: Store, proxy: Proxy) -> None:
    ref = through.put("k", b"bytes")
    proxy.faults.append(Fault("flip", method="GET", path="/k"))
    with pytest.raises(Corrupt):
        through.get("k", ref.version_id, sha256=ref.sha256)


def test_a_file_is_put_in_a_stream_and_tried_again_from_its_beginning(through: Store, proxy: Proxy) -> None:
    body = bytes(range(256)) * 9000
    proxy.faults.append(Fault("answer", status=503, times=1))
    sha256 = hashlib.sha256(body).hexdigest()
    ref = through.put_file("k", io.BytesIO(body), size=len(body), sha256=sha256)
    assert (ref.size, ref.sha256) == (len(body), sha256)
    assert through.get("k", ref.version_id, sha256=sha256) == body


def test_a_file_that_is_not_what_was_hashed_is_refused(store: Store) -> None:
    """It changed between hashing and sending: the store, or reading back, says so."""
    with pytest.raises(StoreError):
        store.put_file("k", io.BytesIO(b"other"), size=5, sha256=hashlib.sha256(b"bytes").hexdigest())


def test_what_is_not_there_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound):
        store.get("nothing")
    with pytest.raises(NotFound):
        store.lock_state("nothing")


def test_listings_are_complete_beyond_one_page(store: Store) -> None:
    for i in range(7):
        store.put(f"p/{i}", b"")
    assert [v.key for v in store.versions("p/", page_size=3)] == [f"p/{i}" for i in range(7)]
    assert [v.key for v in store.versions("p/", after="p/4", page_size=2)] == ["p/5", "p/6"]
    assert list(store.keys("p/", start_after="p/4")) == ["p/5", "p/6"]


def test_a_message_names_the_object_and_no_credential(store: Store, weed: Seaweed) -> None:
    with pytest.raises(NotFound) as missing:
        store.get("nothing")
    text = str(missing.value) + repr(weed)
    assert "nothing" in text
    assert not any(i.secret_key in text for i in weed.identities.values())


# --------------------------------------------------------------------------- conditional writes


def test_a_taken_key_is_not_written_again(store: Store) -> None:
    store.put("k", b"one", if_absent=True)
    with pytest.raises(PreconditionFailed):
        store.put("k", b"two", if_absent=True)
    assert store.get("k") == b"one"


@pytest.mark.parametrize("fault", [Fault("drop_reply"), Fault("drop_request"), Fault("answer", status=409),
                                   Fault("answer", status=503), Fault("answer_after", status=500)],
                         ids=lambda f: f"{f.action}-{f.status}")  # fmt: skip
def test_an_unclear_conditional_write_is_asked_once_and_left_open(through: Store, proxy: Proxy, fault: Fault) -> None:
    proxy.faults.append(Fault(fault.action, status=fault.status))
    with pytest.raises(PreconditionFailed):
        through.put("k", b"one", if_absent=True)
    assert proxy.seen.count(("PUT", f"/{through.bucket}/k")) == 1


def test_an_ordinary_write_is_tried_again(through: Store, proxy: Proxy) -> None:
    proxy.faults.append(Fault("answer", status=503, times=2))
    ref = through.put("k", b"one")
    assert through.get("k", sha256=ref.sha256) == b"one"


# --------------------------------------------------------------------------- locks


def test_a_locked_version_outlives_every_deletion(store: Store, weed: Seaweed, buckets: StoreConfig) -> None:
    ref = store.put("k", b"record", retain_until=in_days(1))
    admin = as_identity(weed, buckets, "admin")
    for one in (store, admin):
        with pytest.raises(Refused):
            one.destroy(ref)
    assert store.get("k", ref.version_id) == b"record"


def test_compliance_outlives_the_bypass_too(store: Store, weed: Seaweed, buckets: StoreConfig) -> None:
    ref = store.put("k", b"record", retain_until=in_days(1), mode=COMPLIANCE)
    for name in ("admin", "disposer"):
        with pytest.raises(Refused):
            as_identity(weed, buckets, name).destroy(ref, bypass_governance=True)
    assert store.lock_state("k", ref.version_id).mode == COMPLIANCE


def test_sealing_locks_and_holds_and_twice_is_as_once(store: Store) -> None:
    ref = store.put("k", b"record")
    assert store.lock_state("k", ref.version_id) == LockState(None, None, False)
    until = in_days(30)
    for _ in range(2):
        store.seal(ref, retain_until=until, hold=True)
        assert store.lock_state("k", ref.version_id) == LockState("GOVERNANCE", until, True)


def test_sealing_never_shortens_weakens_or_lifts(store: Store) -> None:
    long, short = in_days(30), in_days(3)
    ref = store.put("k", b"record", retain_until=long, mode=COMPLIANCE, hold=True)
    store.seal(ref, retain_until=short, mode="GOVERNANCE", hold=False)
    assert store.lock_state("k", ref.version_id) == LockState(COMPLIANCE, long, True)
    store.seal(ref, retain_until=None)
    assert store.lock_state("k", ref.version_id) == LockState(COMPLIANCE, long, True)
    store.seal(ref, retain_until=in_days(60))
    assert store.lock_state("k", ref.version_id) == LockState(COMPLIANCE, in_days(60), True)


def test_a_lock_never_ends_before_its_fraction_of_a_second(store: Store) -> None:
    until = datetime.now(UTC).replace(microsecond=999_999) + timedelta(days=1)
    ref = store.put("k", b"record", retain_until=until)
    kept = store.lock_state("k", ref.version_id).retain_until
    assert kept is not None
    assert until <= kept <= until + timedelta(seconds=1)


# --------------------------------------------------------------------------- destroying


def test_destroying_lifts_the_hold_and_leaves_nothing(store: Store) -> None:
    ref = store.put("k", b"record", hold=True)
    done = store.destroy(ref)
    assert done.lock_before.hold
    assert done.request_id
    assert list(store.versions("k")) == []


def test_the_disposer_alone_may_lift_a_governance_lock(store: Store, weed: Seaweed, buckets: StoreConfig) -> None:
    ref = store.put("k", b"record", retain_until=in_days(1), hold=True)
    with pytest.raises(Refused):
        store.destroy(ref, bypass_governance=True)
    assert store.lock_state("k", ref.version_id).hold, "a refused destruction leaves the hold in place"
    as_identity(weed, buckets, "disposer").destroy(ref, bypass_governance=True)
    assert list(store.versions("k")) == []


def test_destroying_what_is_gone_is_a_success(store: Store) -> None:
    ref = store.put("k", b"record")
    store.destroy(ref)
    assert store.destroy(ref).key == "k"


def test_a_deletion_that_was_only_acknowledged_is_not_believed(through: Store, proxy: Proxy) -> None:
    ref = through.put("k", b"record")
    proxy.faults.append(Fault("answer", method="DELETE", status=204))
    with pytest.raises(DestroyUnverified):
        through.destroy(ref)
    assert through.get("k", ref.version_id) == b"record"
    through.destroy(ref)
    assert not through.exists("k", ref.version_id)


def test_a_deletion_whose_answer_was_lost_is_verified_all_the_same(through: Store, proxy: Proxy) -> None:
    ref = through.put("k", b"record")
    proxy.faults.append(Fault("drop_reply", method="DELETE"))
    through.destroy(ref)
    assert not through.exists("k", ref.version_id)


# --------------------------------------------------------------------------- roles


def test_the_auditor_reads_everything_and_changes_nothing(store: Store, weed: Seaweed, buckets: StoreConfig) -> None:
    ref = store.put("k", b"record")
    auditor = as_identity(weed, buckets, "auditor")
    assert auditor.get("k") == b"record"
    assert [v.key for v in auditor.versions("")] == ["k"]
    auditor.require_fit()
    attempts = (
        lambda: auditor.put("new", b""),
        lambda: auditor.put("k", b"other"),
        lambda: auditor.delete_plain("k"),
        lambda: auditor.destroy(ref),
        lambda: auditor.seal(ref, retain_until=in_days(1), hold=True),
    )
    for attempt in attempts:
        with pytest.raises(Refused):
            attempt()
    assert [v.version_id for v in store.versions("")] == [ref.version_id]


@pytest.mark.parametrize("name", ["admin", "archive", "disposer"])
def test_nobody_deletes_in_the_ledger(weed: Seaweed, buckets: StoreConfig, name: str) -> None:
    ledger = as_identity(weed, buckets, name, buckets.ledger_bucket)
    ref = ledger.put("entries/x", b"entry")
    with pytest.raises(Refused):
        ledger.delete_plain("entries/x")
    with pytest.raises(Refused):
        ledger.destroy(ref, bypass_governance=True)
    assert [v.delete_marker for v in ledger.versions("entries/")] == [False]


def test_the_harvester_makes_no_buckets_and_no_policies(weed: Seaweed, buckets: StoreConfig) -> None:
    client = weed.client("archive")
    for attempt in (
        lambda: client.create_bucket(Bucket="another-bucket"),
        lambda: client.delete_bucket_policy(Bucket=buckets.ledger_bucket),
        lambda: client.delete_bucket(Bucket=buckets.bucket),
    ):
        with pytest.raises(Exception, match="AccessDenied"):
            attempt()


def test_a_wrong_key_is_refused(weed: Seaweed, buckets: StoreConfig) -> None:
    keys = {"access_key": weed.identities["admin"].access_key, "secret_key": "guessed"}
    config = SimpleNamespace(bucket=buckets.bucket, endpoint_url=weed.endpoint, region="us-east-1", **keys)
    with pytest.raises(Refused):
        Store.connect(config).get("k")  # type: ignore[arg-type]


# --------------------------------------------------------------------------- fitness


def test_fit_buckets_are_accepted_and_making_them_twice_changes_nothing(weed: Seaweed, buckets: StoreConfig) -> None:
    ensure_buckets(buckets, client=weed.client("admin"))
    Store.connect(buckets).require_fit()
    Store.connect(buckets, buckets.ledger_bucket).require_fit()


def test_a_bucket_without_object_lock_is_refused_with_the_command_that_makes_one(buckets: StoreConfig) -> None:
    with pytest.raises(StoreUnfit) as refused:
        Store.connect(buckets, buckets.staging_bucket).require_fit()
    command = f"aws s3api create-bucket --bucket {buckets.staging_bucket} --object-lock-enabled-for-bucket"
    assert command in refused.value.remedy


def test_a_bucket_that_does_not_exist_is_refused_the_same_way(weed: Seaweed) -> None:
    with pytest.raises(StoreUnfit, match="does not exist"):
        Store(weed.client("archive"), "nowhere-at-all").require_fit()


def test_a_plain_bucket_is_not_taken_for_the_archive(weed: Seaweed, buckets: StoreConfig) -> None:
    """Somebody made the bucket by hand, without Object Lock: say so instead of using it."""
    plain = buckets.model_copy(update={"bucket": buckets.staging_bucket})
    with pytest.raises(StoreUnfit):
        ensure_buckets(plain, client=weed.client("admin"))


def test_a_store_that_is_down_is_an_error_of_ours(buckets: StoreConfig) -> None:
    nobody = buckets.model_copy(update={"endpoint_url": "http://127.0.0.1:9"})
    with pytest.raises(StoreError, match="No answer"):
        Store.connect(nobody).get("k")
    with pytest.raises(PreconditionFailed):
        Store.connect(nobody).put("k", b"", if_absent=True)


def test_an_object_ref_of_another_version_destroys_nothing_else(store: Store) -> None:
    first, second = store.put("k", b"one"), store.put("k", b"two")
    store.destroy(ObjectRef("k", first.version_id, 3, first.sha256))
    assert [v.version_id for v in store.versions("k")] == [second.version_id]
