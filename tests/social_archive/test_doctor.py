"""The doctor tries the real store; a store that only pretends is found out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from social_archive.config import StoreConfig
from social_archive.doctor import Check, run_doctor
from social_archive.note import Signer
from social_archive.stack.seaweed import Seaweed
from social_archive.store import ObjectRef, Store
from tests.faults.tcp_proxy import Fault, Proxy, proxied

pytestmark = pytest.mark.slow

SIGNER = Signer("larkspur.example/social-records", b"\x01" * 32)


@pytest.fixture
def stores(buckets: StoreConfig) -> tuple[Store, Store]:
    return Store.connect(buckets), Store.connect(buckets, buckets.ledger_bucket)


@pytest.fixture
def proxy(weed: Seaweed) -> Iterator[Proxy]:
    with proxied(weed.endpoint) as running:
        yield running


def failed(checks: list[Check]) -> dict[str, str]:
    assert all(bool(c.remedy) != c.ok for c in checks), "a failed check says what to do, a passed one does not"
    return {c.name: c.detail for c in checks if not c.ok}


def test_the_embedded_store_is_well_and_nothing_is_left_behind(stores: tuple[Store, Store]) -> None:
    checks = run_doctor(*stores, lambda: SIGNER, vkey=SIGNER.vkey)
    assert failed(checks) == {}
    assert len(checks) == 9
    assert [v.key for store in stores for v in store.versions("")] == []


def test_a_store_that_is_down_is_one_finding(buckets: StoreConfig) -> None:
    nobody = buckets.model_copy(update={"endpoint_url": "http://127.0.0.1:9"})
    checks = run_doctor(Store.connect(nobody), Store.connect(nobody))
    assert list(failed(checks)) == ["bucket reachable"]


def test_a_missing_bucket_is_named_with_the_command_that_makes_it(weed: Seaweed) -> None:
    nowhere = Store(weed.client("archive"), "nowhere-at-all")
    (check,) = run_doctor(nowhere, nowhere)
    assert "nowhere-at-all does not exist" in check.detail
    assert "aws s3api create-bucket --bucket nowhere-at-all" in check.remedy


def test_a_bucket_without_object_lock_fails(stores: tuple[Store, Store], buckets: StoreConfig) -> None:
    plain = Store.connect(buckets, buckets.staging_bucket)
    bad = failed(run_doctor(plain, stores[1], sleep=lambda _: None))
    assert {"object lock and versioning", "locked versions cannot be deleted"} <= set(bad)
    assert "versions and delete markers are listed" in bad


def test_a_store_that_deletes_what_is_locked_is_found_out(
    stores: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores[0], "destroy", lambda ref: ref)
    bad = failed(run_doctor(*stores, sleep=lambda _: None))
    assert bad["locked versions cannot be deleted"] == "a locked version was deleted"


def test_a_store_that_ignores_conditions_is_found_out(
    stores: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = Store.put

    def put(self: Store, key: str, body: bytes, **options: object) -> ObjectRef:
        options.pop("if_absent", None)
        return honest(self, key, body, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Store, "put", put)
    bad = failed(run_doctor(*stores))
    assert bad["conditional writes have one winner"] == "8 of 8 writers won, 8 versions were made"


def test_an_open_store_is_found_out(stores: tuple[Store, Store], proxy: Proxy, buckets: StoreConfig) -> None:
    through = Store.connect(buckets.model_copy(update={"endpoint_url": proxy.endpoint}))
    proxy.faults.append(Fault("answer", method="GET", path="list-type=2&max-keys=1", status=200))
    bad = failed(run_doctor(through, stores[1], sleep=lambda _: None))
    assert bad["anonymous access is refused"] == "anybody can list the bucket"


def test_a_ledger_that_can_be_covered_with_markers_is_found_out(stores: tuple[Store, Store], weed: Seaweed) -> None:
    weed.client("admin").delete_bucket_policy(Bucket=stores[1].bucket)
    bad = failed(run_doctor(*stores))
    assert list(bad) == ["ledger refuses deletion"]
    assert list(stores[1].versions("")) == []


def test_a_clock_that_is_off_is_found_out(stores: tuple[Store, Store]) -> None:
    bad = failed(run_doctor(*stores, clock=lambda: datetime.now(UTC) + timedelta(minutes=3), sleep=lambda _: None))
    assert "s apart" in bad["clock agrees with the store"]


def test_a_wrong_or_missing_key_is_found_out(stores: tuple[Store, Store]) -> None:
    other = Signer.generate(SIGNER.name)
    assert "signing key" in failed(run_doctor(*stores, lambda: SIGNER, vkey=other.vkey))
    missing = failed(run_doctor(*stores, lambda: Signer.load("file:/nowhere/ledger.key")))
    assert "cannot be read" in missing["signing key"]
