"""The coverage statement: what was walked in a period, what is stored of it, and what can and cannot be claimed.

A statement is data first: the same ledger position and the same period give the same bytes. It speaks of one account
and quotes nobody; ids of things are in it only when they are asked for, since an id may lead to a person. Signing it
and checking it stand in `coverage_note`, the page for people in `documents.coverage`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from social_archive.coverage_claim import claim
from social_archive.entry import moment
from social_archive.errors import ArchiveError
from social_archive.record import canonical, micros
from social_archive.retention.answers import began
from social_archive.search import Query, Search

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.catalog_walks import Told
    from social_archive.config import Account
    from social_archive.ledger import Head
    from social_archive.retention.answers import DisposedFolder

FORMAT: Final = "social-records-archive/coverage/v1"
ABSENT: Final = ("deleted", "account_gone", "missing_unconfirmed", "inaccessible")
"""States of a thing that was seen before and does not show now. `hidden` is not one: the platform still has it."""

Statement = dict[str, Any]


class NothingToState(ArchiveError):
    """The ledger is empty, or the period is."""

    remedy = "Harvest first (`archive harvest`), and give a period that ends after it begins."


@dataclass(frozen=True)
class Asked:
    """Which period, in microseconds UTC, [since, until). None: from the first post; until the last ledger entry."""

    since: int | None = None
    until: int | None = None
    ids: bool = False


class Statements:
    """Makes statements about the accounts of one archive, all at the same ledger position."""

    def __init__(self, archive: Archive) -> None:
        head = archive.catalog.catch_up()
        if head is None:
            raise NothingToState("The ledger is empty, so there is nothing to state.")
        self._archive = archive
        self._head = head
        self._search = Search.of(archive)

    def of(self, account: Account, asked: Asked) -> Statement:
        """The statement about one account. Raises NothingToState for an empty period."""
        while True:
            if self._search.position != self._head.n:
                self._take_position()
            stated = self._of(account, asked)
            if self._search.position == self._head.n:  # objects may be moved meanwhile, and the search goes with them
                return stated

    def _take_position(self) -> None:
        head = self._archive.catalog.catch_up()
        self._search.look_at_what_is_there()
        if head is not None:
            self._head = head

    def _of(self, account: Account, asked: Asked) -> Statement:
        where = (account.platform, account.name)
        since, until = self._period(where, asked)
        looks = self._archive.catalog.walks.of(*where, since=since, until=until)
        stated: Statement = {
            "format": FORMAT,
            "body": self._archive.agency.body.name,
            "account": {"platform": account.platform, "name": account.name, "handle": account.handle},
            "period": {"from": iso(since), "to": iso(until), "time_zone": self._archive.agency.body.time_zone},
            "ledger": self._position(self._head),
            "looks": _looks(looks),
            "asked": _asked(looks),
            "read_up_to": iso((self._archive.catalog.cursor(*where) or {}).get("seen_until")),
            "totals": _totals(looks),
            "records": self._records(where, since, until),
            "absent": self._absent(where, since, until),
            "gaps": self._gaps(where, since, until),
            "quarantine": {"open": self._search.quarantined(_query(where, since, None))},
            "disposed": self._disposed(where, since, until),
        }
        if asked.ids:
            stated["absent_ids"] = self._absent_ids(where, since, until)
        stated["claim"] = claim(stated, first_look=self._first_look(where))
        return stated

    def close(self) -> None:
        self._search.close()

    # ---------------------------------------------------------------- the period and the place in the ledger

    def _period(self, where: tuple[str, str], asked: Asked) -> tuple[int, int]:
        until = asked.until if asked.until is not None else micros(moment(self._head.time)) + 1
        since = asked.since if asked.since is not None else self._beginning(where, until)
        if since >= until:
            raise NothingToState("The period ends before it begins.")
        return since, until

    def _beginning(self, where: tuple[str, str], until: int) -> int:
        """The first post, or month of what is gone; else the first look; else an empty minute before the end."""
        posts = self._archive.catalog.posts(*where, None).values()
        dates = [known.created_at for known in posts if known.created_at is not None and known.created_at < until]
        if (first := began(self._archive, *where)) is not None and first < until:
            dates.append(first)
        looks = [told["started"] for told in self._archive.catalog.walks.of(*where, until=until)[:1]]
        return min([*dates, *looks], default=until - 60_000_000)

    def _first_look(self, where: tuple[str, str]) -> str | None:
        """When everything that still stood was read for the first time."""
        complete = (told for told in self._archive.catalog.walks.of(*where) if told["outcome"] == "ok")
        return next((iso(told["started"]) for told in complete), None)

    def _position(self, head: Head) -> dict[str, Any]:
        ledger = self._archive.ledger
        return {
            "origin": ledger.origin, "entries": head.n, "size": head.size, "root": head.root.hex(), "time": head.time,
            "checkpoint": ledger.read(head.n - 1).checkpoint, "vkey": self._archive.signer.vkey,
        }  # fmt: skip

    # ---------------------------------------------------------------- what is stored

    def _records(self, where: tuple[str, str], since: int, until: int) -> dict[str, Any]:
        """Things posted in the period, and versions that the archive saw in it, each as kind -> state -> number."""
        created = self._search.counts(("kind", "state"), _query(where, since, until))
        observed = self._search.counts(
            ("kind", "state"), _query(where, since, until, all_versions=True, by_observation=True)
        )
        return {"created": _nested(created), "observed": _nested(observed)}

    def _absent(self, where: tuple[str, str], since: int, until: int) -> dict[str, int]:
        query = _query(where, since, until, states=ABSENT, by_observation=True)
        return dict(self._search.counts(("state",), query))

    def _absent_ids(self, where: tuple[str, str], since: int, until: int) -> list[dict[str, Any]]:
        query = _query(where, since, until, states=ABSENT, by_observation=True, limit=10_000_000)
        rows = self._search.find(query).rows
        told = ((r["kind"], r["native_id"], r["state"], iso(r["observed_at"])) for r in rows)
        return [{"kind": kind, "id": i, "state": state, "observed": at} for kind, i, state, at in sorted(told)]

    def _gaps(self, where: tuple[str, str], since: int, until: int) -> list[dict[str, Any]]:
        found = [
            {"reason": g.reason, "from": iso(g.start), "to": iso(g.end), "closed": g.closed,
             "scope": "thread" if g.root_native_id else "account", "rid": g.rid}
            for g in self._search.gaps(_query(where, since, until))
        ]  # fmt: skip
        return sorted(found, key=lambda g: (g["scope"], g["from"] or "", g["reason"], g["rid"]))

    def _disposed(self, where: tuple[str, str], since: int, until: int) -> list[dict[str, Any]]:
        """Folders that may have held records of the period and were destroyed. Statements made before this was told
        lack the field."""
        found = [_placed(folder) for folder in self._search.disposed(_query(where, since, until))]
        return sorted(found, key=lambda f: (f["month"], f["series"], f["disposal"]))


def _placed(folder: DisposedFolder) -> dict[str, Any]:
    told = folder.to_dict()
    return {name: told[name] for name in ("series", "month", "records", "disposal", "certificate")}


def encode(statement: Statement) -> bytes:
    """The bytes of the statement's file: canonical JSON and a newline."""
    return canonical(statement) + b"\n"


def iso(at: int | None) -> str | None:
    """Microseconds UTC as ISO 8601 to the second."""
    return None if at is None else f"{datetime.fromtimestamp(at // 1_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _query(where: tuple[str, str], since: int | None, until: int | None, **more: Any) -> Query:
    return Query(platform=where[0], account=where[1], since=since, until=until, **more)


def _nested(counted: Iterable[Sequence[Any]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for kind, state, count in counted:
        found.setdefault(kind, {})[state] = count
    return found


# --------------------------------------------------------------------------- what was walked


def _looks(looks: Sequence[Told]) -> dict[str, Any]:
    """How often the ledger says that somebody looked, and the longest time without a look that reached its end."""
    complete = [told["started"] for told in looks if told["outcome"] == "ok"]
    intervals = [later - earlier for earlier, later in pairwise(complete)]
    return {
        "kept": len(looks),
        "outcomes": dict(sorted(Counter(told["outcome"] for told in looks).items())),
        "full": sum(told["full"] and told["outcome"] == "ok" for told in looks),
        "first_complete": iso(complete[0]) if complete else None,
        "last_complete": iso(complete[-1]) if complete else None,
        "longest_interval_seconds": max(intervals) // 1_000_000 if intervals else None,
        "times": [{"at": iso(told["started"]), "outcome": told["outcome"]} for told in looks],
    }


def _asked(looks: Sequence[Told]) -> list[dict[str, Any]]:
    """Endpoints over all looks of the period: in how many, how many pages, how many items."""
    sums: dict[tuple[str, str], list[int]] = {}
    for told in looks:
        for one in told["asked"]:
            place = sums.setdefault((one["kind"], one["endpoint"]), [0, 0, 0])
            for i, value in enumerate((1, one["pages"], one["items"])):
                place[i] += value
    return [
        {"kind": kind, "endpoint": endpoint, "looks": n[0], "pages": n[1], "items": n[2]}
        for (kind, endpoint), n in sorted(sums.items())
    ]


def _totals(looks: Sequence[Told]) -> list[dict[str, Any]]:
    """The platform's last word on each of its totals beside what was stored right after that look."""
    found: dict[str, dict[str, Any]] = {}
    for told in reversed(looks):
        for name, count in told["platform_totals"].items():
            stored = told["stored"].get(name)
            found.setdefault(name, {"name": name, "platform": count, "stored": stored, "at": iso(told["started"])})
    return [found[name] for name in sorted(found)]
