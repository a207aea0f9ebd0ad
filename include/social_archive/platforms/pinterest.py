"""Pinterest (API v5): one account's pins and boards. Its API shows no comments, and this adapter says so."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from social_archive.errors import (
    AccountGone,
    ConfigError,
    CursorLoop,
    LoginExpired,
    PlatformError,
    ScopeLost,
    Unintelligible,
)
from social_archive.platforms import oauth, pacing, pinterest_records
from social_archive.platforms.base import (
    Estimate,
    Field,
    Pace,
    Page,
    Platform,
    Problem,
    Scale,
    Scope,
    Sighting,
    Target,
    require_https,
)
from social_archive.platforms.http import Answer, Http
from social_archive.platforms.reading import count
from social_archive.record import Observation, Unreadable

API: Final = "https://api.pinterest.com"
PAGE_SIZE: Final = 250  # the most that Pinterest gives
NO_COMMENTS: Final = "no_comment_endpoint"
_SECRET_SCOPE: Final = "pins:read_secret"  # noqa: S105 (a permission, not a secret)
_TRIAL_DAY: Final = 1_000
_THROTTLE_PAUSE: Final = 60.0


class Pinterest(Platform):
    """Reads one Pinterest account. Pins only: no API of Pinterest shows comments.

    **What it reads.** The profile, the boards (name, description, privacy), and every pin with its title, description,
    link, alternative text and pictures. What the public writes under a pin is **not** read: Pinterest has no endpoint
    for comments, only a number in a pin's metrics. So every account carries the gap `no_comment_endpoint`, which shows
    in each search. If comments on Pinterest matter, they have to be kept by other means.

    **Limits.** 1,000 requests a day while the app has trial access, 100 a second with standard access. A page holds 250
    pins, and every run reads all of them, because Pinterest does not promise an order. Of a video only the cover is
    fetched, unless Pinterest gives the app `video_url`.

    **Traps.** A pin carries no time of an edit: it is compared. What stands on secret boards is shown only with the
    scopes `boards:read_secret` and `pins:read_secret`; without them a pin that was moved to such a board looks like a
    deleted one, so it becomes `missing_unconfirmed`. A board is kept as a setting; a removed one keeps its last
    version.

    **Token.** An app of Pinterest's developer platform, and the owner's consent for `user_accounts:read`,
    `boards:read` and `pins:read`. The refresh token dies 60 days after its last use, or a year after the consent where
    the app still has the old kind; a renewed one is stored where the old one came from.
    """

    name: ClassVar[str] = "pinterest"
    title: ClassVar[str] = "Pinterest"
    version: ClassVar[str] = "1"
    pace: ClassVar[Pace] = Pace(requests=600, seconds=60)
    home: ClassVar[str] = API
    credentials: ClassVar[tuple[Field, ...]] = (
        Field("refresh_token", "Refresh token", "Of the account owner's consent.", secret=True, required=True,
              example="connection:library_pinterest"),
        Field("client_secret", "App secret", "Of the app that the consent was given to.", secret=True, required=True,
              example="connection:library_pinterest#client_secret"),
        Field("client_id", "App id", "Of the app; it is no secret.", required=True, example="1234567"),
    )  # fmt: skip
    scopes: ClassVar[tuple[Scope, ...]] = (
        Scope("user_accounts:read", "The profile, and the proof of whose login this is."),
        Scope("boards:read", "The boards."),
        Scope("pins:read", "The pins; without it none is shown."),
    )
    legal_basis: ClassVar[str] = "The body's own pins and boards."
    storage_terms: ClassVar[str] = (
        "Pinterest's developer guidelines ask not to store what its API gives, but for the account owner's own use "
        "(from memory, unverified). Everything read here is the body's own content."
    )

    def __init__(self, target: Target, http: Http) -> None:
        super().__init__(target, http)
        require_https(target, self.base_url(target))
        self._grant: oauth.Grant | None = None
        self._kept = True
        self._account: dict[str, Any] | None = None
        self._account_page: Page | None = None
        self._comments_counted: int | None = None

    def media_hosts(self) -> frozenset[str]:
        if self.target.settings.get("insecure_local"):
            return frozenset({self.http.base_url.partition("://")[2]})
        return frozenset({".pinimg.com"})

    # ---------------------------------------------------------------- fetching

    def profile(self) -> Iterator[Page]:
        self._own()
        if self._account_page is not None:
            yield self._account_page
        for answer, _ in self._pages("/v5/boards", page_size=str(PAGE_SIZE)):
            yield self._page("profile", answer, list=True)

    def posts(self, since: int | None) -> Iterator[Page]:
        """All pins, whatever `since` says. The last page carries the shortfall that comments are never shown."""
        self._own()
        self._comments_counted = 0
        wanted = {"page_size": str(PAGE_SIZE), "include_protected_pins": "true", "pin_metrics": "true"}
        for answer, is_last in self._pages("/v5/pins", **wanted):
            self._comments_counted += pinterest_records.comments_counted(
                pinterest_records.natives(answer.body, answer.url)
            )
            yield self._page("posts", answer, shortfall=NO_COMMENTS if is_last else None)

    def thread(self, root: str) -> Iterator[Page]:
        """Nothing: Pinterest has no endpoint for comments."""
        return iter(())

    def item(self, native_id: str) -> Sighting:
        self._own()
        answer = self._get(f"/v5/pins/{native_id}", frozenset({403, 404}), pin_metrics="true")
        page = self._page("item", answer)
        if answer.status == 404:
            return Sighting(
                native_id=native_id, state="deleted" if self._sees_secret_boards else "missing_unconfirmed", page=page
            )
        if answer.status == 403:
            return Sighting(native_id=native_id, state="inaccessible", page=page)
        return self.sighted(native_id, page)

    def check(self) -> list[Problem]:
        lacking = [
            Problem(f"The account {self.target.name} lacks {field.title.lower()} (`{field.name}`).", field.help)
            for field in self.credentials
            if not (self.target.secrets if field.secret else self.target.settings).get(field.name)
        ]
        if lacking:
            return lacking
        try:
            self._own()
        except (PlatformError, ConfigError) as failure:
            return [Problem(str(failure.args[0]), failure.remedy)]
        return []

    # ---------------------------------------------------------------- parsing

    def records(self, page: Page) -> Iterator[Observation | Unreadable]:
        for found in pinterest_records.read(page):
            yield self.stamped(found, page)

    # ---------------------------------------------------------------- what it costs, and what comes

    def estimate(self, scale: Scale) -> Estimate:
        requests = 3 + scale.posts // PAGE_SIZE + 1
        so_far = " Nothing is known of this account yet, so this is the least." if scale.first else ""
        return Estimate(
            requests=requests, units=float(requests), unit="requests",
            sentence=f"About {requests:,} of the {_TRIAL_DAY:,} requests that a day of trial access allows.{so_far}",
        )  # fmt: skip

    def pause_asked(self, answer: Answer) -> float | None:
        if answer.status != 429:
            return None
        asked = pacing.seconds_until_retry(answer.headers, time.time())
        return _THROTTLE_PAUSE if asked is None else asked

    def warnings(self) -> list[Problem]:
        remedy = "Give consent again and store the new refresh token; the harvest goes on by itself."
        if not self._kept:
            return [
                Problem(
                    f"Pinterest has renewed the refresh token of {self.target.name}, and the place where it is kept "
                    "cannot be written to. The old one dies 60 days after it was given.",
                    "Keep it in a connection that can be written to, or give consent again before that.",
                )
            ]
        expires_at = self._grant.refresh_expires_at if self._grant else None
        return oauth.dies_soon(self.target.name, "refresh token", expires_at, remedy)

    def totals(self) -> dict[str, int]:
        """Pins as the account counts them; comments as the pins' metrics do (none of which can be read)."""
        pins = count((self._account or {}).get("pin_count"))
        found = {"posts": pins} if pins is not None else {}
        return found if self._comments_counted is None else {**found, "comments": self._comments_counted}

    # ---------------------------------------------------------------- who we are reading

    def _own(self) -> dict[str, Any]:
        """The account, asked for once a run, after making sure that the token has the scopes."""
        if self._account is None:
            self._log_in()
            answer = self._get("/v5/user_account", frozenset({404}))
            if answer.status == 404:
                raise AccountGone(f"Pinterest knows no account behind the login of {self.target.name}.")
            account = pinterest_records.account_in(answer)
            if account["username"].lower() != self.target.handle.lstrip("@").lower():
                raise ScopeLost(
                    f"The login of {self.target.name} belongs to another account than its handle names.",
                    remedy="Give consent as the owner of this very account, or correct `handle` in accounts.yaml.",
                )
            self._account = account
            self._account_page = self._page("profile", answer)
        return self._account

    def _log_in(self) -> None:
        who, secrets = self.target.name, self.target.secrets
        client = f"{self.target.settings.get('client_id') or ''}:{secrets.get('client_secret') or ''}"
        basic = base64.b64encode(client.encode()).decode()
        self.http.hide(basic)
        grant = oauth.exchange(
            self.http, f"{self.http.base_url}/v5/oauth/token",
            {"grant_type": "refresh_token", "refresh_token": secrets.get("refresh_token") or ""},
            who=who, headers={"Authorization": f"Basic {basic}"},
        )  # fmt: skip
        missing = oauth.missing_scopes(self.scopes, grant.scopes)
        if missing:
            raise ScopeLost(
                f"The login of {who} lacks {missing[0].name}. {missing[0].why}",
                remedy="Give consent again for this scope, and store the new refresh token.",
            )
        if grant.refresh_token and grant.refresh_token != secrets.get("refresh_token"):
            self._kept = self.target.keep("refresh_token", grant.refresh_token)
        self._grant = grant
        self.http.authorize(grant.access_token)

    @property
    def _sees_secret_boards(self) -> bool:
        granted = self._grant.scopes if self._grant else None
        return granted is not None and _SECRET_SCOPE in granted

    # ---------------------------------------------------------------- asking

    def _page(self, kind: Any, answer: Answer, *, shortfall: str | None = None, **more: Any) -> Page:
        account = self._account or pinterest_records.account_in(answer)
        context = {"account": str(account["id"]), "username": account["username"], **more}
        return self.page(kind, answer, shortfall=shortfall, **context)

    def _pages(self, path: str, **parameters: str) -> Iterator[tuple[Answer, bool]]:
        """Each page of a list, and whether it is the last. A page may be empty and yet have a next one."""
        given: set[str] = set()
        bookmark: str | None = None
        while True:
            paging = {"bookmark": bookmark} if bookmark else {}
            answer = self._get(path, frozenset(), **parameters, **paging)
            bookmark = pinterest_records.next_bookmark(answer)
            if bookmark in given:
                raise CursorLoop(f"{self.target.name}: Pinterest's paging of {path} goes in circles.")
            yield answer, bookmark is None
            if bookmark is None:
                return
            given.add(bookmark)

    def _get(self, path: str, tolerated: frozenset[int] = frozenset(), **parameters: str) -> Answer:
        """One request. An error whose HTTP status is `tolerated` comes back for the caller to judge."""
        answer = self.http.get_json(path, parameters)
        if answer.status == 200 or answer.status in tolerated:
            return answer
        if answer.status == 401:
            raise LoginExpired(f"Pinterest no longer accepts the login of {self.target.name}.")
        if answer.status == 403:
            raise ScopeLost(f"Pinterest refuses {answer.url} to {self.target.name}.")
        raise Unintelligible(f"{answer.url} answered HTTP {answer.status}.")
