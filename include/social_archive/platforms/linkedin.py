"""LinkedIn (Community Management API): one organization's page. Ships switched off, because of LinkedIn's terms."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final
from urllib.parse import quote

from social_archive.errors import (
    AccountGone,
    ConfigError,
    CursorLoop,
    LoginExpired,
    PlatformError,
    ScopeLost,
    Unintelligible,
)
from social_archive.platforms import linkedin_records, oauth, pacing
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
from social_archive.platforms.linkedin_records import Role
from social_archive.platforms.reading import count
from social_archive.record import Observation, Unreadable

API: Final = "https://api.linkedin.com"
LOGIN: Final = "https://www.linkedin.com"
VERSION: Final = "202607"
PER_PAGE: Final = 100
MAX_DEPTH: Final = 5
_READING_ROLES: Final = frozenset({"ADMINISTRATOR", "DIRECT_SPONSORED_CONTENT_POSTER"})
_SOCIAL: Final = frozenset({"r_organization_social_feed", "r_organization_social"})
_ADMIN: Final = frozenset({"rw_organization_admin", "r_organization_admin"})


class LinkedIn(Platform):
    """Reads one organization's page on LinkedIn. Switched off until somebody has accepted what LinkedIn's terms mean.

    **What it reads.** The page (name, tagline, description, website); its posts with what is attached to them, sorted
    by their last change, so that an edited old one is seen; under each watched post all comments and their replies.
    People are named by LinkedIn's ids only: names would be other members' profile data, which may not be kept.

    **Limits.** 500 calls a day for an app of the development tier, until midnight UTC; LinkedIn tells nothing of what
    is left, so the adapter counts those of its own run (`daily_calls`). A thread costs a call, a comment with replies
    one more, an attachment one more. Comments under posts older than the watch window are not looked for. The version
    of the API (`api_version`, 202607 unless set, unverified) is given up by LinkedIn after a year: set a newer one.

    **Traps.** To a login without the role ADMINISTRATOR or DIRECT_SPONSORED_CONTENT_POSTER LinkedIn answers 200 and an
    empty list, so the role is proved first. A comment names the activity behind the post and not the post. What is
    gone answers 404 by its id, and nothing else makes it `deleted`.

    **Token.** An app with the Community Management API, and the consent of a page administrator for
    `r_organization_social_feed` (before: `r_organization_social`) and `rw_organization_admin`. The access token lives
    60 days. A refresh token lives 365 days from the first consent, and using it does not prolong that: a person has to
    give consent anew each year. Without one, give the `access_token` itself, every 60 days.
    """

    name: ClassVar[str] = "linkedin"
    title: ClassVar[str] = "LinkedIn"
    version: ClassVar[str] = "1"
    pace: ClassVar[Pace] = Pace(requests=100, seconds=60)
    home: ClassVar[str] = API
    terms_must_be_accepted: ClassVar[bool] = True
    credentials: ClassVar[tuple[Field, ...]] = (
        Field("refresh_token", "Refresh token", "Of a page administrator's consent; dies 365 days after it.",
              secret=True, example="connection:library_linkedin"),
        Field("access_token", "Access token", "Where the app gets no refresh tokens; dies after 60 days.",
              secret=True, example="connection:library_linkedin#access_token"),
        Field("client_secret", "App secret", "Of the app that the consent was given to.", secret=True, required=True,
              example="connection:library_linkedin#client_secret"),
        Field("client_id", "App id", "Of the app; it is no secret.", required=True, example="86abcdefgh"),
        Field("api_version", "API version", "LinkedIn-Version that is asked for (default 202607).", example="202607"),
        Field("daily_calls", "Calls", "How many calls of the app's day one run may spend (default 500).",
              example="500"),
    )  # fmt: skip
    scopes: ClassVar[tuple[Scope, ...]] = (
        Scope("r_organization_social_feed", "Posts and comments; without it LinkedIn refuses them."),
        Scope("rw_organization_admin", "The proof of the role; without the role LinkedIn shows empty lists."),
    )
    legal_basis: ClassVar[str] = "The body's own page and what members write under it."
    storage_terms: ClassVar[str] = (
        "LinkedIn's data storage rules allow to keep members' social activity (comments) for 48 hours and other "
        "members' profile data for 24 hours; an archive keeps them for years. A records law may bind the body to do "
        "so: let counsel decide before this account is enabled."
    )

    def __init__(self, target: Target, http: Http) -> None:
        super().__init__(target, http)
        require_https(target, self.base_url(target))
        self._organization = ""
        self._profile: Page | None = None
        self._refresh_dies_at: int | None = None
        self._access_dies_at: int | None = None
        self._kept = True
        self._total: int | None = None
        self.calls = 0

    def media_hosts(self) -> frozenset[str]:
        if self.target.settings.get("insecure_local"):
            return frozenset({self.http.base_url.partition("://")[2]})
        return frozenset({".licdn.com"})

    # ---------------------------------------------------------------- fetching

    def profile(self) -> Iterator[Page]:
        self._own()
        if self._profile is not None:
            yield self._profile

    def posts(self, since: int | None) -> Iterator[Page]:
        organization = self._own()
        for answer, natives in self._pages("/rest/posts", author=organization, q="author", sortBy="LAST_MODIFIED"):
            changed = [linkedin_records.modified_at(native) for native in natives]
            watched = [n for n, at in zip(natives, changed, strict=True) if since is None or at is None or at >= since]
            yield self._page("posts", answer, files=self._files(watched))
            if since is not None and natives and not watched:
                return

    def thread(self, root: str) -> Iterator[Page]:
        self._own()
        yield from self._comments(root, root, 1)

    def item(self, native_id: str) -> Sighting:
        self._own()
        if linkedin_records.is_comment(native_id):
            thread, number = linkedin_records.parts_of(native_id) or (native_id, "0")
            path = f"/rest/socialActions/{_encoded(thread)}/comments/{number}"
        else:
            path = f"/rest/posts/{_encoded(native_id)}"
        answer = self._get(path, frozenset({403, 404}))
        page = self._page("item", answer, files=self._files([answer.body]) if answer.status == 200 else {})
        if answer.status == 404:
            return Sighting(native_id=native_id, state="deleted", page=page)
        if answer.status == 403:
            return Sighting(native_id=native_id, state="inaccessible", page=page)
        return self.sighted(native_id, page)

    def check(self) -> list[Problem]:
        lacking = self._lacking()
        if lacking:
            return lacking
        try:
            self._own()
        except (PlatformError, ConfigError) as failure:
            return [Problem(str(failure.args[0]), failure.remedy)]
        return []

    # ---------------------------------------------------------------- parsing

    def records(self, page: Page) -> Iterator[Observation | Unreadable]:
        for found in linkedin_records.read(page):
            yield self.stamped(found, page)

    # ---------------------------------------------------------------- what it costs, and what comes

    def estimate(self, scale: Scale) -> Estimate:
        calls = 3 + 1 + scale.posts // PER_PAGE + 2 * scale.watched + scale.comments // 4
        days = -(-calls // self._daily)
        spread = f", so it takes {days} days" if days > 1 else ""
        so_far = "; nothing is known of this page yet, so this is the least" if scale.first else ""
        return Estimate(
            requests=calls, units=float(calls), unit="calls",
            sentence=f"About {calls:,} of the {self._daily:,} calls that a day allows{spread}{so_far}.",
        )  # fmt: skip

    def pause_asked(self, answer: Answer) -> float | None:
        if answer.status != 429:
            return None
        asked = pacing.seconds_until_retry(answer.headers, time.time())
        return self._until_midnight() if asked is None else asked

    def warnings(self) -> list[Problem]:
        who = self.target.name
        remedy = "Give consent again as an administrator of the page, and store the new token."
        told = [
            *oauth.dies_soon(who, "refresh token", self._refresh_dies_at, f"It cannot be prolonged. {remedy}"),
            *oauth.dies_soon(who, "access token", self._access_dies_at, remedy),
        ]
        if not self._kept:
            told.append(Problem(f"LinkedIn has renewed the refresh token of {who}; it could not be stored.", remedy))
        return told

    def totals(self) -> dict[str, int]:
        """Posts as LinkedIn counts them, where it does. It counts no comments for a page."""
        return {} if self._total is None else {"posts": self._total}

    @property
    def _daily(self) -> int:
        return count(self.target.settings.get("daily_calls")) or 500

    @staticmethod
    def _until_midnight() -> float:
        """Seconds until the day's calls are given anew: midnight UTC."""
        now = datetime.now(UTC)
        midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return (midnight - now).total_seconds()

    # ---------------------------------------------------------------- who we are reading

    def _own(self) -> str:
        """The organization's URN, asked for once a run, after making sure that the login may see its posts."""
        if self._organization:
            return self._organization
        self._log_in()
        roles = linkedin_records.roles_in(
            self._get("/rest/organizationAcls", q="roleAssignee", state="APPROVED", count=str(PER_PAGE))
        )
        organization, answer = self._named(roles)
        if not any(role.organization == organization and role.role in _READING_ROLES for role in roles):
            raise ScopeLost(
                f"The login of {self.target.name} has no role on the page that lets it read posts and comments; "
                "LinkedIn would answer with empty lists.",
                remedy="Make this member ADMINISTRATOR (or DIRECT_SPONSORED_CONTENT_POSTER) of the page.",
            )
        self._organization = organization
        self._profile = self._page("profile", answer)
        return organization

    def _named(self, roles: list[Role]) -> tuple[str, Answer]:
        """The organization that `handle` means: by its number or URN, else by its name in LinkedIn's addresses."""
        handle = self.target.handle.lstrip("@").removeprefix("urn:li:organization:")
        candidates = [handle] if handle.isdigit() else [r.organization.rpartition(":")[2] for r in roles]
        for number in dict.fromkeys(candidates):
            answer = self._get(f"/rest/organizations/{number}", frozenset({404}))
            if answer.status == 404:
                if handle.isdigit():
                    raise AccountGone(f"LinkedIn knows no organization for {self.target.name}.")
                continue
            organization = linkedin_records.organization_in(answer)
            if handle.isdigit() or str(organization.get("vanityName")).lower() == handle.lower():
                return f"urn:li:organization:{number}", answer
        raise ScopeLost(
            f"The login of {self.target.name} has no role on a page that is called like its handle.",
            remedy="Correct `handle` (the page's number, or its name in linkedin.com/company/…), or make this member "
            "ADMINISTRATOR of the page.",
        )

    def _lacking(self) -> list[Problem]:
        given, who = self.target.secrets, self.target.name
        found = [
            Problem(f"The account {who} lacks {field.title.lower()} (`{field.name}`).", field.help)
            for field in self.credentials
            if field.required and not (given if field.secret else self.target.settings).get(field.name)
        ]
        if not given.get("refresh_token") and not given.get("access_token"):
            remedy = "Give consent as an administrator of the page and store what LinkedIn gives."
            found.insert(0, Problem(f"The account {who} has neither `refresh_token` nor `access_token`.", remedy))
        return found

    # ---------------------------------------------------------------- the login

    def _log_in(self) -> None:
        lacking = self._lacking()
        if lacking:
            raise LoginExpired(lacking[0].what, remedy=lacking[0].remedy)
        given = self.target.secrets
        token, scopes = self._refreshed() if given.get("refresh_token") else self._introspected(given["access_token"])
        for accepted, scope in ((_SOCIAL, self.scopes[0]), (_ADMIN, self.scopes[1])):
            if scopes is not None and not scopes & accepted:
                raise ScopeLost(
                    f"The login of {self.target.name} lacks {scope.name}. {scope.why}",
                    remedy="Give consent again for this scope, and store the new token.",
                )
        self.http.authorize(token)

    def _refreshed(self) -> tuple[str, frozenset[str] | None]:
        old = self.target.secrets["refresh_token"]
        form = {"grant_type": "refresh_token", "refresh_token": old, **self._client()}
        grant = oauth.exchange(self.http, f"{self._login_url}/accessToken", form, who=self.target.name)
        self._refresh_dies_at = grant.refresh_expires_at
        if grant.refresh_token and grant.refresh_token != old:
            self._kept = self.target.keep("refresh_token", grant.refresh_token)
        return grant.access_token, grant.scopes

    def _introspected(self, token: str) -> tuple[str, frozenset[str] | None]:
        """A token that cannot be renewed: LinkedIn says whether it lives, until when, and what it may."""
        answer = self.http.post(f"{self._login_url}/introspectToken", form={"token": token, **self._client()},
                                anonymous=True)  # fmt: skip
        told = answer.json() if answer.status == 200 else {}
        if not isinstance(told, dict) or told.get("active") is not True:
            raise LoginExpired(f"LinkedIn no longer accepts the access token of {self.target.name}.")
        dies_at, scope = count(told.get("expires_at")), told.get("scope")
        self._access_dies_at = None if dies_at is None or dies_at > 10**11 else dies_at * 1_000_000
        return token, frozenset(scope.replace(",", " ").split()) if isinstance(scope, str) else None

    def _client(self) -> dict[str, str]:
        return {
            "client_id": str(self.target.settings.get("client_id") or ""),
            "client_secret": self.target.secrets.get("client_secret") or "",
        }

    @property
    def _login_url(self) -> str:
        local = self.target.settings.get("insecure_local")
        return f"{self.http.base_url if local else LOGIN}/oauth/v2"

    # ---------------------------------------------------------------- lists

    def _comments(self, urn: str, root: str, depth: int) -> Iterator[Page]:
        """The comments of a post, each page followed by the replies to its comments."""
        for answer, natives in self._pages(f"/rest/socialActions/{_encoded(urn)}/comments", frozenset({404})):
            if answer.status == 404:  # the post, or the comment, went in between: each known one is asked for by id
                return
            answered = linkedin_records.with_replies(natives, unsure=depth == 1)
            too_deep = depth >= MAX_DEPTH and bool(answered)
            yield self._page("thread", answer, root=root, shortfall="reply_depth" if too_deep else None)
            for comment in [] if too_deep else answered:
                yield from self._comments(comment, root, depth + 1)

    def _pages(
        self, path: str, tolerated: frozenset[int] = frozenset(), **parameters: str
    ) -> Iterator[tuple[Answer, list[bytes]]]:
        start = 0
        while True:
            paging = {"start": str(start), "count": str(PER_PAGE)}
            answer = self._get(path, tolerated, **parameters, **paging)
            if answer.status != 200:
                yield answer, []
                return
            natives = linkedin_records.natives(answer.body, answer.url)
            place = linkedin_records.place_of(answer, len(natives), PER_PAGE)
            if place.start != start:
                raise CursorLoop(f"{self.target.name}: LinkedIn answers from {place.start} when asked from {start}.")
            if path == "/rest/posts" and place.total is not None:
                self._total = place.total
            yield answer, natives
            if not place.goes_on:
                return
            start += PER_PAGE

    def _files(self, posts: list[bytes]) -> dict[str, str]:
        """Where the attachments of these posts lie just now. What LinkedIn does not tell stays without an address."""
        found: dict[str, str] = {}
        for urn in dict.fromkeys(urn for native in posts for urn in linkedin_records.files_in(native)):
            resource = linkedin_records.resource_of(urn)
            if resource in ("images", "videos", "documents"):
                answer = self._get(f"/rest/{resource}/{_encoded(urn)}", frozenset({400, 403, 404}))
                url = linkedin_records.download_url(answer) if answer.status == 200 else None
                found |= {urn: url} if url else {}
        return found

    # ---------------------------------------------------------------- asking

    def _page(self, kind: Any, answer: Answer, *, shortfall: str | None = None, **context: Any) -> Page:
        return self.page(kind, answer, shortfall=shortfall, organization=self._organization or "", **context)

    def _get(self, path: str, tolerated: frozenset[int] = frozenset(), **parameters: str) -> Answer:
        """One call. An error whose HTTP status is `tolerated` comes back for the caller to judge."""
        if self.calls >= self._daily:
            raise self.http.throttled_for(self._until_midnight())
        self.calls += 1
        headers = {
            "LinkedIn-Version": str(self.target.settings.get("api_version") or VERSION),
            "X-Restli-Protocol-Version": "2.0.0",
        }
        answer = self.http.get_json(path, parameters, headers)
        if answer.status == 200 or answer.status in tolerated:
            return answer
        raise self._refused(answer)

    def _refused(self, answer: Answer) -> PlatformError:
        who, code = self.target.name, linkedin_records.code_of(answer) or str(answer.status)
        if answer.status == 401:
            return LoginExpired(f"LinkedIn no longer accepts the login of {who} ({code}).")
        if answer.status == 403:
            return ScopeLost(
                f"LinkedIn refuses {answer.url} to {who} ({code}).",
                remedy=f"The app needs the Community Management API, the login {self.scopes[0].name} and "
                f"{self.scopes[1].name}, the member the role ADMINISTRATOR.",
            )
        if answer.status == 426:
            return Unintelligible(
                f"LinkedIn no longer speaks the version of its API that {who} asks for ({code}).",
                remedy="Set `api_version` in the account's settings to one of the last twelve months (YYYYMM).",
            )
        return Unintelligible(f"{answer.url} answered HTTP {answer.status} ({code}).")


def _encoded(urn: str) -> str:
    return quote(urn, safe="")
