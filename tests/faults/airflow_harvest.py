"""DAGs of one agency through Airflow itself, on a home of its own: one `dag.test()` for each name that is given.

`NAME=VALUE` between two names sets a variable of the environment for those that follow.
"""

from __future__ import annotations

import json
import os
import sys

from tests import airflow_home  # before Airflow: it reads its settings at import


def main(*steps: str) -> None:
    airflow_home.migrated()
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(airflow_home.SETTINGS["AIRFLOW__CORE__DAGS_FOLDER"])
    assert bag.import_errors == {}
    for step in steps:
        name, is_variable, value = step.partition("=")
        if is_variable and " " not in name:
            os.environ[name] = value
            continue
        name, _, form = step.partition(" ")  # `NAME {"json": "of the form"}`
        run = bag.dags[name].test(run_conf=json.loads(form) if form else None)
        print(f"{name}: {run.state}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
