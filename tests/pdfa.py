"""Whether a PDF keeps to PDF/A-2a, as far as one can see without a validator (none is to be had as a package).

ISO 19005-2 in what a writer gets wrong: that the file says what it is; that it needs nothing outside of itself (fonts,
colours, files, programs); that its text can be read out and has a structure. What it does not look at: operators and
colours inside of pages, glyph widths, the syntax of single objects.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any, Final
from xml.etree import ElementTree

from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject

_PDFA: Final = "{http://www.aiim.org/pdfa/ns/id/}"
_PDF: Final = "{http://ns.adobe.com/pdf/1.3/}"
_XMP: Final = "{http://ns.adobe.com/xap/1.0/}"
_RDF: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_DC: Final = "{http://purl.org/dc/elements/1.1/}"

_FILTERS: Final = {"/FlateDecode", "/ASCIIHexDecode", "/ASCII85Decode", "/RunLengthDecode", "/CCITTFaxDecode",
                   "/DCTDecode", "/JBIG2Decode", "/JPXDecode"}  # fmt: skip
_ACTIONS: Final = {"/GoTo", "/GoToR", "/Thread", "/URI", "/Named", "/SubmitForm"}
_NAMED: Final = {"/NextPage", "/PrevPage", "/FirstPage", "/LastPage"}
_ANNOTATIONS: Final = {"/Text", "/Link", "/FreeText", "/Line", "/Square", "/Circle", "/Polygon", "/PolyLine",
                       "/Highlight", "/Underline", "/Squiggly", "/StrikeOut", "/Stamp", "/Caret", "/Ink", "/Popup",
                       "/Widget", "/PrinterMark", "/TrapNet", "/Watermark", "/Redact"}  # fmt: skip
_STANDARD: Final = {
    "/Document", "/Part", "/Art", "/Sect", "/Div", "/BlockQuote", "/Caption", "/TOC", "/TOCI", "/Index", "/NonStruct",
    "/Private", "/P", "/H", "/H1", "/H2", "/H3", "/H4", "/H5", "/H6", "/L", "/LI", "/Lbl", "/LBody", "/Table", "/TR",
    "/TH", "/TD", "/THead", "/TBody", "/TFoot", "/Span", "/Quote", "/Note", "/Reference", "/BibEntry", "/Code", "/Link",
    "/Annot", "/Ruby", "/RB", "/RT", "/RP", "/Warichu", "/WT", "/WP", "/Figure", "/Formula", "/Form",
}  # fmt: skip
"""Structure types of PDF 1.7; others must be mapped to one of them."""


def problems(pdf: bytes) -> list[str]:
    """What is wrong, in words; empty if nothing was found."""
    try:
        reader = PdfReader(io.BytesIO(pdf), strict=True)
        objects = list(_objects(reader))
        return [*_file(pdf, reader), *_catalog(reader), *_metadata(reader), *_colours(reader),
                *(found for one in objects for found in _object(one)), *_structure(reader),
                *_pages(reader)]  # fmt: skip
    except (PyPdfError, ElementTree.ParseError, KeyError, TypeError, ValueError, AttributeError) as error:
        return [f"it cannot be read: {type(error).__name__}: {error}"]


def _objects(reader: PdfReader) -> Iterator[Any]:
    """Every dictionary and stream that the file reaches, once; direct ones too."""
    seen: set[int] = set()
    waiting: list[Any] = [reader.trailer]
    while waiting:
        one = waiting.pop()
        if isinstance(one, IndirectObject):
            if one.idnum in seen:
                continue
            seen.add(one.idnum)
            one = one.get_object()
        if isinstance(one, DictionaryObject):
            yield one
            waiting += list(one.values())
        elif isinstance(one, ArrayObject):
            waiting += list(one)


def _file(pdf: bytes, reader: PdfReader) -> Iterator[str]:
    if not re.match(rb"%PDF-1\.[2-7][\r\n]+%[\x80-\xff]{4}", pdf):
        yield "the header is not that of a PDF 1.7 with a line of binary characters"
    if not re.search(rb"%%EOF\r?\n?\Z", pdf):
        yield "something stands behind the end"
    if pdf.count(b"%%EOF") != 1:
        yield "it was saved more than once: earlier states are still in it"
    if "/Encrypt" in reader.trailer:
        yield "it is encrypted"
    if len(reader.trailer.get("/ID", [])) != 2:
        yield "it has no file identifier"


def _catalog(reader: PdfReader) -> Iterator[str]:
    root = reader.root_object
    names = root.get("/Names", DictionaryObject()).get_object()
    if "/JavaScript" in names:
        yield "it has JavaScript"
    if "/EmbeddedFiles" in names or "/AF" in root:
        yield "other files are embedded in it"
    if "/AA" in root or "/Requirements" in root or "/Collection" in root or "/NeedsRendering" in root:
        yield "it asks the viewer to do something when it is opened"
    form = root.get("/AcroForm", DictionaryObject()).get_object()
    if "/XFA" in form or form.get("/NeedAppearances"):
        yield "it has a form that a viewer must draw"
    if not str(root.get("/Lang", "")):
        yield "it does not say in which language it is"
    if not root.get("/MarkInfo", DictionaryObject()).get_object().get("/Marked"):
        yield "it is not marked as tagged"


def _metadata(reader: PdfReader) -> Iterator[str]:
    if "/Metadata" not in reader.root_object:
        yield "it has no metadata that say what it is"
        return
    raw = reader.root_object["/Metadata"].get_data()  # type: ignore[union-attr]
    described = list(ElementTree.fromstring(raw).iter(f"{_RDF}Description"))  # noqa: S314 - our own

    def value(name: str) -> str | None:
        for one in described:
            found = one.find(name)
            if name in one.attrib or found is not None:
                return one.attrib.get(name) or "".join(found.itertext() if found is not None else ()).strip()
        return None

    if (value(f"{_PDFA}part"), value(f"{_PDFA}conformance")) != ("2", "A"):
        yield "it does not say that it is PDF/A-2a"
    info = reader.metadata or {}
    for key, name in (("/Title", f"{_DC}title"), ("/Producer", f"{_PDF}Producer"), ("/Creator", f"{_XMP}CreatorTool")):
        if key in info and value(name) != str(info[key]):
            yield f"{key} is told in two ways"
    for key, name in (("/CreationDate", f"{_XMP}CreateDate"), ("/ModDate", f"{_XMP}ModifyDate")):
        if key in info and _digits(value(name) or "")[:14] != _digits(str(info.get(key)))[:14]:
            yield f"{key} is told in two ways"


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _colours(reader: PdfReader) -> Iterator[str]:
    intents = [one.get_object() for one in reader.root_object.get("/OutputIntents", ())]
    archived = [one for one in intents if one.get("/S") == "/GTS_PDFA1"]
    if len(archived) != 1 or "/DestOutputProfile" not in archived[0]:
        yield "it does not say how its colours are meant"
        return
    profile = archived[0]["/DestOutputProfile"].get_object()
    body = profile.get_data()
    if body[36:40] != b"acsp" or {b"RGB ": 3, b"CMYK": 4, b"GRAY": 1}.get(body[16:20]) != profile.get("/N"):
        yield "the profile of its colours is not one"


def _object(one: DictionaryObject) -> Iterator[str]:
    kind, subtype = one.get("/Type"), one.get("/Subtype")
    if isinstance(one, StreamObject):
        filters = one.get("/Filter", ArrayObject())
        used = {str(f) for f in (filters if isinstance(filters, ArrayObject) else [filters])}
        if used - _FILTERS:
            yield f"a stream is packed with {', '.join(sorted(used - _FILTERS))}"
        if "/F" in one or "/FFilter" in one:
            yield "a stream lies in another file"
    if kind == "/Font" and subtype in ("/Type1", "/MMType1", "/TrueType", "/Type0", "/Type3"):
        yield from _font(one, str(subtype))
    if subtype == "/Image" and (one.get("/Interpolate") or "/Alternates" in one or "/OPI" in one):
        yield "a picture is shown otherwise than it is stored"
    if subtype in ("/PS", "/Form") and ("/PS" in one or one.get("/Subtype2") == "/PS" or "/Ref" in one):
        yield "a part is a program, or lies in another file"
    if kind == "/Filespec" and "/EF" in one:
        yield "another file is embedded in it"
    if "/TR" in one or one.get("/TR2", "/Default") != "/Default" or "/HTP" in one:
        yield "a transfer function changes its colours"
    if "/S" in one and kind in ("/Action", None) and str(one["/S"]) in _OTHER_ACTIONS:
        yield f"something happens when it is read: {one['/S']}"
    if one.get("/S") == "/Named" and one.get("/N") not in _NAMED:
        yield "a named action is not one of the four"
    if kind == "/Annot" or (subtype in _ANNOTATIONS and "/Rect" in one):
        yield from _annotation(one)


_OTHER_ACTIONS: Final = {"/Launch", "/Sound", "/Movie", "/ResetForm", "/ImportData", "/Hide", "/SetOCGState",
                         "/Rendition", "/Trans", "/GoTo3DView", "/JavaScript", "/GoToE"}  # fmt: skip


def _font(font: DictionaryObject, subtype: str) -> Iterator[str]:
    name = str(font.get("/BaseFont", font.get("/Name", "?")))
    if subtype == "/Type0":
        (inner,) = (one.get_object() for one in font["/DescendantFonts"])  # type: ignore[union-attr]
        descriptor = inner.get("/FontDescriptor", DictionaryObject()).get_object()
        if font.get("/Encoding") not in ("/Identity-H", "/Identity-V") and not isinstance(
            font["/Encoding"].get_object(), StreamObject  # type: ignore[union-attr]
        ):
            yield f"the font {name} needs a table that is not in the file"
    elif subtype == "/Type3":
        descriptor = DictionaryObject({"/FontFile": font})  # type: ignore[dict-item]
    else:
        descriptor = font.get("/FontDescriptor", DictionaryObject()).get_object()
    if not {"/FontFile", "/FontFile2", "/FontFile3"} & descriptor.keys():
        yield f"the font {name} is not in the file"
    if "/ToUnicode" not in font:
        yield f"text in the font {name} cannot be read out"


def _annotation(one: DictionaryObject) -> Iterator[str]:
    subtype, flags = one.get("/Subtype"), int(one.get("/F", 0))
    if subtype not in _ANNOTATIONS:
        yield f"it has an annotation of the kind {subtype}"
    if subtype != "/Popup" and (not flags & 4 or flags & 0b100011):
        yield "an annotation is not printed, or hidden"
    if subtype not in ("/Popup", "/Link") and "/AP" not in one:
        yield "an annotation must be drawn by the viewer"
    if "/AA" in one:
        yield "something happens when an annotation is touched"


def _structure(reader: PdfReader) -> Iterator[str]:
    if "/StructTreeRoot" not in reader.root_object:
        yield "it has no structure that could be read out"
        return
    tree = reader.root_object["/StructTreeRoot"].get_object()
    roles = {str(k): str(v) for k, v in tree.get("/RoleMap", DictionaryObject()).get_object().items()}
    kinds: set[str] = set()
    waiting, seen = [tree], set()
    while waiting:
        one = waiting.pop()
        if isinstance(one, IndirectObject):
            if one.idnum in seen:
                continue
            seen.add(one.idnum)
            one = one.get_object()
        if isinstance(one, DictionaryObject):
            if "/S" in one:
                kinds.add(str(one["/S"]))
                if one["/S"] == "/Figure" and not str(one.get("/Alt", one.get("/ActualText", ""))):
                    yield "a figure has no text in its place"
            waiting.append(one.get("/K", ArrayObject()))
        elif isinstance(one, ArrayObject):
            waiting += list(one)
    unknown = {kind for kind in kinds if kind not in _STANDARD and roles.get(kind) not in _STANDARD}
    if unknown:
        yield f"its structure has parts that nobody knows: {', '.join(sorted(unknown))}"
    if not kinds:
        yield "its structure is empty"


def _pages(reader: PdfReader) -> Iterator[str]:
    for number, page in enumerate(reader.pages, 1):
        if "/AA" in page or "/PresSteps" in page:
            yield f"something happens when page {number} is shown"
        if "/StructParents" not in page and "/Contents" in page:
            yield f"page {number} is not part of the structure"
