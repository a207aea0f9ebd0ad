"""The archive as a task opens it: with Airflow's connections behind the agency's references, closed afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from social_archive.archive import Archive, open_archive
from social_archive_airflow.connections import use_airflow_connections


@contextmanager
def opened(*, write: bool = True) -> Iterator[Archive]:
    use_airflow_connections()
    archive = open_archive(write=write)
    try:
        archive.require_open()
        yield archive
    finally:
        archive.close()
