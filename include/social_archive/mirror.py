"""Local copies of content objects, for reading only.

DuckDB and the catalog read these. Every copy was checked against the SHA-256 in the ledger when it arrived; the
folder repeats the bucket's keys, so that a cohort's copies can be destroyed with the cohort. Delete it at will.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from social_archive.store import Store


class Located(Protocol):
    """Anything that names an object version: where it is and what it must hash to."""

    @property
    def key(self) -> str: ...
    @property
    def version_id(self) -> str: ...
    @property
    def sha256(self) -> str: ...


class Mirror:
    def __init__(self, folder: Path, store: Store) -> None:
        self.folder = folder
        self._store = store

    def path(self, located: Located) -> Path:
        """The local copy of one object version, fetched and verified if it is not here yet."""
        path = self.folder / located.key
        if not path.exists():
            self.keep(located.key, self._store.get(located.key, located.version_id, sha256=located.sha256))
        return path

    def paths(self, objects: Iterable[Located]) -> list[Path]:
        """Local copies of many objects, missing ones fetched eight at a time; in the order given."""
        wanted = list(objects)
        missing = [o for o in wanted if not (self.folder / o.key).exists()]
        if missing:
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(self.path, missing))
        return [self.folder / o.key for o in wanted]

    def keep(self, key: str, body: bytes) -> None:
        """Write a copy so that a reader never sees half of it."""
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        partial.write_bytes(body)
        partial.replace(path)

    def drop(self, key: str) -> None:
        (self.folder / key).unlink(missing_ok=True)

    def drop_all(self, keys: Iterable[str], *, keep: Collection[str]) -> None:
        """Drop these, and whatever else lies in their folders that is not in `keep` (an older form of the same)."""
        for folder in {(self.folder / key).parent for key in keys}:
            for path in folder.iterdir() if folder.is_dir() else ():
                if path.is_file() and path.relative_to(self.folder).as_posix() not in keep:
                    path.unlink(missing_ok=True)

    def clear(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
