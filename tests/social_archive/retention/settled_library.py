"""An invented library whose schedule has every kind of rule, and histories that are committed as a harvest would."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from social_archive.accession import Batch, commit, describe
from social_archive.archive import Archive, open_archive
from social_archive.ledger import EMPTY, Draft, Entry
from social_archive.proof import verify_proof
from social_archive.proving import prove
from social_archive.record import Media, Observation, micros
from social_archive.retention.schedules import APPROVED, CLASS, encode
from social_archive.series import UNDATED_KINDS, WITHDRAWN_STATES, Cohort, Facts, Schedule
from tests.agencies import agency_folder

SCHEDULE = """retention:
  version: "1"
  effective: 2026-01-01
  fiscal_year_starts: 5
  items:
    - {id: "10", series: social-media, title: Posts and comments, citation: invented, years: 2}
    - {id: "11", series: profiles, title: Account profiles, citation: invented, years: 1, trigger: superseded,
       cutoff: fiscal_year}
    - {id: "12", series: hidden, title: Hidden comments, citation: invented, years: 5, cutoff: calendar_year}
    - {id: "13", series: replies, title: Replies, citation: invented, years: 3, trigger: withdrawn}
    - {id: "14", series: local-history, title: Local history, citation: invented, permanent: true}
  rules:
    - {item: "11", kind: profile}
    - {item: "12", state: hidden, reason: "Why it was hidden may be asked for five years (invented)."}
    - {item: "13", kind: reply}
    - {item: "14", tag: local-history}
    - {item: "10"}
"""


def day(text: str) -> int:
    """Noon UTC of a day, in microseconds."""
    return micros(datetime.fromisoformat(f"{text}T12:00:00").replace(tzinfo=UTC))


def library(folder: Path, bucket: str, state: Path, schedule: str = SCHEDULE) -> Archive:
    agency = agency_folder(folder, bucket)
    (agency / "retention.yaml").write_text(schedule)
    return open_archive(agency, state=state)


def seen(native_id: str, at: int, *, kind: str = "comment", created: int | None = None, state: str = "present",
         body: str = "", media: Sequence[Media] = ()) -> Observation:  # fmt: skip
    return Observation(
        kind=kind, native_id=native_id, native=b"{}", body=body or f"seen at {at}", platform="mastodon",  # type: ignore[arg-type]
        account="larkspur", observed_at=at, created_at=created, state=state, adapter="scripted", harvest_id="h",  # type: ignore[arg-type]
        author_id="someone-invented", media=tuple(media),
    )  # fmt: skip


def take(archive: Archive, *observations: Observation, media: Sequence[dict[str, Any]] = ()) -> None:
    commit(archive, Batch("mastodon", "larkspur", "h", list(observations), media=list(media)))


def attachment(archive: Archive, o: Observation, body: bytes) -> tuple[Media, dict[str, Any]]:
    """A stored attachment in the folder into which a harvest of `o` would put it, and its line for the ledger."""
    cohort = archive.schedule.cohort_of(o)
    ref = archive.store.put(f"{cohort.media_prefix()}{uuid.uuid4().hex}", body)
    medium = Media(id=ref.key[-8:], url="https://scripted.example/a", key=ref.key, sha256=ref.sha256, bytes=ref.size,
                   outcome="stored")  # fmt: skip
    return medium, describe(ref, cls="media", rows=0, retain_until=cohort.retain_until)


def approve(archive: Archive, schedule: Schedule) -> Entry:
    """Put a schedule in force by hand: the two entries that a proposal and its approval leave."""
    ref = archive.store.put(f"schedules/{uuid.uuid4().hex}.json", encode(schedule.retention))
    objects = [describe(ref, cls=CLASS, rows=0, retain_until=None)]
    note = {"schedule": ref.sha256, "version": schedule.retention.version,
            "effective": schedule.retention.effective.isoformat(), "by": "records", "via": "cli"}  # fmt: skip
    append(archive, "schedule.proposed", note, objects)
    return append(archive, APPROVED, note)


def append(archive: Archive, what: str, note: dict[str, Any], objects: Sequence[dict[str, Any]] = ()) -> Entry:
    head = archive.catalog.catch_up() or EMPTY
    entry = archive.ledger.append(Draft(what, archive.txn(what, uuid.uuid4().hex), objects=list(objects), note=note),
                                  head, since=head.n)  # fmt: skip
    archive.catalog.catch_up()
    return entry


# --------------------------------------------------------------------------- a second opinion, row by row


@dataclass
class History:
    """All versions of one thing, as the test committed them: (observed at, state)."""

    native_id: str
    kind: str
    created: int | None
    versions: list[tuple[int, str]]
    tags: frozenset[str] = field(default_factory=frozenset)

    def observations(self) -> list[Observation]:
        return [seen(self.native_id, at, kind=self.kind, created=self.created, state=state)
                for at, state in self.versions]  # fmt: skip

    def facts(self, version: int) -> Facts:
        """What the schedule should be told about one version (from 1), computed in the plainest way."""
        states = [state for _, state in self.versions]
        dated = self.kind not in UNDATED_KINDS and self.created is not None
        started = self.created if dated and self.created is not None else self.versions[0][0]
        withdrawn = None
        for at, state in self.versions:
            if state == "present":
                withdrawn = None
            elif state in WITHDRAWN_STATES and withdrawn is None:
                withdrawn = at
        superseded = self.versions[version][0] if version < len(self.versions) else None
        return Facts("mastodon", "larkspur", self.kind, started, frozenset(states), self.tags, withdrawn, superseded)

    def expected(self, schedule: Schedule) -> dict[tuple[str, int], Cohort]:
        return {(self.native_id, n): schedule.assign(self.facts(n)).cohort for n in range(1, len(self.versions) + 1)}


def lying(archive: Archive) -> dict[tuple[str, int], tuple[str, str]]:
    """(native id, version) -> (series, cutoff) of the folder in which its row lies; each row exactly once."""
    found: dict[tuple[str, int], tuple[str, str]] = {}
    for o in archive.catalog.objects("records"):
        table = pq.read_table(archive.mirror.path(o), columns=["native_id", "version"], partitioning=None)
        for row in table.to_pylist():
            thing = (row["native_id"], row["version"])
            assert thing not in found
            found[thing] = (o.series, o.cutoff)
    return found


def folders(cohorts: dict[tuple[str, int], Cohort]) -> dict[tuple[str, int], tuple[str, str]]:
    return {thing: (cohort.series, cohort.cutoff) for thing, cohort in cohorts.items()}


def rid_of(archive: Archive, native_id: str) -> str:
    return archive.catalog.latest("mastodon", "larkspur", [native_id])[native_id].rid


def assert_proofs(archive: Archive, native_ids: Sequence[str]) -> None:
    for native_id in native_ids:
        rid = rid_of(archive, native_id)
        for version, *_ in archive.catalog.where(rid):
            assert verify_proof(prove(archive, rid, version=version)).problems == []


def answers(archive: Archive) -> list[Any]:
    """What the catalog knows, for comparing before and after a rebuild."""
    things = archive.catalog.latest("mastodon", "larkspur", sorted({native_id for native_id, _ in lying(archive)}))
    placed = {native_id: archive.catalog.where(known.rid) for native_id, known in things.items()}
    return [sorted(things.items(), key=lambda item: item[0]), sorted(placed.items()), archive.catalog.objects()]
