from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from social_archive.cli import output
from social_archive.cli.show import difference


def printed(text: object, *, color: bool = False) -> str:
    console = Console(file=io.StringIO(), width=300, force_terminal=color, markup=False, emoji=False, highlight=False)
    console.print(text)
    out = console.file.getvalue()  # type: ignore[attr-defined]
    return str(out)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "‹ESC›[31mred‹ESC›[0m"),
        ("\x9b31m", "‹CSI›31m"),
        ("\u202egpj.exe\u202c", "‹RLO›gpj.exe‹PDF›"),
        ("a\rb", "a‹CR›b"),
        ("a\u200bb", "a‹ZWSP›b"),
        ("a\u2028b", "a‹U+2028›b"),
        ("\U000e0041", "‹U+E0041›"),
        ("[bold red]x[/]", "[bold red]x[/]"),
        ("[link=https://x.example]x[/link]", "[link=https://x.example]x[/link]"),
        (":smile:", ":smile:"),
        ("👩\u200d👧 مكتبة", "👩\u200d👧 مكتبة"),
    ],
)
def test_what_people_wrote_is_shown_and_never_obeyed(text: str, shown: str) -> None:
    assert printed(output.safe(text)).strip() == shown


@given(st.text())
def test_nothing_that_steers_a_terminal_gets_through(text: str) -> None:
    out = printed(output.safe(text))
    unsafe = {*range(32), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)} - {9, 10}
    assert not unsafe & set(map(ord, out))


def test_what_is_cut_is_said() -> None:
    assert output.safe("x" * 1500, limit=100).plain == "x" * 100 + " … (1,400 more characters)"


def test_a_list_keeps_a_text_on_one_line() -> None:
    assert output.safe("a\n\n  b\tc", one_line=True).plain == "a b c"


def test_a_difference_shows_what_went_and_what_came() -> None:
    assert difference("Closed on Monday.", "Closed on Tuesday!").plain == "Closed on [-Monday.-]{+Tuesday!+}"
    assert difference("same", "same").plain == "same  (same text)"


def test_times_are_exact_in_json_and_local_on_the_screen() -> None:
    moment = 1_767_225_600_000_001
    assert output.iso(moment) == "2026-01-01T00:00:00.000001Z"
    assert output.local(moment, "America/Chicago") == "2025-12-31 18:00 CST"
    assert output.local(-1, "UTC", seconds=True) == "1969-12-31 23:59:59 UTC"


def test_json_is_ascii_and_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_json({"body": "\u202eé"})
    assert capsys.readouterr().out.isascii()
