"""Quarantine as a person meets it: the open items, one of them whole, and another attempt at reading them.

An attempt parses the stored bytes with today's adapter, validates the result like any harvest, and takes in what
passes, in one ledger entry that also says which items are resolved by it. What still fails stays as it is.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from social_archive import quarantine
from social_archive.accession import Batch, commit
from social_archive.errors import NotFound
from social_archive.record import Observation, micros, now_micros

if TYPE_CHECKING:
    from social_archive.archive import Archive

Row = dict[str, Any]

SUPERSEDED = "newer_version_in_archive"
"""The thing was read well by a later harvest. Taking the older capture in now would turn its history round."""

OF_AN_IMPORT = "import_the_file_again"
"""An export's item is not in the form that the platform's adapter reads. Importing the file again tries it again."""


@dataclass(frozen=True)
class Outcome:
    """What became of one item: `accepted`, or still in quarantine for `reasons`."""

    qid: str
    accepted: bool
    reasons: tuple[str, ...] = ()


def items(archive: Archive, *, unresolved_only: bool = True, native: bool = False) -> list[Row]:
    """Quarantined items in ledger order, times in microseconds UTC. Without the bytes unless asked for."""
    return archive.catalog.reading(lambda: _items(archive, unresolved_only, native))


def _items(archive: Archive, unresolved_only: bool, native: bool) -> list[Row]:
    wanted = archive.catalog.quarantine_items(unresolved_only=unresolved_only)
    open_items = {qid for qid, _ in archive.catalog.quarantine_items()}
    rows: dict[str, Row] = {}
    left_out = {"secret", "commitment"} | (set() if native else {"native"})
    columns = [name for name in quarantine.QUARANTINE_SCHEMA.names if name not in left_out]
    for key in dict.fromkeys(key for _, key in wanted):
        located = archive.catalog.object(key)
        if located is None:
            raise NotFound("The object that held quarantined items was moved.", remedy="Run the command again.")
        for row in pq.read_table(archive.mirror.path(located), columns=columns, partitioning=None).to_pylist():
            row["observed_at"] = micros(row["observed_at"]) if row["observed_at"] is not None else None
            row["resolved"] = row["qid"] not in open_items
            rows[row["qid"]] = row
    return [rows[qid] for qid, _ in wanted if qid in rows]


def item(archive: Archive, reference: str) -> Row:
    """One item, resolved or not, with its bytes, by its id or the first eight or more characters of it."""
    found = [row for row in items(archive, unresolved_only=False, native=True)
             if row["qid"] == reference or (len(reference) >= 8 and row["qid"].startswith(reference))]  # fmt: skip
    if len(found) != 1:
        raise NotFound("No quarantined item has this id." if not found else "More than one item fits this id.",
                       remedy="`archive quarantine list --all` shows the ids.")  # fmt: skip
    return found[0]


def retry(archive: Archive, qids: Collection[str] | None = None) -> list[Outcome]:
    """Read open items again (all, or these) and take in what passes now. In the order of `items`."""
    rows = [row for row in items(archive, native=True) if qids is None or row["qid"] in qids]
    by_account: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        by_account[row["platform"], row["account"]].append(row)
    outcomes: dict[str, Outcome] = {}
    for (platform, account), some in by_account.items():
        for outcome in _retry_account(archive, platform, account, some):
            outcomes[outcome.qid] = outcome
    return [outcomes[row["qid"]] for row in rows]


def _retry_account(archive: Archive, platform: str, account: str, rows: list[Row]) -> list[Outcome]:
    from social_archive.validation import validate

    outcomes = [Outcome(row["qid"], False, (OF_AN_IMPORT,)) for row in rows if _imported(row)]
    rows = [row for row in rows if not _imported(row)]
    if not rows:
        return outcomes
    adapter = archive.adapter(archive.account(account, platform))
    recovered, still_bad = quarantine.retry(rows, adapter)
    outcomes += [Outcome(bad.qid, False, (bad.reason,)) for bad in still_bad]
    known = archive.catalog.latest(platform, account, [r.observation.native_id for r in recovered])
    outcomes += [Outcome(r.qid, False, (SUPERSEDED,)) for r in recovered if r.observation.native_id in known]
    fresh = {id(r.observation): r.qid for r in recovered if r.observation.native_id not in known}
    if not fresh:
        return outcomes
    observations = sorted((r.observation for r in recovered if id(r.observation) in fresh), key=_when)
    verdict = validate(
        observations,
        known_ids=lambda ids: archive.catalog.known_ids(platform, account, list(ids)),
        expected_replies={},
        now=now_micros(),
    )
    outcomes += [Outcome(fresh[id(r.observation)], False, tuple(r.reasons)) for r in verdict.rejected]
    accepted = [(fresh[id(o)], o) for o in verdict.accepted]
    if accepted:
        commit(
            archive,
            Batch(
                platform=platform,
                account=account,
                harvest_id=uuid.uuid4().hex,
                observations=[o for _, o in accepted],
                resolved=[{"qid": qid, "as": "record"} for qid, _ in accepted],
                evidence=verdict.evidence,
            ),
        )
    return outcomes + [Outcome(qid, True) for qid, _ in accepted]


def _imported(row: Row) -> bool:
    return str(row["adapter"]).startswith("import.")


def _when(o: Observation) -> int:
    return o.observed_at
