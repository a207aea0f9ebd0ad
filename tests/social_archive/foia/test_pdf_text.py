"""What stands in a PDF is read out of it whole, whatever numbers the glyphs of its fonts happen to have."""

from __future__ import annotations

import json
import string

import pytest
import typst
from hypothesis import given, settings
from hypothesis import strategies as st

from social_archive.foia.pdf_text import readable

MOST = 1 << 24
_PAGE = b'#set page(width: 90cm, height: 9cm)\n#set text(font: "Libertinus Serif", hyphenate: false, kerning: %s)\n#%s'


def typeset(text: str, *, kerning: bool = False) -> bytes:
    source = _PAGE % (str(kerning).lower().encode(), b"text(json(bytes(sys.inputs.data)))")
    made: bytes = typst.compile(source, sys_inputs={"data": json.dumps(text)}, ignore_system_fonts=True)
    return made


def read(body: bytes) -> str:
    return "".join("".join(text for where, text in readable(body, MOST) if where == "pages").split())


LETTERS = string.ascii_letters + string.digits + string.punctuation


@settings(max_examples=40)
@given(st.text(LETTERS + " ", min_size=1, max_size=400), st.booleans())
def test_every_sign_that_is_set_is_read(text: str, kerning: bool) -> None:
    assert read(typeset(text, kerning=kerning)) == "".join(text.split())


def test_glyphs_that_have_the_numbers_of_brackets_and_backslashes_are_read() -> None:
    """Fonts number their glyphs as they are met, so every letter comes to stand for a bracket once."""
    for turn in range(0, len(LETTERS), 7):
        text = LETTERS[turn:] + LETTERS[:turn] + LETTERS[::-1] * 4
        assert read(typeset(text)) == text


def drawn(content: bytes) -> str:
    """What is read of a page with this content and a font without a table."""
    body = b"%%PDF-1.7\n1 0 obj\n<</Length %d>>\nstream\n%s\nendstream\nendobj\n%%%%EOF" % (len(content), content)
    return read(body)


@pytest.mark.parametrize(("content", "text"), [
    (b"BT /F 9 Tf (one (two (three) four) five (six)) Tj ET", "one(two(three)four)five(six)"),
    (rb"BT /F 9 Tf (one \(two) Tj (\\) Tj (three\)) Tj ET", "one(two\\three)"),
    (rb"BT /F 9 Tf (\\\(\\) Tj [(a) 3 (b\051)] TJ ET", "\\(\\ab)"),
    (b"BT /F 9 Tf (never ends ET BT (Zelda) Tj ET", "Zelda"),
    (b"BT /F 9 Tf (one ET /F 8 Tf two) Tj ET BT <74776f> Tj ET", "oneET/F8Tftwotwo"),
])  # fmt: skip
def test_strings_end_where_their_brackets_do(content: bytes, text: str) -> None:
    assert drawn(content) == text
