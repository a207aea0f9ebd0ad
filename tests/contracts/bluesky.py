"""Bluesky is held to the reference network itself (`make interop`); here are its pages for the bench."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.platforms.base import dumps
from social_archive.platforms.base import Page


def pages_for_bench(stand_in: Any) -> Iterator[Page]:
    """Full pages of posts as views, out of the stand-in's own world, for `make bench`."""
    items = [i for i in stand_in.world.items.values() if not i.deleted and not i.boosts and not i.malformed]
    for start in range(0, len(items), 100):
        body = dumps({"posts": [stand_in.post_view(i) for i in items[start : start + 100]]})
        yield Page(
            kind="item", endpoint="https://public.api.bsky.app/xrpc/app.bsky.feed.getPosts", body=body,
            response_sha256="", http_date=None, observed_at=0,
            context={"shape": "posts", "hidden": [], "did": stand_in.native_account("larkspur")},
        )  # fmt: skip
