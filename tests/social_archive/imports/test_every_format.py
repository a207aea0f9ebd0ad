"""For every platform with a stand-in: what was imported and what is harvested are the same things, in either order.

The export is written from the very world that the stand-in serves. A new format needs a module in `sandbox/exports/`
and is tested here without another line.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from sandbox import exports, story
from sandbox.control import running
from sandbox.folder import environment
from sandbox.platforms import registry as stand_ins
from sandbox.world import Chronicle
from social_archive.config import StoreConfig
from social_archive.imports import intake
from social_archive.imports import registry as formats
from social_archive.joining import is_idless
from social_archive.platforms import registry as platforms
from tests.faults.sandbox_library import Place

pytestmark = pytest.mark.slow

SHOWN = ("present", "hidden", "held_for_review")
FORMATS = [
    name
    for name, cls in formats().items()
    if cls.platform in platforms() and cls.platform in stand_ins() and find_spec(f"sandbox.exports.{name}")
]


@pytest.fixture(params=FORMATS)
def format(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def place(format: str, buckets: StoreConfig, tmp_path: Path) -> Iterator[Place]:
    """The library's account on the format's platform, never harvested; nobody really waits."""
    platform = formats()[format].platform
    with pytest.MonkeyPatch.context() as patch, running(tmp_path / "sandbox", only=[platform]) as urls:
        for variable, value in environment().items():
            patch.setenv(variable, value)
        account = "larkspur" if platform == "mastodon" else f"larkspur-{platform}"
        yield Place.made(tmp_path, urls, buckets.bucket, account)


@pytest.fixture
def export(format: str, place: Place, tmp_path: Path) -> Path:
    platform = formats()[format].platform
    world = story.build(platform, Chronicle.open(tmp_path / "sandbox").anchor)
    return exports.write(format, world, "larkspur", tmp_path / "export.zip", stand_ins()[platform](world, "http://x"))


def take(place: Place, export: Path) -> intake.ImportReport:
    return intake.run(place.archive, place.archive.account(place.account), export)


def own_things(place: Place) -> dict[str, list[dict[str, Any]]]:
    """Record id -> versions, of the account's own posts and comments that the platform shows."""
    from tests.faults.soundness import rows_of

    things: dict[str, list[dict[str, Any]]] = {}
    for row in rows_of(place.archive):
        if row["author_is_account"] and row["kind"] in ("post", "comment", "reply"):
            things.setdefault(row["rid"], []).append(row)
    return {rid: sorted(versions, key=lambda row: row["version"]) for rid, versions in things.items()}


def test_what_was_imported_is_joined_by_a_harvest(place: Place, export: Path) -> None:
    report = take(place, export)
    assert (report.quarantined, report.media_missing) == (0, 0)
    imported = set(own_things(place))
    assert place.harvest().outcome == "ok"
    things = own_things(place)
    latest = {versions[-1]["native_id"]: versions for versions in things.values()}
    own = {i["id"] for i in place.truth() if i["state"] in SHOWN and not i["malformed"] and i["id"] in latest}
    assert len(own) > 20
    for versions in (latest[native_id] for native_id in own if latest[native_id][0]["rid"] in imported):
        assert versions[0]["adapter"].startswith("import.")
        assert not any(row["adapter"].startswith("import.") for row in versions[1:])  # a harvest says it last, if anew
    joined = [native_id for native_id in own if latest[native_id][0]["rid"] in imported]
    assert len(joined) > 0.9 * len(own)
    left = [v[-1]["native_id"] for v in things.values() if is_idless(v[-1]["native_id"])]
    assert len(left) < 0.1 * len(imported), "what is still without its id is what the platform no longer shows"
    assert take(place, export).new == 0


def test_what_was_harvested_is_there_already(place: Place, export: Path) -> None:
    assert place.harvest().outcome == "ok"
    before = {rid: len(versions) for rid, versions in own_things(place).items()}
    take(place, export)
    after = {rid: len(versions) for rid, versions in own_things(place).items()}
    assert {rid: after[rid] for rid in before} == before  # an import adds no version to what was harvested
    assert len(after) - len(before) < 0.1 * len(before)
