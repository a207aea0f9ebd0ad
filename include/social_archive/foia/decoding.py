"""Decodes a picture in a process of its own, which has little memory and little time.

A picture comes from strangers. One that breaks its decoder, or asks for more than it gets, ends that process, not the
export. The way in is `Decoder`; the process itself runs `_serve`.
"""

from __future__ import annotations

import io
import multiprocessing
import resource
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Final

from social_archive.foia.pictures import MAX_PIXELS

MEMORY: Final = 2 << 30
SECONDS: Final = 60.0
_FORMATS: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WEBP",
                   "image/bmp": "BMP", "image/tiff": "TIFF", "image/avif": "AVIF"}  # fmt: skip


class CannotDecode(Exception):
    """The picture cannot be decoded within the limits, or has more than one frame."""


class Decoder:
    """Gives pictures back as nothing but pixels. Its process starts when it is first needed."""

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._process: Any = None
        self._line: Connection | None = None

    def __enter__(self) -> Decoder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def pixels(self, body: bytes, mime: str) -> tuple[bytes, str]:
        """(the file anew, its type): JPEG stays JPEG, all else becomes PNG. Raises CannotDecode."""
        if mime not in _FORMATS:
            raise CannotDecode
        line = self._line or self._start()
        try:
            line.send((body, _FORMATS[mime]))
            answer = line.recv() if line.poll(self._seconds) else None
        except (EOFError, OSError):
            answer = None
        if answer is None:
            self.close()
            raise CannotDecode
        return answer, "image/jpeg" if mime == "image/jpeg" else "image/png"

    def close(self) -> None:
        """End the process, whatever it does. The next picture starts another."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
        if self._line is not None:
            self._line.close()
        self._process = self._line = None

    def _start(self) -> Connection:
        context = multiprocessing.get_context("spawn")
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        return self._line


def _serve(line: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while True:
        try:
            body, kind = line.recv()
        except EOFError:
            return
        line.send(_again(body, kind))


def _again(body: bytes, kind: str) -> bytes | None:
    import warnings

    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(io.BytesIO(body), formats=[kind]) as image:
            if getattr(image, "n_frames", 1) > 1:
                return None
            turned = ImageOps.exif_transpose(image)
            bare = Image.frombytes(turned.mode, turned.size, turned.tobytes())
            if turned.mode in ("P", "PA"):
                bare.putpalette(turned.getpalette() or [])
                bare = bare.convert("RGBA") if "transparency" in turned.info else bare.convert("RGB")
            out = io.BytesIO()
            if kind == "JPEG":
                bare.save(out, "JPEG", quality=95, subsampling=0)
            else:
                bare.save(out, "PNG")
            return out.getvalue()
    except Exception:  # whatever a stranger's picture breaks, the answer is the same
        return None
