"""The two ways into an Instagram account: by Facebook, through a Page that is linked with it, or by Instagram itself.

A login proves what it may see before any empty list is believed. What the platform does not say of a token (Instagram
Login names its permissions only when the token is renewed) stays unproved, and `granted` is None.
"""

from __future__ import annotations

import abc
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import Any, ClassVar, Final

from social_archive.errors import AccountGone, ConfigError, LoginExpired, ScopeLost, Unintelligible
from social_archive.platforms import oauth
from social_archive.platforms.base import Problem, Scope, Target
from social_archive.platforms.http import REMOVED, Answer
from social_archive.platforms.instagram_graph import Graph
from social_archive.platforms.reading import Drift, exact_id, load_object
from social_archive.record import Unreadable, micros

_DAY: Final = 86_400_000_000
_TOKEN_LIFE: Final = 60 * _DAY
_ACCOUNT_FIELDS: Final = "username,name,biography,website,profile_picture_url,media_count,followers_count,follows_count"


class Login(abc.ABC):
    """One way in. `granted` are the permissions that the platform has named for this token, None if it named none."""

    home: ClassVar[str]
    scopes: ClassVar[tuple[Scope, ...]]
    comments_scope: ClassVar[str]

    def __init__(self, target: Target, graph: Graph) -> None:
        self.target, self.graph = target, graph
        self.granted: frozenset[str] | None = None

    @abc.abstractmethod
    def prove(self) -> None:
        """Learn what the token may see, and renew it where that is possible."""

    @abc.abstractmethod
    def account(self) -> tuple[Answer, dict[str, Any], str]:
        """The account: the answer that holds it, its JSON, its id. Raises `AccountGone`, `ScopeLost`."""

    @abc.abstractmethod
    def warnings(self) -> list[Problem]:
        """What is going to die soon."""

    def missing(self) -> list[Scope]:
        return oauth.missing_scopes(self.scopes, self.granted)

    def _gone(self) -> AccountGone:
        return AccountGone(f"Instagram no longer knows the account {self.target.name}.")

    def _is_named(self, username: Any, *ids: Any) -> bool:
        """Is this the account that accounts.yaml means, by its @name or its id?"""
        handle = self.target.handle.lstrip("@").lower()
        return handle in (str(username).lower(), *(exact_id(one) for one in ids))


class FacebookLogin(Login):
    """graph.facebook.com, with the token of a Facebook user or of the Page that the account is linked with."""

    home = "https://graph.facebook.com"
    comments_scope = "instagram_manage_comments"
    scopes = (
        Scope("instagram_basic", "Facebook Login: the account and its posts; without it nothing is shown."),
        Scope("instagram_manage_comments", "Facebook Login: comments; without it every post seems to have none."),
        Scope("pages_show_list", "Facebook Login: the Page through which the account is found."),
        Scope("pages_read_engagement", "Facebook Login: what is shown through that Page."),
    )

    def __init__(self, target: Target, graph: Graph) -> None:
        super().__init__(target, graph)
        self._type = ""
        self._ends: dict[str, int] = {}

    def prove(self) -> None:
        answer, refusal = self.graph.attempt("debug_token", {"input_token": self.target.secrets["token"]})
        if refusal is not None:  # only a developer of the app may ask this; anybody may ask for the list of permissions
            self._prove_by_list()
            return
        drift = Drift()
        told = drift.object(drift.object(answer.json()).get("data"))
        if told.get("is_valid") is not True:
            raise LoginExpired(f"Facebook says that the token of {self.target.name} is not valid.")
        self._type = drift.text(told.get("type")) or ""
        if self._type == "APP":
            raise ScopeLost(
                f"The token of {self.target.name} is that of an app, which sees nobody's account.",
                remedy="Put the token of a user or of the linked Page into the account's connection.",
            )
        self.granted = frozenset(one for one in drift.array(told.get("scopes")) if isinstance(one, str))
        for what, name in (("token", "expires_at"), ("app's access to the data", "data_access_expires_at")):
            moment = drift.epoch(told.get(name))
            if moment:  # 0: never
                self._ends[what] = moment

    def _prove_by_list(self) -> None:
        answer, refusal = self.graph.attempt("me/permissions", {})
        if refusal is None:
            drift = Drift()
            listed = drift.objects(drift.object(answer.json()).get("data"))
            self.granted = frozenset(str(one.get("permission")) for one in listed if one.get("status") == "granted")

    def account(self) -> tuple[Answer, dict[str, Any], str]:
        handle = self.target.handle.lstrip("@")
        account_id = handle if handle.isdigit() else self._found()
        answer, refusal = self.graph.attempt(account_id, {"fields": f"id,{_ACCOUNT_FIELDS}"})
        if refusal is not None:
            sure = refusal.is_no_such_thing and self.granted is not None
            raise self._gone() if sure else self.graph.refused(answer, refusal, "instagram_basic")
        return answer, _object(answer), account_id

    def _found(self) -> str:
        """The id of the account that is linked with one of the login's Pages."""
        for page in self._pages():
            linked = page.get("instagram_business_account")
            if isinstance(linked, dict) and self._is_named(linked.get("username"), linked.get("id")):
                found = exact_id(linked.get("id"))
                if found is not None:
                    return found
        raise ScopeLost(
            f"No Facebook Page of the login of {self.target.name} is linked with the Instagram account of its handle.",
            remedy="Link the account with the Page (Page settings, Linked accounts), let the login be one that manages "
            "this Page, or correct `handle` in accounts.yaml.",
        )

    def _pages(self) -> Iterator[dict[str, Any]]:
        fields = {"fields": "id,instagram_business_account{id,username}"}
        if self._type == "PAGE":
            yield _object(self.graph.ask("me", fields, needs="pages_read_engagement"))
            return
        for _, edge in self.graph.pages("me/accounts", {**fields, "limit": "100"}, needs="pages_show_list"):
            for native in edge.data if edge else ():
                page = load_object(bytes(native))
                if not isinstance(page, Unreadable):
                    yield page[0]

    def warnings(self) -> list[Problem]:
        remedy = "Log in again as a person who manages the Page and put the new token into the account's connection."
        return [
            problem
            for what, moment in self._ends.items()
            for problem in oauth.dies_soon(self.target.name, what, moment, remedy)
        ]


class InstagramLogin(Login):
    """graph.instagram.com, with the token of the account itself. It lives for 60 days and can be renewed after one."""

    home = "https://graph.instagram.com"
    comments_scope = "instagram_business_manage_comments"
    scopes = (
        Scope("instagram_business_basic", "Instagram Login: the account and its posts; without it nothing is shown."),
        Scope("instagram_business_manage_comments", "Instagram Login: comments; without it posts seem to have none."),
    )

    def __init__(self, target: Target, graph: Graph) -> None:
        super().__init__(target, graph)
        self._expires_at = self._by_setting()
        self._unkept = False

    def _by_setting(self) -> int | None:
        """When the token dies, by the day on which it was made (`token_issued`), if that was written down."""
        written = self.target.settings.get("token_issued")
        if written is None:
            return None
        try:
            day = written if isinstance(written, date) else date.fromisoformat(str(written))
        except ValueError:
            raise ConfigError(
                f"`token_issued` of the account {self.target.name} is no day.", remedy="Write it like 2026-05-31."
            ) from None
        return micros(datetime.combine(day, time.min, tzinfo=UTC)) + _TOKEN_LIFE

    def prove(self) -> None:
        """Renew the token. Instagram refuses that within a day of the last time; `account` tells whether it is dead."""
        try:
            query = {"grant_type": "ig_refresh_token"}
            answer, refusal = self.graph.attempt("refresh_access_token", query, versioned=False)
        except LoginExpired:
            return
        if refusal is not None:
            return
        told = _object(answer)
        grant = oauth.granted(self.graph.http, {**told, "scope": told.get("permissions")})
        self.granted = grant.scopes
        if grant.access_token == REMOVED:  # the same token as before, with a new end
            self._expires_at = grant.expires_at
            return
        authorize(self.graph, grant.access_token)
        if self.target.keep("token", grant.access_token):
            self._expires_at = grant.expires_at
        else:
            self._unkept = True

    def account(self) -> tuple[Answer, dict[str, Any], str]:
        answer, refusal = self.graph.attempt("me", {"fields": f"id,user_id,account_type,{_ACCOUNT_FIELDS}"})
        if refusal is not None:
            needs = "instagram_business_basic"
            raise self._gone() if refusal.is_no_such_thing else self.graph.refused(answer, refusal, needs)
        account = _object(answer)
        account_id = exact_id(account.get("user_id"))  # `id` is scoped to the app, and lists nothing
        if account_id is None:
            raise Unintelligible(f"{answer.url} answered an account without its user_id.")
        if not self._is_named(account.get("username"), account_id):
            raise ScopeLost(
                f"The login of {self.target.name} belongs to another account than its handle names.",
                remedy="Log in as this very account, or correct `handle` in accounts.yaml.",
            )
        return answer, account, account_id

    def warnings(self) -> list[Problem]:
        remedy = "Log in again and put the new token into the account's connection, where it can be renewed by itself."
        if self._unkept and self._expires_at is None:
            return [Problem(
                f"The token of {self.target.name} dies within 60 days; what Instagram gave in its place cannot be "
                "stored where it came from, and nobody knows which day that is.",
                "Keep the token in an Airflow connection, or write the day on which it was made into the account's "
                "settings (`token_issued`) to be warned in time.",
            )]  # fmt: skip
        return oauth.dies_soon(self.target.name, "token", self._expires_at, remedy)


LOGINS: Final[dict[str, type[Login]]] = {"facebook": FacebookLogin, "instagram": InstagramLogin}


def chosen(target: Target) -> type[Login]:
    """The way in that the account's settings name; `instagram` unless they say otherwise."""
    name = str(target.settings.get("login") or "instagram")
    if name not in LOGINS:
        raise ConfigError(
            f"The account {target.name} names a login that Instagram does not have.",
            remedy="Write `login: facebook` or `login: instagram` into its settings.",
        )
    return LOGINS[name]


def authorize(graph: Graph, token: str) -> None:
    """Send this token with every request from now on. Graph takes it in the query."""
    graph.http.hide(token)
    graph.http.authorize_by(lambda method, url, parameters: ({"access_token": token}, {}))


def _object(answer: Answer) -> dict[str, Any]:
    body = answer.json()
    if not isinstance(body, dict):
        raise Unintelligible(f"{answer.url} answered something that is no object.")
    return body
