"""The long-lived token of a Threads account: what it may do, when it dies, and how it is renewed.

Source: Threads API, "Debug" and "Long-Lived Access Tokens". A token lives 60 days and can be renewed once it is a day
old; an expired one cannot.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from social_archive.errors import LoginExpired, PlatformError, ScopeLost, Unintelligible
from social_archive.platforms import oauth, threads_records
from social_archive.platforms.base import Problem, Scope, Target
from social_archive.platforms.http import REMOVED, Answer, Http
from social_archive.platforms.reading import Drift
from social_archive.record import now_micros

_DAY: Final = 86_400_000_000
_RENEWED_BEFORE: Final = 30 * _DAY
_YOUNGEST: Final = _DAY


class Token:
    """One account's token. `get(path, **parameters)` asks Threads with it; nothing here prints or returns it."""

    def __init__(self, target: Target, http: Http, get: Callable[..., Answer]) -> None:
        self._target, self._http, self._get = target, http, get
        self._value = target.secrets.get("token") or ""
        self._told: dict[str, Any] | None = None
        self.expires_at: int | None = None
        self._consent_ends: int | None = None

    # ---------------------------------------------------------------- what it may do

    def missing_scopes(self, wanted: tuple[Scope, ...]) -> list[Scope]:
        """The permissions that it lacks. Raises `LoginExpired`; `ScopeLost` when Threads will not tell."""
        drift = Drift()
        scopes = frozenset(drift.text(scope) or "" for scope in drift.array(self._inspected().get("scopes")))
        if not scopes:
            raise ScopeLost(
                f"Threads does not tell what the token of {self._target.name} may do, so an empty list proves nothing.",
                remedy="Make the account a tester of the app, then run `archive accounts test` again.",
            )
        return oauth.missing_scopes(wanted, scopes)

    def _inspected(self) -> dict[str, Any]:
        """Threads' own account of this token, asked for once a run."""
        if self._told is None:
            if not self._value:
                raise LoginExpired(
                    f"The account {self._target.name} has no token.",
                    remedy="Add `token` to its secrets in accounts.yaml: a long-lived token of this account.",
                )
            self._use(self._value)
            answer = self._get("/debug_token", input_token=self._value)
            if answer.status != 200:
                error = threads_records.error_of(answer)
                raise ScopeLost(
                    f"Threads will not tell what the token of {self._target.name} may do (code {error.code}).",
                    remedy="Make the account a tester of the app, then run `archive accounts test` again.",
                )
            told = threads_records.object_of(answer).get("data")
            if not isinstance(told, dict):
                raise Unintelligible(f"{answer.url} told nothing of the token.")
            if told.get("is_valid") is False:
                raise LoginExpired(f"Threads says that the token of {self._target.name} is no longer valid.")
            self._told = told
            self.expires_at = _moment(told.get("expires_at"))
            self._consent_ends = _moment(told.get("data_access_expires_at"))
        return self._told

    def _use(self, value: str) -> None:
        self._value = value
        self._http.hide(value)
        self._http.authorize_by(lambda method, url, parameters: ({"access_token": value}, {}))

    # ---------------------------------------------------------------- renewing it

    def renew_if_due(self) -> None:
        """Renew the token when its end is near, and store it where it came from. Failing at that stops no harvest."""
        issued, now = _moment(self._inspected().get("issued_at")), now_micros()
        if self.expires_at is None or self.expires_at - now > _RENEWED_BEFORE:
            return
        if issued is not None and now - issued < _YOUNGEST:
            return
        try:
            answer = self._get("/refresh_access_token", grant_type="th_refresh_token")
            if answer.status != 200:
                return
            grant = oauth.granted(self._http, threads_records.object_of(answer))
        except PlatformError:
            return  # the old one is good still; `warnings` tells when it dies
        same = REMOVED in grant.access_token  # a token that we know is taken out of every answer
        if same or self._target.keep("token", grant.access_token):
            self.expires_at = grant.expires_at or self.expires_at
            if not same:
                self._use(grant.access_token)

    def warnings(self) -> list[Problem]:
        who = self._target.name
        return [
            *oauth.dies_soon(who, "token", self.expires_at,
                             "Renew it (th_refresh_token) or log in again, and store it where the account's secret is; "
                             "an expired token cannot be renewed."),
            *oauth.dies_soon(who, "consent", self._consent_ends, "Log in to the app again as this account."),
        ]  # fmt: skip


def _moment(seconds: Any) -> int | None:
    """Seconds since the epoch in microseconds; 0 and nonsense are no moment."""
    return Drift().epoch(seconds) or None
