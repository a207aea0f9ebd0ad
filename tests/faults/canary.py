"""Looking for a canary (a planted secret, a planted person) wherever it must not be, through every packing we use."""

from __future__ import annotations

import base64
import gzip
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow.parquet as pq

from social_archive.archive import Archive

Haystack = tuple[str, bytes]  # where it lies; what lies there


def found(needles: Iterable[str], hay: Iterable[Haystack]) -> list[str]:
    """Where any of the needles lies, in any of its forms; sorted."""
    forms = {form for needle in needles for form in _forms(needle)}
    return sorted({where for where, bytes_ in hay if any(form in bytes_ for form in forms)})


def _forms(needle: str) -> set[bytes]:
    raw = needle.encode()
    coded = base64.b64encode(raw).rstrip(b"=")[:-1] or raw  # the last character depends on what follows
    return {raw, coded, raw.hex().encode(), quote(needle, safe="").encode()}


def in_buckets(archive: Archive) -> Iterator[Haystack]:
    """Keys and bytes of every version of every object of content, ledger and staging."""
    for store in (archive.store, archive.ledger_store, archive.staging):
        for version in store.versions(""):
            where = f"{store.bucket}/{version.key}"
            yield f"key {where}", version.key.encode()
            if not version.delete_marker:
                yield from unpacked(where, store.get(version.key, version.version_id))


def in_folder(folder: Path) -> Iterator[Haystack]:
    """Names and bytes of every file below a folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            where = str(path.relative_to(folder))
            yield f"name {where}", where.encode()
            yield from unpacked(where, path.read_bytes())


def unpacked(where: str, body: bytes) -> Iterator[Haystack]:
    """The bytes as they lie there and, of gzip, what is in it, and of Parquet, every value."""
    yield where, body
    if body[:2] == b"\x1f\x8b":
        yield f"{where}:gzip", gzip.decompress(body)
    if body[:4] == b"PAR1":
        for name, column in pq.read_table(io.BytesIO(body)).to_pydict().items():
            yield f"{where}:{name}", b"\n".join(_values(column))


def _values(value: Any) -> Iterator[bytes]:
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, dict):
        yield from _values(list(value.items()))
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _values(one)
    elif value is not None:
        yield str(value).encode("utf-8", "surrogatepass")
