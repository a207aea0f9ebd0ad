"""A library with records that are past their time, for the tests of disposal. Everything in it is invented.

Two series: `comments` (kept 6 months) and `posts` (kept 5 years). The law is Larkspur's, which can be walked through in
a day. What a platform told of the time is given with the records, so that the clock is trusted.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from social_archive.accession import Batch, commit, describe, seal
from social_archive.archive import Archive, open_archive
from social_archive.catalog import CatalogObject
from social_archive.ledger import EMPTY, Draft
from social_archive.record import Media, Observation, canonical, micros
from social_archive.retention import certificate, disposal, execution, proposal, schedules
from social_archive.retention.certificate import Certified
from social_archive.retention.disposal import Disposal
from tests.agencies import agency_folder

LAW = Path(__file__).parents[3] / "include" / "sandbox" / "agency" / "law" / "larkspur"
LONG_AGO = datetime.now(UTC) - timedelta(days=500)
MASTODON = ("mastodon", "larkspur")

RETENTION = """retention:
  version: "1"
  effective: 2026-01-01
  application_number: "00:000"
  items:
    - {id: "10", series: posts, title: Posts (invented), citation: invented, years: 5}
    - {id: "20", series: comments, title: Comments (invented), citation: invented, months: 6}
  rules:
    - {item: "20", kind: comment}
    - {item: "10"}
"""


def library(tmp_path: Path, bucket: str, *, more: str = "", store: str = "", name: str = "agency") -> Archive:
    """An archive of its own whose agency has people, approvers and a schedule that is in force."""
    folder = agency_folder(tmp_path / name, bucket)
    text = (folder / "agency.yaml").read_text().replace("jurisdiction: illinois", "jurisdiction: larkspur")
    text = text.replace('endpoint_url: "env:ARCHIVE_S3_ENDPOINT"', f'endpoint_url: "env:ARCHIVE_S3_ENDPOINT"{store}')
    (folder / "agency.yaml").write_text(
        text
        + """people:
  - {user: it, name: "Ida Tran (invented)", title: IT}
  - {user: records, name: "Rosa Lindqvist (invented)", title: Records officer}
  - {user: director, name: "Adam Okafor (invented)", title: Director}
disposal: {first_approvers: [records], second_approvers: [director], verify_again_minutes: 0"""
        + f"{more}}}\n"
    )
    (folder / "retention.yaml").write_text(RETENTION)
    shutil.copytree(LAW, folder / "law" / "larkspur", dirs_exist_ok=True)
    archive = open_archive(folder, state=tmp_path / f"state-{name}")
    put_in_force(archive)
    return archive


def another(archive: Archive, tmp_path: Path) -> Archive:
    """The same archive seen from another host: caches of its own."""
    return open_archive(archive.agency.folder, state=tmp_path / f"host-{uuid.uuid4().hex[:8]}")


def put_in_force(archive: Archive) -> None:
    """Enter the schedule of the agency's folder as approved, as `archive retention` does."""
    body = schedules.encode(archive.agency.retention)
    ref = archive.store.put(f"schedules/{uuid.uuid4().hex}.json", body)
    described = describe(ref, cls="schedule", rows=0, retain_until=None)
    retention = archive.agency.retention
    note = {"schedule": ref.sha256, "version": retention.version, "by": "records", "via": "cli",
            "effective": retention.effective.isoformat()}  # fmt: skip
    head = archive.catalog.catch_up() or EMPTY
    archive.ledger.append(
        Draft("schedule.approved", archive.txn("schedule", ref.sha256), [], [described], note=note), head
    )
    archive.catalog.catch_up()
    seal(archive, [described])


def comment(number: int, text: str, *, at: datetime = LONG_AGO, media: Sequence[Media] = ()) -> Observation:
    """A comment that somebody wrote at `at`, read today from a platform that told the time."""
    now = datetime.now(UTC)
    return Observation(
        kind="comment", native_id=f"c{number}", native=f'{{"id":"c{number}"}}'.encode(), body=text,
        author_id="ada-invented", platform=MASTODON[0], account=MASTODON[1], created_at=micros(at),
        observed_at=micros(now), http_date=format_datetime(now, usegmt=True), harvest_id="h", adapter="scripted.1",
        endpoint="https://social.example/api", media=tuple(media),
    )  # fmt: skip


def take_in(archive: Archive, observations: Iterable[Observation], media: Sequence[dict[str, object]] = ()) -> None:
    commit(archive, Batch(*MASTODON, uuid.uuid4().hex, list(observations), media=list(media)))


def comments(archive: Archive, count: int, *, objects: int = 1, text: str = "remark") -> None:
    """`count` old comments, in so many objects."""
    each = count // objects
    for part in range(objects):
        take_in(archive, [comment(part * each + i, f"{text} {part * each + i}") for i in range(each)])


def approved(archive: Archive) -> Disposal:
    """What is due, proposed by IT, returned by the Commission, approved by two people."""
    d = proposal.propose(archive, by="it", via="cli")
    assert d is not None
    disposal.returned(archive, d.id, outcome="approved", reference="LRC 26-1 (invented)",
                      on=datetime.now(UTC).date(), by="records", via="cli")  # fmt: skip
    disposal.approve(archive, d.id, plan=d.plan, by="records", via="cli", place=1)
    return disposal.approve(archive, d.id, plan=d.plan, by="director", via="cli", place=2)


def approved_by_hand(archive: Archive, objects: Sequence[CatalogObject]) -> Disposal:
    """An approved disposal of exactly these objects, its entries written without the way through a proposal."""
    version = schedules.in_force(archive)
    assert version is not None
    identity = uuid.uuid4().hex[:12]
    listed = [
        {"key": o.key, "version": o.version_id, "class": o.cls, "size": o.size, "sha256": o.sha256, "rows": o.rows,
         "series": o.series, "cutoff": o.cutoff} for o in objects
    ]  # fmt: skip
    body = canonical({"disposal": identity, "schedule": {"sha256": version.sha256}, "objects": listed})
    ref = archive.store.put(f"disposals/{identity}/proposal.json", body)
    described = describe(ref, cls="disposal", rows=0, retain_until=None)
    about = {"disposal": identity, "via": "cli"}
    totals = {"records": sum(o.rows for o in objects), "objects": len(objects), "bytes": sum(o.size for o in objects)}
    plan = {"plan": ref.sha256}
    disposal.append(archive, "disposal.proposed", {**about, **plan, "by": "it", **totals}, objects=[described])
    answer = {"outcome": "approved", "reference": "r", "on": datetime.now(UTC).date().isoformat(), "by": "records"}
    disposal.append(archive, "disposal.returned", {**about, **answer})
    for place, by in ((1, "records"), (2, "director")):
        disposal.append(archive, "disposal.approved", {**about, **plan, "by": by, "place": place})
    return disposal.state(archive, identity)


def carried_out(archive: Archive, d: Disposal | None = None) -> Certified:
    """Destroyed, verified twice, certified."""
    d = d or approved(archive)
    execution.execute(archive, d.id, by="it")
    while not execution.verify(archive, d.id).done:
        pass
    return certificate.certify(archive, d.id, by="records")
