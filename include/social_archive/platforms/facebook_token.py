"""What `debug_token` says of a login, and what follows from it: may this token's silence be believed?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from social_archive.errors import PlatformError, ScopeLost
from social_archive.platforms import facebook_graph, oauth
from social_archive.platforms.base import Problem, Scope
from social_archive.platforms.reading import Drift

_PAGE_TOKEN: Final = (
    "Ask `/me/accounts` with the person's token: it lists the Page with a token of its own. Put that one into the "  # noqa: S105
    "account's connection."
)


@dataclass(frozen=True)
class Token:
    """One inspected token. Times are microseconds since the epoch, None: it does not die of itself.

    `scopes` are those that hold for the Page: a permission may have been granted for other Pages only.
    """

    kind: str
    page_id: str | None
    scopes: frozenset[str]
    expires_at: int | None
    data_access_expires_at: int | None
    dead: facebook_graph.Refusal | None = field(default=None)


def read(data: dict[str, Any]) -> Token:
    """The `data` of a `debug_token` answer."""
    drift = Drift()
    page_id = drift.id(data.get("profile_id"))
    scopes = {scope for scope in drift.array(data.get("scopes")) if isinstance(scope, str)}
    for granted in drift.objects(data.get("granular_scopes")):
        targets = drift.array(granted.get("target_ids"))
        if targets and page_id is not None and page_id not in {drift.id(target) for target in targets}:
            scopes.discard(str(granted.get("scope")))
    alive = data.get("is_valid") is True
    return Token(
        kind=drift.text(data.get("type")) or "unknown",
        page_id=page_id,
        scopes=frozenset(scopes),
        expires_at=drift.epoch(data.get("expires_at")) or None,
        data_access_expires_at=drift.epoch(data.get("data_access_expires_at")) or None,
        dead=None if alive else facebook_graph.refused(drift.object(data.get("error"))),
    )


def faults(token: Token, scopes: tuple[Scope, ...], who: str) -> list[PlatformError]:
    """Everything that makes an empty list from this token worthless. Empty: it may be believed."""
    if token.kind != "PAGE":
        return [
            ScopeLost(
                f"The token of {who} is one of kind {token.kind}, not the Page's own; to such a one Facebook shows "
                "empty lists of comments, without an error.",
                remedy=_PAGE_TOKEN,
            )
        ]
    return [
        ScopeLost(
            f"The login of {who} lacks {scope.name}. {scope.why}",
            remedy=f"Give consent again for {scope.name} and for this Page, and take the Page's token anew.",
        )
        for scope in oauth.missing_scopes(scopes, token.scopes)
    ]


def warnings(token: Token, who: str) -> list[Problem]:
    """The token, or its access to data, dies within 14 days."""
    return [
        *oauth.dies_soon(
            who, "Page token", token.expires_at,
            "It was made from a short-lived login. Exchange that for a long-lived one first (grant_type "
            "fb_exchange_token), then take the Page's token from `/me/accounts`: that one does not expire.",
        ),
        *oauth.dies_soon(
            who, "token's access to data", token.data_access_expires_at,
            "The person who gave consent has to log in to the app again; Facebook asks for that every 90 days.",
        ),
    ]  # fmt: skip
