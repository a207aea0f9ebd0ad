"""What the law adds to the checks of the comment policy, as data: notes for the reviewer, settings of a jurisdiction.

    law/<jurisdiction>/policy.yaml

The agency's own file wins over the one that ships. A jurisdiction without one adds nothing.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import Field

from social_archive.config import Agency, Model, Slug, Text, load_file
from social_archive.errors import ConfigError
from social_archive.law import VERIFY, Pack, Sourced, find_pack
from social_archive.yaml_lines import shown

FILE: Final = "policy.yaml"


class PolicyNote(Sourced):
    """One thing that the law says of what a check looks for."""

    check: Slug
    text: Text

    def sentence(self) -> str:
        """As a reviewer reads it: what nobody has read in a source is marked."""
        cited = self.citation if self.known else f"{self.citation}; {VERIFY}"
        return f"{self.text.rstrip('.')} ({cited})."


class PolicyLaw(Model):
    """What one jurisdiction adds. `settings` are of checks by their names; policy.yaml of the agency wins."""

    pack: Pack
    notes: list[PolicyNote] = Field(default_factory=list)
    settings: dict[str, dict[str, Any]] = Field(default_factory=dict)

    def note_of(self, check: str) -> str:
        """What the law says of one check, as sentences; empty if nothing."""
        return " ".join(note.sentence() for note in self.notes if note.check == check)


def load_policy_law(agency: Agency) -> PolicyLaw | None:
    """The pack of the agency's jurisdiction; None if it has none. Raises ConfigError with `file:line: reason`."""
    path = find_pack(agency, FILE)
    if path is None:
        return None
    law = load_file(path, PolicyLaw)
    if law.pack.jurisdiction != path.parent.name:
        raise ConfigError(
            f"{shown(path)}: the file is for {law.pack.jurisdiction!r}, but it stands in {path.parent.name!r}."
        )
    return law
