"""Meta's Graph API as Instagram speaks it: its errors, its usage headers, its paging, and a client that heeds them.

Sources: "Handling Errors", "Rate Limits" and "Paginated Results" of the Graph API's guides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import msgspec

from social_archive.errors import AccountGone, CursorLoop, LoginExpired, PlatformError, ScopeLost, Unintelligible
from social_archive.platforms import strict_json
from social_archive.platforms.http import Answer, Http
from social_archive.platforms.reading import Drift, count

DEAD_LOGIN: Final = frozenset({102, 190, 467})
REFUSED: Final = frozenset({3, 10, *range(200, 300)})
THROTTLES: Final = frozenset({4, 17, 32, 613, 80001, 80002})
_NO_SUCH_THING: Final = (100, 33)
_RESTRICTED_ACCOUNT: Final = 2207050
_WINDOW: Final = 3600.0  # what a throttle lasts when it does not say: the platform counts by rolling hours
_FULL_PAUSE: Final = 300.0  # when the budget is at 100 % and nothing is said of the end (unverified; a habit)
_FULL: Final = 100
_WHY_DEAD: Final = {
    458: "the app was removed from the account", 459: "the platform wants the owner to log in and confirm something",
    460: "the password was changed", 463: "it has expired", 464: "the account is not confirmed", 467: "it was revoked",
}  # fmt: skip
_SECRET_PARAMETERS: Final = frozenset({"access_token", "appsecret_proof"})


@dataclass(frozen=True)
class Refusal:
    """An error as Graph gives it; its message is left out, because it may quote what was asked. 0: no code given."""

    code: int
    subcode: int = 0

    @property
    def names(self) -> str:
        return f"code {self.code}" + (f", subcode {self.subcode}" if self.subcode else "")

    @property
    def is_dead_login(self) -> bool:
        return self.code in DEAD_LOGIN

    @property
    def is_missing_permission(self) -> bool:
        return self.code in REFUSED

    @property
    def is_throttle(self) -> bool:
        return self.code in THROTTLES

    @property
    def is_no_such_thing(self) -> bool:
        """`does not exist, or may not be seen by this login`: the former only when the login is known to be good."""
        return (self.code, self.subcode) == _NO_SUCH_THING

    @property
    def is_unknown_field(self) -> bool:
        """Asked for fields that this kind of thing does not have."""
        return self.code == 100 and not self.is_no_such_thing

    @property
    def is_account_closed(self) -> bool:
        return self.subcode == _RESTRICTED_ACCOUNT


def refusal_of(answer: Answer) -> Refusal | None:
    """The error in an answer, also in one that says HTTP 200; None if it holds data."""
    if answer.status == 200 and not answer.body.lstrip().startswith(b'{"error"'):
        return None
    try:
        body = answer.json()
    except Unintelligible:
        return None if answer.status == 200 else Refusal(0)
    drift = Drift()
    error = drift.object(drift.object(body).get("error"))
    return Refusal(count(error.get("code")) or 0, count(error.get("error_subcode")) or 0)


# --------------------------------------------------------------------------- how much is left


def throttle_seconds(answer: Answer) -> float | None:
    """How long to wait after this answer if it is a throttle, None if it is none."""
    if answer.status not in (200, 400, 403, 429):
        return None
    refusal = refusal_of(answer)
    if refusal is None or not refusal.is_throttle:
        return None
    return _regain_seconds(answer) or _WINDOW


def hold_seconds(answer: Answer) -> float:
    """How long to send nothing after a good answer, because its headers say that the budget is used up (0: go on)."""
    regain = _regain_seconds(answer)
    if regain:
        return regain
    return _FULL_PAUSE if any(_percent(one) >= _FULL for one in _usages(answer)) else 0.0


def _regain_seconds(answer: Answer) -> float:
    """The longest `estimated_time_to_regain_access` (minutes in the header) in seconds."""
    return max((60.0 * (count(one.get("estimated_time_to_regain_access")) or 0) for one in _usages(answer)), default=0)


def _percent(usage: dict[str, Any]) -> int:
    return max(count(usage.get(name)) or 0 for name in ("call_count", "total_cputime", "total_time"))


def _usages(answer: Answer) -> list[dict[str, Any]]:
    """What X-App-Usage and X-Business-Use-Case-Usage report, one by one; what is no JSON there says nothing."""
    drift = Drift()
    found = [drift.object(_parsed(text)) for text in answer.headers.get_list("x-app-usage")]
    for text in answer.headers.get_list("x-business-use-case-usage"):
        for business in drift.object(_parsed(text)).values():
            found += drift.objects(business)
    return found


def _parsed(text: str) -> Any:
    try:
        return strict_json.load_item(text.encode("utf-8", "replace"))[0]
    except strict_json.BadJson:
        return None


# --------------------------------------------------------------------------- pages of a list


class Paging(msgspec.Struct):
    next: Any = None


class Edge(msgspec.Struct):
    """One page of a list: its items as bytes, and what it says of the next page."""

    data: list[msgspec.Raw] = []
    paging: Paging | None = None

    @property
    def next_query(self) -> dict[str, str] | None:
        """The query of the next page without its token, None at the end. Its address is never followed as it is."""
        link = self.paging.next if self.paging else None
        if not isinstance(link, str) or not link:
            return None
        try:
            query = dict(parse_qsl(urlsplit(link).query))
        except ValueError:
            query = {}
        return {name: value for name, value in query.items() if name not in _SECRET_PARAMETERS}


def edge_of(answer: Answer) -> Edge:
    """The list in an answer. Raises `Unintelligible` for anything else: it is never taken for an empty one."""
    try:
        edge = msgspec.json.decode(answer.json_bytes(), type=Edge)
    except (ValueError, RecursionError):
        return _edge_by_brackets(answer)  # one odd item must not hide where the next page is
    if not edge.data and b'"data"' not in answer.body:
        raise Unintelligible(f"{answer.url} answered JSON without the list that Instagram's API promises.")
    return edge


def _edge_by_brackets(answer: Answer) -> Edge:
    try:
        members = strict_json.members(answer.body)
        natives = [msgspec.Raw(native) for native in strict_json.items(members["data"])]
        paging = strict_json.load_item(members["paging"])[0] if "paging" in members else None
    except (strict_json.BadJson, KeyError):
        raise Unintelligible(f"{answer.url} answered JSON of another shape than Instagram's API promises.") from None
    drift = Drift()
    return Edge(natives, Paging(next=drift.object(paging).get("next")))


# --------------------------------------------------------------------------- asking


def _nothing(refusal: Refusal) -> bool:
    return False


class Graph:
    """Asks Graph on behalf of one account. `version` is the API's (`v26.0`), `who` the account's name for messages."""

    def __init__(self, http: Http, version: str, who: str) -> None:
        self.http, self.version, self.who = http, version, who

    def attempt(self, path: str, query: dict[str, str], *, versioned: bool = True) -> tuple[Answer, Refusal | None]:
        """One answer and the refusal in it. A dead login raises, whatever was asked."""
        answer = self.http.get_json(f"/{self.version}/{path}" if versioned else f"/{path}", query)
        refusal = refusal_of(answer)
        if refusal is not None and refusal.is_dead_login:
            raise self.refused(answer, refusal)
        return answer, refusal

    def ask(self, path: str, query: dict[str, str], *, needs: str = "") -> Answer:
        """One answer that holds data. `needs` is the permission that this is shown for."""
        answer, refusal = self.attempt(path, query)
        if refusal is not None:
            raise self.refused(answer, refusal, needs)
        return answer

    def pages(
        self,
        path: str,
        query: dict[str, str],
        *,
        needs: str = "",
        tolerated: Callable[[Refusal], bool] = _nothing,
        start: dict[str, str] | None = None,
    ) -> Iterator[tuple[Answer, Edge | None]]:
        """The pages of a list, to its end: a page may be empty and yet not the last.

        A refusal that is `tolerated` comes as an answer without a page (None), and ends the list. `start` is the query
        of a page that another answer pointed to.
        """
        given: set[frozenset[tuple[str, str]]] = set()
        more = start or {}
        while True:
            answer, refusal = self.attempt(path, {**more, **query})
            if refusal is not None and tolerated(refusal):
                yield answer, None
                return
            if refusal is not None:
                raise self.refused(answer, refusal, needs)
            edge = edge_of(answer)
            yield answer, edge
            following = edge.next_query
            if following is None:
                return
            place = frozenset((name, value) for name, value in following.items() if name not in query)
            if not place or place in given:
                raise CursorLoop(f"{self.who}: Instagram's paging of {path.rpartition('/')[2]} goes in circles.")
            given.add(place)
            more = following

    def refused(self, answer: Answer, refusal: Refusal, needs: str = "") -> PlatformError:
        """The error that a refusal stands for."""
        if refusal.is_dead_login:
            why = _WHY_DEAD.get(refusal.subcode, refusal.names)
            return LoginExpired(
                f"Instagram no longer accepts the login of {self.who}: {why}.",
                remedy="Log in again, put the new token into the account's connection, and see that `login` in its "
                "settings names the way in which it was made. The harvest resumes by itself and the gap is recorded.",
            )
        if refusal.is_account_closed:
            return AccountGone(f"Instagram says that the account {self.who} is inactive or restricted.")
        if refusal.is_missing_permission:
            wanted = needs or "a permission that it does not name"
            return ScopeLost(
                f"Instagram refuses {answer.url} to {self.who} ({refusal.names}); it is shown with {wanted}.",
                remedy=f"Give consent again, with {wanted}.",
            )
        return Unintelligible(f"{answer.url} answered HTTP {answer.status} ({refusal.names}).")
