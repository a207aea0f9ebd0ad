"""The harvest DAGs of one agency through Airflow itself, on a home of its own: one `dag.test()` for each platform."""

from __future__ import annotations

import sys

from tests import airflow_home  # before Airflow: it reads its settings at import


def main(*dag_ids: str) -> None:
    airflow_home.migrated()
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(airflow_home.SETTINGS["AIRFLOW__CORE__DAGS_FOLDER"])
    assert bag.import_errors == {}
    for dag_id in dag_ids:
        run = bag.dags[dag_id].test()
        print(f"{dag_id}: {run.state}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
