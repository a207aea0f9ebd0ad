"""Airflow of the embedded stack: who may log in, and which of its processes gets which key."""

from __future__ import annotations

import json
from pathlib import Path

from social_archive.stack import environment
from social_archive.stack.airflow import COMPONENTS, RUNS_TASKS, USERS, AirflowHome, _given_to
from social_archive.stack.postgres import Database

DATABASE = Database(port=5432, password="only-for-tests", fresh=True)


def test_every_user_gets_a_password_of_its_own_and_keeps_it(tmp_path: Path):
    home = AirflowHome(tmp_path)

    home.configure(DATABASE, keep_port=False)
    first = home.passwords()
    home.configure(DATABASE, keep_port=True)

    assert set(first) == set(USERS)
    assert len(set(first.values())) == len(USERS)
    assert home.passwords() == first


def test_a_user_that_came_with_an_upgrade_is_added_and_the_others_keep_their_passwords(tmp_path: Path):
    home = AirflowHome(tmp_path)
    environment.write_private(home.folder / "passwords.json", json.dumps({"admin": "old", "records": "older"}))

    home.configure(DATABASE, keep_port=False)

    assert set(home.passwords()) == set(USERS)
    assert (home.passwords()["admin"], home.passwords()["records"]) == ("old", "older")


def test_neither_of_the_two_who_approve_is_an_administrator():
    assert {USERS["records"], USERS["director"]} == {"user"}


def test_only_what_runs_tasks_gets_the_keys_that_may_lift_a_lock():
    environ = {"PATH": "/bin", "ARCHIVE_S3_ACCESS_KEY": "a", "ARCHIVE_S3_DISPOSER_ACCESS_KEY": "d"}

    given = {name: set(_given_to(name, environ)) for name in COMPONENTS}

    assert {name for name, names in given.items() if "ARCHIVE_S3_DISPOSER_ACCESS_KEY" in names} == {RUNS_TASKS}
    assert all(names >= {"PATH", "ARCHIVE_S3_ACCESS_KEY"} for names in given.values())
