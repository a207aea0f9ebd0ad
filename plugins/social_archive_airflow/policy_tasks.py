"""The tasks of the DAG `policy_check`. What passes between them is counts and ledger numbers, never content."""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk import get_current_context, task

from social_archive_airflow import mail
from social_archive_airflow.opening import opened

log = logging.getLogger(__name__)


@task
def pending() -> list[dict[str, Any]]:
    """What the rules in force have not read: of the account whose records came in, or of all by hand."""
    from social_archive.policy import check

    run, params = get_current_context()["dag_run"], get_current_context()["params"]
    where = getattr(run, "partition_key", None) or params["account"] or ""
    platform, _, account = where.partition("/")
    with opened(write=False) as archive:
        jobs = check.pending(archive, platform=platform or None, account=account or None)
    log.info("%d jobs, %d records%s", len(jobs), sum(job.rows for job in jobs), f" of {where}" if where else "")
    return [
        {"platform": job.platform, "account": job.account, "entries": list(job.entries), "rows": job.rows}
        for job in jobs
    ]  # fmt: skip


@task(map_index_template="{{ account }}")
def check(job: dict[str, Any]) -> dict[str, Any]:
    """Read new records under the policy's rules and store what was found with them. Decides nothing."""
    from social_archive.policy import check as core

    context: Any = get_current_context()
    context["account"] = f"{job['platform']}/{job['account']}"
    with opened() as archive:
        done = core.check(archive, core.Job(job["platform"], job["account"], tuple(job["entries"]), job["rows"]))
    log.info("%s/%s: %d records read, %d findings %s", done.platform, done.account, done.records, done.findings,
             done.by_criterion)  # fmt: skip
    return {"records": done.records, "findings": done.findings, "entry": done.entry}


@task(trigger_rule="none_failed")  # also when nothing was new: what was found earlier may not have been told
def tell_reviewer() -> dict[str, Any]:
    """Tell the reviewer that findings wait: in the log, and by mail at most once a day. Counts only."""
    from social_archive.policy import letters

    with opened() as archive:
        found = letters.waiting(archive)
        log.info("%d findings about %d records wait for a person; %d are new. %s", found.total, found.records,
                 found.new, found.by_criterion)  # fmt: skip
        sent = False
        if letters.is_due(archive, found):
            digest = archive.agency.digest
            to = digest.reviewer or digest.to or archive.agency.body.contact_email
            letter = (letters.subject(found), letters.html(archive, found))
            why_not = mail.send(to, *letter, get_current_context())
            if sent := why_not is None:
                letters.record(archive, found)
            log.info("The letter was sent." if why_not is None else f"No mail was sent: {why_not}.")
    return {"waiting": found.total, "new": found.new, "sent": sent}


@task(trigger_rule="none_failed")
def tell_foia_officer() -> dict[str, Any]:
    """Tell the FOIA officer at once of comments that may be requests for records, each once. Dates only."""
    from social_archive.foia import letter as foia_letter

    with opened() as archive:
        alerts = foia_letter.untold(archive)
        log.info("%d possible requests for records were not told yet.", len(alerts))
        if not alerts:
            return {"alerts": 0, "sent": False}
        digest = archive.agency.digest
        to = digest.foia_officer or digest.to or archive.agency.body.contact_email
        why_not = mail.send(to, foia_letter.subject(alerts), foia_letter.html(archive, alerts), get_current_context())
        if why_not is None:
            foia_letter.record(archive, alerts)
        log.info("The letter was sent." if why_not is None else f"No mail was sent: {why_not}.")
    return {"alerts": len(alerts), "sent": why_not is None}


@task
def check_notices() -> dict[str, str]:
    """Does the profile still tell the public what it must? Of the account whose records came in, or of all by hand."""
    from social_archive.policy.notice import checks as notice_checks

    run, params = get_current_context()["dag_run"], get_current_context()["params"]
    where = getattr(run, "partition_key", None) or params["account"] or ""
    with opened() as archive:
        if archive.agency.policy is None or not archive.agency.policy.notices:
            log.info("policy.yaml asks the profiles for no notice.")
            return {}
        accounts = [archive.account(where)] if where else archive.agency.enabled_accounts()
        get = notice_checks.once()
        done = [notice_checks.check(archive, account, get=get) for account in accounts]
    results = {f"{one.platform}/{one.account}": one.verdict.result for one in done}
    log.info("Profile notices: %s", results)
    return {account: str(result) for account, result in results.items()}
