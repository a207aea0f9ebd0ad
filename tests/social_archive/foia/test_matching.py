"""Words that must not leave are found however they are written, and other words are not."""

from __future__ import annotations

import base64
import json
import time
from itertools import pairwise
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from social_archive.foia.dispositions import Term
from social_archive.foia.matching import Matcher, identity_terms
from social_archive.foia.spellings import NothingToFind
from tests.social_archive.foia.scenes import PERSON


def terms(*texts: str) -> list[Term]:
    return [Term(text, "7(1)(c)", "act") for text in texts]


EVERY = Matcher(terms(*PERSON.every))

SPELLED = [
    "thank you Zelda Quillfeather!",
    "ZELDA\u200b QUILLFEATHER",
    "Ｚｅｌｄａ Ｑｕｉｌｌｆｅａｔｈｅｒ",
    "Z\u0435lda Quillf\u0435ather",  # Cyrillic
    "Zélda Quillfeäther's car",
    "Quillfeather, Zelda",
    "Zelda M. Quillfeather",
    "ZeldaQuillfeather",
    "zelda_quillfeather.jpg",
    "<b>Zelda</b> Quillfeather",
    "&#90;elda&nbsp;Quillfeather",
    "\\u005aelda Quillfeather",
    "‹U+005A›elda Quillfeather",  # as a PDF writes what its fonts lack
    "https://x.example/?who=%5Aelda%20Quillfeather",
    "https://x.example/?who=%255Aelda%2520Quillfeather",
    "@zquillfeather",
    "https://social.example/@zquillfeather/c2",
    "IMG_zquillfeather_3.jpg",
    "mailto:zelda.quillfeather%40example.org",
    '{"id":9913370042}',
    "user/9913370042?x=1",
    "630.555.0142",
    "+1 (630) 555 0142",
    "6305550142",
    "630 – 555 – 0142",
    "Zelda\n\n    Quillfeather",
    'Zelda "Zee" Quillfeather',
    "&lt;b&gt;Zelda&lt;/b&gt; Quillfeather",
    "𝓩𝓮𝓵𝓭𝓪 𝓠𝓾𝓲𝓵𝓵𝓯𝓮𝓪𝓽𝓱𝓮𝓻",
    "9,913,370,042",
]


@pytest.mark.parametrize("text", SPELLED)
def test_a_person_is_found_however_written(text: str) -> None:
    found = EVERY.spans(f"So says {text}, yes")
    assert found
    assert EVERY.touches(text) is not None
    rest = "".join(c for i, c in enumerate(f"So says {text}, yes") if not any(s <= i < e for s, e, _ in found))
    assert EVERY.touches(rest) is None


def test_other_words_are_left_alone() -> None:
    short = Matcher(terms("Ann", "Bo Li", "1003", "Christian"))
    for text in ("annual meeting", "a boli", "id 10031", "Christianity", "planned", "Bolivia"):
        assert short.spans(text) == []
    for text in ("Ann's", "@ann", "hello,ANN!", "li, bo", "user=1003", "/ann/", "ann_1"):
        assert short.spans(text), text
    assert [span[:2] for span in Matcher(terms("李娜")).spans("我叫李娜的")] == [(2, 4)]


def test_spans_point_into_the_original_and_the_longest_term_names_them() -> None:
    matcher = Matcher([Term("Zelda", "a", "1"), Term("Zelda Quillfeather", "b", "2")])
    text = "ﬁne: Ｚｅｌ\u200bｄａ Quillfeather and Zelda"
    assert [(text[start:end], term.code) for start, end, term in matcher.spans(text)] == [
        ("Ｚｅｌ\u200bｄａ Quillfeather", "b"),
        ("Zelda", "a"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"\x00\x01" + "Zelda Quillfeather".encode("utf-16-le"),
        b"\x00\x01\x02" + "zelda quillfeather".encode("utf-16-be"),
        b"\xff\xfe\x00 by " + base64.b64encode(b"taken by Zelda Quillfeather") + b"\x00",
        b"\x89 " + base64.b64encode(b"?" + json.dumps({"by": "Zelda Quillfeather"}).encode()),
        b"\x00" + quote("zquillfeather", safe="").encode() + b"\x00",
        b"".join(b"%%%02x" % byte for byte in b"Zelda Quillfeather"),
        b"\x00\x9f9913370042\xff",
    ],
)
def test_a_file_that_is_no_text_is_looked_through(body: bytes) -> None:
    assert EVERY.touches_bytes(body) is not None


def test_accents_are_found_in_bytes_and_noise_is_not() -> None:
    matcher = Matcher(terms("José Muñoz", "Ann"))
    for word in ("José Muñoz", "JOSÉ MUÑOZ"):
        for encoding in ("utf-8", "latin-1"):
            assert matcher.touches_bytes(b"\xff\x01" + word.encode(encoding) + b"\x02"), (word, encoding)
    assert matcher.touches_bytes(b"\x00\x01 a note for Ann about it\x00") is not None
    assert matcher.touches_bytes(b"\x00\xf0Ann\x02\xff") is None


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("محمد علي", "مُحَمَّد عَلِي"),
        ("Мария Иванова", "ИВАНОВА, Мария"),
        ("Weiß Straße", "WEISS-STRASSE"),
        ("Ann O'Neil", "ONEIL, Ann"),
        ("Jean-Luc Picard", "jeanlucpicard"),
        ("123-45-6789", "123 45 6789"),
    ],
)
def test_names_and_numbers_of_many_kinds(term: str, text: str) -> None:
    assert [text[start:end] for start, end, _ in Matcher(terms(term)).spans(text)] == [text]


def test_an_address_with_a_query_is_that_one_and_no_other() -> None:
    matcher = Matcher(terms("https://www.social.example/profile.php?id=100012345678"))
    assert matcher.touches("see social.example/profile.php?id=100012345678&x=1")
    assert matcher.touches("see https://social.example/profile.php?id=100099999999") is None


def test_what_cannot_be_found_is_refused() -> None:
    with pytest.raises(NothingToFind):
        Matcher(terms("\u200b"))
    assert Matcher(terms("🌸")).spans("a 🌸 b") != []


def test_a_persons_terms_are_all_that_leads_to_him_or_her() -> None:
    row = {
        "author_name": PERSON.name, "author_handle": "zquillfeather@social.example", "author_id": PERSON.id,
        "native_id": "113370000000000042", "permalink": "https://social.example/@zquillfeather/113370000000000042",
        "author_avatar": "https://cdn.example/avatars/9f8e7d6c5b4a.png?size=big",
    }  # fmt: skip
    plain = {"author_name": "Al", "author_id": "12", "author_avatar": "https://cdn.example/avatars/missing.png"}
    found = {term.text for term in identity_terms([row, plain], "7(1)(c)", "act")}
    assert found == {
        PERSON.name, "zquillfeather@social.example", "zquillfeather", PERSON.id, "113370000000000042",
        row["permalink"], "https://cdn.example/avatars/9f8e7d6c5b4a.png", "Al",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["Marcus Odell (he/him)", "Marcus Odell 🚲", "Dr. Marcus Odell | reader"])
def test_a_person_is_found_by_the_name_that_others_write(name: str) -> None:
    """What stands around a display name is left off, and a handle before it does not hide a part of it."""
    matcher = Matcher(identity_terms([{"author_name": name, "author_handle": "modell"}], "7(1)(c)", "act"))
    said = "@modell Marcus Odell is right"
    assert [said[start:end] for start, end, _ in matcher.spans(said)] == ["modell Marcus Odell"]


@given(st.text(max_size=80), st.integers(0, 80), st.sampled_from(PERSON.every[:2]))
def test_the_two_ways_to_ask_agree(text: str, at: int, planted: str) -> None:
    for said in (text, f"{text[:at]} {planted} {text[at:]}"):
        spans = EVERY.spans(said)
        assert bool(spans) == (EVERY.touches(said) is not None)
        assert all(0 <= start < end <= len(said) for start, end, _ in spans)
        assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert EVERY.touches(f"{text[:at]} {planted} {text[at:]}") is not None


def test_thousands_of_texts_are_looked_through_at_once() -> None:
    many = Matcher(terms(*PERSON.every, *(f"Person{i} Invented{i * 7919}" for i in range(60))))
    texts = [f"The parking lot floods again, where shall we park? It is all we have, {i}." for i in range(20_000)]
    started = time.process_time()
    assert not any(many.touches(text) for text in texts)
    assert time.process_time() - started < 2
