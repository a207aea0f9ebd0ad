"""Flickr (REST, OAuth 1.0a): one account's photographs, and the comments under them."""

from __future__ import annotations

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
from social_archive.platforms import flickr_records, pacing
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
from social_archive.platforms.oauth1 import Keys, authorization
from social_archive.platforms.reading import count
from social_archive.record import Observation, Unreadable

API: Final = "https://api.flickr.com"
PER_PAGE: Final = 500  # the most that Flickr gives of photographs
SMALLEST_PAGE: Final = 100  # a list of comments that is shorter than Flickr's usual page is surely whole
_EXTRAS: Final = (
    "description,license,date_upload,date_taken,owner_name,original_format,last_update,geo,tags,machine_tags,"
    "media,path_alias,url_m,url_z,url_c,url_l,url_o"
)
_NOT_FOUND: Final = 1
_UNKNOWN_USER: Final = 2
_BAD_LOGIN: Final = frozenset({96, 97, 98, 100, 108})
_NO_PERMISSION: Final = 99
_UNAVAILABLE: Final = 105
_UNAVAILABLE_PAUSE: Final = 30.0
_THROTTLE_PAUSE: Final = 3_600.0  # Flickr's 429 names no time; its budget is one hour's
_SECRETS: Final = (
    ("api_key", "the application's key"), ("api_secret", "the application's secret"),
    ("oauth_token", "the token of the owner's consent"), ("oauth_token_secret", "the token's secret"),
)  # fmt: skip


class Flickr(Platform):
    """Reads one Flickr account.

    **What it reads.** The profile (name, description, buddy icon); every photograph with its title, description and
    tags, also those that are not public; the comments under each one; and, through `recentlyUpdated`, photographs of
    any age that were changed or commented on since the last harvest. Each picture is fetched as it was uploaded, where
    Flickr gives the original.

    **Limits.** 3,600 queries an hour for one application key (from memory; setting `hourly_queries`). A thread costs
    one query, so a first harvest of many thousand photographs takes hours: `archive accounts estimate` says how many.
    Of a video only the still is fetched. Comments on albums and in groups are not read.

    **Traps.** Failures come with HTTP 200 and `stat: fail`. Comments are flat, carry no time of an edit (so they are
    read again and compared) and cannot be asked for by id: one that is no longer listed becomes
    `missing_unconfirmed`, and `deleted` only when Flickr says that its photograph is gone. A photograph's `lastupdate`
    moves with every comment and favourite, so it is no time of an edit either. A private photograph is `hidden`.

    **Token.** An API key and its secret (Flickr's App Garden), and the owner's consent with `perms=read`, which gives
    a token and a token secret. They do not expire; they die when the consent is withdrawn.
    """

    name: ClassVar[str] = "flickr"
    title: ClassVar[str] = "Flickr"
    version: ClassVar[str] = "1"
    pace: ClassVar[Pace] = Pace(requests=3600, seconds=3600)
    home: ClassVar[str] = API
    credentials: ClassVar[tuple[Field, ...]] = (
        Field("oauth_token", "Token", "Of the account owner's consent (perms=read).", secret=True, required=True,
              example="connection:library_flickr"),
        Field("oauth_token_secret", "Token secret", "Comes with the token.", secret=True, required=True,
              example="connection:library_flickr#oauth_token_secret"),
        Field("api_key", "API key", "Of the application that the consent was given to.", secret=True, required=True,
              example="connection:library_flickr#api_key"),
        Field("api_secret", "API secret", "Comes with the API key.", secret=True, required=True,
              example="connection:library_flickr#api_secret"),
        Field("hourly_queries", "Queries", "How many queries one run may ask in an hour (default 3600).",
              example="3600"),
    )  # fmt: skip
    scopes: ClassVar[tuple[Scope, ...]] = (
        Scope("read", "Private photographs and the list of what changed; without it Flickr refuses both."),
    )
    legal_basis: ClassVar[str] = "The body's own photographs and what the public writes under them."
    storage_terms: ClassVar[str] = (
        "Flickr's API terms allow storing other members' content only as long as the service needs it (from memory, "
        "unverified). The photographs are the body's own; for comments a records law stands against it: ask counsel."
    )

    def __init__(self, target: Target, http: Http) -> None:
        super().__init__(target, http)
        require_https(target, self.base_url(target))
        self._owner = ""
        self._profile: Page | None = None
        self._total: int | None = None
        self._comments_of: tuple[str, list[Page] | None] = ("", None)  # the list that was asked last, by photograph
        self._hour_began = 0.0
        self._asked_this_hour = 0

    def media_hosts(self) -> frozenset[str]:
        if self.target.settings.get("insecure_local"):
            return frozenset({self.http.base_url.partition("://")[2]})
        return frozenset({".staticflickr.com", ".flickr.com"})

    # ---------------------------------------------------------------- fetching

    def profile(self) -> Iterator[Page]:
        self._own()
        if self._profile is not None:
            yield self._profile

    def posts(self, since: int | None) -> Iterator[Page]:
        self._own()
        if since is None:
            yield from self._photographs("flickr.people.getPhotos", user_id="me", safe_search="3")
            return
        moment = str(max(since // 1_000_000, 0))
        yield from self._photographs(
            "flickr.people.getPhotos", user_id="me", safe_search="3", min_upload_date=moment
        )
        yield from self._photographs("flickr.photos.recentlyUpdated", min_date=moment)

    def thread(self, root: str) -> Iterator[Page]:
        self._own()
        yield from self._comments(root) or ()

    def item(self, native_id: str) -> Sighting:
        self._own()
        return self._comment(native_id) if flickr_records.is_comment(native_id) else self._photograph(native_id)

    def check(self) -> list[Problem]:
        lacking = [
            Problem(f"The account {self.target.name} lacks {what} (`{name}`).", "Add it to the account's secrets.")
            for name, what in _SECRETS if not self.target.secrets.get(name)
        ]  # fmt: skip
        if lacking:
            return lacking
        try:
            self._own()
        except (PlatformError, ConfigError) as failure:
            return [Problem(str(failure.args[0]), failure.remedy)]
        return []

    # ---------------------------------------------------------------- parsing

    def records(self, page: Page) -> Iterator[Observation | Unreadable]:
        for found in flickr_records.read(page):
            yield self.stamped(found, page)

    # ---------------------------------------------------------------- what it costs

    def estimate(self, scale: Scale) -> Estimate:
        queries = 2 + 2 * (1 + scale.posts // PER_PAGE) + scale.watched + scale.comments // PER_PAGE
        hours = -(-queries // self._hourly)
        spread = f", so it takes {hours} hours" if hours > 1 else ""
        so_far = "; nothing is known of this account yet, so this is the least" if scale.first else ""
        return Estimate(
            requests=queries, units=float(queries), unit="queries",
            sentence=f"About {queries:,} of the {self._hourly:,} queries that an hour allows{spread}{so_far}.",
        )  # fmt: skip

    def pause_asked(self, answer: Answer) -> float | None:
        if answer.status == 429:
            named = pacing.seconds_until_retry(answer.headers, time.time())
            return _THROTTLE_PAUSE if named is None else named
        if answer.status == 200 and len(answer.body) < 1_000 and b'"fail"' in answer.body:
            try:
                return _UNAVAILABLE_PAUSE if flickr_records.code_of(answer) == _UNAVAILABLE else None
            except Unintelligible:
                return None
        return None

    def totals(self) -> dict[str, int]:
        """Photographs as the account counts them. Flickr counts no comments for an account."""
        return {} if self._total is None else {"posts": self._total}

    @property
    def _hourly(self) -> int:
        return count(self.target.settings.get("hourly_queries")) or 3_600

    # ---------------------------------------------------------------- who we are reading

    def _own(self) -> str:
        """The account's NSID, asked for once a run, after making sure that the token is this account's and may read."""
        if self._owner:
            return self._owner
        self._sign()
        user = flickr_records.user_in(self._call("flickr.test.login"))
        answer = self._call("flickr.people.getInfo", user_id=user)
        if self.target.handle.lstrip("@").lower() not in flickr_records.names_of(answer):
            raise ScopeLost(
                f"The login of {self.target.name} belongs to another account than its handle names.",
                remedy="Give consent as the owner of this very account, or correct `handle` (its NSID, user name or "
                "the alias in its addresses) in accounts.yaml.",
            )
        self._owner = user
        self._total = flickr_records.photographs_of(answer)
        self._profile = self._page("profile", answer)
        return user

    def _sign(self) -> None:
        given = self.target.secrets
        missing = [name for name, _ in _SECRETS if not given.get(name)]
        if missing:
            raise LoginExpired(
                f"The account {self.target.name} lacks {', '.join(missing)}.",
                remedy="Add what is missing to its secrets in accounts.yaml.",
            )
        keys = Keys(given["api_key"], given["api_secret"], given["oauth_token"], given["oauth_token_secret"])

        def signed(method: str, url: str, parameters: list[tuple[str, str]]) -> tuple[dict[str, str], dict[str, str]]:
            return {}, {"Authorization": authorization(keys, method, url, parameters)}

        self.http.authorize_by(signed)

    # ---------------------------------------------------------------- lists

    def _photographs(self, method: str, **parameters: str) -> Iterator[Page]:
        number, met = 1, 0
        while True:
            paging = {"extras": _EXTRAS, "per_page": str(PER_PAGE), "page": str(number)}
            answer = self._call(method, frozenset(), **parameters, **paging)
            listed = flickr_records.listed(answer)
            if listed.page != number and listed.total:
                raise CursorLoop(f"{self.target.name}: Flickr answers page {number} with page {listed.page}.")
            met += listed.here
            last = number >= listed.pages
            kept_back = last and met < listed.total
            yield self._page("posts", answer, shortfall="photographs_kept_back" if kept_back else None)
            if last:
                return
            number += 1

    def _comments(self, photo: str) -> Iterator[Page] | None:
        """All comments under a photograph; None when Flickr says that there is no such photograph.

        Whether Flickr really pages this list is not written down. So a list of a usual page's length is followed until
        a page brings nothing new; if already the second one does, there may be more than Flickr shows.
        """
        answer = self._comments_page(photo, 1)
        return None if answer is None else self._all_comments(photo, answer)

    def _all_comments(self, photo: str, answer: Answer | None) -> Iterator[Page]:
        met: set[str] = set()
        number = 1
        while answer is not None:
            page = self._page("thread", answer, photo=photo)
            natives = flickr_records.natives(page)
            here = flickr_records.ids_in(natives)
            if number > 1 and here <= met:
                return
            met |= here
            following = self._comments_page(photo, number + 1) if len(natives) >= SMALLEST_PAGE else None
            if following is not None and number == 1 and len(natives) in (SMALLEST_PAGE, PER_PAGE):
                beyond = flickr_records.ids_in(flickr_records.natives(self._page("thread", following, photo=photo)))
                page.shortfall = "comment_page_cap" if beyond and beyond <= met else None
            yield page
            answer, number = following, number + 1

    def _comments_page(self, photo: str, number: int) -> Answer | None:
        answer = self._call(
            "flickr.photos.comments.getList", frozenset({_NOT_FOUND}), photo_id=photo, per_page=str(PER_PAGE),
            page=str(number),
        )  # fmt: skip
        return None if flickr_records.code_of(answer) == _NOT_FOUND else answer

    # ---------------------------------------------------------------- one by its id

    def _photograph(self, native_id: str) -> Sighting:
        answer = self._call("flickr.photos.getInfo", frozenset({_NOT_FOUND}), photo_id=native_id)
        page = self._page("item", answer)
        if flickr_records.code_of(answer) == _NOT_FOUND:  # asked by its owner, who may see all of them
            return Sighting(native_id=native_id, state="deleted", page=page)
        return self.sighted(native_id, page)

    def _comment(self, native_id: str) -> Sighting:
        """There is no question by a comment's id: the list that it should stand in is read again."""
        photo = flickr_records.photo_of(native_id) or ""
        pages = self._list_anew(photo)
        if pages is None:
            answer = self._call("flickr.photos.getInfo", frozenset({_NOT_FOUND}), photo_id=photo)
            gone = flickr_records.code_of(answer) == _NOT_FOUND
            return Sighting(
                native_id=native_id, state="deleted" if gone else "missing_unconfirmed",
                page=self._page("item", answer),
            )  # fmt: skip
        for page in pages:
            for found in self.records(page):
                if isinstance(found, Observation) and found.native_id == native_id:
                    return Sighting(native_id=native_id, state=found.state, page=page, observation=found)
        return Sighting(native_id=native_id, state="missing_unconfirmed", page=pages[-1])

    def _list_anew(self, photo: str) -> list[Page] | None:
        """A photograph's comments, asked once for all that are missing from them; None when the photograph is gone."""
        if self._comments_of[0] != photo:
            found = self._comments(photo) if photo else None
            self._comments_of = (photo, None if found is None else list(found))
        return self._comments_of[1]

    # ---------------------------------------------------------------- asking

    def _page(self, kind: Any, answer: Answer, *, shortfall: str | None = None, photo: str | None = None) -> Page:
        context = {"owner": self._owner, **({"photo": photo} if photo else {})}
        if self.target.settings.get("insecure_local"):
            context["static"] = self.http.base_url
        return self.page(kind, answer, shortfall=shortfall, **context)

    def _call(self, method: str, tolerated: frozenset[int] = frozenset(), **parameters: str) -> Answer:
        """One query. A failure whose code is `tolerated` comes back for the caller to judge."""
        self._count_one()
        answer = self.http.get_json(
            "/services/rest/", {"method": method, **parameters, "format": "json", "nojsoncallback": "1"}
        )
        if answer.status == 401:
            raise LoginExpired(f"Flickr no longer accepts the login of {self.target.name} (HTTP 401).")
        if answer.status != 200:
            raise Unintelligible(f"{answer.url} answered HTTP {answer.status}.")
        code = flickr_records.code_of(answer)
        if code is None or code in tolerated:
            return answer
        raise self._refused(method, code)

    def _count_one(self) -> None:
        now = time.monotonic()
        if not self._hour_began or now - self._hour_began >= 3_600:
            self._hour_began, self._asked_this_hour = now, 0
        if self._asked_this_hour >= self._hourly:
            raise self.http.throttled_for(3_600 - (now - self._hour_began))
        self._asked_this_hour += 1

    def _refused(self, method: str, code: int) -> PlatformError:
        who = self.target.name
        if code in (96, 97):
            return LoginExpired(
                f"Flickr does not accept the signature of {who} (code {code}).",
                remedy="Check `api_secret` and `oauth_token_secret`, and that this machine's clock is right.",
            )
        if code in _BAD_LOGIN:
            return LoginExpired(f"Flickr no longer accepts the {'key' if code == 100 else 'login'} of {who} ({code}).")
        if code == _NO_PERMISSION:
            return ScopeLost(
                f"The login of {who} lacks the permission read. {self.scopes[0].why}",
                remedy="Give consent again with perms=read and store the new token and token secret.",
            )
        if code in (_NOT_FOUND, _UNKNOWN_USER) and method.startswith("flickr.people."):
            return AccountGone(f"Flickr knows no account for {who} ({method}, code {code}).")
        return Unintelligible(f"Flickr refused {method} to {who} (code {code}).")
