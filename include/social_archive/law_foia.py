"""The law on requests for public records, as data: how long an answer may take, what it costs, what it must say.

    law/<jurisdiction>/foia.yaml        the rules, like those on disposal (`law.py`); the model: `law_foia_model.py`
    law/<jurisdiction>/calendar.yaml    the holidays, as rules that hold for any year (`law_calendar.py`)

The agency's own file wins over the one that ships, each for itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError

from social_archive.config import Agency, Model, load_file
from social_archive.errors import ConfigError
from social_archive.law import Pack, overlapping
from social_archive.law_calendar import HolidayTable, load_holidays
from social_archive.law_foia_model import SECTIONS, SETTABLE, FoiaLaw, FoiaRule, KindLaw
from social_archive.law_pack import misplaced, pack_file, sha256_of
from social_archive.yaml_lines import Document, echo, read, suggestion

__all__ = ["LAW_FILE", "FoiaLaw", "FoiaRule", "KindLaw", "load_foia_law"]

LAW_FILE: Final = "foia.yaml"


class _LawFile(Model):
    pack: Pack
    rules: Annotated[list[FoiaRule], Field(min_length=1)]


def load_foia_law(agency: Agency, day: date | None = None) -> FoiaLaw:
    """The law of the agency's jurisdiction on requests, on a day (default: today, on the agency's calendar).

    Raises ConfigError if there is none, with the remedy; or with `file:line: reason` for everything wrong in it.
    """
    path = pack_file(agency, LAW_FILE)
    file, document = load_file(path, _LawFile), read(path)
    problems = [*misplaced(file.pack, document), *_unknown(file.rules, document), *overlapping(file.rules, document)]
    if problems:
        raise ConfigError("\n".join(problems))
    return _law(file, document, day or datetime.now(ZoneInfo(agency.body.time_zone)).date(), load_holidays(agency))


def _unknown(rules: list[FoiaRule], document: Document) -> Iterator[str]:
    for index, rule in enumerate(rules):
        if rule.sets is not None and rule.sets not in SETTABLE:
            # All hundred names would hide the one that was meant.
            section = rule.sets.partition(".")[0]
            there = [name for name in SETTABLE if name.startswith(f"{section}.")] or [
                *(name for name in SETTABLE if "." not in name), *(f"{name}.…" for name in SECTIONS)]  # fmt: skip
            yield (f"{document.place(('rules', index, 'sets'))}: there is nothing named {echo(rule.sets)} to set"
                   f"{suggestion(rule.sets, SETTABLE)}; there are {', '.join(there)}.")  # fmt: skip


def _law(file: _LawFile, document: Document, day: date, table: HolidayTable) -> FoiaLaw:
    in_force = [rule for rule in file.rules if rule.in_force(day)]
    setting = [rule for rule in in_force if rule.sets is not None]
    try:
        return FoiaLaw.model_validate({
            **file.pack.model_dump(), **_nested(setting),
            "path": document.path, "sha256": sha256_of(document.path), "day": day,
            "citations": {rule.sets: rule.citation for rule in setting}, "rules": in_force,
            "other_rules": [rule for rule in file.rules if not rule.in_force(day)], "table": table,
        })  # fmt: skip
    except ValidationError as error:
        raise ConfigError("\n".join(_explain(file, document, day, found) for found in error.errors())) from None


def _nested(setting: list[FoiaRule]) -> dict[str, Any]:
    """{"extension": {"days": 5}} for the rule that sets `extension.days`."""
    values: dict[str, Any] = {}
    for rule in setting:
        section, _, field = (rule.sets or "").partition(".")
        if field:
            values.setdefault(section, {})[field] = rule.value
        else:
            values[section] = rule.value
    return values


def _explain(file: _LawFile, document: Document, day: date, found: Any) -> str:
    where = [str(part) for part in found["loc"]]
    in_section = where[0] in SECTIONS
    field = ".".join(where[:2]) if in_section else where[0]
    inside = found["loc"][2 if in_section else 1 :]
    if found["type"] == "missing" and not inside:
        return f"{document.place(('rules',))}: no rule in force on {day} sets {field!r}."
    index = next(i for i, rule in enumerate(file.rules) if _of(rule, field) and rule.in_force(day))
    message = found["msg"].replace("Input should", "should").removeprefix("Value error, ").removesuffix(".")
    name = ".".join([field, *(str(part) for part in inside if isinstance(part, str))])
    return f"{document.place(('rules', index, 'value', *inside))}: {name} {message[0].lower() + message[1:]}."


def _of(rule: FoiaRule, field: str) -> bool:
    """Whether a rule sets a field, or something of it."""
    return rule.sets is not None and (rule.sets == field or rule.sets.startswith(f"{field}."))
