"""A store and an agency for the time of a benchmark."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from social_archive.config import StoreConfig
from social_archive.note import Signer
from social_archive.stack import seaweed
from social_archive.store import ensure_buckets


@dataclass(frozen=True)
class Place:
    """A running store with its buckets, and what a child process must have in its environment to reach it."""

    store: StoreConfig
    endpoint: str
    keys: tuple[str, str]
    env: dict[str, str]


@contextmanager
def open_store(folder: Path) -> Iterator[Place]:
    """A fresh embedded store (fsync on, as `make up` runs it) that goes away with the benchmark."""
    running = seaweed.start(folder / "store", s3_port=None, die_with_parent=True)
    try:
        admin, archive, disposer = (running.identities[name] for name in ("admin", "archive", "disposer"))
        env = {
            "ARCHIVE_S3_ENDPOINT": running.endpoint,
            "ARCHIVE_S3_ACCESS_KEY": archive.access_key,
            "ARCHIVE_S3_SECRET_KEY": archive.secret_key,
            "ARCHIVE_S3_DISPOSER_ACCESS_KEY": disposer.access_key,
            "ARCHIVE_S3_DISPOSER_SECRET_KEY": disposer.secret_key,
        }
        os.environ |= env
        config = StoreConfig(bucket="bench", endpoint_url="env:ARCHIVE_S3_ENDPOINT")
        ensure_buckets(config, client=running.client("admin"))
        yield Place(config, running.endpoint, (admin.access_key, admin.secret_key), env)
    finally:
        running.stop()


def agency_on(folder: Path, server: str) -> Path:
    """An agency folder with one account, `bulk`, on the benchmark's server."""
    folder.mkdir()
    key = folder / "ledger.key"
    Signer.generate("bench.example/ledger").save(key)
    (folder / "agency.yaml").write_text(
        f"""agency: {{name: Bench Library, slug: bench, jurisdiction: illinois, time_zone: America/Chicago}}
store: {{bucket: bench, endpoint_url: "env:ARCHIVE_S3_ENDPOINT"}}
ledger: {{origin: bench.example/ledger, signing_key: "file:{key}"}}
"""
    )
    (folder / "accounts.yaml").write_text(
        f"""accounts:
  - {{name: bulk, platform: mastodon, handle: bulk, settings: {{server: "{server}", insecure_local: true}}}}
"""
    )
    (folder / "retention.yaml").write_text(
        """retention:
  version: "1"
  effective: 2026-01-01
  items: [{id: "1", series: social-media, title: Posts and comments, citation: benchmark, years: 2}]
  rules: [{item: "1"}]
"""
    )
    return folder
