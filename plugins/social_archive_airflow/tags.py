"""The tags that DAGs may carry. One list, so that the filter in Airflow's UI stays short."""

from __future__ import annotations

from enum import StrEnum


class Tag(StrEnum):
    HARVEST = "harvest"  # reads a platform, adds records
    NOTICE = "notice"  # reads the archive, tells people
    AUDIT = "audit"  # reads the archive, adds nothing but locks
    RETENTION = "retention"  # moves records, or destroys what two people approved
    REQUESTS = "requests"  # answers requests for records: received, watched, bundled, released by a person
    POLICY = "policy"  # reads new records, shows people what a clause may be about


class Owner(StrEnum):
    IT = "it"
    RECORDS = "records-officer"
