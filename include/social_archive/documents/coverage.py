"""The coverage statement as one page: what is claimed, a picture of the period, the figures, how to check it."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from social_archive.coverage import ABSENT
from social_archive.coverage_claim import in_words, span
from social_archive.documents.timeline import timeline
from social_archive.documents.typesetting import pages, pdf

Statement = dict[str, Any]

TEMPLATE: Final = "coverage.typ"

_SIZES: Final = ((9.5, 5), (8.5, 4), (7.5, 3), (6.5, 2))
"""Points of the text and rows of the long tables, from comfortable to crowded: the first that fits is taken."""

_KINDS: Final = ("post", "comment", "reply", "story", "profile", "setting")
_TOTALS: Final = {
    "posts": "posts", "posts_and_replies": "posts and own replies", "comments": "direct comments",
    "comments_and_replies": "comments and replies",
}  # fmt: skip


def page(statement: Statement, encoded: bytes) -> bytes:
    """The page of a statement whose file is `encoded`, as PDF. Dated by the ledger's last entry, so it repeats."""
    at = datetime.fromisoformat(statement["ledger"]["time"])
    sha256 = hashlib.sha256(encoded).hexdigest()
    sizes = (content(statement, sha256, size, rows) for size, rows in _SIZES)
    shown = next((data for data in sizes if pages(TEMPLATE, data) == 1), content(statement, sha256, *_SIZES[-1]))
    return pdf(TEMPLATE, shown, at=at)


def content(s: Statement, sha256: str, size: float = 9.5, rows: int = 5) -> dict[str, Any]:
    """What stands on the page, in the words in which it stands there; `rows` of the tables that may be long."""
    account, zone = s["account"], ZoneInfo(s["period"]["time_zone"])
    return {
        "size": size,
        "title": f"Coverage of {account['platform']}/{account['name']}",
        "body": s["body"],
        "account": f"{account['platform']}/{account['name']}",
        "handle": account["handle"],
        "period": f"{_day(s['period']['from'], zone)} to {_day(s['period']['to'], zone)}",
        "zone": s["period"]["time_zone"],
        "can": s["claim"]["can"],
        "cannot": s["claim"]["cannot"],
        "figures": _figures(s),
        "picture": timeline(s),
        "records": _records(s),
        "totals": _totals(s, zone),
        "absent": [[state.replace("_", " "), _n(count)] for state, count in s["absent"].items()],
        "gaps": _gaps(s, zone, rows),
        "asked": _asked(s, rows),
        "ledger": _ledger(s, zone),
        "sha256": sha256,
    }


def _figures(s: Statement) -> list[list[str]]:
    posted = sum(sum(states.values()) for states in s["records"]["created"].values())
    longest = s["looks"]["longest_interval_seconds"]
    return [
        [_n(s["looks"]["kept"]), "looks on record"],
        ["–" if longest is None else span(longest), "longest time between two complete looks"],
        [_n(posted), "records of the period"],
        [_n(sum(s["absent"].values())), "seen before, absent now"],
        [_n(s["quarantine"]["open"]), "items in quarantine"],
    ]


def _records(s: Statement) -> list[list[str]]:
    """Kind, of the period, present, hidden or held, absent, versions seen."""
    created, observed = s["records"]["created"], s["records"]["observed"]
    rows = []
    for kind in (k for k in _KINDS if k in created or k in observed):
        states: dict[str, int] = created.get(kind, {})
        absent = sum(states.get(state, 0) for state in ABSENT)
        present = states.get("present", 0)
        total = sum(states.values())
        rows.append([kind, _n(total), _n(present), _n(total - present - absent), _n(absent),
                     _n(sum(observed.get(kind, {}).values()))])  # fmt: skip
    return rows


def _totals(s: Statement, zone: ZoneInfo) -> list[list[str]]:
    rows = []
    for total in s["totals"]:
        stored = total["stored"]
        apart = "–" if stored is None else "0" if stored == total["platform"] else f"{stored - total['platform']:+,}"
        rows.append([_TOTALS.get(total["name"], total["name"].replace("_", " ")), _n(total["platform"]),
                     "–" if stored is None else _n(stored), apart, _day(total["at"], zone)])  # fmt: skip
    return rows


def _gaps(s: Statement, zone: ZoneInfo, most: int) -> dict[str, Any]:
    spans = [g for g in s["gaps"] if g["scope"] == "account"]
    threads = Counter(g["reason"] for g in s["gaps"] if g["scope"] == "thread")
    partly = [f"{n:,} thread{'' if n == 1 else 's'}: {in_words(reason)}" for reason, n in sorted(threads.items())]
    rows = [
        [_day(g["from"], zone, minutes=True) if g["from"] else "the beginning",
         _day(g["to"], zone, minutes=True) if g["to"] else "open", in_words(g["reason"]),
         "read again since" if g["closed"] else "still open"]
        for g in spans[-most:]
    ]  # fmt: skip
    return {"rows": rows, "more": len(spans) - len(rows), "threads": partly}


def _asked(s: Statement, most: int) -> dict[str, Any]:
    """The endpoints with the most pages."""
    busiest = sorted(s["asked"], key=lambda one: (-one["pages"], one["endpoint"]))
    rows = [[one["kind"], one["endpoint"], _n(one["pages"]), _n(one["items"])] for one in busiest[:most]]
    return {"rows": rows, "more": len(busiest) - len(rows)}


def _ledger(s: Statement, zone: ZoneInfo) -> dict[str, str]:
    ledger = s["ledger"]
    return {
        "origin": ledger["origin"], "entries": _n(ledger["entries"]), "size": _n(ledger["size"]),
        "root": ledger["root"], "vkey": ledger["vkey"], "time": _day(ledger["time"], zone, minutes=True),
    }  # fmt: skip


def _n(count: int) -> str:
    return f"{count:,}"


def _day(text: str, zone: ZoneInfo, *, minutes: bool = False) -> str:
    return datetime.fromisoformat(text).astimezone(zone).strftime("%Y-%m-%d %H:%M" if minutes else "%Y-%m-%d")
