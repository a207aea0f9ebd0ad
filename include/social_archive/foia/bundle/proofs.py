"""What proves a bundle: the checkpoint, the frozen search with its place in the ledger, a proof line for every version
of every hit that is in the archive, and the reconciliation of the hits.

A proof line shows the values of the fields that are shown; of those that were cut, and of a withheld record, only the
commitments. The ledger is read once for all of them.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from social_archive.entry import Entry, next_key
from social_archive.errors import ArchiveError, LedgerError
from social_archive.foia.bundle.model import Contents, Evidence, File
from social_archive.foia.bundle.native import native_path
from social_archive.foia.dispositions import OUTCOMES, Reviewed, Row, ShownItem, ShownVersion
from social_archive.merkle import TreeReader, leaf_hash
from social_archive.proof import FORMAT as ONE_PROOF
from social_archive.proof import CannotProve, seal, verify_proof
from social_archive.record import canonical

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.foia.request_file import Event

SAMPLE: Final = 16
"""Proof lines that are checked the way a stranger checks them; the others are checked against leaves and tree."""

Place = tuple[str, int]
"""(rid, version)"""


class Incomplete(ArchiveError):
    """The bundle would leave something out. It was not completed."""

    remedy = "Nothing was released. Run `archive audit`; if records were destroyed meanwhile, search and review again."


def write(contents: Contents) -> Iterable[File]:
    evidence = contents.evidence
    yield File("proofs/key.txt", f"{evidence.vkey}\n".encode())
    yield File("proofs/checkpoint.txt", evidence.checkpoint.encode())
    yield File("proofs/search.json", evidence.search)
    yield File("proofs/search-entry.json", evidence.search_entry)
    yield File("proofs/records.jsonl", evidence.records)
    yield File("proofs/reconciliation.json", canonical(reconciliation(contents.reviewed)))


def reconciliation(reviewed: Reviewed) -> dict[str, Any]:
    """Every hit once, and how it ended."""
    return {
        "hits": len(reviewed.search.hits), **{outcome: reviewed.count(outcome) for outcome in OUTCOMES},
        "items": [
            {"control": item.control, "rid": item.hit.rid, "outcome": item.outcome, "codes": sorted(item.codes),
             "certificate": item.certificate} for item in reviewed.items
        ],
    }  # fmt: skip


# --------------------------------------------------------------------------- gathering


def gather(archive: Archive, searched: Event, confirmed: Event, reviewed: Reviewed, items: Sequence[ShownItem],
           records: Path) -> Evidence:  # fmt: skip
    """Everything that proves these items, under the checkpoint of the entry `confirmed`. Proof lines go to `records`.

    Raises Incomplete if a version that the search found has no row; CannotProve, LedgerError.
    """
    require_whole(reviewed, items)
    places = archive.catalog.reading(lambda: _places(archive, {item.hit.rid for item in reviewed.items}))
    ledger = _ledger(archive, searched.n, confirmed.n, places.values())
    with records.open("wb") as out:
        sample = _chosen(sum(len(_rows(one)) for one in items))
        for number, (version, line) in enumerate(_lines(items, places, ledger)):
            written = canonical(line)
            out.write(written + b"\n")
            if number in sample:
                _check(json.loads(written), version, ledger)
    entry = ledger.searched
    search_entry = {"leaf": entry.leaves[0].decode(), "leaf_index": entry.first_leaf,
                    "inclusion": _path(ledger, entry.first_leaf)}  # fmt: skip
    head = ledger.confirmed.head
    return Evidence(archive.agency.ledger.origin, head.size, head.root, ledger.confirmed.checkpoint, ledger.vkey,
                    searched.body, canonical(search_entry), records)  # fmt: skip


def require_whole(reviewed: Reviewed, items: Sequence[ShownItem]) -> None:
    """Raises Incomplete unless every hit is here once, in the order of the search, with every version that it had."""
    hits = reviewed.search.hits
    if not reviewed.reconciles or [one.item.hit for one in items] != list(hits):
        raise Incomplete("What is to be released does not add up to what the search found.")
    for one in items:
        found = [row["version"] for row, _ in _rows(one)]
        if one.item.outcome != "disposed" and found != sorted(one.item.hit.versions):
            raise Incomplete(f"Record {one.item.control} is not in the archive with every version that was found.")


def _rows(one: ShownItem) -> list[tuple[Row, ShownVersion | None]]:
    """The stored rows of one item, oldest first, each with what is shown of it."""
    found: list[tuple[Row, ShownVersion | None]] = [(shown.proof_row, shown) for shown in one.versions]
    found += [(row, None) for row in one.withheld_rows]
    return sorted(found, key=lambda row: row[0]["version"])


def _places(archive: Archive, rids: Collection[str]) -> dict[Place, int]:
    """The leaf of every version of these things, looked up in each object of records once."""
    wanted = pa.array(sorted(rids), pa.string())
    located = archive.catalog.objects("records")
    found: dict[Place, int] = {}
    for one, path in zip(located, archive.mirror.paths(located), strict=True):
        table = pq.read_table(path, columns=["rid", "version"], partitioning=None)
        here = pc.indices_nonzero(pc.is_in(table.column("rid"), wanted))
        if len(here):
            some = table.take(here)
            leaves = archive.catalog.leaves_of(one.key)[here.to_numpy()].tolist()
            names = zip(some.column("rid").to_pylist(), some.column("version").to_pylist(), strict=True)
            found.update(zip(names, leaves, strict=True))
    return found


@dataclass(frozen=True)
class _Ledger:
    searched: Entry
    confirmed: Entry
    tree: TreeReader
    paths: Mapping[int, Sequence[bytes]]
    lines: Mapping[int, bytes]
    vkey: str


def _ledger(archive: Archive, searched: int, confirmed: int, leaves: Iterable[int]) -> _Ledger:
    """Two entries, the tree up to the second, and lines and paths of these leaves. Raises LedgerError."""
    wanted = sorted(leaves)
    at, vkey = 0, ""
    hashes = bytearray()
    lines: dict[int, bytes] = {}
    first: Entry | None = None
    for entry in archive.ledger.entries():
        vkey = vkey or str(entry.header["vkey"])
        hashes += b"".join(entry.hashes)
        while at < len(wanted) and wanted[at] < entry.head.size:
            lines[wanted[at]] = entry.leaves[wanted[at] - entry.first_leaf]
            at += 1
        if entry.n == searched:
            first = entry
        if entry.n == confirmed and first is not None:
            tree = TreeReader(bytes(hashes))
            if tree.root() != entry.head.root:
                raise LedgerError("The ledger's leaves do not hash to the root that it signed.")
            paths = tree.inclusions([*lines, first.first_leaf], entry.head.size)
            return _Ledger(first, entry, tree, paths, lines, vkey)
        vkey = next_key(entry, vkey)
    raise LedgerError("The ledger does not hold this request's search and review.")


def _lines(
    items: Sequence[ShownItem], places: Mapping[Place, int], ledger: _Ledger
) -> Iterator[tuple[ShownVersion | None, dict[str, Any]]]:
    for one in items:
        for row, shown in _rows(one):
            leaf = places.get((row["rid"], row["version"]))
            if leaf is None or leaf not in ledger.lines:
                raise Incomplete(f"Record {one.item.control} has no place in the ledger before the review.")
            yield shown, _line(one, row, shown, leaf, ledger)


def _line(one: ShownItem, row: Row, shown: ShownVersion | None, leaf: int, ledger: _Ledger) -> dict[str, Any]:
    line = ledger.lines[leaf]
    sealed = seal(row)
    sealed.require(msgspec.json.decode(line))
    if leaf_hash(line) != ledger.tree.leaf(leaf):
        raise CannotProve(f"The leaf of record {one.item.control} is not the one in the tree.")
    shows = shown.revealed if shown is not None else frozenset()
    marked = shows ^ shown.cut.keys() if shown is not None else frozenset()
    if shown is not None and not marked >= {committed.name for committed in sealed.fields}:
        raise CannotProve(f"A field of record {one.item.control} is neither shown nor marked as cut, or both.")
    fields = []
    for committed in sealed.fields:
        if committed.name not in shows:
            fields.append(committed.withheld())
        elif committed.name == "native" and shown is not None and shown.native is not None:
            if shown.native != committed.value:
                raise CannotProve(f"The platform's bytes of record {one.item.control} are not those it commits to.")
            fields.append({"name": "native", "salt": committed.salt.hex(), "file": native_path(one.item, shown)})
        else:
            fields.append(committed.revealed(as_is=True))
    return {"control": one.item.control, "rid": row["rid"], "version": row["version"], "leaf": line.decode(),
            "leaf_index": leaf, "inclusion": _path(ledger, leaf), "fields": fields}  # fmt: skip


def _path(ledger: _Ledger, leaf: int) -> list[str]:
    return [node.hex() for node in ledger.paths[leaf]]


# --------------------------------------------------------------------------- checking


def _chosen(count: int) -> frozenset[int]:
    """A few lines, the first and the last among them."""
    return frozenset(range(0, count, max(1, count // SAMPLE))) | {count - 1}


def _check(line: Mapping[str, Any], shown: ShownVersion | None, ledger: _Ledger) -> None:
    """Raises LedgerError if a stranger would not believe this line."""
    leaf = json.loads(line["leaf"])
    fields = [{"name": one["name"], "salt": one["salt"], "value": {"b": _base64(shown)}} if "file" in one else one
              for one in line["fields"]]  # fmt: skip
    report = verify_proof({
        "format": ONE_PROOF, "record": {"rid": leaf["rid"], "ver": leaf["ver"], "series": leaf.get("series", "")},
        "fields": fields, "leaf": line["leaf"], "leaf_index": line["leaf_index"], "inclusion": line["inclusion"],
        "checkpoint": ledger.confirmed.checkpoint, "vkey": ledger.vkey,
    }, ledger.vkey)  # fmt: skip
    if not report.ok:
        raise LedgerError(f"The ledger does not prove record {line['control']}: {report.problems[0]}.")


def _base64(shown: ShownVersion | None) -> str:
    return base64.b64encode(shown.native if shown is not None and shown.native is not None else b"").decode()
