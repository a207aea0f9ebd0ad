"""Sessions of the Bluesky stand-in: app passwords, two-hour access tokens, refreshing, and all ways to be refused."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import TYPE_CHECKING, Any, Literal

from starlette.requests import Request
from starlette.responses import Response

from sandbox.atproto_data import did
from sandbox.platforms.base import answer

if TYPE_CHECKING:
    from sandbox.platforms.bluesky import Bluesky

_KEY = b"the sandbox signs its tokens with this sentence"
_LIFETIME = {"access": 7200, "refresh": 90 * 86_400}
Use = Literal["access", "refresh"]


def password_of(account: str) -> str:
    """The app password of one of the library's accounts. It opens nothing but the sandbox."""
    return f"sandbox-password-{account}"


class XrpcError(Exception):
    """An error as XRPC words it."""

    def __init__(self, error: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.error, self.message, self.status = error, message, status

    def answer(self) -> Response:
        return answer({"error": self.error, "message": self.message}, self.status)


class Sessions:
    """`com.atproto.server.*Session` over the stand-in's world."""

    def __init__(self, stand_in: Bluesky) -> None:
        self.stand_in, self.world = stand_in, stand_in.world

    def check(self, request: Request) -> str | None:
        """The account that a token belongs to; None without one. Raises XrpcError for a bad or expired token."""
        if "authorization" not in request.headers:
            return None
        return self._verified(request, "access")

    def get(self, request: Request) -> Response:
        account = self.check(request)
        if account is None:
            raise XrpcError("AuthMissing", "Authentication Required", 401)
        return answer(self._described(account))

    async def create(self, request: Request) -> Response:
        try:
            body = json.loads(await request.body())
            identifier, password = body["identifier"], body["password"]
        except (ValueError, KeyError, TypeError):
            return XrpcError("InvalidRequest", "Input must have the properties identifier and password").answer()
        account = self.stand_in.author_of(identifier)
        dead = self.world.expired.get(account or "") == "dead"
        if account not in self.world.accounts or dead or password != password_of(account):
            return XrpcError("AuthenticationRequired", "Invalid identifier or password", 401).answer()
        if account in self.world.gone:
            return XrpcError("AccountTakedown", "Account has been taken down", 401).answer()
        return answer(self._opened(account))

    async def refresh(self, request: Request) -> Response:
        try:
            return answer(self._opened(self._verified(request, "refresh")))
        except XrpcError as refused:
            return refused.answer()

    def _opened(self, account: str) -> dict[str, Any]:
        tokens = {"accessJwt": self._token(account, "access"), "refreshJwt": self._token(account, "refresh")}
        return {**tokens, **self._described(account)}

    def _described(self, account: str) -> dict[str, Any]:
        return {
            "handle": self.stand_in.handle(account), "did": did(account), "didDoc": self.stand_in.did_document(account),
            "email": f"{account}@larkspur.example", "emailConfirmed": True, "emailAuthFactor": False, "active": True,
        }  # fmt: skip

    def _token(self, account: str, use: Use) -> str:
        now = int(time.time())
        claims = {
            "scope": f"com.atproto.{'appPass' if use == 'access' else 'refresh'}", "sub": did(account),
            "aud": "did:web:127.0.0.1", "iat": now, "exp": now + _LIFETIME[use],
            "round": self.world.token_rounds.get(account, 0),
        }  # fmt: skip
        kind = "at+jwt" if use == "access" else "refresh+jwt"
        head = _coded(json.dumps({"typ": kind, "alg": "HS256"}).encode())
        return _signed(f"{head}.{_coded(json.dumps(claims).encode())}")

    def _verified(self, request: Request, use: Use) -> str:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        unsigned = token.rpartition(".")[0]
        if unsigned.count(".") != 1 or not hmac.compare_digest(_signed(unsigned), token):
            raise XrpcError("InvalidToken", "Token could not be verified")
        head, claims = (json.loads(_decoded(part)) for part in unsigned.split("."))
        account = self.stand_in.author_of(claims["sub"])
        if account is None or head["typ"] != ("at+jwt" if use == "access" else "refresh+jwt"):
            raise XrpcError("InvalidToken", "Bad token scope")
        dead = self.world.expired.get(account) == "dead"
        stale = use == "access" and claims["round"] != self.world.token_rounds.get(account, 0)
        if dead or stale or claims["exp"] < time.time():
            raise XrpcError("ExpiredToken", "Token has expired")
        return account


def _coded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _signed(unsigned: str) -> str:
    return f"{unsigned}.{_coded(hmac.digest(_KEY, unsigned.encode(), hashlib.sha256))}"
