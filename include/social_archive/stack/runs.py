"""The first harvests of a new stack: pools, DAGs, runs, watched until they end."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass

from rich.console import Console

from social_archive.config import Agency
from social_archive.errors import ArchiveError
from social_archive.platforms import registry
from social_archive.stack.pools import pools
from social_archive.stack.progress import Step, step
from social_archive.stack.rest import FINISHED, AirflowApi

_PATIENCE_PARSE = 120.0
_PATIENCE_SCHEDULER = 15.0
_PATIENCE_RUN = 3600.0


@dataclass(frozen=True)
class Harvested:
    """What `archive up` made Airflow do: the DAGs it ran, and those of them that failed."""

    ran: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


def harvest_everything(api: AirflowApi, agency: Agency, console: Console, *, wanted: bool | None) -> Harvested:
    """Run the DAGs of platforms with accounts: all (`wanted`), none (`False`), or those that never succeeded (`None`).

    Waits until they end. Raises ArchiveError if a DAG file is broken.
    """
    for name, pool in pools().items():
        api.ensure_pool(name, pool)
    everything = {*(f"harvest_{name}" for name in registry()), "audit", "consolidate", "digest", "dispose",
                  "foia_clock", "foia_deadlines", "foia_export", "foia_request", "policy_check"}
    with step(console, "DAGs") as progress:
        _wait_parsed(api, everything, progress)
        for dag_id in everything:
            api.unpause(dag_id)
        progress.result = ", ".join(sorted(everything))
    dags = sorted({f"harvest_{account.platform}" for account in agency.enabled_accounts()})
    todo = [] if wanted is False else [dag_id for dag_id in dags if wanted or not _succeeded(api, dag_id)]
    if not todo:
        return Harvested()
    with step(console, "Harvest") as progress:
        failed = _watch(api, {dag_id: _begin(api, dag_id) for dag_id in todo}, progress)
    return Harvested(tuple(todo), tuple(failed))


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


def _begin(api: AirflowApi, dag_id: str) -> str:
    """The run to watch: one that is under way or about to be, else a new one."""
    deadline = time.monotonic() + (_PATIENCE_SCHEDULER if api.runs_by_itself(dag_id) else 0)
    while True:
        for run in api.runs(dag_id):
            if run["state"] not in FINISHED:
                return str(run["dag_run_id"])
        if time.monotonic() >= deadline:
            return api.trigger(dag_id)
        time.sleep(0.5)


def _watch(api: AirflowApi, runs: dict[str, str], progress: Step) -> list[str]:
    """Wait until the runs end; returns the DAGs whose run failed."""
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
    return failed


def _tasks(api: AirflowApi, runs: dict[str, str]) -> str:
    counts = Counter(state for dag_id, run_id in runs.items() for state in api.task_states(dag_id, run_id))
    return ", ".join(f"{count} {state}" for state, count in sorted(counts.items()) if state != "None")
