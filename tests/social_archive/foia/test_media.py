"""A picture leaves as its pixels and nothing else; what cannot be looked into stays back. Nothing breaks the export."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from social_archive.foia import media
from social_archive.foia.decoding import CannotDecode, Decoder
from social_archive.foia.dispositions import ShownMedia, Term
from social_archive.foia.matching import Matcher
from social_archive.foia.media import NEEDS_A_PERSON, WITHHELD, Attachments
from social_archive.foia.pictures import NotBare, bare
from tests.social_archive.foia.scenes import PERSON

TERMS = [Term(text, "7(1)(c)", "act") for text in PERSON.every]
MATCHER = Matcher(TERMS)


def picture(size: tuple[int, int] = (40, 30)) -> Image.Image:
    image = Image.new("RGB", size)
    image.putdata([(x * 5 % 256, y * 7 % 256, (x + y) % 256) for y in range(size[1]) for x in range(size[0])])
    return image


def jpeg(*, turned: int = 1) -> bytes:
    """Taken by PERSON (invented), somewhere, with a comment, XMP and a second picture behind it."""
    exif = Image.Exif()
    exif[0x013B], exif[0x0112] = PERSON.name, turned
    exif.get_ifd(0x8825)[1] = "N"
    out = io.BytesIO()
    xmp = f"<x:xmpmeta><dc:creator>{PERSON.name}</dc:creator></x:xmpmeta>".encode()
    profile = b"made by " + PERSON.name.encode()
    picture().save(out, "JPEG", exif=exif, comment=PERSON.handle, xmp=xmp, icc_profile=profile)
    return out.getvalue() + jpeg_plain() + PERSON.email.encode()


def jpeg_plain() -> bytes:
    out = io.BytesIO()
    picture().save(out, "JPEG")
    return out.getvalue()


def png(*, notes: bool = True) -> bytes:
    info = PngImagePlugin.PngInfo()
    if notes:
        info.add_text("Author", PERSON.name)
        info.add_text("Comment", PERSON.email * 20, zip=True)
        info.add_itxt("Title", PERSON.handle)
    out = io.BytesIO()
    picture().save(out, "PNG", pnginfo=info)
    return out.getvalue() + (PERSON.name.encode() if notes else b"")


def webp() -> bytes:
    exif = Image.Exif()
    exif[0x013B] = PERSON.name
    out = io.BytesIO()
    frames = [picture(), picture().transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], lossless=True, exif=exif,
                   xmp=b"<x>zquillfeather</x>")  # fmt: skip
    return out.getvalue() + PERSON.name.encode()


def gif() -> bytes:
    out = io.BytesIO()
    frames = [picture().quantize(16), picture().transpose(Image.Transpose.FLIP_LEFT_RIGHT).quantize(16)]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], comment=PERSON.name.encode(), loop=0,
                   duration=80)  # fmt: skip
    return out.getvalue() + PERSON.name.encode()


def frames(body: bytes) -> list[bytes]:
    with Image.open(io.BytesIO(body)) as image:
        seen = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            seen.append(image.convert("RGBA").tobytes())
        return seen


@pytest.mark.parametrize(
    ("mime", "body"),
    [("image/jpeg", jpeg()), ("image/png", png()), ("image/webp", webp()), ("image/gif", gif())],
    ids=["jpeg", "png", "webp", "gif"],
)
def test_pixels_stay_bit_for_bit_and_notes_go(mime: str, body: bytes) -> None:
    assert PERSON.name.encode() in body
    done = bare(body, mime)
    assert frames(done) == frames(body)
    assert MATCHER.touches_bytes(done) is None
    assert len(done) < len(body)
    assert bare(done, mime) == done
    with Image.open(io.BytesIO(done)) as image:
        assert not image.getexif()
        assert not {"comment", "xmp", "icc_profile", "Author", "Title", "exif"} & set(image.info)


def test_a_picture_taken_sideways_still_stands_upright() -> None:
    done = bare(jpeg(turned=6), "image/jpeg")
    with Image.open(io.BytesIO(done)) as image:
        assert dict(image.getexif()) == {0x0112: 6}
    assert MATCHER.touches_bytes(done) is None


def given(tmp_path: Path, body: bytes, mime: str, *, matcher: Matcher = MATCHER, is_bare: bool = True,
          seen: bool = False) -> ShownMedia:  # fmt: skip
    path = tmp_path / hashlib.sha256(body).hexdigest()
    path.write_bytes(body)
    medium = {"id": "m1", "url": "https://x.example/m1", "key": "k", "sha256": path.name, "bytes": len(body),
              "mime": mime, "alt": None, "outcome": "stored"}  # fmt: skip
    with Attachments({"k": path}, matcher) as attachments:
        return attachments.shown(0, medium, alt=None, code=None, bare=is_bare, fallback="7(1)(c)", seen=seen)


def test_what_has_no_notes_leaves_as_it_was(tmp_path: Path) -> None:
    for body, mime in ((jpeg_plain(), "image/jpeg"), (png(notes=False), "image/png")):
        shown = given(tmp_path, body, mime)
        assert shown.derivative is None
        assert (shown.sha256, shown.size) == (hashlib.sha256(body).hexdigest(), len(body))
    untouched = given(tmp_path, jpeg(), "image/jpeg", matcher=Matcher([]), is_bare=False)
    assert untouched.derivative is None


def test_a_derivative_says_its_own_hash(tmp_path: Path) -> None:
    shown = given(tmp_path, png(), "image/png")
    assert shown.derivative is not None
    assert (shown.sha256, shown.size) == (hashlib.sha256(shown.derivative).hexdigest(), len(shown.derivative))
    assert shown.derivative == given(tmp_path, png(), "image/png").derivative


def test_a_film_or_a_document_leaves_only_without_the_words(tmp_path: Path) -> None:
    clean = b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 8
    assert given(tmp_path, clean, "video/mp4").outcome == "stored"
    for told in (PERSON.name.encode(), PERSON.name.encode("utf-16-be"), PERSON.id.encode()):
        shown = given(tmp_path, clean + told + clean, "video/mp4")
        assert (shown.outcome, shown.code, shown.path, shown.sha256) == (WITHHELD, "7(1)(c)", None, None)


def test_who_has_looked_lets_go_what_no_program_can_open_but_nothing_in_which_a_word_was_found(tmp_path: Path) -> None:
    closed = b"\0\0\0\x18ftypheic" + bytes(300)
    seen = given(tmp_path, closed, "image/heic", seen=True)
    assert (seen.outcome, seen.code, seen.sha256) == ("stored", None, hashlib.sha256(closed).hexdigest())
    for told in (PERSON.name.encode(), PERSON.name.encode("utf-16-be")):
        shown = given(tmp_path, closed + told, "image/heic", seen=True)
        assert (shown.outcome, shown.code, shown.path) == (WITHHELD, "7(1)(c)", None)
    assert given(tmp_path, jpeg(), "image/jpeg", seen=True).derivative is not None  # what can be opened leaves bare


def test_a_file_too_large_to_be_looked_through_at_once_is_looked_through_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media, "MOST", 1000)
    monkeypatch.setattr(media, "_WINDOW", 5000)
    large = bytes(9990)
    assert given(tmp_path, large, "video/mp4").outcome == NEEDS_A_PERSON
    assert given(tmp_path, large, "video/mp4", seen=True).outcome == "stored"
    over_an_edge = large + PERSON.name.encode() + large
    assert given(tmp_path, over_an_edge, "video/mp4", seen=True).outcome == WITHHELD


def chunk(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


def bomb(width: int, height: int, packed: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


HOSTILE = {
    "a bomb": (bomb(60_000, 60_000, zlib.compress(bytes(20_000_000), 9)), "image/png"),
    "more pixels than it says": (bomb(4, 4, zlib.compress(bytes(50_000_000), 9)), "image/png"),
    "cut off": (jpeg_plain()[:-200], "image/jpeg"),
    "nothing": (b"", "image/gif"),
    "only a head": (b"GIF89a", "image/gif"),
    "a lie": (b"%PDF-1.7", "image/jpeg"),
    "a length that lies": (b"RIFF\xff\xff\xff\x7fWEBPVP8 \xff\xff\xff\x7f", "image/webp"),
    "not to be read here": (b"\0\0\0\x18ftypheic" + bytes(300), "image/heic"),
    "a picture in a drawing": (b'<svg><image href="DATA:image/jpeg;base64,AAAA"/></svg>', "image/svg+xml"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_stays_back(tmp_path: Path, what: str) -> None:
    body, mime = HOSTILE[what]
    shown = given(tmp_path, body, mime)
    if what == "more pixels than it says":  # what is left over is not in the picture that is given out
        assert shown.derivative is not None
        assert len(frames(shown.derivative)[0]) == 4 * 4 * 4
    else:
        assert (shown.outcome, shown.code, shown.path, shown.derivative) == (NEEDS_A_PERSON, "7(1)(c)", None, None)


def test_other_pictures_are_made_anew_in_a_process_of_its_own() -> None:
    out = io.BytesIO()
    picture().save(out, "TIFF", tiffinfo={315: PERSON.name})
    with pytest.raises(NotBare):
        bare(out.getvalue(), "image/tiff")
    with Decoder() as decoder:
        body, mime = decoder.pixels(out.getvalue(), "image/tiff")
        assert mime == "image/png"
        assert frames(body) == frames(out.getvalue())
        assert MATCHER.touches_bytes(body) is None
        with pytest.raises(CannotDecode):
            decoder.pixels(b"II*\0" + bytes(99), "image/tiff")
        assert decoder.pixels(out.getvalue(), "image/tiff")[0] == body
    with Decoder(seconds=0.0) as hurried, pytest.raises(CannotDecode):
        hurried.pixels(out.getvalue(), "image/tiff")
