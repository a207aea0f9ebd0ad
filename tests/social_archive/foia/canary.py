"""Somebody (invented) who stands in every place of an archive in which an identity can hide, and a way of looking for
her that shares nothing with the one of the product: every file of a bundle is unpacked as far as it goes, read in every
encoding, and stripped of everything but letters and digits.
"""

from __future__ import annotations

import base64
import binascii
import html
import io
import json
import re
import subprocess
import unicodedata
import uuid
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote, unquote_plus

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject

from social_archive.accession import describe
from social_archive.archive import Archive
from social_archive.record import Media, Observation
from tests.social_archive.foia.scenes import said

NAME: Final = "Zéphyrine Quillfeather"
HANDLE: Final = "zquillfeather"
ID: Final = "9913370042"
POST: Final = "778812990017"
EMAIL: Final = "zephyrine.quillfeather@example.org"
PHONE: Final = "(630) 555-0142"
AVATAR: Final = "https://cdn.example/avatars/7f3a2b91cafe4d0213.png"
PAGE: Final = f"https://social.example/@{HANDLE}/{POST}"
HER: Final[dict[str, Any]] = {"name": NAME, "handle": HANDLE, "id": ID}

NEEDLES: Final = ("zephyrine", "quillfeather", ID, POST, "6305550142", "7f3a2b91cafe4d0213")
"""Of letters and digits only, without accents, and too long to be there by chance."""

FULL_WIDTH: Final = "Ｚéｐｈｙｒｉｎｅ　Ｑｕｉｌｌｆｅａｔｈｅｒ"
SPACED: Final = "Zéphy\u200brine Quill\u00adfea\u2060ther"


# --------------------------------------------------------------------------- what is archived


def planted(archive: Archive) -> tuple[list[Observation], list[dict[str, object]]]:
    """Records about the parking lot, each with her in another place; and the lines of their attachments."""
    taken, lines = {}, []
    for number, (what, (body, mime)) in enumerate(files().items()):
        ref = archive.store.put(f"media/series=social-media/cutoff=2026-03/{uuid.uuid4().hex}", body)
        taken[what] = [Media(id=f"m{number}", url=f"https://cdn.example/{number}", mime=mime, key=ref.key,
                             sha256=ref.sha256, bytes=ref.size, outcome="stored")]  # fmt: skip
        lines.append(describe(ref, cls="media", rows=0, retain_until=None))
    hers = said(POST, "The parking lot floods every spring.", minutes=1, author_avatar=AVATAR, **HER)
    told = {
        "mention": said("k2", f"@{HANDLE} is right about the parking lot", minutes=2),
        "quoted": said("k3", f"> {NAME} wrote: it floods\nThe parking lot is fine.", minutes=3),
        "address in the text": said("k4", f"See {PAGE} on the parking lot", minutes=4),
        "packed address": said("k5", f"parking lot https://x.example/?who={quote(NAME)}&p=1", minutes=5),
        "link": said("k6", "My answer about the parking lot", minutes=6, links=(PAGE, f"mailto:{EMAIL}")),
        "inside the native": said("k7", "Boosted: the parking lot", minutes=7, native=native(
            "k7", reblog={"account": {"display_name": NAME, "avatar": AVATAR, "note": f"call {PHONE}"}})),
        "packed in the native": said("k8", "More of the parking lot", minutes=8, native=native(
            "k8", cursor=base64.b64encode(f'{{"acct":"{HANDLE}","id":"{ID}"}}'.encode()).decode())),
        "description": said("k9", "A photo of the parking lot", minutes=9, media=[Media(
            id="m-a", url="https://cdn.example/a", alt=f"{NAME} beside her car")]),
        "name of a file": said("k10", "Another photo of the parking lot", minutes=10, media=[Media(
            id="m-b", url="https://cdn.example/up/Zephyrine%20Quillfeather-parking.jpg")]),
        "answer": said("k12", "What do you mean? The parking lot is dry.", under=POST, minutes=12),
        "endpoint": said("k13", "The parking lot, once more", minutes=13,
                         endpoint=f"https://social.example/api/statuses?acct={HANDLE}"),
        "in capitals": said("k14", f"PARKING LOT! ASK {NAME.upper()}", minutes=14),
        "unseen characters": said("k15", f"parking lot, says {SPACED}", minutes=15),
        "wide": said("k16", f"parking lot, says {FULL_WIDTH}", minutes=16),
        "taken apart": said("k17", f"parking lot, says {unicodedata.normalize('NFD', NAME)}", minutes=17),
        "without accents": said("k18", "parking lot, says zephyrine   quillfeather", minutes=18),
        "telephone": said("k19", "For the parking lot call 630.555.0142", minutes=19),
        "e-mail": said("k20", f"About the parking lot: {EMAIL.upper()}", minutes=20),
        "web form": said("k21", "parking lot news", minutes=21,
                         body_html="<p>parking lot news from <b>Z&eacute;phyrine</b> Quill&#102;eather</p>"),
        "a photo": said("k22", "Photo one, parking lot", minutes=22, media=taken["exif"]),
        "a drawing": said("k23", "Photo two, parking lot", minutes=23, media=taken["png"]),
        "a film": said("k24", "A film of the parking lot", minutes=24, media=taken["film"]),
        "not to be opened": said("k25", "Photo three, parking lot", minutes=25, media=taken["heic"]),
        "withheld": said("k26", f"parking lot: {NAME}, {PHONE}, {EMAIL}", minutes=26),
        "packed in the text": said("k28", "parking lot " + base64.b64encode(f"by {NAME}, {EMAIL}".encode()).decode(),
                                   minutes=28),
        "packed in the endpoint": said("k29", "parking lot, page two", minutes=29, endpoint="https://social.example/a?c="
                                       + base64.urlsafe_b64encode(f"after:{HANDLE}:{ID}".encode()).decode()),
        "nothing": said("k27", "I like the parking lot as it is.", minutes=27),
    }  # fmt: skip
    return [hers, *told.values()], lines


def edited() -> Observation:
    """Her own record once more, as she changed it."""
    body = f"The parking lot floods every spring. Call {PHONE}, {NAME}"
    return said(POST, body, minutes=1, author_avatar=AVATAR, **HER)


def native(native_id: str, **more: object) -> bytes:
    return json.dumps({"id": native_id, "content": "parking lot", **more}).encode()


def files() -> dict[str, tuple[bytes, str]]:
    film = b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 4
    return {"exif": (photo(), "image/jpeg"), "png": (drawing(), "image/png"),
            "film": (film + NAME.encode("utf-16-be") + film, "video/mp4"),
            "heic": (b"\0\0\0\x18ftypheic" + bytes(300), "image/heic")}  # fmt: skip


def photo() -> bytes:
    """Taken by her at a place."""
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x013B] = NAME
    exif.get_ifd(0x8825).update({1: "N", 2: (41.0, 50.0, 4.0), 3: "W", 4: (88.0, 3.0, 1.0)})
    Image.linear_gradient("L").resize((24, 24)).save(out, "JPEG", exif=exif, comment=EMAIL.encode())
    return out.getvalue()


def drawing() -> bytes:
    about, out = PngInfo(), io.BytesIO()
    about.add_text("Author", NAME)
    about.add_text("Comment", f"{EMAIL} " * 20, zip=True)
    Image.linear_gradient("L").resize((24, 24)).save(out, "PNG", pnginfo=about)
    return out.getvalue()


# --------------------------------------------------------------------------- looking for her


def found(bundle: bytes) -> dict[str, set[str]]:
    """File of a bundle -> what of her stands in it (`where: needle`). The name of a file counts as part of it."""
    result: dict[str, set[str]] = {}
    with zipfile.ZipFile(io.BytesIO(bundle)) as bag:
        parts = [("(the zip file)", bundle if len(bundle) < 1000 else bag.comment)]
        parts += [(info.filename, bag.read(info)) for info in bag.infolist()]
        extra = b"".join(info.extra + info.comment for info in bag.infolist())
    for name, body in [*parts, ("(the zip file's own fields)", extra)]:
        for where, said_there in everything(name, body):
            for needle in NEEDLES:
                if needle in said_there:
                    result.setdefault(name.partition("/")[2] or name, set()).add(f"{where}: {needle}")
    return result


def everything(name: str, body: bytes) -> Iterator[tuple[str, str]]:
    """(where, letters and digits) of everything that a file can be made to say."""
    yield "name", bare(name)
    for where, part in unpacked(body):
        for text in texts(part):
            yield where, bare(text)
            for run in re.findall(r"[A-Za-z0-9+/_-]{16,}", text):
                yield from ((f"{where}, in base64", bare(text)) for text in from_base64(run))
    if body.startswith(b"%PDF"):
        yield from (("pdf", bare(text)) for text in of_pdf(body))
    if body[:3] in (b"\xff\xd8\xff", b"\x89PN"):
        with Image.open(io.BytesIO(body)) as image:
            yield "about the picture", bare(repr((image.info, dict(image.getexif()), image.getexif().get_ifd(0x8825))))


def unpacked(body: bytes) -> Iterator[tuple[str, bytes]]:
    """The bytes as they are, and what is packed in them: parts of a zip file, anything that zlib can open."""
    yield "as it is", body
    if body.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(body)) as inner:
            for info in inner.infolist():
                yield info.filename, info.filename.encode() + info.extra + info.comment + inner.read(info)
    for at in (match.start() for match in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", body)):
        try:
            yield f"unpacked at {at}", zlib.decompressobj().decompress(body[at:], 1 << 22)
        except zlib.error:
            continue


def texts(body: bytes) -> Iterator[str]:
    for code in ("utf-8", "latin-1", "utf-16-le", "utf-16-be"):
        yield body.decode(code, "replace")
    for code in ("utf-16-le", "utf-16-be"):
        yield body[1:].decode(code, "replace")
    plain = body.decode("utf-8", "replace")
    seen = re.sub(r"<[^<>]*>", "", plain)
    yield from (unquote_plus(plain), html.unescape(plain), html.unescape(seen))
    yield re.sub(r"\\u([0-9a-fA-F]{4})", lambda sign: chr(int(sign[1], 16)), plain)
    yield re.sub(r"‹U\+([0-9A-F]{4,6})›", lambda sign: chr(int(sign[1], 16)), html.unescape(seen))
    yield re.sub(r"‹U\+[0-9A-F]{4,6}›", "", html.unescape(seen))


def from_base64(run: str) -> Iterator[str]:
    for skip in range(4):
        part = run[skip:].replace("-", "+").replace("_", "/")
        try:
            yield base64.b64decode(part[: len(part) // 4 * 4]).decode("utf-8", "replace")
        except binascii.Error:
            continue


def bare(text: str) -> str:
    """Letters and digits, without case, width and accents."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in folded if char.isalnum())


def of_pdf(body: bytes) -> Iterator[str]:
    """What a reader shows, and every string and stream of every object, used or not."""
    for how in (("-raw",), ("-layout",)):
        run = subprocess.run(["pdftotext", *how, "-", "-"], input=body, capture_output=True, check=True)
        yield run.stdout.decode("utf-8", "replace")
    reader = PdfReader(io.BytesIO(body))
    yield from (page.extract_text() for page in reader.pages)
    yield repr(reader.metadata)
    for number in range(int(str(reader.trailer["/Size"]))):
        yield from _strings(reader.get_object(IndirectObject(number, 0, reader)))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, StreamObject):
        yield from texts(value.get_data())
    if isinstance(value, DictionaryObject):
        yield from (text for key in value for text in (str(key), *_strings(value.raw_get(key))))
    elif isinstance(value, ArrayObject):
        yield from (text for each in list.__iter__(value) for text in _strings(each))
    elif isinstance(value, bytes):
        yield from texts(value)
    elif isinstance(value, str):
        yield str(value)
