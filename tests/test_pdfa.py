"""The look at a PDF/A can fail: each thing that it looks for is put into a document of ours, and found."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)

from tests import pdfa

AT = datetime(2026, 5, 2, 12, tzinfo=UTC)


@cache
def ours() -> bytes:
    """A page with a heading, a table and a link, as the archive sets them."""
    import typst

    text = '#set document(title: "Invented")\n= A heading\nText (invented).\n#table(columns: 2, [a], [b])'
    made: bytes = typst.compile(text.encode(), pdf_standards=["a-2a", "ua-1"], timestamp=AT, ignore_system_fonts=True)
    return made


def changed(change: Callable[[PdfWriter], object]) -> list[str]:
    """What is found once something is done to it, and was not found when it was only saved again."""
    before, after = PdfWriter(clone_from=io.BytesIO(ours())), PdfWriter(clone_from=io.BytesIO(ours()))
    change(after)
    saved = []
    for writer in (before, after):
        out = io.BytesIO()
        writer.write(out)
        saved.append(pdfa.problems(out.getvalue()))
    return [found for found in saved[1] if found not in saved[0]]


def test_what_the_archive_sets_is_well() -> None:
    assert pdfa.problems(ours()) == []


def without(*names: str) -> Callable[[PdfWriter], object]:
    return lambda writer: [writer.root_object.pop(NameObject(name)) for name in names]


def embedded_file(writer: PdfWriter) -> None:
    writer.add_attachment("invented.txt", b"x")


def programmed(writer: PdfWriter) -> None:
    writer.root_object[NameObject("/Names")] = DictionaryObject({NameObject("/JavaScript"): ArrayObject()})


def launching(writer: PdfWriter) -> None:
    action = DictionaryObject({NameObject("/S"): NameObject("/Launch"), NameObject("/F"): TextStringObject("x")})
    writer.root_object[NameObject("/OpenAction")] = action


def other_font(writer: PdfWriter) -> None:
    plain = DictionaryObject({NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1"),
                              NameObject("/BaseFont"): NameObject("/Helvetica")})  # fmt: skip
    fonts = writer.pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    fonts[NameObject("/F9")] = plain


def outside_stream(writer: PdfWriter) -> None:
    stream = StreamObject()
    stream[NameObject("/F")] = TextStringObject("elsewhere.bin")
    writer.root_object[NameObject("/Invented")] = writer._add_object(stream)


def squeezed(writer: PdfWriter) -> None:
    stream = StreamObject()
    stream[NameObject("/Filter")] = NameObject("/LZWDecode")
    writer.root_object[NameObject("/Invented")] = writer._add_object(stream)


def annotated(writer: PdfWriter) -> None:
    writer.add_annotation(0, FreeText(text="(invented)", rect=(0, 0, 50, 50)))


def xfa(writer: PdfWriter) -> None:
    form = DictionaryObject({NameObject("/NeedAppearances"): BooleanObject(True)})
    writer.root_object[NameObject("/AcroForm")] = form


def unknown_part(writer: PdfWriter) -> None:
    tree = writer.root_object["/StructTreeRoot"]
    part = DictionaryObject({NameObject("/S"): NameObject("/Invented")})
    tree[NameObject("/K")] = ArrayObject([tree["/K"], part])  # type: ignore[index]


def fuzzy(writer: PdfWriter) -> None:
    state = DictionaryObject({NameObject("/TR"): NameObject("/Identity")})
    writer.pages[0]["/Resources"][NameObject("/ExtGState")] = DictionaryObject(  # type: ignore[index]
        {NameObject("/G0"): state})  # fmt: skip


def wrong_profile(writer: PdfWriter) -> None:
    profile = writer.root_object["/OutputIntents"][0]["/DestOutputProfile"]  # type: ignore[index]
    profile[NameObject("/N")] = NumberObject(4 if profile["/N"] != 4 else 1)


@pytest.mark.parametrize(("change", "sentence"), [
    (without("/Metadata"), "no metadata"),
    (without("/OutputIntents"), "how its colours are meant"),
    (without("/StructTreeRoot"), "no structure"),
    (without("/MarkInfo"), "not marked as tagged"),
    (without("/Lang"), "in which language"),
    (programmed, "it has JavaScript"),
    (lambda w: w.add_metadata({"/Title": "Another (invented)"}), "/Title is told in two ways"),
    (lambda w: w.encrypt("invented"), "cannot be read"),
    (lambda w: w.add_blank_page(), ""),
    (embedded_file, "other files are embedded"),
    (launching, "something happens when it is read: /Launch"),
    (other_font, "/Helvetica is not in the file"),
    (other_font, "/Helvetica cannot be read out"),
    (outside_stream, "lies in another file"),
    (squeezed, "packed with /LZWDecode"),
    (annotated, "drawn by the viewer"),
    (annotated, "not printed, or hidden"),
    (xfa, "a viewer must draw"),
    (unknown_part, "nobody knows: /Invented"),
    (fuzzy, "changes its colours"),
    (wrong_profile, "not one"),
])  # fmt: skip
def test_what_no_archived_document_may_have_is_found(change: Callable[[PdfWriter], object], sentence: str) -> None:
    if sentence:
        assert any(sentence in found for found in changed(change)), changed(change)
    else:
        assert changed(change) == []


def test_the_file_as_a_whole() -> None:
    assert any("behind the end" in p for p in pdfa.problems(ours() + b"hidden"))
    assert any("earlier states" in p for p in pdfa.problems(ours().replace(b"%%EOF", b"%%EOF\n%%EOF")))
    assert any("header" in p for p in pdfa.problems(ours().replace(b"%PDF-1.7", b"%PDF-2.0")))
    assert any("cannot be read" in p for p in pdfa.problems(b"no PDF"))
    assert len(PdfReader(io.BytesIO(ours())).pages) == 1
