"""When a look at an account becomes part of the ledger, and what the archive held after it.

Every harvest that brought something keeps the record of its walk. A quiet one does so now and then: the ledger shall
show that somebody looked, without an entry for every hour in which nothing happened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from social_archive.catalog import Catalog

QUIET: Final = timedelta(hours=20)
"""A quiet look is kept if the last one that the ledger holds is older: with a daily harvest, every one."""

GONE: Final = frozenset({"deleted", "account_gone"})

Counted = tuple[str, str, bool]
"""(kind, state, is it the account's own?)"""

_TOTALS: Final[dict[str, tuple[frozenset[str], bool]]] = {  # name -> kinds, only the account's own
    "posts": (frozenset({"post"}), True),
    "posts_and_replies": (frozenset({"post", "comment", "reply"}), True),
    "comments": (frozenset({"comment"}), False),
    "comments_and_replies": (frozenset({"comment", "reply"}), False),
}


def is_kept(catalog: Catalog, walked: Mapping[str, Any], *, brought: bool) -> bool:
    """Does this look go into the ledger? `brought`: something else of its harvest goes with it."""
    if catalog.walks.knows(walked["harvest_id"]):
        return False
    if brought or catalog.walks.wrote(walked["harvest_id"]):
        return True
    last = next(iter(catalog.walks.latest(walked["platform"], walked["account"])), None)
    if last is None:
        return True
    said = ("outcome", "reason", "warnings")
    return walked["started"] - last["started"] > QUIET // timedelta(microseconds=1) or any(
        walked.get(name) != last.get(name) for name in said
    )


def totals(stored: Mapping[Counted, int]) -> dict[str, int]:
    """What the archive holds and the platform still shows, under the names of `Platform.totals`."""
    standing = [(kind, own, n) for (kind, state, own), n in stored.items() if state not in GONE]
    return {
        name: sum(n for kind, own, n in standing if kind in kinds and (own or not only_own))
        for name, (kinds, only_own) in _TOTALS.items()
    }


def after(stored: Mapping[Counted, int], moves: Iterable[tuple[Counted | None, Counted]]) -> dict[Counted, int]:
    """`stored` as it is once things have moved from one place to another (from None: they are new)."""
    counts = Counter(stored)
    for before, now in moves:
        if before is not None:
            counts[before] -= 1
        counts[now] += 1
    return counts
