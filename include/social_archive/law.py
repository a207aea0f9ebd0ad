"""The law on disposal, as data: a pack for each jurisdiction, read as strictly as the agency's own files.

    AGENCY/law/<jurisdiction>/disposal.yaml    the agency's own pack; it wins over
    include/law/<jurisdiction>/disposal.yaml   the pack that ships

A pack is a list of rules, each with its citation, where it was read, how surely it is known, and the days between which
it holds. A rule that `sets` a field of `DisposalLaw` is followed by the archive; the others are there for people. The
code holds no statute. A jurisdiction without a pack is no fault until somebody asks what its law is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import Field, PlainValidator, ValidationError, model_validator

from social_archive.config import Agency, Confidence, Model, Slug, Text, load_file
from social_archive.errors import ConfigError
from social_archive.yaml_lines import Document, echo, read, shown, suggestion

__all__ = [
    "VERIFY", "DisposalLaw", "Example", "ExampleSeries", "LawRule", "Outcome", "Sourced", "Stop", "effective_at",
    "find_pack", "load_disposal_law", "load_examples", "overlapping", "pack_path",
]  # fmt: skip

SHIPPED: Final = Path(__file__).resolve().parents[1] / "law"
PACK: Final = "disposal.yaml"
VERIFY: Final = "verify with counsel"
"""What is said of every rule that nobody has read in a source."""

_FOLDER: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")  # a jurisdiction is part of a path

Outcome = Literal["approved", "amended", "deferred"]
Stop = Literal["litigation", "claim", "audit", "records_request", "administrative_review"]
RuleValue = bool | int | str | list[str]


def _rule_value(value: Any) -> RuleValue:
    if isinstance(value, bool | int) or (isinstance(value, str) and value.strip()):
        return value
    if isinstance(value, list) and value and all(isinstance(one, str) and one.strip() for one in value):
        return value
    raise ValueError("must be text, a number, true or false, or a list of texts")


# --------------------------------------------------------------------------- models


class Sourced(Model):
    """Something said of the law: where the law says it, where it was read and when, and how surely it is known."""

    citation: Text
    source: Text
    retrieved_on: date | None = None
    confidence: Confidence
    note: Text | None = None

    @model_validator(mode="after")
    def _read_on_a_day(self) -> Sourced:
        if self.known and self.source.startswith("http") and self.retrieved_on is None:
            raise ValueError("what was read at an address needs `retrieved_on`, the day on which it was read")
        return self

    @property
    def known(self) -> bool:
        """Whether it was read somewhere. What was not must be shown with `VERIFY`, never as law."""
        return self.confidence in ("source", "secondary")


class Dated(Sourced):
    """What holds from its first to its last day, both included; a day left out is not known or not set."""

    effective_from: date | None = None
    effective_to: date | None = None

    @model_validator(mode="after")
    def _days_in_order(self) -> Self:
        if self.first > self.last:
            raise ValueError("`effective_to` lies before `effective_from`")
        return self

    @property
    def first(self) -> date:
        return self.effective_from or date.min

    @property
    def last(self) -> date:
        return self.effective_to or date.max

    def in_force(self, day: date) -> bool:
        return self.first <= day <= self.last


class LawRule(Dated):
    """One rule."""

    rule_id: Slug
    sets: Text | None = None
    value: Annotated[RuleValue, PlainValidator(_rule_value)]
    summary: Text


class DisposalLaw(Model):
    """What one jurisdiction demands of a disposal on one day.

    `citations` gives each field's; `rules` are all rules in force, `other_rules` the pack's rules that are not;
    `sha256` (hex) is the pack's, so that a paper can say which wording of the law was followed.
    """

    jurisdiction: Slug
    title: Text
    invented: bool
    path: Path
    sha256: str
    day: date
    prior_approval: bool
    approver: Text
    approver_office: Text
    application_required: bool
    file_days_before: Annotated[int, Field(ge=0, le=3650)]
    outcomes: Annotated[list[Outcome], Field(min_length=1)]
    stops_for: list[Stop]
    keep_certificates: Literal["permanent"]
    method_requirement: Text
    statement: Text
    worksheet_notice: Text
    citations: dict[str, str]
    rules: list[LawRule]
    other_rules: list[LawRule]

    def rules_for(self, field: str) -> list[LawRule]:
        """The rules in force behind a field: one, or for a list of things each of its own."""
        return [rule for rule in self.rules if rule.sets == field]

    def known(self, field: str) -> bool:
        """Whether every rule behind a field was read somewhere; if not, it is shown with `VERIFY`."""
        return all(rule.known for rule in self.rules_for(field))


class ExampleSeries(Sourced):
    """A series of another jurisdiction's schedule. Its period is words: nothing computes with it."""

    code: Text
    title: Text
    period: Text
    trigger: Text | None = None


class Example(Model):
    """What another jurisdiction's schedule says of social media: to compare with, never applied."""

    jurisdiction: Text
    authority: Text
    series: Annotated[list[ExampleSeries], Field(min_length=1)]


class Pack(Model):
    """The head of each file of a pack: whose law it is."""

    jurisdiction: Slug
    title: Text
    invented: bool = False


class _PackFile(Model):
    pack: Pack
    rules: Annotated[list[LawRule], Field(min_length=1)]


class _ExampleFile(Model):
    example: Example


_COLLECTED: Final = frozenset({"stops_for"})
"""Fields that several rules in force may set: each adds what it names."""
_SETTABLE: Final = (
    "prior_approval", "approver", "approver_office", "application_required", "file_days_before", "outcomes",
    "stops_for", "keep_certificates", "method_requirement", "statement", "worksheet_notice",
)  # fmt: skip
_WORDED: Final = ("statement", "worksheet_notice")
_QUOTED: Final = ("approver", "file_days_before")
"""What the wordings may name in braces, so that no number stands in two places."""


# --------------------------------------------------------------------------- loading


def load_disposal_law(agency: Agency, day: date | None = None) -> DisposalLaw:
    """The law of the agency's jurisdiction on a day (default: today, on the agency's calendar).

    Raises ConfigError if there is no pack, with the remedy; or with `file:line: reason` for everything wrong in it.
    """
    path = pack_path(agency)
    file, document = load_file(path, _PackFile), read(path)
    problems = list(_problems(file, path, document))
    if problems:
        raise ConfigError("\n".join(problems))
    return _law(file, document, day or datetime.now(ZoneInfo(agency.body.time_zone)).date())


def pack_path(agency: Agency) -> Path:
    """The file with the law of the agency's jurisdiction: its own, else the one that ships."""
    if (path := find_pack(agency, PACK)) is not None:
        return path
    name = agency.body.jurisdiction
    own = agency.folder / "law" / (name if _FOLDER.fullmatch(name) else "NAME") / PACK
    raise ConfigError(
        f"There is no pack of law for the jurisdiction {echo(name)}{suggestion(name.lower(), _shipped())}, so nothing "
        "can be disposed of. Harvesting, finding and proving need none.",
        remedy=f"Correct `jurisdiction` in {shown(agency.folder / 'agency.yaml')} (small letters and hyphens), or "
        f"write {shown(own)}; docs/law.md says how.",
    )


def find_pack(agency: Agency, file: str) -> Path | None:
    """One file of the jurisdiction's pack: the agency's own, else the one that ships, else None."""
    name = agency.body.jurisdiction
    if not _FOLDER.fullmatch(name):
        return None
    paths = (folder / name / file for folder in (agency.folder / "law", SHIPPED))
    return next((path for path in paths if path.is_file()), None)


def effective_at(rules: Iterable[LawRule], day: date) -> list[LawRule]:
    """The rules in force on a day, in their order."""
    return [rule for rule in rules if rule.in_force(day)]


def load_examples(folder: Path | None = None) -> list[Example]:
    """Other jurisdictions' periods. They are not law here, and nothing applies them."""
    paths = sorted((folder or SHIPPED / "examples").glob("*.yaml"))
    return [load_file(path, _ExampleFile).example for path in paths]


def _shipped() -> list[str]:
    return sorted(path.parent.name for path in SHIPPED.glob(f"*/{PACK}"))


# --------------------------------------------------------------------------- what no single rule can see


def _problems(file: _PackFile, path: Path, document: Document) -> Iterator[str]:
    if file.pack.jurisdiction != path.parent.name:
        yield (f"{document.place(('pack', 'jurisdiction'))}: the pack is for {file.pack.jurisdiction!r}, but it stands "
               f"in the folder {path.parent.name!r}.")  # fmt: skip
    for index, rule in enumerate(file.rules):
        if rule.sets is not None and rule.sets not in _SETTABLE:
            yield (f"{document.place(('rules', index, 'sets'))}: there is nothing named {echo(rule.sets)} to set"
                   f"{suggestion(rule.sets, _SETTABLE)}; there are {', '.join(_SETTABLE)}.")  # fmt: skip
    yield from overlapping(file.rules, document, collected=_COLLECTED)


def overlapping(
    rules: Sequence[LawRule], document: Document, *, collected: frozenset[str] = frozenset()
) -> Iterator[str]:
    """Two rules of one name, or for one thing, that hold on the same day: nobody could say which is the law.

    `collected`: fields that several rules may set.
    """
    for (i, one), (j, other) in combinations(enumerate(rules), 2):
        if one.first > other.last or other.first > one.last:
            continue
        first = document.line(("rules", i, "rule_id"))
        if one.rule_id == other.rule_id:
            same = f"two rules named {one.rule_id!r}"
        elif one.sets is not None and one.sets == other.sets and one.sets not in collected:
            same = f"two rules that set {one.sets!r}"
        else:
            continue
        yield (f"{document.place(('rules', j, 'rule_id'))}: {same} hold on the same day; the first is in line {first}. "
               "Give the old one `effective_to`, the new one `effective_from`.")  # fmt: skip


def _law(file: _PackFile, document: Document, day: date) -> DisposalLaw:
    in_force = effective_at(file.rules, day)
    values: dict[str, Any] = {}
    citations: dict[str, list[str]] = {}
    for rule in in_force:
        if rule.sets is None:
            continue
        values[rule.sets] = _joined(values.get(rule.sets), rule.value) if rule.sets in _COLLECTED else rule.value
        citations.setdefault(rule.sets, []).append(rule.citation)
    for field in _WORDED:
        if isinstance(values.get(field), str):
            values[field] = _worded(values[field], values)
    try:
        return DisposalLaw.model_validate({
            **file.pack.model_dump(), **values, "path": document.path, "day": day, "rules": in_force,
            "sha256": hashlib.sha256(document.path.read_bytes()).hexdigest(),
            "citations": {field: "; ".join(dict.fromkeys(cited)) for field, cited in citations.items()},
            "other_rules": [rule for rule in file.rules if not rule.in_force(day)],
        })  # fmt: skip
    except ValidationError as error:
        raise ConfigError("\n".join(_explain(file, document, day, found) for found in error.errors())) from None


def _joined(there: Any, value: RuleValue) -> list[Any]:
    """What several rules name, each once."""
    named = value if isinstance(value, list) else [value]
    return list(dict.fromkeys([*(there or []), *named]))


def _worded(text: str, values: dict[str, Any]) -> str:
    for name in _QUOTED:
        text = text.replace(f"{{{name}}}", str(values.get(name, "")))
    return text


def _explain(file: _PackFile, document: Document, day: date, found: Any) -> str:
    field = str(found["loc"][0])
    if found["type"] == "missing":
        return f"{document.place(('rules',))}: no rule in force on {day} sets {field!r}."
    of_field = [i for i, rule in enumerate(file.rules) if rule.sets == field and rule.in_force(day)]
    message = found["msg"].replace("Input should", "should").removesuffix(".")
    wrong = found["input"]
    index = next((i for i in of_field if wrong in _joined(None, file.rules[i].value)), of_field[0])
    place = document.place(("rules", index, "value"))
    return f"{place}: {field} {message[0].lower() + message[1:]} (found {echo(wrong)})."
