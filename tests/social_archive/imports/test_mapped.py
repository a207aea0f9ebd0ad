"""Tables and JSON lines of other vendors, by a mapping file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from social_archive.config import Account
from social_archive.errors import ConfigError
from social_archive.imports.base import Item
from social_archive.imports.mapped import Mapped
from social_archive.joining import is_idless
from social_archive.record import Observation, Unreadable, micros
from tests.social_archive.imports.conftest import parse

MAPPING = """
mapping:
  title: Export of a vendor that does not exist
  columns:
    native_id: Post ID
    kind: {column: Type, values: {Post: post, Comment: comment}}
    body: Message
    created_at: Date
    author_name: Author
    parent_native_id: In reply to
    likes: Likes
    media: {column: Files, separator: "|"}
    state: {column: Removed, values: {"yes": deleted, "no": present}}
  own: {column: Author, values: [Larkspur Public Library]}
  time_zone: America/Chicago
  time_format: "%m/%d/%Y %H:%M"
  shortcomings: [The vendor kept no edits.]
"""
HEADER = "Post ID,Type,Message,Date,Author,In reply to,Likes,Files,Removed,Score\r\n"


def read(tmp_path: Path, body: str | bytes, mapping: str = MAPPING, name: str = "vendor.csv") -> list[Item]:
    (tmp_path / "mapping.yaml").write_text(mapping)
    (tmp_path / name).write_bytes(body if isinstance(body, bytes) else body.encode())
    account = Account(name="larkspur", platform="facebook", handle="larkspur")
    return parse(Mapped.described_by(tmp_path / "mapping.yaml"), tmp_path / name, account)


def test_a_table_becomes_records_by_its_mapping(tmp_path: Path) -> None:
    post, comment = read(tmp_path, HEADER + (
        "1_1,Post,We are open,06/01/2026 07:00,Larkspur Public Library,,12,a.jpg|b.jpg,no,0.3\r\n"
        '1_2,Comment,"Great, thanks",06/01/2026 08:30,Ada Invented,1_1,0,,yes,0.9\r\n'
    ))  # fmt: skip
    assert isinstance(post, Observation)
    assert isinstance(comment, Observation)
    assert (post.native_id, post.kind, post.body) == ("1_1", "post", "We are open")
    assert (post.author_is_account, post.likes) == (True, 12)
    assert [m.url for m in post.media] == ["a.jpg", "b.jpg"]
    assert post.created_at == micros(datetime(2026, 6, 1, 12, 0, tzinfo=UTC))  # seven o'clock in Chicago
    assert post.created_at_text == "06/01/2026 07:00"
    assert (comment.kind, comment.parent_native_id, comment.state) == ("comment", "1_1", "deleted")
    assert not comment.author_is_account


def test_columns_that_are_not_mapped_stay_in_the_native_bytes(tmp_path: Path) -> None:
    (o,) = read(tmp_path, HEADER + "1_1,Post,Open,06/01/2026 07:00,A,,1,,no,0.3\r\n")
    assert o.native == HEADER.strip().encode() + b"\r\n1_1,Post,Open,06/01/2026 07:00,A,,1,,no,0.3"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1_1,Tweet,x,06/01/2026 07:00,A,,1,,no,0", "kind_not_mapped"),
        ("1_1,Post,x,yesterday,A,,1,,no,0", "created_at_unreadable"),
        ("1_1,Post,x,06/01/2026 07:00,A,,1,,perhaps,0", "state_not_mapped"),
        ("1_1,Post,x", "columns_differ"),
    ],
)
def test_a_row_that_the_mapping_does_not_explain_is_quarantined(tmp_path: Path, row: str, reason: str) -> None:
    (item,) = read(tmp_path, HEADER + row + "\r\n")
    assert isinstance(item, Unreadable)
    assert (item.reason, item.native.endswith(row.encode())) == (reason, True)


def test_json_lines_are_mapped_by_paths(tmp_path: Path) -> None:
    mapping = """
mapping:
  columns:
    {native_id: id, body: content.text, created_at: at, author_name: author.name, links: urls,
     kind: {constant: comment}}
"""
    body = (
        b'{"id": 9007199254740993, "content": {"text": "Caf\xc3\xa9"}, "at": "2026-06-01T12:00:00-05:00", '
        b'"author": {"name": "Ada"}, "urls": ["https://a.example", "https://b.example"]}\n\n{"id": 1, "id": 2}\n'
    )
    o, bad = read(tmp_path, body, mapping, "vendor.jsonl")
    assert isinstance(o, Observation)
    assert (o.native_id, o.body, o.author_name, o.kind) == ("9007199254740993", "Café", "Ada", "comment")
    assert (o.links, o.created_at) == (("https://a.example", "https://b.example"), 1_780_333_200_000_000)
    assert isinstance(bad, Unreadable)
    assert bad.reason == "duplicate_key"


def test_without_a_column_of_ids_things_get_ids_of_ours(tmp_path: Path) -> None:
    mapping = "mapping:\n  columns: {body: t, created_at: d, author_name: a}\n  delimiter: ';'\n"
    body = "t;d;a\nSame;1780315200;Ada\nSame;1780315200;Ben\n"
    items = [o for o in read(tmp_path, body, mapping) if isinstance(o, Observation)]
    assert len({o.native_id for o in items}) == 2
    assert all(is_idless(o.native_id) for o in items)
    assert [o.created_at for o in items] == [1_780_315_200_000_000] * 2


@pytest.mark.parametrize(
    ("mapping", "complaint"),
    [
        ("mapping:\n  columns: {bodi: Text}\n", "no field 'bodi'"),
        ("mapping:\n  columns: {native_id: Id}\n", "where the body comes from"),
        ("mapping:\n  columns: {body: T, kind: {column: K, values: {a: tweet}}}\n", "'tweet' must be one of post"),
        ("mapping:\n  columns: {body: T}\n  colour: red\n", "unknown key 'colour'"),
        ("mapping:\n  columns: {body: T}\n  time_zone: Chicago\n", "time zone"),
        ("mapping:\n  columns: {body: {separator: x}}\n", "needs either"),
    ],
)
def test_a_wrong_mapping_is_refused_with_file_and_line(tmp_path: Path, mapping: str, complaint: str) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text(mapping)
    with pytest.raises(ConfigError) as refused:
        Mapped.described_by(path)
    assert "mapping.yaml:" in str(refused.value)
    assert complaint in str(refused.value)
