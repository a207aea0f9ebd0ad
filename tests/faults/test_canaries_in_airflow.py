"""No secret and no person in what Airflow keeps: its database (XCom, task instances, rendered fields) and its logs."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.control import Control, running
from sandbox.folder import environment
from social_archive.archive import open_archive
from social_archive.config import StoreConfig
from social_archive.stack.seaweed import Seaweed
from tests.dags.running import HOME, ended
from tests.faults import canary
from tests.faults.canary_scene import PERSON, SESSION, WORDS, WRONG_PASSWORD, Scene
from tests.faults.sandbox_library import library
from tests.stores import fresh_buckets

pytestmark = pytest.mark.slow

ACCOUNTS = ["larkspur-archive", "larkspur-teens", "larkspur-bluesky"]
TOKEN = environment()["SANDBOX_MASTODON_ARCHIVE_TOKEN"]


@dataclass
class Ran:
    home: Path
    scene: Scene
    printed: bytes


@pytest.fixture(scope="module")
def ran(weed: Seaweed, object_store: StoreConfig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """Both harvest DAGs: Mastodon on a bad day with its token in a connection, Bluesky with one dead app password."""
    folder = tmp_path_factory.mktemp("airflow-canaries")
    home = folder / "airflow"
    home.mkdir()
    config = fresh_buckets(weed, object_store)
    with running(only=("mastodon", "bluesky")) as urls:
        who = weed.identities["archive"]
        agency = library(folder / "agency", urls, config.bucket, ACCOUNTS)
        accounts = agency / "accounts.yaml"
        text = accounts.read_text().replace("env:SANDBOX_MASTODON_ARCHIVE_TOKEN", "connection:history_room")
        accounts.write_text(text)
        env = {
            "ARCHIVE_S3_ENDPOINT": weed.endpoint, "ARCHIVE_S3_ACCESS_KEY": who.access_key,
            "ARCHIVE_S3_SECRET_KEY": who.secret_key, "ARCHIVE_AGENCY": str(agency),
            "ARCHIVE_STATE": str(folder / "state"), HOME: str(home),
            "SANDBOX_BLUESKY_PASSWORD": WRONG_PASSWORD,
            "AIRFLOW_CONN_HISTORY_ROOM": json.dumps({"conn_type": "mastodon", "password": TOKEN}),
        }  # fmt: skip
        scene = Scene(folder, agency, config.bucket, Control(urls["mastodon"]), Control(urls["bluesky"]), env)
        scene.mastodon.renew_tokens("larkspur-archive")
        scene.plant_person()
        scene.mastodon.fault("html", path="/context", after=5, count=10_000)
        done = ended(env, "harvest_mastodon", "harvest_bluesky")
        assert done.returncode == 0, done.said[-2_000:]
        yield Ran(home, scene, done.said)


def secrets(ran: Ran) -> list[str]:
    return [TOKEN, WRONG_PASSWORD, SESSION, ran.scene.env["ARCHIVE_S3_SECRET_KEY"]]


def hay(ran: Ran) -> list[canary.Haystack]:
    return [*canary.in_folder(ran.home), ("what it printed", ran.printed)]


def test_the_accounts_were_harvested_and_the_dead_one_is_on_record(ran: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in ran.scene.env.items():
        monkeypatch.setenv(name, value)
    archive = open_archive(ran.scene.agency, state=ran.scene.state)
    archive.catalog.catch_up()
    where = zip(("mastodon", "bluesky", "bluesky"), ACCOUNTS, strict=True)
    gaps = {name: [g.reason for g in archive.catalog.open_gaps(platform, name)] for platform, name in where}
    assert gaps == {"larkspur-archive": ["unintelligible"], "larkspur-teens": [], "larkspur-bluesky": ["login_expired"]}
    assert len(archive.catalog.quarantine_items()) >= 2
    with sqlite3.connect(ran.home / "airflow.db") as db:
        told = db.execute("SELECT count(*) FROM xcom WHERE key = 'return_value'").fetchone()[0]
    assert told >= 8, "the steps told each other something, which is what the next tests search"


def test_no_secret_lies_in_airflows_home(ran: Ran) -> None:
    assert canary.found(secrets(ran), hay(ran)) == []


def test_no_person_lies_in_airflows_home(ran: Ran) -> None:
    assert canary.found([*PERSON, *WORDS], hay(ran)) == []


def test_the_search_would_find_a_canary_in_the_database(ran: Ran, tmp_path: Path) -> None:
    """What a step tells is stored as it is: the account's name, which may stand there, is found."""
    found = canary.found(["larkspur-archive"], hay(ran))
    assert any(re.search(r"airflow\.db", where) for where in found)
