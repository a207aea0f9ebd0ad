"""Pictures without what is written into them: where and by whom they were taken, comments, small copies, what follows.

The pixels stay as they are, bit for bit: only the parts of a file that no decoder needs are left out. A file that holds
nothing else comes back as it was, so that its hash stays the one that the record commits to.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Final

MAX_PIXELS: Final = 100_000_000


class NotBare(Exception):
    """This file is not built as its kind should be, so nobody can say what is in it without decoding it."""


def bare(body: bytes, mime: str) -> bytes:
    """The same picture with nothing but pixels. Raises NotBare, also for kinds that are not known here."""
    strip = _STRIPS.get(mime)
    if strip is None:
        raise NotBare(mime)
    try:
        return strip(body)
    except (struct.error, IndexError, ValueError, zlib.error):
        raise NotBare(mime) from None


# --------------------------------------------------------------------------- JPEG

_MARKER: Final = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]", re.DOTALL)
_TABLES: Final = frozenset({0xC4, 0xCC, 0xDB, 0xDC, 0xDD})
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SOS, _EOI, _APP0, _APP1, _APP14 = 0xDA, 0xD9, 0xE0, 0xE1, 0xEE


def _jpeg(body: bytes) -> bytes:
    if body[:2] != b"\xff\xd8":
        raise NotBare
    parts, head, turned, at, scans = [], b"", 1, 2, 0
    while True:
        marker = _MARKER.match(body, at)
        if marker is None:
            raise NotBare
        code, at = marker[0][-1], marker.end()
        if code == _EOI:
            break
        (length,) = struct.unpack_from(">H", body, at)
        payload = body[at + 2 : at + length]
        if length < 2 or len(payload) != length - 2:
            raise NotBare
        at += length
        if code in _TABLES or code in _FRAMES:
            parts.append(_segment(code, payload))
        elif code == _APP0 and payload[:5] == b"JFIF\0" and not head:
            head = _segment(_APP0, payload[:12] + b"\0\0")
        elif code == _APP1 and payload[:6] == b"Exif\0\0":
            turned = _orientation(payload[6:]) or turned
        elif code == _APP14 and payload[:5] == b"Adobe" and len(payload) >= 12:
            parts.append(_segment(_APP14, payload[:12]))
        elif code == _SOS:
            scans += 1
            following = _MARKER.search(body, at)
            if following is None:
                raise NotBare
            parts += [_segment(_SOS, payload), body[at : following.start()]]
            at = following.start()
    if not scans:
        raise NotBare
    way_up = _segment(_APP1, _turned(turned)) if turned != 1 else b""
    return b"".join([b"\xff\xd8", head, way_up, *parts, b"\xff\xd9"])


def _segment(code: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, code, len(payload) + 2) + payload


def _orientation(tiff: bytes) -> int | None:
    """Which way up the camera was held: the one thing of its notes without which the picture lies on its side."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    try:
        if order is None:
            return None
        (first,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, first)
        for number in range(min(count, 200)):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + 12 * number)
            if tag == 0x0112 and kind == 3 and 1 <= value <= 8:
                return int(value)
    except struct.error:
        return None
    return None


def _turned(orientation: int) -> bytes:
    return b"Exif\0\0" + struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, 0x0112, 3, 1, orientation, 0, 0)


# --------------------------------------------------------------------------- PNG

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_CHUNKS: Final = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD",
                            b"pHYs", b"acTL", b"fcTL", b"fdAT", b"cICP"})  # fmt: skip
_SAMPLES: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PASSES: Final = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def _png(body: bytes) -> bytes:
    if body[:8] != _PNG:
        raise NotBare
    parts, pixels, header, at = [_PNG], [], b"", 8
    while True:
        (length,) = struct.unpack_from(">I", body, at)
        chunk = body[at : at + 12 + length]
        kind, payload = chunk[4:8], chunk[8:-4]
        if len(chunk) != length + 12 or zlib.crc32(chunk[4:-4]) != struct.unpack(">I", chunk[-4:])[0]:
            raise NotBare
        at += len(chunk)
        header = header or payload
        if kind == b"IDAT":
            pixels.append(payload)
        if kind in _CHUNKS:
            parts.append(chunk)
        if kind == b"IEND":
            break
    if not _is_exactly(b"".join(pixels), _png_size(header)):
        raise NotBare
    return b"".join(parts)


def _png_size(header: bytes) -> int:
    """Bytes of the pixels, unpacked."""
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    if not 0 < width * height <= MAX_PIXELS:
        raise NotBare
    bits = depth * _SAMPLES.get(colour, 0)
    passes = _PASSES if interlaced else ((0, 0, 1, 1),)
    sizes = [(-(-(width - x) // dx), -(-(height - y) // dy)) for x, y, dx, dy in passes]
    return sum(rows * (1 + -(-columns * bits // 8)) for columns, rows in sizes if columns > 0 and rows > 0)


def _is_exactly(packed: bytes, size: int) -> bool:
    """Do the packed pixels unpack to so many bytes, with nothing after them? Nothing is kept while it is counted."""
    unpacking = zlib.decompressobj()
    count, waiting = 0, packed
    while waiting and count <= size:
        count += len(unpacking.decompress(waiting, 1 << 20))
        waiting = unpacking.unconsumed_tail
    return unpacking.eof and count == size and not unpacking.unused_data


# --------------------------------------------------------------------------- GIF

_LOOPS: Final = b"\x21\xff\x0bNETSCAPE2.0\x03\x01"


def _gif(body: bytes) -> bytes:
    if body[:6] not in (b"GIF87a", b"GIF89a"):
        raise NotBare
    at = 13 + _colours(body[10])
    parts = [body[:at]]
    while body[at] != 0x3B:
        start = at
        if body[at] == 0x2C:
            at = _after_blocks(body, at + 10 + _colours(body[at + 9]) + 1)
            parts.append(body[start:at])
        elif body[at] == 0x21:
            at = _after_blocks(body, at + 2)
            is_timing = body[start + 1] == 0xF9 and at - start == 8
            if is_timing or (body.startswith(_LOOPS, start) and at - start == len(_LOOPS) + 3):
                parts.append(body[start:at])
        else:
            raise NotBare
    return b"".join([*parts, b"\x3b"])


def _colours(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(body: bytes, at: int) -> int:
    while body[at]:
        at += body[at] + 1
    return at + 1


# --------------------------------------------------------------------------- WebP

_PARTS: Final = frozenset({b"VP8 ", b"VP8L", b"ALPH", b"ANIM"})
_NOTES: Final = 0x20 | 0x08 | 0x04  # flags for a colour profile, EXIF, XMP


def _webp(body: bytes) -> bytes:
    if body[:4] != b"RIFF" or body[8:12] != b"WEBP":
        raise NotBare
    (size,) = struct.unpack_from("<I", body, 4)
    if size + 8 > len(body):
        raise NotBare
    kept = []
    for kind, payload in _riff(body[12 : size + 8]):
        if kind == b"VP8X":
            kept.append(_chunk(kind, bytes([payload[0] & ~_NOTES]) + payload[1:10]))
        elif kind == b"ANMF":
            frame = b"".join(_chunk(k, p) for k, p in _riff(payload[16:]) if k in _PARTS)
            kept.append(_chunk(kind, payload[:16] + frame))
        elif kind in _PARTS:
            kept.append(_chunk(kind, payload))
    if not kept:
        raise NotBare
    whole = b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(whole) + 4) + b"WEBP" + whole


def _riff(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(body):
        kind, length = struct.unpack_from("<4sI", body, at)
        payload = body[at + 8 : at + 8 + length]
        if len(payload) != length:
            raise NotBare
        yield kind, payload
        at += 8 + length + length % 2


def _chunk(kind: bytes, payload: bytes) -> bytes:
    return kind + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2)


_STRIPS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "image/jpeg": _jpeg, "image/png": _png, "image/gif": _gif, "image/webp": _webp,
}  # fmt: skip
