"""Local copies: checked when they arrive, whole or not there, and deletable."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from social_archive.config import StoreConfig
from social_archive.mirror import Mirror
from social_archive.store import Corrupt, ObjectRef, Store

pytestmark = pytest.mark.slow


@pytest.fixture
def store(buckets: StoreConfig) -> Store:
    return Store.connect(buckets)


@pytest.fixture
def mirror(store: Store, tmp_path: Path) -> Mirror:
    return Mirror(tmp_path / "mirror", store)


def test_a_copy_lies_under_its_key_and_is_fetched_once(store: Store, mirror: Mirror) -> None:
    ref = store.put("records/series=a/one.parquet", b"bytes")
    path = mirror.path(ref)
    assert (path, path.read_bytes()) == (mirror.folder / ref.key, b"bytes")
    store.client.delete_object(Bucket=store.bucket, Key=ref.key, VersionId=ref.version_id)
    assert mirror.path(ref).read_bytes() == b"bytes"


def test_bytes_that_are_not_what_the_ledger_names_are_refused_and_not_kept(store: Store, mirror: Mirror) -> None:
    ref = store.put("records/one.parquet", b"other bytes")
    named = ObjectRef(ref.key, ref.version_id, ref.size, hashlib.sha256(b"bytes").hexdigest())
    with pytest.raises(Corrupt):
        mirror.path(named)
    assert not (mirror.folder / ref.key).exists()


def test_a_newer_version_of_the_key_is_not_what_is_copied(store: Store, mirror: Mirror) -> None:
    ref = store.put("records/one.parquet", b"bytes")
    store.put("records/one.parquet", b"laid over it")
    assert mirror.path(ref).read_bytes() == b"bytes"


def test_many_copies_come_in_the_order_asked_for(store: Store, mirror: Mirror) -> None:
    refs = [store.put(f"records/{n}.parquet", b"%d" % n) for n in range(20)]
    mirror.path(refs[7])
    assert [p.read_bytes() for p in mirror.paths(reversed(refs))] == [b"%d" % n for n in reversed(range(20))]


def test_two_threads_that_fetch_one_object_do_not_disturb_each_other(store: Store, mirror: Mirror) -> None:
    ref = store.put("records/one.parquet", b"bytes" * 100_000)
    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(lambda _: mirror.path(ref), range(8)))
    assert {p.stat().st_size for p in paths} == {500_000}
    assert [p.name for p in mirror.folder.rglob("*") if p.is_file()] == ["one.parquet"]


def test_a_copy_that_was_interrupted_is_not_taken_for_one(
    store: Store, mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = store.put("records/one.parquet", b"bytes")

    def cut(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", cut)
        with pytest.raises(KeyboardInterrupt):
            mirror.path(ref)
    assert not (mirror.folder / ref.key).exists()
    assert mirror.path(ref).read_bytes() == b"bytes"


def test_a_dropped_copy_is_fetched_again(store: Store, mirror: Mirror) -> None:
    ref = store.put("records/one.parquet", b"bytes")
    mirror.path(ref)
    mirror.drop(ref.key)
    mirror.drop(ref.key)
    assert mirror.path(ref).exists()
    mirror.clear()
    assert not mirror.folder.exists()
