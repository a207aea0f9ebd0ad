"""Facebook (Graph API): one Page, its posts and those of visitors, every comment and reply under them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import ClassVar, Final
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
from social_archive.platforms import facebook_graph as graph
from social_archive.platforms import facebook_records, facebook_token
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
from social_archive.platforms.facebook_graph import Listing, Refusal
from social_archive.platforms.http import Answer, Http
from social_archive.platforms.reading import Drift, count, exact_id, load_object
from social_archive.record import Observation, Unreadable

API: Final = "https://graph.facebook.com"
GRAPH_VERSION: Final = "v26.0"
PAGE_SIZE: Final = 100  # Facebook gives no more at once
_ATTACHED: Final = (
    "type,media_type,title,description,url,unshimmed_url,target{id,url},media{image{src,height,width},source}"
)
POST_FIELDS: Final = (
    "id,message,story,created_time,updated_time,from{id,name},permalink_url,status_type,is_hidden,is_published,"
    f"is_expired,message_tags,parent_id,place,shares,attachments{{{_ATTACHED},subattachments.limit(100){{{_ATTACHED}}}}},"
    "comments.filter(stream).limit(0).summary(true),reactions.limit(0).summary(true)"
)
COMMENT_FIELDS: Final = (
    "id,message,message_tags,created_time,from{id,name},parent{id},is_hidden,is_private,like_count,comment_count,"
    "attachment,permalink_url"
)
PAGE_FIELDS: Final = (
    "id,name,username,about,bio,description,mission,general_info,company_overview,impressum,category,website,phone,"
    "emails,hours,single_line_address,link,is_published,verification_status,followers_count,"
    "cover{id,source},picture.width(720).height(720){url,is_silhouette}"
)
_A_YEARS_CAP: Final = 600  # "approximately 600 ranked, published posts per year"
_UNTOLD_PAUSE: Final = 3_600.0  # a throttle that does not say until when: the budgets are counted over an hour
_NEARLY_SPENT: Final = 95.0  # per cent
_NEARLY_PAUSE: Final = 600.0


class _AskedTooMuch(PlatformError):
    """Facebook could not put so large a page together; a smaller one of the same list comes through."""


class Facebook(Platform):
    """Reads one Facebook Page.

    **What it reads.** The Page (texts, contact, hours, picture, cover) and the list of people and Pages that are
    blocked from it; every post that the Page published, hidden ones included; every post that visitors left on it;
    under each watched post all comments and replies with who may see them, also those under the single photos of an
    album; pictures and films at once, because their addresses die.

    **Limits.** A day's calls are 4,800 for each person who engaged with the Page that day. The adapter reads the usage
    headers: from 95 % on it stops by itself, and a throttle is waited out until the time that Facebook gives, since
    each further call would lengthen it. Facebook lists about 600 posts of a year, the ones that it ranks highest: from
    that many on, or when it counts more than it lists, a gap is recorded; import the Page's download for the rest.

    **Traps.** A post list is ranked and a page of it may be empty, so each run reads every list to its end; a post
    outside the watch window is looked at again when it was commented or edited since. Comments carry no edit time: an
    edit shows as another text. A comment that is gone, and one whose author closed the account, get the same answer:
    `deleted`, and `present` again should it come back. Comments that await approval, reels, and posts on other pages
    that only tag this one are not read. A person without the task MODERATE on the Page sees comments without ids: they
    end in quarantine.

    **Token.** A Page access token, made from a long-lived login of a person with the task MODERATE, with the
    permissions below and pages_show_list, without which the Page is not listed. It does not expire, but dies with a
    changed password or a lost role. With the token of a person instead, Facebook shows empty lists and no error: the
    archive inspects the token before it believes one. Give it the app's id and secret for that (and for
    `appsecret_proof`). For a body's own Page no App Review is needed.
    """

    name: ClassVar[str] = "facebook"
    title: ClassVar[str] = "Facebook"
    version: ClassVar[str] = "1"
    pace: ClassVar[Pace] = Pace(requests=300, seconds=60)
    home: ClassVar[str] = API
    credentials: ClassVar[tuple[Field, ...]] = (
        Field("token", "Page token", "A Page access token from a long-lived login; not a person's own token.",
              secret=True, required=True, example="connection:library_facebook"),
        Field("app_secret", "App secret", "Of the Meta app; signs every request and lets the token be inspected.",
              secret=True, example="connection:library_facebook#app_secret"),
        Field("app_id", "App id", "Of the Meta app; needed with the app secret. It is no secret.",
              example="1234567890"),
        Field("graph_version", "Version", f"Of the Graph API (default {GRAPH_VERSION}).", example=GRAPH_VERSION),
    )  # fmt: skip
    scopes: ClassVar[tuple[Scope, ...]] = (
        Scope("pages_read_engagement", "The Page itself and what it posted; without it nothing of that is shown."),
        Scope("pages_read_user_content", "Comments and what visitors post; without it their lists are empty."),
    )
    legal_basis: ClassVar[str] = "The body's own Page and what the public writes on it and under its posts."
    storage_terms: ClassVar[str] = (
        "Meta's Platform Terms ask to delete data that is no longer needed, or when a person or Meta asks, unless the "
        "law says to keep it (unverified here). A records law that binds the body is such a law: let counsel decide."
    )

    def __init__(self, target: Target, http: Http) -> None:
        super().__init__(target, http)
        require_https(target, self.base_url(target))
        self._token = target.secrets.get("token") or ""
        app_id, secret = str(target.settings.get("app_id") or ""), target.secrets.get("app_secret") or ""
        self._app_token = f"{app_id}|{secret}" if app_id and secret else ""
        self._proof = graph.proof_of(self._token, secret) if self._token and secret else ""
        for derived in (self._app_token, self._proof):
            http.hide(derived)
        http.authorize_by(self._signed)
        self._inspected: facebook_token.Token | None = None
        self._page: Page | None = None
        self._page_id = ""
        self._proved_again = False
        self._blocked_unseen = False
        self._photos: dict[str, tuple[str, ...]] = {}
        self._counted: Counter[str] = Counter()

    def media_hosts(self) -> frozenset[str]:
        if self.target.settings.get("insecure_local"):
            return frozenset({self.http.base_url.partition("://")[2]})
        return frozenset({".fbcdn.net", ".fbsbx.com"})

    # ---------------------------------------------------------------- fetching

    def profile(self) -> Iterator[Page]:
        self._own()
        if self._page is not None:
            yield self._page
        yield from self._blocked()

    def posts(self, since: int | None) -> Iterator[Page]:
        self._own()
        self._counted.clear()
        yield from self._listed("published_posts", since)
        yield from self._listed("visitor_posts", since)

    def thread(self, root: str) -> Iterator[Page]:
        self._own()
        yield from self._comments(root, root)
        for photo in self._photos.get(root, ()):
            yield from self._comments(photo, root)

    def item(self, native_id: str) -> Sighting:
        own = self._own()
        of_post = native_id.startswith(f"{own}_")
        answer = self._ask(quote(native_id, safe=""), {"fields": POST_FIELDS if of_post else COMMENT_FIELDS})
        page = self.page("item", answer, edge="posts" if of_post else "comments", page=own)
        refusal = graph.refusal_of(answer)
        if refusal is None:
            return self.sighted(native_id, page)
        if refusal.no_such_object:
            self._prove_again()
            return Sighting(native_id=native_id, state="deleted", page=page)
        if refusal.dead_login:
            raise self._refused(answer, refusal)
        return Sighting(native_id=native_id, state="inaccessible", page=page)

    def check(self) -> list[Problem]:
        try:
            token = self._inspect()
            faults = facebook_token.faults(token, self.scopes, self.target.name)
            if not faults:
                own = self._own()
                self._list(f"{own}/published_posts", {"fields": "id", "limit": "1"})
                self._list(f"{own}/visitor_posts", {"fields": "id", "limit": "1"})
        except (PlatformError, ConfigError) as failure:
            return [Problem(str(failure.args[0]), failure.remedy)]
        return [Problem(str(fault.args[0]), fault.remedy) for fault in faults]

    # ---------------------------------------------------------------- parsing

    def records(self, page: Page) -> Iterator[Observation | Unreadable]:
        for found in facebook_records.read(page):
            yield self.stamped(found, page)

    # ---------------------------------------------------------------- what it costs

    def estimate(self, scale: Scale) -> Estimate:
        lists = 5 + -(-scale.posts // PAGE_SIZE)
        calls = lists + scale.watched + scale.comments // PAGE_SIZE
        so_far = "; nothing is known of this Page yet, so this is the least" if scale.first else ""
        return Estimate(
            requests=calls, units=float(calls), unit="calls",
            sentence=f"About {calls:,} calls; Facebook allows 4,800 a day for each person who engaged with the "
            f"Page that day{so_far}.",
        )  # fmt: skip

    def pause_asked(self, answer: Answer) -> float | None:
        usage = graph.usage_of(answer.headers)
        refusal = graph.refusal_of(answer)
        if refusal is not None and refusal.code in graph.THROTTLES:
            asked = count(answer.headers.get("retry-after"))
            return usage.regain or (_UNTOLD_PAUSE if asked is None else float(asked))
        if refusal is not None and refusal.too_much:
            raise _AskedTooMuch(f"{answer.url} asked for more than Facebook can answer at once.")
        if usage.regain or usage.percent >= _NEARLY_SPENT:  # this answer is good; the next would be a block
            self.http.hold_back(usage.regain or _NEARLY_PAUSE)
        return None

    def warnings(self) -> list[Problem]:
        soon = facebook_token.warnings(self._inspected, self.target.name) if self._inspected else []
        if not self._blocked_unseen:
            return soon
        unseen = f"Facebook does not show this login whom {self.target.name} has blocked."
        return [*soon, Problem(unseen, "Keep the list by hand, or log in as a person with full control of the Page.")]

    def totals(self) -> dict[str, int]:
        """Posts (the Page's own by Facebook's count, and visitors' as listed) and comments as the posts count them."""
        return dict(self._counted)

    # ---------------------------------------------------------------- who we are reading

    def _own(self) -> str:
        """The Page's id; asked for once a run, after making sure that the token may see all of it."""
        if self._page is None:
            token = self._inspect()
            for fault in facebook_token.faults(token, self.scopes, self.target.name):
                raise fault
            answer = self._ask(token.page_id or "me", {"fields": PAGE_FIELDS})
            refusal = graph.refusal_of(answer)
            if refusal is not None and refusal.no_such_object:
                raise AccountGone(f"Facebook knows no Page for {self.target.name}, though its token is good.")
            if refusal is not None:
                raise self._refused(answer, refusal)
            self._page_id = self._identified(answer)
            self._page = self.page("profile", answer, edge="page", page=self._page_id)
        return self._page_id

    def _identified(self, answer: Answer) -> str:
        """The id of the Page in this answer, if it is the one that accounts.yaml means."""
        loaded = load_object(answer.body)
        page = {} if isinstance(loaded, Unreadable) else loaded[0]
        own = exact_id(page.get("id"))
        if own is None:
            raise Unintelligible(f"{answer.url} answered a Page without a usable id.")
        handle = self.target.handle.lstrip("@").lower()
        if handle not in (own, str(page.get("username") or "").lower()):
            raise ScopeLost(
                f"The token of {self.target.name} belongs to another Page than its handle names.",
                remedy="Take this very Page's token, or correct `handle` (the Page's id or name) in accounts.yaml.",
            )
        return own

    def _inspect(self) -> facebook_token.Token:
        """Ask Facebook what the token is. Raises `LoginExpired` for a dead one, `ScopeLost` if it will not say."""
        if not self._token:
            raise LoginExpired(
                f"The account {self.target.name} has no Page token.",
                remedy="Add `token` to its secrets in accounts.yaml.",
            )
        answer = self._ask("debug_token", {"input_token": self._token})
        refusal = graph.refusal_of(answer)
        if refusal is not None:
            raise self._uninspected(answer, refusal)
        drift = Drift()
        token = facebook_token.read(drift.object(drift.object(answer.json()).get("data")))
        if token.dead is not None:
            raise LoginExpired(f"Facebook no longer accepts the token of {self.target.name}: {token.dead.why_dead}.")
        self._inspected = token
        return token

    def _uninspected(self, answer: Answer, refusal: Refusal) -> PlatformError:
        if answer.status >= 500:
            return self._refused(answer, refusal)
        if self._app_token:
            return LoginExpired(
                f"Facebook does not accept the app id and app secret of {self.target.name} ({refusal}).",
                remedy="Copy both anew from the app's settings into the account's connection.",
            )
        if refusal.dead_login:
            return self._refused(answer, refusal)
        return ScopeLost(
            f"Facebook does not tell what the token of {self.target.name} may see ({refusal}), so an empty list from "
            "it would prove nothing.",
            remedy="Add `app_id` to its settings and `app_secret` to its secrets: with them it can be inspected.",
        )

    def _prove_again(self) -> None:
        """Before the first `deleted` of a run: the answer "no such object" would also come to a login that has just
        lost its rights."""
        if not self._proved_again:
            for fault in facebook_token.faults(self._inspect(), self.scopes, self.target.name):
                raise fault
            self._proved_again = True

    # ---------------------------------------------------------------- lists

    def _blocked(self) -> Iterator[Page]:
        """The list of blocked people and Pages, read to its end first: each part says how many there are."""
        own, answers, total = self._page_id, [], 0
        for answer, found, _ in self._pages(f"{own}/blocked", {"limit": str(PAGE_SIZE)}):
            refusal = graph.refusal_of(answer)
            if refusal is not None and refusal.dead_login:
                raise self._refused(answer, refusal)
            if refusal is not None:
                self._blocked_unseen = True
                return
            answers.append(answer)
            total += len(found.data or ())
        for number, answer in enumerate(answers, 1):
            yield self.page("profile", answer, edge="blocked", page=own, number=number, total=total)

    def _listed(self, edge: str, since: int | None) -> Iterator[Page]:
        asked = {"fields": POST_FIELDS, "limit": str(PAGE_SIZE), "include_hidden": "true", "show_expired": "true"}
        if edge == "published_posts":
            asked["summary"] = "total_count"
        years: Counter[str] = Counter()
        listed = counted = 0
        for answer, found, last in self._pages(f"{self._page_id}/{edge}", asked):
            if (refusal := graph.refusal_of(answer)) is not None:
                raise self._refused(answer, refusal)
            for post in facebook_records.listed_posts(found.data or ()):
                years[post.year] += 1
                self._counted["comments"] += post.comments or 0
                if len(post.photos) > 1:
                    self._photos[post.id] = post.photos
            listed, counted = listed + len(found.data or ()), max(counted, found.total or 0)
            shortfall = _kept_back(years, listed, counted) if last else None
            yield self.page("posts", answer, shortfall=shortfall, edge="posts", page=self._page_id, since=since)
        self._counted["posts"] += max(counted, listed)

    def _comments(self, of: str, root: str) -> Iterator[Page]:
        asked = {
            "fields": COMMENT_FIELDS, "filter": "stream", "order": "chronological", "live_filter": "no_filter",
            "limit": str(PAGE_SIZE), "summary": "true",
        }  # fmt: skip
        seen = 0
        for answer, found, last in self._pages(f"{quote(of, safe='')}/comments", asked):
            if (refusal := graph.refusal_of(answer)) is not None:
                if refusal.no_such_object:
                    return  # it went in between: each known comment is asked for by its id
                raise self._refused(answer, refusal)
            seen += len(found.data or ())
            withheld = last and not seen and bool(found.total)
            shortfall = "comments_withheld" if withheld else None
            yield self.page("thread", answer, shortfall=shortfall, edge="comments", page=self._page_id, root=root)

    def _pages(self, path: str, parameters: dict[str, str]) -> Iterator[tuple[Answer, Listing, bool]]:
        """Each page of a list, and whether it is the last. A refusal comes as the last, with an empty list."""
        asked = dict(parameters)
        given: set[tuple[tuple[str, str], ...]] = set()
        while True:
            answer = self._ask(path, asked)
            if graph.refusal_of(answer) is not None:
                yield answer, Listing(), True
                return
            found = graph.listing(answer)
            following = graph.next_page(found)
            yield answer, found, following is None
            if following is None:
                return
            asked = parameters | following
            place = tuple(sorted((name, value) for name, value in asked.items() if name != "limit"))
            if place in given:
                raise CursorLoop(f"{self.target.name}: Facebook's paging of {path.rpartition('/')[2]} goes in circles.")
            given.add(place)

    # ---------------------------------------------------------------- asking

    def _list(self, path: str, parameters: dict[str, str]) -> Listing:
        """One page of a list that must be readable."""
        answer = self._ask(path, parameters)
        if (refusal := graph.refusal_of(answer)) is not None:
            raise self._refused(answer, refusal)
        return graph.listing(answer)

    def _ask(self, path: str, parameters: dict[str, str]) -> Answer:
        """One call. A page too large for Facebook is asked for again at half the size, and the list goes on so."""
        version = self.target.settings.get("graph_version") or GRAPH_VERSION
        while True:
            try:
                return self.http.get_json(f"/{version}/{path}", parameters)
            except _AskedTooMuch as failure:
                half = (count(parameters.get("limit")) or 1) // 2
                if not half:
                    raise Unintelligible(str(failure.args[0])) from None
                parameters["limit"] = str(half)

    def _signed(self, _method: str, url: str, _asked: list[tuple[str, str]]) -> tuple[dict[str, str], dict[str, str]]:
        if self._app_token and url.endswith("/debug_token"):
            return {}, {"Authorization": f"Bearer {self._app_token}"}
        proof = {"appsecret_proof": self._proof} if self._proof else {}
        return proof, {"Authorization": f"Bearer {self._token}"}

    def _refused(self, answer: Answer, refusal: Refusal) -> PlatformError:
        if refusal.dead_login:
            return LoginExpired(f"Facebook no longer accepts the token of {self.target.name}: {refusal.why_dead}.")
        if refusal.lacks_permission:
            return ScopeLost(f"Facebook refuses {answer.url} to {self.target.name} (code {refusal}).")
        return Unintelligible(f"{answer.url} answered HTTP {answer.status} (code {refusal}).")


def _kept_back(years: Counter[str], listed: int, counted: int) -> str | None:
    """Did Facebook leave posts out of a list that it says is at its end?"""
    if any(number >= _A_YEARS_CAP for year, number in years.items() if year):
        return "posts_of_a_year_capped"
    return "posts_withheld" if counted > listed else None
