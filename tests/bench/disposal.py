"""Carrying out a disposal beside a raw delete loop over as many objects that are locked in the same way.

`destroy_vs_raw`: objects/s from the approved list to "each one looked for and not found, and the ledger says so"
(gates, claims, HEAD of every lock before and of every version after), beside a loop that lifts the hold and deletes,
and believes what the store answers.
"""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from social_archive.accession import Batch, commit, describe, seal
from social_archive.archive import Archive, open_archive
from social_archive.record import Observation, micros
from social_archive.retention import disposal, execution, proposal, schedules
from social_archive.retention.disposal import Disposal
from tests.bench.places import agency_on, open_store
from tests.bench.rows import ROOT, Row, peer_row

OBJECTS = 1_000
LONG_AGO = datetime.now(UTC) - timedelta(days=2_000)
SCHEDULE = """retention:
  version: "bench"
  effective: 2026-01-01
  application_number: "00:000"
  items: [{id: "1", series: comments, title: Comments (invented), citation: invented, months: 6}]
  rules: [{item: "1"}]
"""
PEOPLE = """
people: [{user: a, name: A (invented), title: One}, {user: b, name: B (invented), title: Two},
         {user: it, name: C (invented), title: IT}]
disposal: {first_approvers: [a], second_approvers: [b]}
"""


def run(folder: Path, scale: float, say: Callable[[str], None]) -> dict[str, Row]:
    count = max(20, int(OBJECTS * scale))
    with open_store(folder):
        archive = open_archive(agency_of_two(folder / "agency"), state=folder / "state")
        _put_in_force(archive)
        for number in range(count):
            commit(archive, Batch("mastodon", "bulk", f"h{number}", [_comment(number)]))
        d = _approved(archive)
        raw = _raw(archive, count)
        started = time.perf_counter()
        done = execution.execute(archive, d.id, by="it")
        seconds = time.perf_counter() - started
        assert len(done.gone) == count, done.status
    say(f"{count:,} objects: ours {seconds:.2f} s (looked for, in the ledger), raw loop {raw:.2f} s (believed)")
    return {"destroy_vs_raw": peer_row(count / seconds, count / raw, "boto3 loop: hold off, delete", "objects/s")}


run.names = ("destroy_vs_raw",)  # type: ignore[attr-defined]


def _raw(archive: Archive, count: int) -> float:
    """As many objects, locked alike, deleted one after the other by somebody who asks nothing."""
    keys = []
    until = int((datetime.now(UTC) + timedelta(days=2)).timestamp() * 1_000_000)
    for _ in range(count):
        ref = archive.store.put(f"raw/{uuid.uuid4().hex}", b"x" * 12_000)
        seal(archive, [describe(ref, cls="records", rows=0, retain_until=until)])
        keys.append(ref)
    client, bucket = archive.disposer.client, archive.disposer.bucket
    started = time.perf_counter()
    for ref in keys:
        client.put_object_legal_hold(Bucket=bucket, Key=ref.key, VersionId=ref.version_id, LegalHold={"Status": "OFF"})
        client.delete_object(Bucket=bucket, Key=ref.key, VersionId=ref.version_id, BypassGovernanceRetention=True)
    return time.perf_counter() - started


def agency_of_two(folder: Path) -> Path:
    made = agency_on(folder, "http://127.0.0.1:9")
    (made / "retention.yaml").write_text(SCHEDULE)
    config = made / "agency.yaml"
    lines = [line for line in config.read_text().splitlines() if not line.startswith(("people:", "disposal:"))]
    config.write_text("\n".join(lines).replace("jurisdiction: illinois", "jurisdiction: larkspur") + PEOPLE)
    shutil.copytree(ROOT / "include/sandbox/agency/law/larkspur", made / "law" / "larkspur", dirs_exist_ok=True)
    return made


def _put_in_force(archive: Archive) -> None:
    schedules.propose(archive, by="a", via="cli", reason="the first version (bench)")


def _comment(number: int) -> Observation:
    now = datetime.now(UTC)
    return Observation(
        kind="comment", native_id=str(number), native=b"{}", body=f"Invented remark {number}", platform="mastodon",
        account="bulk", author_id="1", created_at=micros(LONG_AGO), observed_at=micros(now), harvest_id="h",
        adapter="mastodon/1", http_date=format_datetime(now, usegmt=True),
    )  # fmt: skip


def _approved(archive: Archive) -> Disposal:
    d = proposal.propose(archive, by="it", via="cli")
    assert d is not None
    disposal.returned(archive, d.id, outcome="approved", reference="bench", on=datetime.now(UTC).date(), by="a",
                      via="cli")  # fmt: skip
    disposal.approve(archive, d.id, plan=d.plan, by="a", via="cli", place=1)
    return disposal.approve(archive, d.id, plan=d.plan, by="b", via="cli", place=2)
