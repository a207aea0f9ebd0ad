"""A scripted Graph API for one invented Page: what it answers is written in the test, down to headers and bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from social_archive.platforms.base import Target
from social_archive.platforms.facebook import Facebook
from social_archive.platforms.http import Http
from tests.social_archive.platforms.answering import Asked, Clock, Reply, Server, json_reply

PAGE = "100000000000001"
POST = f"{PAGE}_200000000000002"
COMMENT = "200000000000002_300000000000003"
TOKEN, SECRET = "CANARY-facebook-token", "CANARY-facebook-secret"
SCOPES = ["pages_show_list", "pages_read_engagement", "pages_read_user_content"]
GOOD = {"type": "PAGE", "is_valid": True, "profile_id": PAGE, "scopes": SCOPES, "expires_at": 0}
THE_PAGE = {"id": PAGE, "name": "Larkspur Public Library", "username": "larkspur", "about": "Invented."}
EMPTY = json_reply({"data": []})

Routes = Mapping[str, Reply | Callable[[Asked], Reply]]


def refusal(code: int, subcode: int | None = None, *, status: int = 400, message: str = "", **headers: str) -> Reply:
    error = {"message": message or f"(#{code}) invented", "type": "OAuthException", "code": code}
    return json_reply({"error": error | ({"error_subcode": subcode} if subcode else {})}, status=status, **headers)


NO_SUCH = refusal(100, 33)


def inspected(**more: Any) -> Reply:
    """What `debug_token` says of the token."""
    return json_reply({"data": {**GOOD, **more}})


def listed(*items: Any, after: str = "", total: int | None = None) -> Reply:
    """A page of a list; with `after` it has a next one."""
    body: dict[str, Any] = {"data": list(items)}
    if after:
        body["paging"] = {"next": f"https://elsewhere.example/v26.0/1/x?access_token={TOKEN}&after={after}&limit=100"}
    if total is not None:
        body["summary"] = {"total_count": total}
    return json_reply(body)


def routed(routes: Routes) -> Callable[[Asked], Reply]:
    """A server from paths (without version) to replies; the Page is in order unless a test says otherwise."""
    known: dict[str, Any] = {
        "/debug_token": inspected(), f"/{PAGE}": json_reply(THE_PAGE), f"/{PAGE}/blocked": EMPTY,
        f"/{PAGE}/published_posts": EMPTY, f"/{PAGE}/visitor_posts": EMPTY, **routes,
    }  # fmt: skip

    def answer(asked: Asked) -> Reply:
        reply = known.get(asked.path.removeprefix("/v26.0"), NO_SUCH)
        return reply if isinstance(reply, Reply) else reply(asked)

    return answer


def in_turn(*replies: Reply) -> Callable[[Asked], Reply]:
    """These replies one after the other, the last one for ever."""
    script = list(replies)
    return lambda _: script.pop(0) if len(script) > 1 else script[0]


def adapter(
    at: Server | None, *, token: str = TOKEN, secret: str = SECRET, handle: str = "larkspur", **settings: Any
) -> Facebook:
    own = {"server": at.url, "insecure_local": True} if at else {}
    named = {"app_id": "4711"} if secret else {}
    secrets = {name: value for name, value in (("token", token), ("app_secret", secret)) if value}
    target = Target("main", handle, {**own, **named, **settings}, secrets)
    clock = Clock()
    http = Http(base_url=Facebook.base_url(target), pace=Facebook.pace, secrets=tuple(secrets.values()),
                clock=clock.monotonic, sleep=clock.sleep, wall=clock.wall)  # fmt: skip
    return Facebook(target, http)


def post(native_id: str = POST, **more: Any) -> dict[str, Any]:
    return {
        "id": native_id, "message": "Beans are in. (invented)", "from": {"id": PAGE, "name": "Larkspur Public Library"},
        "created_time": "2026-05-01T10:00:00+0000", "updated_time": "2026-05-01T10:00:00+0000", **more,
    }  # fmt: skip


def comment(native_id: Any = COMMENT, **more: Any) -> dict[str, Any]:
    return {
        "id": native_id, "message": "At last! (invented)", "from": {"id": "4000000000000004", "name": "Mara Invented"},
        "created_time": "2026-05-01T11:00:00+0000", "is_hidden": False, "is_private": False, "like_count": 1, **more,
    }  # fmt: skip
