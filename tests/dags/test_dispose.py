"""A disposal through Airflow: asked of the right people, answered by them, entered in the ledger, destroyed, certified.

The runs are Airflow's own (`dag.test()`), the store is real, and the answers come as people give them: over the REST
API, each under its own name, while the run waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from social_archive.archive import Archive
from social_archive.config import StoreConfig
from social_archive.retention import certificate, certificate_note, disposal
from social_archive.stack.seaweed import Seaweed
from tests.dags.asking import Run, api_server
from tests.social_archive.retention import scenes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

RETURNED = {"reference": "LRC 26-17 (invented)", "returned_on": f"{datetime.now(UTC):%Y-%m-%d}", "filed_on": None}


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    with api_server() as client:
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
    run = Run("dispose", server, steps).go()

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

    forged = Run("dispose", server, [commission_approves, approves("records", "first_approval"), forges]).go()

    assert forged.states["second_approval"] == "success"
    assert (forged.state, forged.states["destroy"]) == ("failed", "failed")
    d = the_disposal(archive)
    assert (d.status, d.claims, [a.by for a in d.approvals]) == ("proposed", [], ["records"])

    def marks(run: Run) -> None:
        run.asked("second_approval")
        marked = run.request("PATCH", "records", f"{run.path}/taskInstances/second_approval", {"new_state": "success"})
        assert marked.status_code == 200, marked.text

    marked = Run("dispose", server, [marks]).go()  # what the ledger holds already is not asked again

    assert (marked.states["first_approval"], marked.states["destroy"]) == ("success", "failed")
    assert the_disposal(archive).claims == []

    def says_no(run: Run) -> None:
        plan = run.asked("second_approval")["params"]["plan"]["value"]
        run.answer("director", "second_approval", "Reject", plan=plan, reason="ask the town's historian first")

    rejected = Run("dispose", server, [says_no]).go()

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

    run = Run("dispose", server, []).go()

    assert (run.states["propose"], run.states["returned_copy"], run.states["destroy"]) == (
        "success", "failed", "upstream_failed",
    )  # fmt: skip
    assert "agency.yaml names nobody for the first approval" in capfd.readouterr().out
    assert the_disposal(archive).status == "proposed"


def test_nothing_due_ends_the_run_and_asks_nobody(server, archive):
    scenes.carried_out(archive)

    run = Run("dispose", server, []).go()

    assert run.state == "success"
    assert {state for name, state in run.states.items() if name != "propose"} == {"skipped"}
