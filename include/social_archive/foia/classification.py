"""What kind of request one is: ordinary, commercial, recurrent, voluminous. A person says so, with the reason.

For a recurrent requester the counts of earlier requests in the windows of the law are shown and kept as evidence; they
decide nothing: somebody may write under two addresses, and the law does not count everybody's requests.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from social_archive.errors import ConfigError
from social_archive.foia import periods, request_file, requests
from social_archive.foia.request_file import RequestFile, RequestRefused
from social_archive.foia.requests import KINDS, Kind, Request, Requester
from social_archive.series import later
from social_archive.wording import fold

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.law_foia import FoiaLaw


@dataclass(frozen=True)
class Counted:
    """Requests of one requester in one window of the law, this one included: from `since` to its day of receipt."""

    window: str
    since: date
    threshold: int
    count: int

    @property
    def reached(self) -> bool:
        return self.count >= self.threshold


# --------------------------------------------------------------------------- saying it


def classify(
    archive: Archive, reference: str, kind: Kind, *, reason: str, by: str, via: str, on: date | None = None,
    notified: date | None = None, id: str | None = None,
) -> Request:  # fmt: skip
    """Say what kind of request this is. The last word counts; all are kept.

    `notified`: the day on which the requester was told, where the law wants that: a period may run from it. Raises
    RequestRefused: nothing was written.
    """
    requests.require_officer(archive, by)
    request = requests.load(archive, reference)
    if kind not in KINDS:
        raise RequestRefused("There is no such kind of request.", remedy=f"One of {', '.join(KINDS)}.")
    _require_known(periods.law_of(archive, request.received), kind)
    said, day = requests.words(reason), requests.day(archive, on)
    told: dict[str, Any] = {"kind": kind, "on": day.isoformat()}
    requests.require_after_receipt(request.file, day)
    if notified is not None:
        requests.require_after_receipt(request.file, requests.day(archive, notified))
        told["notified"] = notified.isoformat()
    evidence = [asdict(one) | {"since": one.since.isoformat()} for one in counts(archive, request)]

    def check(now: RequestFile) -> None:
        requests.require_unanswered(now)
        before = requests.of_file(now)
        last = now.last("classified")
        if last is not None and (before.kind, before.kind_reason) == (kind, said) and "notified" not in told:
            raise RequestRefused(f"Request {before.number} is entered as {kind} for this reason already.")

    request_file.append(archive, request.id, "classified", by=by, via=via, told=told, id=id, check=check,
                        details={"reason": said, "counts": evidence})  # fmt: skip
    return requests.load(archive, request.id)


def _require_known(law: FoiaLaw | None, kind: Kind) -> None:
    if law is None:
        return
    try:
        law.kind(kind)
    except ConfigError as error:
        raise RequestRefused(f"{law.title} says nothing of {kind} requests.", remedy=error.remedy) from None


# --------------------------------------------------------------------------- who asks often


def counts(archive: Archive, request: Request) -> tuple[Counted, ...]:
    """How many requests this requester has made, this one included, in each window of the law; empty if it has none."""
    law = periods.law_of(archive, request.received)
    if law is None or law.recurrent is None or not law.recurrent.windows:
        return ()
    days = sorted(other.received for other in requests.every(archive)
                  if other.received <= request.received and same(other.requester, request.requester))  # fmt: skip
    return tuple(_counted(window, request.received, days) for window in law.recurrent.windows)


def _counted(window: Any, received: date, days: Iterable[date]) -> Counted:
    year_ago = later(received, months=-window.months)
    if window.days is None:
        return Counted(_span(window.months, "month"), year_ago, window.requests, sum(day > year_ago for day in days))
    return _most(window, received, year_ago, list(days))


def _most(window: Any, received: date, year_ago: date, days: list[date]) -> Counted:
    """The fullest span of so many days within the months before: that is what the law looks at, not the last one."""
    inside = [day for day in days if day > year_ago]
    best, since = 0, received - timedelta(days=window.days - 1)
    first = 0
    for place, day in enumerate(inside):
        while (day - inside[first]).days >= window.days:
            first += 1
        if place - first + 1 >= best:
            best, since = place - first + 1, inside[first]
    return Counted(_span(window.days, "day"), since, window.requests, best)


def _span(count: int, unit: str) -> str:
    return f"{count} {unit}{'' if count == 1 else 's'}"


def same(one: Requester, other: Requester) -> bool:
    """Whether two requests are of one requester, as far as what they wrote tells: by address, else by name."""
    if one.email and other.email:
        return one.email.strip().casefold() == other.email.strip().casefold()
    names = (" ".join(fold(who.name).split()) for who in (one, other))
    first, second = names
    return bool(first) and first == second
