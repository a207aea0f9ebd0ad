"""What time it is, on better evidence than this host's clock alone: a wrong clock must not destroy a record.

Witnesses are the `Date` headers of the platforms that were harvested, the object store's (if it runs elsewhere), and
the ledger, which never goes back. A host whose clock jumped ahead is found by the first: either the last harvest
heard another time than it had itself, or nobody but this host has told the time for longer than the agency allows.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from social_archive.entry import SKEW, moment
from social_archive.errors import ArchiveError
from social_archive.record import http_date

if TYPE_CHECKING:
    from social_archive.archive import Archive

MOST_DIFFERENCE: Final = timedelta(hours=1)
"""By how much a platform's clock and ours may differ (caches between them may serve an old Date)."""

_STORE_DIFFERENCE: Final = timedelta(minutes=5)


class ClockNotTrusted(ArchiveError):
    """The time cannot be trusted enough to destroy anything. Nothing was changed."""

    remedy = "Set the host's clock (NTP), run a harvest, which hears a platform's time, and try again."


@dataclass(frozen=True)
class Witness:
    """Somebody else's clock: what it `told`, and what ours showed when we `heard` it."""

    who: str
    told: datetime
    heard: datetime


@dataclass(frozen=True)
class Trusted:
    """`at` is the time to go by. `problems` says why it must not be, in sentences; empty: it may."""

    at: datetime
    witnesses: list[Witness] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def require(self) -> datetime:
        """The time. Raises ClockNotTrusted."""
        if self.problems:
            raise ClockNotTrusted(" ".join(self.problems) + " Nothing was changed.")
        return self.at


def trusted(archive: Archive, now: datetime | None = None) -> Trusted:
    """Compare this host's clock (or `now`) with its witnesses."""
    at = (now or datetime.now(UTC)).astimezone(UTC)
    silence = timedelta(days=archive.agency.disposal.clock_silence_days)
    witnesses = [w for w in (_platform(archive), _store(archive)) if w is not None]
    problems = list(_against_the_ledger(archive, at))
    problems += [
        f"This host's clock and that of {w.who} differ by {_words(abs(w.heard - w.told))}."
        for w in witnesses if abs(w.heard - w.told) > MOST_DIFFERENCE
    ]  # fmt: skip
    latest = max((w.heard for w in witnesses), default=None)
    if latest is None:
        problems.append("No platform and no other host has ever told this archive the time.")
    elif at - latest > silence:
        problems.append(f"Nobody but this host has told the time for {_words(at - latest)}.")
    return Trusted(at, witnesses, problems)


def _against_the_ledger(archive: Archive, at: datetime) -> list[str]:
    head = archive.catalog.head
    if head is None or not head.time or at >= moment(head.time) - SKEW:
        return []
    return [f"This host's clock is behind the ledger's last entry ({head.time})."]


def _platform(archive: Archive) -> Witness | None:
    """The last answer of a platform that carried a Date, out of the newest rows that were stored."""
    import duckdb

    newest = sorted(archive.catalog.objects("records"), key=lambda o: o.n)[-40:]
    looks = [told for a in archive.agency.accounts for told in archive.catalog.walks.latest(a.platform, a.name, 1)]
    heard = [(told["date_heard"], told["date_told"]) for told in looks if told.get("date_told")]
    if newest:
        paths = [str(path) for path in archive.mirror.paths(newest)]
        rows = duckdb.execute(
            "SELECT epoch_us(observed_at), http_date FROM read_parquet($paths, hive_partitioning = false)"
            " WHERE http_date IS NOT NULL ORDER BY observed_at DESC LIMIT 1",
            {"paths": paths},
        ).fetchall()
        heard += [(at, told) for at, stated in rows if (told := http_date(stated)) is not None]
    if not heard:
        return None
    when, told = max(heard)
    return Witness("the platform that was read last", _moment(told), _moment(when))


def _store(archive: Archive) -> Witness | None:
    """The object store's clock, if it is not this host's own."""
    host = urlsplit(archive.store.address).hostname or ""
    try:
        if ipaddress.ip_address(host).is_loopback:
            return None
    except ValueError:
        if host == "localhost":
            return None
    told = archive.store.date()
    return Witness("the object store", told, datetime.now(UTC)) if told else None


def _moment(micros: int) -> datetime:
    return datetime.fromtimestamp(micros / 1_000_000, UTC)


def _words(span: timedelta) -> str:
    days = span.days
    if days >= 730:
        return f"{days // 365} years"
    return f"{days} days" if days >= 2 else f"{int(span.total_seconds() // 60)} minutes"
