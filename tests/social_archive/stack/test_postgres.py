"""The embedded Postgres: on loopback, behind a password, and stopped without loss."""

from __future__ import annotations

import contextlib

import psutil
import psycopg2
import pytest

from social_archive.stack import postgres
from social_archive.stack.processes import Processes

pytestmark = pytest.mark.slow


@pytest.fixture
def cluster(tmp_path):
    processes = Processes(tmp_path / "run")
    yield tmp_path, processes
    processes.stop(postgres.NAME)


def connect(database: postgres.Database, password: str | None = None):
    return contextlib.closing(
        psycopg2.connect(
            host="127.0.0.1", port=database.port, user="postgres", dbname="airflow",
            password=database.password if password is None else password,
        )
    )  # fmt: skip


def test_it_starts_once_and_is_found_running(cluster):
    state, processes = cluster

    first = postgres.start(state, processes)
    pid = processes.pid(postgres.NAME)
    second = postgres.start(state, processes)

    assert (first.fresh, second.fresh) == (True, False)
    assert processes.pid(postgres.NAME) == pid
    assert second.url("psycopg2") == first.url("psycopg2")


def test_nobody_enters_without_the_password(cluster):
    database = postgres.start(*cluster)

    with pytest.raises(psycopg2.OperationalError, match="password"):
        connect(database, password="wrong")


def test_it_listens_on_loopback_only(cluster):
    state, processes = cluster
    postgres.start(state, processes)

    server = psutil.Process(processes.pid(postgres.NAME))
    listening = [c.laddr.ip for c in server.net_connections() if c.status == psutil.CONN_LISTEN]

    assert listening == ["127.0.0.1"]


def test_what_was_committed_survives_a_stop(cluster):
    state, processes = cluster
    database = postgres.start(state, processes)
    with connect(database) as connection:
        connection.cursor().execute("CREATE TABLE kept AS SELECT 1 AS one")
        connection.commit()

    assert processes.stop(postgres.NAME)
    with connect(postgres.start(state, processes)) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT one FROM kept")
        assert cursor.fetchall() == [(1,)]


def test_one_whose_pid_file_was_lost_is_taken_over_and_not_started_twice(cluster):
    state, processes = cluster
    postgres.start(state, processes)
    pid = processes.pid(postgres.NAME)
    (state / "run" / "postgres.json").unlink()

    postgres.start(state, processes)

    assert processes.pid(postgres.NAME) == pid


def test_a_taken_port_is_passed_over():
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert postgres.free_port(port) > port
