"""The policy check through Airflow: records are read once, the reviewer gets one letter, no words of them are told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from sandbox.control import running
from sandbox.folder import environment
from social_archive.archive import Archive, open_archive
from social_archive.config import StoreConfig
from social_archive.foia import alerts as foia_alert
from social_archive.foia import letter as foia_letter
from social_archive.policy import check, findings, letters
from social_archive.policy.notice import checks as notice_checks
from social_archive.stack.seaweed import Seaweed
from tests.dags.running import airflow
from tests.faults.sandbox_library import library
from tests.smtp_server import Letter, mailbox
from tests.stores import fresh_buckets

pytestmark = pytest.mark.slow

ACCOUNT = "larkspur-kids"


@dataclass
class Ran:
    said: str
    letters: list[Letter]
    archive: Archive


@pytest.fixture(scope="module")
def ran(weed: Seaweed, object_store: StoreConfig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """A check before anything was harvested, a harvest, and two checks on one day."""
    folder = tmp_path_factory.mktemp("policy")
    config = fresh_buckets(weed, object_store)
    with running(only=("mastodon",)) as urls, mailbox() as box:
        agency = library(folder / "agency", urls, config.bucket, [ACCOUNT])
        extra = {"from_email": "archive@larkspur.example", "disable_tls": True, "disable_ssl": True}
        mail = {"conn_type": "smtp", "host": "127.0.0.1", "port": box.port, "extra": extra}
        env = {"ARCHIVE_AGENCY": str(agency), "ARCHIVE_STATE": str(folder / "state"),
               "ARCHIVE_TEST_AIRFLOW_HOME": str(folder / "airflow")}  # fmt: skip
        (folder / "airflow").mkdir()
        connect = f"AIRFLOW_CONN_SMTP_DEFAULT={json.dumps(mail)}"
        steps = ("policy_check", "harvest_mastodon", "policy_check", "policy_check")
        said = airflow(env | environment(), connect, *steps)
        archive = open_archive(agency, state=folder / "state")
        archive.catalog.catch_up()
        yield Ran(said, box.letters, archive)
        archive.close()


def test_every_run_ends_well_also_with_nothing_to_read(ran: Ran) -> None:
    assert re.findall(r"^policy_check: (\w+)", ran.said, re.MULTILINE) == ["success"] * 3


def test_every_record_was_read_once(ran: Ran) -> None:
    notes = ran.archive.catalog.walks.notes(check.WHAT)
    assert sum(note["records"] for note in notes) > 50
    entries = [n for note in notes for n in note["entries"]]
    assert len(entries) == len(set(entries))
    assert check.pending(ran.archive) == []
    assert findings.read(ran.archive).num_rows == sum(note["findings"] for note in notes) > 0


def test_the_reviewer_gets_one_letter_with_counts_and_no_words_of_anybody(ran: Ran) -> None:
    (letter,) = [one for one in ran.letters if "finding" in one.subject]
    assert letter.recipients == ["records@larkspur.example"]
    assert "no verdict" in letter.text
    (told,) = ran.archive.catalog.walks.notes(letters.TOLD)
    assert told["new"] == findings.read(ran.archive).num_rows
    for quote in set(findings.read(ran.archive).column("quote").to_pylist()):
        if len(quote) > 12:
            assert quote not in letter.text
            assert quote not in ran.said


def test_the_foia_officer_is_told_once_of_each_comment_that_may_be_a_request(ran: Ran) -> None:
    (letter,) = [one for one in ran.letters if "possible request" in one.subject]
    assert letter.recipients == ["records@larkspur.example"]
    (alert,) = foia_alert.of_archive(ran.archive)
    assert alert.due is not None
    assert str(alert.due.safe) in letter.subject
    assert "LEGO" not in letter.text + ran.said
    (told,) = ran.archive.catalog.walks.notes(foia_letter.TOLD)
    assert told["findings"] == [alert.finding]


def test_the_profiles_notice_is_looked_at_and_kept_once_a_day(ran: Ran) -> None:
    notes = ran.archive.catalog.walks.notes(notice_checks.WHAT)
    assert [note["result"] for note in notes] == ["unreadable", "by_link"], "before the harvest, and after it"
