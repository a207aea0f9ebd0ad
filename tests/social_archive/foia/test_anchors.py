"""One look for many terms finds what a look for each of them finds."""

from __future__ import annotations

import base64
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from social_archive.foia.anchors import SHORT, Anchors
from social_archive.foia.dispositions import Term
from social_archive.foia.matching import Matcher
from social_archive.foia.runs import base64_runs, without_hashes
from social_archive.foia.spellings import spell

TEXTS = ["Zelda Quillfeather", "zquillfeather", "7000007", "7000057", "000 0071", "+1 847 555 0142", "8475550142",
         "https://social.example/@zquillfeather/7000007", "https://social.example/@zquillfeather/7000057", "eld",
         "Żaneta", "\u0663\u0661\u0662\u0660\u0660\u0661\u0662", "9913370042"]  # fmt: skip
TERMS = [Term(text, "7(1)(c)", f"act {n}") for n, text in enumerate(TEXTS)]
PARTS = [*TEXTS, "(847) 555-0142", "847.555.0142", "7 000 007", "70000071", "zelda", "é", "ж", " ", "x", "-", "7", "0"]

texts = st.lists(st.sampled_from(PARTS), max_size=12).map("".join)


@settings(max_examples=300, deadline=None)
@given(texts)
def test_many_terms_are_found_as_each_of_them_alone_is(text: str) -> None:
    together = Matcher(TERMS).touches(text)
    assert (together is not None) is any(Matcher([term]).touches(text) for term in TERMS)
    assert Matcher(TERMS).standing_in(text) == {spell(term).exact for term in TERMS if Matcher([term]).touches(text)}


@settings(max_examples=60, deadline=None)
@given(texts, st.sampled_from(["plain words. ", "wörter "]))
def test_in_a_long_text_they_are_found_around_their_anchors(text: str, filler: str) -> None:
    long = filler * (SHORT // len(filler) + 1)
    found = Matcher(TERMS).standing_in(f"{long}\n{text}\n{long}")
    assert found == Matcher(TERMS).standing_in(f"\n{text}\n")


def test_an_anchor_has_its_place_in_characters() -> None:
    held = Anchors([spell(TERMS[1]), spell(TERMS[2])]).held("ж zquillfeather é 7000-007")
    assert held == {0: [2], 1: [18]}


bodies = st.lists(st.sampled_from([b"a" * 64, b"0f" * 64, b"a" * 65, b"abc", b"g", b" ", b"Zz09" * 7,
                                   b"ab" * 13]),
                  max_size=9).map(b"".join)  # fmt: skip


@given(bodies)
def test_hashes_go_and_nothing_else_does(body: bytes) -> None:
    expected = re.sub(rb"(?<![0-9a-f])(?:[0-9a-f]{64}){1,2}(?![0-9a-f])", b" ", body)
    assert without_hashes(body) == expected


@given(bodies)
def test_runs_are_those_that_an_expression_finds(body: bytes) -> None:
    expected = re.findall(rb"[A-Za-z0-9+/_-]{24,}", body)
    assert list(base64_runs(body)) == expected
    assert list(base64_runs(body, hashes=False)) == [run for run in expected if re.search(rb"[^0-9a-f]", run)]


def test_hashes_go_wherever_a_long_file_is_divided() -> None:
    line = b'{"sha256":"' + b"0123456789abcdef" * 4 + b'"}\n'
    said = without_hashes(line * 40_000)
    assert said == b'{"sha256":" "}\n' * 40_000
    assert base64.b64encode(b"words") in without_hashes(line * 3 + base64.b64encode(b"words"))
