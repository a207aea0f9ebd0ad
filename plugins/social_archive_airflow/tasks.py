"""The tasks: each is one call into the core. What passes between them is keys and counts, never content."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Any

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from social_archive.errors import LedgerError
from social_archive_airflow.assets import RECORDS, partition
from social_archive_airflow.opening import opened
from social_archive_airflow.timetables import is_due

log = logging.getLogger(__name__)


@task
def accounts_due(platform: str) -> list[str]:
    """Names of the accounts that this run reads: all enabled ones by hand, the due ones by schedule."""
    context = get_current_context()
    run, params = context["dag_run"], context["params"]
    with opened(write=False) as archive:
        enabled = archive.agency.enabled_accounts(platform)
        zone = archive.agency.body.time_zone
    if params["account"]:
        return [account.name for account in enabled if account.name == params["account"]]
    if run.run_type != "scheduled" or run.logical_date is None:
        return [account.name for account in enabled]
    since = context["prev_start_date_success"] or None  # a lazy proxy: `is None` is never true of it
    return [account.name for account in enabled if is_due(account, run.logical_date, since, zone)]


@task(map_index_template="{{ account }}")
def pull(platform: str, account: str) -> dict[str, Any]:
    """Walk the account and stage what the platform answered.

    A throttle is raised after what was seen before it is committed; the next attempt skips the threads of this run
    that are done, so that every attempt gets further.
    """
    from social_archive import harvest
    from social_archive.harvest import plan

    context = _name_instance(account)
    again = context["ti"].try_number > 1
    with opened() as archive:
        chosen = archive.account(account, platform)
        archive.catalog.catch_up()
        if (planned := plan.estimate(archive, chosen)) is not None:
            log.info("%s/%s: %s", platform, account, planned.sentence)
        pulled = harvest.pull(
            archive,
            chosen,
            full=bool(context["params"]["full"]),
            resume_since=context["dag_run"].start_date if again else None,
        )
    log.info("%s/%s: %d pages read, outcome %s", platform, account, pulled.seen, pulled.outcome)
    return pulled.to_dict()


@task(map_index_template="{{ account }}")
def validate(pulled: dict[str, Any]) -> dict[str, Any]:
    """Judge what was staged; what fails goes to quarantine."""
    from social_archive import harvest

    _name_instance(pulled["account"])
    with opened() as archive:
        validated = harvest.validate(archive, harvest.Pulled.from_dict(pulled))
    log.info("%d accepted, %d to quarantine", validated.accepted, validated.rejected)
    return validated.to_dict()


@task(map_index_template="{{ account }}", outlets=[RECORDS])
def accession(validated: dict[str, Any]) -> dict[str, Any]:
    """Commit to the ledger, lock, and tell whoever waits for this account's records."""
    from social_archive import harvest

    context = _name_instance(validated["account"])
    with opened() as archive:
        report = harvest.accession(archive, harvest.Validated.from_dict(validated))
    told = report.to_dict()
    counts = {name: value for name, value in told.items() if isinstance(value, int)}
    log.info("%s/%s: outcome %s, %s", report.platform, report.account, report.outcome, counts)
    if report.outcome == "paused":  # shown as skipped: this account waits for a person, with its gap on record
        log.error("%s/%s is paused: %s", report.platform, report.account, report.message)
        raise AirflowSkipException(report.message)
    event = context["outlet_events"][RECORDS]
    event.add_partitions(partition(report.platform, report.account))
    event.extra = {**counts, "harvest_id": report.harvest_id, "walked": told["walked"]}
    return told


@task
def digest() -> dict[str, Any]:
    """Find what needs a person; log it, and mail it once a day. Counts only are returned."""
    from social_archive import digest as core
    from social_archive import digest_letter
    from social_archive_airflow import mail

    with opened() as archive:
        found = core.digest(archive)
        for line in digest_letter.lines(found):
            log.warning("%s", line)
        told: dict[str, Any] = {"matters": len(found.matters), "new": found.new, "sent": False}
        if not found.calls:
            log.info("Nothing needs a person that was not told before. No mail was sent.")
        elif core.was_sent(archive, found.day):
            log.info("Today's digest was sent already. No mail was sent.")
        else:
            to = archive.agency.digest.to or archive.agency.body.contact_email
            letter = (digest_letter.subject(found), digest_letter.html(found))
            why_not = mail.send(to, *letter, get_current_context())
            if why_not is None:
                core.record(archive, found)
                told["sent"] = True
            log.info("The digest was sent." if why_not is None else f"No mail was sent: {why_not}.")
    return told


@task
def verify_ledger() -> dict[str, Any]:
    """Replay the whole ledger; fail, with the findings' codes, if anything is wrong."""
    from social_archive import audit

    with opened(write=False) as archive:
        report = audit.verify(archive)
    if not report["ok"]:
        codes = sorted({finding["code"] for finding in report["findings"]})
        raise LedgerError(f"The ledger does not verify: {len(report['findings'])} findings ({', '.join(codes)}).")
    return {"entries": report["entries"], "leaves": report["leaves"], "warnings": len(report["findings"])}


@task
def check_completeness() -> dict[str, Any]:
    """Every leaf of the ledger opens or one certificate covers it; fail, with the codes, if that is not so."""
    from social_archive.completeness import check

    with opened(write=False) as archive:
        found = check(archive)
    counts = {"leaves": found.leaves, "records": found.records, "quarantined": found.quarantined,
              "companions": found.companions, "disposed": sum(one.leaves for one in found.covered),
              "warnings": len(found.findings)}  # fmt: skip
    if not found.ok:
        wrong = [finding for finding in found.findings if finding.severity == "error"]
        for finding in wrong:
            log.error("%s: %s", finding.code, finding.to_dict())
        codes = Counter(finding.code for finding in wrong)
        raise LedgerError(
            f"Not every leaf is accounted for ({', '.join(f'{code}: {n}' for code, n in sorted(codes.items()))}).",
            remedy="Stop disposals, keep the bucket as it is, and run `archive audit` for the list.",
        )
    return counts


@task
def sweep_seals() -> dict[str, Any]:
    """Lock every committed object that a crash left unlocked; fail if one that the ledger names is not there."""
    from social_archive import audit

    with opened() as archive:
        done = audit.sweep(archive)
    missing = done.pop("missing")
    if missing:
        raise LedgerError(f"{len(missing)} objects that the ledger names are not in the bucket.")
    return dict(done)


def _name_instance(account: str) -> Any:
    """Show the account's name instead of a number in Airflow's grid."""
    context: Any = get_current_context()
    context["account"] = account
    return context
