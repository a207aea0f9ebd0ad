"""Mending what was broken on export, and leaving alone what was not."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from social_archive.imports.text import mended


@settings(max_examples=200)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_survives_the_exporter(text: str) -> None:
    assert mended(text.encode().decode("latin-1")) == text


def test_what_was_never_broken_stays() -> None:
    assert mended("plain") == "plain"
    assert mended("Caf\xe9 \xfcber") == "Caf\xe9 \xfcber"  # Latin-1 that is no UTF-8: somebody meant it
    assert mended("日本") == "日本"


def test_a_text_that_is_broken_in_part_is_mended_in_part() -> None:
    assert mended("日本 Caf\xc3\xa9") == "日本 Café"
