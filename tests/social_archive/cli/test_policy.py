"""`archive policy`: what it reads, what it shows, and that somebody's words cannot steer the terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from social_archive.cli import app
from social_archive.config import StoreConfig
from tests.social_archive.retention.scenes import comment, library, take_in

pytestmark = pytest.mark.slow

ASKS = "Under FOIA I request \x1b[31mall\u202e invoices (invented)"


@pytest.fixture
def said(tmp_path: Path, buckets: StoreConfig) -> Any:
    archive = library(tmp_path, buckets.bucket)
    take_in(archive, [comment(1, ASKS), comment(2, "A fine day (invented)")])
    folders = ["--agency", str(archive.agency.folder), "--state", str(archive.state)]

    def run(*words: str) -> str:
        done = CliRunner().invoke(app, [*folders, "policy", *words])
        assert done.exit_code == 0, done.output
        return done.output

    return run


def test_check_reads_once_and_findings_shows_the_words_without_their_tricks(said: Any) -> None:
    first = json.loads(said("check", "--json"))
    assert first["records"] == 2
    assert first["jobs"][0]["by_criterion"].get("foia-request") == 1
    assert "read already" in said("check")
    shown = said("findings", "--criterion", "foia-request")
    assert "\x1b[31m" not in shown
    assert "\u202e" not in shown
    (found,) = json.loads(said("findings", "--criterion", "foia-request", "--json"))["findings"]
    assert found["quote"] == ASKS[found["start"] : found["end"]]
    assert "secret" not in found


def test_criteria_tells_the_rules_and_what_to_keep_in_mind(said: Any) -> None:
    told = json.loads(said("criteria", "--json"))
    named = {one["name"]: one for one in told["criteria"]}
    assert named["foia-request"]["rules"][0]["version"] >= 1
    assert all(one["note"] for one in told["criteria"])
    assert "Possible FOIA request" in said("criteria")
