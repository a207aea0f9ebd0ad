"""X (API v2): one account's posts, what is answered to them, and where else it is mentioned."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from social_archive.errors import (
    AccountGone,
    ConfigError,
    CursorLoop,
    LoginExpired,
    PlatformError,
    ScopeLost,
    Throttled,
    Unintelligible,
)
from social_archive.platforms import x_answers, x_records
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
from social_archive.platforms.x_dialect import dialect_of
from social_archive.platforms.x_login import Login
from social_archive.record import Observation, State, Unreadable, now_micros

API: Final = "https://api.x.com"
POSTS_SHOWN: Final = 3_200
MENTIONS_SHOWN: Final = 800
_PER_PAGE: Final = 100
_SEARCHED_DAYS: Final = 7
_DAY: Final = 86_400_000_000
_BEGINNING: Final = 1_288_915_200_000_000  # 2010-11-05: X takes no earlier time than the day after
_ASK_AGAIN: Final = 86_400.0
_CONSOLE: Final = "Add credits or raise the spending limit in X's developer console; the next run goes on by itself."


class X(Platform):
    """Reads one account on X.

    **What it reads.** The profile; the account's own posts, quotes and answers, with pictures, films, polls and long
    text; under each watched post the whole conversation by search; and the posts of others that mention the account,
    wherever they stand. Reposts are left out: they have no text of their own.

    **Limits.** X shows the 3,200 newest posts and the 800 newest mentions of an account; beyond that a gap is left.
    Search reaches back seven days: an older thread with answers leaves a gap, unless the setting `search: all` asks the
    full archive, which X charges for and allows once a second. X bills each post that it shows:
    `archive accounts estimate` says what a run will cost, by prices that stand in the settings and that you should
    compare with the developer console (2 or 3 million posts a month are the most that X sells without a contract).

    **Traps.** An edit is a new post with a new id; all its versions are one record here, named by the first id, and
    what an edit between two harvests replaced is not asked for. Whether a reply was hidden by the account is not
    readable: hidden replies are kept as present. In somebody else's thread only what mentions the account is seen; if
    such a mention goes, nobody asks for it, and it stays as it was last seen. What an author who left wrote mostly
    looks deleted, because that is what X answers. X names its fields in two dialects; both are read, and
    `dialect: post` asks in the newer one.

    **Token.** An app in X's developer console with a client id, and the consent of the account for the scopes
    `tweet.read`, `users.read` and `offline.access`. X changes the refresh token each time it is used, so it must stand
    in an Airflow connection, where the archive can store the new one. Reading one's own account costs a fifth only if
    the account owns the app. A `bearer_token` of the app also does, for what the public sees.
    """

    name: ClassVar[str] = "x"
    title: ClassVar[str] = "X"
    version: ClassVar[str] = "1"
    pace: ClassVar[Pace] = Pace(requests=300, seconds=900)
    home: ClassVar[str] = API
    credentials: ClassVar[tuple[Field, ...]] = (
        Field("refresh_token", "Refresh token", "Of the account's consent. X renews it at each use, so keep it in a "
              "connection.", secret=True, example="connection:library_x"),
        Field("client_secret", "Client secret", "Of the app, if it is a confidential client.", secret=True,
              example="connection:library_x#client_secret"),
        Field("bearer_token", "Bearer token", "Of the app, instead of the two above: only what the public sees.",
              secret=True, example="env:X_BEARER_TOKEN"),
        Field("client_id", "Client id", "Of the app; it is no secret.", example="bGlicmFyeQ"),
        Field("search", "Search", "`recent` (seven days) or `all` (the full archive, billed; default recent).",
              example="all"),
        Field("search_seconds", "Seconds between searches", "Of the full archive (default 1, which is what X allows).",
              example="1"),
        Field("dialect", "Dialect", "`tweet` or `post`: how fields are named when asking (default tweet).",
              example="tweet"),
        Field("owned_read_price", "Price of an own post", "Dollars for each own post or mention read (default 0.001; "
              "unverified).", example="0.001"),
        Field("post_read_price", "Price of a post", "Dollars for each other post read (default 0.005; unverified).",
              example="0.005"),
    )  # fmt: skip
    scopes: ClassVar[tuple[Scope, ...]] = (
        Scope("tweet.read", "Posts, mentions and conversations; without it X shows none."),
        Scope("users.read", "The profile, and who wrote what."),
        Scope("offline.access", "Reading without a person at the keyboard: without it the login dies after two hours."),
    )
    legal_basis: ClassVar[str] = "The body's own account, what the public answers there and where it is mentioned."
    storage_terms: ClassVar[str] = (
        "X's developer policy asks to delete or change stored posts when they are deleted or changed on X, within 24 "
        "hours of a request, unless otherwise prohibited by law, and then only with X's written permission. A records "
        "law that binds the body goes against that: let counsel decide."
    )

    def __init__(self, target: Target, http: Http) -> None:
        super().__init__(target, http)
        require_https(target, self.base_url(target))
        self._dialect = dialect_of(target)
        self._everywhere = _search_of(target) == "all"
        self._login = Login(target, http, self.scopes)
        self._user: dict[str, Any] | None = None
        self._user_page: Page | None = None
        self._replies: dict[str, int] = {}  # own posts: direct replies as X counts them
        self._all_read = False  # every post that X has was listed: only then is a sum over them a total
        self._shown: dict[str, Page] = {}  # what this run has been shown already is not asked, and paid, for again
        self._trouble: list[Problem] = []

    def media_hosts(self) -> frozenset[str]:
        if self.target.settings.get("insecure_local"):
            return frozenset({self.http.base_url.partition("://")[2]})
        return frozenset({".twimg.com"})

    # ---------------------------------------------------------------- fetching

    def profile(self) -> Iterator[Page]:
        self._own()
        if self._user_page is not None:
            yield self._user_page

    def posts(self, since: int | None) -> Iterator[Page]:
        total = x_answers.posts_of(self._own()) or 0
        yield from self._timeline("tweets", since, {"exclude": "retweets"}, POSTS_SHOWN, total)
        yield from self._timeline("mentions", since, {}, MENTIONS_SHOWN, 0)

    def thread(self, root: str) -> Iterator[Page]:
        own = self._own_id()
        created = x_records.moment_of(root)
        unseen = self._replies.get(root) != 0 and (created is None or now_micros() - created > _SEARCHED_DAYS * _DAY)
        shortfall = "searched_7_days" if unseen and not self._everywhere else None
        for answer in self._search(root, created):
            yield self.page("thread", answer, shortfall=shortfall, own=own, root=root)
            shortfall = None

    def item(self, native_id: str) -> Sighting:
        own = self._own_id()
        already = self._shown.get(native_id)
        sighting = self._sighted(native_id, already) if already is not None else None
        if sighting is not None:
            return sighting
        answer = self._post(native_id)
        latest = x_answers.latest_version(answer, native_id)
        if latest != native_id:
            answer = self._post(latest)
        page = self.page("item", answer, own=own)
        absent: State | None = x_answers.absence(answer, latest)
        if absent is not None:
            return Sighting(native_id=native_id, state=absent, page=page)
        return self._sighted(native_id, page) or Sighting(native_id=native_id, state="missing_unconfirmed", page=page)

    def check(self) -> list[Problem]:
        try:
            self._own()
            for _ in self._search("1", None):  # no such post: asks whether searching is allowed, and costs nothing
                break
        except (PlatformError, ConfigError) as failure:
            return [Problem(str(failure.args[0]), failure.remedy)]
        return self.warnings()

    # ---------------------------------------------------------------- parsing

    def records(self, page: Page) -> Iterator[Observation | Unreadable]:
        for found in x_records.read(page):
            self.stamped(found, page)
            if isinstance(found, Unreadable) and (around := x_records.related(page, found.native)):
                found.context = {**found.context, "includes": around}
            yield found

    # ---------------------------------------------------------------- what it costs, and what will need a person

    def estimate(self, scale: Scale) -> Estimate:
        """Posts are billed once a day each. Comments are taken at the dearer price: most come by search or by id."""
        settings = self.target.settings
        owned_price = _price(settings.get("owned_read_price"), 0.001)
        post_price = _price(settings.get("post_read_price"), 0.005)
        if not self._login.is_owner:
            owned_price = post_price  # an app's token is nobody's own
        share = scale.watched / scale.posts if scale.posts else 1.0
        comments = round(scale.comments * min(share, 1.0))
        dollars = round(scale.watched * owned_price + comments * post_price, 3)
        requests = 2 + scale.watched // _PER_PAGE + 1 + scale.watched + comments // _PER_PAGE
        if not self._everywhere:
            requests += comments  # what search no longer reaches is asked for one by one
        so_far = " Nothing is known of this account yet, so this is the least." if scale.first else ""
        return Estimate(
            requests=requests, units=float(scale.watched + comments), unit="posts read", dollars=dollars,
            sentence=f"About ${dollars:,.2f}: {scale.watched:,} own posts at ${owned_price:g} and {comments:,} "
            f"comments at ${post_price:g}. New posts come on top. The prices are unverified: compare X's developer "
            f"console.{so_far}",
        )  # fmt: skip

    def pause_asked(self, answer: Answer) -> float | None:
        """A monthly cap is no rate limit: the reset that its headers name would only lead to the next refusal."""
        if answer.status in (403, 429) and x_answers.problem_of(answer).is_usage_cap:
            self._warn("The posts that X lets this app read in a month are used up.", _CONSOLE)
            return _ASK_AGAIN
        return None

    def warnings(self) -> list[Problem]:
        return [*self._trouble, *self._login.warnings()]

    def totals(self) -> dict[str, int]:
        """What X counts: all that the account ever sent, reposts too; the answers straight under its posts."""
        sent = x_answers.posts_of(self._user or {})
        found = {"posts_and_replies": sent} if sent is not None else {}
        return found | ({"comments": sum(self._replies.values())} if self._all_read else {})

    def _warn(self, what: str, remedy: str) -> None:
        problem = Problem(what, remedy)
        if problem not in self._trouble:
            self._trouble.append(problem)

    # ---------------------------------------------------------------- who we are reading

    def _own_id(self) -> str:
        return str(self._own()["id"])

    def _own(self) -> dict[str, Any]:
        """The account, asked for once a run, after making sure that the login may see what it must."""
        if self._user is None:
            self._login.begin()
            handle = self.target.handle.lstrip("@")
            path = "/2/users/me" if self._login.is_owner else f"/2/users/by/username/{handle}"
            answer = self._get(path, self._dialect.user())
            user = x_answers.user_of(answer)
            if user is None:
                raise AccountGone(f"X knows no account for {self.target.name}.")
            if str(user.get("username") or "").lower() != handle.lower() and str(user["id"]) != handle:
                raise ScopeLost(
                    f"The login of {self.target.name} belongs to another account than its handle names.",
                    remedy="Give consent as this very account, or correct `handle` in accounts.yaml.",
                )
            self._user = user
            self._user_page = self.page("profile", answer, own=str(user["id"]))
        return self._user

    # ---------------------------------------------------------------- asking

    def _timeline(self, what: str, since: int | None, more: dict[str, str], most: int, total: int) -> Iterator[Page]:
        """A timeline (`tweets` or `mentions`), newest first. Its last page says if X ended it before its beginning."""
        own = self._own_id()
        asked = {**self._dialect.posts(), **more, "max_results": str(_PER_PAGE), **_from(since)}
        count = 0
        for answer in self._pages(f"/2/users/{own}/{what}", asked):
            found = x_answers.listed(answer)
            count += len(found)
            last = x_answers.next_token(answer) is None
            cut = last and (count >= most or (since is None and total > most))
            page = self.page("posts", answer, shortfall=f"newest_{most}_{what}" if cut else None, own=own)
            self._shown.update({one.first_id: page for one in found})
            if what == "tweets":
                self._replies.update({p.first_id: p.replies for p in found if p.starts and p.replies is not None})
                self._all_read = last and not cut and since is None
            yield page

    def _search(self, root: str, created: int | None) -> Iterator[Answer]:
        asked = {**self._dialect.posts(), "query": f"conversation_id:{root}"}
        if not self._everywhere:
            yield from self._pages("/2/tweets/search/recent", {**asked, "max_results": "100"})
            return
        # Without a start X would search a month only; one too near to now it refuses.
        asked |= {"max_results": "500", **_from((created or _BEGINNING) - _DAY)}
        for answer in self._pages("/2/tweets/search/all", asked):
            self.http.hold_back(self._search_seconds)
            yield answer

    @property
    def _search_seconds(self) -> float:
        given = self.target.settings.get("search_seconds")
        return float(given) if isinstance(given, int | float) and given >= 0 else 1.0

    def _post(self, post_id: str) -> Answer:
        return self._get(f"/2/tweets/{post_id}", self._dialect.posts(), frozenset({404}))

    def _pages(self, path: str, asked: dict[str, str]) -> Iterator[Answer]:
        token: str | None = None
        given: set[str] = set()
        while True:
            answer = self._get(path, asked | ({"pagination_token": token} if token else {}))
            x_answers.require_list(answer)
            yield answer
            token = x_answers.next_token(answer)
            if token is None:
                return
            if token in given:
                raise CursorLoop(f"{self.target.name}: X's paging of {path.rpartition('/')[2]} goes in circles.")
            given.add(token)

    def _get(self, path: str, asked: dict[str, str], tolerated: frozenset[int] = frozenset()) -> Answer:
        answer = self.http.get_json(path, asked)
        if answer.status == 401 and self._login.is_owner:  # a token of this run lives two hours, a first harvest longer
            self._login.begin()
            answer = self.http.get_json(path, asked)
        if answer.status == 200 or answer.status in tolerated:
            return answer
        raise self._refused(answer)

    def _refused(self, answer: Answer) -> PlatformError:
        problem, who = x_answers.problem_of(answer), self.target.name
        if answer.status == 402 or problem.is_credits:
            self._warn("The credits of the app at X are used up.", _CONSOLE)
            regain_at = self.http.throttled_for(_ASK_AGAIN).regain_at
            what = f"The credits of the app that reads {who} are used up (HTTP 402); X shows nothing without."
            return Throttled(what, regain_at=regain_at, remedy=_CONSOLE)
        if answer.status == 401:
            return LoginExpired(f"X no longer accepts the login of {who} ({problem.name or 401}).")
        if problem.is_suspension or (answer.status == 404 and problem.name == "resource-not-found"):
            return AccountGone(f"X says of the account {who}: {problem.name or 'suspended'}.")
        if answer.status == 403:
            remedy = "Check in X's developer console that the app is enrolled and may use this endpoint."
            return ScopeLost(f"X refuses {answer.url} to {who} ({problem.name or 403}).", remedy=remedy)
        return Unintelligible(f"{answer.url} answered HTTP {answer.status} ({problem.name or 'no reason'}).")

    def _sighted(self, native_id: str, page: Page) -> Sighting | None:
        for found in self.records(page):
            if isinstance(found, Observation) and found.native_id == native_id:
                return Sighting(native_id=native_id, state=found.state, page=page, observation=found)
        return None


def _search_of(target: Target) -> str:
    search = str(target.settings.get("search") or "recent")
    if search not in ("recent", "all"):
        raise ConfigError(f"The account {target.name} has `search: {search}`.", remedy="Write `recent` or `all`.")
    return search


def _price(text: Any, default: float) -> float:
    try:
        return max(float(text), 0.0) if text is not None else default
    except (TypeError, ValueError):
        return default


def _from(moment: int | None) -> dict[str, str]:
    """From this moment (microseconds) on, as a parameter; nothing for what lies before X's own calendar."""
    if moment is None or moment <= _BEGINNING:
        return {} if moment is None else {"start_time": "2010-11-06T00:00:00Z"}
    return {"start_time": f"{datetime.fromtimestamp(moment // 1_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}"}
