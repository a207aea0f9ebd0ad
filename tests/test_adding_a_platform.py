"""The worked example of docs/adding-a-platform.md is a platform: cut out of the page, started, harvested, compared."""

from __future__ import annotations

import asyncio
import re
import sys
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import uvicorn
import yaml

import sandbox.platforms
import sandbox.story
import social_archive.platforms
from sandbox.control import Control
from sandbox.serve import bind, open_front
from sandbox.world import Chronicle
from social_archive.config import StoreConfig
from tests.faults.sandbox_library import Place
from tests.faults.soundness import assert_sound, latest, rows_of

pytestmark = pytest.mark.slow

PAGE = Path(__file__).parents[1] / "docs" / "adding-a-platform.md"
PACKAGES = {
    "include/social_archive/platforms": social_archive.platforms,
    "include/sandbox/platforms": sandbox.platforms,
}


def blocks() -> dict[str, str]:
    """The page's Python files by the path in their first line, and its two entries of YAML."""
    found = re.findall(r"```(python|yaml)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    files = {code.split("\n", 1)[0].removeprefix("# "): code for kind, code in found if kind == "python"}
    texts = [text for kind, text in found if kind == "yaml"]
    return {**files, "library": texts[0], "account": texts[1]}


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The example's files, where the registries look for platforms; forgotten afterwards."""
    example = blocks()
    for place, package in PACKAGES.items():
        folder = tmp_path / place
        folder.mkdir(parents=True)
        (folder / "guestbook.py").write_text(example[f"{place}/guestbook.py"], encoding="utf-8")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(folder)])
        package.registry.cache_clear()
    library = sandbox.story._load("library")
    entry = yaml.safe_load(example["library"])
    monkeypatch.setitem(library, "accounts", {**library["accounts"], **entry})
    yield example
    for package in PACKAGES.values():
        package.registry.cache_clear()
        sys.modules.pop(f"{package.__name__}.guestbook", None)


@pytest.fixture
def url(written: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """The example's stand-in, running in this process (the one that has its own does not know the example)."""
    bound = bind(0)
    here = f"http://127.0.0.1:{bound.getsockname()[1]}"
    front = open_front("guestbook", here, Chronicle(tmp_path / "world.json", date(2026, 3, 1)))
    server = uvicorn.Server(uvicorn.Config(front, log_level="error", lifespan="off"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[bound])), daemon=True)
    thread.start()
    yield here
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def place(
    written: dict[str, str], url: str, buckets: StoreConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Place:
    account = yaml.safe_load(written["account"])[0]
    monkeypatch.setattr("sandbox.folder.AGENCY", _agency_with(account, tmp_path))
    monkeypatch.setenv("SANDBOX_GUESTBOOK_TOKEN", "sandbox-guestbook-token")
    return Place.made(tmp_path / "place", {"guestbook": url}, buckets.bucket, "larkspur-guestbook")


def _agency_with(account: dict[str, object], folder: Path) -> Path:
    from shutil import copytree

    from sandbox.folder import AGENCY

    copied = Path(copytree(AGENCY, folder / "agency-with-example"))
    (copied / "accounts.yaml").write_text(yaml.safe_dump({"accounts": [account]}))
    return copied


def test_the_example_of_the_page_is_a_platform_that_is_harvested_to_the_last_record(place: Place) -> None:
    report = place.harvest()
    assert (report.outcome, report.message) == ("ok", "")
    things = {i: row for i, row in latest(rows_of(place.archive)).items() if row["kind"] != "profile"}
    truth = {t["id"]: t for t in Control.truth(place.control)}
    shown = {i: t for i, t in truth.items() if t["state"] != "deleted"}
    assert {i: (t["state"], t["parent_native_id"], t["body"]) for i, t in things.items()} == {
        i: (t["state"], t["parent"], t["text"]) for i, t in shown.items()
    }
    assert len(things) > 200
    comment = next(i for i, t in shown.items() if t["parent"] and t["created"] > "2026-02-15")
    place.control.delete(comment)
    assert place.harvest().deleted == 1
    place.control.fault("throttle", count=99, retry_after=7200)
    assert [gap.reason for gap in place.harvest().gaps] == ["throttled"]
    assert_sound(place.archive, place.folder / "fresh")
