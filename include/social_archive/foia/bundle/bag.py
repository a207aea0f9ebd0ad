"""The bag: payload, manifests, signature, written as one zip in one pass (RFC 8493; docs/bundle-format.md).

Every name is checked before it is written: what unpacks well on one computer must unpack well on all.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Final

from social_archive import __version__
from social_archive.errors import ArchiveError
from social_archive.foia.bundle.model import Contents, Evidence, File
from social_archive.foia.bundle.zipping import Hashed, Zip, hash_of
from social_archive.note import Signer

BUNDLE: Final = "social-records-archive/bundle/v1"
BUNDLE_FILE: Final = "social-records-archive/bundle-file/v1"
LONGEST: Final = 200
"""Bytes of a path in the bag: what every unzip program takes."""

_AS_PAPER: Final = 5
"""The records' pages for a screen and on paper, as a multiple of the first: measured 2.6."""

_PART: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?", re.ASCII)
_DEVICES: Final = frozenset({"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(10))})
_TAGS: Final = ("bag-info.txt", "bagit.txt", "manifest-sha256.txt", "manifest-sha512.txt")

Tick = Callable[[int, int], None]


class BadName(ArchiveError):
    """A file of the bundle has a name that could harm or mislead whoever unpacks it. The bundle was not completed."""

    remedy = "Nothing was released. If the number of the request has unusual characters, give the request another."


class Changed(ArchiveError):
    """A file changed between review and bundle. The bundle was not completed."""

    remedy = "Nothing was released. Run `archive audit`, then the same command again."


def write(path: Path, contents: Contents, files: Iterable[File], signer: Signer, tick: Tick = lambda done, of: None,
          between: Callable[[], None] = lambda: None, *, later: Iterable[File] = ()) -> Hashed:  # fmt: skip
    """Write the bag of these files as `path`; the size and hashes of the zip. `between` is called after each file.

    `later`: files that are still made while the others are packed; they come behind them, in their order.
    Raises BadName, Changed, and what making those raises: then there is no file `path`.
    """
    payload = sorted(files, key=lambda file: file.path)
    names = [file.path for file in payload]
    require_safe(names, within=f"{contents.name}/data/")
    taken: dict[str, Hashed] = {}
    with Zip(path, contents.at, expected=_expected(payload)) as bag:
        for done, file in enumerate(chain(payload, later), 1):
            if done > len(payload):
                names.append(file.path)
                require_safe(names[-1:], within=f"{contents.name}/data/")
            hashed = bag.add(f"{contents.name}/data/{file.path}", file.body)
            if file.sha256 not in (None, hashed.sha256):
                raise Changed(f"{file.path} is not what the archive committed to.")
            taken[f"data/{file.path}"] = hashed
            tick(done, max(done, len(payload)))
            between()
        require_safe(names, within=f"{contents.name}/data/")
        for name, body in _tag_files(contents, taken, signer).items():
            bag.add(f"{contents.name}/{name}", body)
    return hash_of(path)


def _expected(payload: Iterable[File]) -> int:
    """How many bytes the bag will hold at most; what is still made repeats what the page for a screen shows."""
    return sum(file.size * (_AS_PAPER if file.path.endswith("/records.html") else 1) for file in payload)


def require_safe(names: Iterable[str], *, within: str = "") -> None:
    """Raises BadName for names that are not safe on every computer, or that would fall on each other on some."""
    folders: set[str] = set()
    seen: set[str] = set()
    for name in names:
        if not is_safe(within + name):
            raise BadName(f"{ascii(name)[:80]} is no name for a file in a bundle.")
        folded = name.lower()
        if folded in seen:
            raise BadName(f"{name} is in the bundle twice (small and capital letters are one on many computers).")
        seen.add(folded)
        folders.update(folded[: slash.start()] for slash in re.finditer("/", folded))
    if both := sorted(seen & folders):
        raise BadName(f"{both[0]} is a file and a folder at once.")


def is_safe(name: str) -> bool:
    """ASCII letters, digits, `.`, `_`, `-`; no folder upwards, no device, nothing hidden, not too long."""
    parts = name.split("/")
    return (len(name) <= LONGEST and all(_PART.fullmatch(part) for part in parts)
            and not any(part.split(".")[0].lower() in _DEVICES for part in parts))  # fmt: skip


# --------------------------------------------------------------------------- tag files


def _tag_files(contents: Contents, taken: Mapping[str, Hashed], signer: Signer) -> dict[str, bytes]:
    bodies = {
        "bag-info.txt": _bag_info(contents, taken),
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "manifest-sha256.txt": _manifest({name: hashed.sha256 for name, hashed in taken.items()}),
        "manifest-sha512.txt": _manifest({name: hashed.sha512 for name, hashed in taken.items()}),
    }
    tags = {
        "tagmanifest-sha256.txt": _manifest({name: hashlib.sha256(bodies[name]).hexdigest() for name in _TAGS}),
        "tagmanifest-sha512.txt": _manifest({name: hashlib.sha512(bodies[name]).hexdigest() for name in _TAGS}),
    }
    signature = signer.sign_note(_bag_text(contents.request.number, contents.evidence, tags))
    return {**bodies, "signature.note": signature.encode(), **tags}


def _manifest(hashes: Mapping[str, str]) -> bytes:
    return "".join(f"{hashes[name]}  {name}\n" for name in sorted(hashes)).encode()


def _bag_info(contents: Contents, taken: Mapping[str, Hashed]) -> bytes:
    body = contents.agency.body
    lines = [
        ("Source-Organization", body.name), ("Organization-Address", body.address),
        ("Contact-Email", body.contact_email), ("Contact-Phone", body.contact_phone),
        ("External-Identifier", contents.request.number),
        ("External-Description", "Public records in answer to a request, with proofs"),
        ("Bagging-Date", f"{contents.at:%Y-%m-%d}"),
        ("Payload-Oxum", f"{sum(hashed.size for hashed in taken.values())}.{len(taken)}"),
        ("Bag-Software-Agent", f"social-records-archive {__version__}"),
    ]  # fmt: skip
    return "".join(f"{name}: {' '.join(value.split())}\n" for name, value in lines if value).encode()


# --------------------------------------------------------------------------- notes


def _bag_text(number: str, evidence: Evidence, tags: Mapping[str, bytes]) -> str:
    return "\n".join((
        BUNDLE,
        f"request {number}",
        f"ledger {evidence.origin} {evidence.size} {base64.b64encode(evidence.root).decode()}",
        f"tagmanifest-sha256 {hashlib.sha256(tags['tagmanifest-sha256.txt']).hexdigest()}",
        f"tagmanifest-sha512 {hashlib.sha512(tags['tagmanifest-sha512.txt']).hexdigest()}",
        "",
    ))  # fmt: skip


def file_note(signer: Signer, number: str, name: str, hashed: Hashed) -> str:
    """The signed note that lies beside the zip."""
    return signer.sign_note("\n".join((
        BUNDLE_FILE,
        f"request {number}",
        f"file {name} {hashed.size}",
        f"sha256 {hashed.sha256}",
        f"sha512 {hashed.sha512}",
        "",
    )))  # fmt: skip
