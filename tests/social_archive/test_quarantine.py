from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from social_archive.platforms.base import Page, Platform
from social_archive.quarantine import (
    QUARANTINE_SCHEMA,
    commit_quarantine,
    quarantine_rows,
    quarantine_table,
    quarantine_values,
    retry,
    verify_quarantine_row,
)
from social_archive.record import COMMITTED, Observation, Unreadable
from social_archive.validation import Rejected

NOW = 1_780_000_000_000_000
ORIGIN = {"platform": "fixture", "account": "library", "harvest_id": "h1", "adapter": "fixture/1"}


def observation(**changes: Any) -> Observation:
    given: dict[str, Any] = {
        "kind": "comment", "native_id": "c1", "native": b'{"id":"c1"}', "parent_native_id": "p1",
        "root_native_id": "p0", "body": "Invented comment", "state": "hidden", "observed_at": NOW,
        "endpoint": "https://larkspur.example/c1", "response_sha256": "ab" * 32,
        "http_date": "Thu, 28 May 2026 20:26:40 GMT", **changes,
    }  # fmt: skip
    return Observation(**given)


def unreadable(**changes: Any) -> Unreadable:
    return Unreadable(**{"native": b"{", "reason": "not_json", "observed_at": NOW, **changes})


def rows_of(*items: Observation | Unreadable, **more: Any) -> list[dict[str, Any]]:
    refused = [Rejected(o, ["kind_unknown"], "kind") for o in items if isinstance(o, Observation)]
    return quarantine_rows(refused, [u for u in items if isinstance(u, Unreadable)], **ORIGIN, **more)


def stored(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows as they come back from Parquet."""
    file = io.BytesIO()
    pq.write_table(quarantine_table(rows), file)
    return pq.read_table(file).to_pylist()


class Fixture(Platform):
    """Reads invented items of the form {"id", "text"}; `fails` ids trip it."""

    name, title, version, credentials = "fixture", "Fixture", "2", ()

    def __init__(self, *, fails: str = "") -> None:
        self.fails, self.pages = fails, []  # type: ignore[var-annotated]

    def records(self, page: Page) -> Iterator[Observation | Unreadable]:
        self.pages.append(page)
        try:
            items = json.loads(page.body)
        except ValueError:
            yield self.stamped(Unreadable(native=page.body, reason="not_json"), page)
            return
        for item in items if isinstance(items, list) else [items]:
            if item["id"] == self.fails:
                raise KeyError("text")
            found = Observation(kind="comment", native_id=item["id"], native=page.body, body=item.get("text"))
            yield self.stamped(found, page)

    def profile(self) -> Any: ...
    def posts(self, since: int | None) -> Any: ...
    def thread(self, root: str) -> Any: ...
    def item(self, native_id: str) -> Any: ...
    def check(self) -> Any: ...
    def media_hosts(self) -> Any: ...


# --------------------------------------------------------------------------- into quarantine


def test_a_refused_observation_and_an_unreadable_item_keep_bytes_reasons_and_origin() -> None:
    rows = rows_of(observation(), unreadable(detail="line 1"), series="unscheduled", cutoff="2026-05")
    refused, unread = stored(rows)
    assert refused["native"] == b'{"id":"c1"}'
    assert (refused["kind"], refused["native_id"], refused["reasons"], refused["detail"]) == (
        "comment", "c1", ["kind_unknown"], "kind",
    )  # fmt: skip
    assert refused["endpoint"] == "https://larkspur.example/c1"
    assert refused["http_date"] == "Thu, 28 May 2026 20:26:40 GMT"
    assert (unread["native"], unread["reasons"], unread["detail"]) == (b"{", ["not_json"], "line 1")
    assert (unread["kind"], unread["native_id"]) == (None, None)
    for row in (refused, unread):
        assert {name: row[name] for name in ORIGIN} == ORIGIN
        assert (row["series"], row["cutoff"]) == ("unscheduled", "2026-05")
    assert refused["qid"] != unread["qid"]
    assert refused["secret"] != unread["secret"]


WEIRD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4), st.binary(max_size=4),
    st.sampled_from(["\ud800", 10**30, ("x",), {"a": 1}, object()]),
)  # fmt: skip


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(Observation.__struct_fields__), WEIRD, max_size=6))
def test_whatever_an_adapter_put_into_it_the_row_can_be_stored_and_verified(changes: dict[str, Any]) -> None:
    rows = rows_of(observation(**changes))
    assert verify_quarantine_row(rows[0])
    (back,) = stored(rows)
    assert verify_quarantine_row(back)
    if isinstance(changes.get("native", b""), bytes):
        assert back["native"] == changes.get("native", b'{"id":"c1"}')


def test_an_empty_quarantine_is_a_table_too() -> None:
    assert quarantine_table([]).schema == QUARANTINE_SCHEMA


# --------------------------------------------------------------------------- commitment


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("native", b'{"id":"c2"}'), ("reasons", ["other"]), ("native_id", "c2"), ("kind", None), ("detail", "x"),
        ("account", "branch"), ("platform", "other"), ("context", None), ("observed_at", NOW + 1), ("endpoint", None),
        ("adapter", "fixture/2"), ("harvest_id", "h2"), ("native_sha256", "00"), ("secret", bytes(32)),
        ("commitment", bytes(32)),
    ],
)  # fmt: skip
def test_a_changed_field_no_longer_verifies(name: str, value: Any) -> None:
    (row,) = rows_of(observation())
    assert verify_quarantine_row(row)
    assert not verify_quarantine_row({**row, name: value})


def test_the_cohort_may_be_set_after_the_commitment() -> None:
    (row,) = rows_of(observation())
    row["series"], row["cutoff"] = "unscheduled", "2026-05"
    assert verify_quarantine_row(row)


def test_the_same_item_twice_has_two_commitments_and_one_hash() -> None:
    one, two = rows_of(observation(), observation())
    assert one["commitment"] != two["commitment"]
    assert one["native_sha256"] == two["native_sha256"]


def test_no_field_is_committed_under_the_name_of_a_records_field() -> None:
    (row,) = rows_of(observation())
    names = [name for name, _ in quarantine_values(row)]
    assert names == sorted(names)
    assert not set(names) & set(COMMITTED)
    assert commit_quarantine(row) == row["commitment"]


# --------------------------------------------------------------------------- out of quarantine


def test_an_item_that_todays_adapter_reads_comes_back_with_its_origin_and_surroundings() -> None:
    native = b'{"id":"c1","text":"Invented"}'
    rows = stored(rows_of(observation(native=native, kind="reply", author_is_account=True)))
    platform = Fixture()
    recovered, still_bad = retry(rows, platform)
    assert still_bad == []
    assert recovered[0].qid == rows[0]["qid"]
    o = recovered[0].observation
    assert (o.native_id, o.body, o.state) == ("c1", "Invented", "hidden")
    assert (o.kind, o.author_is_account) == ("reply", True)
    assert (o.parent_native_id, o.root_native_id) == ("p1", "p0")
    assert (o.platform, o.account, o.harvest_id, o.adapter) == ("fixture", "library", "h1", "fixture/2")
    assert (o.observed_at, o.endpoint, o.response_sha256) == (NOW, "https://larkspur.example/c1", "ab" * 32)
    assert platform.pages[0].kind == "item"
    assert platform.pages[0].context["state"] == "hidden"


def test_a_kind_that_was_refused_is_not_brought_back() -> None:
    (recovered,), _ = retry(rows_of(observation(kind="toot")), Fixture())
    assert recovered.observation.kind == "comment"


def test_a_profile_is_read_again_as_a_profile() -> None:
    platform = Fixture()
    retry(rows_of(observation(kind="profile")), platform)
    assert platform.pages[0].kind == "profile"


def test_an_item_that_is_still_unreadable_stays_and_says_why() -> None:
    rows = rows_of(*(unreadable(native=native) for native in (b"{", b"[]", b'{"id":"bad"}', b'{"id":"ok"}')))
    recovered, still_bad = retry(rows, Fixture(fails="bad"))
    assert [(one.qid, one.reason) for one in still_bad] == [
        (rows[0]["qid"], "not_json"), (rows[1]["qid"], "not_one_item"), (rows[2]["qid"], "adapter_failed"),
    ]  # fmt: skip
    assert [(one.qid, one.observation.native_id) for one in recovered] == [(rows[3]["qid"], "ok")]


def test_two_items_in_the_bytes_of_one_are_not_guessed_apart() -> None:
    _, still_bad = retry(rows_of(unreadable(native=b'[{"id":"a"},{"id":"b"}]')), Fixture())
    assert [one.reason for one in still_bad] == ["not_one_item"]
