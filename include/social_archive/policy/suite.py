"""All criteria of one agency, as its policy.yaml sets them, ready to be asked about many texts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Final

import numpy as np
from pydantic import ValidationError

from social_archive.config import Agency
from social_archive.config_policy import CheckConfig, CommentPolicy
from social_archive.errors import ConfigError
from social_archive.law_policy import PolicyLaw, load_policy_law
from social_archive.policy.batch import Batch
from social_archive.policy.criteria import registry
from social_archive.policy.criterion import Criterion, Hit
from social_archive.record import canonical
from social_archive.yaml_lines import suggestion

DATA: Final = tuple(Path(__file__).parent / name for name in ("lexicons", "models"))


@cache
def _data(folders: tuple[Path, ...]) -> dict[str, str]:
    """Name of each word list and model -> SHA-256 of its bytes."""
    files = sorted(file for folder in folders for file in folder.iterdir() if file.is_file())
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


@dataclass(frozen=True)
class Check:
    """One criterion as this agency uses it."""

    criterion: Criterion
    clause: str | None  # of policy.yaml
    on: bool
    law: str = ""  # what the jurisdiction's law says of it, in sentences

    @property
    def name(self) -> str:
        return self.criterion.name

    @property
    def note(self) -> str:
        """What a reviewer has to keep in mind, with what the law of the jurisdiction adds."""
        return f"{self.criterion.note} {self.law}".rstrip()


@dataclass(frozen=True)
class Suite:
    """`version` is what policy.yaml calls its rules; `digest` is what they really are."""

    version: str
    checks: tuple[Check, ...]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what decides what is found: rules with their versions, settings, clauses, on or off, and the word
        lists and models that come with the archive, byte for byte."""
        said = {
            check.name: {
                "clause": check.clause, "on": check.on, "settings": check.criterion.settings.model_dump(mode="json"),
                "rules": {rule.id: rule.version for rule in check.criterion.rules},
            }
            for check in self.checks
        }  # fmt: skip
        return hashlib.sha256(canonical({"version": self.version, "checks": said, "data": _data(DATA)})).hexdigest()

    @property
    def active(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.on)

    def find(self, batch: Batch) -> Iterator[tuple[Check, Hit]]:
        """What the active checks find. Rows of the hits are rows of `batch`."""
        whose = {"all": np.arange(len(batch)), "own": np.flatnonzero(batch.is_own),
                 "public": np.flatnonzero(~batch.is_own)}  # fmt: skip
        batch.folded  # noqa: B018  folded once for all criteria
        read = {audience: batch if len(rows) == len(batch) else batch.take(rows) for audience, rows in whose.items()}
        for check in self.active:
            rows = whose[check.criterion.audience]
            if not len(rows):
                continue
            for hit in check.criterion.find(read[check.criterion.audience]):
                yield check, Hit(int(rows[hit.row]), hit.rule, hit.start, hit.end, hit.evidence, hit.strength)


def suite_of(agency: Agency) -> Suite:
    """The suite of an agency. Raises ConfigError for a check that there is not, a setting or a clause it has not."""
    policy = agency.policy or CommentPolicy(title="No comment policy", source="none")
    known = registry()
    for name in policy.checks:
        if name not in known:
            raise ConfigError(f"policy.yaml: there is no check {name!r}.{suggestion(name, known)}")
    clauses = {clause.id for clause in policy.clauses}
    law = load_policy_law(agency)
    for name in law.settings if law else ():
        if name not in known:
            raise ConfigError(f"The law of {agency.body.jurisdiction}: there is no check {name!r}.")
    return Suite(policy.version, tuple(_check(cls, policy, clauses, law) for cls in known.values()))


def check_of(agency: Agency, cls: type[Criterion]) -> Check:
    """One check as an agency sets it, without loading the others. Raises ConfigError."""
    policy = agency.policy or CommentPolicy(title="No comment policy", source="none")
    return _check(cls, policy, {clause.id for clause in policy.clauses}, load_policy_law(agency))


def _check(cls: type[Criterion], policy: CommentPolicy, clauses: set[str], law: PolicyLaw | None) -> Check:
    config = policy.checks.get(cls.name, CheckConfig())
    if config.clause is not None and config.clause not in clauses:
        raise ConfigError(f"policy.yaml: the check {cls.name!r} names a clause that is not there: {config.clause!r}.")
    clause = config.clause or (cls.clause if cls.clause in clauses else None)
    try:
        lawful = law.settings.get(cls.name, {}) if law else {}
        settings = cls.Settings.model_validate({**lawful, **config.settings})
    except ValidationError as error:
        found = error.errors()[0]
        where = ".".join(str(part) for part in found["loc"])
        raise ConfigError(f"policy.yaml: checks.{cls.name}.settings.{where}: {found['msg']}") from None
    on = cls.on if config.enabled is None else config.enabled
    return Check(cls(settings), clause, on, law.note_of(cls.name) if law else "")
