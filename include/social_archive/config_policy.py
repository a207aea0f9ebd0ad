"""The model of `policy.yaml`: the clauses of the comment policy, the notice that profiles owe, and the checks."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import Field

from social_archive.config_schedule import Model, Slug, Text


class Clause(Model):
    """One kind of comment that the policy calls prohibited, in the policy's own words."""

    id: Slug
    text: Text


class Notice(Model):
    """What the policy says each profile shall tell the public, and wording that would satisfy it."""

    requirement: Text
    suggested: str | None = None


class CheckConfig(Model):
    """How one check is used: `on` (else the check's own default), the clause it is evidence for, its thresholds."""

    on: bool | None = None
    clause: Slug | None = None
    settings: dict[str, Any] = Field(default_factory=dict)


class CommentPolicy(Model):
    """The body's comment policy as data. A machine may point at a clause; only a person applies one.

    `version`: raised with every change of clauses or checks; findings say under which version they were made.
    """

    version: Text = "1"
    title: Text
    source: Text
    adopted: date | None = None
    welcome: str | None = None
    discretion: str | None = None
    clauses: list[Clause] = Field(default_factory=list)
    notices: list[Notice] = Field(default_factory=list)
    statements: list[Text] = Field(default_factory=list)
    checks: dict[str, CheckConfig] = Field(default_factory=dict)
