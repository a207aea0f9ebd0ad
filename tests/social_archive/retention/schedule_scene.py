"""An archive with a schedule of two items and a handful of records, whose next versions tests make up."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from social_archive.accession import Batch, commit
from social_archive.archive import Archive, open_archive
from social_archive.config import StoreConfig
from social_archive.config_schedule import Retention, RetentionRule
from social_archive.record import Observation, micros, now_micros
from tests.agencies import agency_folder

PEOPLE = """
people:
  - {user: records, name: Robin (invented), title: Records officer}
  - {user: director, name: Dana (invented), title: Director}
"""

RETENTION = """retention:
  version: "1"
  effective: 2026-01-01
  items:
    - {id: "10", series: comments, title: Comments, citation: invented, years: 40}
    - {id: "20", series: postings, title: Posts, citation: invented, years: 50}
  rules:
    - {item: "10", kind: comment}
    - {item: "20"}
"""

MONTHS = ((2023, 11), (2024, 2), (2025, 6))
"""In each of which there are two comments and a post."""


def folder(path: Path, buckets: StoreConfig, *, lock_mode: str = "governance", people: str = PEOPLE) -> Path:
    agency_folder(path, buckets.bucket)
    (path / "retention.yaml").write_text(RETENTION)
    agency = path / "agency.yaml"
    agency.write_text(agency.read_text().replace("store: {", f"store: {{lock_mode: {lock_mode}, ") + people)
    return path


def scene(tmp_path: Path, buckets: StoreConfig, *, stocked: bool = True, **settings: str) -> Archive:
    """Nothing is in force yet; the records lie where retention.yaml puts them."""
    archive = open_archive(folder(tmp_path / "agency", buckets, **settings), state=tmp_path / "state")
    if stocked:
        stock(archive)
    return archive


def stock(archive: Archive) -> None:
    seen = [seen_thing(kind, f"{kind}-{year}-{month}-{k}", datetime(year, month, 10 + k, 18, tzinfo=UTC))
            for year, month in MONTHS for kind, many in (("comment", 2), ("post", 1)) for k in range(many)]  # fmt: skip
    commit(archive, Batch("mastodon", "larkspur", "h1", seen))


def seen_thing(kind: str, native_id: str, at: datetime, *, state: str = "present") -> Observation:
    return Observation(
        kind=kind, native_id=native_id, native=b"{}", body=f"Words of {native_id} (invented).",  # type: ignore[arg-type]
        platform="mastodon", account="larkspur", observed_at=now_micros(), created_at=micros(at), state=state,  # type: ignore[arg-type]
        adapter="mastodon.1", harvest_id="h1", author_id="p",
    )  # fmt: skip


def next_version(
    archive: Archive, version: str, *, effective: date = date(2026, 2, 1), rules: list[dict[str, Any]] | None = None,
    **items: dict[str, Any],
) -> Retention:  # fmt: skip
    """retention.yaml with other items (`item10={"years": 3}`) and rules."""
    base = archive.agency.retention
    changed = [item.model_copy(update=items.get(f"item{item.id}", {})) for item in base.items]
    made = base.model_copy(update={"version": version, "effective": effective, "items": changed})
    if rules is not None:
        made = made.model_copy(update={"rules": [RetentionRule(**rule) for rule in rules]})
    return Retention.model_validate(made.model_dump())
