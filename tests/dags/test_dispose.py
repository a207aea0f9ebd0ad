"""A disposal through Airflow: asked of the right people, answered by them, entered in the ledger, destroyed, certified.

The runs are Airflow's own (`dag.test()`), the store is real, and the answers come as people give them: over the REST
API, each under its own name, while the run waits.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from social_archive.archive import Archive
from social_archive.config import StoreConfig
from social_archive.retention import certificate, certificate_note, disposal
from social_archive.stack.seaweed import Seaweed
from tests import airflow_home
from tests.social_archive.retention import scenes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

RETURNED = {"reference": "LRC 26-17 (invented)", "returned_on": f"{datetime.now(UTC):%Y-%m-%d}", "filed_on": None}
OVER = ("success", "failed", "skipped", "upstream_failed")


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    """Airflow's API server in this process, on the database that `dag.test()` uses."""
    airflow_home.migrated()
    from airflow.api_fastapi.app import create_app
    from fastapi.testclient import TestClient

    with TestClient(create_app(), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def archive(
    tmp_path: Path, buckets: StoreConfig, weed: Seaweed, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Archive]:
    """A library of which six comments are past their time, and one is not."""
    monkeypatch.setenv("ARCHIVE_EMBEDDED_STORE", str(weed.state))
    library = scenes.library(tmp_path, buckets.bucket)
    scenes.comments(library, 6, objects=2)
    scenes.take_in(library, [scenes.comment(90, "a new remark", at=datetime.now(UTC))])
    monkeypatch.setenv("ARCHIVE_AGENCY", str(library.agency.folder))
    monkeypatch.setenv("ARCHIVE_STATE", str(tmp_path / "worker"))
    yield library
    library.close()


@dataclass
class Run:
    """One run of `dispose`, and what people do meanwhile: each step is called once, in order, in a thread."""

    server: Any
    steps: list[Callable[[Run], None]]
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
        done = bag.dags["dispose"].test()
        people.join(30)
        assert not people.is_alive(), "somebody still waits to be asked"
        if self.trouble:
            raise self.trouble[0]
        self.state = str(done.state)
        self.states = {task["task_id"]: task["state"] for task in self._tasks()}
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

    # -- what a person does

    def asked(self, task_id: str, tries: int = 1) -> dict[str, Any]:
        """Wait until a question is put (for the `tries`-th time); returns it."""
        for _ in range(400):
            task = self._get("admin", f"{self.path}/taskInstances/{task_id}")
            if task["state"] == "awaiting_input" and task["try_number"] == tries:
                return self._get("admin", f"{self.path}/taskInstances/{task_id}/-1/hitlDetails")
            assert task["state"] not in OVER, f"{task_id} is {task['state']} and asks nothing"
            time.sleep(0.2)
        raise AssertionError(f"{task_id} was never asked")

    def answer(self, user: str, task_id: str, option: str, **params: Any) -> httpx.Response:
        body = {"chosen_options": [option], "params_input": params}
        return self.request("PATCH", user, f"{self.path}/taskInstances/{task_id}/-1/hitlDetails", body)

    def request(self, method: str, user: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

        role = "admin" if user == "admin" else "user"
        token = self.server.app.state.auth_manager.generate_jwt(SimpleAuthManagerUser(username=user, role=role))
        return self.server.request(method, path, json=body, headers={"Authorization": f"Bearer {token}"})

    @property
    def path(self) -> str:
        return f"/api/v2/dags/dispose/dagRuns/{self.run_id}"

    def _get(self, user: str, path: str) -> dict[str, Any]:
        answer = self.request("GET", user, path)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def _runs(self) -> list[dict[str, Any]]:
        answer = self.request("GET", "admin", "/api/v2/dags/dispose/dagRuns")
        return list(answer.json()["dag_runs"]) if answer.status_code == 200 else []  # before the first run: 404

    def _tasks(self) -> list[dict[str, Any]]:
        return list(self._get("admin", f"{self.path}/taskInstances")["task_instances"])


def commission_approves(run: Run) -> None:
    plan = run.asked("returned_copy")["params"]["plan"]["value"]
    assert run.answer("records", "returned_copy", "Approved", plan=plan, **RETURNED).status_code == 200


def approves(user: str, task_id: str, tries: int = 1) -> Callable[[Run], None]:
    def step(run: Run) -> None:
        plan = run.asked(task_id, tries)["params"]["plan"]["value"]
        assert run.answer(user, task_id, "Approve", plan=plan, reason=None).status_code == 200

    return step


def the_disposal(archive: Archive) -> disposal.Disposal:
    archive.catalog.catch_up()
    return disposal.all_disposals(archive)[-1]


def test_two_people_approve_and_a_certificate_proves_it(server, archive):
    seen: dict[str, Any] = {}

    def slips(run: Run) -> None:
        """The officer's first answer does not carry the plan: it counts for nothing, and the question comes again."""
        seen["asked"] = run.asked("first_approval")
        assert run.answer("records", "first_approval", "Approve").status_code == 200

    def tries_both(run: Run) -> None:
        run.asked("second_approval")
        seen["records"] = run.answer("records", "second_approval", "Approve")
        seen["admin"] = run.answer("admin", "second_approval", "Approve")

    steps = [commission_approves, slips, approves("records", "first_approval", tries=2), tries_both,
             approves("director", "second_approval")]  # fmt: skip
    run = Run(server, steps).go()

    assert set(run.states.values()) == {"success"}, run.states
    assert {seen["records"].status_code, seen["admin"].status_code} == {403}
    assert "6 records in 2 objects" in seen["asked"]["body"]
    assert "remark" not in seen["asked"]["body"]
    d = the_disposal(archive)
    assert d.status == "certified"
    assert [(a.by, a.place, a.via) for a in d.approvals] == [("records", 1, "airflow"), ("director", 2, "airflow")]
    files = {name: certificate.read(archive, d.certified["certificate"], name) for name in certificate.FILES}
    report = certificate_note.verify(files["certificate.json"], files["certificate.note.txt"].decode(),
                                     pdf=files["certificate.pdf"])  # fmt: skip
    assert report.problems == []
    assert [row[4] for row in archive.catalog.totals()] == [1]  # the new comment is still there


def test_what_is_marked_by_hand_or_written_into_airflow_approves_nothing_and_a_no_withdraws(server, archive):
    def forges(run: Run) -> None:
        """What a user may do in Airflow: write the other's answer as an XCom, and mark the task as a success."""
        plan = run.asked("second_approval")["params"]["plan"]["value"]
        answer = {"chosen_options": ["Approve"], "params_input": {"plan": plan},
                  "responded_at": datetime.now(UTC).isoformat(),
                  "responded_by_user": {"id": "director", "name": "director"}}  # fmt: skip
        entry = {"key": "return_value", "value": answer}
        path = f"{run.path}/taskInstances/second_approval"
        written = run.request("POST", "records", f"{path}/xcomEntries", entry)
        assert written.status_code == 201, written.text
        marked = run.request("PATCH", "records", path, {"new_state": "success"})
        assert marked.status_code == 200, marked.text

    forged = Run(server, [commission_approves, approves("records", "first_approval"), forges]).go()

    assert forged.states["second_approval"] == "success"
    assert (forged.state, forged.states["destroy"]) == ("failed", "failed")
    d = the_disposal(archive)
    assert (d.status, d.claims, [a.by for a in d.approvals]) == ("proposed", [], ["records"])

    def marks(run: Run) -> None:
        run.asked("second_approval")
        marked = run.request("PATCH", "records", f"{run.path}/taskInstances/second_approval", {"new_state": "success"})
        assert marked.status_code == 200, marked.text

    marked = Run(server, [marks]).go()  # what the ledger holds already is not asked again

    assert (marked.states["first_approval"], marked.states["destroy"]) == ("success", "failed")
    assert the_disposal(archive).claims == []

    def says_no(run: Run) -> None:
        plan = run.asked("second_approval")["params"]["plan"]["value"]
        run.answer("director", "second_approval", "Reject", plan=plan, reason="ask the town's historian first")

    rejected = Run(server, [says_no]).go()

    assert rejected.states["second_approval"] == "success"
    assert {rejected.states[name] for name in ("destroy", "verify", "certify")} == {"skipped"}
    d = the_disposal(archive)
    assert (d.status, d.withdrawn["by"], d.withdrawn["reason"]) == (
        "withdrawn", "director", "ask the town's historian first",
    )  # fmt: skip
    assert [row[4] for row in archive.catalog.totals()] == [7]


def test_without_approvers_it_is_proposed_and_the_sentence_says_what_to_enter(server, archive, capfd):
    settings = archive.agency.folder / "agency.yaml"
    text = settings.read_text()
    settings.write_text(text[: text.index("people:")])

    run = Run(server, []).go()

    assert (run.states["propose"], run.states["returned_copy"], run.states["destroy"]) == (
        "success", "failed", "upstream_failed",
    )  # fmt: skip
    assert "agency.yaml names nobody for the first approval" in capfd.readouterr().out
    assert the_disposal(archive).status == "proposed"


def test_nothing_due_ends_the_run_and_asks_nobody(server, archive):
    scenes.carried_out(archive)

    run = Run(server, []).go()

    assert run.state == "success"
    assert {state for name, state in run.states.items() if name != "propose"} == {"skipped"}
