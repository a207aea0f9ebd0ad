"""Which series a record belongs to, when its clock starts, and until when it must be kept.

Together these are its disposal cohort, and a cohort is a folder: records that may be destroyed on the same day
share a key prefix, and no Parquet object ever holds two disposal dates. The law is in `retention.yaml`; this
module only does the calendar.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from social_archive.config import Retention, RetentionItem
from social_archive.record import Observation, micros

_HOUR: Final = 3_600_000_000  # microseconds; no time zone changes its offset within an hour


@dataclass(frozen=True)
class Cohort:
    """`cutoff` is the month (yyyy-mm, the agency's own calendar) in which the retention period starts to run."""

    series: str
    cutoff: str
    retain_until: int | None  # microseconds UTC; None: permanent, or no schedule yet, so never eligible

    def prefix(self, area: str, platform: str, account: str) -> str:
        """The folder of this cohort in one area of the bucket (`records`, `quarantine`, ...)."""
        return f"{area}/series={self.series}/cutoff={self.cutoff}/platform={platform}/account={account}/"

    def media_prefix(self) -> str:
        return f"media/series={self.series}/cutoff={self.cutoff}/"


class Schedule:
    """The retention schedule in force, ready to be asked about many records."""

    def __init__(self, retention: Retention, time_zone: str) -> None:
        self._retention = retention
        self._zone = ZoneInfo(time_zone)
        self._months: dict[int, str] = {}
        self._cohorts: dict[tuple[str, str, str, str], Cohort] = {}

    def cohort_of(self, o: Observation) -> Cohort:
        """The cohort of one observation.

        Every version of a thing shares its cohort: the month is that of its creation, not of an edit. Profiles,
        settings and gaps count from when they were observed; so does what has no believable date of its own.
        """
        dated = o.kind not in ("profile", "setting", "gap") and o.created_at is not None
        month = self._month(o.created_at if dated and o.created_at is not None else o.observed_at)
        key = (o.platform, o.account, o.kind, month)
        if (cohort := self._cohorts.get(key)) is None:
            cohort = self._cohorts[key] = self._cohort(*key)
        return cohort

    def _month(self, moment: int) -> str:
        hour = moment // _HOUR
        if (month := self._months.get(hour)) is None:
            try:
                month = f"{datetime.fromtimestamp(hour * 3600, self._zone):%Y-%m}"
            except (ValueError, OverflowError, OSError):
                month = "undated"
            self._months[hour] = month
        return month

    def _cohort(self, platform: str, account: str, kind: str, month: str) -> Cohort:
        item = self.item_for(platform, account, kind)
        return Cohort(item.series, month, self._until(item, month))

    def item_for(self, platform: str, account: str, kind: str) -> RetentionItem:
        """The schedule item that the first matching rule names."""
        for rule in self._retention.rules:
            if rule.platform in (None, platform) and rule.account in (None, account) and rule.kind in (None, kind):
                return next(item for item in self._retention.items if item.id == rule.item)
        return self._retention.items[0]

    def _until(self, item: RetentionItem, month: str) -> int | None:
        if item.permanent or item.years is None or month == "undated":
            return None
        return end_of_retention(month, item.years, self._zone)


def end_of_retention(cutoff: str, years: int, zone: ZoneInfo) -> int:
    """The first instant after `years` full years from the end of the cut-off month, in microseconds UTC.

    Counted on the calendar in the agency's own time zone, so never early: not 365 days, and no leap-day trap.
    """
    year, month = (int(part) for part in cutoff.split("-"))
    year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return micros(datetime(year + years, month, 1, tzinfo=zone).astimezone(UTC))
