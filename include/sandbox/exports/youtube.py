"""Google Takeout of an invented channel: videos, own comments, the channel."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence

from sandbox.exports import Names, own
from sandbox.world import Item, World

_TOP = "Takeout/YouTube and YouTube Music"
_VIDEOS = (
    "Video ID", "Approx Duration (ms)", "Video Audio Language", "Video Category", "Video Description (Original)",
    "Channel ID", "Video Title (Original)", "Privacy", "Video State", "Video Create Timestamp",
    "Video Publish Timestamp",
)  # fmt: skip
_COMMENTS = (
    "Comment ID", "Channel ID", "Comment Create Timestamp", "Price", "Parent Comment ID", "Post ID", "Video ID",
    "Comment Text", "Top-Level Comment ID",
)  # fmt: skip


def members(world: World, account: str, names: Names) -> dict[str, bytes]:
    posts, comments = own(world, account)
    channel = names.native_account(account)
    return {
        f"{_TOP}/channels/channel.csv": _csv(
            ("Channel ID", "Channel Title (Original)", "Channel Visibility"),
            [(channel, world.accounts[account].name, "Public")],
        ),
        f"{_TOP}/video metadata/videos.csv": _csv(_VIDEOS, (_video(item, channel, names) for item in posts)),
        f"{_TOP}/comments/comments.csv": _csv(
            _COMMENTS, (_comment(world, item, channel, names) for item in comments)
        ),
    }


def _video(item: Item, channel: str, names: Names) -> Sequence[str]:
    first = item.text.split("\n", maxsplit=1)[0]
    title = first if len(first) <= 100 else first[:99] + "…"
    stamp = item.created.isoformat()
    return (
        names.native(item), "90000", item.language, "People", item.text, channel, title, "Public", "Processed", stamp,
        stamp,
    )  # fmt: skip


def _comment(world: World, item: Item, channel: str, names: Names) -> Sequence[str]:
    """YouTube's threads have two levels: a reply to a reply stands under the same top comment."""
    chain = [each for each in world.ancestors(item) if not each.is_post]
    parent = names.native(chain[0]) if chain else ""
    video = names.native(world.items[item.root])
    text = json.dumps({"text": item.text}, ensure_ascii=False, separators=(",", ":"))
    return names.native(item), channel, item.created.isoformat(), "0", parent, "", video, text, parent


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode("utf-8", "replace")
