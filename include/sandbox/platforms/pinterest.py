"""Pinterest's API v5 as far as a harvest sees it, held to the vendor's own generated client by tests.

Posts of the world are pins, spread over three boards, one of them secret. As on the real API: there is no endpoint for
comments, only their number in a pin's metrics; a pin on a secret board is shown to a token with the scope for it; times
have no zone; a refresh token of the newer kind is followed by another at each use, one of the older kind is not.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.picture import png
from sandbox.platforms.base import SPOILINGS, StandIn, answer, form_of, loops, spoiled, whole
from sandbox.platforms.youtube import titled
from sandbox.world import Account, Item

CLIENT_ID = "1480000"
CLIENT_SECRET = "sandbox-pinterest-client-secret"
SCOPES = ("user_accounts:read", "boards:read", "boards:read_secret", "pins:read", "pins:read_secret")
PAGE = 25  # what is given to those who name no size; who names one gets at most 250
_BOARDS = (("News", "PUBLIC"), ("Collections", "PUBLIC"), ("Drafts", "SECRET"))
_CODES = {401: (2, "Authentication failed."), 403: (29, "You are not permitted to access that resource."),
          404: (50, "Pin not found."), 429: (8, "You have exceeded your rate limit. Try again later."),
          500: (12, "Something went wrong on our end. Sorry about that.")}  # fmt: skip


def refresh_token_of(account: str) -> str:
    return f"sandbox-pinterest-refresh-{account}"


def continuous_refresh_token_of(account: str) -> str:
    """Of the newer kind: each use gives another one, and this one still works."""
    return f"sandbox-pinterest-continuous-refresh-{account}"


def narrow_refresh_token_of(account: str) -> str:
    """Of a consent without the secret boards."""
    return f"sandbox-pinterest-narrow-refresh-{account}"


def tiny_refresh_token_of(account: str) -> str:
    """Of a consent without pins."""
    return f"sandbox-pinterest-tiny-refresh-{account}"


class PinterestError(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class Pinterest(StandIn):
    name = "pinterest"
    port = 18110
    limit = (6000, 60)
    malformations = SPOILINGS

    @classmethod
    def environment(cls) -> dict[str, str]:
        return {
            "SANDBOX_PINTEREST_REFRESH_TOKEN": refresh_token_of("larkspur"),
            "SANDBOX_PINTEREST_CLIENT_SECRET": CLIENT_SECRET,
        }

    def routes(self) -> list[BaseRoute]:
        gets: dict[str, Callable[[Request, str, frozenset[str]], Response]] = {
            "/v5/user_account": self._user_account, "/v5/boards": self._boards, "/v5/pins": self._pins,
            "/v5/pins/{pin}": self._pin,
        }  # fmt: skip
        return [
            *(Route(path, self._guarded(handler), methods=["GET"]) for path, handler in gets.items()),
            Route("/v5/oauth/token", self._token, methods=["POST"]),
            Route("/pictures/{name:path}", self._picture, methods=["GET"]),
        ]

    # ------------------------------------------------------------------ names

    def native(self, item: Item) -> str:
        """Eighteen digits: beyond what a float holds."""
        return _digits(item.key, 18)

    def native_account(self, author: str) -> str:
        return _digits(f"account {author}", 18)

    def shows(self, item: Item) -> bool:
        return item.is_post and not item.boosts

    def truth_of(self, item: Item) -> dict[str, Any]:
        """Pinterest hides no pin and holds none back."""
        return {"parent": None, "root": self.native(item), "state": "deleted" if item.deleted else "present"}

    def _board_of(self, item: Item) -> int:
        """The board that a pin is on; a hidden one is on the secret board."""
        return 2 if item.hidden else len(item.text) % 2

    # ------------------------------------------------------------------ who asks

    async def _token(self, request: Request) -> Response:
        form = await form_of(request)
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        given = form.get("refresh_token", "")
        for account in self.world.accounts:
            for kind, scopes in self._consents(account).items():
                if given.removesuffix("-renewed") == kind and self.world.expired.get(account) != "dead":
                    if request.headers.get("authorization") != f"Basic {basic}":
                        return self._error(401)
                    return answer(self._grant(account, kind, scopes))
        return self._error(401)

    def _grant(self, account: str, kind: str, scopes: tuple[str, ...]) -> dict[str, Any]:
        told = {
            "access_token": self._access_token(account, kind), "token_type": "bearer", "expires_in": 2_592_000,
            "scope": " ".join(scopes),
        }  # fmt: skip
        if kind != continuous_refresh_token_of(account):
            return {**told, "response_type": "refresh"}
        return {
            **told, "response_type": "everlasting_refresh", "refresh_token": f"{kind}-renewed",
            "refresh_token_expires_in": 5_184_000,
            "refresh_token_expires_at": int(datetime.now(UTC).timestamp()) + 5_184_000,
        }  # fmt: skip

    def _consents(self, account: str) -> dict[str, tuple[str, ...]]:
        return {
            refresh_token_of(account): SCOPES,
            continuous_refresh_token_of(account): SCOPES,
            narrow_refresh_token_of(account): tuple(s for s in SCOPES if not s.endswith("secret")),
            tiny_refresh_token_of(account): ("user_accounts:read", "boards:read"),
        }

    def _access_token(self, account: str, refresh_token: str) -> str:
        seed = f"{refresh_token} {self.world.token_rounds.get(account, 0)}"
        return f"sandbox-pinterest-access-{hashlib.sha256(seed.encode()).hexdigest()[:20]}"

    def _guarded(self, endpoint: Callable[[Request, str, frozenset[str]], Response]) -> Callable[[Request], Any]:
        async def guarded(request: Request) -> Response:
            token = request.headers.get("authorization", "").removeprefix("Bearer ")
            for account in self.world.accounts:
                for kind, scopes in self._consents(account).items():
                    if token == self._access_token(account, kind):
                        try:
                            return endpoint(request, account, frozenset(scopes))
                        except PinterestError as problem:
                            return self._error(problem.status)
            return self._error(401)

        return guarded

    # ------------------------------------------------------------------ endpoints

    def _user_account(self, request: Request, caller: str, scopes: frozenset[str]) -> Response:
        account = self.world.accounts[caller]
        return answer(
            {
                "account_type": "BUSINESS", "id": self.native_account(caller),
                "profile_image": f"{self.url}/pictures/avatar-{caller}.png", "website_url": "https://larkspur.example",
                "username": caller, "about": account.bio, "business_name": account.name, "board_count": len(_BOARDS),
                "pin_count": len(self._shown(caller, scopes)), "follower_count": 312, "following_count": 4,
                "monthly_views": 4711,
            }
        )  # fmt: skip

    def _boards(self, request: Request, caller: str, scopes: frozenset[str]) -> Response:
        if "boards:read" not in scopes:
            raise PinterestError(403)
        shown = [n for n, (_, privacy) in enumerate(_BOARDS) if privacy != "SECRET" or "boards:read_secret" in scopes]
        return self._list(request, [self._board(self.world.accounts[caller], n) for n in shown])

    def _pins(self, request: Request, caller: str, scopes: frozenset[str]) -> Response:
        if "pins:read" not in scopes:
            raise PinterestError(403)
        return self._list(request, [self._told(pin, request) for pin in self._shown(caller, scopes)])

    def _pin(self, request: Request, caller: str, scopes: frozenset[str]) -> Response:
        item = self.find(request.path_params["pin"])
        if "pins:read" not in scopes:
            raise PinterestError(403)
        if item is None or item not in self._shown(caller, scopes):
            raise PinterestError(404)
        return answer(self._told(item, request))

    def _shown(self, account: str, scopes: frozenset[str]) -> list[Item]:
        mine = [i for i in self.world.by(account) if self.shows(i)]
        return [i for i in mine if self._board_of(i) != 2 or "pins:read_secret" in scopes]

    def _list(self, request: Request, items: list[dict[str, Any]]) -> Response:
        """One page of a list, with the bookmark of the next."""
        size = whole(request.query_params.get("page_size"), PAGE, 250)
        bookmark = request.query_params.get("bookmark", "")
        start = int(bookmark.removeprefix("Y2JV")) if bookmark.removeprefix("Y2JV").isdigit() else 0
        following = f"Y2JV{start + size}" if start + size < len(items) else None
        return answer({"items": items[start : start + size], "bookmark": "Y2JV0" if loops(request) else following})

    def _board(self, account: Account, number: int) -> dict[str, Any]:
        name, privacy = _BOARDS[number]
        on_it = [i for i in self.world.by(account.key) if self.shows(i) and self._board_of(i) == number]
        return {
            "id": _digits(f"board {account.key} {number}", 18), "created_at": "2014-05-06T07:08:09",
            "board_pins_modified_at": "2026-01-02T03:04:05", "name": name,
            "description": f"{name} of an invented library.", "collaborator_count": 0, "pin_count": len(on_it),
            "follower_count": 17, "media": {"image_cover_url": None, "pin_thumbnail_urls": []},
            "owner": {"username": account.key}, "privacy": privacy,
        }  # fmt: skip

    def _told(self, item: Item, request: Request) -> dict[str, Any]:
        title, description = titled(item.text)
        url = f"{self.url}/pictures/{{size}}/{item.key.replace('/', '-')}.png"
        sizes = {"150x150": (150, 150), "400x300": (400, 300), "600x": (600, 400), "1200x": (1200, 800)}
        pin: dict[str, Any] = {
            "id": self.native(item), "created_at": f"{item.created.astimezone(UTC):%Y-%m-%dT%H:%M:%S}",
            "link": "https://larkspur.example/news", "title": title, "description": description,
            "dominant_color": "#6E7874", "alt_text": item.image, "creative_type": "REGULAR",
            "board_id": _digits(f"board {item.author} {self._board_of(item)}", 18), "board_section_id": None,
            "board_owner": {"username": item.author}, "is_owner": True,
            "media": {
                "media_type": "image",
                "images": {
                    size: {"width": width, "height": height, "url": url.format(size=size)}
                    for size, (width, height) in sizes.items()
                },
            },
            "parent_pin_id": None, "is_standard": True, "has_been_promoted": False, "note": None, "pin_metrics": None,
        }  # fmt: skip
        if request.query_params.get("pin_metrics") == "true":
            told = [i for i in self.world.descendants(item) if not i.deleted]
            pin["pin_metrics"] = {
                "90d": {"pin_click": item.likes, "impression": item.likes * 31, "clickthrough": 3},
                "lifetime_metrics": {
                    "pin_click": item.likes * 2, "impression": item.likes * 62, "clickthrough": 6,
                    "reaction": item.likes, "comment": len(told),
                },
            }  # fmt: skip
        return spoiled(pin, item.malformed, id="id", time="created_at", text="description")

    async def _picture(self, request: Request) -> Response:
        return Response(png(request.path_params["name"]), media_type="image/png")

    # ------------------------------------------------------------------ saying no

    def refusal(self, status: int) -> Response:
        return self._error(status)

    def _error(self, status: int) -> Response:
        code, message = _CODES.get(status, _CODES[500])
        return answer({"code": code, "message": message}, status)

    def limit_headers(self, limit: int, remaining: int, reset: float, window: int) -> dict[str, str]:
        left = max(0, round(reset - datetime.now(UTC).timestamp()))
        return {
            "X-RateLimit-Limit": f"{limit}, {limit};w={window}", "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": str(left),
        }  # fmt: skip


def _digits(text: str, length: int) -> str:
    """Digits that depend on `text` alone, the first of them not 0."""
    least = 10 ** (length - 1)
    return str(least + int(hashlib.sha256(f"pinterest/{text}".encode()).hexdigest(), 16) % (9 * least))
