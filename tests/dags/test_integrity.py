"""What every DAG owes: it loads, it is documented, it retries, it names its owner. One test walks them all."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import PartitionedAtRuntime

from social_archive.platforms import registry
from social_archive.stack.pools import pools
from social_archive_airflow.retries import HonourRetryAfter
from social_archive_airflow.tags import Owner, Tag
from social_archive_airflow.timetables import AccountSchedules
from tests.airflow_home import REPOSITORY

pytestmark = pytest.mark.slow  # importing Airflow takes seconds

DAGS = REPOSITORY / "dags"
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
    assert set(bag.dags) == {"audit", "consolidate", "digest", "dispose", *(f"harvest_{name}" for name in registry())}


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
        assert dag.max_active_runs == 1


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
