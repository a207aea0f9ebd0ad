"""Every criterion of the registry against texts that were made to hurt: linear time, no exception, bounded hits."""

from __future__ import annotations

import time
from collections import Counter
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from social_archive.policy.batch import MOST, Batch
from social_archive.policy.criteria import registry
from social_archive.policy.criterion import Criterion, Hit

NAUGHTY: Final = (
    "", " ", "\n\n\n", "\x00", "a\x00b", "\ufeff", "\u202eevil\u202c", "\u2066\u2069", "\ud7ff", "\U0010ffff", "\ufffd",
    "undefined", "NULL", "'; DROP TABLE findings; --", "<script>alert(1)</script>", "{person}", "{0} %s %(kind)s",
    "$HOME",
    "(((((((((", "[[[[", "\\\\\\\\", "????", "....", "@@@@@", "@", "#", "$", "1/0", "-1", "NaN", "1e309", "0x0",
    "Ｔｈｅ ｑｕｉｃｋ", "田中さんにあげて下さい", "الكل في المجمو عة", "Ω≈ç√∫˜µ≤≥÷", "👩‍👩‍👧‍👦🏳️‍🌈👍🏽", "🇺🇸🇷🇺",
    "ﷺ" * 50, "Z̮̞̠͙͔ͅḀ̗̞͈̻̗Ḷ͙͎̯̹̞͓G̻O̭̗̮",
    "ﬀﬁﬂ", "ⅷ ½ ㎏", "ß İ ı ſ K", "p\u0430y me", "fu\u0441k \u0391nn L\u0435e st\u043ele",
    "a" + "\u0301" * 500, "\u200b" * 500,
    "I will kill {you}", "@a.b.c.d.e stole the {x}", "J\u0430ne R\u043ee has HIV", "DM me $0 $$ 000-000-0000 @@x",
    "http://", "www.",
)  # fmt: skip

LONG: Final = {
    "one letter": "a", "spaces": " ", "digits": "7", "at signs": "@", "brackets": "(", "vulgar": "fuck ",
    "cyrillic": "я",
    "mixed": "p\u0430", "names": "Ann Lee ", "almost a theft": "Ann Lee has been just ",
    "almost a threat": "I will just ", "capitals": "A",
    "lines": "x\n", "stars": "f*", "marks": "e\u0301", "money": "$1 ", "handles": "@ab ", "asks": "please send me all ",
    "street": "1 a ", "facts": "he has HIV. ", "links": "http://a.b/c ", "sells": "weed for sale ",
    "no stop": "Ann Lee stole the money and ",
}  # fmt: skip

CRITERIA: Final = sorted(registry())


def criterion(name: str) -> Criterion:
    cls = registry()[name]
    return cls()


def hits(name: str, batch: Batch) -> list[Hit]:
    return list(criterion(name).find(batch))


def batch_of(texts: list[str], name: str) -> Batch:
    return Batch.of(texts, is_own=registry()[name].audience == "own")


def check(batch: Batch, found: list[Hit]) -> None:
    for hit in found:
        folded = batch.folded[hit.row]
        assert 0 <= hit.start <= hit.end <= len(folded.text)
        start, end = folded.span(hit.start, hit.end)
        assert 0 <= start <= end <= len(batch.texts[hit.row])
        sentence = hit.sentence()
        assert sentence.endswith(".")
        assert sentence[0].isupper()
    assert all(count <= MOST for count in Counter((hit.row, hit.rule.id) for hit in found).values())


@pytest.mark.parametrize("name", CRITERIA)
def test_naughty_strings_break_nothing(name: str) -> None:
    batch = batch_of(list(NAUGHTY), name)
    check(batch, hits(name, batch))


@pytest.mark.parametrize("name", CRITERIA)
@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(
        st.one_of(st.text(), st.sampled_from(NAUGHTY), st.sampled_from(list(LONG.values())).map(lambda x: x * 30)),
        max_size=4,
    )
)
def test_whatever_a_text_holds_spans_lie_inside_and_explanations_are_sentences(name: str, texts: list[str]) -> None:
    batch = batch_of(texts, name)
    check(batch, hits(name, batch))


@pytest.mark.slow
@pytest.mark.parametrize("name", CRITERIA)
def test_a_megabyte_takes_about_ten_times_as_long_as_a_tenth_of_it(name: str) -> None:
    """Twice the linear ratio is allowed, and times too short to be measured are taken as one fiftieth of a second."""
    hits(name, batch_of(["warm"], name))
    too_slow = []
    for shape, unit in LONG.items():
        short, long = (_seconds(name, unit * (size // len(unit))) for size in (100_000, 1_000_000))
        if long > 2 * 10 * max(short, 0.02):
            too_slow.append(f"{shape}: {short:.3f} s, then {long:.3f} s")
    assert not too_slow, f"{name} is slower than linear: {'; '.join(too_slow)}"


def _seconds(name: str, text: str) -> float:
    """Processor time of one criterion over one text that is already folded."""
    batch = batch_of([text], name)
    batch.column  # noqa: B018  made before the clock starts
    before = time.process_time()
    found = hits(name, batch)
    spent = time.process_time() - before
    check(batch, found)
    return spent
