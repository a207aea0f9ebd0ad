"""The little that fetching must know of X's answers: the next page, what is refused, what is positively gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from social_archive.errors import Unintelligible
from social_archive.platforms import strict_json, x_records
from social_archive.platforms.http import Answer
from social_archive.platforms.reading import Drift, count, exact_id, load_object
from social_archive.record import State, Unreadable

_ABSENCES: Final[dict[str, State]] = {
    "resource-not-found": "deleted", "not-authorized-for-resource": "inaccessible",
    "resource-unavailable": "inaccessible", "disallowed-resource": "inaccessible",
}  # fmt: skip


# --------------------------------------------------------------------------- lists


@dataclass(frozen=True)
class Listed:
    """One post of a list: the first id of its chain, whether it answers nothing, and the direct replies X counts."""

    first_id: str
    starts: bool
    replies: int | None


def _members(answer: Answer) -> dict[str, bytes]:
    try:
        return strict_json.members(answer.json_bytes())
    except strict_json.BadJson:
        raise Unintelligible(f"{answer.url} answered JSON of another shape than X's API promises.") from None


def _loaded(native: bytes | None) -> dict[str, Any]:
    loaded = load_object(native) if native is not None else None
    return loaded[0] if loaded is not None and not isinstance(loaded, Unreadable) else {}


def require_list(answer: Answer) -> None:
    """Is this a list, be it empty? An answer without posts is empty only if X counts none (`meta.result_count`)."""
    members = _members(answer)
    if "data" in members:
        if members["data"][:1] == b"[":
            return
    elif count(_loaded(members.get("meta")).get("result_count")) == 0:
        return
    raise Unintelligible(f"{answer.url} answered neither posts nor that there are none.")


def next_token(answer: Answer) -> str | None:
    token = _loaded(_members(answer).get("meta")).get("next_token")
    return token if isinstance(token, str) and token else None


class _Light(msgspec.Struct):
    id: Any = None
    edit_history_tweet_ids: Any = None
    edit_history_post_ids: Any = None
    conversation_id: Any = None
    public_metrics: Any = None


def listed(answer: Answer) -> list[Listed]:
    """The posts of a list that can be read at all, in its order."""
    found = []
    for native in strict_json.items(_members(answer).get("data", b"[]")):
        try:
            post = msgspec.json.decode(native, type=_Light)
        except (ValueError, RecursionError):
            continue
        shown = exact_id(post.id)
        if shown is None:
            continue
        versions = {"edit_history_tweet_ids": post.edit_history_tweet_ids or post.edit_history_post_ids}
        metrics = post.public_metrics if isinstance(post.public_metrics, dict) else {}
        chain = x_records.chain_of(shown, versions, Drift())
        starts = exact_id(post.conversation_id) in (*chain, None)
        found.append(Listed(chain[0], starts, count(metrics.get("reply_count"))))
    return found


# --------------------------------------------------------------------------- one user, one post


def user_of(answer: Answer) -> dict[str, Any] | None:
    """The user that was asked for, None when X positively knows none. Anything else raises `Unintelligible`."""
    members = _members(answer)
    if "data" not in members:
        if any(name == "resource-not-found" for name, _ in _errors(members)):
            return None
        raise Unintelligible(f"{answer.url} answered neither an account nor that there is none.")
    user = _loaded(members["data"])
    if exact_id(user.get("id")) is None:
        raise Unintelligible(f"{answer.url} answered an account without a usable id.")
    return user


def posts_of(user: dict[str, Any]) -> int | None:
    """How much a user ever sent, reposts and answers included."""
    metrics = Drift().object(user.get("public_metrics"))
    found = count(metrics.get("tweet_count"))
    return count(metrics.get("post_count")) if found is None else found


def latest_version(answer: Answer, post_id: str) -> str:
    """The id of the newest version of a post; its own when it is that, or when the answer does not tell."""
    post = _loaded(_members(answer).get("data")) if answer.status == 200 else {}
    return x_records.chain_of(post_id, post, Drift())[-1] if exact_id(post.get("id")) == post_id else post_id


def absence(answer: Answer, post_id: str) -> State | None:
    """What X says of a post that it does not show; None when it shows one. Only an error about this very id counts."""
    members = _members(answer)
    if answer.status == 200 and "data" in members:
        return None
    for name, error in _errors(members):
        about = exact_id(error.get("resource_id")) or exact_id(error.get("value"))
        if about == post_id and name in _ABSENCES:
            suspended = name == "resource-not-found" and "suspended" in str(error.get("detail")).lower()
            return "account_gone" if suspended else _ABSENCES[name]
    return "missing_unconfirmed"


# --------------------------------------------------------------------------- refusals


@dataclass(frozen=True)
class Refusal:
    """An error as X words it: the last part of its type, its title, its number, and whether it speaks of suspension."""

    name: str = ""
    title: str = ""
    code: int | None = None
    says_suspended: bool = False

    @property
    def is_usage_cap(self) -> bool:
        return self.name == "usage-capped" or self.title == "UsageCapExceeded"

    @property
    def is_credits(self) -> bool:
        return self.name in ("credits", "credits-depleted") or self.title == "CreditsDepleted"

    @property
    def is_suspension(self) -> bool:
        return self.code == 64 or self.says_suspended


def problem_of(answer: Answer) -> Refusal:
    """The first problem of an answer. Never its words: those may quote what was asked."""
    try:
        members = _members(answer)
    except Unintelligible:
        return Refusal()
    body = _loaded(answer.body)
    name, error = next(iter(_errors(members)), ("", {}))
    own = _last_part(body.get("type"))
    title = body.get("title") or error.get("title")
    detail = f"{body.get('detail')} {error.get('detail')} {error.get('message')}".lower()
    return Refusal(
        name=own or name, title=title if isinstance(title, str) else "", code=count(error.get("code")),
        says_suspended=answer.status == 403 and "account is suspended" in detail,
    )  # fmt: skip


def _errors(members: dict[str, bytes]) -> list[tuple[str, dict[str, Any]]]:
    """(last part of the type, error) of each entry of `errors`."""
    try:
        natives = strict_json.items(members.get("errors", b"[]"))
    except strict_json.BadJson:
        return []
    return [(_last_part(error.get("type")), error) for error in map(_loaded, natives)]


def _last_part(type_url: Any) -> str:
    """`resource-not-found` of `https://api.x.com/2/problems/resource-not-found`; empty for `about:blank`."""
    return type_url.rpartition("/problems/")[2] if isinstance(type_url, str) and "/problems/" in type_url else ""
