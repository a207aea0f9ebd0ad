"""The exemptions that a jurisdiction's law names, as data: their codes, what they cover, and where the law says so.

    law/<jurisdiction>/exemptions.yaml

The agency's own file wins over the one that ships. A jurisdiction without one lists none: a person may still enter any
code, and it is then marked as unverified. `for` says for which kind of personal information (the rules of
`policy/criteria/private_information.py`) a code is usually claimed, with a sentence to start from. It decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import Field, StringConstraints

from social_archive.config import Agency, Model, Text
from social_archive.errors import ConfigError
from social_archive.law import VERIFY, Dated, Pack, find_pack
from social_archive.law_pack import misplaced, parsed, sha256_of
from social_archive.yaml_lines import Document

EXEMPTIONS_FILE: Final = "exemptions.yaml"
LONGEST_CODE: Final = 40

Code = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_CODE, pattern=r"^[A-Za-z0-9 ().-]+$")]


class Exemption(Dated):
    """One exemption. `preset`: offered first, since it is a realistic pick for such a body.

    `basis`: a sentence on the facts to start from; `kinds` (in the file: `for`): kind of personal information -> the
    sentence for it. A person completes them: the law wants the facts of the record, not of the code.
    """

    code: Code
    title: Text
    summary: Text
    preset: bool = False
    basis: Text | None = None
    kinds: dict[str, Text] = Field(default_factory=dict, alias="for")

    def basis_for(self, kind: str | None = None) -> str | None:
        """The sentence to start from, for a kind of personal information or for whatever else it is claimed."""
        return self.kinds.get(kind, self.basis) if kind is not None else self.basis

    @property
    def cited(self) -> str:
        """Its citation for people: marked if nobody has read it there."""
        return self.citation if self.known else f"{self.citation} ({VERIFY})"


@dataclass(frozen=True)
class Exemptions:
    """Those in force on one day, in the order of the file. `sha256` (hex) is the file's; empty if there is none."""

    jurisdiction: str
    title: str
    invented: bool
    sha256: str
    listed: tuple[Exemption, ...]

    def get(self, code: str) -> Exemption | None:
        """An exemption by its code however it is written: "7 (1) (b)", "Sec. 7(1)(b)", its citation, or its end, if
        only one ends so. None if the pack does not list it, or if what was written fits two.
        """
        wanted = _parts(code)
        if not wanted:
            return None
        for one in self.listed:
            if wanted in (_parts(one.code), _parts(one.citation)):
                return one
        ending = [one for one in self.listed if _parts(one.code)[-len(wanted) :] == wanted]
        return ending[0] if len(ending) == 1 else None

    def presets(self) -> tuple[Exemption, ...]:
        return tuple(one for one in self.listed if one.preset)

    def for_kind(self, kind: str) -> Exemption | None:
        """The exemption that is usually claimed for a kind of personal information: a suggestion for a person."""
        return next((one for one in self.listed if kind in one.kinds), None)

    def checked(self, codes: Iterable[str]) -> tuple[list[str], bool]:
        """Codes as the pack writes them, each once, and whether all are in it and were read in a source.

        What it does not list stays as it was written.
        """
        found = [(code, self.get(code)) for code in codes]
        written = [one.code if one is not None else code.strip() for code, one in found]
        return list(dict.fromkeys(written)), bool(found) and all(one is not None and one.known for _, one in found)


class _File(Model):
    pack: Pack
    exemptions: Annotated[list[Exemption], Field(min_length=1)]


def load_exemptions(agency: Agency, day: date | None = None) -> Exemptions:
    """The exemptions of the agency's jurisdiction on a day (default: today, on the agency's calendar).

    None are listed if it has no such file. Raises ConfigError with `file:line: reason` for everything wrong in one.
    """
    path = find_pack(agency, EXEMPTIONS_FILE)
    if path is None:
        return Exemptions(agency.body.jurisdiction, "", invented=False, sha256="", listed=())
    file, document = parsed(path, _File)
    if problems := [*misplaced(file.pack, document), *_ambiguous(file.exemptions, document)]:
        raise ConfigError("\n".join(problems))
    on = day or datetime.now(ZoneInfo(agency.body.time_zone)).date()
    return Exemptions(file.pack.jurisdiction, file.pack.title, file.pack.invented, sha256_of(path),
                      tuple(one for one in file.exemptions if one.in_force(on)))  # fmt: skip


def _ambiguous(exemptions: list[Exemption], document: Document) -> Iterator[str]:
    """Two of one code, or for one kind, on the same day: nobody could say which is meant."""
    for (i, one), (j, other) in combinations(enumerate(exemptions), 2):
        if one.first > other.last or other.first > one.last:
            continue
        first = document.line(("exemptions", i, "code"))
        if _parts(one.code) == _parts(other.code):
            yield (f"{document.place(('exemptions', j, 'code'))}: two exemptions with the code {other.code!r} hold on "
                   f"the same day; the first is in line {first}.")  # fmt: skip
        for kind in sorted(one.kinds.keys() & other.kinds.keys()):
            yield (f"{document.place(('exemptions', j, 'for', kind))}: {other.code} and {one.code} (line {first}) are "
                   f"both for {kind!r}; one code is suggested for a kind.")  # fmt: skip


_BEFORE: Final = frozenset({"section", "sec", "s", "sections"})


def _parts(code: str) -> tuple[str, ...]:
    """What a code is made of: "7(1)(b-5)" -> 7, 1, b-5."""
    parts = re.findall(r"[a-z0-9]+(?:[.-][a-z0-9]+)*", code.lower())
    return tuple(parts[1:] if parts and parts[0] in _BEFORE and len(parts) > 1 else parts)
