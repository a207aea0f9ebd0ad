"""The little of a Mastodon status that fetching must know: to page, and to see whether a thread is whole."""

from __future__ import annotations

import contextlib
from typing import Any, Literal

import msgspec

from social_archive.errors import Unintelligible
from social_archive.platforms import strict_json
from social_archive.platforms.http import Answer
from social_archive.platforms.reading import count, exact_id
from social_archive.record import parse_time


class Brief(msgspec.Struct):
    """One status. The server's types are not trusted: the properties check them."""

    id: Any = None
    in_reply_to_id: Any = None
    created_at: Any = None
    replies_count: Any = None
    account: msgspec.Raw = msgspec.Raw(b"null")

    @property
    def key(self) -> str:
        return exact_id(self.id) or ""

    @property
    def parent(self) -> str | None:
        return exact_id(self.in_reply_to_id)

    @property
    def replies(self) -> int:
        return count(self.replies_count) or 0

    @property
    def author(self) -> str | None:
        with contextlib.suppress(ValueError, RecursionError):
            account = msgspec.json.decode(self.account)
            return exact_id(account.get("id")) if isinstance(account, dict) else None
        return None


class _Context(msgspec.Struct):
    ancestors: list[Brief]
    descendants: list[Brief]


_BRIEF = msgspec.json.Decoder(Brief).decode
_BRIEFS = msgspec.json.Decoder(list[Brief]).decode
_CONTEXT = msgspec.json.Decoder(_Context).decode


def briefs_of(answer: Answer, member: Literal["ancestors", "descendants"] | None = None) -> list[Brief]:
    """The statuses of an array, or of one member of a context. Items that cannot be read are left to `records`."""
    body = answer.json_bytes()
    try:
        found = _BRIEFS(body) if member is None else getattr(_CONTEXT(body), member)
    except (ValueError, RecursionError):
        found = _briefs_one_by_one(answer, member)
    return [brief for brief in found if brief.key]


def _briefs_one_by_one(answer: Answer, member: str | None) -> list[Brief]:
    try:
        natives = strict_json.items(answer.body if member is None else strict_json.members(answer.body)[member])
    except (strict_json.BadJson, KeyError):
        raise Unintelligible(f"{answer.url} answered JSON of another shape than Mastodon's API promises.") from None
    found = []
    for native in natives:
        with contextlib.suppress(ValueError, RecursionError):
            found.append(_BRIEF(native))
    return found


def reaches(briefs: list[Brief], since: int | None) -> bool:
    """Does this page hold anything newer than `since`, so that the next one may too? An undated item counts as new."""
    if since is None or not briefs:
        return True
    moments = [parse_time(b.created_at) if isinstance(b.created_at, str) else None for b in briefs]
    return any(moment is None or moment > since for moment in moments)


def unshown(shown: dict[str, Brief]) -> list[str]:
    """Statuses that count more replies than are shown under them."""
    under: dict[str, int] = {}
    for brief in shown.values():
        if brief.parent:
            under[brief.parent] = under.get(brief.parent, 0) + 1
    return [key for key, brief in shown.items() if brief.replies > under.get(key, 0)]


def depth_of(briefs: list[Brief], start: str) -> int:
    depth = {start: 0}
    for brief in briefs:  # parents come before their children
        depth[brief.key] = depth.get(brief.parent or "", 0) + 1
    return max(depth.values())
