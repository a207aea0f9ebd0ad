"""Airflow, imported once, that runs DAGs in forks of itself: `python -m tests.dags.airflow_forks`.

A process that begins from nothing is busy for fifteen seconds before its first task runs: it imports Airflow, and
makes the routes of every version of the API that tasks speak. Here that is done once for all tests of a run. Each
request still has a process, an environment and an AIRFLOW_HOME of its own: the home of this process is a link, which
is laid to the folder that is asked for before the fork. Nothing here opens a database or starts a thread.

One line of JSON on the input asks: {"home", "env", "steps", "out"}; one line on the output answers: the exit code.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
import threading
import traceback
from pathlib import Path

from tests.faults import airflow_harvest  # first of all: its `airflow_home` is what Airflow's settings are read from


def warm() -> None:
    """What every run of a DAG would import and make anew."""
    import boto3
    import duckdb
    import great_expectations
    import pandas
    from airflow.api_fastapi.execution_api import app as _of_tasks
    from airflow.dag_processing import dagbag
    from airflow.models import dagbag as _stored
    from airflow.sdk.execution_time import supervisor, task_runner
    from airflow.serialization import serialized_objects

    import social_archive.cli
    import social_archive_airflow.tasks

    del boto3, duckdb, great_expectations, pandas, _of_tasks, dagbag, _stored, task_runner, serialized_objects
    del social_archive, social_archive_airflow
    supervisor.in_process_api_server().app._cadwyn_initialize()  # else done at the first request


def serve() -> None:
    home = Path(os.environ["ARCHIVE_TEST_AIRFLOW_HOME"])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever else is printed is no answer
    warm()
    assert threading.active_count() == 1, "a fork would lack the other threads, and keep their locks"
    for line in sys.stdin:
        asked = json.loads(line)
        home.unlink(missing_ok=True)
        home.symlink_to(asked["home"])
        pid = os.fork()
        if not pid:
            os._exit(run(asked, home))
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), file=answers, flush=True)


def run(asked: dict[str, object], home: Path) -> int:
    """The body of a fork."""
    env, steps = asked["env"], asked["steps"]
    assert isinstance(env, dict)
    assert isinstance(steps, list)
    out = os.open(str(asked["out"]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(out, 2)
    airflow = {name: value for name, value in os.environ.items() if name.startswith("AIRFLOW_")}
    os.environ.clear()
    os.environ.update(env | airflow | {n: v for n, v in env.items() if n.startswith("AIRFLOW_CONN_")})
    os.environ["ARCHIVE_TEST_AIRFLOW_HOME"] = str(home)
    try:
        airflow_harvest.main(*steps)
        return 0
    except BaseException:
        traceback.print_exc()
        return 1
    finally:
        atexit._run_exitfuncs()  # as a process that ends by itself
        sys.stdout.flush()
        sys.stderr.flush()


if __name__ == "__main__":
    serve()
