"""Check a proof of the archive, written from docs/proof-format.md alone. Uses none of the archive's code.

    python verify_proof_standalone.py proof.json ['VERIFIER KEY']     (the key that the public body publishes)

Needs Python 3.11 and the package `cryptography`. Exit code 0: the proof holds; 1: it does not.
"""

import base64
import hashlib
import json
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


class Bad(Exception):
    """The proof does not hold; the text says why."""


def need(condition: bool, otherwise: str) -> None:
    if not condition:
        raise Bad(otherwise)


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def canonical(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def encoded(value: dict) -> bytes:
    """Step 1: the value with its type in front. `value` has exactly one of the keys s, b, j."""
    [(tag, content)] = value.items()
    return {"s": lambda: b"s" + content.encode(), "b": lambda: b"b" + base64.b64decode(content, validate=True),
            "j": lambda: b"j" + canonical(content)}[tag]()  # fmt: skip


def commitment(fields: list) -> bytes:
    """Step 2: the record's commitment from its fields, which stand in the order of their names."""
    names = [f["name"] for f in fields]
    need(names == sorted(set(names)), "the fields are out of order")
    parts = []
    for f in fields:
        name = f["name"].encode()
        if "value" in f:
            own = sha256(bytes.fromhex(f["salt"]), name, b"\0", encoded(f["value"]))
        else:
            own = bytes.fromhex(f["commitment"])
        need(len(own) == 32, "a commitment is not 32 bytes")
        parts.append(name + b"\0" + own)
    return sha256(b"record/v1\n", *parts)


def root_from(leaf: bytes, index: int, size: int, path: list) -> bytes:
    """Step 4: RFC 9162, section 2.1.3.2."""
    need(0 <= index < size, "the index is beyond the tree")
    node, last = leaf, size - 1
    for sibling in map(bytes.fromhex, path):
        need(last > 0, "the path is too long")
        if index & 1 or index == last:
            node = sha256(b"\1", sibling, node)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            node = sha256(b"\1", node, sibling)
        index, last = index >> 1, last >> 1
    need(last == 0, "the path is too short")
    return node


def open_note(note: str, vkey: str) -> str:
    """The text of a C2SP signed note, without its last line feed; its Ed25519 signature by `vkey` is checked."""
    name, key_id, encoded_key = vkey.split("+", 2)
    key = base64.b64decode(encoded_key, validate=True)
    need(key[:1] == b"\1" and len(key) == 33, "the key is not an Ed25519 key")
    need(sha256(name.encode(), b"\n", key)[:4].hex() == key_id, "the key's id is wrong")
    text, signatures = note.rsplit("\n\n", 1)
    for line in signatures.splitlines():
        who, signature = line.removeprefix("— ").split(" ")
        raw = base64.b64decode(signature, validate=True)
        if (who, raw[:4].hex()) == (name, key_id):
            Ed25519PublicKey.from_public_bytes(key[1:]).verify(raw[4:], (text + "\n").encode())
            return text
    raise Bad("the note is not signed by the expected key")


def open_checkpoint(note: str, vkey: str) -> tuple[str, int, bytes]:
    """Step 5: (origin, size, root) of a checkpoint, its signature checked."""
    origin, size, root = open_note(note, vkey).split("\n")[:3]
    need(origin == vkey.partition("+")[0], "the checkpoint is of another ledger")
    return origin, int(size), base64.b64decode(root, validate=True)


def unique(pairs: list) -> dict:
    """With a key twice in one JSON object, two readers could see two proofs."""
    need(len({key for key, _ in pairs}) == len(pairs), "a key is given twice")
    return dict(pairs)


def check(proof: dict, vkey: str | None = None) -> tuple[str, int]:
    """(origin, tree size) if the proof holds; raises if not."""
    need(proof["format"] == "social-records-archive/proof/v1", "it has another format")
    leaf = json.loads(proof["leaf"])
    need(leaf["t"] == "record", "the leaf is not that of a record")  # step 3
    need(leaf["c"] == commitment(proof["fields"]).hex(), "a field was altered, added or removed")
    named = {"rid": leaf["rid"], "ver": leaf["ver"], "series": leaf["series"]}
    need(proof["record"] == named, "the record named is not the one in the leaf")
    origin, size, root = open_checkpoint(proof["checkpoint"], vkey or proof["vkey"])
    hashed = sha256(b"\0", proof["leaf"].encode())
    found = root_from(hashed, proof["leaf_index"], size, proof["inclusion"])
    need(found == root, "the leaf is not in the tree that the checkpoint signs")
    return origin, size


if __name__ == "__main__":
    try:
        with open(sys.argv[1], encoding="utf-8") as file:
            found = check(json.load(file, object_pairs_hook=unique), sys.argv[2] if len(sys.argv) > 2 else None)
    except (Bad, InvalidSignature, KeyError, ValueError, TypeError, AttributeError) as problem:
        sys.exit(f"The proof does not hold: {problem or type(problem).__name__}")
    print(f"The proof holds: among the first {found[1]:,} leaves of {found[0]}")
