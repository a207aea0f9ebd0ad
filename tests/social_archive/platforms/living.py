"""One account of the invented library with an archive of its own, for what only a whole harvest can show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from sandbox.control import running
from sandbox.folder import environment
from social_archive.config import StoreConfig
from social_archive.platforms.http import Http
from tests.faults.sandbox_library import Place


@contextmanager
def living(name: str, buckets: StoreConfig, folder: Path) -> Iterator[Place]:
    """The account `larkspur-<name>`, harvested once into these buckets."""
    with pytest.MonkeyPatch.context() as patch, running(folder / "sandbox", only=[name]) as urls:
        for variable, value in environment().items():
            patch.setenv(variable, value)
        place = Place.made(folder, urls, buckets.bucket, f"larkspur-{name}")
        patch.setattr("social_archive.archive.Http", partial(Http, clock=place.clock, sleep=place.clock.sleep))
        assert place.harvest().outcome == "ok"
        yield place
