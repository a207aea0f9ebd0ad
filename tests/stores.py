"""Fresh buckets on the store that tests share."""

from __future__ import annotations

import urllib.parse
import urllib.request
import uuid

from social_archive.config import StoreConfig
from social_archive.stack.seaweed import HOST, Seaweed
from social_archive.store import ensure_buckets


def fresh_buckets(weed: Seaweed, store: StoreConfig) -> StoreConfig:
    """A trio of buckets of which nothing is known yet (content, ledger, staging); the configuration that names them.

    The store gives a bucket its first volume when something is written to it, and that write waits 200 ms for it. So
    the volumes are asked for here, which takes 8 ms each: most tests write to two new buckets or three.
    """
    config = store.model_copy(update={"bucket": f"t-{uuid.uuid4().hex[:12]}"})
    ensure_buckets(config, client=weed.client("admin"))
    for bucket in (config.bucket, config.ledger_bucket, config.staging_bucket):
        query = urllib.parse.urlencode({"collection": bucket, "count": 1, "replication": "000"})
        urllib.request.urlopen(f"http://{HOST}:{weed.ports['master.port']}/vol/grow?{query}", timeout=30).close()
    return config
