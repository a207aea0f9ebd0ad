"""The failure digest: once a day, which accounts need a person, since when, and what to do.

Everything in it follows from the ledger, so every worker comes to the same digest; that it was sent is an entry of the
ledger itself. It names accounts, counts and codes, never what somebody wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from social_archive.errors import AccountGone, LoginExpired, ScopeLost
from social_archive.ledger import EMPTY, Draft, HeadMoved
from social_archive.looks import QUIET
from social_archive.schedules import nth_after

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.catalog_walks import Told
    from social_archive.config import Account
    from social_archive.foia.alerts import Alert

NOTICE: Final = "notice"
"""What the ledger entry of a digest that was sent is called."""

MISSED: Final = 3
"""An account that was not looked at for so many firings of its schedule needs a person."""

THROTTLED: Final = 3
"""So many harvests in a row that a throttle cut short need a person."""

PATIENT: Final = frozenset({"quarantine", "undecided_removals"})
"""Matters of which somebody is told when they come up or grow, not every day."""

_SLACK: Final = QUIET + timedelta(hours=4)  # the ledger keeps a quiet look only so often
_MANY: Final = 500  # looks that are asked how long something has been so

_DEAD: Final = {
    "login_expired": ("Its login is no longer valid, so nothing can be read.", LoginExpired.remedy),
    "scope_lost": ("Its login has lost a permission, so what it shows cannot be trusted.", ScopeLost.remedy),
    "account_gone": ("The platform says that the account is gone.", AccountGone.remedy),
}


@dataclass(frozen=True)
class Matter:
    """One thing that a person has to see to. `since`: when it began as far as the ledger tells, None if unknown.

    `detail` makes a matter that grew a new one (the number of items in quarantine).
    """

    account: str  # platform/name
    code: str
    what: str
    remedy: str
    since: datetime | None
    detail: str = ""
    new: bool = True

    @property
    def key(self) -> list[str]:
        return [self.account, self.code, self.detail]


@dataclass(frozen=True)
class Digest:
    """One day's digest: new matters first, then the oldest. `day` is on the body's calendar."""

    day: str
    at: datetime
    body: str
    time_zone: str
    matters: list[Matter]

    @property
    def new(self) -> int:
        return sum(matter.new for matter in self.matters)

    @property
    def calls(self) -> bool:
        """Does anybody have to be told? What has waited for long without harm is no news by itself."""
        return any(matter.new or matter.code not in PATIENT for matter in self.matters)


def digest(archive: Archive, *, now: datetime | None = None) -> Digest:
    """What needs a person now. Writes nothing."""
    now = now or datetime.now(UTC)
    archive.catalog.catch_up()
    zone = archive.agency.body.time_zone
    day = f"{now.astimezone(ZoneInfo(zone)):%Y-%m-%d}"
    matters = [m for account in archive.agency.enabled_accounts() for m in _matters(archive, account, now)]
    matters += _quarantine(archive)
    matters += _undecided(archive)
    matters += _notices(archive)
    matters += _possible_requests(archive)
    told = _told_before(archive, day)
    matters = [replace(m, new=_is_new(m, told, now)) for m in matters]
    matters.sort(key=lambda m: (not m.new, m.since or datetime.min.replace(tzinfo=UTC), m.key))
    return Digest(day, now, archive.agency.body.name, zone, matters)


def was_sent(archive: Archive, day: str) -> bool:
    """Has somebody been told on this day already? By the ledger, so by any worker."""
    archive.catalog.catch_up()
    return any(note["day"] == day for note in archive.catalog.walks.notes(NOTICE))


def record(archive: Archive, sent: Digest) -> None:
    """Write down that this digest was sent: one ledger entry a day, however often this is called."""
    note = {"day": sent.day, "matters": sorted(matter.key for matter in sent.matters)}
    draft = Draft(NOTICE, archive.txn(NOTICE, sent.day), note=note)
    head = archive.catalog.catch_up()
    began = head.n if head else 0
    while not was_sent(archive, sent.day):
        try:
            archive.ledger.append(draft, archive.catalog.head or EMPTY, since=began)
        except HeadMoved:
            continue


# --------------------------------------------------------------------------- what was told before


def _told_before(archive: Archive, day: str) -> list[list[str]] | None:
    """The matters of the last digest before this day; None if none was ever sent."""
    earlier = [note for note in archive.catalog.walks.notes(NOTICE) if note["day"] < day]
    return earlier[-1]["matters"] if earlier else None


def _is_new(matter: Matter, told: list[list[str]] | None, now: datetime) -> bool:
    if told is not None:
        return matter.key not in told
    return matter.since is None or matter.since > now - timedelta(days=1)


# --------------------------------------------------------------------------- one account


def _matters(archive: Archive, account: Account, now: datetime) -> Iterator[Matter]:
    looks = archive.catalog.walks.latest(account.platform, account.name, _MANY)
    yield from _dead(archive, account, looks)
    yield from _overdue(archive, account, looks, now)
    yield from _throttled(account, looks)
    yield from _warned(account, looks)


def _dead(archive: Archive, account: Account, looks: Sequence[Told]) -> Iterator[Matter]:
    """Gaps that only a person can end."""
    for gap in archive.catalog.open_gaps(account.platform, account.name):
        if gap.reason in _DEAD and ":thread:" not in gap.native_id:
            what, remedy = _DEAD[gap.reason]
            run = _leading(looks, lambda look, reason=gap.reason: look["reason"] == reason)
            since = _since(run) or _moment(gap.gap_from)
            if gap.gap_from is not None:
                what += f" It was last seen whole on {_moment(gap.gap_from):%Y-%m-%d %H:%M} UTC."
            yield Matter(_name(account), gap.reason, what, remedy, since)


def _overdue(archive: Archive, account: Account, looks: Sequence[Told], now: datetime) -> Iterator[Matter]:
    """Accounts that nobody looks at, though their schedule says so."""
    hint = archive.catalog.looked(account.platform, account.name, "")
    last = max([look["started"] for look in looks[:1]] + ([hint] if hint is not None else []), default=None)
    remedy = "See in Airflow whether the platform's DAG is paused or red, or run `archive harvest` with its name."
    if last is None:
        scheduled = nth_after(account, now, 1, archive.agency.body.time_zone) is not None
        if scheduled and archive.catalog.cursor(account.platform, account.name) is None:
            yield Matter(_name(account), "never_looked_at", "It has never been read.", remedy, None)
        return
    seen = datetime.fromtimestamp(last / 1_000_000, UTC)
    due = nth_after(account, seen, MISSED, archive.agency.body.time_zone)
    if due is not None and now > (late := max(due, seen + _SLACK)):
        what = f"Nobody has looked at it since {seen:%Y-%m-%d %H:%M} UTC; its schedule is {account.schedule}."
        yield Matter(_name(account), "not_looked_at", what, remedy, late.astimezone(UTC))


def _throttled(account: Account, looks: Sequence[Told]) -> Iterator[Matter]:
    run = _leading(looks, lambda look: look["outcome"] == "partial" and look["reason"] == "throttled")
    if len(run) >= THROTTLED:
        yield Matter(
            _name(account), "throttled", f"The platform's rate limit cut the last {len(run)} harvests short.",
            "The archive goes on by itself. If it never gets through: read it at another hour or less often "
            "(`schedule` in accounts.yaml), or ask the platform for a higher limit.", _since(run),
        )  # fmt: skip


def _warned(account: Account, looks: Sequence[Told]) -> Iterator[Matter]:
    """What the adapter foresaw at the last look, such as a token that will die within days."""
    for warning in looks[0].get("warnings", []) if looks else []:
        run = _leading(looks, lambda look, told=warning: told in look.get("warnings", []))
        yield Matter(_name(account), "warning", warning, "Renew it in the account's connection before it dies.",
                     _since(run))  # fmt: skip


def _quarantine(archive: Archive) -> Iterator[Matter]:
    waiting = archive.catalog.quarantine_waiting()
    for account in archive.agency.accounts:
        count, first = waiting.get((account.platform, account.name), (0, 0))
        if count:
            time = archive.catalog.walks.time_of(first)
            since = datetime.fromisoformat(time) if time else None
            what = f"{count:,} item{' waits' if count == 1 else 's wait'} in quarantine."
            remedy = "Look at them with `archive quarantine`, and retry after an update."
            yield Matter(_name(account), "quarantine", what, remedy, since, str(count))


def _undecided(archive: Archive) -> Iterator[Matter]:
    """Comments and posts that disappeared while nobody on record decided it."""
    from social_archive.policy.moderation import events as moderation

    waiting: dict[str, list[int]] = {}
    for event in moderation.unmatched(archive):
        waiting.setdefault(f"{event.platform}/{event.account}", []).append(event.since)
    for account, times in sorted(waiting.items()):
        what = f"{len(times):,} removal{'' if len(times) == 1 else 's'} that nobody on record decided."
        remedy = "See `archive moderation unmatched`; say what each was with `archive moderation explain`."
        yield Matter(account, "undecided_removals", what, remedy, _moment(min(times)), str(len(times)))


def _notices(archive: Archive) -> Iterator[Matter]:
    """Accounts whose profiles tell the public less than they did."""
    from social_archive.policy.notice.checks import SAYS, histories, regression

    checked = histories(archive)
    for account in archive.agency.enabled_accounts():
        lost = regression(checked.get((account.platform, account.name), ()))
        if lost is not None:
            what = f"Its profile notice {SAYS[lost.now]}; before, it {SAYS[lost.was]}."
            remedy = f"See `archive notice show {_name(account)}`, and put the notice back on the platform."
            yield Matter(_name(account), "notice", what, remedy, lost.since, lost.now)


def _possible_requests(archive: Archive) -> Iterator[Matter]:
    """Comments that may be requests for public records, and that nobody has judged."""
    from social_archive.foia.alerts import of_archive

    waiting: dict[str, list[Alert]] = {}
    for alert in of_archive(archive):
        if alert.status == "open":
            waiting.setdefault(f"{alert.platform}/{alert.account}", []).append(alert)
    for account, alerts in waiting.items():
        are = "comment or message may be a request" if len(alerts) == 1 else "comments or messages may be requests"
        what = f"{len(alerts):,} {are} for records."
        dates = [alert.due.safe for alert in alerts if alert.due is not None]
        if dates:
            what += f" If so, an answer is due by {min(dates):%Y-%m-%d}."
        since = _moment(min(alert.seen.observed for alert in alerts))
        newest = max(alert.seen.observed for alert in alerts)
        yield Matter(account, "possible_request", what, "Read and answer them: `archive foia alerts`.", since,
                     f"{len(alerts)} until {newest}")  # fmt: skip


def _leading(looks: Sequence[Told], holds: Any) -> list[Told]:
    """The newest looks, as long as something holds of them."""
    run = []
    for look in looks:
        if not holds(look):
            break
        run.append(look)
    return run


def _since(looks: Any) -> datetime | None:
    """When the oldest of these looks began."""
    return _moment(min((look["started"] for look in looks), default=None))


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else datetime.fromtimestamp(micros / 1_000_000, UTC)


def _name(account: Account) -> str:
    return f"{account.platform}/{account.name}"
