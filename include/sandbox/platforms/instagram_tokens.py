"""Tokens of Instagram's stand-in, and how Graph says no to one.

A token is `sandbox-instagram-KIND-ACCOUNT` with KIND `ig` (Instagram Login), `user` or `page` (Facebook Login), then as
wanted `-issued-EPOCH` (the second in which it was made) and `-lacks-PERMISSION`.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from sandbox.world import World

FACEBOOK_SCOPES = ("instagram_basic", "instagram_manage_comments", "pages_show_list", "pages_read_engagement")
INSTAGRAM_SCOPES = ("instagram_business_basic", "instagram_business_manage_comments")
LIFE = 60 * 86_400
_TOKEN = re.compile(r"sandbox-instagram-(ig|user|page)-(.+?)(?:-issued-(\d+))?(?:-lacks-(\w+))?")


def token_of(account: str, kind: str = "ig", *, issued: int | None = None, lacks: str = "") -> str:
    """A token of the sandbox. One that does not say when it was made is renewed in place and never too young."""
    made = f"-issued-{issued}" if issued is not None else ""
    return f"sandbox-instagram-{kind}-{account}{made}" + (f"-lacks-{lacks}" if lacks else "")


class GraphError(Exception):
    def __init__(self, status: int, code: int, subcode: int = 0, message: str = "Unsupported request.") -> None:
        super().__init__(message)
        self.status, self.code, self.subcode = status, code, subcode


@dataclass(frozen=True)
class Token:
    """Whose login it is, how and when it was made, and what it may see."""

    text: str
    kind: str
    account: str
    issued: int | None
    scopes: tuple[str, ...]

    @property
    def sees_comments(self) -> bool:
        return any(scope.endswith("_manage_comments") for scope in self.scopes)

    @property
    def is_too_young(self) -> bool:
        return self.issued is not None and time.time() - self.issued < 86_400

    def renewed(self) -> str:
        """What it is renewed to: another token, or for one without a date the same."""
        if self.issued is None:
            return self.text
        lacks = next((scope for scope in INSTAGRAM_SCOPES if scope not in self.scopes), "")
        return token_of(self.account, issued=int(time.time()), lacks=lacks)


def read(text: str, world: World) -> Token:
    """The login behind a token, if it lives. Raises GraphError 190."""
    found = _TOKEN.fullmatch(text)
    if found is None or found[2] not in world.accounts:
        raise GraphError(400, 190, message="Invalid OAuth access token - Cannot parse access token.")
    issued = int(found[3]) if found[3] else None
    too_old = found[1] != "page" and issued is not None and time.time() - issued >= LIFE
    if world.expired.get(found[2]) == "dead" or too_old:
        raise GraphError(400, 190, 463, "Error validating access token: Session has expired.")
    scopes = INSTAGRAM_SCOPES if found[1] == "ig" else FACEBOOK_SCOPES
    return Token(text, found[1], found[2], issued, tuple(scope for scope in scopes if scope != found[4]))
