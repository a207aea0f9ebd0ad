#!/usr/bin/env python3
"""Is this answer whole, and as it was released? A check that needs nobody's help.

    python verify.py [THE ZIP FILE OR ITS FOLDER] [--key KEY | --key-file FILE] [--json]

A public body answered a request with a bundle: one zip file, or the folder that was unpacked from it. This program
reads it without a network, without the body's systems and without changing anything, and says in plain words

  * whether every file is there and no byte of it was altered, and nothing was put in,
  * whether it was signed with the key of the body's ledger,
  * whether the list of records that the search found is the one that the ledger holds, so that none was left out,
  * whether each record that is shown is, word for word, the one that was recorded when it was captured; where words
    were removed, whether everything beside them is, and whether each removal stands in the log with its reason.

It cannot say whether the search was a good one, or whether words were rightly withheld; the search statement and the
withholding log are there so that people can. The key inside of the bundle only shows that all parts belong together.
To know whose they are, compare it with the key that the public body publishes, or give that one with --key. A forged
bundle can come with a forged copy of this program: if there is doubt, take it from the public body too.

Exit code: 0 all is well; 3 it is not as it was released; 2 the check could not begin. It needs Python 3.9 or later and
the package `cryptography`. It is one file on purpose, and uses nothing else: whoever doubts it can read it, or write
another from the description of the format.
"""

from __future__ import annotations

import argparse
import base64
import csv
import hashlib
import io
import json
import os
import re
import stat
import struct
import sys
import textwrap
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    sys.exit("This check needs the package `cryptography`: run `python -m pip install cryptography`, then try again.")

WELL, UNUSABLE, ALTERED = 0, 2, 3
CHUNK = 1 << 20
MOST_FILES = 2_000_000
LARGEST_TEXT = 1 << 29  # of a file that is read as a whole: lists, never media
LARGEST_LINE = 1 << 27
LARGEST_NOTE = 1 << 16
SLOW = 500_000_000  # bytes of a zip that take so long that one should be told
WIDTH = 100
MOST_SHOWN = 25  # problems that are printed

BUNDLE, BUNDLE_FILE = "social-records-archive/bundle/v1", "social-records-archive/bundle-file/v1"
EVENT, REDACTED = "social-records-archive/request-event/v1", "social-records-archive/redacted/v1"
HASHES = {"sha256": 64, "sha512": 128}
TAG_FILES = ("bagit.txt", "bag-info.txt", *(f"manifest-{name}.txt" for name in HASHES))
UNLISTED = ("signature.note", *(f"tagmanifest-{name}.txt" for name in HASHES))
DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
PARTS = (
    "README.txt", "1-response-letter.pdf", "2-request.pdf", "4-index.csv", "4-index.xlsx", "5-withholding-log.pdf",
    "5-withholding-log.csv", "6-search-statement.pdf", "6-search-statement.json", "7-certification-draft.pdf",
    "proofs/key.txt", "proofs/checkpoint.txt", "proofs/search.json", "proofs/search-entry.json",
    "proofs/records.jsonl", "proofs/reconciliation.json", "verify.py",
)  # fmt: skip
OUTCOMES = ("released", "redacted", "withheld", "disposed")
SHOWN = ("released", "redacted")
COLUMNS = {  # what the columns of a redacted record's file are called, by the field that proves them
    "author": ("author_id", "author_name", "author_handle", "author_is_account", "author_avatar"),
    "body": ("body",), "body_html": ("body_html",), "context": ("language", "likes", "replies", "shares"),
    "gap": ("gap_reason", "gap_from", "gap_to"), "links": ("links",), "state": ("state", "flags"),
    "identity": ("native_id", "parent_native_id", "root_native_id", "permalink"),
    "origin": ("platform", "account", "kind"),
    "times": ("created_at", "created_at_text", "edited_at", "edited_at_text"),
}  # fmt: skip
FORMS = ({"name", "salt", "value"}, {"name", "salt", "file"})  # of a field that is shown
OF_A_VERSION = re.compile(r"data/(native|redacted|media)/(.+?)-v([1-9][0-9]{0,8})(?:-([0-9]{1,6}))?\.([a-z0-9]{1,8})")
RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)

Key = tuple[str, int]  # a record's id and its version


class Bad(Exception):
    """Something is not as it must be; the text is a sentence for a reader."""


class Unusable(Exception):
    """The check cannot begin; the text says why."""


UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError, MemoryError,
              OSError, EOFError, zlib.error, struct.error, csv.Error, InvalidSignature)  # fmt: skip
"""What hostile bytes can make Python say. Never a reason to call a bundle well."""


class Vague(Bad):
    """The same, without saying where; whoever asked says it."""


def need(condition: Any, otherwise: str, kind: type[Bad] = Bad) -> None:
    if not condition:
        raise kind(otherwise)


# --------------------------------------------------------------------------- where the bytes are


def check_names(names: list[str]) -> None:
    """Names that mean the same file everywhere, and no file outside of the bag."""
    need(len(names) <= MOST_FILES, "It has more files than any bundle can have.")
    seen: dict[str, str] = {}
    for name in names:
        parts = name.split("/")
        need(name.isascii() and name.isprintable() and len(name) <= 250 and len(parts) <= 8
             and not re.search(r'[\\:*?"<>|%]', name), f"A file has a name that no bundle has: {name!r}.")  # fmt: skip
        need(all(p and p.strip(" ") == p and not p.endswith(".") and not RESERVED.fullmatch(p) for p in parts),
             f"A file has a name that leads out of the bundle or cannot be written everywhere: {name!r}.")  # fmt: skip
        need(seen.setdefault(name.lower(), name) is name, f"Two files have the same name: {name!r}.")
    folders = {"/".join(parts[:i]) for parts in (n.lower().split("/") for n in names) for i in range(1, len(parts))}
    need(not folders & seen.keys(), "A file has the same name as a folder.")


class Folder:
    """A bag as it was unpacked. Links are not followed: they are no part of a bag."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sizes: dict[str, int] = {}
        for where, folders, files in os.walk(path):
            for name in (*folders, *files):
                full = os.path.join(where, name)
                inner = os.path.relpath(full, path).replace(os.sep, "/")
                mode = os.lstat(full)
                regular = stat.S_ISREG(mode.st_mode)
                need(regular or stat.S_ISDIR(mode.st_mode), f"{inner!r} is a link or a device: no bundle has such.")
                if regular:
                    self.sizes[inner] = mode.st_size
                need(len(self.sizes) <= MOST_FILES, "It has more files than any bundle can have.")
        check_names(list(self.sizes))

    def chunks(self, name: str) -> Iterator[bytes]:
        with open(self.path / name, "rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk


class Zip:
    """A bag in a zip, read in place: nothing is unpacked to the disk.

    Stricter than any unzip program, because two of them must not see two things: every byte belongs to one file or to
    the directory at the end, and what stands before each file is what the directory says.
    """

    def __init__(self, path: Path) -> None:
        self.file = open(path, "rb")  # noqa: SIM115 - open as long as the program runs
        self.length = os.fstat(self.file.fileno()).st_size
        count, start, end = self._directory()
        need(count <= MOST_FILES and end - start <= LARGEST_TEXT, "The zip has more files than any bundle can have.")
        self.entries = self._entries(self._at(start, end - start), count)
        self._lie_side_by_side(start)
        tops = {name.partition("/")[0] for name in self.entries}
        need(len(tops) == 1 and all("/" in n for n in self.entries), "The zip does not hold one folder.")
        (self.folder,) = tops
        check_names(list(self.entries))
        self.entries = {name.partition("/")[2]: entry for name, entry in self.entries.items()}
        self.sizes = {name: entry[5] for name, entry in self.entries.items()}

    def _at(self, offset: int, length: int) -> bytes:
        need(offset >= 0 and offset + length <= self.length, "The zip is cut off, or its directory is wrong.")
        self.file.seek(offset)
        return self.file.read(length)

    def _directory(self) -> tuple[int, int, int]:
        """(files, start, end) of the directory at the end."""
        need(self.length >= 22, "This is not a zip file, or only the beginning of one.")
        at = self.length - 22
        mark, disk, first, here, count, size, start, comment = struct.unpack("<4s4H2LH", self._at(at, 22))
        need(mark == b"PK\5\6" and comment == 0, "The zip does not end where it must: it is cut off, or was added to.")
        need((disk, first, here) == (0, 0, count), "The zip is only a part of a larger one.")
        if 0xFFFF in (count,) or 0xFFFFFFFF in (size, start):
            mark, disk, wide, disks = struct.unpack("<4sLQL", self._at(at - 20, 20))
            need((mark, disk, disks) == (b"PK\6\7", 0, 1), "The end of the zip is damaged.")
            told = (count, size, start)
            at = wide
            fields = struct.unpack("<4sQ2H2L4Q", self._at(at, 56))
            need(fields[:2] == (b"PK\6\6", 44) and at + 76 == self.length - 22, "The end of the zip is damaged.")
            need(fields[2] in range(20, 64) and fields[3] == 45, "The end of the zip is damaged.")
            disk, first, here, count, size, start = fields[4:]
            need((disk, first, here) == (0, 0, count), "The zip is only a part of a larger one.")
            capped = (min(count, 0xFFFF), min(size, 0xFFFFFFFF), min(start, 0xFFFFFFFF))
            need(all(a in (b, c) for a, b, c in zip(told, capped, (0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF))),  # noqa: B905
                 "The end of the zip is damaged.")  # fmt: skip
        need(start + size == at, "The zip has bytes that belong to no file.")
        return count, start, at

    def _entries(self, directory: bytes, count: int) -> dict[str, tuple[int, ...]]:
        """name -> (offset, flags, method, CRC, packed size, size, date and time, version needed)."""
        found: dict[str, tuple[int, ...]] = {}
        alike, at = None, 0
        for _ in range(count):
            (mark, made, needed, flags, method, time, day, crc, packed, size, names, extras, comment, disk, inner,
             outer, offset) = struct.unpack_from("<4s4H2H3L5H2L", directory, at)  # fmt: skip
            raw = directory[at + 46 : at + 46 + names]
            extra = directory[at + 46 + names : at + 46 + names + extras]
            at += 46 + names + extras + comment
            need(mark == b"PK\1\2" and comment == disk == inner == 0 and len(raw) == names and raw.isascii(),
                 "The directory of the zip is damaged.")  # fmt: skip
            name = raw.decode()
            need(flags & ~0b1110 == 0, f"{name!r} in the zip is encrypted or packed in a way that no bundle has.")
            need(method in (0, 8), f"{name!r} in the zip is packed in a way that no bundle has.")
            kind = outer >> 16
            need(stat.S_IFMT(kind) in (0, stat.S_IFREG) and not name.endswith("/"), f"{name!r} in the zip is no file.")
            size, packed, offset = _wide(name, extra, (size, packed, offset))
            need(name not in found, f"The zip holds {name!r} twice.")
            same = (made >> 8, outer, time, day)
            need(alike in (None, same), f"{name!r} has another date or other rights than the other files of the zip.")
            alike = same
            found[name] = (offset, flags, method, crc, packed, size, day << 16 | time, needed)
        need(at == len(directory), "The directory of the zip is damaged.")
        return found

    def _lie_side_by_side(self, end: int) -> None:
        """Every file begins where the one before ends, and its own header says what the directory says."""
        self.starts: dict[str, int] = {}
        at = 0
        for name, entry in sorted(self.entries.items(), key=lambda one: one[1][0]):
            offset, flags, method, crc, packed, size, when, needed = entry
            need(offset == at, f"There is something before {name!r} in the zip that belongs to no file.")
            head = self._at(offset, 30)
            mark, need_, flag_, how, time, day, crc_, packed_, size_, names, extras = struct.unpack("<4s5H3L2H", head)
            rest = self._at(offset + 30, names + extras)
            size_, packed_ = _wide(name, rest[names:], (size_, packed_), local=True)
            later = flags & 8
            told = (crc_, packed_, size_) in ((crc, packed, size), (0, 0, 0) if later else (crc, packed, size))
            need(mark == b"PK\3\4" and rest[:names] == name.encode() and told
                 and (need_, flag_, how, day << 16 | time) == (needed, flags, method, when),
                 f"The zip says two things about {name!r}.")  # fmt: skip
            self.starts[name.partition("/")[2]] = offset + 30 + names + extras
            at = offset + 30 + names + extras + packed
            if later:
                at += self._descriptor(at, name, crc, packed, size)
        need(at == end, "The zip has bytes that belong to no file.")

    def _descriptor(self, at: int, name: str, crc: int, packed: int, size: int) -> int:
        """The length of the block behind a file that repeats its sizes."""
        beyond = self._at(at, min(24, self.length - at))
        for form in ("<LLL", "<LQQ"):
            for mark in (b"PK\7\x08", b""):
                block = mark + struct.pack(form, crc, packed, size) if size < 1 << 32 or "Q" in form else b"?"
                if beyond.startswith(block):
                    return len(block)
        raise Bad(f"The zip says two things about {name!r}.")

    def chunks(self, name: str) -> Iterator[bytes]:
        _, _, method, crc, packed, size, _, _ = self.entries[name]
        need(method == 8 or packed == size, f"{name} has another size than the zip says.")
        inflate = zlib.decompressobj(-15) if method == 8 else None
        at, left, got, sum_ = self.starts[name], packed, 0, 0
        while left or (inflate and inflate.unconsumed_tail):
            if inflate and inflate.unconsumed_tail:
                chunk = inflate.decompress(inflate.unconsumed_tail, CHUNK)
            else:
                raw = self._at(at, min(CHUNK, left))
                at, left = at + len(raw), left - len(raw)
                chunk = inflate.decompress(raw, CHUNK) if inflate else raw
            got, sum_ = got + len(chunk), zlib.crc32(chunk, sum_)
            need(got <= size, f"{name} unpacks to more than the zip says.")
            yield chunk
        whole = inflate is None or (inflate.eof and not inflate.unused_data)
        need(whole and got == size and sum_ == crc, f"{name} in the zip is damaged.")


def _wide(name: str, extra: bytes, values: tuple[int, ...], *, local: bool = False) -> list[int]:
    """Sizes and offsets beyond 32 bits stand in an extra block. No other block may be there: one can hide a name."""
    missing = sum(value == 0xFFFFFFFF for value in values)
    if not extra:
        return list(values)
    words = len(extra[4:]) // 8
    need(extra[:4] == struct.pack("<HH", 1, 8 * words) and len(extra) == 4 + 8 * words and words == missing
         and (words == 2 or not local), f"{name!r} in the zip has an addition that no bundle has.")  # fmt: skip
    given = iter(struct.unpack_from(f"<{words}Q", extra, 4))
    return [next(given) if value == 0xFFFFFFFF else value for value in values]


def whole(bag: Any, name: str, most: int = LARGEST_TEXT) -> bytes:
    need(name in bag.sizes, f"{name} is missing.")
    need(bag.sizes[name] <= most, f"{name} is larger than it can be.")
    return b"".join(bag.chunks(name))


_POOL = ThreadPoolExecutor(len(HASHES))


def hashed(chunks: Iterator[bytes]) -> tuple[int, dict[str, str]]:
    """Size and hashes of some bytes; each hash in a thread of its own where that pays."""
    sums, size = {name: hashlib.new(name) for name in HASHES}, 0
    for chunk in chunks:
        size += len(chunk)
        each = _POOL.map if len(chunk) > CHUNK >> 3 else map
        for _ in each(lambda one, piece=chunk: one.update(piece), sums.values()):  # type: ignore[misc]
            pass
    return size, {name: one.hexdigest() for name, one in sums.items()}


def lines(bag: Any, name: str) -> Iterator[bytes]:
    """Of a file that may be too large to hold, each without its line feed; the last must have one."""
    need(name in bag.sizes, f"{name} is missing.")
    rest = b""
    for chunk in bag.chunks(name):
        *ready, rest = (rest + chunk).split(b"\n")
        need(len(rest) <= LARGEST_LINE, f"{name} has a line that is longer than it can be.")
        yield from ready
    need(not rest, f"{name} is cut off in the middle of a line.")


# --------------------------------------------------------------------------- JSON, notes, trees


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    need(len(read) == len(pairs), "a JSON object has a key twice, so that readers could see two things.", Vague)
    return read


def _number(text: str) -> int:
    need(len(text) <= 40, "a number is longer than any that a bundle has.", Vague)
    return int(text)


def _refuse(text: str) -> Any:
    raise Vague("a number is not whole.")


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_int=_number, parse_float=_refuse, parse_constant=_refuse)
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
_HASH = re.compile("[0-9a-f]{64}")


def read_json(raw: bytes) -> Any:
    """Strictly: whole numbers only, no key twice; how deep it may go is Python's own limit."""
    return _DECODER.decode(raw.decode())


def canonical(value: Any) -> bytes:
    return _ENCODER.encode(value).encode()


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def base64_of(text: str) -> bytes:
    raw = base64.b64decode(text, validate=True)
    need(base64.b64encode(raw).decode() == text, "a text in base64 has a form that nobody writes.", Vague)
    return raw


def hash_of(text: Any) -> bytes:
    need(isinstance(text, str) and _HASH.fullmatch(text), "a hash is not 64 hexadecimal digits.", Vague)
    return bytes.fromhex(text)


def count_of(value: Any) -> int:
    need(type(value) is int and 0 <= value < 1 << 62, "a count is not a number.", Vague)
    return int(value)


def _typed(value: Any, what: str) -> bytes:
    """A value with its type in front, as it is hashed: text, bytes, or any other JSON."""
    ((tag, content),) = value.items()
    need(tag in ("s", "b", "j") and isinstance(content, str) == (tag != "j"), f"{what}: a value is none.")
    if tag == "s":
        return b"s" + str(content).encode()
    return b"b" + base64_of(content) if tag == "b" else b"j" + canonical(content)


def parse_key(vkey: str) -> tuple[str, bytes, bytes]:
    """(name, key id, public key) of a verifier key `<name>+<8 hex digits>+<base64>`."""
    try:
        name, key_id, encoded = vkey.strip().split("+", 2)
        key = base64_of(encoded)
    except (ValueError, Bad):
        raise Bad("It is not in the form NAME+ID+KEY.") from None
    need(len(key) == 33 and key[:1] == b"\1" and name and not re.search(r"\s", name), "It is not an Ed25519 key.")
    need(sha256(name.encode(), b"\n", key)[:4].hex() == key_id, "Its name and its key do not belong together.")
    return name, bytes.fromhex(key_id), key[1:]


def open_note(raw: bytes, vkey: str, what: str) -> list[str]:
    """The lines of a C2SP signed note, if it is signed by `vkey`. Other people's signatures are ignored."""
    name, key_id, public = parse_key(vkey)
    need(len(raw) <= LARGEST_NOTE and raw.endswith(b"\n"), f"{what} is not a signed note.")
    text, blank, tail = raw.decode().rpartition("\n\n")
    need(blank and not re.search("[\0-\x09\x0b-\x1f\x7f]", text + tail), f"{what} is not a signed note.")
    good = False
    for line in tail[:-1].split("\n"):
        found = re.fullmatch(r"— (\S+) (\S+)", line)
        need(found, f"{what} has a line below that is no signature.")
        signature = base64_of(found[2])  # type: ignore[index]
        if (found[1], signature[:4]) == (name, key_id):  # type: ignore[index]
            try:
                Ed25519PublicKey.from_public_bytes(public).verify(signature[4:], (text + "\n").encode())
            except InvalidSignature:
                raise Bad(f"{what} does not carry a valid signature: it was altered after it was signed.") from None
            good = True
    need(good, f"{what} is not signed by {name} with the key {key_id.hex()}, but by somebody else.")
    return text.split("\n")


def root_from(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """RFC 9162, section 2.1.3.2."""
    need(index < size, "its place is beyond the end of the ledger.", Vague)
    node, last = sha256(b"\0", leaf), size - 1
    for sibling in path:
        need(last > 0, "the path to the ledger's root is too long.", Vague)
        if index & 1 or index == last:
            node = sha256(b"\1", sibling, node)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            node = sha256(b"\1", node, sibling)
        index, last = index >> 1, last >> 1
    need(last == 0, "the path to the ledger's root is too short.", Vague)
    return node


def is_cell_of(cell: str, text: Any) -> bool:
    """Does a cell of a CSV file show this text? An apostrophe may stand before it, so that no spreadsheet runs it, and
    characters that cannot be seen stand as ‹U+XXXX›."""

    def plain(written: str) -> str:
        coded = re.sub("\u2039U\\+([0-9A-F]{4,6})\u203a", lambda found: chr(int(found[1], 16)), written)
        return coded.replace("\r\n", "\n")

    return isinstance(text, str) and plain(text) in (plain(cell), plain(cell[1:]) if cell[:1] == "'" else None)


# --------------------------------------------------------------------------- the check


class Check:
    """One check of one bundle: what was found, and everything that is wrong."""

    def __init__(self, bag: Any, zipped: Path | None, keys: list[str]) -> None:
        self.bag, self.zipped, self.given = bag, zipped, keys
        self.problems: list[str] = []
        self.facts: dict[str, Any] = {"noted": False, "versions": 0, "removals": 0, "unproven_media": 0}
        self.key = ""
        self.digests: dict[str, dict[str, str]] = {}
        self.hits: list[tuple[str, tuple[int, ...]]] = []
        self.items: list[dict[str, Any]] = []
        self.by_control: dict[str, dict[str, Any]] = {}
        self.fields: dict[Key, dict[str, Any]] = {}  # of a proven version: name -> what is shown of it, None if cut
        self.event: dict[str, Any] = {}
        self.stated: tuple[Any, Any] | None = None  # request and totals of the search statement
        self.searched = 0
        self.tree: tuple[int, bytes] | None = None  # size and root that the checkpoint signs

    def run(self) -> None:
        """All steps. A problem in one does not hide those in the next, unless the next rests on it."""
        if self.attempt(self.key_of_the_ledger, "The key in the bundle cannot be read"):
            self.attempt(self.zip_file, "The note beside the zip file cannot be read")
        self.attempt(self.bag_is_whole, "The bag cannot be read")
        if self.key:
            self.attempt(self.signature, "signature.note cannot be read")
            self.attempt(self.checkpoint, "The ledger's checkpoint cannot be read")
        if self.attempt(self.search, "The frozen search cannot be read"):
            self.attempt(self.search_entry, "The proof of the frozen search cannot be read")
            self.attempt(self.statement, "The search statement cannot be read")
            if self.attempt(self.reconciliation, "The reconciliation cannot be read"):
                self.attempt(self.proofs, "The proofs cannot be read")
                self.attempt(self.index, "The index cannot be read")
                self.attempt(self.log, "The withholding log cannot be read")
                self.attempt(self.files, "The files of the records cannot be read")

    def attempt(self, step: Callable[..., None], what: str, *given: Any) -> bool:
        try:
            step(*given)
        except Vague as vague:
            self.problems.append(f"{what}: {vague}")
        except Bad as bad:
            self.problems.append(str(bad))
        except UNREADABLE as error:
            self.problems.append(f"{what}: it is damaged, or made to mislead ({type(error).__name__}).")
        else:
            return True
        return False

    def expect(self, condition: Any, otherwise: str) -> None:
        if not condition:
            self.problems.append(otherwise)

    # ------------------------------------------------------------------ key, zip, bag

    def key_of_the_ledger(self) -> None:
        told = whole(self.bag, "data/proofs/key.txt", LARGEST_NOTE).decode().strip()
        self.expect(not self.given or told in self.given, "The bundle names another key than the one that you gave: it "
                    "does not come from whom you expect, or the key is not the right one.")  # fmt: skip
        try:
            self.facts["origin"] = parse_key(told)[0]
        except Bad as bad:
            raise Bad(f"data/proofs/key.txt holds no key. {bad}") from None
        self.key = told

    def zip_file(self) -> None:
        """The note over the zip file, if it lies beside it."""
        if self.zipped is None:
            return
        beside = (f"{self.zipped.name}.note", f"{self.bag.folder}.zip.note")
        note = next((p for p in map(self.zipped.with_name, beside) if p.is_file()), None)
        if note is None:
            return
        need(note.stat().st_size <= LARGEST_NOTE, "The note beside the zip file is not a signed note.")
        told = open_note(note.read_bytes(), self.key, "The note beside the zip file")
        with open(self.zipped, "rb") as file:
            size, sums = hashed(iter(lambda: file.read(CHUNK), b""))
        number = self.bag.folder[len("records-") :]
        self.expect(told == [BUNDLE_FILE, f"request {number}", f"file records-{number}.zip {size}",
                             *(f"{name} {digest}" for name, digest in sums.items())],
                    "The zip file is not the one that the note beside it signs: a byte of it was altered, or the two "
                    "do not belong together.")  # fmt: skip
        self.facts["noted"] = True

    def bag_is_whole(self) -> None:
        """RFC 8493: all that is listed is there, unaltered, for both algorithms; nothing else is."""
        self.expect("fetch.txt" not in self.bag.sizes, "There is a fetch.txt: files would come from elsewhere.")
        for name in self.bag.sizes:
            self.attempt(self._digest, f"{name} cannot be read", name)
        payload = {name for name in self.bag.sizes if name.startswith("data/")}
        for prefix, there in (("", payload), ("tag", set(self.bag.sizes) - payload - set(UNLISTED))):
            wrong: dict[tuple[str, str], list[str]] = {}
            for algorithm in HASHES:
                manifest = f"{prefix}manifest-{algorithm}.txt"
                self.attempt(self._manifest, f"{manifest} cannot be read", manifest, algorithm, there, wrong)
            for (name, what), manifests in sorted(wrong.items()):
                only = "" if len(manifests) == len(HASHES) else f" (by {manifests[0]} alone)"
                self.problems.append(f"{name} {what}{only}.")
        for name in (*TAG_FILES, *UNLISTED, *(f"data/{part}" for part in PARTS)):
            said = any(problem.startswith(f"{name} is missing") for problem in self.problems)
            self.expect(name in self.bag.sizes or said, f"{name} is missing: it is part of every answer.")
        self.attempt(self._bag_info, "bag-info.txt cannot be read", payload)

    def _digest(self, name: str) -> None:
        size, self.digests[name] = hashed(self.bag.chunks(name))
        need(size == self.bag.sizes[name], f"{name} changed while it was read.")

    def _digest_of(self, name: str, algorithm: str) -> str | None:
        return self.digests.get(name, {}).get(algorithm)

    def _manifest(
        self, manifest: str, algorithm: str, there: set[str], wrong: dict[tuple[str, str], list[str]]
    ) -> None:
        """Compare what is there with one list. What is wrong is added to `wrong`, by file."""
        line = re.compile(rb"([0-9a-f]{%d})  ([!-~](?:[ -~]*[!-~])?)" % HASHES[algorithm])
        listed: dict[str, str] = {}
        for raw in lines(self.bag, manifest):
            found = line.fullmatch(raw)
            need(found, f"{manifest} has a line that is no line of a manifest, or white space that nobody writes.")
            name = found[2].decode()  # type: ignore[index]
            need(name not in listed, f"{manifest} lists {name} twice.")
            listed[name] = found[1].decode()  # type: ignore[index]
        altered = {name for name in there & listed.keys() & self.digests.keys()
                   if self.digests[name][algorithm] != listed[name]}  # fmt: skip
        for what, names in (("is missing, though the list of files names it", listed.keys() - there),
                            ("was added: the list of files does not name it", there - listed.keys()),
                            ("was altered: the list of files has another fingerprint of it", altered)):  # fmt: skip
            for name in names:
                wrong.setdefault((name, what), []).append(manifest)

    def _bag_info(self, payload: set[str]) -> None:
        self.expect(whole(self.bag, "bagit.txt", LARGEST_NOTE) == DECLARATION, "bagit.txt is not that of a bag.")
        told: dict[str, list[str]] = {}
        for line in whole(self.bag, "bag-info.txt", LARGEST_NOTE).decode().splitlines():
            name, colon, value = line.partition(": ")
            need(colon or line[:1] == " ", "bag-info.txt has a line that says nothing.")
            told.setdefault(name, []).append(value)
        oxum = f"{sum(self.bag.sizes[name] for name in payload)}.{len(payload)}"
        self.expect(told.get("Payload-Oxum") == [oxum], "bag-info.txt tells of another number of files or bytes.")
        self.facts["organization"] = " ".join(told.get("Source-Organization", [""]))
        self.facts["identifier"] = told.get("External-Identifier", [""])[0]

    # ------------------------------------------------------------------ signatures

    def signature(self) -> None:
        told = open_note(whole(self.bag, "signature.note", LARGEST_NOTE), self.key, "signature.note")
        need(len(told) == 5 and told[0] == BUNDLE and told[1].startswith("request "), "signature.note signs no bundle.")
        self.facts["request"] = told[1][len("request ") :]
        self.facts["ledger_line"] = told[2]
        others = [f"tagmanifest-{algorithm}.txt" for line, algorithm in ((told[3], "sha256"), (told[4], "sha512"))
                  if line != f"tagmanifest-{algorithm} {self._digest_of(f'tagmanifest-{algorithm}.txt', algorithm)}"]
        self.expect(not others, f"{' and '.join(others)} cannot be what the ledger's key signed. "
                    "The bundle was altered, and its lists were made anew.")  # fmt: skip
        number = self.facts["request"]
        self.expect(self.facts.get("identifier") == number, "bag-info.txt names another request than the signature.")
        folder = getattr(self.bag, "folder", f"records-{number}")
        self.expect(folder == f"records-{number}", "The folder in the zip is named for another request.")

    def checkpoint(self) -> None:
        raw = whole(self.bag, "data/proofs/checkpoint.txt", LARGEST_NOTE)
        told = open_note(raw, self.key, "The ledger's checkpoint (data/proofs/checkpoint.txt)")
        need(len(told) >= 3 and re.fullmatch("0|[1-9][0-9]{0,17}", told[1]), "The checkpoint is no checkpoint.")
        root = base64_of(told[2])
        need(len(root) == 32 and told[0] == self.facts["origin"], "The checkpoint is that of another ledger.")
        self.tree = (int(told[1]), root)
        self.facts["ledger_size"] = int(told[1])
        line = f"ledger {told[0]} {told[1]} {told[2]}"
        self.expect(self.facts.get("ledger_line", line) == line,
                    "The checkpoint is another than the one that signature.note names.")  # fmt: skip

    def in_tree(self, leaf: Any, index: Any, path: Any, what: str) -> dict[str, Any]:
        """A line of the ledger, read, if it is in the tree that the checkpoint signs."""
        need(isinstance(leaf, str) and isinstance(path, list) and len(path) <= 64, f"{what}: the proof is not one.")
        read = read_json(leaf.encode())
        need(isinstance(read, dict) and canonical(read) == leaf.encode(), f"{what}: it is not a line of the ledger.")
        hashes = [hash_of(h) for h in path]
        if self.tree is not None:  # else the checkpoint has its own sentence
            size, root = self.tree
            found = root_from(leaf.encode(), count_of(index), size, hashes)
            need(found == root, f"{what}: it is not in the ledger that the checkpoint signs.")
        return read

    # ------------------------------------------------------------------ what the search found

    def search(self) -> None:
        """The frozen search: which records there are to account for."""
        event = read_json(whole(self.bag, "data/proofs/search.json"))
        need((event["format"], event["what"]) == (EVENT, "searched"), "data/proofs/search.json is no frozen search.")
        self.event, details = event, event["details"]
        self.searched = count_of(details["size"])
        self.hits = [(hit["rid"], tuple(hit["versions"])) for hit in details["hits"]]
        for rid, versions in self.hits:
            need(isinstance(rid, str) and rid and versions and all(type(v) is int and v > 0 for v in versions)
                 and sorted(set(versions)) == list(versions), "The frozen search has a hit that is none.")  # fmt: skip
        need(len({rid for rid, _ in self.hits}) == len(self.hits), "The frozen search has a hit twice.")

    def search_entry(self) -> None:
        """The frozen search is the object of an entry of the ledger."""
        entry = read_json(whole(self.bag, "data/proofs/search-entry.json"))
        raw = whole(self.bag, "data/proofs/search.json")
        need(isinstance(entry, dict) and entry.keys() == {"leaf", "leaf_index", "inclusion"},
             "data/proofs/search-entry.json is not the proof of an entry.")  # fmt: skip
        line = self.in_tree(entry["leaf"], entry["leaf_index"], entry["inclusion"], "The entry of the search")
        need((line["t"], line["what"]) == ("entry", "request.searched"), "The entry of the search is of another kind.")
        digest = sha256(raw).hex()
        taken = any((o["sha256"], o["size"]) == (digest, len(raw)) for o in line["objects"])
        self.expect(taken and line["note"]["object"] == digest, "The frozen search (data/proofs/search.json) is not "
                    "the one that the ledger took in: its list of hits may have been changed.")  # fmt: skip
        self.expect((self.event["request"], self.event["event"]) == (line["note"]["request"], line["note"]["event"]),
                    "The frozen search is that of another request.")  # fmt: skip
        self.expect(self.searched <= entry["leaf_index"], "The frozen search covers a ledger that was not there yet.")

    def statement(self) -> None:
        """What people read about the search is what was frozen: its terms, its gaps, its counts."""
        told, details = read_json(whole(self.bag, "data/6-search-statement.json")), self.event["details"]
        need(isinstance(told, dict), "data/6-search-statement.json is no statement.")
        frozen = told["frozen"]
        gaps = [{k: v for k, v in gap.items() if k != "reason_in_words"} for gap in told["gaps"]]
        same = {
            "the terms": (told["terms"], details["terms"]), "the gaps": (gaps, details["gaps"]),
            "what was destroyed before": (told["destroyed"], details["disposed"]),
            "where it was frozen": ((frozen["sha256"], frozen["position"], frozen["leaves"]), (
                self._digest_of("data/proofs/search.json", "sha256"), details["position"], details["size"])),
            "the hits": ((told["hits"], told["versions"]), (len(self.hits), sum(len(v) for _, v in self.hits))),
            **{f"what was {name}": (told[name], details[name]) for name in ("searched", "excluded", "quarantined")},
        }  # fmt: skip
        for what, (ours, theirs) in same.items():
            self.expect(canonical(ours) == canonical(theirs),
                        f"The search statement says something else of {what} than the frozen search.")  # fmt: skip
        self.stated = (told["request"], told["totals"])

    def reconciliation(self) -> None:
        """Every hit of the search has ended one way, and the ways add up."""
        told = read_json(whole(self.bag, "data/proofs/reconciliation.json"))
        need(isinstance(told, dict) and told.keys() == {"hits", *OUTCOMES, "items"} and isinstance(told["items"], list),
             "data/proofs/reconciliation.json is no reconciliation.")  # fmt: skip
        items = told["items"]
        for item in items:
            need(isinstance(item, dict) and item.keys() == {"control", "rid", "outcome", "codes", "certificate"}
                 and isinstance(item["control"], str) and isinstance(item["codes"], list)
                 and all(isinstance(c, str) and c for c in item["codes"]) and item["outcome"] in OUTCOMES,
                 "The reconciliation has an item that is none.")  # fmt: skip
        counted = Counter(item["outcome"] for item in items)
        for outcome in OUTCOMES:
            self.expect(count_of(told[outcome]) == counted[outcome], f"The reconciliation tells of {told[outcome]:,} "
                        f"{outcome} records and lists {counted[outcome]:,}.")  # fmt: skip
        self.expect(count_of(told["hits"]) == len(items), "The reconciliation's total is not the number of its items.")
        self.facts.update({outcome: counted[outcome] for outcome in OUTCOMES}, hits=len(self.hits))
        ours, found = [item["rid"] for item in items], [rid for rid, _ in self.hits]
        places = {rid: place for place, rid in enumerate(found, 1)}
        left, more = [rid for rid in found if rid not in set(ours)], [rid for rid in ours if rid not in places]
        for rid in left:
            self.problems.append(f"Hit {places[rid]} of the search has been left out of the answer.")
        self.expect(not more, f"The answer accounts for {len(more):,} records that the search did not find.")
        self.expect(left or more or ours == found, "The answer lists the hits in another order than the search, or one "
                    "of them twice.")  # fmt: skip
        self.items = items
        if self.stated:
            request, totals = self.stated
            counts = {"hits": len(items), "undecided": 0, **{outcome: counted[outcome] for outcome in OUTCOMES}}
            self.expect(request == self.facts.get("request", request) and totals == counts,
                        "The search statement says something else of the totals than the reconciliation.")  # fmt: skip
        self._controls()

    def _controls(self) -> None:
        """Each hit has the control number of its place, and what its outcome demands."""
        number, prefixes = self.facts.get("request", self.facts.get("identifier", "")), set()
        for place, item in enumerate(self.items, 1):
            control, outcome = item["control"], item["outcome"]
            start, dash, digits = control.rpartition("-")
            prefixes.add((start, len(digits)))
            named = dash and start.endswith(f"-{number}") and re.fullmatch("[0-9]+", digits) and int(digits) == place
            self.expect(named, f"The control number {control!r} is not that of place {place} of the search.")
            self.expect(control not in self.by_control, f"The control number {control!r} is given twice.")
            self.by_control[control] = item
            hidden = outcome in ("redacted", "withheld")
            self.expect(bool(item["codes"]) == hidden,
                        f"{control} is {outcome}, and {'no' if hidden else 'yet an'} exemption is named.")  # fmt: skip
            certificate = item["certificate"]
            fits = isinstance(certificate, str) and certificate if outcome == "disposed" else certificate is None
            self.expect(fits, f"{control} is {outcome}, and " + ("no certificate of destruction is named."
                        if outcome == "disposed" else "yet a certificate of destruction is named."))  # fmt: skip
        self.expect(len(prefixes) <= 1, "The control numbers are not all of one form.")

    # ------------------------------------------------------------------ proofs

    def proofs(self) -> None:
        """One proof for each version of each hit that is still in the archive."""
        wanted = {(rid, version): item for item, (rid, versions) in self._paired() for version in versions
                  if item["outcome"] != "disposed"}  # fmt: skip
        leaves: set[int] = set()
        for n, raw in enumerate(lines(self.bag, "data/proofs/records.jsonl"), 1):
            self.attempt(self._proof, f"Line {n} of data/proofs/records.jsonl cannot be read", n, raw, wanted, leaves)
        for rid, version in wanted.keys() - self.fields.keys():
            self.problems.append(f"Version {version} of {wanted[rid, version]['control']} is not proven.")
        self.facts["versions"] = len(self.fields)

    def _paired(self) -> list[tuple[dict[str, Any], tuple[str, tuple[int, ...]]]]:
        versions = dict(self.hits)
        return [(item, (item["rid"], versions[item["rid"]])) for item in self.items if item["rid"] in versions]

    def _proof(self, n: int, raw: bytes, wanted: dict[Key, dict[str, Any]], leaves: set[int]) -> None:
        told, what = read_json(raw), f"Line {n} of data/proofs/records.jsonl"
        need(isinstance(told, dict) and told.keys() == {"control", "rid", "version", "leaf", "leaf_index", "inclusion",
             "fields"} and type(told["version"]) is int, f"{what} is no proof.")  # fmt: skip
        key = (told["rid"], told["version"])
        item = wanted.get(key)
        need(item is not None, f"{what} proves a record that is not among the hits, or not in the archive.")
        assert item is not None
        what = f"{item['control']}, version {key[1]}"
        need(key not in self.fields, f"{what}: it is proven twice.")
        self.expect(told["control"] == item["control"], f"{what}: the proof names another control number.")
        shown, commitment = self._commitment(told["fields"], f"{item['control']}-v{key[1]}", what)
        self.fields[key] = shown
        line = self.in_tree(told["leaf"], told["leaf_index"], told["inclusion"], what)
        need((line["t"], line["rid"], line["ver"]) == ("record", *key), f"{what}: the ledger's line is another's.")
        self.expect(line["c"] == commitment.hex(), f"{what}: it is not what was recorded when it was captured: a field "
                    "was altered, added or removed.")  # fmt: skip
        self.expect(told["leaf_index"] not in leaves, f"{what}: another record has the same line of the ledger.")
        self.expect(told["leaf_index"] < self.searched, f"{what}: it came into the ledger after the search.")
        leaves.add(told["leaf_index"])
        cut = [name for name, value in shown.items() if value is None]
        if item["outcome"] == "released":
            self.expect(not cut, f"{what}: it is called released in full, but {', '.join(cut)} is withheld.")
        if item["outcome"] == "withheld":
            self.expect(len(cut) == len(shown), f"{what}: it is called withheld, but a part of it is shown.")

    def _commitment(self, fields: Any, stem: str, what: str) -> tuple[dict[str, Any], bytes]:
        """What is shown of each field, and the commitment that they make together."""
        need(isinstance(fields, list) and fields, f"{what}: the proof has no fields.")
        names = [field["name"] for field in fields]
        need(all(isinstance(name, str) and re.fullmatch("[a-z_]+", name) for name in names)
             and names == sorted(set(names)), f"{what}: the fields are out of order or not unique.")  # fmt: skip
        shown: dict[str, Any] = {}
        parts = []
        for field in fields:
            name = field["name"]
            if field.keys() == {"name", "commitment"}:
                shown[name], own = None, hash_of(field["commitment"])
            else:
                need(field.keys() in FORMS, f"{what}: {name} is no field.")
                running = hashlib.sha256(hash_of(field["salt"]) + name.encode() + b"\0")
                if "file" in field:
                    shown[name] = {"file": field["file"]}
                    for piece in self._file(field, stem, what):
                        running.update(piece)
                else:
                    shown[name] = field["value"]
                    running.update(_typed(field["value"], what))
                own = running.digest()
            parts.append(name.encode() + b"\0" + own)
        return shown, sha256(b"record/v1\n", *parts)

    def _file(self, field: dict[str, Any], stem: str, what: str) -> Iterator[bytes]:
        """A value that is the bytes of a file, with its type in front."""
        file = f"data/{field['file']}"
        own = file.startswith(f"data/native/{stem}.") and OF_A_VERSION.fullmatch(file)
        need(own and field["name"] == "native", f"{what}: the proof names a file of another record.")
        need(file in self.bag.sizes, f"{file} is missing.")
        yield b"b"
        yield from self.bag.chunks(file)

    # ------------------------------------------------------------------ what people read, against what is proven

    def _rows(self, name: str, columns: tuple[str, ...]) -> Iterator[dict[str, str]]:
        """Rows of a CSV file that has these columns and perhaps others."""
        csv.field_size_limit(LARGEST_LINE)
        text = whole(self.bag, name).decode("utf-8-sig")
        rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        head = next(rows, [])
        need(set(columns) <= set(head) and len(set(head)) == len(head), f"{name} lacks a column, or has one twice.")
        for n, row in enumerate(rows, 2):
            need(len(row) == len(head), f"{name}: row {n} has another number of cells than there are columns.")
            yield {column: row[at].lstrip("'") if column in columns else row[at] for at, column in enumerate(head)}

    def index(self) -> None:
        """The index has one row for each version of each hit, and says of it what is said and proven elsewhere."""
        name = "data/4-index.csv"
        wanted = {(item["control"], str(v)): (item, v) for item, (_, versions) in self._paired() for v in versions}
        for row in self._rows(name, ("control", "version", "outcome", "codes", "rid")):
            item, version = wanted.pop((row["control"], row["version"]), (None, 0))
            which = f"{row['control']!r}, version {row['version']!r}"
            if item is None:
                self.problems.append(f"{name} has a row too many: {which}.")
                continue
            told = (row["outcome"], row["rid"], sorted(filter(None, map(str.strip, row["codes"].split(";")))))
            self.expect(told == (item["outcome"], item["rid"], sorted(item["codes"])),
                        f"{name} says something else of {which} than the reconciliation.")  # fmt: skip
            body = self.fields.get((item["rid"], version), {}).get("body")
            self.expect(body is None or "text" not in row or is_cell_of(row["text"], body.get("s")),
                        f"{name} shows another text of {which} than was recorded when it was captured.")  # fmt: skip
        for control, number in wanted:
            self.problems.append(f"{name} has no row for {control}, version {number}.")

    def log(self) -> None:
        """Every record that is withheld and every one that is cut has a row with an exemption, and no other has."""
        name = "data/5-withholding-log.csv"
        logged: dict[str, set[str]] = {}
        for row in self._rows(name, ("control", "version", "field", "what", "exemption", "citation", "basis")):
            item = self.by_control.get(row["control"])
            self.facts["removals"] += 1
            logged.setdefault(row["control"], set()).add(row["version"])
            if item is None or item["outcome"] not in ("redacted", "withheld"):
                self.problems.append(f"{name} has a row for {row['control']!r}, of which nothing is withheld.")
                continue
            self.expect(row["exemption"] in item["codes"],
                        f"{name} names another exemption for {row['control']} than the reconciliation.")  # fmt: skip
        for item, (rid, versions) in self._paired():
            rows = logged.get(item["control"], set())
            if item["outcome"] in ("redacted", "withheld"):
                self.expect(rows, f"{item['control']} is {item['outcome']}, but {name} gives no reason.")
            for version in versions if item["outcome"] == "redacted" and rows else ():
                cut = None in self.fields.get((rid, version), {}).values()
                self.expect(not cut or rows & {"", str(version)}, f"Something is cut from {item['control']}, version "
                            f"{version}, but {name} gives no reason.")  # fmt: skip

    def files(self) -> None:
        """Every file of a record belongs to a version that is shown; every version that is shown has its file."""
        versions = {(item["control"], v): (item, (rid, v)) for item, (rid, all_) in self._paired() for v in all_}
        have: dict[tuple[str, int], set[str]] = {}
        media: dict[tuple[str, int], set[int]] = {}
        for name in sorted(self.bag.sizes):
            if not name.startswith(("data/native/", "data/redacted/", "data/media/")):
                continue
            found = OF_A_VERSION.fullmatch(name)
            of = (found[2], int(found[3])) if found else ("", 0)
            item, key = versions.get(of, (None, ("", 0)))
            if not found or item is None or (found[1] == "media") != (found[4] is not None):
                self.problems.append(f"{name} belongs to no record of this answer.")
            elif item["outcome"] not in SHOWN:
                self.problems.append(f"{name} is there, though {of[0]} is {item['outcome']}.")
            elif found[1] == "media":
                media.setdefault(of, set()).add(int(found[4]))
                self.attempt(self._attachment, f"{name} cannot be read", name, int(found[4]), key)
            else:
                have.setdefault(of, set()).add(found[1])
                self.attempt(self._own_file, f"{name} cannot be read", name, found[1], of, key)
        for of, (item, key) in versions.items():
            if item["outcome"] in SHOWN:
                self.expect(len(have.get(of, ())) == 1, f"{of[0]}, version {of[1]}: there is no file with its text, or "
                            "more than one.")  # fmt: skip
            if item["outcome"] == "released":
                self.attempt(self._all_attachments, f"The attachments of {of[0]} cannot be read", of, key,
                             media.get(of, set()))  # fmt: skip

    def _own_file(self, name: str, kind: str, of: tuple[str, int], key: Key) -> None:
        fields = self.fields.get(key, {})
        if kind == "native":
            named = {"file": name[len("data/") :]}
            need(fields.get("native") == named, f"{name} is not the file that its proof names.")
            return
        told = read_json(whole(self.bag, name))
        marked = (told["format"], told["control"], told["version"]) == (REDACTED, *of) and told["redacted"] is True
        need(marked and type(told["version"]) is int,
             f"{name} is marked as that of another record, or not marked.")  # fmt: skip
        need(isinstance(told["cut"], dict) and isinstance(told["record"], dict), f"{name} is no redacted record.")
        hidden = {field for field, value in fields.items() if value is None}
        self.expect({field for field in told["cut"] if field in fields} == hidden,
                    f"{name} marks other fields as cut than its proof.")  # fmt: skip
        for field, columns in COLUMNS.items():
            value = fields.get(field)
            if value is not None:
                (shown,) = value.values()
                proven = [None if one == [] else one for one in (shown if len(columns) > 1 else [shown])]
                written = [None if one == [] else one for one in map(told["record"].get, columns)]
                self.expect(canonical(written) == canonical(proven), f"{name}: what it shows ({field}) is not what was "
                            "recorded when it was captured.")  # fmt: skip

    def _listed(self, key: Key) -> list[Any] | None:
        """The attachments that a record commits to; None if they are not shown."""
        value = self.fields.get(key, {}).get("media")
        return list(value["j"]) if value is not None else None

    def _attachment(self, name: str, number: int, key: Key) -> None:
        need("media" in self.fields.get(key, {}), f"{name} belongs to a record that has no attachments.")
        listed = self._listed(key)
        need(listed is None or 0 <= number < len(listed), f"{name} is an attachment that its record does not have.")
        same = listed is not None and listed[number]["sha256"] == self._digest_of(name, "sha256")
        self.facts["unproven_media"] += not same

    def _all_attachments(self, of: tuple[str, int], key: Key, there: set[int]) -> None:
        for number, one in enumerate(self._listed(key) or []):
            self.expect(number in there or not one["sha256"], f"Attachment {number} of {of[0]}, version {of[1]}, is "
                        "not in the bundle, though the record is called released in full.")  # fmt: skip


# --------------------------------------------------------------------------- the verdict


def printable(text: str) -> str:
    """A hostile name must not move the cursor of whoever reads about it."""
    return "".join(c if c.isprintable() else "\\u%04x" % ord(c) for c in text[:2000])  # noqa: UP031


def counted(number: int, one: str, more: str) -> str:
    return f"{number:,} {one if number == 1 else more}"


def verdict(check: Check) -> str:
    facts = check.facts
    if check.problems:
        rest = len(check.problems) - MOST_SHOWN
        said = [f"  - {problem}" for problem in check.problems[:MOST_SHOWN]]
        said += [f"  - and {counted(rest, 'more problem', 'more problems')}"] if rest > 0 else []
        return "\n".join(["This answer is NOT as it was released.", *said,
                          "  Keep this copy as it is, and ask the public body for a new one."])  # fmt: skip
    whose = f" of {facts['organization']}" if facts["organization"] else ""
    said = [
        "This answer is whole and unaltered.",
        f"  Request {facts['request']}{whose}, signed by the ledger {facts['origin']}",
        f"  {counted(facts['hits'], 'record', 'records')} matched the search. {facts['released']:,} are here in full, "
        f"{facts['redacted']:,} with words removed, {facts['withheld']:,} withheld, {facts['disposed']:,} destroyed on "
        "schedule. None is missing.",
        f"  {counted(facts['versions'], 'version is', 'versions are')} proven against the signed ledger of "
        f"{facts['ledger_size']:,} lines; {counted(facts['removals'], 'removal is', 'removals are')} marked.",
    ]
    if facts["unproven_media"]:
        said.append(f"  {counted(facts['unproven_media'], 'attachment is', 'attachments are')} not byte for byte as "
                    "captured: hidden data was removed, or what it is attached to is not shown.")  # fmt: skip
    if check.zipped is not None and not facts["noted"]:
        said.append("  No note lies beside the zip file; all that is in it was checked nevertheless.")
    said.append("  Key: the one that you gave." if check.given else "  Key: taken from the bundle itself - compare it "
                f"with the one that the public body publishes:\n    {check.key}")  # fmt: skip
    return "\n".join(said)


def find(given: str | None) -> Path:
    """The bundle that is meant: the path given, or what this file lies in or beside."""
    here = Path(given) if given else Path(__file__).resolve().parent
    if not here.exists():
        raise Unusable(f"There is no {here}.")
    if here.is_file() or (here / "bagit.txt").is_file():
        return here
    if not given and here.name == "data" and (here.parent / "bagit.txt").is_file():
        return here.parent
    near = sorted(p for p in here.iterdir() if p.name.startswith("records-"))
    for found in ([p for p in near if p.is_file() and p.suffix == ".zip"],
                  [p for p in near if p.is_dir() and (p / "bagit.txt").is_file()]):  # fmt: skip
        if len(found) == 1:
            return found[0]
    raise Unusable(f"It is not clear which bundle is meant: give the zip file or the folder. Looked in {here}.")


def keys_of(key: str | None, file: str | None) -> list[str]:
    """The verifier keys that were given: a ledger that has changed its key has several."""
    try:
        text = key if key is not None else Path(file).read_text("utf-8") if file is not None else None
        found = [line.strip() for line in (text or "").splitlines() if line.strip()[:1] not in ("", "#")]
        for one in found:
            parse_key(one)
    except (OSError, ValueError) as error:
        raise Unusable(f"The file with the key cannot be read: {error}.") from None
    except Bad as bad:
        raise Unusable(f"The key that you gave is no verifier key. {bad}") from None
    if text is not None and not found:
        raise Unusable("No key was given.")
    return found


def verify(path: Path, keys: list[str]) -> Check:
    """Check the bundle at `path`; never raises on what it holds."""
    zipped = path if path.is_file() else None
    check = Check(None, zipped, keys)
    if zipped and path.stat().st_size > SLOW and sys.stderr.isatty():
        print(f"Reading {path.stat().st_size:,} bytes. This takes a while.", file=sys.stderr)

    def opened() -> None:
        check.bag = Zip(path) if zipped else Folder(path)

    if check.attempt(opened, "It is not a bundle that can be opened"):
        check.run()
    return check


def main(arguments: list[str] | None = None) -> int:
    about = (__doc__ or "").split("\n\n")
    parser = argparse.ArgumentParser(prog="verify.py", description=about[0], epilog="\n\n".join(about[2:]),
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("bundle", nargs="?", help="the zip file or its folder; default: the one that this file is in")
    key = parser.add_mutually_exclusive_group()
    key.add_argument("--key", help="the verifier key that the public body publishes")
    key.add_argument("--key-file", help="a file with that key")
    parser.add_argument("--json", action="store_true", help="the outcome as JSON")
    options = parser.parse_args(arguments)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        path = find(options.bundle)
        if not os.access(path, os.R_OK):
            raise Unusable(f"{path} may not be read.")
        check = verify(path, keys_of(options.key, options.key_file))
    except (Unusable, OSError) as error:
        print(printable(str(error)), file=sys.stderr)
        return UNUSABLE
    if options.json:
        facts = {name: value for name, value in check.facts.items() if name not in ("ledger_line", "identifier")}
        print(json.dumps({"ok": not check.problems, "problems": [printable(p) for p in check.problems], **facts,
                          "key": check.key, "key_given": bool(check.given)}, sort_keys=True))  # fmt: skip
    else:
        for line in verdict(check).split("\n"):
            print(textwrap.fill(printable(line), WIDTH, subsequent_indent="    ", break_long_words=False,
                                break_on_hyphens=False))  # fmt: skip
    return ALTERED if check.problems else WELL


if __name__ == "__main__":
    sys.exit(main())
