"""Fixtures that several parts share. The object store is a real one: SeaweedFS on a free loopback port."""

from __future__ import annotations

import os
from collections.abc import Iterator

import hypothesis
import pytest

from social_archive.config import StoreConfig
from social_archive.stack import seaweed
from social_archive.stack.seaweed import Seaweed
from tests.stores import fresh_buckets

# Two shared cores: how long one example takes says nothing.
hypothesis.settings.register_profile("archive", deadline=None)
hypothesis.settings.load_profile("archive")


@pytest.fixture(scope="session")
def weed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seaweed]:
    """One SeaweedFS for the whole run; it ends with the run, also when the run is killed."""
    running = seaweed.start(tmp_path_factory.mktemp("weed"), s3_port=seaweed.free_port(), die_with_parent=True)
    yield running
    running.kill()  # nobody wants it any more: ending in good order takes two seconds


@pytest.fixture(scope="session")
def object_store(weed: Seaweed) -> Iterator[StoreConfig]:
    """The store's configuration under the `archive` identity (no bucket made yet: see `buckets`).

    Sets ARCHIVE_S3_ENDPOINT and the keys of the identities `archive` and `disposer` for the run.
    """
    who, disposer = weed.identities["archive"], weed.identities["disposer"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "ARCHIVE_S3_ENDPOINT", weed.endpoint)
        patch.setitem(os.environ, "ARCHIVE_S3_ACCESS_KEY", who.access_key)
        patch.setitem(os.environ, "ARCHIVE_S3_SECRET_KEY", who.secret_key)
        patch.setitem(os.environ, "ARCHIVE_S3_DISPOSER_ACCESS_KEY", disposer.access_key)
        patch.setitem(os.environ, "ARCHIVE_S3_DISPOSER_SECRET_KEY", disposer.secret_key)
        yield StoreConfig(bucket="unmade-bucket", endpoint_url=weed.endpoint)


@pytest.fixture
def buckets(object_store: StoreConfig, weed: Seaweed) -> StoreConfig:
    """A fresh trio of buckets (content, ledger, staging); the configuration that names them."""
    return fresh_buckets(weed, object_store)
