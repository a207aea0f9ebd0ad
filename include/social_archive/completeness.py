"""The auditor's invariant: every leaf of the ledger opens, or one disposal with one certificate covers it.

An entry's own leaf, a tag, a move: each says all that there is, and opens by itself. The leaf of a record, of a
quarantined item or of a companion of a record opens if a row of a live object hashes to it. Everything else is named.
Nothing here asks the catalog or the local copies: the ledger is replayed and the objects are read from the store.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from social_archive import holdings, recommit
from social_archive import leaves as leaf_map
from social_archive.completeness_store import Finding, Objects, Shelf
from social_archive.errors import LedgerError
from social_archive.holdings import Certificate, Holdings, Named, Numbers
from social_archive.leaves import Leaves

if TYPE_CHECKING:
    from social_archive.archive import Archive

__all__ = ["Completeness", "Covered", "Finding", "check"]

Progress = Callable[[int, int], None]

_TRIES: Final = 3  # an object that moves while it is looked for is looked for again

PENDING: Final = "uncertified"


@dataclass(frozen=True)
class Covered:
    """The leaves that one disposal destroyed. `certificate` None: still pending."""

    disposal: str
    certificate: str | None
    leaves: int


@dataclass(frozen=True)
class Completeness:
    """What the check saw. `records`, `quarantined`, `companions`: leaves that opened; `itself`: need no row.

    `deep`: objects were read and commitments recomputed; else only looked for. `objects` and `bytes`: what is live.
    `unnamed`: object versions that no entry names (a harvest that is about to commit, or garbage).
    """

    deep: bool
    entries: int = 0
    leaves: int = 0
    itself: int = 0
    records: int = 0
    quarantined: int = 0
    companions: int = 0
    objects: int = 0
    bytes: int = 0
    unnamed: int = 0
    covered: list[Covered] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Nothing is wrong (a certificate that is still pending is a warning)."""
        return not any(finding.severity == "error" for finding in self.findings)

    @property
    def codes(self) -> list[str]:
        return sorted({finding.code for finding in self.findings if finding.severity == "error"})

    def to_dict(self) -> dict[str, Any]:
        return {
            "ok": self.ok, "deep": self.deep, "entries": self.entries, "leaves": self.leaves,
            "open": {"by_themselves": self.itself, "records": self.records, "quarantined": self.quarantined,
                     "companions": self.companions},
            "disposed": [vars(one) for one in self.covered],
            "objects": {"live": self.objects, "bytes": self.bytes, "unnamed": self.unnamed},
            "findings": [finding.to_dict() for finding in self.findings],
        }  # fmt: skip


def check(
    archive: Archive, *, deep: bool = True, progress: Progress | None = None, processes: int | None = None
) -> Completeness:
    """Look for every leaf. `deep`: read every object and recompute every commitment; else ask the store for each.

    `progress` is told (objects done, objects in all). Never raises on what is wrong with the archive; raises StoreError
    if the store does not answer.
    """
    for attempt in range(_TRIES):
        try:
            held = holdings.read(archive.ledger)
        except LedgerError as bad:
            return Completeness(deep, findings=[Finding("ledger", f"{bad.args[0]} Run `archive ledger verify`.")])
        found = _Check(archive, held, deep, processes).run(progress)
        if found.ok or attempt == _TRIES - 1 or archive.ledger.head(held.head).n == held.head.n:
            return found
    raise AssertionError("unreachable")


class _Check:
    """One pass over what the ledger said at one moment. Arrays have one element per leaf."""

    def __init__(self, archive: Archive, held: Holdings, deep: bool, processes: int | None) -> None:
        self._held = held
        self._deep = deep
        self._processes = processes
        self._store = archive.store
        size = held.head.size
        self._opened = np.zeros(size, np.int32)
        self._altered = np.zeros(size, bool)
        self._destroyed = np.zeros(size, np.int32)
        self._certified = np.zeros(size, np.int32)
        self._disposal = np.full(size, -1, np.int64)  # index into `_disposals`
        self._disposals = sorted({g.disposal for g in held.gone if g.how == "disposal"})
        self._certificates = {c.disposal: c for c in held.certificates}
        self._findings: list[Finding] = []

    def run(self, progress: Progress | None) -> Completeness:
        held = self._held
        shelf = Shelf.of(self._store)
        objects = Objects(self._store, held, shelf, self._deep)
        self._open_rows(objects.read(progress))
        self._cover()
        self._findings += objects.findings
        self._findings += objects.gone_again(self._leaves_of_gone, self._destroyed)
        self._findings += objects.loose(self._commitments_destroyed())
        self._findings += [*self._leaf_findings(), *self._certificate_findings(objects.documents)]
        rows = held.kinds != holdings.OTHER
        good = (self._opened == 1) & ~self._altered
        return Completeness(
            deep=self._deep, entries=held.head.n, leaves=held.head.size, itself=int((~rows).sum()),
            records=int((good & (held.kinds == holdings.RECORD)).sum()),
            quarantined=int((good & (held.kinds == holdings.QUARANTINED)).sum()),
            companions=int((good & np.isin(held.kinds, holdings.OF_COMPANIONS)).sum()),
            objects=len(held.live), bytes=sum(named.size for named in held.live.values()), unnamed=objects.unnamed,
            covered=self._covered(), findings=self._findings,
        )  # fmt: skip

    # ---------------------------------------------------------------- rows

    def _open_rows(self, read: Iterable[tuple[Named, bytes]]) -> None:
        """Mark the leaf of every row of every live object."""
        bodies = ((named, named.cls, body) for named, body in read)
        if not self._deep:
            for named, cls, body in bodies:
                self._mark(named, cls, named.leaves() if not body else _footer(body))
            return
        rows = sum(named.rows for named in self._held.live.values())
        for named, rec in recommit.recommit_all(bodies, rows=rows, processes=self._processes):
            self._compare(named, rec)

    def _compare(self, named: Named, rec: recommit.Recommitted) -> None:
        if rec.broken:
            self._findings.append(Finding("damaged", "An object of records cannot be read.", key=named.key))
            return
        footer = np.frombuffer(rec.leaves, np.int64) if rec.leaves is not None else None
        leaves = named.leaves() if named.first_leaf is not None else footer
        if leaves is None:
            leaves = np.empty(0, np.int64)
        count = min(len(leaves), rec.rows)
        if rec.rows > count:
            self._foreign(named, rec.rows - count)
        known = self._mark(named, named.cls, leaves[:count])
        at = leaves[:count][known]
        held = self._held
        commitments = np.frombuffer(rec.commitments, np.uint8).reshape(-1, 32)[:count][known]
        ids = np.frombuffer(rec.ids, np.uint8).reshape(-1, 16)[:count][known]
        versions = np.frombuffer(rec.versions, np.int64)[:count][known]
        same = (
            (commitments == held.commitments[at]).all(axis=1)
            & (ids == held.ids[at]).all(axis=1)
            & (versions == held.versions[at])
        )
        if not same.all():
            self._altered[at[~same]] = True
            self._findings.append(
                Finding("altered", "Rows do not hash to what the ledger committed.", key=named.key,
                        leaves=leaf_map.ranges(at[~same].tolist()))
            )  # fmt: skip

    def _mark(self, named: Named, cls: str, leaves: Leaves | None) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Count these leaves as opened; which of them are leaves of such rows at all."""
        at = np.empty(0, np.int64) if leaves is None else leaves
        inside = (at >= 0) & (at < len(self._opened))
        known = inside.copy()
        known[inside] = self._held.kinds[at[inside]] == holdings.KINDS[cls]
        np.add.at(self._opened, at[known], 1)
        if not known.all():
            self._foreign(named, int((~known).sum()))
        return known

    def _foreign(self, named: Named, rows: int) -> None:
        self._findings.append(
            Finding("foreign", f"{rows:,} rows of a live object are committed to by no leaf.", key=named.key)
        )

    # ---------------------------------------------------------------- disposals

    def _cover(self) -> None:
        size = len(self._opened)
        for gone in self._held.gone:
            for part in holdings.slices(gone.leaves, size):
                self._destroyed[part] += 1
                self._disposal[part] = self._disposals.index(gone.disposal)
        for certificate in self._held.certificates:
            for part in holdings.slices(certificate.leaves, size):
                self._certified[part] += 1

    def _leaves_of_gone(self, named: Named, body: bytes) -> Numbers | None:
        leaves = named.leaves()
        return leaves if leaves is not None else _footer(body)

    def _commitments_destroyed(self) -> set[bytes]:
        """What a copy of a destroyed row would hash to."""
        wanted = (self._destroyed > 0) & (self._held.kinds != holdings.OTHER)
        return {bytes(row) for row in self._held.commitments[wanted]}

    def _covered(self) -> list[Covered]:
        found = []
        for index, disposal in enumerate(self._disposals):
            certificate = self._certificates.get(disposal)
            leaves = int(((self._disposal == index) & (self._held.kinds != holdings.OTHER)).sum())
            found.append(Covered(disposal, certificate.number if certificate else None, leaves))
        return found

    # ---------------------------------------------------------------- what is wrong

    def _leaf_findings(self) -> Iterator[Finding]:
        rows = self._held.kinds != holdings.OTHER
        opened, destroyed, certified = self._opened, self._destroyed, self._certified
        lost = rows & (opened == 0) & (destroyed == 0)
        yield from self._by_entry("lost", lost, "No row and no disposal answers for what this entry took in.")
        twice = rows & (opened > 1)
        yield from self._by_entry("twice", twice, "A record has more than one row.")
        readable = rows & (opened > 0) & (destroyed > 0)
        yield from self._by_disposal("twice", readable, "It was disposed of, but can still be read.")
        said = rows & (opened > 0) & (destroyed == 0) & (certified > 0)
        yield from self._by_entry("twice", said, "A certificate says that it was destroyed, but it can be read.")
        yield from self._by_disposal("twice", rows & (destroyed > 1), "It was reported as destroyed more than once.")
        yield from self._by_disposal("twice", rows & (certified > 1), "More than one certificate covers it.")
        yield from self._uncertified(rows & (destroyed > 0) & (certified == 0))

    def _uncertified(self, missing: np.ndarray[Any, np.dtype[np.bool_]]) -> Iterator[Finding]:
        for index, disposal in enumerate(self._disposals):
            at = np.flatnonzero(missing & (self._disposal == index))
            certificate = self._certificates.get(disposal)
            if len(at) and certificate is None:
                yield Finding(PENDING, "Its certificate is still pending.", "warning", disposal=disposal,
                              leaves=leaf_map.ranges(at.tolist()))  # fmt: skip
            elif len(at):
                yield Finding(PENDING, "Its certificate does not name these leaves.", disposal=disposal,
                              leaves=leaf_map.ranges(at.tolist()))  # fmt: skip

    def _certificate_findings(self, documents: dict[str, bytes]) -> Iterator[Finding]:
        """Certificates that are no object of the archive, or whose file says something else than the ledger."""
        for one in self._held.certificates:
            if one.key not in self._held.live:
                yield Finding(PENDING, f"Certificate {one.number} is not in the archive.", disposal=one.disposal)
            elif self._deep and one.key in documents and not _says(documents[one.key], one):
                yield Finding(PENDING, f"Certificate {one.number} says something else than the ledger.",
                              key=one.key, disposal=one.disposal)  # fmt: skip

    def _by_entry(self, code: str, which: np.ndarray[Any, np.dtype[np.bool_]], message: str) -> Iterator[Finding]:
        at = np.flatnonzero(which)
        numbers = self._held.entry_of[at]
        for n in np.unique(numbers).tolist():
            yield Finding(code, message, n=n, leaves=leaf_map.ranges(at[numbers == n].tolist()))

    def _by_disposal(self, code: str, which: np.ndarray[Any, np.dtype[np.bool_]], message: str) -> Iterator[Finding]:
        at = np.flatnonzero(which)
        for index in np.unique(self._disposal[at]).tolist():
            yield Finding(code, message, disposal=self._disposals[index] if index >= 0 else None,
                          leaves=leaf_map.ranges(at[self._disposal[at] == index].tolist()))  # fmt: skip


def _footer(body: bytes) -> Leaves | None:
    """The leaves that a rewritten object's footer names; None if there is none that can be read."""
    named = recommit.footer(body)
    return None if named is None else np.frombuffer(named, np.int64)


def _says(document: bytes, certificate: Certificate) -> bool:
    """Does a certificate's file name the disposal, the number and the leaves that the ledger says it does?"""
    try:
        told = json.loads(document)
        leaves = tuple((int(first), int(last)) for first, last in told["leaves"])
        named = (told["disposal"], str(told["number"]), leaves)
    except (ValueError, KeyError, TypeError, RecursionError):
        return False
    return named == (certificate.disposal, certificate.number, certificate.leaves)
