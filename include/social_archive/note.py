"""Signed checkpoints: the C2SP formats `signed-note` and `tlog-checkpoint`, Ed25519 only.

A checkpoint is three lines of text (origin, tree size, root in base64), a blank line, and signature lines::

    larkspur.example/social-records
    4711
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — larkspur.example/social-records Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe…

Other people's tools (Go's sumdb/note, witnesses) read and write the same text and the same key formats:
verifier key `<name>+<8 hex digits>+<base64>`, private key `PRIVATE+KEY+<name>+<8 hex digits>+<base64>`.
Sources: c2sp.org/signed-note, c2sp.org/tlog-checkpoint, pkg.go.dev/golang.org/x/mod/sumdb/note.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from social_archive.errors import ArchiveError, ConfigError

ED25519: Final = b"\x01"
_DASH: Final = "— "
_MAX_NOTE: Final = 64 * 1024
_MAX_SIGNATURES: Final = 64


class BadNote(ArchiveError):
    """The text is not a signed note, or no signature on it is by a key that we trust."""

    remedy = "It was altered or signed by another key. Keep the bucket as it is and run `archive ledger verify`."


class WrongKey(BadNote):
    """A well-formed note without a signature by the key that was expected."""


# --------------------------------------------------------------------------- keys


@dataclass(frozen=True)
class Verifier:
    """A verifier key (vkey): who signs, and the public key."""

    name: str
    key_id: bytes  # 4 bytes
    public: Ed25519PublicKey

    @classmethod
    def parse(cls, vkey: str) -> Verifier:
        """From the text form. Raises BadNote."""
        name, _, rest = vkey.strip().partition("+")
        hexed, _, encoded = rest.partition("+")
        key = _decode64(encoded)
        if not _is_name(name) or key is None or len(key) != 33 or key[:1] != ED25519:
            raise BadNote("This is not an Ed25519 verifier key (vkey).")
        if hexed != _key_id(name, key).hex():
            raise BadNote("The verifier key's name and key do not belong together.")
        return cls(name, _key_id(name, key), Ed25519PublicKey.from_public_bytes(key[1:]))


class Signer:
    """A private key with its name. Its text and seed never appear in `repr` or in a message."""

    def __init__(self, name: str, seed: bytes) -> None:
        if not _is_name(name):
            raise ConfigError("A ledger's origin has no space and no plus sign, e.g. larkspur.example/social-records.")
        self.name = name
        self._seed = seed
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self._public = ED25519 + self._private.public_key().public_bytes_raw()
        self._txn_key: bytes | None = None

    def __repr__(self) -> str:
        return f"Signer({self.name!r})"

    @classmethod
    def generate(cls, origin: str) -> Signer:
        return cls(origin, os.urandom(32))

    @classmethod
    def parse(cls, text: str) -> Signer:
        """From `PRIVATE+KEY+name+id+base64`. Raises ConfigError (without the text)."""
        parts = text.strip().split("+", 4)
        key = _decode64(parts[4]) if len(parts) == 5 and parts[:2] == ["PRIVATE", "KEY"] else None
        if key is None or len(key) != 33 or key[:1] != ED25519 or not _is_name(parts[2]):
            raise ConfigError("The ledger's signing key is not in the form PRIVATE+KEY+name+id+base64 (Ed25519).")
        signer = cls(parts[2], key[1:])
        if signer.key_id.hex() != parts[3]:
            raise ConfigError("The ledger's signing key is damaged: its id does not match its name and key.")
        return signer

    @classmethod
    def load(cls, reference: str) -> Signer:
        """From `file:PATH` or any reference that `config.resolve_secret` knows (`env:NAME`)."""
        if not reference.startswith("file:"):
            from social_archive.config import resolve_secret

            return cls.parse(resolve_secret(reference))
        path = Path(reference.removeprefix("file:")).expanduser()
        try:
            return cls.parse(path.read_text())
        except OSError as error:
            raise ConfigError(
                f"The ledger's signing key cannot be read: {path} ({error.strerror}).",
                remedy="Restore it from its safe copy, or name another in agency.yaml under `ledger: signing_key:`. "
                "Nothing is written without it.",
            ) from error

    def save(self, path: Path) -> None:
        """Write the key for the owner alone. Raises FileExistsError: a key is never overwritten."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(self.text() + "\n")

    def text(self) -> str:
        """The secret text form."""
        return f"PRIVATE+KEY+{self.name}+{self.key_id.hex()}+{_encode64(ED25519 + self._seed)}"

    @property
    def key_id(self) -> bytes:
        return _key_id(self.name, self._public)

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_encode64(self._public)}"

    def sign_note(self, text: str) -> str:
        """The signed note over `text`, which ends with a newline."""
        if not text.endswith("\n"):
            raise ValueError("a note's text ends with a newline")
        return f"{text}\n{_DASH}{self.name} {_encode64(self.key_id + self._private.sign(text.encode()))}\n"

    def txn_id(self, *parts: str | bytes) -> str:
        """A deterministic id of a piece of work (64 hex digits) that tells nobody without the key what the work was."""
        if self._txn_key is None:
            hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"social-records-archive/txn/v1")
            self._txn_key = hkdf.derive(self._seed)
        mac = hmac.new(self._txn_key, digestmod=hashlib.sha256)
        for part in parts:
            raw = part.encode() if isinstance(part, str) else part
            mac.update(len(raw).to_bytes(8, "big") + raw)
        return mac.hexdigest()


def txn_id(signer: Signer, *parts: str | bytes) -> str:
    return signer.txn_id(*parts)


# --------------------------------------------------------------------------- notes


def verify_note(note: str, vkey: str | Iterable[str]) -> str:
    """The note's text if at least one signature on it is by one of `vkey`, and none by those is wrong.

    Signatures by unknown keys (witnesses) are ignored, as C2SP demands. Raises BadNote.
    """
    text, signatures = _split_note(note)
    known = [Verifier.parse(k) for k in ((vkey,) if isinstance(vkey, str) else vkey)]
    good = False
    for name, key_id, signature in signatures:
        for key in known:
            if (key.name, key.key_id) == (name, key_id):
                try:
                    key.public.verify(signature, text.encode())
                except InvalidSignature:
                    raise BadNote(f"The signature of {name} on this checkpoint is wrong.") from None
                good = True
    if not good:
        raise WrongKey("No signature on this checkpoint is by the key that was expected.")
    return text


def _split_note(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """(text, [(name, key id, signature)]). Raises BadNote."""
    controls = any((c < " " and c != "\n") or "\ud800" <= c <= "\udfff" for c in note)
    if len(note) > _MAX_NOTE or not note.endswith("\n") or controls:
        raise BadNote("This is not a signed note.")
    body, blank, tail = note.rpartition("\n\n")
    lines = tail.removesuffix("\n").split("\n")
    if not blank or not tail or len(lines) > _MAX_SIGNATURES:
        raise BadNote("This is not a signed note: it has no signature.")
    signatures = []
    for line in lines:
        name, _, encoded = line.removeprefix(_DASH).partition(" ")
        raw = _decode64(encoded)
        if not line.startswith(_DASH) or not _is_name(name) or raw is None or len(raw) < 5:
            raise BadNote("This is not a signed note: a signature line is malformed.")
        signatures.append((name, raw[:4], raw[4:]))
    return body + "\n", signatures


# --------------------------------------------------------------------------- checkpoints


@dataclass(frozen=True)
class Checkpoint:
    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{_encode64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """From a note's text; extension lines are allowed and ignored. Raises BadNote."""
        lines = text.split("\n")
        root = _decode64(lines[2]) if len(lines) >= 4 else None
        size = lines[1] if len(lines) > 1 else ""
        if root is None or len(root) != 32 or not lines[0] or not (size.isascii() and size.isdigit()):
            raise BadNote("This note is not a checkpoint.")
        if str(int(size)) != size:
            raise BadNote("This note is not a checkpoint: its size has leading zeros.")
        return cls(lines[0], int(size), root)


def sign_checkpoint(signer: Signer, checkpoint: Checkpoint) -> str:
    return signer.sign_note(checkpoint.text())


def open_checkpoint(note: str, vkey: str | Iterable[str]) -> Checkpoint:
    """The checkpoint in a signed note, its signature verified. Raises BadNote."""
    return Checkpoint.parse(verify_note(note, vkey))


def _key_id(name: str, key: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(c.isspace() for c in name)


def _encode64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _decode64(text: str) -> bytes | None:
    """Strict base64: one text for one value, so that no signature has two spellings."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if _encode64(raw) == text else None
