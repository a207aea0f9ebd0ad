"""Mastodon's own contract is judged in `tests/sandbox/mastodon_contract.py`; here are its pages for the bench."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.platforms.base import dumps
from social_archive.platforms.base import Page


def pages_for_bench(stand_in: Any) -> Iterator[Page]:
    """Threads as `/context` shows them, out of the stand-in's own world, for `make bench`."""
    for post in (i for i in stand_in.world.items.values() if i.is_post and not i.malformed):
        under = [stand_in.status_entity(i) for i in stand_in.world.descendants(post) if not i.malformed]
        yield Page(
            kind="thread", endpoint="https://social.example/api/v1/statuses/1/context",
            body=dumps({"ancestors": [], "descendants": under}), response_sha256="", http_date=None, observed_at=0,
            context={"account_id": stand_in.native_account("larkspur"), "root": stand_in.native(post)},
        )  # fmt: skip
