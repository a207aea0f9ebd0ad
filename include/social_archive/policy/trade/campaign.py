"""The words and addresses of campaigns, in pairs of opposites: no side is looked at harder than the other."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from social_archive.errors import ConfigError

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Campaign:
    """`lexicons/campaign.yaml`. Each list of pairs leads to one rule, whichever side an entry is of."""

    addresses: Pairs
    answers: Pairs
    candidates: Pairs
    measures: Pairs
    votes: Pairs
    fundraising_pairs: Pairs
    fundraising: tuple[str, ...]

    @classmethod
    def of(cls, said: dict[str, Any]) -> Campaign:
        """Raises ConfigError for an entry without a partner, or one that stands twice in its list."""
        lists = {name: _paired(name, entries) for name, entries in said.items() if isinstance(entries, list)}
        return cls(**lists, fundraising=tuple(said["fundraising"].split()))

    def lists(self) -> dict[str, Pairs]:
        """The lists that have sides, by name."""
        return {name: pairs for name, pairs in vars(self).items() if name != "fundraising"}


def both(pairs: Pairs) -> tuple[str, ...]:
    """Both sides of all pairs, the longest entry first."""
    return tuple(sorted((side for pair in pairs for side in pair), key=lambda side: (-len(side), side)))


def _paired(name: str, entries: list[Any]) -> Pairs:
    for entry in entries:
        if not (isinstance(entry, list) and len(entry) == 2 and all(isinstance(side, str) for side in entry)):
            raise ConfigError(f"campaign.yaml: {name}: {entry!r} is not a pair of texts. Each side needs its opposite.")
    twice = [side for side, count in Counter(side for entry in entries for side in entry).items() if count > 1]
    if twice:
        raise ConfigError(f"campaign.yaml: {name}: {twice[0]!r} stands twice. An entry has one opposite.")
    return tuple((first, second) for first, second in entries)


@cache
def campaign() -> Campaign:
    """The lists that come with the archive."""
    lists = resources.files("social_archive.policy").joinpath("lexicons/campaign.yaml")
    said = yaml.safe_load(lists.read_text("utf-8"))
    return Campaign.of(said)
