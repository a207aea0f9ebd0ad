"""The model of `policy.yaml`: the clauses of the comment policy, the notice that profiles owe, and the checks."""

from __future__ import annotations

from datetime import date
from typing import Any, Final, Literal

from pydantic import Field

from social_archive.config_schedule import Model, Slug, Text


class Clause(Model):
    """One kind of comment that the policy calls prohibited, in the policy's own words."""

    id: Slug
    text: Text


NoticePart = Literal["posted", "submitted", "disclosure"]
NOTICE_PARTS: Final[tuple[NoticePart, ...]] = ("posted", "submitted", "disclosure")


class Notice(Model):
    """What the policy says each profile shall tell the public, and wording that would satisfy it.

    `required_parts`: what has to be said: that it is about what is posted, about what is only submitted for posting,
    and that it is open to public disclosure. `wordings` adds phrases that say a part, beside the ones in the code.
    `allow_local`: a linked page may lie on this host or in a private network (the sandbox's does).
    """

    requirement: Text
    suggested: str | None = None
    required_parts: list[NoticePart] = Field(default_factory=lambda: list(NOTICE_PARTS), min_length=1)
    wordings: dict[NoticePart, list[Text]] = Field(default_factory=dict)
    allow_local: bool = False


class CheckConfig(Model):
    """How one check is used: `enabled` (else its own default), the clause it is evidence for, its thresholds."""

    enabled: bool | None = None
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
