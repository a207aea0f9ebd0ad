"""What a run is going to ask for, and what that costs, before it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from social_archive.config import Account
from social_archive.platforms.base import Estimate, Scale
from social_archive.record import now_micros

if TYPE_CHECKING:
    from social_archive.archive import Archive

_DAY: Final = 86_400_000_000


def estimate(archive: Archive, account: Account) -> Estimate | None:
    """What the next run of this account costs in the platform's quota or money; None where it costs neither.

    Asks the platform nothing; it rests on what the archive holds.
    """
    return archive.adapter(account).estimate(scale_of(archive, account))


def scale_of(archive: Archive, account: Account) -> Scale:
    """How much is known of an account, and how many of its posts the next run looks at."""
    where = (account.platform, account.name)
    counts: dict[str, int] = {}
    for platform, name, kind, _, things in archive.catalog.totals():
        if (platform, name) == where:
            counts[kind] = counts.get(kind, 0) + things
    since = now_micros() - account.watch_days * _DAY
    return Scale(
        posts=counts.get("post", 0),
        comments=counts.get("comment", 0) + counts.get("reply", 0),
        watched=len(archive.catalog.posts(*where, since)),
        first=archive.catalog.cursor(*where) is None,
    )
