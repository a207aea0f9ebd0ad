"""Replay a copy of a ledger, written from docs/proof-format.md alone. Uses none of the archive's code.

    python verify_ledger_standalone.py FOLDER ['VERIFIER KEY']     (FOLDER holds the *.jsonl of the bucket's entries/)

Stops at the first thing that is wrong. Exit code 0: every entry is what was signed, in order, none missing before the
last. What a copy cannot show is whether entries after its last were removed: compare size and root with a checkpoint
that somebody else kept.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from verify_proof_standalone import Bad, need, open_checkpoint, sha256, unique


class Tree:
    """RFC 9162, section 2.1.1, kept as the roots of its complete subtrees, the largest first."""

    def __init__(self) -> None:
        self.size = 0
        self.frontier: list[bytes] = []

    def add(self, line: bytes) -> None:
        node, size = sha256(b"\0", line), self.size
        while size & 1:
            node, size = sha256(b"\1", self.frontier.pop(), node), size >> 1
        self.frontier.append(node)
        self.size += 1

    def root(self) -> bytes:
        *rest, node = self.frontier
        for left in reversed(rest):
            node = sha256(b"\1", left, node)
        return node


def replay(folder: Path, vkey: str | None = None) -> tuple[int, Tree, str]:
    """(entries, tree, last checkpoint). `vkey`: the key that must have signed entry 0."""
    tree, previous, key, note = Tree(), "", vkey, ""
    paths = sorted(folder.glob("*.jsonl"))
    for n, path in enumerate(paths):
        need(path.name == f"{n:020d}.jsonl", f"entry {n} is missing")
        body = path.read_bytes()
        *leaves, last, after = body.split(b"\n")
        head = json.loads(last, object_pairs_hook=unique)
        entry = json.loads(leaves[0], object_pairs_hook=unique)
        need(after == b"" and head["t"] == "head" and entry["t"] == "entry", f"entry {n} is cut off")
        need(entry["n"] == n and entry["leaves"] == len(leaves) - 1, f"entry {n} lacks lines or is another one")
        need(entry["prev"] == previous, f"entry {n} does not follow the one that is there")
        for line in leaves:
            tree.add(line)
        need((head["size"], head["root"]) == (tree.size, tree.root().hex()), f"the leaves of entry {n} were altered")
        key = key or entry["vkey"]
        _, size, root = open_checkpoint(head["checkpoint"], key)
        need((size, root) == (tree.size, tree.root()), f"the checkpoint of entry {n} signs another tree")
        note, previous = head["checkpoint"], hashlib.sha256(body).hexdigest()
        key = entry.get("vkey") or key  # a rotation: the next entry is signed by the new key
    need(bool(paths), "there is no entry")
    return len(paths), tree, note


if __name__ == "__main__":
    try:
        entries, tree, note = replay(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None)
    except (Bad, InvalidSignature, KeyError, ValueError, TypeError) as problem:
        sys.exit(f"The ledger does not verify: {problem or type(problem).__name__}")
    print(f"{entries:,} entries, {tree.size:,} leaves, root {base64.b64encode(tree.root()).decode()}\n\n{note}", end="")
