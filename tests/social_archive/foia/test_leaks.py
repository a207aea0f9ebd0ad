"""The last gate finds what must not be there in every kind of file, and does not see it where it is not."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import time
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typst
import xlsxwriter

from social_archive.foia.bundle.model import File
from social_archive.foia.dispositions import Term
from social_archive.foia.leaks import Leak, Leaks, require_none, scan
from tests.social_archive.foia import test_media as pictures
from tests.social_archive.foia.scenes import PERSON

TERMS = [Term(text, "7(1)(c)", "act-1") for text in (*PERSON.every, "李娜")]
AT = datetime(2026, 1, 1, tzinfo=UTC)


def pdf(text: str, *, title: str = "Records", heading: str = "LPL-0001", alt: str = "a picture") -> bytes:
    said = json.dumps({"text": text, "title": title, "heading": heading, "alt": alt}, ensure_ascii=True)
    made: bytes = typst.compile(
        b"#let d = json(bytes(sys.inputs.d))\n#set document(title: d.title)\n#set par(justify: true)\n= #d.heading\n"
        b"#d.text\n\n#figure(rect(), alt: d.alt)",
        sys_inputs={"d": said}, timestamp=AT, pdf_standards=["a-2a", "ua-1"], ignore_system_fonts=True,
    )  # fmt: skip
    return made


def xlsx(text: str, *, note: str = "") -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.set_properties({"created": AT, "comments": note})
    book.add_worksheet().write_string(0, 0, text)
    book.close()
    return out.getvalue()


def zipped(name: str, body: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(name, body)
    return out.getvalue()


def revised(text: str) -> bytes:
    """A PDF with a second revision that no longer shows the first one's page."""
    first = pdf(text)
    return first + pdf("Nothing here.")[9:]


PLANTED = {
    "data/native/LPL-0001-v1.json": json.dumps({"x": {"y": [PERSON.handle]}}).encode(),
    "data/native/LPL-0002-v1.json": json.dumps({"name": "李娜"}).encode(),
    "data/native/LPL-0003-v1.bin": b"\xff\xfe" + PERSON.name.encode("utf-16-le"),
    "data/4-index.csv": "control,text\r\nLPL-0001,Ümlaut Ｚｅｌｄａ Ｑｕｉｌｌｆｅａｔｈｅｒ\r\n".encode(),
    "data/3-records/records.html": b"<p>Zelda&#32;<mark>Quill</mark>feather</p>",
    "data/proofs/records.jsonl": b'{"value":{"b":"' + base64.b64encode(b'{"by":"zquillfeather"}') + b'"}}',
    "data/4-index.xlsx": xlsx(f"call {PERSON.phone}"),
    "data/5-index.xlsx": xlsx("x", note=PERSON.email),
    "data/3-records/records-001.pdf": pdf(f"So said {PERSON.name} then."),
    "data/3-records/records-002.pdf": pdf("x " * 60 + f"reach {PERSON.email} " + "y " * 60),
    "data/3-records/records-003.pdf": pdf("x", title=f"About {PERSON.name}"),
    "data/3-records/records-004.pdf": pdf("x", heading=PERSON.handle),
    "data/3-records/records-005.pdf": pdf("x", alt=f"Photo of {PERSON.name}"),
    "data/3-records/records-006.pdf": revised(f"So said {PERSON.name} then."),
    "data/3-records/records-007.pdf": pdf("‹U+674E›‹U+5A1C› wrote"),
    "data/media/LPL-0001-v1-0.jpg": pictures.jpeg(),
    "data/media/LPL-0001-v1-1.png": pictures.png(),
    "data/media/LPL-0001-v1-2.gif": pictures.gif(),
    "data/media/LPL-0001-v1-3.mp4": b"\0\0\0\x18ftypmp42" + PERSON.name.encode("utf-16-be"),
    "data/load-files/more.zip": zipped("inner.zip", zipped("a.txt", PERSON.handle.encode())),
    "bag-info.txt": f"Contact-Name: {PERSON.name}\n".encode(),
}  # fmt: skip


@pytest.mark.parametrize("path", PLANTED)
def test_a_person_is_found_wherever_planted(path: str) -> None:
    found = scan([File("data/README.txt", b"Begin here."), File(path, PLANTED[path])], TERMS)
    assert found
    assert {(leak.path, leak.action) for leak in found} == {(path, "act-1")}


def test_a_packed_note_of_a_picture_is_unpacked() -> None:
    body = pictures.png(notes=False)
    note = pictures.chunk(b"zTXt", b"Comment\0\0" + zlib.compress(PERSON.name.encode()))
    only_packed = body[:33] + note + body[33:]
    assert PERSON.name.encode() not in only_packed
    assert scan([File("data/media/LPL-0001-v1-0.png", only_packed)], TERMS)


def test_the_name_of_a_file_counts_and_is_not_told(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(b"nothing")
    assert scan([File(f"data/media/{PERSON.handle}.jpg", path)], TERMS) == [Leak("(a file's name)", "act-1", "name")]


def test_the_bundle_does_not_complete_and_the_error_names_no_word() -> None:
    with pytest.raises(Leaks) as refused:
        require_none([File(path, body) for path, body in PLANTED.items()], TERMS)
    assert "act-1" in str(refused.value)
    assert "LPL-0001-v1.json" in str(refused.value)
    assert not any(told.lower() in str(refused.value).lower() for told in PERSON.every)


@pytest.mark.parametrize("name", ["4-index.xlsx", "1-response-letter.pdf"])
def test_what_cannot_be_looked_into_does_not_pass(name: str) -> None:
    for body in (b"PK\x03\x04" + bytes(50), b"%PDF-1.7\nnot one"):
        with pytest.raises(Leaks, match="cannot be unpacked"):
            scan([File(f"data/{name}", body)], TERMS)


def test_chance_is_no_leak() -> None:
    terms = [Term(text, "7(1)(c)", "a") for text in ("Ann", "Bo", "1003", "ab12")]
    rows = [hashlib.sha256(b"%d" % n).digest() for n in range(3000)]
    proofs = "\n".join(json.dumps({"leaf_index": n, "hash": row.hex(), "root": base64.b64encode(row * 2).decode()})
                       for n, row in enumerate(rows))  # fmt: skip
    noise = b"\x00" + b"".join(rows)
    files = [File("data/proofs/records.jsonl", proofs.encode()), File("data/media/LPL-1-v1-0.mp4", noise),
             File("data/README.txt", b"The annual report about 1003 things.")]  # fmt: skip
    assert scan(files, terms) == []
    assert scan([File("data/README.txt", b"Ann reports.")], terms) == [Leak("data/README.txt", "a", "content")]
    assert scan(files, []) == []


def test_a_name_that_is_a_word_of_the_documents_themselves_stops_no_bundle() -> None:
    terms = [Term(text, "7(1)(c)", "a") for text in ("Mark", "May", "Figure", "Rosa", "Calibri", "Zed")]
    page = "<p><mark>Zed</mark> wrote, on 3 May</p><style>mark { color: black }</style>"
    files = [File("records.html", page.replace("Zed", "Somebody").encode()), File("4-index.xlsx", xlsx("x")),
             File("records-001.pdf", pdf("x")), File("1-response-letter.pdf", pdf("Rosa Lindqvist"))]  # fmt: skip
    assert scan(files, terms, own="Rosa Lindqvist, records officer") == []
    assert scan(files[3:], terms)
    for path, body in (("r.html", page.encode()), ("r.xlsx", xlsx("so said Zed")), ("r.pdf", pdf("so said Zed"))):
        assert [leak.path for leak in scan([File(path, body)], terms)] == [path]
    assert scan([File("r.html", b'<img alt="Zed at the lot">')], terms)


def test_what_the_requester_wrote_may_stand_where_the_request_is_repeated() -> None:
    asked = f"Everything that {PERSON.name} wrote, please."
    request = [File("data/2-request.pdf", pdf(asked)), File("data/proofs/search.json", asked.encode())]
    assert scan(request, TERMS)
    assert scan(request, TERMS, asked=asked) == []
    assert scan([File("data/4-index.csv", asked.encode())], TERMS, asked=asked)
    assert scan([File("data/2-request.pdf", pdf(f"{asked} {PERSON.email}"))], TERMS, asked=asked)


def test_the_files_of_ten_thousand_records_take_seconds_at_most() -> None:
    text = "The parking lot floods, where shall we park? é"
    line = {"control": "LPL-0001", "text": text, "inclusion": ["ab" * 32] * 14}
    body = "\n".join(json.dumps(line | {"leaf_index": n}) for n in range(10_000)).encode()
    started = time.process_time()
    assert scan([File("data/proofs/records.jsonl", body)], TERMS) == []
    assert time.process_time() - started < 2


def test_small_files_are_looked_through_together_and_each_is_named() -> None:
    plain = [File(f"native/BEN-{n:05d}-v1.json", b'{"id": "<a %d", "said": "nothing"}' % n) for n in range(600)]
    told = File("native/BEN-00600-v1.json", b'{"said": "b > Zelda <b>Quill</b>feather"}')
    words = (b'{"a": "Zelda"}', b'["Quillfeather"]')
    halves = [File(f"native/BEN-{n:05d}-v1.json", body) for n, body in enumerate(words, 601)]
    sought = [Term("Zelda Quillfeather", "7(1)(c)", "act")]
    assert scan(plain + halves, sought) == []
    assert [leak.path for leak in scan([*plain, told, *halves], sought)] == [told.path]
