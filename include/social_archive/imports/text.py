"""Text as Meta's downloads hold it: UTF-8 whose bytes were written as if they were Latin-1 (`Ã©` for `é`)."""

from __future__ import annotations

import re
from typing import Final

_RUN: Final = re.compile("[\x80-\xff]{2,}")


def mended(text: str) -> str:
    """The text that was meant. What is not such a mistake comes back as it is; the item's bytes keep the original."""
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:  # some of it is right already, or not UTF-8: mend what can be
        return _RUN.sub(_mended_run, text)


def _mended_run(run: re.Match[str]) -> str:
    try:
        return run.group().encode("latin-1").decode("utf-8")
    except UnicodeError:
        return run.group()
