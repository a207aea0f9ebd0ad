"""Named places where the fault tests let the process die, as the power would.

`CRASH_AT=name` (or `name:3` for the third time) ends the process without any clean-up. Unset, as everywhere but in
those tests, a crash point is one dictionary lookup.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Final

_passed: Final[Counter[str]] = Counter()


def crash_point(name: str) -> None:
    """Die here if the environment says so."""
    wanted = os.environ.get("CRASH_AT")
    if wanted is None:
        return
    place, _, nth = wanted.partition(":")
    _passed[name] += 1
    if place == name and _passed[name] == int(nth or 1):
        os._exit(137)
