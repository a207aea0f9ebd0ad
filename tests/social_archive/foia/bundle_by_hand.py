"""A small bundle made straight from docs/bundle-format.md and docs/proof-format.md, with none of the archive's writers.

It is the second reading of the format, so that a verifier and a writer that misread it in the same way are found out.
Only the signing is the archive's own (`note.Signer`, which is tested against other people's tools). Everything that is
said in it is invented.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from social_archive.foia import verify
from social_archive.note import Signer

NUMBER = "2026-014"
NAME = f"records-{NUMBER}"
SIGNER = Signer("larkspur.example/social-records", bytes(range(32)))
STRANGER = Signer("larkspur.example/social-records", bytes(range(1, 33)))
CERTIFICATE = "DC-2026-003"
CODE = "7(1) (c), invented"
PICTURE = b"\x89PNG\r\n\x1a\n(an invented picture)"

Files = dict[str, bytes]


@dataclass(frozen=True)
class Thing:
    """A hit: what became of it, and each of its versions by field. `cut`: fields that are not shown."""

    rid: str
    outcome: str
    versions: Sequence[Mapping[str, Any]]
    cut: frozenset[str] = frozenset()
    media: Sequence[bytes] = ()

    @property
    def codes(self) -> list[str]:
        return [CODE] if self.outcome in ("redacted", "withheld") else []


@dataclass
class Story:
    """What the bundle is about. Change it before `payload` to make another one that is well."""

    things: list[Thing] = field(default_factory=lambda: [
        Thing("a" * 32, "released", [said("The parking lot closes on Monday."),
              said("The parking lot closes on Friday.", [PICTURE])], media=[PICTURE]),
        Thing("b" * 32, "redacted", [said("Call Zelda Quillfeather (invented) about the parking lot.")],
              cut=frozenset({"author", "body", "identity", "native"})),
        Thing("c" * 32, "withheld", [said("Zelda (invented) parks on the lawn."), said("Zelda parked.")],
              cut=frozenset({"author", "body", "identity", "native", "origin", "state"})),
        Thing("d" * 32, "disposed", [said("Long ago.")]),
        Thing("e" * 32, "released", [said("=cmd|' /C calc'!A0 \u202eחניה 駐車場 🚗")]),
    ])  # fmt: skip
    dropped: Sequence[int] = ()  # places of hits that the search is made to have never found


def said(body: str, media: Sequence[bytes] = ()) -> dict[str, Any]:
    native = json.dumps({"content": body}).encode()
    fields: dict[str, Any] = {"author": ["1001", "Ada (invented)", "ada", False, None], "body": body, "native": native,
                              "identity": ["c1", "p1", "p1", None], "origin": ["mastodon", "larkspur", "comment"],
                              "state": ["present", []]}  # fmt: skip
    if media:
        fields["media"] = [{"id": str(n), "sha256": hashlib.sha256(one).hexdigest(), "url": "https://social.example/"}
                           for n, one in enumerate(media)]  # fmt: skip
    return dict(sorted(fields.items()))


# --------------------------------------------------------------------------- docs/proof-format.md


def canonical(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def salt(thing: Thing, version: int, name: str) -> bytes:
    return hashlib.blake2b(f"{thing.rid}{version}{name}".encode(), digest_size=32).digest()


def committed(thing: Thing, version: int, name: str, value: Any) -> bytes:
    typed = b"s" + value.encode() if isinstance(value, str) else b"b" + value if isinstance(value, bytes) else (
        b"j" + canonical(value))  # fmt: skip
    return sha(salt(thing, version, name) + name.encode() + b"\0" + typed)


def record_line(thing: Thing, version: int) -> str:
    fields = thing.versions[version - 1]
    together = b"record/v1\n" + b"".join(
        name.encode() + b"\0" + committed(thing, version, name, value) for name, value in fields.items()
    )
    return canonical({"t": "record", "rid": thing.rid, "ver": version, "series": "600.1", "c": sha(together).hex()}
                     ).decode()  # fmt: skip


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 9162, 2.1.1."""
    if len(leaves) == 1:
        return sha(b"\0" + leaves[0])
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha(b"\1" + tree_hash(leaves[:k]) + tree_hash(leaves[k:]))


def path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 9162, 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    if index < k:
        return [*path(index, leaves[:k]), tree_hash(leaves[k:])]
    return [*path(index - k, leaves[k:]), tree_hash(leaves[:k])]


# --------------------------------------------------------------------------- docs/bundle-format.md


def control(place: int) -> str:
    return f"LPL-{NUMBER}-{place:04}"


def search_of(story: Story) -> bytes:
    hits = [{"rid": thing.rid, "versions": list(range(1, len(thing.versions) + 1))}
            for place, thing in enumerate(story.things, 1) if place not in story.dropped]  # fmt: skip
    return canonical({
        "format": "social-records-archive/request-event/v1", "request": "f" * 32, "event": "9" * 32, "what": "searched",
        "by": "records", "via": "cli", "nonce": "0" * 64, "files": [],
        "details": {"terms": {"words": "parking lot"}, "position": 2, "size": 12, "searched": 9, "excluded": 0,
                    "quarantined": 0, "hold": None, "gaps": [{"reason": "outage", "from": 1, "to": 2}], "disposed": [],
                    "hits": hits},
    })  # fmt: skip


def ledger_of(story: Story) -> list[str]:
    """Twelve lines that the search covers, the search's entry, and one more."""
    search = search_of(story)
    header = {"t": "entry", "prev": "", "txn": "t", "time": "2026-05-01T12:00:00.000Z", "harvest": None, "cursor": None}
    records = [record_line(thing, version) for thing in story.things for version in range(1, len(thing.versions) + 1)]
    others = [canonical({"t": "finding", "c": "0" * 64, "i": n}).decode() for n in range(11 - len(records))]
    digest = hashlib.sha256(search).hexdigest()
    found = header | {"n": 2, "what": "request.searched", "leaves": 0, "objects": [
        {"key": "requests/x.json", "version": "1", "sha256": digest, "size": len(search)}],
        "note": {"request": "f" * 32, "event": "9" * 32, "by": "records", "via": "cli", "object": digest}}  # fmt: skip
    first = header | {"n": 1, "what": "accession", "objects": [], "note": None, "leaves": 11}
    last = found | {"n": 3, "what": "request.confirmed", "objects": []}
    return [canonical(first).decode(), *others, *records, canonical(found).decode(), canonical(last).decode()]


def proof_line(place: int, thing: Thing, version: int, leaves: Sequence[str]) -> bytes:
    fields: list[dict[str, Any]] = []
    for name, value in thing.versions[version - 1].items():
        revealed = {"name": name, "salt": salt(thing, version, name).hex()}
        if thing.outcome == "withheld" or name in thing.cut:
            fields.append({"name": name, "commitment": committed(thing, version, name, value).hex()})
        elif name == "native":
            fields.append(revealed | {"file": f"native/{control(place)}-v{version}.json"})
        else:
            fields.append(revealed | {"value": {"s": value} if isinstance(value, str) else {"j": value}})
    line = record_line(thing, version)
    index, encoded = leaves.index(line), [leaf.encode() for leaf in leaves]
    return canonical({"control": control(place), "rid": thing.rid, "version": version, "leaf": line,
                      "leaf_index": index, "inclusion": [h.hex() for h in path(index, encoded)], "fields": fields})


def payload(story: Story | None = None, signer: Signer = SIGNER) -> Files:
    """All files under data/, by their path in it."""
    story = story or Story()
    leaves = ledger_of(story)
    encoded = [leaf.encode() for leaf in leaves]
    root = base64.b64encode(tree_hash(encoded)).decode()
    index = next(n for n, leaf in enumerate(leaves) if "request.searched" in leaf)
    files: Files = {
        "README.txt": b"Begin here (invented).\n", "verify.py": Path(verify.__file__).read_bytes(),
        "3-records/records-001.pdf": b"%PDF- (invented)", "3-records/records.html": b"<!doctype html>",
        "coverage/mastodon-larkspur.json": b"{}",
        **{name: b"(invented) " + name.encode() for name in (
            "1-response-letter.pdf", "2-request.pdf", "4-index.xlsx", "5-withholding-log.pdf", "6-search-statement.pdf",
            "7-certification-draft.pdf")},
        "proofs/key.txt": f"{signer.vkey}\n".encode(),
        "proofs/checkpoint.txt": signer.sign_note(f"{signer.name}\n{len(leaves)}\n{root}\n").encode(),
        "proofs/search.json": search_of(story),
        "proofs/search-entry.json": canonical({"leaf": leaves[index], "leaf_index": index, "inclusion": [
            h.hex() for h in path(index, encoded)]}),
    }  # fmt: skip
    rows, log, lines, items = [], [], [], []
    for place, thing in enumerate(story.things, 1):
        items.append({"control": control(place), "rid": thing.rid, "outcome": thing.outcome, "codes": thing.codes,
                      "certificate": CERTIFICATE if thing.outcome == "disposed" else None})  # fmt: skip
        if thing.outcome == "withheld":
            log.append([control(place), "", "", "comment", CODE, "(invented)", "a private person"])
        for version, fields in enumerate(thing.versions, 1):
            stem = f"{control(place)}-v{version}"
            text = fields["body"] if thing.outcome == "released" else "[REDACTED]"
            shown = text.replace("\u202e", "\u2039U+202E\u203a")
            rows.append([control(place), version, thing.outcome, "; ".join(thing.codes), thing.rid,
                         f"'{shown}" if text.startswith("=") else shown])  # fmt: skip
            if thing.outcome != "disposed":
                lines.append(proof_line(place, thing, version, leaves))
            if thing.outcome == "redacted":
                log += [[control(place), version, name, "comment", CODE, "(invented)", "a private person"]
                        for name in sorted(thing.cut)]  # fmt: skip
                record = {column: value for name, values in fields.items() if name not in thing.cut
                         for column, value in columns_of(name, values) if value is not None}  # fmt: skip
                files[f"redacted/{stem}.json"] = canonical({
                    "format": "social-records-archive/redacted/v1", "control": control(place), "version": version,
                    "redacted": True, "cut": {name: [CODE] for name in thing.cut}, "record": record})  # fmt: skip
            if thing.outcome == "released":
                files[f"native/{stem}.json"] = fields["native"]
                if "media" in fields:
                    files |= {f"media/{stem}-{n}.png": one for n, one in enumerate(thing.media)}
    files["6-search-statement.json"] = statement_of(story, files["proofs/search.json"])
    files["proofs/records.jsonl"] = b"".join(line + b"\n" for line in lines)
    files["proofs/reconciliation.json"] = canonical({"hits": len(items), "items": items, **{
        outcome: sum(item["outcome"] == outcome for item in items)
        for outcome in ("released", "redacted", "withheld", "disposed")}})  # fmt: skip
    files["4-index.csv"] = csv_of(["control", "version", "outcome", "codes", "rid", "text"], rows)
    columns = ["control", "version", "field", "what", "exemption", "citation", "basis"]
    files["5-withholding-log.csv"] = csv_of(columns, log)
    return files


def statement_of(story: Story, search: bytes) -> bytes:
    frozen = json.loads(search)["details"]
    outcomes = [thing.outcome for thing in story.things]
    gaps = [gap | {"reason_in_words": "invented"} for gap in frozen["gaps"]]
    return json.dumps({
        "request": NUMBER, "terms": frozen["terms"], "sentence": "invented", "gaps": gaps, "destroyed": [],
        "frozen": {"sha256": hashlib.sha256(search).hexdigest(), "position": 2, "leaves": frozen["size"]},
        "hits": len(frozen["hits"]), "versions": sum(len(hit["versions"]) for hit in frozen["hits"]), "searched": 9,
        "excluded": 0, "quarantined": 0, "totals": {"hits": len(outcomes), "undecided": 0, **{
            outcome: outcomes.count(outcome) for outcome in ("released", "redacted", "withheld", "disposed")}},
    }, indent=2).encode()  # fmt: skip


def columns_of(name: str, value: Any) -> list[tuple[str, Any]]:
    names = {"author": ["author_id", "author_name", "author_handle", "author_is_account", "author_avatar"],
             "identity": ["native_id", "parent_native_id", "root_native_id", "permalink"],
             "origin": ["platform", "account", "kind"], "state": ["state", "flags"]}  # fmt: skip
    return list(zip(names[name], value, strict=True)) if name in names else [(name, value)]


def csv_of(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([head, *rows])
    return out.getvalue().encode("utf-8-sig")


def ledger_line(files: Files) -> str:
    origin, size, root = files["proofs/checkpoint.txt"].decode().split("\n")[:3]
    return f"ledger {origin} {size} {root}"


def bag(files: Files, signer: Signer = SIGNER, *, keep: Files | None = None) -> Files:
    """All files of the bag by their path in it. `keep`: a bag whose signature stays, as for somebody without a key."""
    made = {f"data/{name}": body for name, body in files.items()}
    oxum = f"{sum(map(len, made.values()))}.{len(made)}"
    tags = {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": (f"Source-Organization: Larkspur Public Library\nExternal-Identifier: {NUMBER}\n"
                         f"Bagging-Date: 2026-05-02\nPayload-Oxum: {oxum}\n").encode(),
        **{f"manifest-{name}.txt": manifest(made, name) for name in ("sha256", "sha512")},
    }  # fmt: skip
    tag_manifests = {f"tagmanifest-{name}.txt": manifest(tags, name) for name in ("sha256", "sha512")}
    note = signer.sign_note("\n".join((
        "social-records-archive/bundle/v1", f"request {NUMBER}", ledger_line(files),
        *(f"tagmanifest-{name} {hashlib.new(name, tag_manifests[f'tagmanifest-{name}.txt']).hexdigest()}"
          for name in ("sha256", "sha512")), "")))  # fmt: skip
    signature = keep["signature.note"] if keep is not None else note.encode()
    return {**made, **tags, **tag_manifests, "signature.note": signature}


def manifest(files: Files, algorithm: str) -> bytes:
    return "".join(f"{hashlib.new(algorithm, body).hexdigest()}  {name}\n" for name, body in files.items()).encode()


def as_folder(files: Files, folder: Path) -> Path:
    for name, body in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
    return folder


def as_zip(files: Files, folder: Path, change: Callable[[zipfile.ZipFile], None] | None = None) -> Path:
    target = folder / f"{NAME}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        for name, body in files.items():
            info = zipfile.ZipInfo(f"{NAME}/{name}", (2026, 5, 2, 12, 0, 0))
            info.external_attr, info.compress_type = 0o100644 << 16, zipfile.ZIP_DEFLATED
            out.writestr(info, body)
        if change is not None:
            change(out)
    return target


def note_beside(target: Path, signer: Signer = SIGNER) -> Path:
    body = target.read_bytes()
    note = target.with_name(f"{target.name}.note")
    note.write_text(signer.sign_note(
        f"social-records-archive/bundle-file/v1\nrequest {NUMBER}\nfile {target.name} {len(body)}\n"
        f"sha256 {hashlib.sha256(body).hexdigest()}\nsha512 {hashlib.sha512(body).hexdigest()}\n"))  # fmt: skip
    return note


# --------------------------------------------------------------------------- checking


@dataclass(frozen=True)
class Memory:
    """A bag that was never on a disk: what a check reads."""

    files: Files

    @property
    def sizes(self) -> dict[str, int]:
        return {name: len(body) for name, body in self.files.items()}

    def chunks(self, name: str) -> Iterator[bytes]:
        yield self.files[name]


def problems(files: Files, *keys: str) -> list[str]:
    """What the verifier says of these files of a bag."""
    check = verify.Check(Memory(files), None, list(keys))
    check.run()
    assert verify.verdict(check).startswith("This answer is NOT" if check.problems else "This answer is whole")
    return check.problems
