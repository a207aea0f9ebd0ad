"""Bluesky as a harvest sees it: AppView, personal data server and identity directory in one.

Views and records follow the lexicons and are parsed by the official client in tests. As on the reference network:
deleting a reply, or deactivating its author, drops it and everything under it from `getPostThread` while ids further
down still answer; replies that a thread gate hides are named in the gate, left out of `getPostThreadV2` and listed by
`getPostThreadOtherV2`; a deactivated author's count stays in `replyCount`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.atproto_data import cid_of_record, did, tid
from sandbox.picture import png
from sandbox.platforms.base import answer, loops, whole
from sandbox.platforms.bluesky_data import GATE, POST, PROFILE, REPOST, BlueskyData, stamp
from sandbox.platforms.bluesky_sessions import Sessions, XrpcError, password_of
from sandbox.world import Item

_REFUSALS = {
    400: ("InvalidRequest", "Invalid request"),
    401: ("AuthMissing", "Authentication Required"),
    403: ("Forbidden", "Forbidden"),
    404: ("MethodNotImplemented", "Method Not Implemented"),
    429: ("RateLimitExceeded", "Rate Limit Exceeded"),
    500: ("InternalServerError", "Internal Server Error"),
    502: ("UpstreamFailure", "Upstream service unreachable"),
    503: ("NotEnoughResources", "Service Unavailable"),
}


class Bluesky(BlueskyData):
    name = "bluesky"
    port = 18101
    limit = (3000, 300)

    @classmethod
    def environment(cls) -> dict[str, str]:
        return {"SANDBOX_BLUESKY_PASSWORD": password_of("larkspur")}

    def routes(self) -> list[BaseRoute]:
        self.sessions = Sessions(self)
        queries: dict[str, Callable[[Request], Response]] = {
            "app.bsky.actor.getProfile": self._get_profile,
            "app.bsky.feed.getAuthorFeed": self._get_author_feed,
            "app.bsky.feed.getPosts": self._get_posts,
            "app.bsky.feed.getPostThread": self._get_post_thread,
            "app.bsky.unspecced.getPostThreadV2": self._get_post_thread_v2,
            "app.bsky.unspecced.getPostThreadOtherV2": self._get_post_thread_other_v2,
            "com.atproto.identity.resolveHandle": self._resolve_handle,
            "com.atproto.repo.describeRepo": self._describe_repo,
            "com.atproto.repo.getRecord": self._get_record,
            "com.atproto.repo.listRecords": self._list_records,
            "com.atproto.sync.getBlob": self._get_blob,
            "com.atproto.sync.getRepoStatus": self._get_repo_status,
            "com.atproto.server.describeServer": self._describe_server,
            "com.atproto.server.getSession": self.sessions.get,
            "_health": lambda _: answer({"version": "sandbox"}),
        }
        return [
            *(self._query(name, handler) for name, handler in queries.items()),
            Route("/xrpc/com.atproto.server.createSession", self.sessions.create, methods=["POST"]),
            Route("/xrpc/com.atproto.server.refreshSession", self.sessions.refresh, methods=["POST"]),
            Route("/img/{preset}/plain/{did}/{cid}", self._image, methods=["GET"]),
            Route("/{did:path}", self._did_document_route, methods=["GET"]),
        ]

    def _query(self, name: str, handler: Callable[[Request], Response]) -> Route:
        async def answered(request: Request) -> Response:
            try:
                self.sessions.check(request)
                return handler(request)
            except XrpcError as refused:
                return refused.answer()

        return Route(f"/xrpc/{name}", answered, methods=["GET"])

    def refusal(self, status: int) -> Response:
        error, message = _REFUSALS.get(status, _REFUSALS[500])
        return answer({"error": error, "message": message}, status)

    def limit_headers(self, limit: int, remaining: int, reset: float, window: int) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(limit), "RateLimit-Remaining": str(remaining), "RateLimit-Reset": str(int(reset)),
            "RateLimit-Policy": f"{limit};w={window}",
        }  # fmt: skip

    # ------------------------------------------------------------------ app.bsky

    def _get_profile(self, request: Request) -> Response:
        return answer(self.profile_detailed(self._actor(request, "Profile not found")))

    def _get_author_feed(self, request: Request) -> Response:
        author = self._actor(request, "Profile not found")
        limit = _limit(request, 50, 100)
        chosen = request.query_params.get("filter", "posts_with_replies")
        items = [i for i in self.world.by(author) if self._passes(i, chosen, author)]
        return self._paged(request, items, limit, "feed", self.feed_view, lambda i: stamp(i.created))

    def _passes(self, item: Item, chosen: str, author: str) -> bool:
        if chosen == "posts_no_replies":
            return item.is_post
        if chosen == "posts_with_media":
            return item.image is not None
        if chosen == "posts_and_author_threads":
            return item.is_post or all(a.author == author for a in self.world.ancestors(item))
        return True

    def _get_posts(self, request: Request) -> Response:
        uris = request.query_params.getlist("uris")
        if not 1 <= len(uris) <= 25:
            raise XrpcError("InvalidRequest", "uris must have between 1 and 25 elements")
        found = (self.find(uri) for uri in uris)
        return answer({"posts": [self.post_view(i) for i in found if i and self.world.alive(i)]})

    def _get_post_thread(self, request: Request) -> Response:
        uri = request.query_params.get("uri", "")
        item = self._post(uri)
        depth = min(int(request.query_params.get("depth", 6)), 1000)
        above = min(int(request.query_params.get("parentHeight", 80)), 1000)
        body: dict[str, Any] = {"thread": self.thread_view(item, depth, above)}
        gate = self.gate_view(self.world.items[item.root])
        return answer({**body, "threadgate": gate} if gate else body)

    def _get_post_thread_v2(self, request: Request) -> Response:
        item = self._post(request.query_params.get("anchor", ""))
        below = min(int(request.query_params.get("below", 6)), 20)
        thread = [self.thread_item(i, -n) for n, i in enumerate(reversed(self.world.ancestors(item)), 1)][::-1]
        thread.append(self.thread_item(item, 0))
        thread += [self.thread_item(i, depth) for i, depth in self.below(item, below) if not i.hidden]
        others = any(i.hidden for i in self.world.descendants(item))
        body: dict[str, Any] = {"hasOtherReplies": others, "thread": thread}
        gate = self.gate_view(self.world.items[item.root])
        return answer({**body, "threadgate": gate} if gate else body)

    def _get_post_thread_other_v2(self, request: Request) -> Response:
        item = self._post(request.query_params.get("anchor", ""))
        hidden = [i for i in self.world.descendants(item) if i.hidden]
        return answer(
            {
                "thread": [
                    {**self.thread_item(i, 1), "$type": "app.bsky.unspecced.getPostThreadOtherV2#threadItem"}
                    for i in hidden
                ]
            }
        )

    # ------------------------------------------------------------------ com.atproto

    def _resolve_handle(self, request: Request) -> Response:
        author = self.author_of(request.query_params.get("handle", ""))
        if author is None or author in self.world.gone:
            raise XrpcError("InvalidRequest", "Unable to resolve handle")
        return answer({"did": did(author)})

    def _describe_repo(self, request: Request) -> Response:
        author = self._repo(request)
        return answer(
            {
                "handle": self.handle(author), "did": did(author), "didDoc": self.did_document(author),
                "collections": [PROFILE, POST, REPOST, GATE], "handleIsCorrect": True,
            }
        )  # fmt: skip

    def _get_record(self, request: Request) -> Response:
        author = self._repo(request)
        collection, rkey = request.query_params.get("collection", ""), request.query_params.get("rkey", "")
        for key, record in self._records(author, collection):
            if key == rkey:
                return answer(record)
        raise XrpcError("RecordNotFound", f"Could not locate record: at://{did(author)}/{collection}/{rkey}")

    def _list_records(self, request: Request) -> Response:
        author = self._repo(request)
        records = list(self._records(author, request.query_params.get("collection", "")))
        if request.query_params.get("reverse") == "true":
            records.reverse()
        limit, cursor = _limit(request, 50, 100), request.query_params.get("cursor")
        if cursor and not loops(request):
            backwards = request.query_params.get("reverse") == "true"
            records = [(k, r) for k, r in records if (k > cursor if backwards else k < cursor)]
        body: dict[str, Any] = {"records": [record for _, record in records[:limit]]}
        if records[:limit]:  # the real server, too, hands out a cursor with the last page
            body["cursor"] = cursor if cursor and loops(request) else records[:limit][-1][0]
        return answer(body)

    def _get_blob(self, request: Request) -> Response:
        author, cid = self._known(request.query_params.get("did", "")), request.query_params.get("cid", "")
        name = self.pictures(author).get(cid) if author not in self.world.gone else None
        if name is None:
            raise XrpcError("InvalidRequest", "Blob not found")
        return Response(png(name), media_type="image/png")

    def _get_repo_status(self, request: Request) -> Response:
        author = self._known(request.query_params.get("did", ""))
        if author in self.world.gone:
            return answer({"did": did(author), "active": False, "status": "deactivated"})
        return answer({"did": did(author), "active": True, "rev": tid(datetime.now(UTC), 0)})

    def _describe_server(self, request: Request) -> Response:
        return answer(
            {
                "did": "did:web:127.0.0.1", "availableUserDomains": [".test"], "inviteCodeRequired": True,
                "links": {"termsOfService": f"{self.url}/terms"}, "contact": {"email": "records@larkspur.example"},
            }
        )  # fmt: skip

    async def _image(self, request: Request) -> Response:
        author = self.author_of(request.path_params["did"])
        name = self.pictures(author).get(request.path_params["cid"].partition("@")[0]) if author else None
        return Response(png(name), media_type="image/png") if name else Response(b"", 404)

    async def _did_document_route(self, request: Request) -> Response:
        """The identity directory's one method."""
        author = self.author_of(request.path_params["did"])
        if author is None or not request.path_params["did"].startswith("did:"):
            raise HTTPException(404)
        return answer(self.did_document(author))

    def did_document(self, author: str) -> dict[str, Any]:
        name = did(author)
        return {
            "@context": ["https://www.w3.org/ns/did/v1"], "id": name, "alsoKnownAs": [f"at://{self.handle(author)}"],
            "verificationMethod": [],
            "service": [{"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": self.url}],
        }  # fmt: skip

    # ------------------------------------------------------------------ looking things up

    def _actor(self, request: Request, missing: str) -> str:
        author = self.author_of(request.query_params.get("actor", ""))
        if author is None:
            raise XrpcError("InvalidRequest", missing)
        if author in self.world.gone:
            raise XrpcError("AccountDeactivated", "Account is deactivated")
        return author

    def _known(self, name: str) -> str:
        author = self.author_of(name)
        if author is None:
            raise XrpcError("RepoNotFound", f"Could not find repo for DID: {name}")
        return author

    def _repo(self, request: Request) -> str:
        name = request.query_params.get("repo", "")
        author = self.author_of(name)
        if author is None or author in self.world.gone:
            raise XrpcError("InvalidRequest", f"Could not find repo: {name}")
        return author

    def _post(self, uri: str) -> Item:
        item = self.find(uri)
        if item is None or not self.world.alive(item) or item.boosts:
            raise XrpcError("NotFound", f"Post not found: {uri}")
        return item

    def _paged(self, request: Request, items: list[Item], limit: int, name: str, view: Callable[[Item], Any],
               mark: Callable[[Item], str]) -> Response:  # fmt: skip
        cursor = request.query_params.get("cursor")
        if cursor and not loops(request):
            items = [i for i in items if mark(i) < cursor]
        page = items[:limit]
        body: dict[str, Any] = {name: [view(i) for i in page]}
        if page and loops(request):
            body["cursor"] = cursor or mark(page[-1])
        elif len(page) == limit:
            body["cursor"] = mark(page[-1])
        return answer(body)

    def _records(self, author: str, collection: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """(rkey, getRecord's answer) of a collection, newest first."""
        if collection == PROFILE:
            record = self.profile_record(author)
            uri = f"at://{did(author)}/{PROFILE}/self"
            yield "self", {"uri": uri, "cid": cid_of_record(record), "value": record}
        if collection == GATE:
            for item in self.world.by(author):
                if item.is_post and (gate := self.gate_view(item)):
                    yield self.rkey(item), {"uri": gate["uri"], "cid": gate["cid"], "value": gate["record"]}
        for item in self.world.by(author):
            if collection == (REPOST if item.boosts else POST):
                value = self.stored_record(item)
                yield self.rkey(item), {"uri": self.native(item), "cid": self.cid(item), "value": value}


def _limit(request: Request, default: int, most: int) -> int:
    given = request.query_params.get("limit")
    if given is not None and (not given.isdigit() or not 1 <= int(given) <= most):
        raise XrpcError("InvalidRequest", f"Error: limit must be an integer between 1 and {most}")
    return whole(given, default, most)
