"""A document of the archive as it is handed out: data, signed note and pages, three files of one name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from social_archive.errors import ArchiveError

_ENDINGS: Final = (".note.txt", ".pdf", ".json")
_LARGEST: Final = 256 * 1024 * 1024


@dataclass(frozen=True)
class SignedFiles:
    body: bytes
    note: str
    pdf: bytes | None


def read_beside(file: Path, what: str) -> SignedFiles:
    """The three files, any of which was named; the pages may be missing. `what` it is, for the messages.

    Raises ArchiveError if the data or the note cannot be read.
    """
    stem = file.name
    for ending in _ENDINGS:
        stem = stem.removesuffix(ending)
    body, note = (_read(file.with_name(stem + ending), what) for ending in (".json", ".note.txt"))
    pages = file.with_name(f"{stem}.pdf")
    return SignedFiles(body, note.decode("utf-8", "replace"), _read(pages, what) if pages.exists() else None)


def _read(file: Path, what: str) -> bytes:
    try:
        if file.stat().st_size > _LARGEST:
            raise ArchiveError(f"{file} is too large to be part of a {what}.", remedy="Ask for the file again.")
        return file.read_bytes()
    except OSError as error:
        raise ArchiveError(
            f"{file} cannot be read: {error.strerror}.", remedy=f"Keep a {what}'s three files in one folder."
        ) from None
