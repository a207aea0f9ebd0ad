"""A record's three hashes: what counts as a change, what the ledger holds, and what one field can prove alone."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from typing import Any

import msgspec
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from social_archive import record
from social_archive.record import Media, Observation

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


def comment(**changes: Any) -> Observation:
    base = Observation(
        kind="comment", native_id="c1", native=b'{"id":"c1"}', platform="mastodon", account="larkspur",
        parent_native_id="p1", root_native_id="p1", author_id="u1", author_name="Ada Invented", body="Lovely mural!",
        created_at=1_700_000_000_000_000, created_at_text="2023-11-14T22:13:20Z", observed_at=1_700_000_100_000_000,
        harvest_id="h1", adapter="mastodon/1",
    )  # fmt: skip
    return msgspec.structs.replace(base, **changes)


@pytest.mark.parametrize(
    "change",
    [
        {"body": "Lovely mural?"}, {"body_html": "<p>Lovely mural!</p>"}, {"state": "hidden"}, {"edited_at": 5},
        {"author_id": "u2"}, {"media": (Media(id="m1", url="https://x/1"),)}, {"links": ("https://x",)},
    ],
    ids=lambda c: next(iter(c)),
)  # fmt: skip
def test_a_change_of_evidence_changes_the_digest(change: dict[str, Any]) -> None:
    assert record.evidential_digest(comment(**change)) != record.evidential_digest(comment())


@pytest.mark.parametrize(
    "change",
    [
        {"likes": 9}, {"replies": 3}, {"author_name": "Ada Renamed"}, {"permalink": "https://elsewhere"},
        {"observed_at": 7}, {"harvest_id": "h2"}, {"native": b"{}"},
    ],
    ids=lambda c: next(iter(c)),
)  # fmt: skip
def test_what_is_no_evidence_leaves_the_digest_alone(change: dict[str, Any]) -> None:
    assert record.evidential_digest(comment(**change)) == record.evidential_digest(comment())


def test_a_media_url_may_be_signed_anew_without_being_a_change() -> None:
    one = comment(media=(Media(id="", url="https://cdn/x.png?sig=1"),))
    other = comment(media=(Media(id="", url="https://cdn/x.png?sig=2"),))
    assert record.evidential_digest(one) == record.evidential_digest(other)


def test_a_profile_is_its_name_but_a_comment_is_not_its_authors_name() -> None:
    before = record.evidential_digest(comment(kind="profile"))
    assert record.evidential_digest(comment(kind="profile", author_name="New Name")) != before


def accession(o: Observation) -> record.Version:
    return record.accessioned(
        o, rid=record.new_rid(), version=1, series="social-media", cutoff="2023-11", retain_until=None,
        digest=record.evidential_digest(o),
    )  # fmt: skip


def test_the_same_record_commits_differently_under_another_secret() -> None:
    assert accession(comment()).commitment != accession(comment()).commitment


def test_the_fast_commitment_is_the_one_that_a_verifier_computes_field_by_field() -> None:
    version = accession(comment(media=(Media(id="m", url="https://x"),), gap_reason="throttled", likes=1, edited_at=3))
    parts = [
        (name, record.field_commitment(record.salt_of(version.secret, name), name, record.encode_value(value)))
        for name, value in record.committed_values(version.observation)
    ]
    assert [name for name, _ in parts] == sorted(name for name, _ in parts)
    assert set(dict(parts)) <= set(record.COMMITTED)
    assert record.combine(parts) == version.commitment


def test_every_column_of_an_observation_is_under_the_commitment() -> None:
    """A column that could be altered without breaking the commitment would be no evidence."""
    version = accession(comment())
    altered: dict[str, Any] = {
        name: _another(getattr(version.observation, name)) for name in Observation.__struct_fields__
    }
    altered |= {
        "media": (Media(id="m", url="u"),),
        "flags": ("orphan",),
        "links": ("https://x",),
        "gap_reason": "throttled",
    }
    uncovered = [
        name
        for name, value in altered.items()
        if name not in ("gap_from", "gap_to", "author_avatar")
        and record.commitment_of(msgspec.structs.replace(version.observation, **{name: value}), version.secret)
        == version.commitment
    ]
    assert uncovered == []


def _another(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, bytes):
        return value + b"x"
    return (value or "") + "x" if isinstance(value, str | None) else value


@given(body=TEXT, name=TEXT, likes=st.integers(0, 2**62), flags=st.lists(TEXT, max_size=3))
def test_a_row_survives_parquet_with_its_commitment(body: str, name: str, likes: int, flags: list[str]) -> None:
    o = comment(body=body, author_name=name, likes=likes, flags=tuple(flags), native=body.encode())
    sink = io.BytesIO()
    pq.write_table(record.table([accession(o)]), sink)
    [row] = pq.read_table(sink).to_pylist()
    assert record.verify_row(row)
    assert record.from_row(row).observation == o
    assert not record.verify_row(row | {"body": body + "x"})


@given(st.recursive(st.none() | st.booleans() | st.integers(-(2**60), 2**60) | TEXT,
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)))  # fmt: skip
def test_canonical_bytes_are_plain_sorted_json(value: Any) -> None:
    """Anyone's JSON library must be able to make the same bytes (or there would be no verifying without ours)."""
    assert json.loads(record.canonical(value)) == value
    assert b": " not in record.canonical({"a": 1, "b": [1, 2]})
    assert record.canonical({"b": 1, "a": 2}) == b'{"a":2,"b":1}'


def test_no_two_types_share_their_encoded_bytes() -> None:
    assert len({record.encode_value(v) for v in ("1", b"1", [1], {"1": 1}, "true", [True])}) == 6


def test_a_salt_reveals_no_other_salt() -> None:
    secret = record.new_secret()
    salts = {record.salt_of(secret, name) for name in record.COMMITTED}
    assert len(salts) == len(record.COMMITTED)
    assert hashlib.sha256(secret).digest() not in salts


def test_lone_surrogates_become_storable_and_other_text_is_untouched() -> None:
    assert record.storable("a\ud800b") == "a\ufffdb"
    assert record.storable("שלום 👩‍👩‍👧") == "שלום 👩‍👩‍👧"
    assert record.storable(None) is None


@dataclass
class Clock:
    text: str
    micros: int | None


@pytest.mark.parametrize(
    "clock",
    [
        Clock("2024-02-29T12:00:00Z", 1_709_208_000_000_000),
        Clock("2024-02-29T12:00:00.123456+02:00", 1_709_200_800_123_456),
        Clock("2024-02-29T12:00:00", 1_709_208_000_000_000),
        Clock("0001-01-01T00:00:00+14:00", None),
        Clock("yesterday", None),
        Clock("", None),
    ],
    ids=lambda c: c.text,
)
def test_times_become_exact_microseconds_or_nothing(clock: Clock) -> None:
    assert record.parse_time(clock.text) == clock.micros
