"""The certificate of a disposal that is verified: everything that the ledger says of it, in one signed file.

Three files under `certificates/<number>/`: canonical JSON, a signed note, and pages for people. Another entry of the
ledger names them; after it the disposal is done. `certificate_note.verify` checks them anywhere, without the archive.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from social_archive import __version__, merkle
from social_archive import leaves as leaf_map
from social_archive.accession import describe, seal
from social_archive.errors import LedgerError, NotFound
from social_archive.law import DisposalLaw, load_disposal_law
from social_archive.ledger import Entry
from social_archive.merkle import TreeReader
from social_archive.retention import certificate_note, disposal, places
from social_archive.retention.disposal import Disposal, NotAllowed, Note

if TYPE_CHECKING:
    from social_archive.archive import Archive

FORMAT: Final = certificate_note.FORMAT
FILES: Final = ("certificate.json", "certificate.note.txt", "certificate.pdf")
_SOFTWARE: Final = f"social-records-archive {__version__}"


@dataclass(frozen=True)
class Certified:
    """A certificate that is in the archive. `number` is how people call it."""

    number: str
    disposal: str
    sha256: str
    records: int
    objects: int
    n: int


def certify(archive: Archive, disposal_id: str, *, by: str = "schedule") -> Certified:
    """Issue the certificate of a verified disposal, or return the one that was issued. Raises NotAllowed."""
    from social_archive.documents import certificate as pages

    while True:
        d = disposal.state(archive, disposal_id)
        if d.certified is not None:
            return _certified(d.certified)
        if d.status != "verified":
            raise NotAllowed(f"Disposal {d.id} is {d.status}: its certificate is pending until all copies are gone.")
        number = _next_number(archive)
        certificate = compose(archive, d, number)
        body = certificate_note.encode(certificate)
        pdf = pages.pdf(certificate, body)
        note_text = certificate_note.sign(archive.signer, body, pdf)
        report = certificate_note.verify(body, note_text, pdf=pdf)
        if not report.ok:  # never hand out a certificate that others will reject
            raise LedgerError(f"The certificate does not hold, so none was issued: {report.problems[0]}.")
        files = dict(zip(FILES, ((body, "application/json"), (note_text.encode(), "text/plain"),
                                 (pdf, "application/pdf")), strict=True))  # fmt: skip
        described = [
            describe(archive.store.put(f"certificates/{number}/{name}", content, content_type=kind),
                     cls="certificate", rows=0, retain_until=None)
            for name, (content, kind) in files.items()
        ]  # fmt: skip
        note = {"disposal": d.id, "certificate": number, "sha256": described[0]["sha256"], "by": by,
                "records": certificate["totals"]["records"], "objects": certificate["totals"]["objects"],
                "leaves": certificate["leaves"]}  # fmt: skip

        def check(number: str = number, disposal_id: str = d.id) -> None:
            if disposal.state(archive, disposal_id).certified is not None or _next_number(archive) != number:
                raise _Overtaken

        try:
            entry = disposal.append(archive, "disposal.certified", note, check=check, objects=described)
        except _Overtaken:
            continue
        seal(archive, entry.header["objects"])
        return _certified({"n": entry.n, **note})


class _Overtaken(Exception):
    """Another certificate was issued meanwhile; its number is taken."""


def issued(archive: Archive) -> list[Certified]:
    """All certificates, oldest first."""
    return [_certified(note) for note in archive.catalog.walks.notes("disposal.certified")]


def read(archive: Archive, number: str, name: str) -> bytes:
    """One of `FILES` of a certificate. Raises NotFound."""
    located = archive.catalog.object(f"certificates/{number}/{name}")
    if located is None:
        raise NotFound(f"There is no certificate {number}.", remedy="`archive certificate list` shows them.")
    return archive.mirror.path(located).read_bytes()


def _certified(note: Note) -> Certified:
    return Certified(note["certificate"], note["disposal"], note["sha256"], note["records"], note["objects"], note["n"])


def _next_number(archive: Archive) -> str:
    zone = ZoneInfo(archive.agency.body.time_zone)
    count = len(archive.catalog.walks.notes("disposal.certified"))
    return f"{archive.agency.body.slug}-{datetime.now(UTC).astimezone(zone):%Y}-{count + 1:04d}"


# --------------------------------------------------------------------------- what it says


def compose(archive: Archive, d: Disposal, number: str) -> dict[str, Any]:
    """The certificate as data, out of the ledger and the proposal alone."""
    law = load_disposal_law(archive.agency)
    entries = _entries(archive, d)
    gone = d.gone
    going = [one for one in d.proposal["objects"] if one["key"] in gone]
    objects = [_object(one, gone[one["key"]]) for one in going]
    times = sorted(o["destroyed_at"] for o in objects)
    body = archive.agency.body
    return {
        "format": FORMAT, "number": number, "disposal": d.id, "plan": d.plan,
        "body": {"name": body.name, "county": body.county, "address": body.address, "jurisdiction": body.jurisdiction},
        "authority": _authority(archive, d, law), "schedule": d.proposal["schedule"],
        "lines": _lines(d, going), "totals": _totals(objects),
        "destroyed": {"from": times[0], "to": times[-1]}, "method": _method(archive, d),
        "statement": _statement(d, law, entries), "people": _people(archive, d, entries), "objects": objects,
        "places": _places(archive, d),
        "leaves": leaf_map.joined(part for one in gone.values() for part in one["leaves"]),
        "exceptions": _exceptions(d), **_evidence(archive, entries),
    }  # fmt: skip


def _object(one: dict[str, Any], end: Note) -> dict[str, Any]:
    return {
        "key": one["key"], "version": one["version"], "class": one["class"], "size": one["size"],
        "sha256": one["sha256"], "rows": one["rows"], "lock": end["lock"], "request_id": end["request_id"],
        "destroyed_at": end["at"],
    }  # fmt: skip


def _authority(archive: Archive, d: Disposal, law: DisposalLaw) -> dict[str, Any]:
    returned = d.returned
    return {
        "name": law.approver, "application_number": archive.schedule.retention.application_number,
        "required": law.prior_approval, "citation": law.citations.get("prior_approval"),
        "filed": d.filed["on"] if d.filed else None,
        "returned": None if returned is None else {name: returned[name] for name in ("outcome", "reference", "on")},
    }  # fmt: skip


def _lines(d: Disposal, going: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The proposal's lines with what was destroyed of each. A copied file counts with the line that quotes it."""
    by_series: dict[str, list[dict[str, Any]]] = defaultdict(list)
    first = d.proposal["lines"][0]["series"]
    for one in going:
        by_series[one.get("with") or one["series"] or first].append(one)
    lines = []
    for line in d.proposal["lines"]:
        some = by_series[line["series"]]
        counted = {
            "records": sum(o["rows"] for o in some if o["class"] == "records"),
            "quarantined": sum(o["rows"] for o in some if o["class"] == "quarantine"),
            "companions": sum(o["rows"] for o in some if o["class"] in leaf_map.COMPANIONS),
            "media": sum(o["class"] == "media" for o in some), "imports": sum(o["class"] == "import" for o in some),
            "objects": len(some), "bytes": sum(o["size"] for o in some),
        }  # fmt: skip
        if some:
            lines.append({**line, **counted})
    return lines


def _totals(objects: Sequence[dict[str, Any]]) -> dict[str, int]:
    return {
        "records": sum(o["rows"] for o in objects if o["class"] == "records"), "objects": len(objects),
        "bytes": sum(o["size"] for o in objects),
    }  # fmt: skip


def _method(archive: Archive, d: Disposal) -> list[str]:
    said = [
        "Each object version was deleted by its version id, then looked for by HEAD and in the version list.",
        "The salts of the commitments in the ledger lay in the destroyed rows: what is left there can be matched to "
        "nobody's guess.",
    ]
    looked = {place["place"]: place["result"] for place in d.rounds[-1]["places"]}
    if looked.get("disk") == "gone":
        said.append("The embedded store's volumes were compacted, so that the deleted bytes are off its disk's files.")
    replicas = [replica.name for replica in archive.agency.store.replicas]
    if replicas:
        said.append(f"The same keys were destroyed in {len(replicas)} replica(s): {', '.join(replicas)}.")
    said.append("Copies that were given out before (exports, proofs, bundles) are outside of this archive.")
    return said


def _statement(d: Disposal, law: DisposalLaw, entries: Sequence[Entry]) -> dict[str, Any]:
    """At each claim the holds were checked at the very head that the claim follows."""
    claims = [e for e in entries if e.header["what"] == "disposal.claimed"]
    return {
        "text": law.statement,
        "checked": [{"at": e.header["time"], "n": e.n, "size": e.first_leaf} for e in claims],
        "holds_active": max((claim["gates"]["holds_active"] for claim in d.claims), default=0),
    }


def _people(archive: Archive, d: Disposal, entries: Sequence[Entry]) -> dict[str, Any]:
    def person(user: str) -> dict[str, Any]:
        known = archive.agency.person(user)
        name, title = (known.name, known.title) if known else (user, "unattended run" if user == "schedule" else "")
        return {"by": user, "name": name, "title": title}

    times = {e.n: e.header["time"] for e in entries}
    last = d.destroyed[-1]
    return {
        "proposed": {**person(d.proposed_by), "at": times[d.proposed["n"]], "via": d.proposed["via"]},
        "approved": [
            {**person(a.by), "at": times[a.n], "via": a.via, "place": a.place}
            for a in sorted(d.approvals, key=lambda a: a.place)
        ],
        "executed": {"by": d.claims[-1]["by"], "at": last["time"], "software": _SOFTWARE},
    }  # fmt: skip


def _places(archive: Archive, d: Disposal) -> list[dict[str, Any]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in d.rounds:
        for seen in one["places"]:
            found[seen["place"]].append({"at": one["at"], "result": seen["result"], "checked": seen["checked"],
                                         "detail": seen["detail"]})  # fmt: skip
    return [{"place": name, "title": places.title_of(archive, name), "rounds": rounds}
            for name, rounds in found.items()]  # fmt: skip


def _exceptions(d: Disposal) -> list[dict[str, Any]]:
    found = []
    released = [one for one in d.proposal["objects"] if one["key"] in d.released]
    if released:
        found.append(_exception("released", "A hold was placed while they were about to be destroyed, so they were "
                                "kept.", released))  # fmt: skip
    if d.blocked is not None:
        why = ", ".join(code.replace("_", " ") for code in d.blocked["reasons"])
        found.append(_exception("not_carried_out", f"Work was stopped before them ({why}), so they were kept.",
                                d.remaining))  # fmt: skip
    for seen in d.rounds[-1]["places"]:
        if seen["result"] == "not_verifiable":
            found.append({"code": "not_verifiable", "sentence": f"{seen['place']}: {seen['detail']}.", "objects": 0,
                          "records": 0})  # fmt: skip
    return found


def _exception(code: str, sentence: str, some: Sequence[dict[str, Any]]) -> dict[str, Any]:
    records = sum(one["rows"] for one in some if one["class"] == "records")
    return {"code": code, "sentence": sentence, "objects": len(some), "records": records}


# --------------------------------------------------------------------------- the ledger's own words


def _entries(archive: Archive, d: Disposal) -> list[Entry]:
    """Every entry that speaks of this disposal, in the ledger's order."""
    notes = [d.proposed, d.filed, d.returned, d.blocked, *d.claims, *d.destroyed, *d.rounds]
    numbers = {note["n"] for note in notes if note is not None} | {a.n for a in d.approvals}
    return [archive.ledger.read(n) for n in sorted(numbers)]


def _evidence(archive: Archive, entries: Sequence[Entry]) -> dict[str, Any]:
    """The entries' own lines, each with its proof in the tree of the ledger's present head."""
    hashes = bytearray()
    checkpoint, size, root = "", 0, merkle.EMPTY_ROOT
    for entry in archive.ledger.entries():
        hashes += b"".join(entry.hashes)
        checkpoint, size, root = entry.checkpoint, entry.head.size, entry.head.root
    tree = TreeReader(bytes(hashes))
    return {
        "ledger": {"origin": archive.ledger.origin, "vkey": archive.signer.vkey, "size": size, "root": root.hex(),
                   "checkpoint": checkpoint},
        "evidence": [
            {"n": e.n, "what": e.header["what"], "leaf": e.leaves[0].decode(), "leaf_index": e.first_leaf,
             "inclusion": [h.hex() for h in tree.inclusion(e.first_leaf, size)]}
            for e in entries
        ],
    }  # fmt: skip

