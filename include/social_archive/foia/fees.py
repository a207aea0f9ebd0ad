"""What an answer may cost, by the law's figures: an estimate that says of each line why it is charged or free.

Pure: facts in, lines out. A person decides what is charged; whatever the law does not name is not charged here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal
from typing import Final

from social_archive.errors import ArchiveError
from social_archive.law_foia_model import FeeLaw, FoiaLaw, Tier

_NOTHING: Final = Decimal("0.00")
_CENT: Final = Decimal("0.01")
_MOST: Final = Decimal(10_000_000)


class WrongFacts(ArchiveError):
    """A number that a fee is estimated from cannot be. Nothing was estimated."""

    remedy = "Give numbers that are not negative: pages and certified copies whole, costs, hours and megabytes exact."


@dataclass(frozen=True)
class FeeFacts:
    """What is handed out, and how much work it was.

    `pages`: black and white, of letter or legal size, on paper. `colour_pages_cost`: the actual cost of others, and
    `medium_cost` of the medium for electronic records. `hours`: of personnel, for a commercial request. `pdf_mb`,
    `other_mb`: megabytes of electronic records of a voluminous request; None: there are none. `certified`: records to
    be certified. `waived`: the body waives the fees. `late`: the answer did not come in time.
    """

    kind: str = "ordinary"
    pages: int = 0
    colour_pages_cost: Decimal = _NOTHING
    medium_cost: Decimal = _NOTHING
    hours: Decimal = _NOTHING
    pdf_mb: Decimal | None = None
    other_mb: Decimal | None = None
    certified: int = 0
    waived: bool = False
    late: bool = False

    def __post_init__(self) -> None:
        numbers = [self.pages, self.colour_pages_cost, self.medium_cost, self.hours, self.certified,
                   self.pdf_mb or 0, self.other_mb or 0]  # fmt: skip
        if any(not Decimal(one).is_finite() or not 0 <= one <= _MOST for one in numbers):
            raise WrongFacts("A number of pages, hours, megabytes or dollars is negative, or too large to be true.")


@dataclass(frozen=True)
class FeeLine:
    """One thing and its fee. `why` it is charged, or free; `citation` where the law says so.

    `known`: whether that was read in a source; if not, it is shown with `law.VERIFY`.
    """

    what: str
    amount: Decimal
    why: str
    citation: str
    known: bool = True


@dataclass(frozen=True)
class Fees:
    """An estimate. `total` is the sum of the lines, in `currency`; `notes`: what is owed to the requester with it."""

    lines: tuple[FeeLine, ...]
    currency: str
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines), _NOTHING)

    @property
    def known(self) -> bool:
        return all(line.known for line in self.lines)


def estimate(law: FoiaLaw, facts: FeeFacts) -> Fees:
    """What may be charged. Raises ConfigError for a kind of request that the law does not know."""
    law.kind(facts.kind)
    lines = tuple(_lines(law, facts))
    if facts.late and not law.fees.after_late:
        lines = _free(law, lines, "the answer did not come in time, so nothing may be charged", "fees.after_late")
    elif facts.waived:
        lines = _free(law, lines, "waived by the body", "fees.waiver")
    charged = any(line.amount for line in lines)
    notes = [law.fees.accounting] if charged and facts.kind in ("commercial", "voluminous") else []
    notes += [law.fees.prepayment] if charged and facts.kind == "commercial" else []
    return Fees(lines, law.fees.currency, tuple(note for note in notes if note))


def _lines(law: FoiaLaw, facts: FeeFacts) -> Iterator[FeeLine]:
    fees = law.fees
    if facts.pages:
        yield _pages(law, fees, facts.pages)
    if facts.colour_pages_cost:
        yield _at_cost(law, "pages in color or of other sizes", facts.colour_pages_cost, "fees.colour", fees.colour)
    if facts.medium_cost:
        yield _at_cost(law, "recording medium", facts.medium_cost, "fees.medium", fees.medium)
    if facts.certified:
        yield _each(law, "certified records", facts.certified, fees.certification, "fees.certification")
    if facts.hours:
        yield _hours(law, fees, facts)
    for what, size, tiers, field in (
        ("electronic records in PDF", facts.pdf_mb, fees.voluminous_pdf, "fees.voluminous_pdf"),
        ("electronic records in other formats", facts.other_mb, fees.voluminous_other, "fees.voluminous_other"),
    ):
        if size:
            yield _by_size(law, facts.kind, f"{what}, {size} MB", size, tiers, field)


def _pages(law: FoiaLaw, fees: FeeLaw, pages: int) -> FeeLine:
    free = fees.free_pages or 0
    charged, each = max(0, pages - free), fees.per_page
    if each is None or not charged:
        why = f"the first {free} pages are free" if free else "the law names no price for a page"
        return _line(law, f"{pages} pages", _NOTHING, why, "fees.free_pages" if free else "fees.per_page")
    why = f"{charged} pages at {fees.currency}{each}" + (f"; the first {free} are free" if free else "")
    return _line(law, f"{pages} pages", charged * each, why, "fees.per_page", *["fees.free_pages"] * bool(free))


def _at_cost(law: FoiaLaw, what: str, cost: Decimal, field: str, words: str | None) -> FeeLine:
    if words is None:
        return _line(law, what, _NOTHING, "the law names no fee for it", field)
    return _line(law, what, cost, words, field)


def _each(law: FoiaLaw, what: str, count: int, price: Decimal | None, field: str) -> FeeLine:
    if price is None:
        return _line(law, f"{count} {what}", _NOTHING, "the law names no fee for it", field)
    return _line(law, f"{count} {what}", count * price, f"{law.fees.currency}{price} each", field)


def _hours(law: FoiaLaw, fees: FeeLaw, facts: FeeFacts) -> FeeLine:
    what = f"{facts.hours} hours of personnel"
    if facts.kind != "commercial" or fees.hourly is None:
        return _line(law, what, _NOTHING, "time is charged for commercial requests only", "fees.hourly")
    free = fees.free_hours or _NOTHING
    charged = max(_NOTHING, facts.hours - free)
    first = f"the first {free} hours are free"
    why = f"{charged} hours at {fees.currency}{fees.hourly}" + (f"; {first}" if free else "") if charged else first
    return _line(law, what, charged * fees.hourly, why, "fees.hourly", *["fees.free_hours"] * bool(free))


def _by_size(law: FoiaLaw, kind: str, what: str, size: Decimal, tiers: Sequence[Tier], field: str) -> FeeLine:
    if kind != "voluminous" or not tiers:
        return _line(law, what, _NOTHING, "size is charged for voluminous requests only", field)
    tier = next(one for one in tiers if one.up_to_mb is None or size <= one.up_to_mb)
    why = f"up to {tier.up_to_mb} MB" if tier.up_to_mb is not None else "above every named size"
    return _line(law, what, tier.amount, why, field)


def _free(law: FoiaLaw, lines: Sequence[FeeLine], why: str, field: str) -> tuple[FeeLine, ...]:
    cited, known = law.citations.get(field, ""), law.known(field)
    return tuple(replace(line, amount=_NOTHING, why=why, citation=cited, known=known) for line in lines)


def _line(law: FoiaLaw, what: str, amount: Decimal, why: str, *fields: str) -> FeeLine:
    """In whole cents, rounded down: nothing is charged that the law does not allow."""
    cited = dict.fromkeys(law.citations[field] for field in fields if field in law.citations)
    return FeeLine(what, amount.quantize(_CENT, ROUND_DOWN), why, "; ".join(cited),
                   all(law.known(field) for field in fields))  # fmt: skip
