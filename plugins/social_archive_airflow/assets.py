"""The asset that an accession updates."""

from __future__ import annotations

from airflow.sdk import Asset

RECORDS = Asset(name="social_records", uri="archive://social_records")
"""The archive's records. Partition: `platform/account`; the event's extra holds counts, never content.

One asset only: with several, Airflow 3.3 may start two runs for one partition (apache/airflow#71070).
"""


def partition(platform: str, account: str) -> str:
    return f"{platform}/{account}"
