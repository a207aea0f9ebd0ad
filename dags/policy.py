"""After each accession: what the public-comment policy may be about, shown to a person. Nothing is decided here."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Param, PartitionedAssetTimetable

from social_archive.archive import default_agency
from social_archive.config import load_agency
from social_archive_airflow import policy_tasks as tasks
from social_archive_airflow.assets import RECORDS, partition
from social_archive_airflow.retries import HonourRetryAfter
from social_archive_airflow.tags import Owner, Tag

DOC = """
**What it does.** Starts when an account's records came in. `pending` finds what the rules of policy.yaml have not read,
`check` reads it and keeps each finding (the words, the rule, the reason) with its record, `tell_reviewer` writes to the
reviewer, at most once a day. A finding hides nothing, deletes nothing, and changes neither retention nor disclosure:
`archive review` is where people decide.

**Owner.** The records officer.

**How to recover.** Clear the red task: what was read is known to the ledger and is not read twice.
- *After a change of policy.yaml* (raise its `version`): trigger by hand with no account; everything is read once more,
  and old findings stay.
- *`tell_reviewer` is red*: the mail server did not take the letter; the findings are there all the same.
"""

agency = load_agency(default_agency())
accounts = [partition(account.platform, account.name) for account in agency.accounts]

with DAG(
    dag_id="policy_check",
    dag_display_name="Policy check",
    description="New records under the comment policy: evidence for a person, no verdict",
    doc_md=DOC,
    schedule=PartitionedAssetTimetable(assets=RECORDS),
    catchup=False,
    max_active_runs=1,
    tags=[Tag.POLICY],
    params={
        "account": Param(None, type=["null", "string"], enum=[None, *accounts], title="Only this account",
                         description="Empty: all accounts, or the one whose records came in."),
    },
    default_args={
        "owner": Owner.RECORDS,
        "retries": 3,
        "retry_delay": timedelta(minutes=1),
        "retry_policy": HonourRetryAfter(),
    },
):  # fmt: skip
    tasks.check.expand(job=tasks.pending()) >> tasks.tell_reviewer()
