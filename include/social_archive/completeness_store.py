"""The store's side of the completeness check: what is there, what is not, and what is there again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from social_archive import leaves as leaf_map
from social_archive import recommit
from social_archive.errors import NotFound
from social_archive.holdings import KINDS, GoneObject, Holdings, Named, Numbers
from social_archive.ledger import ahead
from social_archive.store import Store

_AHEAD: Final = 8
_AREAS: Final = {f"{cls}/": cls for cls in KINDS}

REMEDIES: Final = {
    "lost": "Restore the object from a replica under the same version, or find the backup that has it.",
    "missing": "Restore it from a replica; if it was destroyed on purpose, there must be a disposal that says so.",
    "damaged": "Keep the object, restore it from a replica, and find out who wrote it.",
    "altered": "Keep the object as evidence, stop disposals, and compare with a replica.",
    "foreign": "Keep the object as evidence: it holds rows that the ledger never took in.",
    "twice": "If it was disposed of, run `archive rebuild`: it destroys again what came back.",
    "uncertified": "Let the DAG `dispose` finish: it verifies and certifies what was destroyed.",
    "left": "The next consolidation or `archive rebuild` removes it; a COMPLIANCE lock must end first.",
    "overlaid": "The ledger's version is the record and is read; the audit removes what lies over it after two days.",
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. `n`: ledger entry that took the leaves in; `leaves`: inclusive ranges.

    `key` names an object of the bucket, `disposal` the disposal that is concerned.
    """

    code: str
    message: str
    severity: str = "error"
    n: int | None = None
    key: str | None = None
    disposal: str | None = None
    leaves: list[list[int]] = field(default_factory=list)

    @property
    def remedy(self) -> str:
        return REMEDIES.get(self.code, "Keep the bucket as it is, and give these lines to whoever investigates.")

    def to_dict(self) -> dict[str, Any]:
        return {"code": self.code, "severity": self.severity, "message": self.message, "remedy": self.remedy,
                "n": self.n, "key": self.key, "disposal": self.disposal, "leaves": self.leaves}  # fmt: skip


@dataclass(frozen=True)
class Shelf:
    """Every version in the content bucket: key -> version ids, newest first, and keys with a delete marker on top."""

    versions: dict[str, list[str]]
    hidden: set[str]

    @classmethod
    def of(cls, store: Store) -> Shelf:
        versions: dict[str, list[str]] = defaultdict(list)
        hidden = set()
        for v in store.versions(""):
            if not v.delete_marker:
                versions[v.key].append(v.version_id)
            elif v.is_latest:
                hidden.add(v.key)
        return cls(dict(versions), hidden)


class Objects:
    """Looks for everything that is live, and for everything that must not be there. Fills `findings`."""

    def __init__(self, store: Store, held: Holdings, shelf: Shelf, deep: bool) -> None:
        self._store = store
        self._held = held
        self._shelf = shelf
        self._deep = deep
        self.findings: list[Finding] = []
        self.documents: dict[str, bytes] = {}
        self.unnamed = 0

    # ---------------------------------------------------------------- what must be there

    def read(self, progress: Callable[[int, int], None] | None) -> Iterator[tuple[Named, bytes]]:
        """(object, bytes) for each live object of rows; not deep, b"" where the ledger alone names the leaves."""
        total = len(self._held.live)
        for done, (named, body) in enumerate(ahead(self._look, iter(self._held.live.values()), _AHEAD), 1):
            if progress:
                progress(done, total)
            if body is None:
                continue
            if named.cls in KINDS:
                yield named, body
            elif named.cls == "certificate":
                self.documents[named.key] = body

    def _look(self, named: Named) -> tuple[Named, bytes | None]:
        """The bytes of an object that are wanted, b"" if none are; None if it is not there."""
        try:
            sha256, body = self._read(named)
        except NotFound:
            self._find("missing", f"An object of class {named.cls} is not in the store.", named.key)
            return named, None
        if sha256 is not None and sha256 != named.sha256:
            self._find("damaged", f"The bytes of an object of class {named.cls} are not those that were committed.",
                       named.key)  # fmt: skip
        return named, body

    def _read(self, named: Named) -> tuple[str | None, bytes]:
        """(SHA-256, bytes): of what was read, or what the store says of it."""
        rewritten = named.cls in KINDS and named.first_leaf is None
        if rewritten or (self._deep and named.cls in (*KINDS, "certificate")):
            body = self._store.get(named.key, named.version_id)
            return recommit.sha256(body), body
        if self._deep:
            return self._store.sha256_of(named.key, named.version_id), b""
        size, sha256 = self._store.claimed(named.key, named.version_id)
        return (sha256 or named.sha256) if size == named.size else "", b""

    # ---------------------------------------------------------------- what must not be there

    def gone_again(
        self, leaves_of: Callable[[Named, bytes], Numbers | None], destroyed: np.ndarray[Any, np.dtype[np.int32]]
    ) -> Iterator[Finding]:
        """Versions of keys that the ledger says are gone. `destroyed` > 0 for each leaf that a disposal covers."""
        for_good = self._held.gone_for_good()
        seen: set[str] = set()
        for gone in self._held.gone:
            key = gone.named.key
            versions = self._shelf.versions.get(key, [])
            if not versions or key in seen:
                continue
            seen.add(key)
            if key in for_good:
                yield _disposed_again(gone, for_good[key], versions)
            else:
                yield self._moved_again(gone, versions, leaves_of, destroyed)

    def _moved_again(
        self, gone: GoneObject, versions: list[str], leaves_of: Callable[[Named, bytes], Numbers | None],
        destroyed: np.ndarray[Any, np.dtype[np.int32]],
    ) -> Finding:  # fmt: skip
        """An old version of a rewritten object: harmless, unless a disposal destroyed its rows in their new place."""
        key = gone.named.key
        leaves = None
        if gone.named.cls in KINDS:
            body = b"" if gone.named.first_leaf is not None else self._bytes(key, versions[0])
            leaves = leaves_of(gone.named, body)
        if leaves is not None and (dead := leaves[destroyed[leaves] > 0]).size:
            return Finding("twice", "Records that were disposed of can still be read where they lay before they moved.",
                           key=key, leaves=leaf_map.ranges(dead.tolist()))  # fmt: skip
        return Finding("left", "An object that was rewritten is still there.", "warning", n=gone.n, key=key)

    def loose(self, dead: set[bytes]) -> Iterator[Finding]:
        """Versions that no entry names: over a live object, or (deep) with rows that a disposal destroyed.

        The others are counted: a harvest that is about to commit has such objects, and a crash leaves them.
        """
        gone = {g.named.key for g in self._held.gone}
        for key, versions in self._shelf.versions.items():
            named = self._held.live.get(key)
            loose = [v for v in versions if named is None or v != named.version_id]
            if not loose or key in gone:
                continue
            self.unnamed += len(loose)
            if named is not None:
                yield Finding("overlaid", "A version that no entry names lies beside a live one.", "warning", key=key)
            yield from self._copies(key, loose, dead)
        for key in self._shelf.hidden & self._held.live.keys():
            yield Finding("overlaid", "A delete marker lies over a live object.", "warning", key=key)

    def _copies(self, key: str, versions: list[str], dead: set[bytes]) -> Iterator[Finding]:
        cls = next((cls for area, cls in _AREAS.items() if key.startswith(area)), None)
        if not self._deep or not dead or cls is None:
            return
        for version in versions:
            rec = recommit.recommit(self._bytes(key, version), cls)
            rows = (rec.commitments[i : i + 32] for i in range(0, len(rec.commitments), 32))
            if count := sum(row in dead for row in rows):
                yield Finding("twice", f"{count:,} rows that were disposed of lie in an object that no entry names.",
                              key=key)  # fmt: skip

    def _bytes(self, key: str, version: str) -> bytes:
        """b"" for what was removed since it was listed."""
        try:
            return self._store.get(key, version)
        except NotFound:
            return b""

    def _find(self, code: str, message: str, key: str) -> None:
        self.findings.append(Finding(code, message, key=key))


def _disposed_again(gone: GoneObject, disposal: str, versions: list[str]) -> Finding:
    again = "" if gone.named.version_id in versions else " under another version"
    return Finding("twice", f"An object that was disposed of can be read{again}.", key=gone.named.key,
                   disposal=disposal, leaves=[list(part) for part in gone.leaves])  # fmt: skip
