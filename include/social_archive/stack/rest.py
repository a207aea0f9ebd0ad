"""The few calls to Airflow's REST API (v2) that `archive up` makes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx

from social_archive.errors import ArchiveError

HEALTHY = "healthy"
FINISHED = frozenset({"success", "failed"})


class AirflowApi:
    """Airflow's API as one user. Raises ArchiveError when an answer is not what the API promises."""

    def __init__(self, url: str, user: str = "admin", password: str = "") -> None:
        self._user = user
        self._password = password
        self._client = httpx.Client(base_url=url, timeout=30, trust_env=False)

    def __enter__(self) -> AirflowApi:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def health(self) -> dict[str, str]:
        """State of each component; empty while nothing answers."""
        try:
            answer = self._client.get("/api/v2/monitor/health", timeout=5)
            parts = answer.json() if answer.status_code == 200 else {}
        except (httpx.HTTPError, ValueError):
            return {}
        return {name: str((part or {}).get("status")) for name, part in parts.items()}

    def dag_ids(self) -> set[str]:
        return {dag["dag_id"] for dag in self._get("/api/v2/dags", limit=100)["dags"]}

    def import_errors(self) -> dict[str, str]:
        """Broken DAG files and plugins: file (or plugin) to the last line of its traceback."""
        errors = {
            item["filename"]: item["stack_trace"].strip().splitlines()[-1]
            for item in self._get("/api/v2/importErrors", limit=100)["import_errors"]
        }
        for item in self._get("/api/v2/plugins/importErrors")["import_errors"]:
            errors[item["source"]] = item["error"].strip().splitlines()[-1]
        return errors

    def unpause(self, dag_id: str) -> None:
        self._send("PATCH", f"/api/v2/dags/{dag_id}", {"is_paused": False})

    def runs_by_itself(self, dag_id: str) -> bool:
        """Is a scheduled run due now? Airflow makes up for the latest tick when a DAG is first unpaused."""
        moment = self._get(f"/api/v2/dags/{dag_id}").get("next_dagrun_run_after")
        return moment is not None and datetime.fromisoformat(moment) <= datetime.now(UTC)

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """The latest runs, newest first."""
        path = f"/api/v2/dags/{dag_id}/dagRuns"
        return list(self._get(path, limit=5, order_by="-run_after")["dag_runs"])

    def trigger(self, dag_id: str, conf: dict[str, Any] | None = None) -> str:
        """Start a run now; returns its id."""
        body = {"logical_date": None, "conf": conf or {}}
        return str(self._send("POST", f"/api/v2/dags/{dag_id}/dagRuns", body)["dag_run_id"])

    def run_state(self, dag_id: str, run_id: str) -> str:
        return str(self._get(f"/api/v2/dags/{dag_id}/dagRuns/{run_id}")["state"])

    def task_states(self, dag_id: str, run_id: str) -> list[str]:
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances"
        return [str(item["state"]) for item in self._get(path, limit=100)["task_instances"]]

    def ensure_pool(self, name: str, pool: dict[str, object]) -> None:
        """Make a pool if there is none of that name; one that an operator resized stays as it is."""
        if self._request("GET", f"/api/v2/pools/{name}").status_code == 404:
            self._send("POST", "/api/v2/pools", {"name": name, **pool})

    def _get(self, path: str, **params: Any) -> dict[str, Any]:
        return self._checked(self._request("GET", path, params=params))

    def _send(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._checked(self._request(method, path, json=body))

    def _request(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        if "Authorization" not in self._client.headers:
            self._log_in()
        try:
            return self._client.request(method, path, **kwargs)
        except httpx.HTTPError as error:
            raise ArchiveError(
                f"Airflow did not answer {method} {path} ({type(error).__name__}). No record was touched.",
                remedy="`archive status` shows which part is down; `archive up` starts it.",
            ) from None

    def _log_in(self) -> None:
        answer = self._client.post("/auth/token", json={"username": self._user, "password": self._password})
        if answer.status_code != 201:
            raise ArchiveError(
                f"Airflow refused the user {self._user} ({answer.status_code}). No record was touched.",
                remedy="Its password is in .archive/airflow/passwords.json; `archive down` and `archive up` reload it.",
            )
        self._client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    @staticmethod
    def _checked(answer: httpx.Response) -> dict[str, Any]:
        if not answer.is_success:
            raise ArchiveError(
                f"Airflow answered {answer.status_code} to {answer.request.method} {answer.request.url.path}.",
                remedy="Read .archive/logs/airflow-api-server.log.",
            )
        return dict(answer.json())
