"""What every DAG owes: it loads, it is documented, it retries, it names its owner. One test walks them all."""

from __future__ import annotations

import shutil
import socket
from datetime import timedelta
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.providers.standard.sensors.date_time import DateTimeSensorAsync
from airflow.sdk import PartitionedAtRuntime

from social_archive.config import load_agency
from social_archive.platforms import registry
from social_archive.stack.pools import pools
from social_archive_airflow.retries import HonourRetryAfter
from social_archive_airflow.tags import Owner, Tag
from social_archive_airflow.timetables import AccountSchedules
from tests.airflow_home import REPOSITORY

pytestmark = pytest.mark.slow  # importing Airflow takes seconds

DAGS = REPOSITORY / "dags"
APPROVALS = {"first_approval", "second_approval"}
SAMPLE = REPOSITORY / "include" / "sandbox" / "agency"
WESTMONT = REPOSITORY / "include" / "agency"


def load(agency: Path) -> DagBag:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ARCHIVE_AGENCY", str(agency))
        return DagBag(str(DAGS))


@pytest.fixture(scope="module")
def bag() -> DagBag:
    return load(SAMPLE)


def dags(bag: DagBag):
    return bag.dags.values()


def tasks(bag: DagBag):
    return [task for dag in dags(bag) for task in dag.tasks]


@pytest.mark.parametrize("agency", [SAMPLE, WESTMONT], ids=["sample", "westmont"])
def test_the_dags_load_for_every_agency_that_ships(agency):
    bag = load(agency)

    assert bag.import_errors == {}
    assert set(bag.dags) == {"audit", "consolidate", "digest", "dispose", "foia_clock", "foia_deadlines",
                             "foia_export", "foia_request", "policy_check",
                             *(f"harvest_{name}" for name in registry())}


def test_every_dag_says_what_it_does_who_owns_it_and_how_to_recover(bag):
    for dag in dags(bag):
        for heading in ("**What it does.**", "**Owner.**", "**How to recover.**"):
            assert heading in dag.doc_md, f"{dag.dag_id} lacks {heading}"
        assert dag.description
        assert dag.dag_display_name != dag.dag_id


def test_a_harvest_is_documented_by_its_platforms_own_words(bag):
    for name, cls in registry().items():
        assert cls.__doc__.strip().splitlines()[0] in bag.dags[f"harvest_{name}"].doc_md


def test_every_dag_carries_known_tags_only(bag):
    for dag in dags(bag):
        assert dag.tags
        assert set(dag.tags) <= set(Tag)


def test_every_task_has_an_owner_from_the_list(bag):
    assert {task.owner for task in tasks(bag)} <= set(Owner)


def test_every_task_retries_as_the_platform_asks(bag):
    for task in tasks(bag):
        assert task.retries >= 1, task.task_id
        assert isinstance(task.retry_policy, HonourRetryAfter), task.task_id


def test_nothing_catches_up_or_runs_twice_at_once(bag):
    for dag in dags(bag):
        assert dag.catchup is False
        assert dag.max_active_runs == 1 or dag.dag_id == "foia_clock", "a run for each open request"


def test_every_pool_that_a_task_names_is_made_by_the_setup(bag):
    assert {task.pool for task in tasks(bag)} <= {"default_pool", *pools()}


def test_only_reading_a_platform_takes_a_slot_of_its_pool(bag):
    assert {task.task_id for task in tasks(bag) if task.pool != "default_pool"} == {"account.pull"}


def test_an_accession_tells_the_asset(bag):
    for name in registry():
        (outlet,) = bag.dags[f"harvest_{name}"].get_task("account.accession").outlets
        assert outlet.name == "social_records"


def test_accounts_are_offered_by_name_when_a_harvest_is_triggered(bag):
    params = bag.dags["harvest_mastodon"].params
    assert params.get_param("account").schema["enum"] == [None, "larkspur", "larkspur-kids", "larkspur-archive"]
    assert params["full"] is False


def test_a_platform_with_accounts_runs_by_schedule_and_one_without_does_not(bag):
    assert isinstance(bag.dags["harvest_mastodon"].schedule, AccountSchedules)
    assert isinstance(load(WESTMONT).dags["harvest_mastodon"].schedule, PartitionedAtRuntime)


DESTROYS = {"destroy", "verify", "verify_again", "certify"}


def test_what_destroys_comes_after_both_approvals_and_nothing_leads_around_them(bag):
    dag = bag.dags["dispose"]

    for name in DESTROYS:
        task = dag.get_task(name)
        assert task.get_flat_relative_ids(upstream=True) >= {"propose", "returned_copy", *APPROVALS}
        assert task.trigger_rule == "all_success", name
    second = dag.get_task("second_approval")
    assert second.get_flat_relative_ids(upstream=True) >= {"propose", "returned_copy", "first_approval"}


def test_no_other_task_of_any_dag_can_destroy_what_was_approved():
    """`execute` of the core is called in one place, and that place asks the gates before it."""
    sources = {path: path.read_text() for path in [*DAGS.glob("*.py"), *(REPOSITORY / "plugins").rglob("*.py")]}

    (caller,) = [text for text in sources.values() if "execution.execute(" in text]
    body = caller[caller.index("def destroy(") :]
    assert body.index("_require_both(archive, d, first, second)") < body.index("execution.execute(")
    assert not [path for path, text in sources.items() if ".disposer" in text]


def test_nobody_but_the_two_lists_is_asked_and_silence_is_no_answer(bag):
    people = load_agency(SAMPLE).disposal
    asked = {"returned_copy": people.first_approvers, "first_approval": people.first_approvers,
             "second_approval": people.second_approvers}  # fmt: skip

    for name, users in asked.items():
        task = bag.dags["dispose"].get_task(name)
        assert users
        assert [user["id"] for user in task.assigned_users] == users
        assert task.defaults is None
        assert (task.execution_timeout, task.response_timeout) == (None, None)
        assert (task.retries, task.retry_delay) == (2, timedelta(seconds=1))
    assert not set(people.first_approvers) & set(people.second_approvers)


def test_an_answer_is_delivered_after_its_release_only_and_silence_is_no_answer(bag):
    dag = bag.dags["foia_export"]
    deliver, release = dag.get_task("answer.deliver"), dag.get_task("answer.release")

    assert deliver.get_flat_relative_ids(upstream=True) >= {"answer.build", "answer.release"}
    assert deliver.trigger_rule == "all_success"
    assert [user["id"] for user in release.assigned_users] == load_agency(SAMPLE).foia.release_approvers
    assert release.assigned_users
    assert (release.defaults, release.execution_timeout, release.response_timeout) == (None, None, None)
    assert (release.retries, release.retry_delay) == (2, timedelta(seconds=1))


def test_a_request_is_watched_by_two_deadlines(bag):
    warn = timedelta(days=load_agency(SAMPLE).foia.warn_days)
    assert [alert.interval for alert in bag.dags["foia_clock"].deadline] == [-warn, timedelta(0)]


def test_waiting_takes_no_slot(bag):
    for name in ("filing_period", "wait"):
        assert isinstance(bag.dags["dispose"].get_task(name), DateTimeSensorAsync)


def test_the_dags_survive_serialisation(bag):
    from airflow.serialization.serialized_objects import DagSerialization

    for dag in dags(bag):
        again = DagSerialization.from_dict(DagSerialization.to_dict(dag))
        assert again.task_ids == dag.task_ids
        assert again.timetable.summary


def test_a_wrong_accounts_file_becomes_an_import_error_with_file_and_line(tmp_path):
    broken = tmp_path / "agency"
    shutil.copytree(SAMPLE, broken)
    (broken / "accounts.yaml").write_text("accounts:\n  - name: main\n    platform: mastodont\n    handle: main\n")

    bag = load(broken)

    (error,) = [text for file, text in bag.import_errors.items() if file.endswith("harvest.py")]
    assert "accounts.yaml:3" in error
    assert "mastodont" in error


def test_reading_the_dag_files_opens_no_connection(monkeypatch):
    def refuse(*_: object) -> None:
        raise AssertionError("A DAG file opened a connection while it was read.")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)

    assert load(SAMPLE).import_errors == {}


def test_dag_files_are_short():
    for file in DAGS.glob("*.py"):
        assert len(file.read_text().splitlines()) < 80, file.name


def test_dag_files_import_nothing_from_each_other():
    names = {file.stem for file in DAGS.glob("*.py")}
    for file in DAGS.glob("*.py"):
        for line in file.read_text().splitlines():
            if line.startswith(("from ", "import ")):
                assert line.split()[1].split(".")[0] not in names, f"{file.name}: {line}"
