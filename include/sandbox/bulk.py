"""Volume instead of life: one Mastodon account with as many comments as wanted, served as fast as bytes go out.

`python -m sandbox.bulk --comments 100000 --posts 100 --port N`. Same endpoints as the stand-in, as far as a harvest of
the account `bulk` uses them, and `/bulk/comments?page=1…` (1,000 a page, an empty list after the last) for peers.
Statuses have the stand-in's shape; ids, times, authors and texts differ, and the same numbers give the same bytes.
No limit without a token: `/context` shows the whole thread.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import re
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from sandbox.platforms.base import dumps
from sandbox.platforms.mastodon import VERSION, Mastodon, stamp
from sandbox.world import Account, Item, Person, Revision, World

ACCOUNT: Final = "bulk"
PAGE: Final = 1000
_START: Final = datetime(2025, 1, 1, tzinfo=UTC)
_KEPT: Final = 200_000  # up to this many comments are kept rendered; beyond, each answer is put together when asked for
_WORDS: Final = (  # noqa: SIM905 - two lines instead of forty
    "library book story shelf quiet lamp river seed window bus garden winter duck mural librarian ladder kettle stamp "
    "lovely please thanks again never always open closed late early parking question because reading children notice"
).split()
_HEADERS: Final = (
    "HTTP/1.1 {} Sandbox\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {}\r\n"
    "X-RateLimit-Limit: 1000000\r\nX-RateLimit-Remaining: 999999\r\nX-RateLimit-Reset: 2099-01-01T00:00:00.000000Z\r\n"
)
_BLANKS: Final = ("ID", "WHEN", "PARENT", "ID", "ID", "REPLIES", "BODY")


class Bulk:
    """All answers of one server. Comment `n` of post `p` replies to the post or to an earlier comment, to depth 3."""

    def __init__(self, url: str, comments: int, posts: int) -> None:
        self.url, self.comments, self.posts = url, comments, posts
        self.per_post = -(-comments // posts)
        people = [Person(f"p{n}", f"Invented Person {n}", f"person{n}", "volume.example") for n in range(61)]
        world = World("mastodon", _START.date(), [Account(ACCOUNT, "Bulk", "Volume.", "")], people)
        self.stand_in = Mastodon(world, url)
        self.account_id = self.stand_in.native_account(ACCOUNT)
        self._texts = [_sentence(n) for n in range(499)]
        self._rendered = {n: self._thread(n) for n in range(posts)} if comments <= _KEPT else {}

    # ------------------------------------------------------------------ rendering

    @cached_property
    def _templates(self) -> list[str]:
        """A status of each author as a `%` template; its blanks are `_BLANKS`, in that order."""
        templates = []
        for author in [ACCOUNT, *self.stand_in.world.people]:
            item = Item("x", ACCOUNT, author, _START, [Revision(_START, "@BODY@")])
            entity = {
                **self.stand_in.status_entity(item), "id": "@ID@", "created_at": "@WHEN@", "in_reply_to_id": "@PARENT@",
                "in_reply_to_account_id": None if author == ACCOUNT else self.account_id, "replies_count": "@REPLIES@",
                "uri": f"{self.url}/statuses/@ID@", "url": f"{self.url}/statuses/@ID@",
            }  # fmt: skip
            text = dumps(entity).decode().replace("%", "%%")
            text = text.replace('"@PARENT@"', "@PARENT@").replace('"@REPLIES@"', "@REPLIES@")
            assert tuple(re.findall("@([A-Z]+)@", text)) == _BLANKS
            templates.append(re.sub("@[A-Z]+@", "%s", text))
        return templates

    def _fill(self, author: int, id: str, when: str, parent: str, replies: int, body: str) -> str:
        return self._templates[author] % (id, when, parent, id, id, replies, body)

    def _size(self, post: int) -> int:
        """How many comments stand under a post; the last posts may have fewer."""
        return max(0, min(self.per_post, self.comments - post * self.per_post))

    def post_id(self, post: int) -> str:
        return _snowflake(_START + timedelta(hours=6 * post), post)

    def _post(self, post: int) -> bytes:
        when = _START + timedelta(hours=6 * post)
        top = sum(_parent(n) < 0 for n in range(self._size(post)))
        body = f"Post {post}. {self._texts[post % 499]}"
        return self._fill(0, self.post_id(post), stamp(when), "null", top, body).encode()

    def _thread(self, post: int) -> bytes:
        """All comments of a post, comma between: what `/context` and the flat pages are made of."""
        size = self._size(post)
        start = _START + timedelta(hours=6 * post)
        moments = [start + timedelta(seconds=20 * n + 5) for n in range(size)]
        ids = [_snowflake(moment, n) for n, moment in enumerate(moments)]
        parents = [_parent(n) for n in range(size)]
        replies = [0] * size
        for parent in parents:
            if parent >= 0:
                replies[parent] += 1
        root = self.post_id(post)
        serial = post * self.per_post
        filled = (
            self._fill(
                1 + (serial + n) % 61, ids[n], moments[n].strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                f'"{ids[parents[n]] if parents[n] >= 0 else root}"', replies[n],
                f"{self._texts[(serial + n) % 499]} ({serial + n})",
            )
            for n in range(size)
        )  # fmt: skip
        return ",".join(filled).encode()

    def thread(self, post: int) -> bytes:
        return self._rendered.get(post) or self._thread(post)

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {self.post_id(n): n for n in range(self.posts)}

    # ------------------------------------------------------------------ answering

    def answer(self, target: str) -> tuple[int, bytes, str]:
        """Status, body and extra header lines for a path with its query."""
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query))
        match parts.path.strip("/").split("/"):
            case ["api", "v1", "accounts", "lookup"] if query.get("acct", "").split("@")[0] == ACCOUNT:
                return 200, self._account, ""
            case ["api", "v1", "accounts", id] if id in (self.account_id, "verify_credentials"):
                return 200, self._account, ""
            case ["api", "v1", "accounts", self.account_id, "statuses"]:
                return self._statuses(query)
            case ["api", "v1", "statuses", id, "context"] if id in self._ids:
                return 200, b'{"ancestors":[],"descendants":[' + self.thread(self._ids[id]) + b"]}", ""
            case ["api", "v1", "statuses", id] if id in self._ids:
                return 200, self._post(self._ids[id]), ""
            case ["api", ("v1" | "v2") as version, "instance"]:
                name = "domain" if version == "v2" else "uri"
                return 200, dumps({"version": VERSION, name: urlsplit(self.url).netloc}), ""
            case ["bulk", "comments"]:
                return 200, self._flat(int(query.get("page", "1"))), ""
        return 404, b'{"error":"Record not found"}', ""

    @cached_property
    def _account(self) -> bytes:
        return dumps({**self.stand_in.account_entity(ACCOUNT), "statuses_count": self.posts})

    def _statuses(self, query: dict[str, str]) -> tuple[int, bytes, str]:
        """Posts newest first, 40 a page at most, with the Link header."""
        limit = min(int(query.get("limit", "20")), 40)
        below = int(query["max_id"]) if "max_id" in query else None
        above = int(query.get("min_id") or query.get("since_id") or 0)
        wanted = [n for n in range(self.posts - 1, -1, -1) if above < int(self.post_id(n)) < (below or 1 << 64)][:limit]
        link = ""
        if len(wanted) == limit:
            where = f"{self.url}/api/v1/accounts/{self.account_id}/statuses"
            link = f'Link: <{where}?limit={limit}&max_id={self.post_id(wanted[-1])}>; rel="next"\r\n'
        return 200, b"[" + b",".join(self._post(n) for n in wanted) + b"]", link

    def _flat(self, page: int) -> bytes:
        """Page `page` (from 1) of all comments; a page is one post's thread when those have 1,000 each."""
        if self.per_post == PAGE:
            return b"[" + (self.thread(page - 1) if 1 <= page <= self.posts else b"") + b"]"
        wanted: list[bytes] = []
        for post in range(self.posts):
            first, end = post * self.per_post, post * self.per_post + self._size(post)
            if first < page * PAGE and end > (page - 1) * PAGE and self._size(post):
                rows = self.thread(post).split(b',{"id":')
                rows = [rows[0], *(b'{"id":' + row for row in rows[1:])]
                wanted += rows[max(0, (page - 1) * PAGE - first) : page * PAGE - first]
        return b"[" + b",".join(wanted) + b"]"


def _sentence(n: int) -> str:
    """Between 3 and 47 words that depend on `n` alone."""
    return " ".join(_WORDS[(n * k + k * k) % len(_WORDS)] for k in range(3, 6 + n % 45))


def _parent(n: int) -> int:
    """Index of the comment that comment `n` replies to; -1 for the post. Groups of five, three levels deep."""
    place = n % 5
    return {0: -1, 1: n - 1, 2: n - 1, 3: n - 3, 4: -1}[place]


def _snowflake(moment: datetime, serial: int) -> str:
    return str(int(moment.timestamp() * 1000) << 16 | serial & 0xFFFF)


# --------------------------------------------------------------------------- serving


class _Connection(asyncio.Protocol):
    """HTTP/1.1, keep-alive, GET only: just enough for a client, with nothing between it and the bytes."""

    def __init__(self, bulk: Bulk) -> None:
        self.bulk = bulk
        self.pending = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.pending += data
        while (end := self.pending.find(b"\r\n\r\n")) >= 0:
            request, self.pending = self.pending[:end], self.pending[end + 4 :]
            target = request.split(b" ", 2)[1].decode("ascii", "replace")
            status, body, extra = self.bulk.answer(target)
            self.transport.write(f"{_HEADERS.format(status, len(body))}{extra}\r\n".encode())
            self.transport.write(body)


async def serve(comments: int, posts: int, port: int, ready_file: Path | None) -> None:
    from sandbox.serve import announce, bind

    bound: socket.socket = bind(port)
    url = f"http://127.0.0.1:{bound.getsockname()[1]}"
    bulk = Bulk(url, comments, posts)
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signal_number, stopped.set)
    server = await loop.create_server(lambda: _Connection(bulk), sock=bound)
    announce({"bulk": url}, ready_file)
    await stopped.wait()
    server.close()


@contextlib.contextmanager
def serve_in_background(*, comments: int, posts: int) -> Iterator[str]:
    """The server in a process of its own on a free port; yields its URL."""
    from sandbox.control import awaited

    with tempfile.TemporaryDirectory(prefix="sandbox-bulk-") as folder:
        ready = Path(folder) / "ready.json"
        command = [sys.executable, "-m", "sandbox.bulk", "--comments", str(comments), "--posts", str(posts)]
        with awaited([*command, "--port", "0", "--ready-file", str(ready)], ready, seconds=120) as urls:
            yield urls["bulk"]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m sandbox.bulk", description=__doc__)
    parser.add_argument("--comments", type=int, default=100_000)
    parser.add_argument("--posts", type=int, default=100)
    parser.add_argument("--port", type=int, default=18190, help="0: a free port")
    parser.add_argument("--ready-file", type=Path)
    options = parser.parse_args(arguments)
    asyncio.run(serve(options.comments, options.posts, options.port, options.ready_file))
    return 0


if __name__ == "__main__":
    sys.exit(main())
