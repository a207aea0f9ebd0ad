"""Findings and decisions about records of a test's archive, written without the checks that would make them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from social_archive import companions
from social_archive.archive import Archive
from social_archive.companions import Place
from social_archive.ledger import Entry
from social_archive.policy import decisions, findings
from social_archive.record import micros, new_rid

ACCOUNT = ("mastodon", "larkspur")


def find(archive: Archive, quotes: Mapping[str, str], *, version: int | None = None) -> Entry:
    """One finding for each native id, in one entry: what it quotes of the latest version (or another one)."""
    rows, sources = [], []
    for native_id, quote in quotes.items():
        about, place = _about(archive, native_id, version)
        rows.append(about | _finding(quote))
        sources.append(place)
    return _find(archive, rows, sources)


def find_in_every_version(archive: Archive, native_ids: Collection[str]) -> Entry:
    """One finding for every version of these things, in one entry; it quotes the native id and the version."""
    archive.catalog.catch_up()
    rows, sources = [], []
    for o in archive.catalog.objects("records"):
        sources.append(companions.place(o))
        stored = pq.read_table(archive.mirror.path(o), columns=["rid", "version", "native_id"], partitioning=None)
        rows += [_at(row["rid"], row["version"], sources[-1]) | _finding(f"{row['native_id']} {row['version']}")
                 for row in stored.to_pylist() if row["native_id"] in native_ids]  # fmt: skip
    return _find(archive, rows, sources)


def _finding(quote: str) -> dict[str, Any]:
    return {
        "kind": "comment", "field": "body", "criterion": "invented", "clause": None, "rule": "invented-1",
        "rule_version": 1, "policy": "1", "rules": "0" * 64, "start": 0, "end": len(quote), "quote": quote,
        "evidence": "{}", "strength": "weak", "explanation": "Invented.", "found_at": micros(datetime.now(UTC)),
    }  # fmt: skip


def _find(archive: Archive, rows: list[dict[str, Any]], sources: list[Place]) -> Entry:
    note = {"rules": "invented", "entries": []}
    return _commit(archive, findings.CLASS, findings.table_of(rows), "policy.checked", sources, note)


def decide(archive: Archive, native_id: str, rationale: str) -> Entry:
    """A decision about the latest version."""
    about, place = _about(archive, native_id, None)
    row = {
        **about, "verdict": "no_violation", "clause": None, "rationale": rationale, "findings": [], "by": "records",
        "name": None, "title": None, "via": "cli", "policy": "1", "supersedes": None,
        "decided_at": micros(datetime.now(UTC)),
    }  # fmt: skip
    return _commit(archive, decisions.CLASS, _table(row, decisions.SCHEMA), decisions.WHAT, [place], {})


def _about(archive: Archive, native_id: str, version: int | None) -> tuple[dict[str, Any], Place]:
    archive.catalog.catch_up()
    rid = archive.catalog.latest(*ACCOUNT, [native_id])[native_id].rid
    found, place = companions.place_of(archive, rid, version)
    return _at(rid, found, place), place


def _at(rid: str, version: int, place: Place) -> dict[str, Any]:
    return {"id": new_rid(), "rid": rid, "version": version, "platform": place.platform, "account": place.account,
            "series": place.series, "cutoff": place.cutoff}  # fmt: skip


def _table(row: dict[str, Any], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist([row], schema=pa.schema([f for f in schema if f.name not in ("secret", "commitment")]))


def _commit(archive: Archive, cls: str, rows: pa.Table, what: str, sources: list[Place], note: dict[str, Any]) -> Entry:
    return companions.commit(archive, cls, rows, what=what, note=note, txn=(uuid.uuid4().hex,), sources=sources)


def quotes(archive: Archive) -> list[str]:
    """What all findings quote, sorted."""
    return sorted(findings.read(archive).column("quote").to_pylist())


def lying(archive: Archive) -> dict[str, tuple[str, str]]:
    """What a finding quotes -> (series, cut-off) of the folder in which it lies; its own columns say the same."""
    found = {}
    for o in archive.catalog.objects(findings.CLASS):
        for row in pq.read_table(archive.mirror.path(o), partitioning=None).to_pylist():
            assert (row["series"], row["cutoff"]) == (o.series, o.cutoff)
            found[row["quote"]] = (o.series, o.cutoff)
    return found
