"""The tasks: each is one call into the core. What passes between them is keys and counts, never content."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import get_current_context, task

from social_archive.archive import Archive, open_archive
from social_archive.errors import LedgerError, PlatformError, Throttled
from social_archive_airflow.assets import RECORDS, partition
from social_archive_airflow.connections import use_airflow_connections
from social_archive_airflow.timetables import is_due

log = logging.getLogger(__name__)

# A throttle that ends later than this does not hold the run: what was seen is kept, with a gap for the rest.
PATIENCE = timedelta(hours=6)


class AccountPaused(PlatformError):
    """The account cannot be read until a person acts. Its gap is on record; the other accounts go on."""


@task
def accounts_due(platform: str) -> list[str]:
    """Names of the accounts that this run reads: all enabled ones by hand, the due ones by schedule."""
    context = get_current_context()
    run, params = context["dag_run"], context["params"]
    with _archive(write=False) as archive:
        enabled = archive.agency.enabled_accounts(platform)
        zone = archive.agency.body.time_zone
    if params["account"]:
        return [account.name for account in enabled if account.name == params["account"]]
    if run.run_type != "scheduled" or run.logical_date is None:
        return [account.name for account in enabled]
    return [account.name for account in enabled if is_due(account, run.logical_date, zone)]


@task(map_index_template="{{ account }}")
def pull(platform: str, account: str) -> dict[str, Any]:
    """Walk the account and stage what the platform answered."""
    from social_archive import harvest

    context = _name_instance(account)
    with _archive() as archive:
        pulled = harvest.pull(archive, archive.account(account, platform), full=bool(context["params"]["full"]))
    log.info("%s/%s: %d items seen, outcome %s", platform, account, pulled.seen, pulled.outcome)
    instance = context["ti"]
    if pulled.regain_at and instance.try_number <= instance.max_tries:
        _come_back_at(pulled.regain_at)
    return pulled.to_dict()


@task(map_index_template="{{ account }}")
def validate(pulled: dict[str, Any]) -> dict[str, Any]:
    """Judge what was staged; what fails goes to quarantine."""
    from social_archive import harvest

    _name_instance(pulled["account"])
    with _archive() as archive:
        validated = harvest.validate(archive, harvest.Pulled.from_dict(pulled))
    log.info("%d accepted, %d to quarantine", validated.accepted, validated.rejected)
    return validated.to_dict()


@task(map_index_template="{{ account }}", outlets=[RECORDS])
def accession(validated: dict[str, Any]) -> dict[str, Any]:
    """Commit to the ledger, lock, and tell whoever waits for this account's records."""
    from social_archive import harvest

    context = _name_instance(validated["account"])
    with _archive() as archive:
        report = harvest.accession(archive, harvest.Validated.from_dict(validated))
    told = report.to_dict()
    counts = {name: value for name, value in told.items() if isinstance(value, int)}
    log.info("%s/%s: outcome %s, %s", report.platform, report.account, report.outcome, counts)
    if report.outcome == "paused":
        raise AccountPaused(report.message)
    event = context["outlet_events"][RECORDS]
    event.add_partitions(partition(report.platform, report.account))
    event.extra = {**counts, "harvest_id": report.harvest_id}
    return told


@task
def verify_ledger() -> dict[str, Any]:
    """Replay the whole ledger; fail, with the findings' codes, if anything is wrong."""
    from social_archive import audit

    with _archive(write=False) as archive:
        report = audit.verify(archive)
    if report["findings"]:
        raise LedgerError(f"The ledger does not verify: {len(report['findings'])} findings.")
    return report


@task
def sweep_seals() -> dict[str, Any]:
    """Lock every committed object that a crash left unlocked."""
    from social_archive import audit

    with _archive() as archive:
        return dict(audit.sweep(archive))


def _come_back_at(regain_at: str) -> None:
    """Free the slot until the platform answers again, if that is soon; the staged part is read again then."""
    moment = datetime.fromisoformat(regain_at).astimezone(UTC)
    if moment - datetime.now(UTC) <= PATIENCE:
        raise Throttled("The platform asks to wait. Nothing that was archived is touched.", regain_at=moment)


def _name_instance(account: str) -> Any:
    """Show the account's name instead of a number in Airflow's grid."""
    context: Any = get_current_context()
    context["account"] = account
    return context


@contextmanager
def _archive(*, write: bool = True) -> Iterator[Archive]:
    use_airflow_connections()
    archive = open_archive(write=write)
    try:
        yield archive
    finally:
        archive.close()
