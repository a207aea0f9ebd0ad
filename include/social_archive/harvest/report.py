"""What the steps of a harvest tell each other and the people who watch: counts, codes and keys, never content."""

from __future__ import annotations

import msgspec

from social_archive.harvest.walked import Walked
from social_archive.record import Observation, Unreadable


class Step(msgspec.Struct, kw_only=True):
    """One bounded piece of a walk, as parsed: what the next step (validation) judges. Lives in staging only.

    `walked` is on the last piece alone.
    """

    observations: list[Observation] = []
    unreadable: list[Unreadable] = []
    media: list[dict[str, object]] = []
    expected_replies: dict[str, int] = {}
    cursor: dict[str, int | None] | None = None
    walked: Walked | None = None


class Judged(msgspec.Struct, kw_only=True):
    """One piece after validation: what is taken in, what is quarantined, and the validation's result."""

    observations: list[Observation] = []
    quarantined: list[dict[str, object]] = []
    media: list[dict[str, object]] = []
    evidence: dict[str, object] | None = None
    cursor: dict[str, int | None] | None = None
    walked: Walked | None = None
    imported: bool = False
    kept: list[dict[str, object]] = []
    resolved: list[dict[str, str]] = []


class GapNotice(msgspec.Struct, frozen=True):
    """A span that could not be seen (times in ISO 8601 UTC; None: open)."""

    reason: str
    start: str | None
    end: str | None
    closed: bool = False


class Told(msgspec.Struct, kw_only=True):
    """Base of the small results: they go through XCom and `--json` as plain dictionaries."""

    def to_dict(self) -> dict[str, object]:
        plain: dict[str, object] = msgspec.to_builtins(self)
        return plain


class Pulled(Told, kw_only=True):
    """What `pull` staged for one account. `outcome`: `ok`, `partial` (some of it could not be seen), `paused`
    (nobody may look until a person acts)."""

    harvest_id: str
    platform: str
    account: str
    steps: list[str]
    seen: int
    outcome: str = "ok"
    message: str = ""
    regain_at: str | None = None
    gaps: list[GapNotice] = []
    looked_at: int | None = None  # when the walk began, if it reached its end; microseconds UTC
    walked: Walked | None = None

    @classmethod
    def from_dict(cls, plain: dict[str, object]) -> Pulled:
        return msgspec.convert(plain, cls)


class Validated(Pulled, kw_only=True):
    """What `validate` judged: `judged` are staging keys again."""

    judged: list[str]
    accepted: int
    rejected: int

    @classmethod
    def from_dict(cls, plain: dict[str, object]) -> Validated:
        return msgspec.convert(plain, cls)


class HarvestReport(Told, kw_only=True):
    """What one harvest of one account did. `entries` are the numbers of the ledger entries it appended."""

    harvest_id: str
    platform: str
    account: str
    outcome: str = "ok"
    message: str = ""
    regain_at: str | None = None
    posts: int = 0
    comments: int = 0
    replies: int = 0
    profiles: int = 0
    new: int = 0
    changed: int = 0
    deleted: int = 0
    unchanged: int = 0
    quarantined: int = 0
    gaps: list[GapNotice] = []
    entries: list[int] = []
    walked: Walked | None = None

    @classmethod
    def from_dict(cls, plain: dict[str, object]) -> HarvestReport:
        return msgspec.convert(plain, cls)

    @property
    def wrote(self) -> int:
        """New versions that this harvest added to the archive."""
        return self.new + self.changed + self.deleted
