"""The first harvests of a new stack: pools, DAGs, runs, watched until they end."""

from __future__ import annotations

import time
from collections import Counter

from rich.console import Console

from social_archive.errors import ArchiveError
from social_archive.platforms import registry
from social_archive.stack.pools import pools
from social_archive.stack.progress import Step, step
from social_archive.stack.rest import FINISHED, AirflowApi

_PATIENCE_PARSE = 120.0
_PATIENCE_RUN = 3600.0


def harvest_everything(api: AirflowApi, console: Console, *, wanted: bool | None) -> bool:
    """Run the harvest DAGs: all (`wanted`), none (`False`), or those that never succeeded (`None`).

    Waits until they end. Raises ArchiveError if a DAG file is broken or a run fails.
    """
    for name, pool in pools().items():
        api.ensure_pool(name, pool)
    dags = [f"harvest_{name}" for name in registry()]
    with step(console, "DAGs") as progress:
        _wait_parsed(api, {*dags, "audit"}, progress)
        for dag_id in (*dags, "audit"):
            api.unpause(dag_id)
        progress.result = f"{', '.join(dags)}, audit"
    if wanted is False:
        return False
    todo = [dag_id for dag_id in dags if wanted or not _succeeded(api, dag_id)]
    if todo:
        with step(console, "Harvest") as progress:
            _watch(api, {dag_id: api.trigger(dag_id) for dag_id in todo}, progress)
    return bool(todo)


def _wait_parsed(api: AirflowApi, expected: set[str], progress: Step) -> None:
    deadline = time.monotonic() + _PATIENCE_PARSE
    while missing := expected - api.dag_ids():
        errors = api.import_errors()
        if errors or time.monotonic() > deadline:
            told = "; ".join(f"{file}: {reason}" for file, reason in errors.items()) or f"missing: {sorted(missing)}"
            raise ArchiveError(f"Airflow cannot load the DAGs. {told}", remedy="Correct that; run `archive up` again.")
        progress.say("being read by Airflow")
        time.sleep(1)


def _succeeded(api: AirflowApi, dag_id: str) -> bool:
    return any(run["state"] == "success" for run in api.runs(dag_id))


def _watch(api: AirflowApi, runs: dict[str, str], progress: Step) -> None:
    deadline = time.monotonic() + _PATIENCE_RUN
    states: dict[str, str] = {}
    while set(states) != set(runs):
        for dag_id, run_id in runs.items():
            state = api.run_state(dag_id, run_id)
            if state in FINISHED:
                states[dag_id] = state
        if time.monotonic() > deadline:
            raise ArchiveError("Harvests still run after an hour.", remedy="Watch them in Airflow. Nothing is lost.")
        progress.say(_tasks(api, runs))
        time.sleep(1)
    failed = [dag_id for dag_id, state in states.items() if state == "failed"]
    progress.result = f"{len(runs) - len(failed)} of {len(runs)} runs succeeded"
    if failed:
        raise ArchiveError(
            f"A harvest failed: {', '.join(failed)}. The other accounts are archived.",
            remedy="Open the red task in Airflow: its log and the DAG's documentation say how to recover.",
        )


def _tasks(api: AirflowApi, runs: dict[str, str]) -> str:
    counts = Counter(state for dag_id, run_id in runs.items() for state in api.task_states(dag_id, run_id))
    return ", ".join(f"{count} {state}" for state, count in sorted(counts.items()) if state != "None")
