"""Requests through Airflow: a form that is forgotten, a clock that warns, a bundle that only a person releases.

The runs are Airflow's own (`dag.test()`), the store and the mail server are real.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from social_archive.archive import Archive
from social_archive.config import StoreConfig
from social_archive.foia import deadlines, periods, requests
from social_archive.stack.seaweed import Seaweed
from tests.dags.running import airflow
from tests.smtp_server import Letter, mailbox
from tests.social_archive.foia import scenes
from tests.stores import fresh_buckets

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

TEXT = "All comments about the parking lot, March to May (invented)"
NAME = "Quentin Harrow (invented)"


@dataclass
class Ran:
    said: str
    letters: list[Letter]
    archive: Archive
    database: Path


@pytest.fixture(scope="module")
def ran(weed: Seaweed, object_store: StoreConfig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """A request that came in nine days ago is entered; the daily run looks at its clock, twice on one day."""
    folder = tmp_path_factory.mktemp("foia")
    config = fresh_buckets(weed, object_store)
    with mailbox() as box:
        archive = scenes.library(folder, config.bucket)
        path = archive.agency.folder / "agency.yaml"
        by_hand = 'people:\n  - {user: dag_test, name: "By hand (invented)", title: IT}\n'  # who starts `dag.test()`
        text = path.read_text().replace("people:\n", by_hand, 1)
        path.write_text(text + "digest: {to: records@test.example}\n")
        extra = {"from_email": "archive@test.example", "disable_tls": True, "disable_ssl": True}
        mail = {"conn_type": "smtp", "host": "127.0.0.1", "port": box.port, "extra": extra}
        env = {"ARCHIVE_AGENCY": str(archive.agency.folder), "ARCHIVE_STATE": str(folder / "worker"),
               "ARCHIVE_TEST_AIRFLOW_HOME": str(folder / "airflow")}  # fmt: skip
        (folder / "airflow").mkdir()
        form = {"received": f"{requests.today(archive) - timedelta(days=9)}", "how": "mail", "text": TEXT, "name": NAME}
        steps = (f"foia_request {json.dumps(form)}", "foia_deadlines", "foia_deadlines")
        said = airflow(env, f"AIRFLOW_CONN_SMTP_DEFAULT={json.dumps(mail)}", *steps)
        archive.catalog.catch_up()
        yield Ran(said, box.letters, archive, folder / "airflow" / "airflow.db")
        archive.close()


def test_what_was_entered_is_a_request_with_a_number(ran: Ran) -> None:
    assert "foia_request: success" in ran.said, ran.said[-4_000:]
    (made,) = requests.every(ran.archive)
    assert (made.text, made.requester.name, made.how, made.file.events[0].via) == (TEXT, NAME, "mail", "airflow")


def test_airflow_has_forgotten_the_form_and_never_told_it(ran: Ran) -> None:
    assert "Harrow" not in ran.said
    assert "parking" not in ran.said
    with sqlite3.connect(ran.database) as db:
        forms = dict(db.execute("SELECT dag_id, conf FROM dag_run").fetchall())
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = [row for table in tables for row in db.execute(f'SELECT * FROM "{table}"')]  # noqa: S608
    assert "foia_request" in forms
    assert not [row for row in rows if "Harrow" in str(row) or "March to May" in str(row)]


def test_its_clock_is_watched_by_a_run_of_its_own(ran: Ran) -> None:
    (made,) = requests.every(ran.archive)
    due = periods.deadline_of(ran.archive, made)
    assert due is not None
    with sqlite3.connect(ran.database) as db:
        watching = db.execute("SELECT run_id FROM dag_run WHERE dag_id = 'foia_clock'").fetchall()
        alerts = db.execute("SELECT count(*) FROM deadline").fetchone()
    assert watching == [(f"{made.number}_due_{due.safe}",)]
    assert alerts == (2,)


def test_the_officer_is_told_once_a_day_without_names(ran: Ran) -> None:
    (letter,) = ran.letters
    (made,) = requests.every(ran.archive)
    assert letter.recipients == ["records@test.example"]
    assert made.number in letter.subject + letter.text
    assert "Harrow" not in letter.subject + letter.text
    assert deadlines.untold(ran.archive) == []
