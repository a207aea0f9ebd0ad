"""Small PNG pictures, drawn from their name, so that the sandbox has media without shipping any."""

from __future__ import annotations

import hashlib
import struct
import zlib
from functools import cache

WIDTH, HEIGHT, _CELL = 96, 64, 16


@cache
def png(name: str) -> bytes:
    """A 96 by 64 patchwork whose colours depend on `name` alone. Same name, same bytes, everywhere."""
    seed = hashlib.sha256(name.encode()).digest()
    palette = [seed[i : i + 3] for i in range(0, 12, 3)]
    rows = bytearray()
    for y in range(0, HEIGHT, _CELL):
        cells = (palette[seed[(x // _CELL * 7 + y) % 32] % 4] * _CELL for x in range(0, WIDTH, _CELL))
        rows += (b"\0" + b"".join(cells)) * _CELL
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    # Stored, not compressed: the bytes must not depend on the zlib at hand.
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 0)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
