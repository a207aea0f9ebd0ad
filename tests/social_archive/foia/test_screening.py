"""Texts that are read as one: whatever a close look finds in one of them, that one is suspect."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from social_archive.foia import screening
from social_archive.foia.matching import Matcher
from social_archive.foia.screening import APART, suspects
from tests.social_archive.foia.scenes import PERSON
from tests.social_archive.foia.test_matching import EVERY, SPELLED

PLAIN = ["The parking lot", "<p>The parking lot</p>", "", '{"content":"<p>a \\/ b<\\/p>"}', "caf\u00e9 \u0434\u0430",
         "<b", ">"]  # fmt: skip


def found_closely(matcher: Matcher, texts: list[str]) -> set[int]:
    return {at for at, text in enumerate(texts) if matcher.touches(text) or matcher.long.in_runs(text)}


@pytest.mark.parametrize("spelled", SPELLED)
def test_a_person_is_suspected_wherever_she_stands_and_her_neighbours_are_not(spelled: str) -> None:
    for at in range(len(PLAIN) + 1):
        texts = [*PLAIN[:at], f"So says {spelled}, yes", *PLAIN[at:]]
        assert suspects(EVERY, texts) == {at}


def test_a_person_in_base64_is_suspected() -> None:
    packed = json.dumps({"p": base64.b64encode(f"so said {PERSON.name}, loudly".encode()).decode()})
    assert suspects(EVERY, [*PLAIN, packed, *PLAIN]) == {len(PLAIN)}


@pytest.mark.parametrize("forged", [APART, "%0A%00%00%00%00<>%00%00%00%00%0A", "<a " + APART[1:6]])
def test_whoever_writes_what_stands_between_the_texts_hides_nothing(forged: str) -> None:
    texts = ["one", forged, PERSON.name, "two"]
    assert suspects(EVERY, texts) >= {2}


PIECES = st.sampled_from([*SPELLED, *PLAIN, "Zel", "da Quill", "feather", "%", "<", "&", "\\", "u005a", "9913",
                          "370042", "\0", APART, "\u0434", "elda",
                          base64.b64encode(PERSON.name.encode() * 3).decode()])  # fmt: skip


@given(st.lists(st.lists(PIECES, max_size=4).map("".join), max_size=8), st.integers(1, 200))
def test_no_text_that_holds_a_term_is_passed_over(texts: list[str], batch: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(screening, "_BATCH", batch)
        assert suspects(EVERY, texts) >= found_closely(EVERY, texts)


def test_nobody_is_suspect_where_nothing_is_sought() -> None:
    assert suspects(Matcher([]), PLAIN) == set()
