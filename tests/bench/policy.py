"""`policy_all`, `policy_<criterion>`: comments a second on one core through the checks, in CPU time.

`policy_all` stands beside the limit that the archive sets itself, 10,000 comments a second. Each criterion stands
beside all of them together: a ratio of 10 is a tenth of the whole time. The comments are those of the invented
library on all platforms, each numbered so that no two are the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

from sandbox.platforms import registry as stand_ins
from sandbox.story import build
from social_archive.policy.batch import Batch
from social_archive.policy.criteria import registry
from social_archive.policy.suite import Check, Suite
from tests.bench.rows import Row, peer_row

_LIMIT = 10_000.0
_COMMENTS = 40_000
_ROUNDS = 3


def run(folder: Path, scale: float, tell: Callable[[str], None]) -> dict[str, Row]:
    texts = comments(max(2_000, int(_COMMENTS * scale)))
    checks = tuple(Check(cls(), cls.clause, on=True) for cls in registry().values())
    everything = Suite("bench", checks)
    alone = {check.name: Suite("bench", (check,)) for check in checks}
    whole = len(texts) / _best(partial(_all, everything, texts))
    tell(f"{len(texts):,} comments of {sum(map(len, texts)) // len(texts)} characters: {whole:,.0f} a second, all on")
    rows = {"policy_all": peer_row(whole, _LIMIT, "the limit of 10,000 comments a second", "comments/s")}
    for name, suite in alone.items():
        rate = len(texts) / _best(partial(_all, suite, texts))
        tell(f"{name}: {rate:,.0f} a second, {whole / rate:.0%} of the whole")
        rows[f"policy_{name.replace('-', '_')}"] = peer_row(rate, whole, "all criteria together", "comments/s")
    return rows


def comments(count: int) -> list[str]:
    """Invented comments as the sample library gets them, each with a number of its own at its end."""
    said: list[str] = []
    for name in stand_ins():
        world = build(name, date(2026, 3, 1))
        said += [item.text for item in world.items.values() if not item.is_post and len(item.text) < 2_000]
    return [f"{said[i % len(said)]} #{i}" for i in range(count)]


def _all(suite: Suite, texts: list[str]) -> int:
    """A fresh batch each time: folding belongs to the work."""
    found = 0
    for start in range(0, len(texts), 20_000):
        part = texts[start : start + 20_000]
        found += sum(1 for _ in suite.find(Batch.of(part, is_own=[i % 10 == 0 for i in range(len(part))])))
    return found


def _best(work: Callable[[], object]) -> float:
    times = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


run.names = ("policy_all", *(f"policy_{name.replace('-', '_')}" for name in registry()))  # type: ignore[attr-defined]
