"""What a jurisdiction's law says of requests for public records: the periods, fees, reasons and wordings, in sections.

A section holds what the law says of one subject. What the pack does not say is None or empty there: whoever prints a
letter or counts a day asks, and says what is missing, rather than inventing it. A rule sets a field by its name, one of
a section by `section.field` (`extension.days`); `SETTABLE` lists them all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, PlainValidator, model_validator

from social_archive.config import Model, Slug, Text
from social_archive.errors import ConfigError
from social_archive.law import VERIFY, LawRule
from social_archive.law_calendar import HolidayTable

Counting = Literal["business", "calendar"]
DayCount = Annotated[int, Field(ge=1, le=366)]


def _amount(value: Any) -> Any:
    """Money and sizes are written as text: 0.15 as a number would be a little more than 0.15."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("must be a number in quotes, such as '0.15'")
    try:
        amount = Decimal(value)
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0:
        raise ValueError("must be a number in quotes, not below 0, such as '0.15'")
    return amount


Amount = Annotated[Decimal, BeforeValidator(_amount)]


# --------------------------------------------------------------------------- a rule


def _value(value: Any) -> Any:
    if isinstance(value, bool | int) or (isinstance(value, str) and value.strip()):
        return value
    if isinstance(value, list) and value and all(_value(one) is not None for one in value):
        return value
    if isinstance(value, dict) and value and all(isinstance(key, str) for key in value):
        return value
    raise ValueError("must be text, a number, true or false, or a list of texts or of `key: value` lines")


class FoiaRule(LawRule):
    """A rule of the law on requests. Unlike others its value may be a list of things with keys."""

    value: Annotated[Any, PlainValidator(_value)]


# --------------------------------------------------------------------------- sections


class Named(Model):
    """One of a numbered or named list of the law: a permitted reason, a thing that a letter must contain."""

    code: Text
    text: Text


class Window(Model):
    """So many requests within so many days (within `months` before this one, if no days are given)."""

    requests: Annotated[int, Field(ge=1)]
    days: DayCount | None = None
    months: Annotated[int, Field(ge=1, le=120)] = 12


class KindLaw(Model):
    """What holds for one kind of request.

    `days`: the last of them is the last on which an answer is in time, counted in `counting` days, which the law calls
    `counted_as`. `notice_days`: within which the requester must be told that the request is treated as of this kind,
    saying `notice_says`. `amend_days`: from the sending of that notice, within which he or she may amend the request;
    then `days` run from the answer, or from the last day for one, whichever is earlier. `extension_days`: by which the
    body may extend; None: not at all. `answers`: the possible responses. `windows`: of a requester's own count.
    """

    days: DayCount
    counting: Counting = "business"
    counted_as: Text = "business days"
    definition: Text | None = None
    not_counted: Text | None = None
    windows: list[Window] = Field(default_factory=list)
    notice_days: DayCount | None = None
    notice_says: list[Text] = Field(default_factory=list)
    amend_days: DayCount | None = None
    extension_days: DayCount | None = None
    answers: list[Text] = Field(default_factory=list)
    then: Text | None = None


class ExtensionLaw(Model):
    """By how much the body itself may extend the period of an ordinary request, until when it must say so, and why."""

    days: DayCount | None = None
    notice_days: DayCount | None = None
    reasons: list[Named] = Field(default_factory=list)
    longer: Text | None = None

    def reason(self, code: str) -> Named | None:
        """A permitted reason by its code, however it is written: "iii", "(iii)"."""
        wanted = code.strip().strip("().").lower()
        return next((one for one in self.reasons if one.code.lower() == wanted), None)

    @model_validator(mode="after")
    def _each_once(self) -> ExtensionLaw:
        if len({one.code.lower() for one in self.reasons}) < len(self.reasons):
            raise ValueError("names two reasons by the same code")
        return self


class ClarificationLaw(Model):
    """`pauses`: whether the days between the body's question and the requester's answer are not counted."""

    pauses: bool = False
    text: Text | None = None


class BurdenLaw(Model):
    """When a request may be refused as unduly burdensome. `after_late`: also after an answer that came too late."""

    conditions: list[Text] = Field(default_factory=list)
    confer: Text | None = None
    writing: Text | None = None
    is_denial: bool = True
    after_late: bool = True


class Tier(Model):
    """A fee by size: `amount` up to and including `up_to_mb` megabytes; None: for whatever is larger."""

    amount: Amount
    up_to_mb: Amount | None = None


class FeeLaw(Model):
    """What may be charged, in the currency of the country. What is None may not be charged.

    `colour`, `medium`: in words, since only their actual cost may be. `voluminous_pdf`, `voluminous_other`: ascending.
    `after_late`: whether anything may be charged after an answer that came too late.
    """

    currency: Text = "$"
    free_pages: Annotated[int, Field(ge=0)] | None = None
    per_page: Amount | None = None
    colour: Text | None = None
    certification: Amount | None = None
    medium: Text | None = None
    hourly: Amount | None = None
    free_hours: Amount | None = None
    voluminous_pdf: list[Tier] = Field(default_factory=list)
    voluminous_other: list[Tier] = Field(default_factory=list)
    accounting: Text | None = None
    prepayment: Text | None = None
    waiver: Text | None = None
    after_late: bool = True

    @model_validator(mode="after")
    def _ascending(self) -> FeeLaw:
        for tiers in (self.voluminous_pdf, self.voluminous_other):
            sizes = [Decimal("Infinity") if tier.up_to_mb is None else tier.up_to_mb for tier in tiers]
            if sizes != sorted(set(sizes)) or (sizes and sizes[-1].is_finite()):
                raise ValueError("has tiers out of order; give them by ascending `up_to_mb`, the last without one")
        return self


class ReviewLaw(Model):
    """The authority that reviews a denial, as a letter must give it."""

    name: Text | None = None
    office: Text | None = None
    address: Text | None = None
    phone: Text | None = None
    email: Text | None = None
    days: DayCount | None = None
    how: Text | None = None
    limits: Text | None = None


class CourtLaw(Model):
    """Review by a court, and the log of what was withheld that it may order: its title and its columns."""

    text: Text | None = None
    standard: Text | None = None
    log_title: Text | None = None
    log_columns: list[Named] = Field(default_factory=list)


class DenialLaw(Model):
    """What a notice of denial must contain, and the file in which all of them are kept."""

    contains: list[Named] = Field(default_factory=list)
    file: Text | None = None


class CertificationLaw(Model):
    """What is known of certifying copies and electronic records; claims nothing by itself."""

    copies: Text | None = None
    process: Text | None = None
    digital: Text | None = None
    declaration: Text | None = None
    adopted: Text | None = None


class ReceiptLaw(Model):
    """What is done with a request when it comes: `duties`; and the means by which one may come."""

    duties: list[Named] = Field(default_factory=list)
    means: Text | None = None
    forwarded: Text | None = None


class DefinitionLaw(Model):
    """What the law calls a public record, private information, an invasion of privacy."""

    public_record: Text | None = None
    private_information: Text | None = None
    privacy: Text | None = None


# --------------------------------------------------------------------------- the law


class FoiaLaw(Model):
    """What one jurisdiction's law says of a request on one day, with the table of holidays that it is counted by.

    `response_days`: the last of them is the last day on which an ordinary request is answered in time. `counting`:
    which days count. `first_day`: the day that is day 1. `clock_starts` says in words what starts the clock. `silence`:
    what it means not to answer in time. `citations` gives each field's, by the name that a rule sets it by.
    """

    jurisdiction: Slug
    title: Text
    invented: bool
    path: Path
    sha256: str
    day: date
    response_days: DayCount
    counting: Counting
    first_day: Literal["after_receipt", "receipt"]
    clock_starts: Text
    silence: Text | None = None
    commercial: KindLaw | None = None
    recurrent: KindLaw | None = None
    voluminous: KindLaw | None = None
    extension: ExtensionLaw = ExtensionLaw()
    clarification: ClarificationLaw = ClarificationLaw()
    burden: BurdenLaw = BurdenLaw()
    fees: FeeLaw = FeeLaw()
    review: ReviewLaw = ReviewLaw()
    court: CourtLaw = CourtLaw()
    denial: DenialLaw = DenialLaw()
    certification: CertificationLaw = CertificationLaw()
    receipt: ReceiptLaw = ReceiptLaw()
    definitions: DefinitionLaw = DefinitionLaw()
    citations: dict[str, str]
    rules: list[FoiaRule]
    other_rules: list[FoiaRule]
    table: HolidayTable

    def known(self, field: str) -> bool:
        """Whether the rule behind a field was read somewhere; if not, it is shown with `law.VERIFY`.

        `field` as a rule sets it, `response_days` or `extension.days`; a section's name asks about all of its fields.
        """
        return all(rule.known for rule in self._behind(field))

    def cite(self, field: str) -> str:
        """Where the law says it, for people: marked if nobody has read it there; empty if the pack does not say it."""
        rules = list(self._behind(field))
        cited = "; ".join(dict.fromkeys(rule.citation for rule in rules))
        return cited if all(rule.known for rule in rules) else f"{cited} ({VERIFY})"

    def kind(self, kind: str) -> KindLaw:
        """What holds for one kind of request. Raises ConfigError for a kind of which this law says nothing."""
        if kind == "ordinary":
            return KindLaw(days=self.response_days, counting=self.counting, extension_days=self.extension.days,
                           counted_as=f"{self.counting} days")  # fmt: skip
        if kind not in self.kinds:
            raise ConfigError(
                f"{self.title}: nothing is written down about {kind} requests.",
                remedy=f"Treat it as one of: {', '.join(self.kinds)}. Or add rules that set `{kind}.days` and the rest "
                f"to {self.path.name}, after the one of Illinois.",
            )
        found = getattr(self, kind)
        assert isinstance(found, KindLaw)
        return found

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of requests that this law knows."""
        return ("ordinary", *(kind for kind in SPECIAL_KINDS if getattr(self, kind) is not None))

    def field_of(self, kind: str, name: str) -> str:
        """The name by which a rule sets something of a kind: `cite(field_of("ordinary", "days"))`."""
        if kind != "ordinary":
            return f"{kind}.{name}"
        return {"days": "response_days", "extension_days": "extension.days"}.get(name, name)

    def _behind(self, field: str) -> Iterator[FoiaRule]:
        return (rule for rule in self.rules if rule.sets is not None
                and (rule.sets == field or rule.sets.startswith(f"{field}.")))  # fmt: skip


SPECIAL_KINDS: Final = ("commercial", "recurrent", "voluminous")

SECTIONS: Final[Mapping[str, type[Model]]] = MappingProxyType({
    **dict.fromkeys(SPECIAL_KINDS, KindLaw), "extension": ExtensionLaw, "clarification": ClarificationLaw,
    "burden": BurdenLaw, "fees": FeeLaw, "review": ReviewLaw, "court": CourtLaw, "denial": DenialLaw,
    "certification": CertificationLaw, "receipt": ReceiptLaw, "definitions": DefinitionLaw,
})  # fmt: skip

SETTABLE: Final = (
    "response_days", "counting", "first_day", "clock_starts", "silence",
    *(f"{section}.{field}" for section, model in SECTIONS.items() for field in model.model_fields),
)  # fmt: skip
