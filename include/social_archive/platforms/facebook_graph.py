"""The dialect of the Graph API: how it refuses, how it counts what is left, how it pages. Pure: answers in, facts out.

Sources: Meta's pages on error handling, rate limits and paged results; what only practice shows is marked there.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import httpx
import msgspec

from social_archive.errors import Unintelligible
from social_archive.platforms import strict_json
from social_archive.platforms.http import Answer
from social_archive.platforms.reading import Drift, count

THROTTLES: Final = frozenset({4, 17, 32, 341, 613, *range(80000, 80015)})
"""Error codes that are rate limits, whatever the HTTP status: of the app, the user, the Page, a business use case."""

_NO_SUCH_OBJECT: Final = (100, 33)
_LOGIN: Final = frozenset({102, 190})
_PERMISSION: Final = frozenset({3, 10, *range(200, 300)})
_WHY_DEAD: Final = {
    458: "the app was removed", 459: "Facebook wants the person to log in and confirm something",
    460: "the password was changed", 463: "it has expired", 464: "the person's account is not confirmed",
    467: "it was revoked", 492: "the person has no role on the Page any more",
}  # fmt: skip
_SECRETS: Final = frozenset({"access_token", "appsecret_proof"})
_AN_ERROR: Final = re.compile(rb'\s*\{\s*"error"\s*:')


# --------------------------------------------------------------------------- saying no


@dataclass(frozen=True)
class Refusal:
    """An error object. The message stays out of it: it may quote what was asked for."""

    code: int | None
    subcode: int | None
    too_much: bool = False  # the page that was asked for is too large for Facebook to put together

    @property
    def no_such_object(self) -> bool:
        """Does it say that nothing with this id is there for a login that may see everything of the Page?"""
        return (self.code, self.subcode) == _NO_SUCH_OBJECT

    @property
    def dead_login(self) -> bool:
        return self.code in _LOGIN

    @property
    def lacks_permission(self) -> bool:
        return self.code in _PERMISSION

    @property
    def why_dead(self) -> str:
        return _WHY_DEAD.get(self.subcode or 0, f"code {self}")

    def __str__(self) -> str:
        return f"{self.code if self.code is not None else 'none'}" + (f"/{self.subcode}" if self.subcode else "")


def refusal_of(answer: Answer) -> Refusal | None:
    """The error in an answer; None when it holds what was asked for. Graph also sends errors with HTTP 200."""
    if answer.status == 200 and not _AN_ERROR.match(answer.body):
        return None
    try:
        body = answer.json()
    except Unintelligible:
        return None if answer.status == 200 else Refusal(None, None)
    drift = Drift()
    return refused(drift.object(drift.object(body).get("error")))


def refused(error: dict[str, Any]) -> Refusal:
    """An error object as a refusal (it also stands inside what `debug_token` says of a dead token)."""
    message = error.get("message")
    too_much = error.get("code") == 1 and isinstance(message, str) and "reduce the amount of data" in message
    return Refusal(count(error.get("code")), count(error.get("error_subcode", error.get("subcode"))), too_much)


# --------------------------------------------------------------------------- how much is left


@dataclass(frozen=True)
class Usage:
    """What the usage headers say: the fullest budget in per cent, and seconds until a spent one opens again."""

    percent: float = 0.0
    regain: float = 0.0


def usage_of(headers: httpx.Headers) -> Usage:
    """Reads X-App-Usage (one object) and X-Business-Use-Case-Usage (lists by business or Page id; minutes)."""
    percent = regain = 0.0
    for part in _usages(headers):
        percent = max(percent, *(_number(part, name) for name in ("call_count", "total_cputime", "total_time")))
        regain = max(regain, 60.0 * _number(part, "estimated_time_to_regain_access"))
    return Usage(percent, regain)


def _number(part: dict[str, Any], name: str) -> float:
    value = part.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def _usages(headers: httpx.Headers) -> list[dict[str, Any]]:
    drift, found = Drift(), []
    for text in headers.get_list("x-app-usage"):
        found.append(drift.object(_loaded(text)))
    for text in headers.get_list("x-business-use-case-usage"):
        for parts in drift.object(_loaded(text)).values():
            found += list(drift.objects(parts))
    return found


def _loaded(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return None


# --------------------------------------------------------------------------- pages


class Listing(msgspec.Struct):
    """The envelope of a list. `data` are the items as they stand; None when there is no list at all."""

    data: list[msgspec.Raw] | None = None
    paging: dict[str, Any] = {}
    summary: dict[str, Any] = {}

    @property
    def total(self) -> int | None:
        """How many there are by Facebook's count."""
        return count(self.summary.get("total_count"))


_listing: Final = msgspec.json.Decoder(Listing).decode


def listing(answer: Answer) -> Listing:
    """The list in an answer. Raises `Unintelligible` when it holds none."""
    try:
        found = _listing(answer.json_bytes())
    except (ValueError, RecursionError):
        found = _by_brackets(answer)
    if found.data is None:
        raise Unintelligible(f"{answer.url} answered JSON of another shape than a list of the Graph API.")
    return found


def _by_brackets(answer: Answer) -> Listing:
    """One odd item must not hide where the next page is."""
    try:
        members = strict_json.members(answer.body)
        data = [msgspec.Raw(native) for native in strict_json.items(members["data"])]
        paging, summary = (strict_json.load_item(members.get(name, b"{}"))[0] for name in ("paging", "summary"))
    except (strict_json.BadJson, KeyError):
        return Listing()
    drift = Drift()
    return Listing(data, drift.object(paging), drift.object(summary))


def next_page(found: Listing) -> dict[str, str] | None:
    """The parameters of the next page, None after the last. A page may be empty and still have one.

    They are read out of the address in `paging.next`, since lists page by cursor, by time or by offset; the address
    itself is not followed: it holds the token, and nobody but us decides which host gets that.
    """
    address = found.paging.get("next")
    if not isinstance(address, str) or not address:
        return None
    return {name: value for name, value in parse_qsl(urlsplit(address).query) if name not in _SECRETS}


def proof_of(token: str, app_secret: str) -> str:
    """`appsecret_proof`: shows that whoever holds the token also knows the app's secret."""
    return hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
