"""A coverage statement of an invented account over a year, for tests that need no store."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from social_archive.coverage import FORMAT
from social_archive.coverage_claim import claim
from social_archive.note import Checkpoint, Signer, sign_checkpoint

ORIGIN = "larkspur.example/social-records"
SIGNER = Signer(ORIGIN, b"\x05" * 32)
ROOT = bytes(range(32))

BLIND = ("2026-05-10T11:00:00Z", "2026-05-19T15:00:00Z")


def statement(**other: Any) -> dict[str, Any]:
    """Daily looks from March to November, ten days with a dead login, a throttle, a thread shown in part."""
    looks = [_look(datetime(2026, 3, 2, 11, tzinfo=UTC) + timedelta(days=day)) for day in range(260)]
    complete = [look["at"] for look in looks if look["outcome"] == "ok"]
    stated: dict[str, Any] = {
        "format": FORMAT,
        "body": "Larkspur Public Library",
        "account": {"platform": "mastodon", "name": "larkspur", "handle": "larkspur"},
        "period": {"from": "2026-01-01T06:00:00Z", "to": "2026-12-01T06:00:00Z", "time_zone": "America/Chicago"},
        "ledger": {
            "origin": ORIGIN, "entries": 311, "size": 4711, "root": ROOT.hex(), "time": "2026-11-24T15:35:03.432Z",
            "checkpoint": sign_checkpoint(SIGNER, Checkpoint(ORIGIN, 4711, ROOT)), "vkey": SIGNER.vkey,
        },
        "looks": {
            "kept": len(looks), "outcomes": {"ok": len(complete), "paused": len(looks) - len(complete)}, "full": 9,
            "first_complete": complete[0], "last_complete": complete[-1], "longest_interval_seconds": 864_000,
            "times": looks,
        },
        "asked": [
            {"kind": kind, "endpoint": f"https://social.example/api/v1/{path}", "looks": 250, "pages": n,
             "items": 9 * n}
            for kind, path, n in (
                ("item", "statuses/{id}", 71), ("posts", "accounts/{id}/statuses", 900),
                ("profile", "accounts/lookup", 250), ("thread", "statuses/{id}/context", 12_400),
            )
        ],
        "totals": [
            {"name": "comments", "platform": 640, "stored": 637, "at": "2026-11-16T11:00:00Z"},
            {"name": "posts_and_replies", "platform": 311, "stored": 311, "at": "2026-11-16T11:00:00Z"},
        ],
        "records": {
            "created": {"post": {"present": 118, "deleted": 2},
                        "comment": {"present": 611, "hidden": 3, "deleted": 20}},
            "observed": {"post": {"present": 140, "deleted": 2}, "comment": {"present": 655, "deleted": 20}},
        },
        "absent": {"deleted": 22},
        "gaps": [
            {"reason": "login_expired", "from": BLIND[0], "to": BLIND[1], "closed": True, "scope": "account",
             "rid": "00" * 16},
            {"reason": "throttled", "from": "2026-07-09T11:00:00Z", "to": "2026-07-12T11:00:00Z", "closed": True,
             "scope": "account", "rid": "01" * 16},
            {"reason": "thread_limit", "from": "2026-04-12T09:00:00Z", "to": None, "closed": False, "scope": "thread",
             "rid": "02" * 16},
        ],
        "quarantine": {"open": 2},
    }  # fmt: skip
    stated |= other
    stated["claim"] = other.get("claim") or claim(stated, first_look=complete[0])
    return stated


def _look(at: datetime) -> dict[str, str]:
    text = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    return {"at": text, "outcome": "paused" if BLIND[0] <= text < BLIND[1] else "ok"}


def flipped(encoded: str) -> str:
    """Another base64 text of the same length."""
    raw = bytearray(base64.b64decode(encoded))
    raw[-1] ^= 1
    return base64.b64encode(bytes(raw)).decode()
