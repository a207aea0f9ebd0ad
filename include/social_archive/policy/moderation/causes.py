"""Who hid or removed something, as far as the platform's own words tell.

Three answers. `us`: the platform says that the account, its people or a setting of theirs did it. `author_or_platform`:
it says that the author or the service did, or nobody else could have. `unknown`: the thing is not there, or hidden, and
nothing says by whom. Unknown is the usual answer; a guess would be worse.

What each platform tells is written down in the docstrings of `platforms/` with its sources.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Literal, NamedTuple

Cause = Literal["us", "author_or_platform", "unknown"]
CAUSES: Final[tuple[Cause, ...]] = ("us", "author_or_platform", "unknown")


class Told(NamedTuple):
    """A cause and, in one sentence, how it is known."""

    cause: Cause
    basis: str


_HIDDEN: Final[dict[str, Told]] = {
    "facebook": Told(
        "us", "Facebook says is_hidden: people of the page or a filter that the page has set hid it; not which of them."
    ),
    "instagram": Told("us", "Instagram says hidden: the account hid it."),
    "bluesky": Told("us", "The account's thread gate lists it among the hidden replies."),
    "threads": Told("us", "Threads says hide_status HIDDEN: the account hid it."),
    "youtube": Told("us", "YouTube says moderationStatus rejected: the channel rejected it."),
    "tiktok": Told("unknown", "TikTok says HIDDEN, which the account or TikTok itself may have done."),
    "flickr": Told("us", "Flickr says that it is not public any more: its owner, the account, sets that."),
    "pinterest": Told("us", "Pinterest says that its board is secret: the account sets that."),
}
_HELD: Final[dict[str, Told]] = {
    "youtube": Told("us", "YouTube says heldForReview: it waits for the channel to publish or reject it."),
    "threads": Told("us", "Threads says that it waits for the account's approval."),
}
_FLAGGED: Final[dict[tuple[str, str], Told]] = {
    ("youtube", "likely_spam"): Told(
        "author_or_platform", "YouTube says likelySpam: its own classifier keeps it from the public."
    ),
    ("threads", "covered"): Told("unknown", "Threads says hide_status COVERED, which does not say by whom."),
    ("threads", "blocked"): Told("unknown", "Threads says hide_status BLOCKED, which does not say by whom."),
    ("threads", "restricted"): Told("unknown", "Threads says hide_status RESTRICTED, which does not say by whom."),
}  # fmt: skip
"""What a flag says beside the state."""

_ONLY_AUTHORS_DELETE: Final[dict[str, str]] = {
    "mastodon": "On Mastodon an account cannot delete what others wrote: its author or who runs a server did.",
    "bluesky": "On Bluesky an account cannot delete what others wrote: the author's own server says that it is gone.",
    "x": "On X an account cannot delete what others wrote: its author or X did.",
}
_ABSENT: Final = Told("unknown", "It is not there any more. The platform does not say who removed it.")
_UNCONFIRMED: Final = Told(
    "unknown", "It did not show, and the platform does not say that it is deleted. Absence is not deletion."
)
_GONE: Final = Told("author_or_platform", "The platform says that the author's account is closed or suspended.")


def told(platform: str, state: str, flags: Collection[str], *, is_own: bool) -> Told:
    """What one observation says about who did it. `is_own`: the account itself wrote the thing."""
    for flag in flags:
        if (platform, flag) in _FLAGGED:
            return _FLAGGED[platform, flag]
    if state == "hidden":
        return _HIDDEN.get(platform, Told("unknown", "The platform says hidden, and not by whom."))
    if state == "held_for_review":
        return _HELD.get(platform, Told("unknown", "The platform holds it for review, and does not say why."))
    if state == "account_gone":
        return _GONE
    if state == "deleted" and not is_own and platform in _ONLY_AUTHORS_DELETE:
        return Told("author_or_platform", _ONLY_AUTHORS_DELETE[platform])
    return _UNCONFIRMED if state == "missing_unconfirmed" else _ABSENT


def strongest(said: Collection[Told]) -> Told:
    """Of several observations of one disappearance, the one that tells most: `us` before others, unknown last."""
    return min(said, key=lambda one: CAUSES.index(one.cause))
