"""The bag: names that are safe everywhere, manifests that stock tools accept, a signature over all of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from social_archive.foia.bundle.bag import BadName, is_safe, require_safe

GOOD = ("README.txt", "3-records/records-001.pdf", "native/LPL-2026-014-0001-v1.json", "media/REC-26_01-0001-v1-1.jpg")
BAD = (
    "../x", "a/../b", "/etc/passwd", "a//b", "", "a/", "C:/x", "a\\b", "a\nb", "a\0b", "CON", "a/nul.txt", "com1.json",
    ".hidden", "a/.b", "dot.", "space ", " x", "caf\u00e9.txt", "cafe\u0301.txt", "\u202egpj.exe", "x" * 201,
    "a%0Ab", "a:b", "a*b", "~x", "-rf",
)  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_good_names(name: str) -> None:
    assert is_safe(name)


@pytest.mark.parametrize("name", BAD)
def test_names_that_harm_or_mislead_are_refused(name: str) -> None:
    with pytest.raises(BadName):
        require_safe([name])


@pytest.mark.parametrize("names", [("a/B.txt", "a/b.txt"), ("x", "x"), ("a", "a/b"), ("A/x", "a")])
def test_names_that_fall_on_each_other_are_refused(names: tuple[str, ...]) -> None:
    with pytest.raises(BadName):
        require_safe(names)


@given(st.text(max_size=40))
def test_whatever_is_safe_is_plain_ascii_and_stays_inside(name: str) -> None:
    if is_safe(name):
        assert name.isascii()
        assert name.isprintable()
        assert ".." not in name.split("/")
        assert not name.startswith("/")
