"""A request for records in Airflow's own pages, with a browser: it comes in, its clock is watched, its answer goes out.

What a stranger gets is checked as a stranger does, with the one script that lies beside it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from social_archive.stack.postgres import _programs
from tests.e2e.browsing import answer, logged_in, picture, question
from tests.e2e.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.e2e, pytest.mark.timeout(600)]

ASKED = "All posts and comments about the library in June (invented)"
BY_FORM = {"text": "Everything about the carillon (invented)", "name": "Ottoline Vesper (invented)", "how": "mail"}


def finished(stack: Stack, dag_id: str, run_id: str) -> dict[str, Any]:
    """The run, when it has come to its end; it must have succeeded."""
    with stack.api() as api:
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}"
        while (run := api._get(path))["state"] not in ("success", "failed"):
            time.sleep(0.5)
        tasks = api._get(f"{path}/taskInstances")["task_instances"]
    assert run["state"] == "success", {task["task_id"]: task["state"] for task in tasks}
    return run


def requests_of(stack: Stack) -> dict[str, dict[str, Any]]:
    told = json.loads(stack.archive("foia", "list", "--json").stdout)
    return {one["number"]: one for one in told["requests"]}


@pytest.fixture(scope="module")
def number(stack: Stack, browser: Any) -> str:
    """Of the request that the records officer receives on the Desk, inside of Airflow."""
    before = requests_of(stack)
    with logged_in(browser, stack, "records") as page:
        page.get_by_text("Records Desk").first.click()
        desk = page.frame_locator("iframe")
        desk.get_by_role("link", name="Receive a request").first.click()
        desk.get_by_label("What is asked for, word for word").fill(ASKED)
        desk.get_by_label("How it came").select_option("in_person")
        desk.get_by_label("Name", exact=True).fill("Quentin Harrow (invented)")
        picture(page, "desk-receive.png")
        desk.get_by_role("button", name="Receive it").click()
        desk.get_by_text("Answer by").first.wait_for()
        (made,) = requests_of(stack).keys() - before.keys()
        assert f"Request {made}" in desk.locator("h1").inner_text()
        assert ASKED in desk.locator("blockquote").inner_text()
    return made


def test_what_the_officer_receives_on_the_desk_is_listed_with_its_day(stack, browser, number):
    known = requests_of(stack)[number]
    with logged_in(browser, stack, "records") as page:
        page.goto(f"{stack.home.url}/plugin/records-desk")
        row = page.frame_locator("iframe").locator("tr", has_text=number)
        row.wait_for()
        picture(page, "desk-requests.png")
        assert known["clock"]["safe"] in row.inner_text()
        assert "Harrow" not in page.frame_locator("iframe").locator("body").inner_text()


def test_airflow_forgets_what_its_own_form_was_told(stack):
    before = requests_of(stack)
    with stack.api("records") as api:
        run = finished(stack, "foia_request", api.trigger("foia_request", BY_FORM))

    (made,) = requests_of(stack).keys() - before.keys()
    shown = json.loads(stack.archive("foia", "show", made, "--json").stdout)
    assert (shown["text"], shown["requester"]["name"]) == (BY_FORM["text"], BY_FORM["name"])
    assert run["triggering_user_name"] == "records"
    assert run["conf"] == {}
    settings = (stack.state / "airflow" / "airflow.cfg").read_text().splitlines()
    address = next(line for line in settings if line.startswith("sql_alchemy_conn ="))
    url = address.split("= ", 1)[1].replace("+psycopg2", "")
    dump = subprocess.run([_programs() / "pg_dump", url], capture_output=True, check=True, timeout=120).stdout
    logs = [p for top in ("logs", "airflow/logs") for p in (stack.state / top).rglob("*.log")]
    assert run["dag_run_id"].encode() in dump
    for secret in (b"carillon", b"Ottoline"):
        assert secret not in dump
        assert not [log.name for log in logs if secret in log.read_bytes()]


def test_airflow_lists_the_days_by_which_it_must_be_answered(stack, number):
    with stack.api("records") as api:
        finished(stack, "foia_deadlines", api.trigger("foia_deadlines"))
        day = requests_of(stack)[number]["clock"]["safe"]
        listed = api._get("/ui/dags/foia_clock/dagRuns/~/deadlines", limit=100)["deadlines"]
        clock = f"/api/v2/dags/foia_clock/dagRuns/{number}_due_{day}/taskInstances/answered"
        while (state := api._get(clock)["state"]) not in ("up_for_reschedule", "success", "failed"):
            time.sleep(0.5)

    assert state == "up_for_reschedule", "it has looked, and looks again"
    mine = [one for one in listed if one["dag_run_id"] == f"{number}_due_{day}"]
    assert sorted((one["alert_name"], one["missed"]) for one in mine) == [("Due", False), ("Due soon", False)]


def test_the_director_lets_the_answer_go_out_in_a_browser_and_a_stranger_finds_it_whole(stack, browser, number):
    def foia(command: str) -> str:
        return stack.archive("foia", *command.split()).stdout

    foia(f"search {number} --words library --account larkspur-teens --by records")
    foia(f"release {number} --rest --by records")
    review = json.loads(foia(f"review {number} --json"))
    foia(f"confirm {number} --state {review['state']} --by director")
    foia(f"letter {number} --by records --enter")
    hits = review["totals"]["hits"]
    assert hits > 0
    with stack.api("records") as api:
        run_id = api.trigger("foia_export", {"number": number})

    with logged_in(browser, stack, "director") as page:
        question(page, stack, "foia_export", "answer.release", "Release of the answer")
        told = page.inner_text("main, body")
        assert f"request {number}" in told
        assert f"{hits:,} records" in told
        assert "Harrow" not in told
        with stack.api("admin") as admin:
            path = f"/api/v2/dags/foia_export/dagRuns/{run_id}/taskInstances/answer.release/0/hitlDetails"
            plan = admin._get(path)["params"]["plan"]["value"]
            said = {"chosen_options": ["Approve"], "params_input": {"plan": plan, "reason": None}}
            assert admin._request("PATCH", path, json=said).status_code == 403
        picture(page, "foia-release.png")
        assert _went_out(stack, number) == []
        answer(page, "Approve")
        finished(stack, "foia_export", run_id)

    (bundle,) = [path for path in _went_out(stack, number) if path.suffix == ".zip"]
    checked = subprocess.run([sys.executable, "-I", bundle.with_name("verify.py"), bundle], capture_output=True,
                             text=True, check=False, timeout=120)  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert requests_of(stack).get(number, {"status": "answered"})["status"] == "answered"


def _went_out(stack: Stack, number: str) -> list[Path]:
    """What lies in the release folder of a request."""
    folder = stack.state / "releases"
    return sorted(path for path in folder.rglob("*") if path.is_file() and number in str(path.relative_to(folder)))
