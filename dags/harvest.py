"""One DAG per platform: read its accounts, validate, commit to the ledger."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Param, task_group

from social_archive.archive import default_agency
from social_archive.config import load_agency
from social_archive.platforms import Platform, registry
from social_archive_airflow import tasks
from social_archive_airflow.retries import HonourRetryAfter
from social_archive_airflow.tags import Owner, Tag
from social_archive_airflow.timetables import schedule_of

DOC = """
{about}

**What it does.** For each account that is due: `pull` walks it and stages the platform's answers, `validate` judges
them (what fails goes to quarantine, nothing is dropped), `accession` commits them to the ledger and locks them.

**Owner.** IT. What an account needs stands in `accounts.yaml`; its secret in a connection of type *{title}*.

**How to recover.** Clear the red task: every step may run twice, the ledger takes each record once.
- *Waiting to retry*: the platform asked for a pause; the task returns at the moment it named.
- A skipped `accession` under an account's name: that account is paused and its gap is on record; its log says why.
  Login expired or permission lost: renew the token in its connection, then trigger with the account's name.
  Account gone, on purpose? Set `enabled: false`. What was harvested stays.
- Something looks missing: trigger with *full* to read everything again. Gaps are on record: `archive find --kind gap`.
"""

agency = load_agency(default_agency())


def harvest_dag(platform: type[Platform]) -> DAG:
    accounts = agency.enabled_accounts(platform.name)
    with DAG(
        dag_id=f"harvest_{platform.name}",
        dag_display_name=f"Harvest {platform.title}",
        description=f"Posts, comments and replies of the {platform.title} accounts into the archive",
        doc_md=DOC.format(about=platform.__doc__ or "", title=platform.title),
        schedule=schedule_of(accounts, agency.body.time_zone),
        catchup=False,
        max_active_runs=1,
        tags=[Tag.HARVEST],
        params={
            "account": Param(
                None, type=["null", "string"], enum=[None, *(account.name for account in accounts)],
                title="Only this account", description="Empty: all enabled accounts.",
            ),
            "full": Param(False, type="boolean", title="Read everything again",
                          description="Ignores where the last harvest stopped. Adds nothing that is there already."),
        },
        default_args={
            "owner": Owner.IT,
            "retries": 4,
            "retry_delay": timedelta(minutes=1),
            "retry_exponential_backoff": 2.0,
            "max_retry_delay": timedelta(hours=1),
            "retry_policy": HonourRetryAfter(),
            "execution_timeout": timedelta(hours=12),
        },
    ) as dag:  # fmt: skip

        @task_group
        def account(name: str) -> None:
            # Every throttle takes one retry: a first harvest under a tight limit may need many.
            pulled = tasks.pull.override(pool=platform.name, retries=24)(platform.name, name)
            tasks.accession(tasks.validate(pulled))

        account.expand(name=tasks.accounts_due(platform.name))
    return dag


for adapter in registry().values():
    globals()[f"harvest_{adapter.name}"] = harvest_dag(adapter)
