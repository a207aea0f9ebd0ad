"""Certificates of destruction for tests: an invented disposal in a real ledger, and a truthful writer of its story.

`certified()` makes a valid one. `tell` may change what the ledger is told (the drafts, before they are committed; the
certificate then repeats what the ledger says), `state` what the certificate states (before it is signed).
"""

from __future__ import annotations

import copy
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from social_archive.entry import EMPTY, Draft, Entry
from social_archive.ledger import Ledger
from social_archive.merkle import TreeReader
from social_archive.note import Signer
from social_archive.record import canonical
from social_archive.retention.certificate_note import FORMAT, encode, sign
from tests.faults.memory_store import Bucket, MemoryStore

ORIGIN = "larkspur.example/social-records"
SIGNER = Signer(ORIGIN, b"\x05" * 32)
DISPOSAL = "d7c1f0a4e2b94c55"
PROPOSAL = canonical({"invented": "a list of objects that are due"})
PLAN = hashlib.sha256(PROPOSAL).hexdigest()

LOCK = {"mode": "GOVERNANCE", "until": "2029-03-01T06:00:00Z", "hold": True}
PLACES = {"versions": "Object versions in the store", "replica:vault": "Replica “vault”", "caches": "Search caches",
          "staging": "Staging bucket", "disk": "The embedded store's disk, after vacuum"}  # fmt: skip
PEOPLE = {
    "records": ("Rosa Lindqvist (invented)", "Records officer"),
    "director": ("Adam Okafor (invented)", "Director"),
    "desk": ("Mei Castellanos (invented)", "Head of adult services"),
}  # fmt: skip

Tell = Callable[[list[Draft]], object]
State = Callable[[dict[str, Any]], object]


@dataclass(frozen=True)
class Certified:
    """A certificate as data and as the file's bytes, its note, and the ledger that it was made from."""

    certificate: dict[str, Any]
    body: bytes
    note: str
    store: MemoryStore
    entries: list[Entry]


def certified(
    tell: Tell | None = None, state: State | None = None, *, pdf: bytes | None = None, signer: Signer = SIGNER,
    batches: int = 2, extra: int = 0, released: bool = False, companions: bool = False,
) -> Certified:  # fmt: skip
    """`extra`: so many more media objects, in the last batch. `released`: one object was kept for a hold after all.
    `companions`: three findings lay in the second month; else the lines do not speak of any, as they did at first."""
    objects = _objects(extra, companions)
    drafts = _drafts(objects, batches, released)
    if tell is not None:
        tell(drafts)
    store, entries = _committed([*_accessions(objects), *drafts], signer)
    certificate = stated(objects, entries, signer)
    if state is not None:
        state(certificate)
    body = encode(certificate)
    return Certified(certificate, body, sign(signer, body, pdf), store, entries)


def resigned(made: Certified, state: State, *, signer: Signer = SIGNER) -> tuple[bytes, str]:
    """The certificate with one thing stated otherwise, and a good signature over that: a lie by the archive itself."""
    other = copy.deepcopy(made.certificate)
    state(other)
    body = encode(other)
    return body, sign(signer, body, None)


# --------------------------------------------------------------------------- the ledger


def _objects(extra: int, companions: bool) -> list[dict[str, Any]]:
    kinds = [
        ("records", "2028-01", 12), ("media", "2028-01", 0), ("quarantine", "2028-01", 2), ("import", "2028-02", 0),
        ("records", "2028-02", 7), *[("findings", "2028-02", 3)] * companions, *[("media", "2028-02", 0)] * extra,
    ]  # fmt: skip
    folders = {"import": "imports"}
    made = []
    for i, (cls, cutoff, rows) in enumerate(kinds):
        name = hashlib.sha256(b"%d" % i).hexdigest()
        account = "" if cls == "media" else "platform=mastodon/account=larkspur-kids/"
        key = f"{folders.get(cls, cls)}/series=children-programs/cutoff={cutoff}/{account}{name[:32]}.parquet"
        made.append({"key": key, "version": f"v-{name[32:44]}", "size": 40_000 + 997 * i, "sha256": name,
                     "rows": rows, "class": cls, "retain_until": None})  # fmt: skip
    return made


def _accessions(objects: list[dict[str, Any]]) -> list[Draft]:
    """Two harvests, with records between that stay; the second one's last three leaves may be findings."""
    leaves = [canonical({"t": "record", "c": f"{i:064x}", "rid": f"{i:032x}", "series": "x", "ver": 1})
              for i in range(40)]  # fmt: skip
    if any(o["class"] == "findings" for o in objects):
        leaves[30:33] = [canonical({"t": "finding", "c": f"{i:064x}", "i": f"{i:032x}"}) for i in range(3)]
    first, second = objects[:3], objects[3:]
    return [
        Draft("accession", "a1", leaves[:18], first), Draft("accession", "other", leaves[18:23]),
        Draft("accession", "a2", leaves[23:33], second), Draft("accession", "later", leaves[33:]),
    ]  # fmt: skip


def _ranges(entries: list[Entry], companions: int) -> list[list[int]]:
    """12 records and 2 quarantined items of the first harvest (4 others between), 7 records of the second and what is
    about them."""
    one, two = entries[0].first_leaf, entries[2].first_leaf
    return [[one + 1, one + 12], [one + 17, one + 18], [two + 1, two + 7 + companions]]


def _drafts(objects: list[dict[str, Any]], batches: int, released: bool) -> list[Draft]:
    return [*_asked_for(objects), *_carried_out(objects, batches, released), *_looked_at(len(objects))]


def _step(what: str, note: dict[str, Any], objects: Sequence[dict[str, Any]] = ()) -> Draft:
    number = note.get("place") or note.get("batch") or note.get("round") or 0
    return Draft(f"disposal.{what}", f"{what} {number}", [], list(objects), note={"disposal": DISPOSAL, **note})


def _asked_for(objects: list[dict[str, Any]]) -> list[Draft]:
    """Proposed by one, filed with the authority and returned by it, approved by two others."""
    file = {"key": "disposal/proposal.json", "version": "v-p", "size": len(PROPOSAL), "sha256": PLAN, "rows": 0,
            "class": "disposal", "retain_until": None}  # fmt: skip
    sizes = {"records": _sum(objects, "rows", "records"), "objects": len(objects), "bytes": _sum(objects, "size")}
    answer = {"outcome": "approved", "reference": "LRC 31-118 (invented)", "on": "2031-02-18"}
    return [
        _step("proposed", {"plan": PLAN, "by": "desk", "via": "airflow", **sizes}, [file]),
        _step("filed", {"on": "2031-01-20", "by": "records", "via": "cli"}),
        _step("returned", {**answer, "by": "records", "via": "cli"}),
        _step("approved", {"plan": PLAN, "by": "records", "via": "airflow", "place": 1}),
        _step("approved", {"plan": PLAN, "by": "director", "via": "airflow", "place": 2}),
    ]


def _carried_out(objects: list[dict[str, Any]], batches: int, released: bool) -> Iterator[Draft]:
    """One object in each batch, all that are left in the last."""
    for k in range(batches):
        mine = objects[k : k + 1] if k < batches - 1 else objects[k:]
        kept = [mine[0]["key"]] if released and k == 0 else []
        gone = [
            {"key": o["key"], "version": o["version"], "request_id": f"req-{o['sha256'][:8]}", "lock": LOCK,
             "at": _at(15, seconds=7 * k + i / 1000)}
            for i, o in enumerate(mine) if o["key"] not in kept
        ]  # fmt: skip
        named = [[o["key"], o["version"]] for o in mine]
        gates = {"time": "2031-03-03T15:00:00Z", "holds": 3}
        yield _step("claimed", {"plan": PLAN, "batch": k + 1, "objects": named, "gates": gates})
        yield _step("destroyed", {"batch": k + 1, "objects": gone, "released": kept})


def _at(hour: int, *, seconds: float) -> str:
    at = datetime(2031, 3, 3, hour, tzinfo=UTC) + timedelta(seconds=seconds)
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _looked_at(count: int) -> Iterator[Draft]:
    for turn, at in ((1, "2031-03-03T16:00:00Z"), (2, "2031-03-03T16:15:00Z")):
        places = [
            {"place": place, "result": "pending" if (turn, place) == (1, "disk") else "gone", "checked": count,
             "detail": None}
            for place in PLACES
        ]  # fmt: skip
        yield _step("verified", {"round": turn, "at": at, "places": places})


def _committed(drafts: list[Draft], signer: Signer) -> tuple[MemoryStore, list[Entry]]:
    """The harvests in 2028, the disposal in 2031, a minute between two entries."""
    clock = [datetime(2028, 1, 20, 12, tzinfo=UTC)]
    store = MemoryStore(Bucket())
    ledger = Ledger(store, signer, signer.name, now=lambda: clock[0])
    head, entries = EMPTY, []
    for draft in drafts:
        if draft.what.startswith("disposal.") and clock[0].year < 2031:
            clock[0] = datetime(2031, 3, 3, 14, 30, tzinfo=UTC)
        clock[0] += timedelta(minutes=1, milliseconds=432)
        entries.append(ledger.append(draft, head))
        head = entries[-1].head
    return store, entries


def _sum(objects: list[dict[str, Any]], name: str, cls: str | None = None) -> int:
    return sum(o[name] for o in objects if cls in (None, o["class"]))


# --------------------------------------------------------------------------- the certificate


def stated(objects: list[dict[str, Any]], entries: list[Entry], signer: Signer) -> dict[str, Any]:
    """What a truthful writer makes of the ledger's entries."""
    of = {what: [e for e in entries if e.header["what"] == f"disposal.{what}"]
          for what in ("proposed", "filed", "returned", "approved", "claimed", "destroyed", "verified")}  # fmt: skip
    ends = {(o["key"], o["version"]): o for e in of["destroyed"] for o in e.header["note"]["objects"]}
    gone = [
        {"key": o["key"], "version": o["version"], "class": o["class"], "size": o["size"], "sha256": o["sha256"],
         "rows": o["rows"], "lock": end["lock"], "request_id": end["request_id"], "destroyed_at": end["at"]}
        for o in objects if (end := ends.get((o["key"], o["version"]))) is not None
    ]  # fmt: skip
    times = sorted(o["destroyed_at"] for o in gone) or [""]
    kept = [o for o in objects if o["key"] in {k for e in of["destroyed"] for k in e.header["note"]["released"]}]
    lines = [line for cutoff in ("2028-01", "2028-02") if (line := _line(cutoff, gone))]
    return {
        "format": FORMAT,
        "number": "2031-0004",
        "disposal": DISPOSAL,
        "body": {"name": "Larkspur Public Library", "county": "Larkspur (invented)",
                 "address": "1 Example Lane, Larkspur", "jurisdiction": "larkspur"},
        "authority": {
            "name": "Larkspur Records Commission (invented)", "application_number": "00:000", "required": True,
            "citation": "Larkspur Records Act, section 7 (invented)",
            "filed": of["filed"][-1].header["note"]["on"] if of["filed"] else None,
            "returned": _answer(of["returned"][-1]) if of["returned"] else None,
        },
        "schedule": {"version": "3", "sha256": hashlib.sha256(b"invented schedule").hexdigest()},
        "lines": lines,
        "totals": {"records": _sum(gone, "rows", "records"), "objects": len(gone), "bytes": _sum(gone, "size")},
        "destroyed": {"from": times[0], "to": times[-1]},
        "method": [
            "Each object version was deleted by its version id, and each deletion was read back.",
            "The embedded store's volumes were vacuumed, so that the bytes are gone from its disk.",
        ],
        "statement": {
            "text": "No litigation, claim, audit, records request or review that touches these records was on record "
            "(invented wording).",
            "checked": [{"at": e.header["time"], "n": e.n, "size": e.first_leaf} for e in of["claimed"]],
            "holds_active": 3,
        },
        "people": {
            "proposed": _person(of["proposed"][0]) if of["proposed"] else {},
            "approved": [_person(e) | {"place": e.header["note"]["place"]} for e in of["approved"]],
            "executed": {"by": "schedule", "at": times[-1], "software": "social-records-archive 0.0 (test)"},
        },
        "plan": PLAN,
        "objects": gone,
        "places": _places(of["verified"]),
        "leaves": _ranges(entries, _sum(objects, "rows", "findings"))[1 if kept else 0 :],
        "exceptions": [_exception(kept)] if kept else [],
        "ledger": {"origin": signer.name, "vkey": signer.vkey, "size": entries[-1].head.size,
                   "root": entries[-1].head.root.hex(), "checkpoint": entries[-1].checkpoint},
        "evidence": _evidence(entries),
    }  # fmt: skip


def _line(cutoff: str, gone: list[dict[str, Any]]) -> dict[str, Any] | None:
    mine = [o for o in gone if f"cutoff={cutoff}/" in o["key"]]
    counted = Counter(o["class"] for o in mine)
    return {
        "item": "102", "series": "children-programs", "title": "Children's programs, postings and comments",
        "citation": "Larkspur schedule 00:000, item 102 (invented)", "period": "1 year", "trigger": "created",
        "cutoff_first": cutoff, "cutoff_last": cutoff, "earliest": f"{cutoff}-02", "latest": f"{cutoff}-28",
        "eligible": "2029-03-01", "records": _sum(mine, "rows", "records"), "media": counted["media"],
        "quarantined": _sum(mine, "rows", "quarantine"), "imports": counted["import"], "objects": len(mine),
        "bytes": _sum(mine, "size"), "format": "Apache Parquet, born digital",
        **({"companions": found} if (found := _sum(mine, "rows", "findings")) else {}),
    } if mine else None  # fmt: skip


def _answer(entry: Entry) -> dict[str, Any]:
    return {name: entry.header["note"][name] for name in ("outcome", "reference", "on")}


def _person(entry: Entry) -> dict[str, Any]:
    note = entry.header["note"]
    name, title = PEOPLE.get(note["by"], ("", ""))
    return {"by": note["by"], "name": name, "title": title, "at": entry.header["time"], "via": note["via"]}


def _places(rounds: list[Entry]) -> list[dict[str, Any]]:
    looks: dict[str, list[dict[str, Any]]] = {}
    for note in (e.header["note"] for e in rounds):
        for seen in note["places"]:
            look = {"at": note["at"], "result": seen["result"], "checked": seen["checked"], "detail": seen["detail"]}
            looks.setdefault(seen["place"], []).append(look)
    return [{"place": place, "title": PLACES.get(place, place), "rounds": rounds} for place, rounds in looks.items()]


def _exception(kept: list[dict[str, Any]]) -> dict[str, Any]:
    return {"code": "released", "objects": len(kept), "records": _sum(kept, "rows", "records"),
            "sentence": "A hold was placed after the approval: what it matches was kept."}  # fmt: skip


def _evidence(entries: list[Entry]) -> list[dict[str, Any]]:
    tree = TreeReader([h for e in entries for h in e.hashes])
    return [
        {"n": e.n, "what": e.header["what"], "leaf": e.leaves[0].decode(), "leaf_index": e.first_leaf,
         "inclusion": [h.hex() for h in tree.inclusion(e.first_leaf, entries[-1].head.size)]}
        for e in entries if e.header["what"].startswith("disposal.")
    ]  # fmt: skip
