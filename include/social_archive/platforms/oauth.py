"""OAuth 2 as the platforms speak it: a long-lived secret is exchanged for a token of this run, which is never stored.

Sources: RFC 6749 sections 5 and 6; what each platform does differently stands in its adapter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from social_archive.errors import LoginExpired, Unintelligible
from social_archive.platforms.base import Problem, Scope
from social_archive.platforms.http import Answer, Http
from social_archive.platforms.reading import count
from social_archive.record import now_micros

WARNED_BEFORE: Final = 14 * 86_400_000_000
"""A person is told so long before a secret dies that nothing here can renew. Microseconds."""


@dataclass(frozen=True)
class Grant:
    """What a token endpoint gave. Times are microseconds since the epoch; None: it did not say."""

    access_token: str = field(repr=False)
    expires_at: int | None = None
    scopes: frozenset[str] | None = None
    refresh_token: str | None = field(default=None, repr=False)
    refresh_expires_at: int | None = None


def exchange(
    http: Http, url: str, form: Mapping[str, str], *, who: str, headers: Mapping[str, str] | None = None
) -> Grant:
    """Ask a token endpoint. `who` is the account's name, for messages. Raises `LoginExpired`, `Unintelligible`.

    Everything secret in the answer is known to `http` afterwards and never leaves it.
    """
    answer = http.post(url, form=dict(form), headers=headers, anonymous=True)
    if answer.status in (400, 401, 403):
        raise LoginExpired(
            f"The login of {who} is no longer accepted ({_error_code(answer)}).",
            remedy="Log in again and put the new refresh token into the account's connection; the harvest resumes by "
            "itself and the gap is recorded.",
        )
    if answer.status != 200:
        raise Unintelligible(f"{answer.url} answered HTTP {answer.status} when asked for a token.")
    return granted(http, _object(answer))


def granted(http: Http, body: Mapping[str, Any]) -> Grant:
    """Read a grant out of a token endpoint's JSON."""
    token, refresh = body.get("access_token"), body.get("refresh_token")
    if not isinstance(token, str) or not token:
        raise Unintelligible("The token endpoint answered without an access token.")
    for secret in (token, refresh):
        if isinstance(secret, str):
            http.hide(secret)
    scope = body.get("scope")
    return Grant(
        access_token=token,
        expires_at=_moment(body.get("expires_in")),
        scopes=frozenset(scope.replace(",", " ").split()) if isinstance(scope, str) else None,
        refresh_token=refresh if isinstance(refresh, str) and refresh else None,
        refresh_expires_at=_moment(body.get("refresh_token_expires_in") or body.get("refresh_expires_in")),
    )


def missing_scopes(wanted: tuple[Scope, ...], granted_scopes: frozenset[str] | None) -> list[Scope]:
    """The scopes that the login lacks. When the platform does not say what was granted, none is known to be missing."""
    return [] if granted_scopes is None else [scope for scope in wanted if scope.name not in granted_scopes]


def dies_soon(who: str, what: str, expires_at: int | None, remedy: str) -> list[Problem]:
    """The warning that a secret dies within 14 days; nothing if it does not, or nobody knows when."""
    if expires_at is None or expires_at - now_micros() > WARNED_BEFORE:
        return []
    day = datetime.fromtimestamp(expires_at // 1_000_000, UTC)
    return [Problem(f"The {what} of {who} dies on {day:%Y-%m-%d}.", remedy)]


def _moment(seconds: Any) -> int | None:
    span = count(seconds)
    return None if not span or span > 10**10 else now_micros() + span * 1_000_000


def _error_code(answer: Answer) -> str:
    """The endpoint's short code, never its description: that may quote what was sent."""
    try:
        code = _object(answer).get("error")
    except Unintelligible:
        code = None
    return code if isinstance(code, str) and len(code) < 60 else f"HTTP {answer.status}"


def _object(answer: Answer) -> dict[str, Any]:
    body = answer.json()
    if not isinstance(body, dict):
        raise Unintelligible(f"{answer.url} answered something that is no token.")
    return body
