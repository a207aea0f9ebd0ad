"""Where the steps of a scheduled harvest leave work for each other: a plain bucket that forgets.

What lies here holds personal data and is not a record yet. It is deleted when it is taken in; the sweeper deletes
what a harvest that never finished left behind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

if TYPE_CHECKING:
    from social_archive.archive import Archive

T = TypeVar("T", bound=msgspec.Struct)


def put(archive: Archive, harvest_id: str, area: str, number: int, piece: msgspec.Struct) -> str:
    """Stage one piece; returns its key."""
    key = f"staging/{harvest_id}/{area}-{number:06d}.msgpack"
    archive.staging.put(key, msgspec.msgpack.encode(piece))
    return key


def get(archive: Archive, key: str, cls: type[T]) -> T:
    return msgspec.msgpack.decode(archive.staging.get(key), type=cls)


def clear(archive: Archive, harvest_id: str) -> None:
    """Forget all pieces of one harvest."""
    for key in list(archive.staging.keys(f"staging/{harvest_id}/")):
        archive.staging.delete_plain(key)
