"""A DAG that asks people: it runs as Airflow runs it (`dag.test()`); the answers come over the REST API meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests import airflow_home

OVER = ("success", "failed", "skipped", "upstream_failed")


@contextmanager
def api_server() -> Iterator[Any]:
    """Airflow's API server in this process, on the database that `dag.test()` uses."""
    airflow_home.migrated()
    from airflow.api_fastapi.app import create_app
    from fastapi.testclient import TestClient

    with TestClient(create_app(), raise_server_exceptions=False) as client:
        yield client


@dataclass
class Run:
    """One run of a DAG, and what people do meanwhile: each step is called once, in order, in a thread."""

    dag_id: str
    server: Any
    steps: list[Callable[[Run], None]]
    form: dict[str, Any] | None = None
    states: dict[str, str] = field(default_factory=dict)
    run_id: str = ""
    state: str = ""
    trouble: list[BaseException] = field(default_factory=list)

    def go(self) -> Run:
        from airflow.dag_processing.dagbag import DagBag

        bag = DagBag(airflow_home.SETTINGS["AIRFLOW__CORE__DAGS_FOLDER"])
        assert bag.import_errors == {}
        before = {run["dag_run_id"] for run in self._runs()}
        people = threading.Thread(target=self._people, args=(before,), daemon=True)
        people.start()
        done = bag.dags[self.dag_id].test(run_conf=self.form)
        people.join(30)
        assert not people.is_alive(), "somebody still waits to be asked"
        if self.trouble:
            raise self.trouble[0]
        self.state = str(done.state)
        self.states = {task["task_id"]: task["state"] for task in self.tasks()}
        return self

    def _people(self, before: set[str]) -> None:
        try:
            while not (new := [r["dag_run_id"] for r in self._runs() if r["dag_run_id"] not in before]):
                time.sleep(0.2)
            self.run_id = new[0]
            for step in self.steps:
                step(self)
        except BaseException as error:
            self.trouble.append(error)
            if self.run_id:  # nobody would answer any more: the run would wait for ever
                self.request("PATCH", "admin", self.path, {"state": "failed"})

    # -- what a person does

    def asked(self, task_id: str, tries: int = 1) -> dict[str, Any]:
        """Wait until a question is put (for the `tries`-th time); returns it. `TASK/0`: of a mapped task its first."""
        for _ in range(400):
            answer = self.request("GET", "admin", f"{self.path}/taskInstances/{task_id}")
            task = answer.json() if answer.status_code == 200 else {"state": None}  # 404: not yet mapped
            if task["state"] == "awaiting_input" and task["try_number"] == tries:
                return self._get("admin", self._question(task_id))
            assert task["state"] not in OVER, f"{task_id} is {task['state']} and asks nothing"
            time.sleep(0.2)
        raise AssertionError(f"{task_id} was never asked")

    def answer(self, user: str, task_id: str, option: str, **params: Any) -> httpx.Response:
        body = {"chosen_options": [option], "params_input": params}
        return self.request("PATCH", user, self._question(task_id), body)

    def request(self, method: str, user: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

        role = "admin" if user == "admin" else "user"
        token = self.server.app.state.auth_manager.generate_jwt(SimpleAuthManagerUser(username=user, role=role))
        return self.server.request(method, path, json=body, headers={"Authorization": f"Bearer {token}"})

    @property
    def path(self) -> str:
        return f"/api/v2/dags/{self.dag_id}/dagRuns/{self.run_id}"

    def _question(self, task_id: str) -> str:
        name, _, place = task_id.partition("/")
        return f"{self.path}/taskInstances/{name}/{place or -1}/hitlDetails"

    def _get(self, user: str, path: str) -> dict[str, Any]:
        answer = self.request("GET", user, path)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def _runs(self) -> list[dict[str, Any]]:
        answer = self.request("GET", "admin", f"/api/v2/dags/{self.dag_id}/dagRuns")
        return list(answer.json()["dag_runs"]) if answer.status_code == 200 else []  # before the first run: 404

    def tasks(self) -> list[dict[str, Any]]:
        return list(self._get("admin", f"{self.path}/taskInstances")["task_instances"])
