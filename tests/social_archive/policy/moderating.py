"""A library whose comments come and go, for the tests of the moderation ledger. Everything in it is invented.

Sightings are committed one by one, each with the time at which a harvest would have made it.
"""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import pyarrow as pa

from social_archive import companions
from social_archive.accession import Batch, commit
from social_archive.archive import Archive
from social_archive.policy import decisions, findings
from social_archive.record import Observation, micros, new_rid

DAY_ONE: Final = datetime(2026, 11, 2, 9, tzinfo=UTC)
POLICY: Final = """policy:
  version: "3"
  title: Comments (invented)
  source: invented
  clauses:
    - {id: advertising, text: Advertisements or sale of merchandise or services}
    - {id: private-information, text: Private or personal information}
"""
FACEBOOK: Final = """accounts:
  - {name: larkspur, platform: facebook, handle: larkspur, secrets: {token: "env:INVENTED_TOKEN"}}
"""


def day(number: float) -> datetime:
    """The morning of day 1, 2, … of the story."""
    return DAY_ONE + timedelta(days=number - 1)


def us(number: float) -> int:
    return micros(day(number))


def seen(
    archive: Archive, native_id: str, on: float, *, state: str = "present", platform: str = "facebook",
    kind: str = "comment", text: str = "A remark (invented)", own: bool = False, flags: tuple[str, ...] = (),
    created: float | None = 0.0, root: str | None = "p1", harvest: str | None = None,
) -> str:  # fmt: skip
    """One sighting; returns the record's id."""
    absent = state in ("deleted", "missing_unconfirmed", "account_gone", "inaccessible")
    o = Observation(
        kind=kind, native_id=native_id, native=f'{{"id":"{native_id}","on":{on}}}'.encode(),  # type: ignore[arg-type]
        body=None if absent else text, author_id=None if absent else "ada-invented",
        author_is_account=own and not absent, platform=platform, account="larkspur", state=state,  # type: ignore[arg-type]
        root_native_id=None if kind == "post" else root, parent_native_id=None if kind == "post" else root,
        flags=flags, created_at=None if created is None else us(created), observed_at=us(on),
        harvest_id=harvest or uuid.uuid4().hex, adapter="scripted.1",
    )  # fmt: skip
    commit(archive, Batch(platform, "larkspur", o.harvest_id, [o]))
    archive.catalog.catch_up()
    return archive.catalog.latest(platform, "larkspur", [native_id])[native_id].rid


def looked(
    archive: Archive, on: float, *, outcome: str = "ok", since: float | None = None, platform: str = "facebook"
) -> None:
    """A look at the account that found nothing new, as the ledger keeps it."""
    from social_archive.harvest.walked import Walked

    walked = Walked(harvest_id=uuid.uuid4().hex, platform=platform, account="larkspur", adapter="scripted.1",
                    started=us(on), ended=us(on) + 60_000_000, full=since is None, outcome=outcome,
                    since=None if since is None else us(since))  # fmt: skip
    commit(archive, Batch(platform, "larkspur", walked.harvest_id, [], walked=walked.to_dict()))
    archive.catalog.catch_up()


def _write(archive: Archive, cls: str, of: pa.Schema, what: str, rows: list[dict[str, Any]]) -> None:
    kept = pa.schema([field for field in of if field.name not in ("secret", "commitment")])
    companions.commit(archive, cls, pa.Table.from_pylist(rows, schema=kept), what=what, note={}, txn=(new_rid(),),
                      sources=[])  # fmt: skip


def _about(archive: Archive, rid: str) -> dict[str, Any]:
    version, place = companions.place_of(archive, rid)
    return {"id": new_rid(), "rid": rid, "version": version, "platform": place.platform, "account": place.account,
            "series": place.series, "cutoff": place.cutoff}  # fmt: skip


def decided(
    archive: Archive, rid: str, on: float, verdict: str = "violation", clause: str | None = None,
    shown: list[str] | None = None,
) -> str:  # fmt: skip
    """A decision about a record, on a day of the story."""
    row = {
        **_about(archive, rid), "verdict": verdict, "rationale": "Reasons (invented)", "findings": shown or [],
        "clause": clause or ("advertising" if verdict == "violation" else None), "by": "records", "name": None,
        "title": None, "via": "cli", "policy": "3", "supersedes": None, "decided_at": us(on),
    }  # fmt: skip
    _write(archive, decisions.CLASS, decisions.SCHEMA, decisions.WHAT, [row])
    return str(row["id"])


def found(
    archive: Archive, rid: str, on: float, clause: str | None = "advertising", rule: str = "ads.price",
    criterion: str = "advertising", strength: str = "moderate",
) -> str:  # fmt: skip
    """A finding about a record."""
    row = {
        **_about(archive, rid), "kind": "comment", "field": "body", "criterion": criterion, "clause": clause,
        "rule": rule, "rule_version": 1, "policy": "3", "rules": "0" * 64, "start": 0, "end": 8, "quote": "A remark",
        "evidence": "{}", "strength": strength, "explanation": "Names a price (invented).", "found_at": us(on),
    }  # fmt: skip
    _write(archive, findings.CLASS, findings.SCHEMA, "policy.checked", [row])
    return str(row["id"])


def as_json(value: object) -> str:
    """Everything that an answer says, to look for what it must not say."""
    return json.dumps(msgspec.to_builtins(value), default=str)
