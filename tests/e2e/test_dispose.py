"""A disposal as two people carry it through in Airflow's own pages, with a browser; a stranger checks afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from social_archive.archive import open_archive
from social_archive.retention import certificate
from social_archive.stack import environment as stack_environment
from tests.e2e.browsing import answer, logged_in, picture, question
from tests.e2e.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.e2e, pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def run_id(stack: Stack) -> str:
    """A run that the administrator started; the schedule is in force."""
    stack.archive("retention", "propose", "--by", "records", "--reason", "First version (invented)")
    with stack.api() as api:
        return api.trigger("dispose")


def test_two_people_approve_in_their_browsers_and_the_certificate_holds_elsewhere(stack, browser, run_id, tmp_path):
    with logged_in(browser, stack, "records") as page:
        question(page, stack, "dispose", "returned_copy", "Returned copy")
        page.fill("input[name=element_reference]", "LRC 26-118 (invented)")
        page.fill("input[name=element_returned_on]", date.today().isoformat())
        picture(page, "dispose-returned.png")
        answer(page, "Approved")
        question(page, stack, "dispose", "first_approval", "First approval")
        picture(page, "dispose-approve.png")
        answer(page, "Approve")

    with logged_in(browser, stack, "director") as page:
        question(page, stack, "dispose", "second_approval", "Second approval")
        assert "approved by records" in page.inner_text("main, body")
        answer(page, "Approve")
        with stack.api() as api:
            while (state := api.run_state("dispose", run_id)) not in ("success", "failed"):
                time.sleep(1)
            tasks = api._get(f"/api/v2/dags/dispose/dagRuns/{run_id}/taskInstances")["task_instances"]
        page.goto(f"{stack.home.url}/dags/dispose/runs/{run_id}")
        page.wait_for_selector("text=certify")
        picture(page, "dispose-done.png")
    assert state == "success", {task["task_id"]: task["state"] for task in tasks}

    (done,) = json.loads(stack.archive("disposal", "list", "--json").stdout)
    assert (done["status"], [a["by"] for a in done["approvals"]]) == ("certified", ["records", "director"])
    _take_out(stack, done["certificate"], tmp_path)
    script = ROOT / "docs" / "verify_certificate_standalone.py"
    checked = subprocess.run(
        [sys.executable, script, tmp_path / "certificate.json"], env={"PATH": os.environ["PATH"]}, cwd=tmp_path,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr
    people = json.loads((tmp_path / "certificate.json").read_text())["people"]
    assert (people["proposed"]["by"], [a["by"] for a in people["approved"]]) == ("admin", ["records", "director"])


def _take_out(stack: Stack, number: str, folder: Path) -> None:
    """Take the certificate's files out of the archive, as its owner would to hand them to somebody."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in stack_environment.read(stack.state).items():
            patch.setenv(name, value)
        archive = open_archive(stack.agency, state=folder / "state", write=False)
        archive.catalog.catch_up()
        for name in certificate.FILES:
            (folder / name).write_bytes(certificate.read(archive, number, name))
        archive.close()
