"""`normalise_<platform>`: parsing a platform's answers into records, beside json.loads of the same bytes.

`ours` and `peer` are records a second on one core; the target is 40,000. The bytes are what the stand-in serves. The
peer only decodes; ours also cuts out each item's exact bytes, checks for repeated keys and builds the record.
"""

from __future__ import annotations

import importlib
import json
import time
from collections.abc import Callable, Iterable
from datetime import date
from functools import partial
from pathlib import Path

from sandbox.platforms import registry as stand_ins
from sandbox.story import build
from social_archive.platforms import Page, Target, registry
from social_archive.platforms.http import Http
from tests.bench.rows import Row, peer_row

_ROUNDS = 7
_SECONDS = 0.4


def run(folder: Path, scale: float, tell: Callable[[str], None]) -> dict[str, Row]:
    rows: dict[str, Row] = {}
    for name in stand_ins():
        pages, parse = pages_of(name), parser(name)
        count = parse(pages)
        ours, peer = _in_turn(partial(parse, pages), partial(_decoded, pages, count), scale)
        tell(f"{name}: {ours:,.0f} records/s, {count} records in {len(pages)} pages")
        rows[f"normalise_{name}"] = peer_row(ours, peer, "json.loads of the same pages", "records/s")
    return rows


def pages_of(name: str) -> list[Page]:
    stand_in = stand_ins()[name](build(name, date(2026, 3, 1)), "http://127.0.0.1:1")
    found: Iterable[Page] = importlib.import_module(f"tests.contracts.{name}").pages_for_bench(stand_in)
    return list(found)


def parser(name: str) -> Callable[[list[Page]], int]:
    """A function that parses pages and returns how many records they held."""
    cls = registry()[name]
    here = "http://127.0.0.1:1"
    settings = {"server": here, "service": here, "pds": here, "insecure_local": True, "terms_accepted": True}
    adapter = cls(Target("larkspur", "larkspur", settings), Http(base_url=here, pace=cls.pace))
    return lambda pages: sum(1 for page in pages for _ in adapter.records(page))


def _decoded(pages: list[Page], count: int) -> int:
    for page in pages:
        json.loads(page.body)
    return count


def _in_turn(ours: Callable[[], int], peer: Callable[[], int], scale: float) -> tuple[float, float]:
    """Records a second of both: the best of several rounds in turn, so that a busy machine is busy for both."""
    best = [0.0, 0.0]
    for _ in range(_ROUNDS):
        for side, work in enumerate((ours, peer)):
            done, started = 0, time.process_time()
            while time.process_time() - started < _SECONDS * scale:
                done += work()
            best[side] = max(best[side], done / (time.process_time() - started))
    return best[0], best[1]


run.names = tuple(f"normalise_{name}" for name in stand_ins())  # type: ignore[attr-defined]
