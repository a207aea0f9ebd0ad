"""One file of a jurisdiction's pack of law on requests: where it is, whose it is, and which wording it has."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from social_archive.config import Agency
from social_archive.errors import ConfigError
from social_archive.law import Pack, find_pack
from social_archive.yaml_lines import Document, echo, shown


def pack_file(agency: Agency, name: str) -> Path:
    """A file that the answering of requests needs. Raises ConfigError, with the remedy, if there is none."""
    if (path := find_pack(agency, name)) is not None:
        return path
    own = agency.folder / "law" / agency.body.jurisdiction / name
    raise ConfigError(
        f"The jurisdiction {echo(agency.body.jurisdiction)} has no {name}, so nobody can say by when a request must be "
        "answered. Harvesting, finding and proving need none.",
        remedy=f"Correct `jurisdiction` in {shown(agency.folder / 'agency.yaml')}, or write {shown(own)} after the "
        "one of Illinois.",
    )


def misplaced(pack: Pack, document: Document) -> Iterator[str]:
    """Says so if a file is for another jurisdiction than the folder in which it stands."""
    folder = document.path.parent.name
    if pack.jurisdiction != folder:
        yield (f"{document.place(('pack', 'jurisdiction'))}: the file is for {pack.jurisdiction!r}, but it stands in "
               f"the folder {folder!r}.")  # fmt: skip


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
