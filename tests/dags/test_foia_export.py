"""The release of an answer through Airflow: nothing goes out but the very bundle that the right person approved.

The runs are Airflow's own (`dag.test()`), the store is real, and the answers come as people give them: over the REST
API, each under its own name, while the run waits.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from social_archive.archive import Archive
from social_archive.config import StoreConfig
from social_archive.foia import request_file
from social_archive.foia.request_file import RequestFile
from social_archive.stack.seaweed import Seaweed
from tests.dags.asking import Run, api_server
from tests.social_archive.foia import scenes
from tests.social_archive.foia.bundle import answering
from tests.stores import fresh_buckets

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

RELEASE = "answer.release/0"


@pytest.fixture(scope="module")
def server() -> Iterator[Any]:
    with api_server() as client:
        yield client


@pytest.fixture(scope="module")
def archive(weed: Seaweed, object_store: StoreConfig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """A library with a thread about its parking lot. Its workers lay answers into `releases`."""
    config = fresh_buckets(weed, object_store)
    folder = tmp_path_factory.mktemp("export")
    library = answering.office(folder, config.bucket)
    path = library.agency.folder / "agency.yaml"
    by_hand = 'people:\n  - {user: dag_test, name: "By hand (invented)", title: IT}\n'  # who starts `dag.test()`
    path.write_text(path.read_text().replace("people:\n", by_hand, 1))
    scenes.take_in(library, scenes.thread())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ARCHIVE_AGENCY", str(library.agency.folder))
        patch.setenv("ARCHIVE_STATE", str(folder / "worker"))
        yield library
    library.close()


@pytest.fixture
def number(archive: Archive) -> str:
    """A request whose review is confirmed and whose letter is written."""
    request = answering.searched(archive)
    answering.confirmed(archive, request)
    answering.lettered(archive, request)
    return request.number


def file_of(archive: Archive, number: str) -> RequestFile:
    archive.catalog.catch_up()
    return request_file.read(archive, number)


def went_out(archive: Archive, number: str) -> list[Path]:
    """What lies in the release folder of a request."""
    folder = Path(os.environ["ARCHIVE_STATE"]) / "releases"
    return sorted(path for path in folder.rglob("*") if path.is_file() and number in str(path.relative_to(folder)))


def test_the_named_person_releases_the_bundle_and_a_stranger_finds_it_whole(server, archive, number):
    seen: dict[str, Any] = {}

    def others_try(run: Run) -> None:
        seen["asked"] = run.asked(RELEASE)
        plan = seen["asked"]["params"]["plan"]["value"]
        seen["others"] = [run.answer(who, RELEASE, "Approve", plan=plan).status_code for who in ("records", "admin")]

    def slips(run: Run) -> None:
        """An answer that does not name the bundle counts for nothing, and the question comes again."""
        assert run.answer("director", RELEASE, "Approve", plan=None, reason=None).status_code == 200
        run.asked(RELEASE, tries=2)
        seen["after the slip"] = (file_of(archive, number).last("approved"), went_out(archive, number))

    def approves(run: Run) -> None:
        plan = run.asked(RELEASE, tries=2)["params"]["plan"]["value"]
        assert run.answer("director", RELEASE, "Approve", plan=plan, reason=None).status_code == 200

    run = Run("foia_export", server, [others_try, slips, approves], {"number": number}).go()

    assert set(run.states.values()) == {"success"}, run.states
    assert seen["others"] == [403, 403]
    assert seen["after the slip"] == (None, [])
    asked = seen["asked"]["body"]
    assert f"request {number}" in asked
    assert "| matched the request | 5 records |" in asked
    assert not [word for word in ("Harrow", "parking", *scenes.PERSON.every) if word in asked]
    file = file_of(archive, number)
    built, approved, delivered = (file.last(what) for what in ("built", "approved", "delivered"))
    assert (built.by, approved.by, delivered.by) == ("dag_test", "director", "director")
    assert {built.told["sha256"], approved.told["sha256"]} == {seen["asked"]["params"]["plan"]["value"]}
    (bundle,) = [path for path in went_out(archive, number) if path.suffix == ".zip"]
    checked = subprocess.run([sys.executable, "-I", bundle.with_name("verify.py"), bundle], capture_output=True,
                             text=True, check=False, timeout=60)  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_what_is_marked_by_hand_releases_nothing_and_a_no_stays_in_the_ledger(server, archive, number):
    def marks(run: Run) -> None:
        run.asked(RELEASE)
        marked = run.request("PATCH", "records", f"{run.path}/taskInstances/{RELEASE}", {"new_state": "success"})
        assert marked.status_code == 200, marked.text

    marked = Run("foia_export", server, [marks], {"number": number}).go()

    assert marked.states["answer.release"] == "success"
    assert (marked.state, marked.states["answer.deliver"]) == ("failed", "failed")
    assert (file_of(archive, number).last("approved"), went_out(archive, number)) == (None, [])

    def says_no(run: Run) -> None:
        plan = run.asked(RELEASE)["params"]["plan"]["value"]
        said = run.answer("director", RELEASE, "Reject", plan=plan, reason="ask counsel about page 2 first")
        assert said.status_code == 200, said.text

    rejected = Run("foia_export", server, [says_no], {"number": number}).go()

    assert (rejected.states["answer.release"], rejected.states["answer.deliver"]) == ("success", "skipped")
    file = file_of(archive, number)
    refused = file.last("refused")
    assert (refused.by, refused.via, refused.details["reason"]) == (
        "director", "airflow", "ask counsel about page 2 first",
    )  # fmt: skip
    assert refused.told["sha256"] == file.last("built").told["sha256"]
    assert (file.last("approved"), file.last("delivered"), went_out(archive, number)) == (None, None, [])
