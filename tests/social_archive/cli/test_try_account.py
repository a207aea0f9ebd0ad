"""`archive try`: one public account in an archive of its own, on the embedded store, beside the agency's files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import control
from social_archive.config import load_agency
from social_archive.stack import seaweed
from tests.social_archive.cli.conftest import Run

VARIABLES = ("ARCHIVE_AGENCY", "ARCHIVE_S3_ENDPOINT", "ARCHIVE_S3_ACCESS_KEY", "ARCHIVE_S3_SECRET_KEY")


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The state folder of `run`. What the command leaves in the environment, and the store it starts, end here."""
    for name in VARIABLES:
        monkeypatch.setenv(name, "")  # so that it is put back afterwards
        monkeypatch.delenv(name)
    yield tmp_path / "state"
    if (tmp_path / "state" / "seaweed").exists():
        seaweed.stop(tmp_path / "state")


@pytest.mark.slow
def test_a_public_account_is_harvested_into_an_archive_of_its_own(run: Run, state: Path) -> None:
    with control.running() as urls:
        where = ["--set", f"server={urls['mastodon']}", "--set", "insecure_local=true"]
        first = run("try", "mastodon", "@larkspur-kids", *where)
        assert first.code == 0, first.err + first.out
        folder = state / "try" / "try-mastodon-larkspur-kids"
        assert "archive --agency" in first.out
        again = run("--json", "try", "mastodon", "@larkspur-kids", *where)
        (report,) = again.json["harvests"]
        assert (report["outcome"], report["new"], report["entries"]) == ("ok", 0, [])
    found = run("--agency", str(folder), "--json", "find", "story", "--kind", "post")
    assert found.json["total"] > 1
    assert run("--agency", str(folder), "ledger", "verify").code == 0


def test_a_trial_never_goes_into_a_store_of_ones_own(run: Run, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHIVE_S3_ENDPOINT", "https://s3.example")
    ran = run("try", "bluesky", "library.example")
    assert ran.code == 1
    assert "a store of your own" in ran.err
    assert not (state / "seaweed").exists()


def test_a_mastodon_handle_names_its_server(run: Run, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHIVE_S3_ENDPOINT", "https://s3.example")  # stops it before anything is started
    run("try", "mastodon", "library@social.example")
    agency = load_agency(state / "try" / "try-mastodon-library-social-example")
    assert agency.accounts[0].settings == {"server": "https://social.example"}
    assert agency.store.staging_bucket == "try-mastodon-library-social-example-staging"


@pytest.mark.parametrize("words", [("nowhere", "library"), ("mastodon", "library"), ("bluesky", "a", "--set", "b")])
def test_what_cannot_be_tried_is_said_before_anything_is_started(run: Run, state: Path, words: tuple[str, ...]) -> None:
    assert run("try", *words).code in (1, 2)
    assert not (state / "seaweed").exists()
