"""The three steps of a harvest, and all of them in one go."""

from __future__ import annotations

import gc
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from social_archive import looks
from social_archive.config import Account
from social_archive.errors import NotFound, PlatformError, Throttled
from social_archive.garbage import few_collections
from social_archive.harvest import staging
from social_archive.harvest.committer import Committer, Tally, commit_judged
from social_archive.harvest.report import HarvestReport, Judged, Pulled, Step, Validated
from social_archive.harvest.walk import Walk
from social_archive.harvest.walked import Walked, outcome_of
from social_archive.quarantine import quarantine_rows
from social_archive.record import now_micros
from social_archive.validation import validate as judge
from social_archive.validation import write_data_docs

if TYPE_CHECKING:
    from social_archive.archive import Archive

Progress = Callable[[str, int], None]


def run(archive: Archive, account: Account, *, full: bool = False, progress: Progress | None = None) -> HarvestReport:
    """Harvest one account from beginning to end. A platform failure is reported, not raised: what was seen is kept.

    `full` walks everything again instead of the watch window. `progress` is told (stage, count) as it goes.
    """
    archive.catalog.catch_up()
    walk = _walk(archive, account, full=full, resume_since=None, progress=progress)
    report = HarvestReport(harvest_id=walk.harvest_id, platform=account.platform, account=account.name)
    evidence: list[dict[str, Any]] = []
    with few_collections(), Committer(archive, account, walk.harvest_id) as committer:
        for step in walk.steps():
            judged = _judge(archive, account, walk.harvest_id, step)
            if judged.evidence is not None:
                evidence.append(_labelled(judged.evidence, account, walk.harvest_id))
            committer.take(judged)
            gc.collect(1)  # pandas leaves cycles that hold a whole step; with few collections they would pile up
        for tally in committer.tallies():
            _count(report, tally)
    walk.note_looks()
    _keep_data_docs(archive, evidence)
    report.gaps, report.walked = walk.gaps, _with_stored(archive, walk.walked)
    report.outcome, report.message, report.regain_at = _outcome(walk.failure)
    return report


def pull(
    archive: Archive,
    account: Account,
    *,
    full: bool = False,
    resume_since: datetime | None = None,
    progress: Progress | None = None,
) -> Pulled:
    """Walk the platform and stage what it shows. `resume_since` skips threads that were read since then.

    A throttle beyond the budget raises `Throttled`, so that the scheduler can wait without holding a worker; what
    was seen before it, and the gap, are taken in first.
    """
    archive.catalog.catch_up()
    since = None if resume_since is None else int(resume_since.timestamp() * 1_000_000)
    walk = _walk(archive, account, full=full, resume_since=since, progress=progress)
    with few_collections():
        keys = [staging.put(archive, walk.harvest_id, "pulled", n, step) for n, step in enumerate(walk.steps())]
    outcome, message, regain_at = _outcome(walk.failure)
    pulled = Pulled(
        harvest_id=walk.harvest_id, platform=account.platform, account=account.name, steps=keys, seen=walk.seen,
        outcome=outcome, message=message, regain_at=regain_at, gaps=walk.gaps,
        looked_at=None if walk.failure else walk.started, walked=walk.walked,
    )  # fmt: skip
    if isinstance(walk.failure, Throttled):
        accession(archive, validate(archive, pulled))
        walk.note_looks()
        raise walk.failure
    return pulled


def validate(archive: Archive, pulled: Pulled) -> Validated:
    """Judge what `pull` staged; the judged pieces are staged again."""
    account = archive.account(pulled.account, pulled.platform)
    archive.catalog.catch_up()
    keys, accepted, rejected = [], 0, 0
    evidence: list[dict[str, Any]] = []
    for n, key in enumerate(pulled.steps):
        judged = _judge(archive, account, pulled.harvest_id, staging.get(archive, key, Step))
        accepted, rejected = accepted + len(judged.observations), rejected + len(judged.quarantined)
        if judged.evidence is not None:
            evidence.append(_labelled(judged.evidence, account, pulled.harvest_id))
        keys.append(staging.put(archive, pulled.harvest_id, "judged", n, judged))
    _keep_data_docs(archive, evidence)
    return Validated(
        harvest_id=pulled.harvest_id, platform=pulled.platform, account=pulled.account, steps=pulled.steps,
        seen=pulled.seen, outcome=pulled.outcome, message=pulled.message, regain_at=pulled.regain_at,
        gaps=pulled.gaps, looked_at=pulled.looked_at, walked=pulled.walked, judged=keys, accepted=accepted,
        rejected=rejected,
    )  # fmt: skip


def accession(archive: Archive, validated: Validated) -> HarvestReport:
    """Take in what `validate` judged, then empty the staging area. Safe to repeat at any point."""
    account = archive.account(validated.account, validated.platform)
    report = HarvestReport(
        harvest_id=validated.harvest_id, platform=validated.platform, account=validated.account,
        outcome=validated.outcome, message=validated.message, regain_at=validated.regain_at, gaps=validated.gaps,
    )  # fmt: skip
    whole = True
    for key in validated.judged:
        try:
            judged = staging.get(archive, key, Judged)
        except NotFound:  # taken in by an earlier attempt, or swept
            whole = False
            continue
        if not whole:
            judged.cursor = None  # the next run reads again what may be missing
        _count(report, commit_judged(archive, account, validated.harvest_id, judged))
    if whole and validated.looked_at is not None:
        archive.catalog.note_look(account.platform, account.name, "", validated.looked_at)
    report.walked = _with_stored(archive, validated.walked)
    staging.clear(archive, validated.harvest_id)
    return report


# --------------------------------------------------------------------------- parts


def _walk(
    archive: Archive, account: Account, *, full: bool, resume_since: int | None, progress: Progress | None
) -> Walk:
    return Walk(
        archive, account, archive.adapter(account), harvest_id=uuid.uuid4().hex, full=full,
        resume_since=resume_since, progress=progress,
    )  # fmt: skip


def _judge(archive: Archive, account: Account, harvest_id: str, step: Step) -> Judged:
    """Split a step into what is fit to become a record and what goes to quarantine."""
    verdict = judge(
        step.observations,
        known_ids=lambda ids: archive.catalog.known_ids(account.platform, account.name, list(ids)),
        expected_replies=step.expected_replies,
        now=now_micros(),
    )
    adapter = next((o.adapter for o in step.observations), account.platform)
    quarantined = quarantine_rows(
        verdict.rejected, step.unreadable, platform=account.platform, account=account.name, harvest_id=harvest_id,
        adapter=adapter,
    )  # fmt: skip
    return Judged(
        observations=verdict.accepted, quarantined=quarantined, media=step.media,
        evidence=verdict.evidence if step.observations else None, cursor=step.cursor, walked=step.walked,
    )  # fmt: skip


_PLURALS: Final = {"post": "posts", "comment": "comments", "reply": "replies", "profile": "profiles"}


def _count(report: HarvestReport, tally: Tally) -> None:
    if tally.entry is not None:
        report.entries.append(tally.entry)
    report.unchanged += tally.unchanged
    report.quarantined += tally.quarantined
    for what, versions in tally.kinds.items():
        kind, how = what.split(" ")
        if kind == "gap":
            continue
        setattr(report, how, getattr(report, how) + versions)
        if how == "new" and kind in _PLURALS:
            setattr(report, _PLURALS[kind], getattr(report, _PLURALS[kind]) + versions)


def _with_stored(archive: Archive, walked: Walked | None) -> Walked | None:
    """The walk's record with what the archive holds now, as the ledger's copy has it."""
    if walked is not None:
        walked.stored = looks.totals(archive.catalog.stored(walked.platform, walked.account))
    return walked


def _outcome(failure: PlatformError | None) -> tuple[str, str, str | None]:
    if failure is None:
        return outcome_of(failure), "", None
    regain_at = failure.regain_at.astimezone(UTC).isoformat() if isinstance(failure, Throttled) else None
    return outcome_of(failure), str(failure), regain_at


def _labelled(evidence: dict[str, Any], account: Account, harvest_id: str) -> dict[str, Any]:
    """The validation result with the run it belongs to, for the pages that people read."""
    return {**evidence, "platform": account.platform, "account": account.name, "harvest_id": harvest_id}


def _keep_data_docs(archive: Archive, evidence: Iterable[dict[str, Any]]) -> None:
    results = list(evidence)
    if results:
        write_data_docs(results, archive.state / "data-docs")
