"""The model of `retention.yaml`: items, periods, triggers, cut-offs, and the rules that assign records to items."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from social_archive.record import KINDS, STATES

Trigger = Literal["created", "withdrawn", "superseded", "request_closed"]
"""What starts a record's clock: its creation, its withdrawal from publication (the first time it was seen deleted),
the version that replaced it, or the closing of the request that it belongs to. Until then its cohort is `open`."""

CutOff = Literal["month", "calendar_year", "fiscal_year"]
"""The end of which period the retention period is counted from."""

Confidence = Literal["source", "secondary", "unverified", "inferred"]
"""How a fact is known: read in the cited source, restated by another, from memory ("verify with counsel"), inferred."""

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$")]

SELECTORS: Final = ("platform", "account", "kind", "state", "tag")


RULE_KINDS: Final = (*KINDS, "request")
"""What a rule can name by `kind`: the kinds of records, and the file of a request for records (`foia/`)."""


def _kind(value: str) -> str:
    if value not in RULE_KINDS:
        raise ValueError(f"must be one of {', '.join(RULE_KINDS)}")
    return value


def _state(value: str) -> str:
    if value not in STATES:
        raise ValueError(f"must be one of {', '.join(STATES)}")
    return value


KindName = Annotated[str, AfterValidator(_kind)]
StateName = Annotated[str, AfterValidator(_state)]


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class RetentionItem(Model):
    """One item of the disposal authority. `id` is its number there.

    The period is `years`, `months` and `days` together, counted on the calendar from the end of the cut-off period.
    Without a period and not `permanent`: unscheduled, kept until it is scheduled.
    """

    id: Text
    series: Slug
    title: Text
    description: str | None = None
    citation: Text
    years: Annotated[int, Field(ge=0, le=500)] | None = None
    months: Annotated[int, Field(ge=0, le=6000)] | None = None
    days: Annotated[int, Field(ge=0, le=200_000)] | None = None
    permanent: bool = False
    trigger: Trigger = "created"
    cutoff: CutOff = "month"
    confidence: Confidence = "unverified"

    @model_validator(mode="after")
    def _one_period(self) -> RetentionItem:
        if self.permanent and self.has_period:
            raise ValueError("an item is either permanent or has a period (years, months, days), not both")
        return self

    @property
    def has_period(self) -> bool:
        return (self.years, self.months, self.days) != (None, None, None)

    @property
    def scheduled(self) -> bool:
        return self.permanent or self.has_period

    @property
    def period(self) -> str:
        """In words: `2 years 6 months`, `permanent`, `not scheduled`."""
        if self.permanent:
            return "permanent"
        parts = ((self.years, "year"), (self.months, "month"), (self.days, "day"))
        said = " ".join(f"{n} {unit}{'' if n == 1 else 's'}" for n, unit in parts if n)
        return said or ("0 days" if self.has_period else "not scheduled")


class RetentionRule(Model):
    """Assigns records to an item. A selector that is left out matches everything.

    Of all rules with a selector that match a record, the one whose item keeps it longest decides; the last rule, which
    has none, takes what no other does. `state` matches if any version of the record was ever seen so. `reason` is
    quoted by `archive why`.
    """

    item: Text
    platform: str | None = None
    account: str | None = None
    kind: KindName | None = None
    state: StateName | None = None
    tag: Slug | None = None
    reason: str | None = None

    @property
    def selectors(self) -> dict[str, str]:
        given = {name: getattr(self, name) for name in SELECTORS}
        return {name: value for name, value in given.items() if value is not None}


class Retention(Model):
    """The schedule: a version with the date from which it holds. `time_zone` is the body's. The last rule matches all.

    `series.Schedule` asks it about records.
    """

    version: Text
    effective: date
    authority: str | None = None
    application_number: str | None = None
    fiscal_year_starts: Annotated[int, Field(ge=1, le=12)] = 7
    time_zone: Text = "UTC"
    items: Annotated[list[RetentionItem], Field(min_length=1)]
    rules: Annotated[list[RetentionRule], Field(min_length=1)]
