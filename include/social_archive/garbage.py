"""How seldom Python looks for cycles while millions of short-lived objects without any are made."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

FEW: Final = (50_000, 20, 100)
"""Thresholds of the three generations. Python's own cost a fifth of a harvest, and a twentieth of a bundle."""


@contextmanager
def few_collections() -> Iterator[None]:
    """While the block runs. What the block leaves in cycles it has to collect itself."""
    before = gc.get_threshold()
    gc.set_threshold(*FEW)
    try:
        yield
    finally:
        gc.set_threshold(*before)
