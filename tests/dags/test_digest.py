"""A dead login pauses that account with one notice, harms no other account, and records the gap: through Airflow."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.control import running
from sandbox.folder import environment
from social_archive.archive import Archive, open_archive
from social_archive.config import StoreConfig
from social_archive.digest import NOTICE
from social_archive.stack.seaweed import Seaweed
from tests.dags.running import airflow
from tests.faults.sandbox_library import library
from tests.smtp_server import Letter, mailbox
from tests.stores import fresh_buckets

pytestmark = pytest.mark.slow

DEAD, HEALTHY = "larkspur-archive", "larkspur-kids"


@dataclass
class Ran:
    said: str  # by Airflow's log
    letters: list[Letter]
    archive: Archive
    home: Path


@pytest.fixture(scope="module")
def ran(weed: Seaweed, object_store: StoreConfig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """Two harvests and three digests on one day; for the first digest there is no connection for mail."""
    folder = tmp_path_factory.mktemp("digest")
    config = fresh_buckets(weed, object_store)
    with running(only=("mastodon",)) as urls, mailbox() as box:
        agency = library(folder / "agency", urls, config.bucket, [DEAD, HEALTHY])
        env = {"ARCHIVE_AGENCY": str(agency), "ARCHIVE_STATE": str(folder / "state"),
               "ARCHIVE_TEST_AIRFLOW_HOME": str(folder / "airflow")}  # fmt: skip
        env |= environment()
        (folder / "airflow").mkdir()
        extra = {"from_email": "archive@larkspur.example", "disable_tls": True, "disable_ssl": True}
        mail = {"conn_type": "smtp", "host": "127.0.0.1", "port": box.port, "extra": extra}
        connect = f"AIRFLOW_CONN_SMTP_DEFAULT={json.dumps(mail)}"
        said = airflow(env, "harvest_mastodon", "digest", connect, "digest", "harvest_mastodon", "digest")
        archive = open_archive(agency, state=folder / "state")
        archive.catalog.catch_up()
        yield Ran(said, box.letters, archive, folder / "airflow")
        archive.close()


def test_the_dead_login_is_on_record_and_the_account_beside_it_is_whole(ran: Ran) -> None:
    gaps = {name: [g.reason for g in ran.archive.catalog.open_gaps("mastodon", name) if ":thread:" not in g.native_id]
            for name in (DEAD, HEALTHY)}  # fmt: skip
    assert gaps == {DEAD: ["login_expired"], HEALTHY: []}
    outcomes = {name: {look["outcome"] for look in ran.archive.catalog.walks.of("mastodon", name)}
                for name in (DEAD, HEALTHY)}  # fmt: skip
    assert outcomes == {DEAD: {"paused"}, HEALTHY: {"ok"}}
    assert len(ran.archive.catalog.posts("mastodon", HEALTHY, None)) > 50


def test_one_letter_a_day_names_the_account_and_what_to_do(ran: Ran) -> None:
    [letter] = ran.letters
    assert letter.recipients == ["records@larkspur.example"]
    assert letter.sender == "archive@larkspur.example"
    assert letter.subject == "Social records: 1 account needs a person (1 new)"
    assert f"mastodon/{DEAD}" in letter.text
    assert "Renew the account&#x27;s token" in letter.text
    assert HEALTHY not in letter.text


def test_that_it_was_sent_is_an_entry_of_the_ledger(ran: Ran) -> None:
    [notice] = ran.archive.catalog.walks.notes(NOTICE)
    assert notice["matters"] == [[f"mastodon/{DEAD}", "login_expired", ""]]
    assert ran.archive.ledger.verify().ok


def test_whoever_waits_for_an_account_is_told_what_was_walked(ran: Ran) -> None:
    with sqlite3.connect(ran.home / "airflow.db") as db:
        told = [json.loads(extra) for (extra,) in db.execute("SELECT extra FROM asset_event")]
    walked = [extra["walked"] for extra in told if "walked" in extra]
    assert {w["account"] for w in walked} == {HEALTHY}
    assert all(w["outcome"] == "ok" and w["asked"] and w["stored"]["posts"] > 50 for w in walked)


def test_every_run_ends_well_and_says_what_became_of_the_letter(ran: Ran) -> None:
    assert re.findall(r"^digest: (\w+)", ran.said, re.MULTILINE) == ["success"] * 3
    told = ["No mail was sent: Airflow has no connection 'smtp_default'", "The digest was sent.",
            "Today's digest was sent already."]  # fmt: skip
    assert [ran.said.count(words) for words in told] == [1, 1, 1]
    assert ran.said.index(told[0]) < ran.said.index(told[1]) < ran.said.index(told[2])
    assert f"mastodon/{DEAD}: Its login is no longer valid" in ran.said
    assert "records@larkspur.example" not in ran.said
