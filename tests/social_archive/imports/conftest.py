"""An archive with accounts on every platform, and exports written by the tests themselves. All of it is invented."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from social_archive.archive import Archive, open_archive
from social_archive.config import Account, StoreConfig
from social_archive.imports.base import Importer, Item
from social_archive.imports.source import opened
from tests.agencies import agency_folder

PLATFORMS = ("facebook", "instagram", "threads", "youtube", "x", "bluesky", "flickr")


def with_accounts(archive: Archive) -> Archive:
    """The same archive with an account `larkspur` on each platform, whether an adapter for it is there yet or not."""
    more = [Account(name="larkspur", platform=platform, handle="larkspur") for platform in PLATFORMS]
    agency = archive.agency.model_copy(update={"accounts": [*archive.agency.accounts, *more]})
    return Archive(agency, archive.state)


@pytest.fixture
def archive(buckets: StoreConfig, tmp_path: Path) -> Archive:
    agency = agency_folder(tmp_path / "agency", buckets.bucket)
    return with_accounts(open_archive(agency, state=tmp_path / "state"))


@pytest.fixture
def zipped(tmp_path: Path) -> Callable[[str, Mapping[str, str | bytes]], Path]:
    """`zipped("export.zip", {"posts/1.json": …})` writes an export and says where."""

    def write(name: str, members: Mapping[str, str | bytes]) -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
            for member, body in members.items():
                made.writestr(zipfile.ZipInfo(member, (2026, 11, 1, 12, 0, 0)), body, zipfile.ZIP_DEFLATED)
        return path

    return write


def parse(importer: Importer, path: Path, account: Account | None = None) -> list[Item]:
    """What an importer makes of a file, without any archive."""
    with opened(path) as source:
        assert importer.recognises(source) or importer.platform == ""
        source.verify()
        given = account or Account(name="larkspur", platform=importer.platform or "facebook", handle="larkspur")
        return list(importer.records(source, given))


def rows(archive: Archive) -> list[dict[str, Any]]:
    """Every version in the archive, as Parquet has it, in the order of thing and version."""
    archive.catalog.catch_up()
    tables = [pq.read_table(p, partitioning=None) for p in archive.mirror.paths(archive.catalog.objects("records"))]
    found = [row for table in tables for row in table.to_pylist()]
    return sorted(found, key=lambda row: (row["native_id"], row["version"]))
