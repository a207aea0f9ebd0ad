"""The records themselves: the platform's own bytes where nothing of them is cut, else a marked derivative; and media.

`native_path` and `media_path` are the names under which the other parts speak of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import msgspec

from social_archive.foia.bundle.model import Contents, File
from social_archive.foia.dispositions import Item, ShownMedia, ShownVersion
from social_archive.record import canonical

FORMAT: Final = "social-records-archive/redacted/v1"

_PRIVATE: Final = frozenset({"secret", "commitment", "digest", "native", "retain_until"})
"""Columns that never stand in a derivative: the salt's secret, what would let a guess be checked, and the original."""

_ENDINGS: Final = {
    "image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp", "image/avif": "avif",
    "image/heic": "heic", "image/svg+xml": "svg", "video/mp4": "mp4", "video/webm": "webm", "video/quicktime": "mov",
    "audio/mpeg": "mp3", "audio/ogg": "ogg", "audio/mp4": "m4a", "audio/wav": "wav", "application/pdf": "pdf",
    "text/plain": "txt",
}  # fmt: skip


def write(contents: Contents) -> Iterable[File]:
    for one in contents.items:
        for shown in one.versions:
            yield File(native_path(one.item, shown), _body(one.item, shown))
            for media in shown.media:
                if (path := media_path(one.item, shown, media)) is not None:
                    yield _attachment(path, media)


def native_path(item: Item, shown: ShownVersion) -> str:
    """Where the bag has a version: the platform's own bytes, or the derivative."""
    name = f"{item.control}-v{shown.version}"
    if shown.native is None:
        return f"redacted/{name}.json"
    return f"native/{name}.{_ending(shown.native)}"


def media_path(item: Item, shown: ShownVersion, media: ShownMedia) -> str | None:
    """Where the bag has an attachment; None if it is not in it."""
    if media.code is not None or (media.derivative is None and media.path is None):
        return None
    ending = _ENDINGS.get(media.mime.partition(";")[0].strip().lower(), "bin")
    return f"media/{item.control}-v{shown.version}-{media.number}.{ending}"


def derivative(item: Item, shown: ShownVersion) -> dict[str, Any]:
    """What may be shown of a version of which something is cut, and what was cut."""
    row = {name: value for name, value in shown.row.items() if value is not None and name not in _PRIVATE}
    if "state" not in shown.cut:
        row.setdefault("flags", [])  # no flags are committed as an empty list
    return {
        "format": FORMAT, "control": item.control, "version": shown.version, "redacted": True,
        "cut": {name: list(codes) for name, codes in sorted(shown.cut.items())}, "record": row,
    }  # fmt: skip


def _body(item: Item, shown: ShownVersion) -> bytes:
    return canonical(derivative(item, shown)) if shown.native is None else shown.native


def _attachment(path: str, media: ShownMedia) -> File:
    if media.derivative is not None:
        return File(path, media.derivative)
    assert media.path is not None
    return File(path, Path(media.path), media.sha256)


def _ending(native: bytes) -> str:
    """`json`, `txt` or `bin`, by what the bytes are."""
    try:
        if native.lstrip()[:1] in (b"{", b"["):
            msgspec.json.decode(native)
            return "json"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return "bin" if "\0" in native.decode() else "txt"
    except UnicodeDecodeError:
        return "bin"
