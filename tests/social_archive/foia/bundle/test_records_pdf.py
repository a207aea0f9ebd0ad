"""The records on paper: all that is released is there, nothing else is, and the file is what it says it is."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from functools import cache

import pytest
from pypdf import PdfReader

from social_archive.foia.bundle import records_pdf
from social_archive.foia.bundle.model import Options
from social_archive.foia.bundle.pieces import pieces
from social_archive.foia.bundle.reading import groups
from tests.social_archive.documents.test_coverage import objects
from tests.social_archive.foia.bundle.paper_scene import LONG, SECRET, contents

SCENE = contents()


@cache
def made() -> bytes:
    (part,) = records_pdf.write(SCENE)
    assert isinstance(part.body, bytes)
    assert part.path == "3-records/records-001.pdf"
    return part.body


@cache
def printed() -> str:
    """What stands on the pages, without the spaces, in which lines are broken, and without the feet of the pages."""
    found = "".join(page.extract_text() for page in PdfReader(io.BytesIO(made())).pages)
    return re.sub(r"LarkspurPublicLibrary·request2026-014·records,part1of1page\d+of\d+", "", close(found))


def close(text: str) -> str:
    return re.sub(r"[\s\u200b]+", "", text)  # where a long word may break stands a space of no width


def set_as(text: str, codes: tuple[str, ...]) -> str:
    """Words as the paper sets them: what its fonts lack is in words."""
    runs = pieces(text, codes)
    return close("".join(run if isinstance(run, str) else run[1] for run in runs))


def test_every_released_text_author_address_and_time_is_on_paper() -> None:
    said = [said for group in groups(SCENE) for entry in group.entries for said in entry.versions]
    assert len(said) == 40
    for one in said:
        for words in (one.text, one.who, one.handle, *one.links, one.permalink):
            assert set_as(words, one.codes) in printed(), words
        for what, (local, utc) in (("posted", one.posted), ("captured", one.captured)):
            day, hour = utc.split(" ", 1)
            told = hour if local.startswith(day) else utc
            assert close(f"{what} {local} ({told})") in printed()
    assert close(LONG) in printed()
    assert "‹thumbsupsign,emojimodifierfitzpatricktype-4›" in printed()
    assert "‹U+202Eright-to-leftoverride›" in printed()


def test_the_date_in_utc_is_told_where_it_is_another() -> None:
    said = groups(SCENE)[0].entries[0].versions[0]
    late = replace(said, posted=("2026-04-03 22:04:05 CDT", "2026-04-04 03:04:05 UTC"))
    told = "posted 2026-04-03 22:04:05 CDT (2026-04-04 03:04:05 UTC) \u00b7 captured"
    assert records_pdf._times(late).startswith(told)
    nobody = replace(said, posted=("", ""), edited=said.captured)
    assert records_pdf._times(nobody).startswith("when it was posted is not known \u00b7 edited 2026")


def test_what_was_cut_is_nowhere_in_the_file_and_withheld_records_are_a_line() -> None:
    inside = objects(made())
    for name in (SECRET, *SECRET.split(), "zquillfeather", "hospital"):
        assert name.encode() not in inside
        assert name not in printed()
    assert "LPL-2026-014-00004:withheld,7(1)(c)" in printed()
    assert "LPL-2026-014-00010:destroyedonschedulebeforethisanswer,certificate2026-002" in printed()


def test_words_removed_under_two_exemptions_are_one_mark() -> None:
    both = ("7(1)(b)", "7(1)(c)")
    assert pieces("Call [REDACTED 7(1)(b), 7(1)(c)]!", both) == ["Call ", ["r", "[REDACTED 7(1)(b), 7(1)(c)]"], "!"]


def test_only_a_removal_is_set_as_a_mark_whatever_somebody_typed() -> None:
    by_control = {e["c"][-5:]: e for g in records_pdf.content(SCENE, records_pdf.parts(groups(SCENE))[0])["groups"]
                  for e in g["entries"]}  # fmt: skip
    redacted, typed = by_control["00003"]["v"][0]["text"], by_control["00007"]["v"][0]["text"]
    assert [run for run in redacted if isinstance(run, list)] == [["r", "[REDACTED 7(1)(b)]"]] * 2
    assert typed == "It was [REDACTED 7(1)(b)] nobody's fault, I typed that myself. Parking lot!"


def test_it_is_pdf_a_whose_bookmarks_are_control_numbers_and_nothing_in_it_can_be_clicked() -> None:
    inside = objects(made())
    for mark in (b"<pdfaid:part>2</pdfaid:part>", b"<pdfaid:conformance>A</pdfaid:conformance>",
                 b"<pdfuaid:part>1</pdfuaid:part>", b"/StructTreeRoot"):  # fmt: skip
        assert mark in inside, mark
    for active in (b"/JavaScript", b"/URI", b"/Launch", b"/EmbeddedFile", b"/Annots"):
        assert active not in inside, active
    outline = [str(mark["/Title"]) for mark in _flat(PdfReader(io.BytesIO(made())).outline)]
    assert outline == [entry.control for group in groups(SCENE) for entry in group.entries]


def test_parts_say_which_they_are_and_where_a_thread_began(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records_pdf.parts, "__defaults__", (15,))
    asked = replace(SCENE, options=Options(load_files=True))
    *files, opt = records_pdf.write(asked)
    assert [file.path for file in files] == [f"3-records/records-00{n}.pdf" for n in (1, 2, 3)]
    third = PdfReader(io.BytesIO(files[2].body))  # type: ignore[arg-type]
    text = close(third.pages[0].extract_text())
    assert "part3of3" in text
    assert "Thethreadonthispagebeginsinrecords-002.pdf" in text
    pages = [len(PdfReader(io.BytesIO(file.body)).pages) for file in files]  # type: ignore[arg-type]
    assert opt.path == "load-files/records.opt"
    assert (
        opt.body
        == "".join(
            f"records-00{n},VOL001,..\\3-records\\records-00{n}.pdf,Y,,,{count}\r\n" for n, count in enumerate(pages, 1)
        ).encode()
    )
    assert [(file.path, file.body) for file in records_pdf.write(asked)] == [(f.path, f.body) for f in (*files, opt)]


def test_an_answer_without_records_says_so() -> None:
    (part,) = records_pdf.write(replace(SCENE, items=[]))
    assert "Norecordmatchedthesearch" in close(PdfReader(io.BytesIO(part.body)).pages[0].extract_text())  # type: ignore[arg-type]


def _flat(outline: object) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for one in outline:  # type: ignore[attr-defined]
        found += _flat(one) if isinstance(one, list) else [one]
    return found
